//! `claviger.toml`: what one server process is told. Realms are not in it; they are in the database.
//!
//! A value comes from a flag, else from the environment (`CLAVIGER_SECTION__KEY`, and `.._FILE` for secrets), else from
//! the file, else it has a default. A key that is unknown in any of them stops the start. Relative paths in the file are
//! meant from the file's folder, in the environment and in flags from the current one.

mod database;
mod level;
mod request_log;
mod shown;
mod sources;
mod tls;

pub use shown::{Setting, Source};
pub use tls::Tls;

use claviger_core::span::Span;
use claviger_core::token::Plain;
use claviger_files::{Problem, Problems, SecretText};
use claviger_server::brakes;
use claviger_server::http::{Front, Network};
use claviger_server::jobs::{AuditKeeping, AuditStream};
use claviger_server::mail::{Outlet, Smtp, TlsMode};
use claviger_server::state::requests::RequestLogSettings;
use claviger_store::Masked;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use unic_langid::LanguageIdentifier;

use sources::{Given, Origin};

/// The commented file that `claviger init` writes; it says what is the default anyway.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// Everything that a server process is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub server: Server,
    /// Where it listens with TLS of its own, and with which certificates.
    pub tls: Tls,
    /// Where the data is.
    pub database: Database,
    /// The file with the master key; `None`: it is in the environment, or beside the database.
    pub master_key_file: Option<PathBuf>,
    /// How mails leave.
    pub mail: Mail,
    /// A folder whose files replace those of the pages.
    pub templates_folder: Option<PathBuf>,
    /// The languages of the pages and mails of realms that name none; the first is the default.
    pub languages: Vec<LanguageIdentifier>,
    /// A folder with further dialects.
    pub dialects_folder: Option<PathBuf>,
    /// How much guessing is let pass.
    pub brakes: brakes::Numbers,
    /// Hosts that are called although their addresses are not public.
    pub private_hosts: Vec<String>,
    /// A list of passwords that became known; see [`claviger_server::leaked`].
    pub known_passwords: Option<PathBuf>,
    /// What becomes of the log of acts.
    pub audit: AuditKeeping,
    /// What is kept of apps' calls; `None`: nothing.
    pub request_log: Option<RequestLogSettings>,
    /// What is logged, and how.
    pub log: Log,
}

/// Where a server listens.
#[derive(Debug, Clone)]
pub struct Server {
    /// Addresses at which every realm is served.
    pub listen: Vec<SocketAddr>,
    /// Addresses at which only these realms are served.
    pub listeners: Vec<Listener>,
    /// Connections at once; `None`: as many as the descriptors allow, up to [`claviger_server::http::Limits::CONNECTIONS`].
    pub max_connections: Option<u32>,
    /// The address for `/livez`, `/readyz` and `/metrics`; `None`: nowhere.
    pub management: Option<SocketAddr>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// What else they do, and what is said about TLS.
    pub front: Front,
}

/// An address at which only some realms are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    /// The realms' ids.
    pub realms: Vec<String>,
    /// Whether TLS is spoken there.
    pub tls: bool,
}

/// Where the data is.
#[derive(Debug, Clone)]
pub struct Database {
    /// `sqlite://` and a path, or `postgres://`. There may be a password in it.
    pub url: Masked<String>,
    /// How it is opened.
    pub options: claviger_store::Options,
}

impl Database {
    /// The file of a SQLite database.
    pub fn file(&self) -> Option<PathBuf> {
        self.url.strip_prefix("sqlite://").map(PathBuf::from)
    }
}

/// How mails leave.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The sender.
    pub from: String,
    /// An SMTP server, or a folder.
    pub outlet: Outlet,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// A filter: `info`, or `claviger=debug,info`.
    pub level: String,
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads the configuration. `flags` are keys as in the file with a dot (`server.listen`) and their values; `environment`
/// is `std::env::vars_os` as text.
///
/// # Errors
/// Everything that is wrong in the file, the environment and the flags.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Explained, Problems> {
    let content = match file.map(std::fs::read).transpose() {
        Ok(content) => content,
        Err(error) => {
            let name = file.unwrap_or(Path::new("")).display().to_string();
            let problem = Problem::with_file(&name, format!("cannot be read: {error}"));
            return Err(problem.with_help("`claviger init` writes one").into());
        }
    };
    parse(file.zip(content.as_deref()), environment, flags)
}

