//! The strings of one language, and the functions by which templates reach them.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, HtmlEscape};

use super::brand::initials;
use claviger_core::text::on_one_line;

/// Flat messages, by dotted key.
pub(super) type Messages = BTreeMap<String, String>;

/// The language that every key exists in.
pub(super) const FALLBACK: &str = "en";

/// One language, and English behind it.
#[derive(Debug, Clone)]
struct Locale {
    own: Arc<Messages>,
    english: Arc<Messages>,
}

impl Locale {
    fn message(&self, key: &str) -> Option<&str> {
        self.own.get(key).or_else(|| self.english.get(key)).map(String::as_str)
    }

    /// The message under `key`; with a count, under the key's `.one` or `.other`.
    fn plural(&self, key: &str, count: Option<u64>) -> Option<&str> {
        let form = if count? == 1 { "one" } else { "other" };
        self.message(&format!("{key}.{form}"))
    }
}

/// Flattens a locale file: `[a] b = "c"` becomes `a.b = "c"`.
///
/// # Errors
/// A sentence that names the line, if the file is not TOML or holds anything but strings and tables.
pub(super) fn parse(source: &str) -> Result<Messages, String> {
    let table: toml::Table = source.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = source.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
        format!("line {line}: {}", error.message())
    })?;
    let mut messages = Messages::new();
    flatten("", table, &mut messages)?;
    Ok(messages)
}

fn flatten(prefix: &str, table: toml::Table, into: &mut Messages) -> Result<(), String> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::String(message) => {
                into.insert(key, message);
            }
            toml::Value::Table(inner) => flatten(&key, inner, into)?,
            _ => return Err(format!("{key} is not a string")),
        }
    }
    Ok(())
}

/// Gives `environment` the functions `t`, `t_or`, `duration`, `scope_sentence` and `initials`, and the filter
/// `line`, in the language of `own`.
pub(super) fn install(environment: &mut Environment<'static>, own: &Arc<Messages>, english: &Arc<Messages>) {
    let locale = Locale { own: Arc::clone(own), english: Arc::clone(english) };

    let strings = locale.clone();
    environment.add_function("t", move |key: &str, values: Kwargs| translate(&strings, key, &values));

    let strings = locale.clone();
    environment.add_function("t_or", move |group: &str, name: &str| {
        let found = strings.message(&format!("{group}.{name}"));
        let found = found.or_else(|| strings.message(&format!("{group}.any")));
        found.map(str::to_owned).ok_or_else(|| missing(group))
    });

    let strings = locale.clone();
    environment.add_function("duration", move |seconds: u64| duration(&strings, seconds));

    environment.add_function("scope_sentence", move |scope: &str, sentence: Option<String>| {
        if let Some(sentence) = sentence {
            return Ok(sentence);
        }
        if let Some(message) = locale.message(&format!("scope.{scope}")) {
            return Ok(message.to_owned());
        }
        let message = locale.message("scope.unnamed").ok_or_else(|| missing("scope.unnamed"))?;
        Ok::<_, Error>(message.replace("{name}", scope))
    });

    environment.add_function("initials", |name: &str| initials(name));
    // A name with line breaks in it must not write lines of its own into a plain-text mail.
    environment.add_filter("line", |text: &str| on_one_line(text).into_owned());
}

/// `t(key, name=value, ..)`: the message with its placeholders filled.
///
/// If a value is markup that a template made (`parts.strong(..)`), the message and all other values are escaped
/// here and the result is markup; otherwise it is plain text, which the page escapes.
fn translate(locale: &Locale, key: &str, values: &Kwargs) -> Result<Value, Error> {
    let mut pairs = Vec::new();
    for name in values.args() {
        pairs.push((name, values.get::<Value>(name)?));
    }
    values.assert_all_used()?;
    let markup = pairs.iter().any(|(_, value)| value.is_safe());
    let count = pairs.iter().find(|(name, _)| *name == "count");
    let count = count.and_then(|(_, value)| u64::try_from(value.clone()).ok());
    let message = locale.plural(key, count).or_else(|| locale.message(key)).ok_or_else(|| missing(key))?;

    let filled = fill(message, markup, |name| {
        let (_, value) = pairs.iter().find(|(given, _)| *given == name)?;
        let text = value.to_string();
        Some(if markup && !value.is_safe() { HtmlEscape(&text).to_string() } else { text })
    })
    .map_err(|name| {
        let detail = format!("the message {key} asks for {{{name}}}, which the template does not pass");
        Error::new(ErrorKind::UndefinedError, detail)
    })?;
    Ok(if markup { Value::from_safe_string(filled) } else { Value::from(filled) })
}

