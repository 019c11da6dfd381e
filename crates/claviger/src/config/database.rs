//! Where the data is, and how it is opened.

use super::sources::Origin;
use super::{Check, is_postgres};
use claviger_store::Masked;
use std::path::{Path, PathBuf};

impl Check<'_> {
    pub(super) fn database_url(&mut self, url: Option<&str>, folder: &Path) -> String {
        let from_file = url.is_none() || self.given.origin("database.url") == Origin::File;
        let url = url.unwrap_or("sqlite://claviger.db");
        if url == "sqlite::memory:" || is_postgres(url) {
            return url.to_owned();
        }
        let Some(path) = url.strip_prefix("sqlite://") else {
            let message = "a database is named by sqlite:// and a path, or by postgres://";
            let like = "like \"sqlite:///var/lib/claviger/claviger.db\" or \"postgres://claviger@db.example/claviger\"";
            self.say("database.url", message, Some(like.into()));
            return url.to_owned();
        };
        if path.is_empty() {
            self.say("database.url", "the path of the database is missing", None);
        }
        if from_file && !path.starts_with('/') {
            format!("sqlite://{}", folder.join(path).display())
        } else {
            url.to_owned()
        }
    }

    /// How the database is opened. What a file says for its own database does not count for another one that the environment
    /// or a flag names in its place, where it is of another kind: `--database sqlite://..` beside a `password-file`.
    pub(super) fn database_options(
        &mut self,
        url: &str,
        path: &dyn Fn(&str, &str) -> PathBuf,
    ) -> claviger_store::Options {
        let given = &self.given.values.database;
        let others = [
            ("database.password", given.password.is_some()),
            ("database.password-file", given.password_file.is_some()),
            ("database.ca-file", given.ca_file.is_some()),
            ("database.connections", given.connections.is_some()),
        ];
        if !is_postgres(url) {
            let url_from = self.given.origin("database.url").rank();
            let meant = others.into_iter().filter(|(_, given)| *given).map(|(key, _)| key);
            let here: Vec<&str> = meant.filter(|key| self.given.origin(key).rank() >= url_from).collect();
            if let Some(key) = here.first() {
                self.say(key, "this is for a database.url that begins with postgres://", None);
            }
            return claviger_store::Options::default();
        }
        let password = self.secret("database", given.password.as_ref(), given.password_file.as_ref(), path);
        let mut options = claviger_store::Options::default();
        if let Some(connections) = given.connections {
            if !(4..=1000).contains(&connections) {
                self.say("database.connections", "a server needs between 4 and 1000 connections", None);
            }
            options.connections = connections as usize;
        }
        options.password = password.map(|password| Masked(password.expose().to_owned()));
        options.ca_file = given.ca_file.as_deref().map(|file| path("database.ca-file", file));
        options
    }
}
