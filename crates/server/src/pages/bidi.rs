//! Text of both directions in one line (Unicode Standard Annex 9).

use claviger_core::text::is_steering;

/// Begins an isolate whose direction its own text decides, and ends it: Fluent puts them around each value.
const ISOLATE: char = '\u{2068}';
const END: char = '\u{2069}';

/// The text without what changes how the sentence around it is shown: a name must not reorder it.
pub(super) fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !is_steering(*c) || *c == '\n').collect()
}

/// Takes isolating marks out of a text whose every letter is written from left to right: they would change nothing that
/// is seen, but be copied, searched and compared along with it.
pub(super) fn without_needless_marks(text: String) -> String {
    if text.chars().any(is_right_to_left) { text } else { text.replace([ISOLATE, END], "") }
}

/// Whether the character is of a block that is written from right to left.
const fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{0590}'..='\u{08FF}' | '\u{200F}' | '\u{FB1D}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stay_where_they_are_needed() {
        assert_eq!(without_needless_marks("\u{2068}1\u{2069} day".to_owned()), "1 day");
        let hebrew = "for \u{2068}שלום\u{2069} (1)";
        assert_eq!(without_needless_marks(hebrew.to_owned()), hebrew);
    }

    #[test]
    fn a_name_brings_no_marks_of_its_own() {
        assert_eq!(without_controls("a\u{202E}b\u{2069}c\u{200F}d\u{1B}e\u{9B}f\ng"), "abcdef\ng");
    }
}
