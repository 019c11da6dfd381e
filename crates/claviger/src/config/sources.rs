//! Where a value comes from: a flag, the environment, the file.

use super::{LogFormat, TlsMode};
use claviger_core::span::Span;
use claviger_files::{Document, Problem, SecretText, Step, Variables, did_you_mean};
use claviger_server::http::CertificateHeader;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every key: section, name.
pub(super) const KEYS: [(&str, &str); 48] = [
    ("server", "listen"),
    ("server", "listener"),
    ("server", "max-connections"),
    ("server", "management"),
    ("server", "trusted-proxies"),
    ("server", "proxy-protocol"),
    ("server", "http2"),
    ("server", "client-certificate-header"),
    ("server", "hsts"),
    ("tls", "listen"),
    ("tls", "certificate"),
    ("tls", "key"),
    ("tls", "further"),
    ("tls", "client-certificates"),
    ("database", "url"),
    ("database", "password"),
    ("database", "password-file"),
    ("database", "ca-file"),
    ("database", "connections"),
    ("master-key", "file"),
    ("mail", "from"),
    ("mail", "folder"),
    ("smtp", "host"),
    ("smtp", "port"),
    ("smtp", "tls"),
    ("smtp", "username"),
    ("smtp", "password"),
    ("smtp", "password-file"),
    ("smtp", "ca-file"),
    ("smtp", "ehlo"),
    ("pages", "templates"),
    ("pages", "languages"),
    ("dialects", "folder"),
    ("brakes", "failures"),
    ("brakes", "failures-in-all"),
    ("brakes", "failures-of-address"),
    ("brakes", "longest-pause"),
    ("outbound", "private-hosts"),
    ("passwords", "known"),
    ("audit", "stream"),
    ("audit", "retention"),
    ("request-log", "enabled"),
    ("request-log", "keep"),
    ("request-log", "lines-per-app"),
    ("request-log", "mib-per-app"),
    ("request-log", "mib-in-all"),
    ("log", "format"),
    ("log", "level"),
];

/// Declares a section: each key optional, and how a later source wins over an earlier one.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, rename_all = "kebab-case")]
        pub(super) struct $name { $(pub(super) $field: Option<$type>),* }

        impl $name {
            fn overrule(&mut self, with: Self) {
                $(if with.$field.is_some() { self.$field = with.$field; })*
            }
        }
    };
}

section!(Server {
    listen: Vec<String>,
    listener: Vec<Listener>,
    max_connections: u32,
    management: String,
    trusted_proxies: Vec<String>,
    proxy_protocol: bool,
    http2: bool,
    client_certificate_header: CertificateHeader,
    hsts: Span,
});
section!(Tls {
    listen: Vec<String>,
    certificate: String,
    key: String,
    further: Vec<Pair>,
    client_certificates: Vec<String>,
});
section!(Database { url: String, password: SecretText, password_file: String, ca_file: String, connections: u32 });
section!(MasterKey { file: String });
section!(Mail { from: String, folder: String });
section!(Smtp {
    host: String,
    port: u16,
    tls: TlsMode,
    username: String,
    password: SecretText,
    password_file: String,
    ca_file: String,
    ehlo: String,
});
section!(Pages { templates: String, languages: Vec<String> });
section!(Dialects { folder: String });
section!(Brakes { failures: u32, failures_in_all: u32, failures_of_address: u32, longest_pause: Span });
section!(Outbound { private_hosts: Vec<String> });
section!(Passwords { known: String });
section!(Audit { stream: String, retention: Span });
section!(RequestLog { enabled: bool, keep: Span, lines_per_app: u32, mib_per_app: u32, mib_in_all: u32 });
section!(Log { format: LogFormat, level: String });

/// An address that serves some realms only.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Listener {
    pub(super) address: String,
    pub(super) realms: Vec<String>,
    #[serde(default)]
    pub(super) tls: bool,
}

/// A further certificate with its key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What one source gives.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Values {
    pub(super) server: Server,
    pub(super) tls: Tls,
    pub(super) database: Database,
    pub(super) master_key: MasterKey,
    pub(super) mail: Mail,
    pub(super) smtp: Smtp,
    pub(super) pages: Pages,
    pub(super) dialects: Dialects,
    pub(super) brakes: Brakes,
    pub(super) outbound: Outbound,
    pub(super) passwords: Passwords,
    pub(super) audit: Audit,
    pub(super) request_log: RequestLog,
    pub(super) log: Log,
}

impl Values {
    fn overrule(&mut self, with: Self) {
        self.server.overrule(with.server);
        self.tls.overrule(with.tls);
        self.database.overrule(with.database);
        self.master_key.overrule(with.master_key);
        self.mail.overrule(with.mail);
        self.smtp.overrule(with.smtp);
        self.pages.overrule(with.pages);
        self.dialects.overrule(with.dialects);
        self.brakes.overrule(with.brakes);
        self.outbound.overrule(with.outbound);
        self.passwords.overrule(with.passwords);
        self.audit.overrule(with.audit);
        self.request_log.overrule(with.request_log);
        self.log.overrule(with.log);
    }
}

/// Which source a value comes from; a later one wins over an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The file, or nothing: then it is the default.
    File,
    /// A variable of the environment, by its name.
    Environment(String),
    /// A flag, by the key that it gives.
    Flag(String),
}

