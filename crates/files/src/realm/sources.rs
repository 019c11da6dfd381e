//! Who is asked about users that have no password here: `[user-check]` and `[directory]`.

use super::check::Check;
use super::entries::RealmDocument;
use super::source_entries::DirectoryEntry;
use super::url;
use crate::document::{Document, at};
use crate::problem::Problem;
use crate::secret::{SecretText, read_secret};
use claviger_core::realm::{Directory, Realm};
use claviger_core::token::Plain;
use std::path::Path;

/// Shorter secrets can be guessed.
const SHORTEST_SECRET: usize = 16;
/// The most servers of a directory, and groups.
const MOST_SERVERS: usize = 8;

/// The realm's own secrets, as its file has them; `None`: the one that is stored stays.
#[derive(Debug, Clone, Default)]
pub struct RealmSecrets {
    /// What the vendor knows the calls by.
    pub user_check: Option<Plain>,
    /// The password with which users are searched in the directory.
    pub directory: Option<Plain>,
}

/// The secrets, and what lies in files beside the realm's.
pub(super) fn read(
    document: &Document,
    raw: &RealmDocument,
    realm: &mut Realm,
    folder: &Path,
    problems: &mut Vec<Problem>,
) -> RealmSecrets {
    let mut secret = |table: &str, key: &str, inline: Option<&SecretText>, file: Option<&String>| {
        let file_key = format!("{key}-file");
        match (inline, file) {
            (Some(_), Some(_)) => {
                problems
                    .push(document.problem(at![table, &*file_key], format!("one of {key} and {file_key} is enough")));
                None
            }
            (Some(text), None) => Some(text.0.clone()),
            (None, Some(name)) => match read_secret(&folder.join(name)) {
                Ok(secret) => Some(secret),
                Err(why) => {
                    problems.push(document.problem(at![table, &*file_key], format!("`{name}` {why}")));
                    None
                }
            },
            (None, None) => None,
        }
    };
    let user_check = raw.user_check.as_ref();
    let user_check =
        user_check.and_then(|entry| secret("user-check", "secret", entry.secret.as_ref(), entry.secret_file.as_ref()));
    let directory = raw.directory.as_ref();
    let bind = |entry: &DirectoryEntry| {
        secret("directory", "bind-password", entry.bind_password.as_ref(), entry.bind_password_file.as_ref())
    };
    let bind_password = directory.and_then(bind);
    if user_check.as_ref().is_some_and(|secret| secret.expose().len() < SHORTEST_SECRET) {
        let short = format!("the vendor knows these calls by it: it has {SHORTEST_SECRET} characters at least");
        problems.push(document.problem(at!["user-check", "url"], short));
    }
    if let (Some(entry), Some(directory)) = (directory, &mut realm.directory)
        && let Some(name) = &entry.authorities_file
    {
        match std::fs::read_to_string(folder.join(name)) {
            Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => directory.authorities = Some(text),
            Ok(_) => problems.push(
                document.problem(at!["directory", "authorities-file"], format!("`{name}` holds no certificate in PEM")),
            ),
            Err(error) => problems.push(
                document.problem(at!["directory", "authorities-file"], format!("`{name}` cannot be read: {error}")),
            ),
        }
    }
    RealmSecrets { user_check, directory: bind_password }
}

impl Check<'_> {
    pub(super) fn sources(&mut self) {
        let realm = self.realm;
        if let Some(check) = &realm.user_check {
            self.url(&check.url);
            if realm.directory.is_some() {
                self.say(at!["user-check", "url"], "a realm has a [user-check] or a [directory], not both", None);
            }
        }
        if let Some(directory) = &realm.directory {
            self.directory(directory);
        }
    }

    fn url(&mut self, text: &str) {
        let help = Some("like https://shop.example/claviger/check; http:// on this machine only".to_owned());
        let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => (false, ""),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let origin = format!("{}://{authority}", if https { "https" } else { "http" });
        let is_good = !text.contains([' ', '#']) && url::parse(&origin).is_ok_and(|parts| https || parts.is_loopback());
        if !is_good {
            self.say(at!["user-check", "url"], "passwords are posted there: this is no https:// address", help);
        }
    }

    fn directory(&mut self, directory: &Directory) {
        if directory.urls.is_empty() || directory.urls.len() > MOST_SERVERS {
            self.say(at!["directory", "urls"], format!("a directory has 1 to {MOST_SERVERS} servers"), None);
        }
        for (i, address) in directory.urls.iter().enumerate() {
            let host = address.strip_prefix("ldaps://").or_else(|| address.strip_prefix("ldap://"));
            let encrypted = address.starts_with("ldaps://") != directory.start_tls;
            match host {
                Some(host) if host.is_empty() || host.contains(['/', '?', '@', ' ']) => {
                    let help = Some("like ldaps://dc1.example.com or ldaps://dc1.example.com:636".to_owned());
                    self.say(at!["directory", "urls", i], "this is no address of a directory", help);
                }
                Some(_) if encrypted => {}
                Some(_) => {
                    let help = Some("ldaps://, or ldap:// with start-tls = true".to_owned());
                    self.say(
                        at!["directory", "urls", i],
                        "passwords would be sent in clear, or be encrypted twice",
                        help,
                    );
                }
                None => self.say(at!["directory", "urls", i], "this begins with ldaps:// or ldap://", None),
            }
        }
        if !directory.filter.contains("{username}") {
            self.say(at!["directory", "filter"], "`{username}` is missing: every entry would be everybody's", None);
        }
        let filters = [("filter", &directory.filter), ("group-filter", &directory.group_filter)];
        for (key, filter) in filters {
            let balanced = filter.matches('(').count() == filter.matches(')').count();
            if !filter.starts_with('(') || !filter.ends_with(')') || !balanced {
                self.say(at!["directory", key], "this is no filter (RFC 4515): like (uid={username})", None);
            }
        }
        for (i, group) in directory.groups.iter().enumerate() {
            if group.organisation.is_none() && group.group.is_none() && group.role.is_none() {
                let help = Some("say organisation, group or role".to_owned());
                self.say(at!["directory", "group", i, "dn"], "belonging to this group would mean nothing", help);
            }
            if let Some(id) = &group.organisation
                && !self.known.organisations.contains(id.as_str())
            {
                let known: Vec<&str> = self.known.organisations.iter().copied().collect();
                self.unknown(at!["directory", "group", i, "organisation"], "organisation", id, known);
            }
        }
    }
}