/// The configuration, and where each value of it comes from.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The configuration.
    pub config: Config,
    /// Every key with its value; secrets are hidden.
    pub settings: Vec<Setting>,
}

/// As [`load`], from a content in memory.
///
/// # Errors
/// Everything that is wrong.
pub fn parse(
    file: Option<(&Path, &[u8])>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Explained, Problems> {
    let mut problems = vec![];
    let mut given = Given::default();
    if let Some((path, content)) = file {
        given.file(path, content, &mut problems);
    }
    given.environment(environment, &mut problems);
    given.flags(flags, &mut problems);
    let config = settle(&given, &mut problems);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let settings = shown::settings(&given, &config);
    Ok(Explained { config, settings })
}

/// Puts defaults where nothing was given, and checks each value.
fn settle(given: &Given, problems: &mut Vec<Problem>) -> Config {
    let (values, folder) = (&given.values, given.folder.as_path());
    let mut check = Check { given, problems };
    let listeners = values.server.listener.as_deref().unwrap_or_default();
    let listen = match &values.server.listen {
        Some(listen) => listen.clone(),
        None if listeners.is_empty() && values.tls.listen.as_ref().is_none_or(Vec::is_empty) => {
            vec!["127.0.0.1:8080".into()]
        }
        None => Vec::new(),
    };
    if listen.is_empty() && listeners.is_empty() && values.tls.listen.as_ref().is_none_or(Vec::is_empty) {
        check.say("server.listen", "a server listens somewhere: the list is empty", None);
    }
    if values.server.max_connections.is_some_and(|most| !(16..=1_000_000).contains(&most)) {
        check.say("server.max-connections", "a server takes between 16 and 1000000 connections", None);
    }
    let server = Server {
        listen: listen.iter().filter_map(|text| check.address("server.listen", text)).collect(),
        listeners: listeners.iter().filter_map(|listener| check.listener(listener)).collect(),
        max_connections: values.server.max_connections,
        management: match values.server.management.as_deref() {
            Some("") => None,
            Some(text) => check.address("server.management", text),
            None => check.address("server.management", "127.0.0.1:9090"),
        },
        trusted_proxies: check.networks(values.server.trusted_proxies.as_deref().unwrap_or_default()),
        front: check.front(),
    };
    let path = |key: &str, text: &str| match given.origin(key) {
        Origin::File => folder.join(text),
        Origin::Environment(_) | Origin::Flag(_) => PathBuf::from(text),
    };
    let tls = check.tls(&server.listeners, &path);
    let folder_at = |key: &str, text: &Option<String>, check: &mut Check<'_>| {
        let path = path(key, text.as_deref().filter(|text| !text.is_empty())?);
        if !path.is_dir() {
            check.say(key, format!("there is no folder {}", path.display()), None);
        }
        Some(path)
    };
    let templates_folder = folder_at("pages.templates", &values.pages.templates, &mut check);
    let languages = check.languages(values.pages.languages.as_deref());
    let dialects_folder = folder_at("dialects.folder", &values.dialects.folder, &mut check);
    let url = check.database_url(values.database.url.as_deref(), folder);
    let database = Database { options: check.database_options(&url, &path), url: Masked(url) };
    let key_file = values.master_key.file.as_deref().filter(|text| !text.is_empty());
    let mail_folder = values.mail.folder.as_deref().filter(|text| !text.is_empty()).unwrap_or("mail");
    let outlet = match check.smtp(&path) {
        Some(smtp) => Outlet::Smtp(smtp),
        // Beside the file by default, like the database.
        None if values.mail.folder.is_none() => Outlet::Folder(folder.join(mail_folder)),
        None => Outlet::Folder(path("mail.folder", mail_folder)),
    };
    let from = values.mail.from.clone().unwrap_or_else(|| "claviger@localhost".into());
    if from.parse::<lettre::message::Mailbox>().is_err() {
        check.say("mail.from", "this is not a mail address", Some("like \"Claviger <claviger@example.com>\"".into()));
    }
    Config {
        server,
        tls,
        database,
        master_key_file: key_file.map(|text| path("master-key.file", text)),
        mail: Mail { from, outlet },
        templates_folder,
        languages,
        dialects_folder,
        brakes: check.brakes(),
        known_passwords: values
            .passwords
            .known
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(|text| path("passwords.known", text)),
        private_hosts: check.private_hosts(values.outbound.private_hosts.as_deref().unwrap_or_default()),
        audit: check.audit(path),
        request_log: check.request_log(),
        log: Log { format: values.log.format.unwrap_or_default(), level: check.log_level() },
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

struct Check<'a> {
    given: &'a Given,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn say(&mut self, key: &str, message: impl Into<String>, help: Option<String>) {
        self.problems.push(self.given.problem(key, message).with_hint(help));
    }

    fn address(&mut self, key: &str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            let help = match text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')) {
                Some(port) if text.starts_with(':') => format!("write \"0.0.0.0:{port}\""),
                Some(port) => format!("write \"127.0.0.1:{port}\""),
                None => "an address and a port, like \"127.0.0.1:8080\" or \"[::]:8080\"".into(),
            };
            self.say(key, format!("`{text}` is not an address to listen on"), Some(help));
        }
        address
    }

    fn listener(&mut self, given: &sources::Listener) -> Option<Listener> {
        if given.realms.is_empty() {
            let help = "name the realms' ids, or put the address into server.listen, where every realm is served";
            self.say("server.listener", format!("`{}` serves no realm", given.address), Some(help.into()));
        }
        let address = self.address("server.listener", &given.address)?;
        Some(Listener { address, realms: given.realms.clone(), tls: given.tls })
    }

    fn networks(&mut self, texts: &[String]) -> Vec<Network> {
        let mut networks = vec![];
        for text in texts {
            match text.parse() {
                Ok(network) => networks.push(network),
                Err(error) => self.say("server.trusted-proxies", format!("{error}"), None),
            }
        }
        networks
    }

    fn private_hosts(&mut self, hosts: &[String]) -> Vec<String> {
        for host in hosts {
            let name = host.strip_prefix("*.").unwrap_or(host);
            let is_label = |label: &str| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            };
            if name.parse::<std::net::IpAddr>().is_err() && !name.split('.').all(is_label) {
                let help = "like \"app.internal.example\", \"*.internal.example\" or \"10.1.2.3\"".into();
                self.say("outbound.private-hosts", format!("`{host}` is no host"), Some(help));
            }
        }
        hosts.to_vec()
    }

    fn audit(&mut self, path: impl Fn(&str, &str) -> PathBuf) -> AuditKeeping {
        let values = &self.given.values.audit;
        let stream = match values.stream.as_deref() {
            None | Some("") => None,
            Some("stderr") => Some(AuditStream::Stderr),
            Some(file) => Some(AuditStream::File(path("audit.stream", file))),
        };
        let retention = values.retention;
        if retention.is_some_and(|retention| retention < Span::seconds(86_400)) {
            self.say("audit.retention", "this is less than a day", Some("like \"400d\"; left out: for ever".into()));
        }
        AuditKeeping { stream, retention }
    }

    fn languages(&mut self, tags: Option<&[String]>) -> Vec<LanguageIdentifier> {
        let mut languages = vec![];
        for tag in tags.map_or_else(|| vec!["en"], |tags| tags.iter().map(String::as_str).collect()) {
            if let Ok(language) = tag.parse() {
                languages.push(language);
            } else {
                let help = "like \"en\", \"de\" or \"pt-BR\"".into();
                self.say("pages.languages", format!("`{tag}` is not a language tag (BCP 47)"), Some(help));
            }
        }
        languages
    }

    fn log_level(&mut self) -> String {
        let level = self.given.values.log.level.clone().unwrap_or_else(|| "info".into());
        if let Err(wrong) = level::check(&level) {
            self.say("log.level", wrong.message, Some(wrong.help));
        }
        level
    }

    fn brakes(&mut self) -> brakes::Numbers {
        let given = &self.given.values.brakes;
        let usual = brakes::Numbers::default();
        let numbers = brakes::Numbers {
            failures: given.failures.unwrap_or(usual.failures),
            failures_in_all: given.failures_in_all.unwrap_or(usual.failures_in_all),
            failures_of_address: given.failures_of_address.unwrap_or(usual.failures_of_address),
            longest_pause: given.longest_pause.map_or(usual.longest_pause, Span::as_millis),
        };
        let bounds = [
            ("brakes.failures", i64::from(numbers.failures), 3..=100),
            ("brakes.failures-in-all", i64::from(numbers.failures_in_all), 10..=10_000),
            ("brakes.failures-of-address", i64::from(numbers.failures_of_address), 10..=100_000),
            ("brakes.longest-pause", numbers.longest_pause / 1000, 10..=3600),
        ];
        for (key, value, bounds) in bounds {
            if !bounds.contains(&value) {
                self.say(key, format!("it is between {} and {}", bounds.start(), bounds.end()), None);
            }
        }
        numbers
    }

    /// A password that is given itself or in a file.
    fn secret(
        &mut self,
        section: &str,
        itself: Option<&SecretText>,
        file: Option<&String>,
        path: &dyn Fn(&str, &str) -> PathBuf,
    ) -> Option<Plain> {
        let key = format!("{section}.password-file");
        match (itself, file) {
            (Some(_), Some(_)) => {
                self.say(&key, "one of password and password-file is enough", None);
                None
            }
            (Some(password), None) => Some(password.0.clone()),
            (None, Some(file)) => match claviger_files::read_secret(&path(&key, file)) {
                Ok(password) => Some(password),
                Err(reason) => {
                    self.say(&key, format!("`{file}` {reason}"), None);
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// A host name or an address, as a mail server wants to be greeted (RFC 5321 4.1.1.1).
    fn ehlo(&mut self, name: Option<&str>) -> Option<String> {
        let name = name.filter(|name| !name.is_empty())?;
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let is_host = name
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        if !is_host && bare.parse::<std::net::IpAddr>().is_err() {
            let help = "like \"login.example.com\"; without it the domain of mail.from".to_owned();
            self.say("smtp.ehlo", format!("`{name}` is neither a host name nor an address"), Some(help));
        }
        Some(name.to_owned())
    }

    fn smtp(&mut self, path: &dyn Fn(&str, &str) -> PathBuf) -> Option<Smtp> {
        let smtp = &self.given.values.smtp;
        let tls = smtp.tls.unwrap_or_default();
        let Some(host) = smtp.host.clone().filter(|host| !host.is_empty()) else {
            let others = [
                ("smtp.port", smtp.port.is_some()),
                ("smtp.username", smtp.username.is_some()),
                ("smtp.password", smtp.password.is_some()),
                ("smtp.password-file", smtp.password_file.is_some()),
                ("smtp.ehlo", smtp.ehlo.is_some()),
            ];
            if let Some((key, _)) = others.into_iter().find(|(_, given)| *given) {
                self.say(
                    key,
                    "without smtp.host, no mail is sent by SMTP",
                    Some("add smtp.host, or leave this out".into()),
                );
            }
            return None;
        };
        let password = self.secret("smtp", smtp.password.as_ref(), smtp.password_file.as_ref(), path);
        let failed = smtp.password.is_some() || smtp.password_file.is_some();
        if smtp.username.is_some() != failed {
            let key = if smtp.username.is_some() { "smtp.username" } else { "smtp.password" };
            self.say(key, "a user name and a password belong together", None);
        }
        if password.is_some() && tls == TlsMode::None {
            self.say("smtp.tls", "a password is sent over TLS only", Some("tls = \"starttls\" or \"tls\"".into()));
        }
        Some(Smtp {
            host,
            port: smtp.port.unwrap_or(match tls {
                TlsMode::None => 25,
                TlsMode::Starttls => 587,
                TlsMode::Tls => 465,
            }),
            tls,
            credentials: smtp.username.clone().zip(password),
            ca_file: smtp.ca_file.as_deref().map(|file| path("smtp.ca-file", file)),
            ehlo: self.ehlo(smtp.ehlo.as_deref()),
        })
    }
}

#[cfg(test)]
mod tests;
