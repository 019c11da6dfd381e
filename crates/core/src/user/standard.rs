//! The standard claims (OpenID Connect Core 5.1): which scope each belongs to (5.4), what a value of it may be, and in which
//! languages it can be had (5.2).

use crate::text::{is_name, is_steering};
use serde_json::Value;

/// Longest value of a claim, in characters.
const LONGEST: usize = 500;
/// Longest address of a page or picture, in bytes.
const LONGEST_URL: usize = 2000;
/// The members of `address` (5.1.1).
const ADDRESS: [&str; 6] = ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// What the value of a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Url,
    Birthdate,
    Zone,
    Locale,
    Phone,
    Truth,
    Seconds,
    Address,
}

/// The claims, each with its scope and what it is.
const CLAIMS: [(&str, &str, Form); 20] = [
    ("name", "profile", Form::Text),
    ("given_name", "profile", Form::Text),
    ("family_name", "profile", Form::Text),
    ("middle_name", "profile", Form::Text),
    ("nickname", "profile", Form::Text),
    ("preferred_username", "profile", Form::Text),
    ("profile", "profile", Form::Url),
    ("picture", "profile", Form::Url),
    ("website", "profile", Form::Url),
    ("gender", "profile", Form::Text),
    ("birthdate", "profile", Form::Birthdate),
    ("zoneinfo", "profile", Form::Zone),
    ("locale", "profile", Form::Locale),
    ("updated_at", "profile", Form::Seconds),
    ("email", "email", Form::Text),
    ("email_verified", "email", Form::Truth),
    ("address", "address", Form::Address),
    ("phone_number", "phone", Form::Phone),
    ("phone_number_verified", "phone", Form::Truth),
    ("sub", "openid", Form::Text),
];

/// What is said elsewhere of a user, and so not among their claims; in a language it is.
const OF_THEIR_OWN: [&str; 7] = ["name", "given_name", "family_name", "email", "email_verified", "updated_at", "sub"];

/// The standard claims in the order of the standard, each with the scope that brings it.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    CLAIMS.into_iter().map(|(name, scope, _)| (name, scope)).filter(|(name, _)| *name != "sub")
}

/// A claim's name without its language, and the language (5.2).
pub fn split(claim: &str) -> (&str, Option<&str>) {
    claim.split_once('#').map_or((claim, None), |(name, tag)| (name, Some(tag)))
}

/// The scope that a claim about a user belongs to (5.4), in whatever language; `None` for every other claim.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    let (name, _) = split(claim);
    all().find(|(known, _)| *known == name).map(|(_, scope)| scope)
}

/// Whether a text has the form of a language tag (BCP 47, RFC 5646 2.1).
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let is_word = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (2..=8).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic()) && parts.all(is_word)
}

/// What is wrong with a user's claim.
///
/// # Errors
/// A sentence of what the claim must be.
pub fn check(claim: &str, value: &Value) -> Result<(), &'static str> {
    let (name, language) = split(claim);
    let Some((_, _, form)) = CLAIMS.into_iter().find(|(known, ..)| *known == name) else {
        return Err("this is no claim of OpenID Connect Core 5.1; what is a user's own goes into `attributes`");
    };
    match language {
        None if OF_THEIR_OWN.contains(&name) => Err("this has a key of its own; here it stands with a language only"),
        Some(tag) if !is_language(tag) => Err("behind the # stands a language tag (BCP 47), like name#de"),
        Some(_) if !matches!(form, Form::Text | Form::Url | Form::Address) || matches!(name, "email" | "sub") => {
            Err("this claim is the same in every language")
        }
        _ => fits(form, value),
    }
}

fn fits(form: Form, value: &Value) -> Result<(), &'static str> {
    let text = |why, good: fn(&str) -> bool| match value {
        Value::String(text) if good(text) => Ok(()),
        _ => Err(why),
    };
    match form {
        Form::Text => text("this is a text of 1 to 500 characters without controls", is_text),
        Form::Url => text("this is an address that begins with https:// or http://", is_url),
        Form::Birthdate => text("a birthdate is YYYY-MM-DD, 0000-MM-DD or YYYY", is_birthdate),
        Form::Zone => text("a time zone is like Europe/Berlin", is_zone),
        Form::Locale => text("a locale is a language tag, like de-CH", |text| is_language(&text.replace('_', "-"))),
        Form::Phone => text("a phone number is like +41 44 668 18 00, or with ;ext=5678 behind it", is_phone),
        Form::Truth if value.is_boolean() => Ok(()),
        Form::Truth => Err("this is true or false"),
        Form::Seconds if value.is_u64() => Ok(()),
        Form::Seconds => Err("this is a number of seconds"),
        Form::Address => address(value),
    }
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST && is_name(text)
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let has_host = rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#']) && !rest.is_empty());
    let clean = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    has_host && text.len() <= LONGEST_URL && text.bytes().all(clean)
}

