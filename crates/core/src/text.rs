//! Texts that other people wrote: what a name may hold, and how such a text is shown.
//!
//! A name reaches terminals, logs, mails and pages. A control character in it steers a terminal or begins a header of its
//! own; a bidirectional control turns what stands around the name into something else. Names with such characters are
//! refused where they come in ([`is_name`]); those that are stored all the same are shown harmlessly ([`printable`]).

use std::borrow::Cow;

/// What stands for a character that is not shown.
const REPLACEMENT: char = '\u{FFFD}';

/// Whether a character changes how the text around it is shown, and shows nothing itself: controls (C0, C1), line and
/// paragraph separators, bidirectional controls (Unicode UAX 9), tags and other invisible formats. The joiners of Persian
/// and Indic scripts and of emoji are none of them.
pub const fn is_steering(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{61C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// Whether a text may be a name: of a user, a client, a scope, a company.
pub fn is_name(text: &str) -> bool {
    !text.chars().any(is_steering)
}

/// What is said of a text that [`is_name`] refuses.
pub const NOT_A_NAME: &str = "this holds an invisible character that changes how the text around it is shown";

/// The text on one line, with U+FFFD for each character that would steer a terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, is_steering, REPLACEMENT)
}

/// As [`printable`], and line ends and tabs stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_steering(c) && !matches!(c, '\n' | '\t'), REPLACEMENT)
}

/// The text on one line, with a space for each character that would steer what shows it; for headers and lines of mails.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    replaced(text, is_steering, ' ')
}

fn replaced(text: &str, which: impl Fn(char) -> bool, with: char) -> Cow<'_, str> {
    if text.chars().any(&which) {
        Cow::Owned(text.chars().map(|c| if which(c) { with } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The first `most` characters of a text, and an ellipsis where that is not all of it: for what a peer sent and is shown
/// again, so that an answer is not many times as large as its request.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// The first eight bytes of a digest in hexadecimal: enough to compare.
pub fn short_digest(digest: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().map_or('0', char::from);
    digest.iter().take(8).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_names() {
        for name in ["Ann O'Neil", "Łódź 🚚", "שירה", "می\u{200C}خواهم", "👩\u{200D}🔧", "山田 太郎", ""]
        {
            assert!(is_name(name), "{name}");
            assert_eq!(printable(name), name);
        }
    }

    #[test]
    fn what_steers_a_terminal_or_turns_the_line_around_is_no_name() {
        for name in [
            "\u{1b}[2J",
            "a\nb",
            "a\u{9b}31m",
            "a\u{7f}",
            "\u{202E}txt.exe",
            "\u{2066}a\u{2069}",
            "a\u{200F}",
            "\u{61C}",
            "a\u{2028}b",
            "\u{FEFF}a",
            "\u{E0041}",
        ] {
            assert!(!is_name(name), "{name:?}");
            assert!(!printable(name).chars().any(is_steering), "{name:?}");
            assert!(!on_one_line(name).chars().any(is_steering), "{name:?}");
        }
        assert_eq!(printable("a\u{1b}b"), "a\u{FFFD}b");
        assert_eq!(printable_lines("a\n\tb\u{1b}"), "a\n\tb\u{FFFD}");
        assert_eq!(on_one_line("a\r\nBcc: x"), "a  Bcc: x");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äöü…");
        assert_eq!(shortened(&"\u{1F69A}".repeat(10_000), 200).chars().count(), 201);
    }
}
