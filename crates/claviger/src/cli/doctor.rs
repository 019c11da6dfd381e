//! `claviger doctor`: looks at everything that a server stands on, and says of each whether it is well and what to do.
//!
//! It changes nothing: no schema is brought up to date, no key is made. One thing that is wrong does not keep it from looking at
//! the others.

mod database;
mod files;
mod network;
mod tls;

use super::config;
use super::context::Context;
use super::trouble::{Exit, Trouble};
use crate::config::Config;
use clap::Args;
use claviger_core::Realm;
use claviger_server::clock::Clock;
use serde::Serialize;

/// What `--help` says below.
pub(super) const HELP: &str = "\
Examples:
  claviger doctor
  claviger doctor --offline
  claviger doctor -o json

Each line is ok, warning or problem, with what to do. Looked at: the configuration, the database and its schema, the master
key, the clock against the database's, the mail server, proxy headers, the certificates of [tls], the DNS name and TLS of each
realm's addresses, and who may read the files. Nothing is changed.

Exit codes: 0 no problem (there may be warnings); 3 configuration or master key, 4 the database does not let this program
in, 7 the database cannot be reached, 8 its schema does not fit; 1 any other problem.";

/// What is left out.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Ask nobody but the database: no DNS, no mail server, no realm's address
    #[arg(long)]
    offline: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warning,
    Problem,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    check: String,
    state: Verdict,
    found: String,
    /// What to do; empty where nothing is.
    help: String,
    #[serde(skip)]
    exit: Exit,
}

impl Finding {
    fn ok(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self { check: check.into(), state: Verdict::Ok, found: found.into(), help: String::new(), exit: Exit::Failure }
    }

    fn warning(check: impl Into<String>, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { state: Verdict::Warning, help: help.into(), ..Self::ok(check, found) }
    }

    fn problem(check: impl Into<String>, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { state: Verdict::Problem, help: help.into(), ..Self::ok(check, found) }
    }

    fn trouble(check: impl Into<String>, trouble: &Trouble) -> Self {
        let help = trouble.advice().unwrap_or_default();
        Self { exit: trouble.exit(), ..Self::problem(check, trouble.to_string(), help) }
    }
}

/// Looks, and says what it found.
pub(crate) async fn run(args: &DoctorArgs, context: &Context) -> Result<(), Trouble> {
    let findings = look(args, context).await;
    context.format.list(["check", "state", "found", "what to do"], &findings, |one| {
        [one.check.clone(), one.state.name().to_owned(), one.found.replace('\n', " "), one.help.replace('\n', " ")]
    })?;
    let problems: Vec<&Finding> = findings.iter().filter(|one| one.state == Verdict::Problem).collect();
    match problems.first() {
        None => Ok(()),
        Some(first) => {
            let names: Vec<&str> = problems.iter().map(|one| one.check.as_str()).collect();
            let count = if names.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", names.len()) };
            Err(Trouble::new(first.exit, format!("{count}: {}", names.join(", "))))
        }
    }
}

async fn look(args: &DoctorArgs, context: &Context) -> Vec<Finding> {
    let config = match context.config() {
        Ok(config) => config,
        Err(trouble) => return vec![Finding::trouble("configuration", &trouble)],
    };
    let mut findings = vec![configuration(context)];
    let realms = database::look(context, &config, &mut findings).await;
    findings.extend(files::look(context, &config));
    findings.extend(tls::look(&config, Clock::default().now()));
    findings.push(proxies(&config, &realms));
    if !args.offline {
        findings.push(mail(context).await);
        findings.extend(network::look(&realms).await);
    }
    findings
}

fn configuration(context: &Context) -> Finding {
    let file = context.file().map(|file| file.display().to_string());
    match (config::read_all(context), file) {
        (Err(trouble), _) => Finding::trouble("configuration", &trouble),
        (Ok(()), Some(file)) => Finding::ok("configuration", file),
        (Ok(()), None) => Finding::warning(
            "configuration",
            "there is no file: environment and defaults alone",
            "name it with --config or CLAVIGER_CONFIG; `claviger init` writes one",
        ),
    }
}

async fn mail(context: &Context) -> Finding {
    let mailer = match context.mailer() {
        Ok(mailer) => mailer,
        Err(trouble) => return Finding::trouble("mail", &trouble),
    };
    let patience = std::time::Duration::from_secs(10);
    match tokio::time::timeout(patience, mailer.check()).await {
        Ok(Ok(())) => Finding::ok("mail", mailer.goes_to()),
        Ok(Err(error)) => Finding::problem(
            "mail",
            format!("{}: {}", mailer.goes_to(), with_causes(&error)),
            "compare [smtp] host, port, tls, username and password with the mail server's; mails wait meanwhile",
        ),
        Err(_) => Finding::problem(
            "mail",
            format!("{}: no answer within ten seconds", mailer.goes_to()),
            "look at smtp.host, smtp.port and the firewall; mails wait meanwhile",
        ),
    }
}

/// Whether the client's address will be known behind the proxy that ends TLS.
fn proxies(config: &Config, realms: &[Realm]) -> Finding {
    const CHECK: &str = "proxy headers";
    let trusted = &config.server.trusted_proxies;
    let behind_proxy: Vec<&str> =
        realms.iter().filter(|realm| realm.issuer.starts_with("https://")).map(|realm| realm.id.as_str()).collect();
    if let Some(everybody) = trusted.iter().find(|network| network.contains_everybody()) {
        return Finding::problem(
            CHECK,
            format!("server.trusted-proxies holds {everybody}: everybody can say what their address is"),
            "name the proxies' own addresses only",
        );
    }
    match (behind_proxy.as_slice(), trusted.as_slice()) {
        ([], []) => Finding::ok(CHECK, "no realm is behind a proxy"),
        (_, [_, ..]) => {
            let shown: Vec<String> = trusted.iter().map(ToString::to_string).collect();
            Finding::ok(CHECK, format!("X-Forwarded-For is believed of {}", shown.join(", ")))
        }
        (_, []) if config.tls.files.is_some() => Finding::ok(CHECK, "TLS is our own, and no proxy is trusted"),
        (realms, []) => Finding::warning(
            CHECK,
            format!("TLS of {} ends in a proxy, and server.trusted-proxies is empty", realms.join(", ")),
            "name the proxy's address in server.trusted-proxies; until then all clients share its address, and one brake",
        ),
    }
}

/// An error with everything behind it: a library's own text often says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}
