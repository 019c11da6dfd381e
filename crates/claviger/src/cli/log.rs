//! The log of `claviger serve`: on stderr, as text or as JSON, with what is known of the request in each line that is written
//! while one is answered.

use super::trouble::{Exit, Trouble};
use crate::config::{self, LogFormat};
use claviger_server::http::trace::{self, Request};
use std::fmt::{self, Write};
use std::io::IsTerminal;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, reload};

/// The running log.
pub(super) struct Log {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// Starts it.
    ///
    /// # Errors
    /// The filter is wrong, or there is a log already.
    pub(super) fn start(config: &config::Log) -> Result<Self, Trouble> {
        let (filter, handle) = reload::Layer::new(filter(&config.level)?);
        let terminal = std::io::stderr().is_terminal();
        let colours = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let json = match config.format {
            LogFormat::Auto => !terminal,
            LogFormat::Json => true,
            LogFormat::Text => false,
        };
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
        let all = tracing_subscriber::registry().with(filter);
        let started = if json {
            let format = Lines { inner: Format::default().json().flatten_event(true), json };
            all.with(lines.json().event_format(format)).try_init()
        } else {
            let format = Lines { inner: Format::default().with_ansi(colours), json };
            all.with(lines.event_format(format)).try_init()
        };
        started.map_err(|error| Trouble::new(Exit::Failure, format!("the log cannot be started: {error}")))?;
        Ok(Self { filter: handle })
    }

    /// Another level from now on.
    ///
    /// # Errors
    /// The filter is wrong; the old one stays.
    pub(super) fn set_level(&self, level: &str) -> Result<(), Trouble> {
        let set = self.filter.reload(filter(level)?);
        set.map_err(|error| Trouble::new(Exit::Failure, format!("the level of the log cannot be changed: {error}")))
    }
}

fn filter(level: &str) -> Result<EnvFilter, Trouble> {
    EnvFilter::try_new(level).map_err(|error| Trouble::new(Exit::Configuration, format!("log.level: {error}")))
}

/// A line as `inner` writes it, and behind it the request that is being answered.
struct Lines<F> {
    inner: F,
    json: bool,
}

impl<S, N, F> FormatEvent<S, N> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(request) = trace::current() else { return self.inner.format_event(context, writer, event) };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        // What the line says itself is not said twice.
        let said = |name: &str| event.metadata().fields().field(name).is_some();
        let line = line.trim_end();
        match line.strip_suffix('}').filter(|_| self.json) {
            Some(members) => writeln!(writer, "{members}{}}}", members_of(&request, said)),
            None => writeln!(writer, "{line}{}", words_of(&request, said)),
        }
    }
}

/// The names are the same in both forms; what is not known is `null` and `-`.
fn fields(request: &Request) -> [(&'static str, String); 5] {
    [
        ("realm", request.realm.clone()),
        ("client", request.client.clone()),
        ("endpoint", request.endpoint.to_owned()),
        ("address", request.address.to_string()),
        ("reference", request.reference.to_string()),
    ]
}

fn members_of(request: &Request, said: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (name, value) in fields(request).into_iter().filter(|(name, _)| !said(name)) {
        let value = if value.is_empty() { serde_json::Value::Null } else { value.into() };
        // A String takes every write.
        let _ = write!(text, ",\"{name}\":{value}");
    }
    text
}

fn words_of(request: &Request, said: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (name, value) in fields(request).into_iter().filter(|(name, _)| !said(name)) {
        let is_plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        let _ = match value.as_str() {
            "" => write!(text, " {name}=-"),
            plain if plain.chars().all(is_plain) => write!(text, " {name}={plain}"),
            // Others' texts steer no terminal.
            other => write!(text, " {name}={other:?}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{members_of, words_of};
    use claviger_server::http::RequestId;
    use claviger_server::http::trace::Request;

    #[test]
    fn a_line_says_what_is_known_and_nothing_twice() {
        let reference = RequestId::next();
        let request = Request {
            realm: "orders".into(),
            client: "a\"b\u{1b}[31m\u{202e}".into(),
            endpoint: "",
            address: "::1".parse().unwrap(),
            reference,
        };
        let words = words_of(&request, |_| false);
        assert_eq!(
            words,
            format!(
                r#" realm=orders client="a\"b\u{{1b}}[31m\u{{202e}}" endpoint=- address=::1 reference={reference}"#
            )
        );
        let members = members_of(&request, |name| name == "realm");
        let json: serde_json::Value = serde_json::from_str(&format!("{{\"x\":1{members}}}")).unwrap();
        assert_eq!((&json["client"], &json["endpoint"]), (&request.client.into(), &serde_json::Value::Null));
        assert_eq!((&json["reference"], json.get("realm")), (&reference.to_string().into(), None));
    }
}
