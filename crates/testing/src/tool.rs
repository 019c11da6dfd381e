//! Tools that must be installed: a command that tries what is needed of one, and a command that installs it.
//!
//! A script says what it needs in comments at its top, one tool a line:
//!
//! ```text
//! # needs: php | bash check.sh php | apt-get install -y php-cli php-curl
//! ```

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A tool, how to try it and how to install it.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// What it is called in messages.
    pub name: String,
    /// A command of the shell that succeeds if the tool is there and does what is needed of it.
    pub check: String,
    /// A command of the shell that installs it.
    pub install: String,
}

impl Tool {
    /// A tool.
    pub fn new(name: &str, check: &str, install: &str) -> Self {
        Self { name: name.to_owned(), check: check.to_owned(), install: install.to_owned() }
    }

    /// The tools that a script names at its top.
    ///
    /// # Errors
    /// A line that does not have the three parts.
    pub fn of_script(script: &str) -> Result<Vec<Self>> {
        let mut tools = Vec::new();
        for line in script.lines().take_while(|line| line.starts_with('#') || line.is_empty()) {
            let Some(rest) = line.strip_prefix("# needs:") else {
                continue;
            };
            let mut parts = rest.splitn(3, " | ").map(str::trim);
            match (parts.next(), parts.next(), parts.next()) {
                (Some(name), Some(check), Some(install)) if !name.is_empty() => {
                    tools.push(Self::new(name, check, install));
                }
                _ => bail!("not `# needs: NAME | CHECK | INSTALL`: {line}"),
            }
        }
        Ok(tools)
    }

    /// Makes sure that the tool is there and works, installing it if need be; whether it had to be. Both commands run in `folder`.
    ///
    /// # Errors
    /// It is missing and cannot be installed, or does not work once it is.
    pub fn provide(&self, folder: &Path) -> Result<bool> {
        if shell(&self.check, folder, true)? {
            return Ok(false);
        }
        println!("installing {}: {}", self.name, self.install);
        let mut installed = shell(&self.install, folder, false)?;
        if !installed && self.install.starts_with("apt-get ") {
            // The list of packages may be old, or was never fetched.
            installed = shell("apt-get update", folder, false)? && shell(&self.install, folder, false)?;
        }
        if !installed {
            bail!("{} is missing, and `{}` failed", self.name, self.install);
        }
        if !shell(&self.check, folder, false)? {
            bail!("{} does not work after `{}`: `{}` fails", self.name, self.install, self.check);
        }
        Ok(true)
    }
}

fn shell(text: &str, folder: &Path, quiet: bool) -> Result<bool> {
    let mut command = Command::new("bash");
    command.args(["-c", text]).current_dir(folder).stdin(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive");
    if quiet {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    Ok(command.status().context("cannot start bash")?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_read_from_the_top_of_a_script_only() {
        let script = "#!/bin/bash\n# Talks.\n# needs: php | php -v | apt-get install -y php-cli\n\necho\n# needs: late | a | b\n";
        let found = Tool::of_script(script).unwrap();
        assert_eq!(found, [Tool::new("php", "php -v", "apt-get install -y php-cli")]);
        assert!(Tool::of_script("# needs: php\n").is_err());
    }

    #[test]
    fn a_tool_that_cannot_be_installed_is_named() {
        let tool = Tool::new("unobtainium", "false", "false");
        assert!(tool.provide(Path::new("/")).unwrap_err().to_string().contains("unobtainium is missing"));
    }

    #[test]
    fn a_tool_that_does_not_work_once_installed_is_an_error() {
        let tool = Tool::new("unobtainium", "false", "true");
        assert!(tool.provide(Path::new("/")).unwrap_err().to_string().contains("does not work"));
    }
}
