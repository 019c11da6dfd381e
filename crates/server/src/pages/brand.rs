//! Whose page it is.

use serde::Serialize;

use super::locale::{FALLBACK, direction};

/// How many hues the style sheet knows (`data-accent`).
const ACCENTS: u8 = 8;

/// Two letters that would be read as a word.
const WORDS: [&str; 8] = ["NO", "KO", "SS", "SA", "HH", "WC", "XX", "AH"];

/// What all pages of one realm have in common.
#[derive(Debug, Clone, Serialize)]
pub struct Brand {
    /// The realm's name, as people know it.
    pub realm_name: String,
    /// One or two letters that stand for a logo.
    pub logo_initials: String,
    /// Where its logo is, if it has one.
    pub logo_url: Option<String>,
    /// Where this server serves [`super::Pages::stylesheet`].
    pub stylesheet_url: String,
    /// Where this server serves [`super::SCRIPT`]; none: these pages have no script.
    pub script_url: Option<String>,
    /// Where this server serves [`super::LIVE_SCRIPT`]; only pages with parts that are live load it.
    pub live_url: Option<String>,
    /// The page to begin at, where there is one.
    pub home_url: Option<String>,
    /// The host that stands in the address bar, for people to compare.
    pub host: Option<String>,
    /// The page for whoever has forgotten their password.
    pub forgotten_password_url: Option<String>,
    /// Pages elsewhere.
    pub links: Vec<Link>,
    /// BCP 47 language of the strings.
    pub lang: String,
    /// `ltr` or `rtl`, after the language.
    pub dir: &'static str,
    /// Which of the style sheet's hues, 0 to 7; or `own`, where the style sheet ends in the realm's colours.
    pub accent: String,
}

/// A page elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// `help`, `privacy` or `terms`: the end of the name of the message that it is called by.
    pub kind: &'static str,
    /// Its address.
    pub url: String,
}

impl Brand {
    /// A brand in English, with initials and hue made from the realm's name.
    pub fn new(realm_name: impl Into<String>, stylesheet_url: impl Into<String>) -> Self {
        let realm_name = realm_name.into();
        Self {
            logo_initials: initials(&realm_name),
            accent: accent(&realm_name).to_string(),
            realm_name,
            logo_url: None,
            stylesheet_url: stylesheet_url.into(),
            script_url: None,
            live_url: None,
            home_url: None,
            host: None,
            forgotten_password_url: None,
            links: Vec::new(),
            lang: FALLBACK.to_owned(),
            dir: direction(FALLBACK),
        }
    }

    /// The same brand in another language.
    #[must_use]
    pub fn in_language(mut self, lang: impl Into<String>) -> Self {
        self.lang = lang.into();
        self.dir = direction(&self.lang);
        self
    }
}

/// The first letters of the first two words that say something, in capitals: what stands in brackets does not, nor does a
/// word in small letters behind the first, as "of" and "the" are. Of a single word, and where two letters would be read as a
/// word themselves, one letter.
pub(super) fn initials(name: &str) -> String {
    let bare = without_brackets(name);
    let words = bare.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'));
    let starts: Vec<char> = words.filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).collect();
    let has_capitals = starts.iter().any(|c| c.is_uppercase());
    let says_something = |(at, c): &(usize, char)| *at == 0 || !has_capitals || !c.is_lowercase();
    let letters = starts.into_iter().enumerate().filter(says_something).map(|(_, c)| capital(c));
    let both: String = letters.take(2).collect();
    if WORDS.contains(&both.as_str()) { both.chars().take(1).collect() } else { both }
}

/// The capital of one letter; of one whose capital is several, the letter itself.
fn capital(letter: char) -> char {
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// A name without what stands in brackets; as it is, where nothing else would be left.
fn without_brackets(name: &str) -> String {
    let mut depth = 0_u32;
    let mut bare = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    if bare.chars().any(char::is_alphanumeric) { bare } else { name.to_owned() }
}

/// The same hue for the same name, on every start.
fn accent(name: &str) -> u8 {
    name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % ACCENTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_words_that_say_something() {
        for (name, expected) in [
            ("Northwind Traders Ltd", "NT"),
            ("harbour-live", "HL"),
            ("élan", "É"),
            ("  ", ""),
            ("Standard (demo)", "S"),
            ("Ledger live (demo)", "L"),
            ("(demo) Ledger [test] Book", "LB"),
            ("(demo)", "D"),
            ("Notes on the Web", "NW"),
            ("Notes On Web", "N"),
            ("the Blue Shop", "TB"),
            ("O'Brien Freight", "OF"),
            ("ßtraße", "ß"),
            ("株式会社 山田", "株山"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn the_language_decides_the_direction() {
        let brand = Brand::new("Harbour", "/s.css").in_language("ar-EG");
        assert_eq!((brand.lang.as_str(), brand.dir), ("ar-EG", "rtl"));
        assert_eq!(Brand::new("Harbour", "/s.css").dir, "ltr");
    }
}
