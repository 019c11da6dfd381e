//! Which language a page is in: what the app or the browser asks for, among those that the realm's pages come in.

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use super::locale::fallback;

/// More than anybody speaks: what a request asks for beyond it is not looked at.
const MOST: usize = 32;

/// The languages of all realms' pages.
#[derive(Debug, Clone, Default)]
pub struct Languages {
    /// Those that there are strings for.
    pub(super) known: Vec<LanguageIdentifier>,
    /// Those of a realm that names none; the first is the default.
    pub(super) usual: Vec<LanguageIdentifier>,
}

impl Languages {
    /// The languages of a realm's pages, of the tags that it names: those that there are strings for; the first is the
    /// default. Never empty.
    pub(crate) fn of_realm(&self, named: &[String]) -> Vec<LanguageIdentifier> {
        let named = named.iter().filter_map(|tag| tag.parse().ok()).filter(|tag| self.knows(tag));
        let offered: Vec<_> = named.collect();
        match (offered.is_empty(), self.usual.is_empty()) {
            (false, _) => offered,
            (true, false) => self.usual.clone(),
            (true, true) => vec![fallback()],
        }
    }

    /// Whether there are strings for the language, or for the one it is a kind of (`de` for `de-AT`).
    pub(crate) fn knows(&self, tag: &LanguageIdentifier) -> bool {
        self.known.iter().any(|known| known.matches(tag, true, false))
    }
}

/// The language of an answer. `offered`: the realm's, the first is the default; `ui_locales`: the request's (OpenID Connect
/// Core 3.1.2.1), which goes before `accept`, the browser's `Accept-Language` (RFC 9110 12.5.4). What cannot be read or is
/// not offered is passed over.
pub(crate) fn choose<'a>(
    offered: &'a [LanguageIdentifier],
    ui_locales: Option<&str>,
    accept: Option<&str>,
) -> Option<&'a LanguageIdentifier> {
    let asked = ui_locales.unwrap_or_default().split_ascii_whitespace().filter_map(|tag| tag.parse().ok());
    let mut wanted: Vec<LanguageIdentifier> = asked.take(MOST).collect();
    wanted.extend(accepted(accept.unwrap_or_default()));
    negotiate_languages(&wanted, offered, offered.first(), NegotiationStrategy::Lookup).into_iter().next()
}

/// The languages of an `Accept-Language`, the most wanted first; those with a weight of zero are not wanted.
fn accepted(header: &str) -> Vec<LanguageIdentifier> {
    let ranges = header.split(',').take(MOST).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next()?.parse().ok()?;
        let weight =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse::<f32>().ok())?;
        (weight > 0.0).then_some((weight, tag))
    });
    let mut ranges: Vec<(f32, LanguageIdentifier)> = ranges.collect();
    ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranges.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[&str]) -> Vec<LanguageIdentifier> {
        tags.iter().map(|tag| tag.parse().unwrap()).collect()
    }

    fn chosen(offered: &[&str], ui_locales: Option<&str>, accept: Option<&str>) -> String {
        choose(&tags(offered), ui_locales, accept).unwrap().to_string()
    }

    #[test]
    fn the_request_goes_before_the_browser_and_both_before_the_default() {
        let both = ["en", "de"];
        assert_eq!(chosen(&both, None, None), "en");
        assert_eq!(chosen(&both, None, Some("de")), "de");
        assert_eq!(chosen(&both, Some("de"), Some("en")), "de");
        assert_eq!(chosen(&both, Some("fr"), Some("de")), "de");
        assert_eq!(chosen(&["de", "en"], None, None), "de");
    }

    #[test]
    fn a_region_is_no_hindrance() {
        assert_eq!(chosen(&["en", "de"], Some("de-AT"), None), "de");
        assert_eq!(chosen(&["en", "de-CH"], None, Some("de-AT, en;q=0.1")), "de-CH");
        assert_eq!(chosen(&["en", "de"], None, Some("en-US,en;q=0.9,de;q=0.8")), "en");
    }

    #[test]
    fn weights_order_the_browsers_languages() {
        assert_eq!(chosen(&["en", "de"], None, Some("en;q=0.5, de;q=0.9")), "de");
        assert_eq!(chosen(&["en", "de"], None, Some("de;q=0, en;q=0.1")), "en");
        assert_eq!(chosen(&["en", "de"], None, Some("fr, *;q=0.1")), "en");
    }

    #[test]
    fn nonsense_is_passed_over() {
        for nonsense in ["", "*", ",,;;", "q=1", "de;q=x", "de;q=NaN", "<script>", "xx-yy-zz", "\u{e4}"] {
            assert_eq!(chosen(&["en", "de"], Some(nonsense), Some(nonsense)), "en", "{nonsense}");
        }
        let endless = "fr,".repeat(100_000) + "de";
        assert_eq!(chosen(&["en", "de"], None, Some(&endless)), "en");
    }

    #[test]
    fn a_realm_offers_what_there_are_strings_for() {
        let languages = Languages { known: tags(&["de", "en"]), usual: tags(&["en"]) };
        let of = |named: &[&str]| {
            let named: Vec<String> = named.iter().map(|tag| (*tag).to_owned()).collect();
            languages.of_realm(&named)
        };
        assert_eq!(of(&[]), tags(&["en"]));
        assert_eq!(of(&["de-AT", "fr", "en"]), tags(&["de-AT", "en"]));
        assert_eq!(of(&["fr"]), tags(&["en"]));
        assert_eq!(Languages::default().of_realm(&[]), tags(&["en"]));
    }
}
