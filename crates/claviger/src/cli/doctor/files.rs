//! Who may read the files: the database, the master key, the configuration with what it may hold, mails.

use super::super::context::Context;
use super::{Finding, Verdict};
use crate::config::Config;
use claviger_server::mail::Outlet;
use claviger_store::private;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Looks at each.
pub(super) fn look(context: &Context, config: &Config) -> Vec<Finding> {
    let mut wrong: Vec<Finding> = config
        .database
        .file()
        .iter()
        .flat_map(|file| private::exposed(file))
        .map(|exposed| {
            let path = exposed.path.display().to_string();
            let finding = open("others than its owner can read or write", &path, exposed.mode);
            // The files in the folder have modes of their own.
            let state = if exposed.path.is_dir() { Verdict::Warning } else { Verdict::Problem };
            Finding { state, ..finding }
        })
        .collect();
    if let Some(file) = context.file().filter(|file| has_secrets(file) && mode(file) & 0o077 != 0) {
        wrong.push(open(
            "there is a password in it, and others than its owner can read",
            &file.display().to_string(),
            0o600,
        ));
    }
    for key in context.key_place(config).files().into_iter().filter(|key| mode(key) & 0o077 != 0) {
        wrong.push(open("others than its owner can read", &key.display().to_string(), 0o600));
    }
    if let Outlet::Folder(folder) = &config.mail.outlet
        && folder.is_dir()
        && mode(folder) & 0o077 != 0
    {
        wrong.push(open(
            "there are one-time links in the mails, and others can read",
            &folder.display().to_string(),
            0o700,
        ));
    }
    if wrong.is_empty() { vec![Finding::ok("file modes", "for their owner only")] } else { wrong }
}

fn open(what: &str, path: &str, mode: u32) -> Finding {
    Finding::problem("file modes", format!("{what} {path}"), format!("chmod {mode:o} {path}"))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).map_or(0, |found| found.permissions().mode())
}

/// Whether a configuration holds a password itself: as a key, or in the URL of the database.
fn has_secrets(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let settings: toml::Table = toml::from_str(&text).unwrap_or_default();
    let section = |name: &str| settings.get(name).and_then(toml::Value::as_table);
    let has = |name: &str| section(name).is_some_and(|section| section.contains_key("password"));
    let url = section("database").and_then(|database| database.get("url")).and_then(toml::Value::as_str);
    let in_url = url.and_then(|url| url.split_once("://")?.1.split_once('@')).is_some_and(|(who, _)| who.contains(':'));
    has("smtp") || has("database") || in_url
}
