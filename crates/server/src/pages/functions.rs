//! What templates call to say something in the language of the page.

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use fluent_bundle::{FluentArgs, FluentValue};

use super::bidi::without_controls;
use super::brand::initials;
use super::escape::escape;
use super::locale::{Locale, NoText};
use super::script::ByItself;
use claviger_core::text::on_one_line;

/// Stands for the first markup value while a message is put together; the second has the next one, and so on. Unicode
/// keeps these 32 for such uses within a program.
const MARKS: std::ops::RangeInclusive<char> = '\u{FDD0}'..='\u{FDEF}';

/// Gives `environment` the functions `t`, `say`, `t_or`, `duration`, `scope_sentence`, `address`, `initials`, `send_by_itself` and `go_on_by_itself`, and the
/// filter `line`, in the language of `locale`.
pub(super) fn install(environment: &mut Environment<'static>, locale: &Locale) {
    let strings = locale.clone();
    environment.add_function("t", move |id: &str, values: Kwargs| translate(&strings, id, &values));

    let strings = locale.clone();
    environment.add_function("say", move |words: &Value| say(&strings, words));

    let strings = locale.clone();
    environment.add_function("t_or", move |group: &str, name: &str| {
        first_text(&strings, &[&id(group, name), &id(group, "any")])
    });

    let strings = locale.clone();
    environment.add_function("duration", move |seconds: u64| {
        let text = strings.duration(seconds).map_err(|wrong| failed("duration", wrong))?;
        Ok::<_, Error>(strings.settled(text))
    });

    let strings = locale.clone();
    environment.add_function(
        "scope_sentence",
        move |scope: &str, sentence: Option<String>, translate: Option<bool>| {
            scope_sentence(&strings, scope, sentence, translate.unwrap_or_default())
        },
    );

    let strings = locale.clone();
    environment.add_function("address", move |label: &str| {
        strings.text(&id("address", label), &FluentArgs::new()).unwrap_or_else(|_| label.to_owned())
    });

    environment.add_function("initials", |name: &str| initials(name));
    environment.add_function("send_by_itself", || Value::from_safe_string(ByItself::Send.element()));
    environment.add_function("go_on_by_itself", || Value::from_safe_string(ByItself::GoOn.element()));
    // A name with line breaks in it must not write lines of its own into a plain-text mail.
    environment.add_filter("md", markdown);
    environment.add_filter("line", |text: &str| on_one_line(text).into_owned());
}