/// Replaces each `{name}`; a value's own braces are left alone. Fails with the name that `value` does not know.
fn fill(message: &str, escape: bool, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let literal = |text: &str| {
        if escape { HtmlEscape(text).to_string() } else { text.to_owned() }
    };
    let mut filled = String::with_capacity(message.len() * 2);
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        filled.push_str(&literal(before));
        filled.push_str(&value(name).ok_or_else(|| name.to_owned())?);
        rest = tail;
    }
    filled.push_str(&literal(rest));
    Ok(filled)
}

/// `duration(seconds)`: in words, with at most two units ("1 hour and 30 minutes").
fn duration(locale: &Locale, seconds: u64) -> Result<String, Error> {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (size, unit) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 || (size == 1 && words.is_empty()) {
            let key = format!("duration.{unit}");
            let message = locale.plural(&key, Some(count)).ok_or_else(|| missing(&key))?;
            words.push(message.replace("{count}", &count.to_string()));
        }
    }
    words.truncate(2);
    match words.as_slice() {
        [first, second] => {
            let message = locale.message("duration.two").ok_or_else(|| missing("duration.two"))?;
            Ok(message.replace("{first}", first).replace("{second}", second))
        }
        _ => Ok(words.concat()),
    }
}

fn missing(key: &str) -> Error {
    Error::new(ErrorKind::UndefinedError, format!("no language has a message called {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(own: &str) -> Environment<'static> {
        let english = Arc::new(parse(include_str!("../../../../locales/en.toml")).unwrap());
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
        install(&mut environment, &Arc::new(parse(own).unwrap()), &english);
        environment
    }

    fn shown(own: &str, template: &str) -> String {
        environment(own).render_str(template, ()).unwrap()
    }

    #[test]
    fn durations_are_words() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (5_400, "1 hour and 30 minutes"),
            (3_601, "1 hour and 1 second"),
            (90 * 86_400, "90 days"),
            (90_061, "1 day and 1 hour"),
        ] {
            assert_eq!(shown("", &format!("{{{{ duration({seconds}) }}}}")), words);
        }
    }

    #[test]
    fn a_missing_key_is_shown_in_english() {
        let french = "[sign_in]\nsubmit = \"Se connecter\"\n";
        assert_eq!(shown(french, "{{ t('sign_in.submit') }} {{ t('sign_in.password') }}"), "Se connecter Password");
    }

    #[test]
    fn markup_stays_and_text_is_escaped() {
        let own = "[x]\nboth = \"<{a}> & {b}\"\n";
        let template = "{{ t('x.both', a=('<b>1</b>' | safe), b='<i>') }}|{{ t('x.both', a='<b>', b='{a}') }}";
        assert_eq!(shown(own, template), "&lt;<b>1</b>&gt; &amp; &lt;i&gt;|&lt;&lt;b&gt;&gt; &amp; {a}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let environment = environment("");
        let error = environment.render_str("{{ t('no.such') }}", ()).unwrap_err().to_string();
        assert!(error.contains("no.such"), "{error}");
        let error = environment.render_str("{{ t('sign_in.continue_to') }}", ()).unwrap_err().to_string();
        assert!(error.contains("{client}"), "{error}");
    }

    #[test]
    fn a_broken_file_says_where() {
        assert!(parse("[a]\nb = 1\n").unwrap_err().contains("a.b is not a string"));
        assert!(parse("[a]\nb = \"x\nc = 1\n").unwrap_err().starts_with("line 2: "));
    }
}
