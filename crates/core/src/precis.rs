//! Which spellings of a name or a password are one (PRECIS, RFC 8264).
//!
//! One person's keyboard writes `é` as one character, another's as `e` and an accent; a keyboard for Japanese writes wide Latin
//! letters. The profiles of RFC 8265 say which of that is the same. Only their mappings are here: what they refuse
//! altogether was never refused in a name, and a name that signs in today goes on to.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The form in which names are compared: the mappings of `UsernameCaseMapped` (RFC 8265 3.3): width, case, composition.
pub fn username(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let narrow: String = text.chars().map(width).collect();
    narrow.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// The form of a password: the mappings of `OpaqueString` (RFC 8265 4.2): each space is the plain one, composition; case and
/// width stay.
pub fn opaque(text: &str) -> Cow<'_, str> {
    let is_plain =
        text.is_ascii() || (is_nfc_quick(text.chars()) == IsNormalized::Yes && !text.contains(is_other_space));
    if is_plain {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_other_space(c) { ' ' } else { c }).nfc().collect())
}

/// A wide or narrow form as the usual character (Unicode UAX 11): those with such a decomposition are the ideographic space
/// and the block of half-width and full-width forms.
fn width(c: char) -> char {
    if !matches!(c, '\u{3000}' | '\u{FF00}'..='\u{FFEF}') {
        return c;
    }
    let mut mapped = std::iter::once(c).nfkd();
    match (mapped.next(), mapped.next()) {
        (Some(usual), None) => usual,
        _ => c,
    }
}

/// A space other than U+0020: Unicode's category Zs.
const fn is_other_space(c: char) -> bool {
    matches!(c, '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::{opaque, username};
    use std::borrow::Cow;

    #[test]
    fn names_are_one_whatever_keyboard_wrote_them() {
        for (one, other) in [
            ("Ada@Example.COM", "ada@example.com"),
            ("Jos\u{e9}", "jose\u{301}"),
            ("ÅSA", "a\u{30a}sa"),
            ("Ａｄａ", "ada"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("\u{2126}", "\u{3c9}"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("가", "\u{1100}\u{1161}"),
        ] {
            assert_eq!(username(one), username(other), "{one} {other}");
        }
        for (one, other) in [("ada", "adа"), ("strasse", "straße"), ("jose", "josé"), ("ﬁn", "fin"), ("a b", "ab")]
        {
            assert_ne!(username(one), username(other), "{one} {other}");
        }
        for name in ["İzmir", "ΑΣ", "ﾊﾟ", "e\u{301}\u{323}", "Ａ\u{301}"] {
            let form = username(name);
            assert_eq!(username(&form), form, "{name}");
        }
    }

    #[test]
    fn a_password_keeps_case_and_width_but_not_the_keyboard() {
        assert!(matches!(opaque("correct horse"), Cow::Borrowed(_)));
        assert!(matches!(opaque("größer Ａ"), Cow::Borrowed(_)));
        assert_eq!(opaque("gro\u{308}ßer\u{a0}Ａ\u{3000}"), "größer Ａ ");
        assert_ne!(opaque("Größer"), opaque("größer"));
    }
}