fn is_birthdate(text: &str) -> bool {
    let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
    let within = |part: &str, most: u8| digits(part, 2) && part.parse().is_ok_and(|n: u8| (1..=most).contains(&n));
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year] => digits(year, 4) && *year != "0000",
        [year, month, day] => digits(year, 4) && within(month, 12) && within(day, 31),
        _ => false,
    }
}

fn is_zone(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    text.len() <= 64 && text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.split('/').all(part)
}

fn is_phone(text: &str) -> bool {
    let (number, extension) = text.split_once(";ext=").map_or((text, "0"), |(number, behind)| (number, behind));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (2..=20).contains(&digits)
        && number.len() <= 40
        && number.bytes().all(|byte| byte.is_ascii_digit() || b"+ ()-.".contains(&byte))
        && (1..=20).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_digit())
}

fn address(value: &Value) -> Result<(), &'static str> {
    const WRONG: &str = "an address is a table with one or more of formatted, street_address, locality, region, \
                         postal_code and country, each a text";
    let members = value.as_object().filter(|members| !members.is_empty()).ok_or(WRONG)?;
    let good = members.iter().all(|(name, value)| {
        let lines = matches!(name.as_str(), "formatted" | "street_address");
        let steers = |c: char| is_steering(c) && !(lines && matches!(c, '\n' | '\r'));
        let is_good = |text: &str| !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(steers);
        ADDRESS.contains(&name.as_str()) && value.as_str().is_some_and(is_good)
    });
    if good { Ok(()) } else { Err(WRONG) }
}

#[cfg(test)]
mod tests {
    use super::{check, scope_of};
    use serde_json::{Value, json};

    #[test]
    fn a_claim_belongs_to_its_scope_in_every_language() {
        for (claim, scope) in [
            ("name", Some("profile")),
            ("name#ja-Kana-JP", Some("profile")),
            ("updated_at", Some("profile")),
            ("email_verified", Some("email")),
            ("address#de", Some("address")),
            ("phone_number_verified", Some("phone")),
            ("sub", None),
            ("groups", None),
            ("#de", None),
        ] {
            assert_eq!(scope_of(claim), scope, "{claim}");
        }
    }

    #[test]
    fn claims_are_what_the_standard_says() {
        let good: [(&str, Value); 22] = [
            ("nickname", json!("Ada")),
            ("middle_name", json!("King")),
            ("name#de", json!("Gräfin Ada")),
            ("given_name#ja-Kana-JP", json!("エイダ")),
            ("preferred_username", json!("ada.l")),
            ("profile", json!("https://people.example/ada")),
            ("picture", json!("https://people.example/ada.png?s=1")),
            ("website", json!("http://ada.example")),
            ("website#de", json!("https://ada.example/de")),
            ("gender", json!("female")),
            ("birthdate", json!("1815-12-10")),
            ("birthdate", json!("0000-12-10")),
            ("birthdate", json!("1815")),
            ("zoneinfo", json!("America/Argentina/Buenos_Aires")),
            ("zoneinfo", json!("UTC")),
            ("locale", json!("de-CH")),
            ("locale", json!("en_US")),
            ("phone_number", json!("+1 (604) 555-1234;ext=5678")),
            ("phone_number_verified", json!(false)),
            ("address", json!({ "formatted": "1 Main St\nLondon", "country": "GB" })),
            ("address", json!({ "street_address": "1\r\nMain St", "postal_code": "N1" })),
            ("address#fr", json!({ "country": "Royaume-Uni" })),
        ];
        for (claim, value) in good {
            assert_eq!(check(claim, &value), Ok(()), "{claim} {value}");
        }
        let bad: [(&str, Value); 31] = [
            ("name", json!("Ada")),
            ("email", json!("a@b.example")),
            ("email#de", json!("a@b.example")),
            ("email_verified", json!(true)),
            ("updated_at", json!(1)),
            ("sub", json!("x")),
            ("sub#de", json!("x")),
            ("nickname", json!("")),
            ("nickname", json!(" ")),
            ("nickname", json!("a\u{202E}b")),
            ("nickname", json!("x".repeat(501))),
            ("nickname", json!(1)),
            ("nickname#", json!("x")),
            ("nickname#de_CH", json!("x")),
            ("birthdate#de", json!("1815")),
            ("profile", json!("javascript:alert(1)")),
            ("picture", json!("https://")),
            ("website", json!("https://a b")),
            ("birthdate", json!("1815-13-10")),
            ("birthdate", json!("10.12.1815")),
            ("birthdate", json!("0000")),
            ("zoneinfo", json!("Europe/")),
            ("zoneinfo", json!("+02:00")),
            ("locale", json!("german language")),
            ("phone_number", json!("call me")),
            ("phone_number", json!("+1;ext=x")),
            ("phone_number_verified", json!("true")),
            ("address", json!("1 Main St")),
            ("address", json!({})),
            ("address", json!({ "street": "1 Main St" })),
            ("favourite_colour", json!("blue")),
        ];
        for (claim, value) in bad {
            assert!(check(claim, &value).is_err(), "{claim} {value}");
        }
    }
}
