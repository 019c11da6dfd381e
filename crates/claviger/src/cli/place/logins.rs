//! Who is logged in where: a file of the user's own, which nobody else can read.

use crate::cli::trouble::{Exit, Trouble};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

/// Where the admin API is below its realm's issuer, unless the realm says otherwise.
pub(crate) const API_PATH: &str = "/admin/v1";

/// The servers that somebody is logged in to, by their addresses.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Logins {
    /// The last one.
    #[serde(default)]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) servers: BTreeMap<String, Login>,
}

/// What a login brought; no `Debug`, so that nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    /// The address of the admin API.
    pub(crate) api: String,
    pub(crate) client_id: String,
    pub(crate) token_endpoint: String,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// In seconds since the epoch.
    pub(crate) expires_at: i64,
}

fn wrong(file: &std::path::Path, error: impl std::fmt::Display) -> Trouble {
    Trouble::new(Exit::Configuration, format!("{}: {error}", file.display()))
}

/// `$XDG_CONFIG_HOME/claviger/login.json`, else below `~/.config`; none where neither is known.
fn file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("claviger").join("login.json"))
}

impl Logins {
    /// What is kept; nothing where there is no file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read() -> Result<Self, Trouble> {
        let Some(file) = file() else { return Ok(Self::default()) };
        match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(&file, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(wrong(&file, error)),
        }
    }

    /// Keeps it: whoever reads meanwhile reads what was before.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self) -> Result<(), Trouble> {
        let Some(file) = file() else {
            return Err(Trouble::new(
                Exit::Configuration,
                "neither XDG_CONFIG_HOME nor HOME says where logins are kept",
            ));
        };
        let failed = |error: std::io::Error| wrong(&file, error);
        if let Some(folder) = file.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let new = file.with_extension(format!("json.{}", std::process::id()));
        let text = serde_json::to_vec_pretty(self).map_err(|error| wrong(&file, error))?;
        let _ = std::fs::remove_file(&new);
        let mut opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
        opened.write_all(&text).and_then(|()| opened.sync_all()).map_err(failed)?;
        std::fs::rename(&new, &file).map_err(failed)
    }
}