impl Origin {
    /// The higher wins.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::File => 0,
            Self::Environment(_) => 1,
            Self::Flag(_) => 2,
        }
    }

    /// What mistakes call it.
    fn name(&self) -> String {
        match self {
            Self::File => String::new(),
            Self::Environment(name) => name.clone(),
            Self::Flag(key) => format!("the flag for {key}"),
        }
    }
}

/// What all sources give together.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) values: Values,
    /// The file's folder.
    pub(super) folder: PathBuf,
    document: Option<Document>,
    /// The keys that the file gives.
    filed: BTreeSet<String>,
    named: BTreeMap<String, Origin>,
}

impl Given {
    /// Takes the file. It is the first.
    pub(super) fn file(&mut self, path: &Path, content: &[u8], problems: &mut Vec<Problem>) {
        path.parent().unwrap_or(Path::new("")).clone_into(&mut self.folder);
        self.document = Document::read(&path.display().to_string(), content, &Variables::new(), problems);
        let values = self.document.as_ref().and_then(|document| document.decode(problems));
        self.values = values.unwrap_or_default();
        let sections: toml::Table = toml::from_slice(content).unwrap_or_default();
        for (section, keys) in &sections {
            self.filed
                .extend(keys.as_table().into_iter().flat_map(toml::Table::keys).map(|key| format!("{section}.{key}")));
        }
    }

    /// Takes the variables that begin with `CLAVIGER_` and have a section; others mean something else.
    pub(super) fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
        problems: &mut Vec<Problem>,
    ) {
        let spelled = |section: &str, key: &str| format!("CLAVIGER_{section}__{key}").replace('-', "_").to_uppercase();
        for (name, value) in variables {
            if !name.starts_with("CLAVIGER_") || !name.contains("__") {
                continue;
            }
            if let Some((section, key)) = KEYS.iter().find(|(section, key)| spelled(section, key) == name) {
                self.one(Origin::Environment(name), section, key, &value, problems);
            } else {
                let known: Vec<String> = KEYS.iter().map(|(section, key)| spelled(section, key)).collect();
                let problem = Problem::with_file(&name, "this variable of the environment is unknown");
                problems.push(problem.with_hint(did_you_mean(&name, known.iter().map(String::as_str))));
            }
        }
    }

    /// Takes flags: `section.key` and a value.
    pub(super) fn flags(&mut self, flags: &[(String, String)], problems: &mut Vec<Problem>) {
        for (name, value) in flags {
            if let Some((section, key)) = KEYS.iter().find(|(section, key)| format!("{section}.{key}") == *name) {
                self.one(Origin::Flag(name.clone()), section, key, value, problems);
            } else {
                let known: Vec<String> = KEYS.iter().map(|(section, key)| format!("{section}.{key}")).collect();
                let problem = Problem::with_file(name, "this key is unknown");
                problems.push(problem.with_hint(did_you_mean(name, known.iter().map(String::as_str))));
            }
        }
    }

    /// Takes one value that was written as plain text. It is read as a text, as a number or word of TOML, and as a list
    /// with commas; whichever the key can have.
    fn one(&mut self, origin: Origin, section: &str, key: &str, value: &str, problems: &mut Vec<Problem>) {
        let name = origin.name();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let items: Vec<String> = value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(quoted).collect();
        let mut first = vec![];
        for spelling in [quoted(value), value.to_owned(), format!("[{}]", items.join(", "))] {
            let text = format!("{section}.{key} = {spelling}");
            let mut found = vec![];
            let document = Document::read(&name, text.as_bytes(), &Variables::new(), &mut found);
            if let Some(values) = document.and_then(|document| document.decode::<Values>(&mut found)) {
                self.values.overrule(values);
                self.named.insert(format!("{section}.{key}"), origin);
                // The secret itself and the file with it are two spellings of one thing: the later one counts.
                match (section, key) {
                    ("smtp", "password") => self.values.smtp.password_file = None,
                    ("smtp", "password-file") => self.values.smtp.password = None,
                    ("database", "password") => self.values.database.password_file = None,
                    ("database", "password-file") => self.values.database.password = None,
                    _ => {}
                }
                return;
            }
            if first.is_empty() {
                first = found;
            }
        }
        problems.extend(first.into_iter().map(|problem| Problem {
            place: None,
            message: format!("{} (see `{section}.{key}`)", problem.message),
            ..problem
        }));
    }

    /// Where the value of `section.key` comes from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.named.get(key).cloned().unwrap_or(Origin::File)
    }

    /// The file and the line in it that give `section.key`; `None` where the file does not.
    pub(super) fn line(&self, key: &str) -> Option<(&str, usize)> {
        let document = self.document.as_ref().filter(|_| self.filed.contains(key))?;
        let path: Vec<Step<'_>> = key.split('.').map(Step::from).collect();
        Some((document.name(), document.problem(&path, "").line()))
    }

    /// Says that something is wrong with the value of `section.key`, wherever it comes from.
    pub(super) fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        let path: Vec<Step<'_>> = key.split('.').map(Step::from).collect();
        match (self.origin(key), &self.document) {
            (origin @ (Origin::Environment(_) | Origin::Flag(_)), _) => Problem::with_file(&origin.name(), message),
            (Origin::File, Some(document)) => document.problem(&path, message),
            (Origin::File, None) => Problem::with_file(key, message),
        }
    }
}
