//! The strings of one language: Fluent messages, with English behind them.

use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::bidi;

/// The files of one language; a later one replaces messages of an earlier one.
pub(super) type Messages = Vec<Arc<FluentResource>>;

/// The language that every message exists in.
pub(super) const FALLBACK: &str = "en";

/// The same as a tag.
pub(super) fn fallback() -> LanguageIdentifier {
    FALLBACK.parse().unwrap_or_default()
}

type Bundle = Arc<FluentBundle<Arc<FluentResource>>>;

/// One language, and English behind it.
#[derive(Clone)]
pub(super) struct Locale {
    own: Bundle,
    english: Bundle,
    right_to_left: bool,
}

/// Why there is no text for a message.
#[derive(Debug)]
pub(super) enum NoText {
    /// There is no such message.
    Missing,
    /// It asks for what was not passed, or for another message that is not there.
    Wrong(String),
}

impl Locale {
    /// The language `lang` with its own messages and those of English.
    pub(super) fn new(lang: &LanguageIdentifier, own: &Messages, english: &Messages) -> Self {
        Self {
            own: bundle(lang, own),
            english: bundle(&fallback(), english),
            right_to_left: lang.character_direction() == CharacterDirection::RTL,
        }
    }

    /// The text of the message `id`.
    ///
    /// # Errors
    /// See [`NoText`].
    pub(super) fn text(&self, id: &str, values: &FluentArgs<'_>) -> Result<String, NoText> {
        match format(&self.own, id, values) {
            Err(NoText::Missing) => format(&self.english, id, values),
            found => found,
        }
    }

    /// The same without English behind it.
    pub(super) fn own_text(&self, id: &str) -> Result<String, NoText> {
        format(&self.own, id, &FluentArgs::new())
    }

    /// A length of time in words, with at most two units ("1 hour and 30 minutes").
    ///
    /// # Errors
    /// See [`NoText`].
    pub(super) fn duration(&self, seconds: u64) -> Result<String, NoText> {
        const UNITS: [(u64, &str); 4] =
            [(86_400, "duration-day"), (3_600, "duration-hour"), (60, "duration-minute"), (1, "duration-second")];
        let mut rest = seconds;
        let mut words = Vec::new();
        for (size, message) in UNITS {
            let count = rest / size;
            rest %= size;
            if count > 0 || (size == 1 && words.is_empty()) {
                words.push(self.text(message, &FluentArgs::from_iter([("count", count)]))?);
            }
        }
        words.truncate(2);
        let mut words = words.into_iter();
        match (words.next().unwrap_or_default(), words.next()) {
            (first, Some(second)) => {
                self.text("duration-two", &FluentArgs::from_iter([("first", first), ("second", second)]))
            }
            (only, None) => Ok(only),
        }
    }

    /// The text without Fluent's isolating marks, unless something in it is written from right to left.
    pub(super) fn settled(&self, text: String) -> String {
        if self.right_to_left { text } else { bidi::without_needless_marks(text) }
    }
}

fn bundle(lang: &LanguageIdentifier, resources: &Messages) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.clone()]);
    for resource in resources {
        bundle.add_resource_overriding(Arc::clone(resource));
    }
    Arc::new(bundle)
}

fn format(bundle: &Bundle, id: &str, values: &FluentArgs<'_>) -> Result<String, NoText> {
    let pattern = bundle.get_message(id).and_then(|message| message.value()).ok_or(NoText::Missing)?;
    let mut errors = vec![];
    let text = bundle.format_pattern(pattern, Some(values), &mut errors).into_owned();
    errors.first().map_or(Ok(text), |error| Err(NoText::Wrong(format!("the message {id}: {error}"))))
}

/// Reads a file of messages.
///
/// # Errors
/// A sentence that names the line of the first mistake.
pub(super) fn parse(source: &str) -> Result<Arc<FluentResource>, String> {
    FluentResource::try_new(source.to_owned()).map(Arc::new).map_err(|(_, errors)| {
        errors.first().map_or_else(String::new, |error| {
            let line = source.get(..error.pos.start).map_or(1, |before| before.matches('\n').count() + 1);
            format!("line {line}: {}", error.kind)
        })
    })
}

/// Which way the language is written, as HTML's `dir` says it.
pub(super) fn direction(lang: &str) -> &'static str {
    let lang = lang.parse::<LanguageIdentifier>().unwrap_or_default();
    if lang.character_direction() == CharacterDirection::RTL { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(lang: &str, own: &str) -> Locale {
        let english = vec![parse(include_str!("../../../../locales/en.ftl")).unwrap()];
        Locale::new(&lang.parse().unwrap(), &vec![parse(own).unwrap()], &english)
    }

    fn german() -> Locale {
        locale("de", include_str!("../../../../locales/de.ftl"))
    }

    #[test]
    fn durations_are_words() {
        for (seconds, english, german_words) in [
            (0, "0 seconds", "0 Sekunden"),
            (1, "1 second", "1 Sekunde"),
            (59, "59 seconds", "59 Sekunden"),
            (60, "1 minute", "1 Minute"),
            (5_400, "1 hour and 30 minutes", "1 Stunde und 30 Minuten"),
            (3_601, "1 hour and 1 second", "1 Stunde und 1 Sekunde"),
            (90 * 86_400, "90 days", "90 Tage"),
            (90_061, "1 day and 1 hour", "1 Tag und 1 Stunde"),
        ] {
            let words = |locale: &Locale| locale.settled(locale.duration(seconds).unwrap());
            assert_eq!((words(&locale("en", "")).as_str(), words(&german()).as_str()), (english, german_words));
        }
    }

    #[test]
    fn plural_forms_are_those_of_the_language() {
        let polish = "duration-second = { $count ->\n [one] { $count } sekunda\n [few] { $count } sekundy\n *[other] { $count } sekund\n }\n";
        let polish = locale("pl", polish);
        let words = |seconds| polish.settled(polish.duration(seconds).unwrap());
        assert_eq!([1, 3, 5, 22].map(words), ["1 sekunda", "3 sekundy", "5 sekund", "22 sekundy"]);
    }

    #[test]
    fn a_missing_message_is_shown_in_english() {
        let french = locale("fr", "sign-in-submit = Se connecter\n");
        let text = |id: &str| french.text(id, &FluentArgs::new()).unwrap();
        assert_eq!((text("sign-in-submit").as_str(), text("sign-in-password").as_str()), ("Se connecter", "Password"));
        assert!(matches!(french.text("no-such", &FluentArgs::new()), Err(NoText::Missing)));
    }

    #[test]
    fn names_are_isolated_where_a_direction_could_change() {
        let say = |locale: &Locale, name: &str| {
            let values = FluentArgs::from_iter([("realm", name.to_owned())]);
            locale.settled(locale.text("logout-confirm-title", &values).unwrap())
        };
        assert_eq!(say(&german(), "Hafen"), "Von Hafen abmelden?");
        assert_eq!(say(&german(), "נמל"), "Von \u{2068}נמל\u{2069} abmelden?");
        assert_eq!(
            say(&locale("he", "logout-confirm-title = לצאת { $realm }?\n"), "Port"),
            "לצאת \u{2068}Port\u{2069}?"
        );
    }

    #[test]
    fn the_language_decides_the_direction() {
        for (lang, expected) in [("ar-EG", "rtl"), ("de", "ltr"), ("he", "rtl"), ("no such thing", "ltr")] {
            assert_eq!(direction(lang), expected, "{lang}");
        }
    }

    #[test]
    fn a_broken_file_says_where() {
        assert!(parse("a = b\n\nc d\n").unwrap_err().starts_with("line 3: "));
    }
}
