//! `claviger init`: a folder to start from. Never overwrites anything.

use super::context::Context;
use super::trouble::{Exit, Trouble};
use crate::config;
use clap::Args;
use claviger_server::master_key::MasterKey;
use claviger_store::{Store, private};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The realm file that shows how one is written.
const EXAMPLE_REALM: &str = include_str!("example_realm.toml");

/// Where to begin.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder; it is made if it is not there
    #[arg(default_value = ".")]
    dir: PathBuf,
}

/// Writes the files.
pub(crate) async fn run(args: &InitArgs, context: &Context) -> Result<(), Trouble> {
    let dir = &args.dir;
    let (file, key, realm) = (dir.join("claviger.toml"), dir.join("master.key"), dir.join("realms/example.toml"));
    if file.exists() {
        let message = format!("{} is there already; nothing was written", file.display());
        return Err(Trouble::new(Exit::Conflict, message).help("`claviger init OTHER-DIR` begins elsewhere"));
    }
    // The database comes to lie here, and the file may hold passwords.
    private::create_folder(&dir.join("realms")).map_err(|error| unwritable(dir, &error))?;
    let mut written = Vec::new();
    if !key.exists() {
        MasterKey::read_or_create(&key)?;
        written.push(key.clone());
    }
    if !realm.exists() {
        write_new(&realm, EXAMPLE_REALM)?;
        written.push(realm);
    }
    if let Some(database) = make_database(dir).await? {
        written.push(database);
    }
    // Last: while it is not there, init can be run again.
    write_new(&file, config::EXAMPLE)?;
    written.push(file.clone());
    let item = serde_json::json!({ "written": written });
    let names: Vec<String> = written.iter().map(|file| file.display().to_string()).collect();
    context.format.one(&item, &[("written", names.join("\n"))])?;
    eprintln!(
        "\nKeep a copy of {}: without it, the database is worth nothing.\nNext:\n  claviger apply {} --config {}\n  claviger serve --config {}",
        key.display(),
        dir.join("realms").display(),
        file.display(),
        file.display(),
    );
    Ok(())
}

/// The empty database that the configuration names, if it is not there. Another one is made by nobody by accident: every other
/// command but `apply --create` wants one that is there.
async fn make_database(dir: &Path) -> Result<Option<PathBuf>, Trouble> {
    let example =
        config::parse(Some((&dir.join("claviger.toml"), config::EXAMPLE.as_bytes())), [], &[])?.config.database;
    let Some(database) = example.file().filter(|database| !database.exists()) else { return Ok(None) };
    Store::connect(&example.url, &example.options).await?;
    Ok(Some(database))
}

fn write_new(file: &Path, text: &str) -> Result<(), Trouble> {
    let out = std::fs::File::options().write(true).create_new(true).mode(0o600).open(file);
    let written = out.and_then(|mut out| out.write_all(text.as_bytes()));
    written.map_err(|error| unwritable(file, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(Exit::Failure, format!("{} cannot be written: {error}", path.display()))
}
