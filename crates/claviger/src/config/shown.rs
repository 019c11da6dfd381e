//! The configuration as it is in effect: each key with its value, and where that comes from. Secrets are hidden.

use super::sources::{Given, KEYS, Origin};
use super::{Config, Outlet};
use claviger_server::jobs::AuditStream;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// One key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// As in the file, with a dot: `server.listen`.
    pub key: String,
    /// Its value; `null` where there is none.
    pub value: Value,
    /// Which source gave it.
    pub source: Source,
    /// The place in that source: a line of the file, a variable, a flag.
    pub place: Option<String>,
}

/// Which source gave a value; the earlier ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A flag of the command line.
    Flag,
    /// A variable of the environment.
    Environment,
    /// The configuration's file.
    File,
    /// Nobody gave one.
    Default,
}

impl Source {
    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        }
    }
}

impl Setting {
    /// Its value as people read it.
    pub fn text(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                items.iter().map(text).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        }
    }

    /// Where it comes from, as people read it.
    pub fn origin(&self) -> String {
        match &self.place {
            Some(place) => format!("{} ({place})", self.source.name()),
            None => self.source.name().to_owned(),
        }
    }
}

/// Every key.
pub(super) fn settings(given: &Given, config: &Config) -> Vec<Setting> {
    KEYS.iter()
        .map(|(section, key)| {
            let key = format!("{section}.{key}");
            let (source, place) = origin(given, &key);
            Setting { value: value(given, config, &key), key, source, place }
        })
        .collect()
}

fn origin(given: &Given, key: &str) -> (Source, Option<String>) {
    match given.origin(key) {
        Origin::Flag(key) => (Source::Flag, Some(if key == "database.url" { "--database".into() } else { key })),
        Origin::Environment(name) => (Source::Environment, Some(name)),
        Origin::File => match given.line(key) {
            Some((file, line)) => (Source::File, Some(format!("{file}:{line}"))),
            None => (Source::Default, None),
        },
    }
}

fn value(given: &Given, config: &Config, key: &str) -> Value {
    let values = &given.values;
    let path = |path: Option<&Path>| json!(path.map(|path| path.display().to_string()));
    let (smtp, mail_folder) = match &config.mail.outlet {
        Outlet::Smtp(smtp) => (Some(smtp), None),
        Outlet::Folder(folder) => (None, Some(folder)),
    };
    match key {
        "server.listen" => json!(config.server.listen),
        "server.listener" => {
            let one = |only: &super::Listener| {
                format!("{}{}: {}", only.address, if only.tls { " with TLS" } else { "" }, only.realms.join(" "))
            };
            json!(config.server.listeners.iter().map(one).collect::<Vec<_>>())
        }
        "server.max-connections" => json!(config.server.max_connections),
        "server.management" => json!(config.server.management),
        "server.trusted-proxies" => json!(values.server.trusted_proxies.as_deref().unwrap_or_default()),
        "server.proxy-protocol" => json!(config.server.front.proxy_protocol),
        "server.http2" => json!(config.server.front.http2),
        "server.client-certificate-header" => json!(config.server.front.certificate_header),
        "server.hsts" => json!(values.server.hsts.map(|span| span.to_string())),
        "tls.listen" => json!(config.tls.listen),
        "tls.certificate" => json!(values.tls.certificate),
        "tls.key" => json!(values.tls.key),
        "tls.further" => {
            let pairs = values.tls.further.as_deref().unwrap_or_default();
            json!(pairs.iter().map(|pair| format!("{} {}", pair.certificate, pair.key)).collect::<Vec<_>>())
        }
        "tls.client-certificates" => json!(values.tls.client_certificates.as_deref().unwrap_or_default()),
        "database.url" => json!(without_password(&config.database.url)),
        "database.password" => json!(values.database.password.as_ref().map(|_| HIDDEN)),
        "database.password-file" => json!(values.database.password_file),
        "database.ca-file" => path(config.database.options.ca_file.as_deref()),
        "database.connections" => json!(config.database.options.connections),
        "master-key.file" => path(config.master_key_file.as_deref()),
        "mail.from" => json!(config.mail.from),
        "mail.folder" => path(mail_folder.map(std::path::PathBuf::as_path)),
        "smtp.host" => json!(smtp.map(|smtp| &smtp.host)),
        "smtp.port" => json!(smtp.map(|smtp| smtp.port)),
        "smtp.tls" => json!(values.smtp.tls.unwrap_or_default()),
        "smtp.username" => json!(values.smtp.username),
        "smtp.password" => json!(values.smtp.password.as_ref().map(|_| HIDDEN)),
        "smtp.password-file" => json!(values.smtp.password_file),
        "smtp.ca-file" => path(smtp.and_then(|smtp| smtp.ca_file.as_deref())),
        "pages.templates" => path(config.templates_folder.as_deref()),
        "pages.languages" => json!(config.languages.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "dialects.folder" => path(config.dialects_folder.as_deref()),
        "brakes.failures" => json!(config.brakes.failures),
        "brakes.failures-in-all" => json!(config.brakes.failures_in_all),
        "brakes.failures-of-address" => json!(config.brakes.failures_of_address),
        "brakes.longest-pause" => json!(format!("{}s", config.brakes.longest_pause / 1000)),
        "outbound.private-hosts" => json!(config.private_hosts),
        "passwords.known" => path(config.known_passwords.as_deref()),
        "audit.stream" => match &config.audit.stream {
            Some(AuditStream::Stderr) => json!("stderr"),
            Some(AuditStream::File(file)) => path(Some(file)),
            None => json!(""),
        },
        "audit.retention" => json!(config.audit.retention.map(|span| span.to_string())),
        "request-log.enabled" => json!(config.request_log.is_some()),
        "request-log.keep" => json!(values.request_log.keep.map_or_else(|| "30d".to_owned(), |keep| keep.to_string())),
        "request-log.lines-per-app" => json!(values.request_log.lines_per_app.unwrap_or(10_000)),
        "request-log.mib-per-app" => json!(values.request_log.mib_per_app.unwrap_or(8)),
        "request-log.mib-in-all" => json!(values.request_log.mib_in_all.unwrap_or(2048)),
        "log.format" => json!(config.log.format),
        "log.level" => json!(config.log.level),
        _ => Value::Null,
    }
}

/// A database's URL with whatever may be a password in it hidden: behind the user's name, and in the query.
fn without_password(url: &str) -> String {
    let (head, query) = url.split_once('?').map_or((url, None), |(head, query)| (head, Some(query)));
    let mut shown = match head.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (who, place))) => match who.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:{HIDDEN}@{place}"),
            None => head.to_owned(),
        },
        None => head.to_owned(),
    };
    for (nth, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        let name = pair.split('=').next().unwrap_or_default();
        shown.push(if nth == 0 { '?' } else { '&' });
        if name.to_ascii_lowercase().contains("password") {
            shown.extend([name, "=", HIDDEN]);
        } else {
            shown.push_str(pair);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_is_left_in_a_url() {
        for (url, shown) in [
            ("sqlite:///var/lib/a@b:c.db", "sqlite:///var/lib/a@b:c.db"),
            ("postgres://claviger@db.example/x", "postgres://claviger@db.example/x"),
            ("postgres://u:p@ss:w@db.example/x?sslmode=disable", "postgres://u:***@db.example/x?sslmode=disable"),
            ("postgres://db/x?user=u&password=p&a=b", "postgres://db/x?user=u&password=***&a=b"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