/// A text that means nothing in Markdown, on one line.
fn markdown(text: &str) -> String {
    const MARKS: &str = "\\`*_[]<>|#&~!";
    let mut out = String::new();
    for c in on_one_line(text).chars() {
        if MARKS.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The message for `name` in a group of messages; what cannot stand in an identifier becomes `-`.
fn id(group: &str, name: &str) -> String {
    let name = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    format!("{group}-{}", name.collect::<String>())
}

fn first_text(locale: &Locale, ids: &[&str]) -> Result<String, Error> {
    let none = FluentArgs::new();
    let mut missing = "";
    for id in ids {
        match locale.text(id, &none) {
            Err(NoText::Missing) => missing = id,
            Ok(text) => return Ok(locale.settled(text)),
            Err(wrong) => return Err(failed(id, wrong)),
        }
    }
    Err(failed(missing, NoText::Missing))
}

/// What an app with `scope` may do: as the realm says it; where the page is in another language than the realm's own
/// (`translate`), as a file of that language says it, if one does; else as any file says it.
fn scope_sentence(locale: &Locale, scope: &str, sentence: Option<String>, translate: bool) -> Result<String, Error> {
    let message = id("scope", scope);
    let translated = if translate { locale.own_text(&message).ok() } else { None };
    if let Some(text) = translated.or(sentence) {
        return Ok(text);
    }
    if let Ok(text) = locale.text(&message, &FluentArgs::new()) {
        return Ok(text);
    }
    let values = FluentArgs::from_iter([("name", without_controls(scope))]);
    let text = locale.text("unnamed-scope", &values).map_err(|wrong| failed("unnamed-scope", wrong))?;
    Ok(locale.settled(text))
}

/// `t(id, name=value, ..)`: the message with its placeholders filled.
///
/// If a value is markup that a template made (`parts.strong(..)`), the message and all other values are escaped
/// here and the result is markup; otherwise it is plain text, which the page escapes.
fn translate(locale: &Locale, id: &str, values: &Kwargs) -> Result<Value, Error> {
    let mut given = FluentArgs::new();
    let mut markup = vec![];
    for name in values.args() {
        let value = values.get::<Value>(name)?;
        given.set(name.to_owned(), plain_value(&value, &mut markup)?);
    }
    values.assert_all_used()?;
    let text = locale.text(id, &given).map_err(|wrong| failed(id, wrong))?;
    if markup.is_empty() {
        return Ok(Value::from(locale.settled(text)));
    }
    let mut filled = String::with_capacity(text.len() * 2);
    // A String takes every write.
    for piece in text.split_inclusive(|c| MARKS.contains(&c)) {
        let mark = piece.chars().next_back().filter(|c| MARKS.contains(c));
        let _ = escape(&mut filled, piece.trim_end_matches(|c| MARKS.contains(&c)));
        let found = mark.and_then(|mark| MARKS.clone().position(|c| c == mark)).and_then(|at| markup.get(at));
        filled.push_str(found.map_or("", String::as_str));
    }
    Ok(Value::from_safe_string(locale.settled(filled)))
}

/// Words that the program chose (see [`Words`](super::views::console::Words)): a message with what stands in its places, or a text on one line.
fn say(locale: &Locale, words: &Value) -> Result<String, Error> {
    if let Some(text) = words.as_str() {
        return Ok(on_one_line(text).into_owned());
    }
    let name = words.get_attr("id")?;
    let id = name.as_str().ok_or_else(|| failed("a message", NoText::Missing))?;
    let (args, mut given) = (words.get_attr("args")?, FluentArgs::new());
    for name in args.try_iter()? {
        let value = args.get_item(&name)?;
        given.set(name.to_string(), plain_value(&value, &mut Vec::new())?);
    }
    let text = locale.text(id, &given).map_err(|wrong| failed(id, wrong))?;
    Ok(locale.settled(text))
}

/// A template's value as Fluent takes it. Markup is kept, and a mark stands for it.
fn plain_value(value: &Value, markup: &mut Vec<String>) -> Result<FluentValue<'static>, Error> {
    if value.is_safe() {
        let mark = MARKS.clone().nth(markup.len());
        let mark =
            mark.ok_or_else(|| Error::new(ErrorKind::TooManyArguments, "a message takes 32 pieces of markup"))?;
        markup.push(value.to_string());
        return Ok(mark.to_string().into());
    }
    match i64::try_from(value.clone()) {
        Ok(number) if value.kind() == ValueKind::Number => Ok(number.into()),
        _ => Ok(without_controls(&value.to_string()).replace(|c| MARKS.contains(&c), "").into()),
    }
}

fn failed(id: &str, why: NoText) -> Error {
    let detail = match why {
        NoText::Missing => format!("no language has a message called {id}"),
        NoText::Wrong(detail) => detail,
    };
    Error::new(ErrorKind::UndefinedError, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::locale::parse;

    fn environment(own: &str) -> Environment<'static> {
        let english = vec![parse(include_str!("../../../../locales/en.ftl")).unwrap()];
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
        install(&mut environment, &Locale::new(&"de".parse().unwrap(), &vec![parse(own).unwrap()], &english));
        environment
    }

    fn shown(own: &str, template: &str) -> String {
        environment(own).render_str(template, ()).unwrap()
    }

    #[test]
    fn markup_stays_and_text_is_escaped() {
        let own = "both = <{ $a }> & { $b }\n";
        let template = "{{ t('both', a=('<b>1</b>' | safe), b='<i>') }}|{{ t('both', a='<b>', b='{ $a }') }}";
        assert_eq!(shown(own, template), "&lt;<b>1</b>&gt; &amp; &lt;i&gt;|&lt;&lt;b&gt;&gt; &amp; { $a }");
        // A value cannot pass for the place of another one's markup.
        let template = "{{ t('both', a=('<b>1</b>' | safe), b='\u{FDD0}x') }}";
        assert_eq!(shown(own, template), "&lt;<b>1</b>&gt; &amp; x");
    }

    #[test]
    fn what_is_missing_is_named() {
        let environment = environment("");
        let error = environment.render_str("{{ t('no-such') }}", ()).unwrap_err().to_string();
        assert!(error.contains("no-such"), "{error}");
        let error = environment.render_str("{{ t('sign-in-continue-to') }}", ()).unwrap_err().to_string();
        assert!(error.contains("sign-in-continue-to") && error.contains("client"), "{error}");
    }

    #[test]
    fn numbers_choose_the_plural() {
        assert_eq!(shown("", "{{ t('duration-day', count=1) }}, {{ t('duration-day', count=2) }}"), "1 day, 2 days");
    }

    #[test]
    fn a_scope_is_said_in_the_language_of_the_page_where_it_can_be() {
        let own = "scope-orders-read = Ihre Bestellungen sehen\n";
        for (call, expected) in [
            ("scope_sentence('orders.read', 'See your orders', true)", "Ihre Bestellungen sehen"),
            ("scope_sentence('orders.read', 'See your orders', false)", "See your orders"),
            ("scope_sentence('orders.write', 'Change your orders', true)", "Change your orders"),
            ("scope_sentence('openid', none, true)", "Know that it is you who signed in"),
            ("scope_sentence('unnamed', none)", "Use “unnamed”"),
        ] {
            assert_eq!(shown(own, &format!("{{{{ {call} }}}}")), expected, "{call}");
        }
    }

    #[test]
    fn an_address_without_a_message_keeps_its_label() {
        let own = "address-token-endpoint = Token-Endpunkt\n";
        let template = "{{ address('Token endpoint') }}, {{ address('Orders API') }}";
        assert_eq!(shown(own, template), "Token-Endpunkt, Orders API");
    }
}
