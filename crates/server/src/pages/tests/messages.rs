//! The languages say the same things, with the same placeholders, and exactly what templates and code ask for.

use std::collections::{BTreeMap, BTreeSet};

use claviger_core::refusal::{Check, RefusalKind};
use claviger_core::{Refusal, client, user};
use fluent_bundle::FluentArgs;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::super::cause::Cause;
use super::super::locale::{Locale, fallback};
use super::super::sources::{LOCALES, Sources, TEMPLATES};
use super::*;
use crate::admin::Broken;
use crate::failure::{FAILED, UNAVAILABLE};

/// Each message of a file with the placeholders in it.
fn messages(text: &'static str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let resource = fluent_syntax::parser::parse(text).unwrap();
    let mut found = BTreeMap::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let mut names = BTreeSet::new();
            in_pattern(&message.value.expect("every message has a text"), &mut names);
            assert!(found.insert(message.id.name, names).is_none(), "{} stands twice", message.id.name);
        }
    }
    found
}

fn in_pattern(pattern: &Pattern<&'static str>, names: &mut BTreeSet<&'static str>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, names);
        }
    }
}

fn in_expression(expression: &Expression<&'static str>, names: &mut BTreeSet<&'static str>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, names),
        Expression::Select { selector, variants } => {
            in_inline(selector, names);
            for variant in variants {
                in_pattern(&variant.value, names);
            }
        }
    }
}

fn in_inline(inline: &InlineExpression<&'static str>, names: &mut BTreeSet<&'static str>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            names.insert(id.name);
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| in_inline(argument, names));
        }
        InlineExpression::Placeable { expression } => in_expression(expression, names),
        _ => {}
    }
}

/// All messages of a language; none stands in two files.
fn language(wanted: &str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut all = BTreeMap::new();
    for (_, text) in LOCALES.iter().filter(|(lang, _)| *lang == wanted) {
        for (id, places) in messages(text) {
            assert!(all.insert(id, places).is_none(), "{id} stands twice in {wanted}");
        }
    }
    all
}

fn english() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    language("en")
}

/// The messages that the console's code names.
#[test]
fn the_console_asks_for_what_there_is_and_for_all_of_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console");
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let templates = TEMPLATES.iter().filter(|(name, _)| name.contains("console")).map(|(_, text)| (*text).to_owned());
    for text in files.chain(templates) {
        let words = text.split('"').filter(|word| word.starts_with("console-") && !word.contains(' '));
        asked.extend(words.map(str::to_owned));
    }
    let known = english();
    let is_style = |id: &str| {
        let names = [
            "body", "brand", "chart", "empty", "form", "head", "main", "nav", "picture", "range", "realm", "table",
            "trail", "who",
        ];
        id.strip_prefix("console-").is_some_and(|name| names.contains(&name))
    };
    for id in &asked {
        assert!(known.contains_key(id.as_str()) || is_style(id), "no message is called {id}");
    }
    for id in known.keys().filter(|id| id.starts_with("console-")) {
        assert!(asked.contains(*id), "nothing asks for {id}");
    }
}

#[test]
fn every_language_has_every_message_with_the_same_placeholders() {
    for (lang, _) in LOCALES {
        assert_eq!(language(lang), english(), "{lang} differs from English");
    }
}

/// The words of quoted arguments: of `t("a", ..)` it is `a`.
fn arguments(function: &str) -> BTreeSet<&'static str> {
    let calls =
        TEMPLATES.iter().flat_map(|(_, text)| text.split(&format!("{function}(\"")).skip(1).collect::<Vec<_>>());
    calls.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn templates_and_code_ask_for_what_there_is_and_for_all_of_it() {
    let known = english();
    let mut asked = arguments(" t");
    asked.extend(["(t", "~t", "=t", ", t"].iter().flat_map(|call| arguments(call)));
    for id in &asked {
        assert!(known.contains_key(id), "no message is called {id}");
    }
    let groups = arguments("t_or");
    for group in &groups {
        assert!(known.contains_key(format!("{group}-any").as_str()), "{group} has no message for the rest");
    }
    let by_code = [
        "console-",
        "duration-",
        "scope-",
        "error-cause-",
        "error-person-",
        "address-",
        "mail-link-",
        "mail-notice-",
        "mail-portal-",
        "language-name",
        "check-",
        "mend-",
        "rule-",
    ];
    for id in known.keys().filter(|id| !asked.contains(*id)) {
        let expected = *id == "unnamed-scope"
            || by_code.iter().any(|group| id.starts_with(group))
            || groups.iter().any(|group| id.starts_with(group));
        assert!(expected, "nothing asks for {id}");
    }
}

