//! Whose page it is.

use serde::Serialize;

use super::locale::{FALLBACK, direction};

/// How many hues the style sheet knows (`data-accent`).
const ACCENTS: u8 = 8;

/// What all pages of one realm have in common.
#[derive(Debug, Clone, Serialize)]
pub struct Brand {
    /// The realm's name, as people know it.
    pub realm_name: String,
    /// One or two letters that stand for a logo.
    pub logo_initials: String,
    /// Where this server serves [`super::Pages::stylesheet`].
    pub stylesheet_url: String,
    /// BCP 47 language of the strings.
    pub lang: String,
    /// `ltr` or `rtl`, after the language.
    pub dir: &'static str,
    /// Which of the style sheet's hues, 0 to 7.
    pub accent: u8,
}

impl Brand {
    /// A brand in English, with initials and hue made from the realm's name.
    pub fn new(realm_name: impl Into<String>, stylesheet_url: impl Into<String>) -> Self {
        let realm_name = realm_name.into();
        Self {
            logo_initials: initials(&realm_name),
            accent: accent(&realm_name),
            realm_name,
            stylesheet_url: stylesheet_url.into(),
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

/// The first letters of the first two words, in capitals; of a single word, its first letter.
pub(super) fn initials(name: &str) -> String {
    name.split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

/// The same hue for the same name, on every start.
fn accent(name: &str) -> u8 {
    name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % ACCENTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_two_words() {
        assert_eq!(initials("Northwind Traders Ltd"), "NT");
        assert_eq!(initials("harbour-live"), "HL");
        assert_eq!(initials("élan"), "É");
        assert_eq!(initials("  "), "");
    }

    #[test]
    fn the_language_decides_the_direction() {
        let brand = Brand::new("Harbour", "/s.css").in_language("ar-EG");
        assert_eq!((brand.lang.as_str(), brand.dir), ("ar-EG", "rtl"));
        assert_eq!(Brand::new("Harbour", "/s.css").dir, "ltr");
    }
}