#[test]
fn a_cause_is_said_in_english_as_developers_read_it() {
    let pages = Pages::new(None).unwrap();
    for refusal in [
        Refusal::duplicate("redirect_uri"),
        Refusal::MissingParameter("client_id"),
        Refusal::TooManyParameters,
        Refusal::WrongClient,
        Refusal::unknown_client("flet-planner"),
        Refusal::ClientInactive(None),
        Refusal::RedirectMissing,
        Refusal::RedirectUnregistered,
    ] {
        let mut page = views::ErrorPage::new(refusal.code().name(), "1");
        page.cause = Cause::of(&refusal);
        let english = pages.page(&brand(), &page).html;
        assert!(english.contains(&format!("<p class=\"cause\">{}</p>", refusal.description())), "{refusal}: {english}");
        let german = pages.page(&brand().in_language("de"), &page).html;
        assert!(!german.contains(&refusal.description()), "{refusal}: {german}");
    }
}

/// The names of a group of messages, without what they begin with.
fn named(group: &str) -> BTreeSet<String> {
    english().keys().filter_map(|id| id.strip_prefix(group)).map(str::to_owned).collect()
}

#[test]
fn every_kind_of_refusal_and_every_rule_is_said_in_each_language() {
    let kinds = RefusalKind::ALL.iter().map(|kind| kind.name).chain([FAILED, UNAVAILABLE]);
    assert_eq!(named("mend-"), kinds.map(|name| name.replace('_', "-")).collect());
    assert!([FAILED, UNAVAILABLE].iter().all(|kind| views::console::Words::mend(kind).is_some()));
    assert_eq!(named("check-"), Check::ALL.iter().map(|check| check.name().to_owned()).collect());
    let rules = [client::rules::Problem::RULES, user::rules::Problem::RULES, Broken::RULES];
    let names: BTreeSet<String> = rules.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(named("rule-"), names);
    assert_eq!(names.len(), rules.map(<[_]>::len).iter().sum::<usize>(), "a name stands for one rule");
}

#[test]
fn how_to_mend_is_said_in_english_as_programs_read_it() {
    let sources = Sources::embedded().unwrap();
    let english = &sources.locales[&fallback()];
    let locale = Locale::new(&fallback(), english, english);
    let checks = Check::ALL.iter().map(|check| (format!("check-{}", check.name()), check.text()));
    let kinds = RefusalKind::ALL.iter().map(|kind| (format!("mend-{}", kind.name.replace('_', "-")), kind.mend));
    for (id, text) in kinds.chain(checks) {
        let first = text[..1].to_uppercase();
        assert_eq!(locale.text(&id, &FluentArgs::new()).unwrap(), format!("{first}{}.", &text[1..]));
    }
}

#[test]
fn a_mail_is_in_its_language() {
    let mail = Pages::new(None).unwrap().mail(&approval_mail(&plain, "de"));
    assert_eq!(mail.subject, "Fleet Planner ist für Harbour Freight Online freigegeben");
    assert!(mail.html.contains("<html lang=\"de\" dir=\"ltr\">"));
    let expected = "Guten Tag Ada Whitlock,

Ihre App Fleet Planner wurde freigegeben. Sie kann Harbour Freight Online ab sofort nutzen.

Client-ID
    fleet-planner

Das Geheimnis wird einmal angezeigt, und zwar hinter diesem Link. Er ist 3 Tage lang gültig:
    https://id.harbour.example/secret/sample

Wir verschicken Geheimnisse nie per E-Mail. Das Öffnen verbraucht den Link nicht, erst die Schaltfläche auf der Seite.

Adressen
    Aussteller (Issuer): https://id.harbour.example
    Autorisierungsendpunkt: https://id.harbour.example/authorize
    Token-Endpunkt: https://id.harbour.example/token
";
    assert!(mail.text.starts_with(expected), "{}", mail.text);
}

#[test]
fn a_language_written_from_right_to_left_says_so() {
    let pages = Pages::new(None).unwrap();
    let html = pages.page(&brand().in_language("ar"), &views::NotFound {}).html;
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\""), "{html}");
}

#[test]
fn usual_languages_must_have_strings() {
    let with = |tags: &[&str]| {
        let tags: Vec<_> = tags.iter().map(|tag| tag.parse().unwrap()).collect();
        Pages::new(None).unwrap().with_usual_languages(&tags).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(with(&["de-AT", "en"]), Ok(()));
    assert!(with(&["fr"]).unwrap_err().contains("locales/fr.ftl, or use one of de, en"));
}
