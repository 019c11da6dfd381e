//! The code that a user types for their device (RFC 8628 6.1).

use crate::crypto::entropy::random_bytes;
use crate::crypto::sha256;

/// Consonants that look and sound like no other sign (RFC 8628 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them a code has.
const LENGTH: usize = 8;
/// The longest text that is looked at as a user code, in bytes.
const LONGEST: usize = 64;

/// A user code (RFC 8628 6.1): eight consonants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A new one.
    pub fn generate() -> Self {
        let mut text = String::with_capacity(LENGTH);
        while text.len() < LENGTH {
            // What is left out makes every letter as likely as any other.
            for byte in random_bytes::<16>().into_iter().filter(|byte| *byte < 240) {
                let letter = LETTERS.get(usize::from(byte) % LETTERS.len());
                text.extend(letter.filter(|_| text.len() < LENGTH).map(|letter| char::from(*letter)));
            }
        }
        Self(text)
    }

    /// Reads what a person typed: in any case, with or without the dash, with spaces. `None` for what is no such code.
    pub fn read(typed: &str) -> Option<Self> {
        if typed.len() > LONGEST {
            return None;
        }
        let mut text = String::with_capacity(LENGTH);
        for letter in typed.chars().filter(|letter| !letter.is_whitespace() && !is_dash(*letter)) {
            let letter = letter.to_ascii_uppercase();
            u8::try_from(letter).ok().filter(|byte| LETTERS.contains(byte))?;
            text.push(letter);
        }
        (text.len() == LENGTH).then_some(Self(text))
    }

    /// As people are shown it: `BCDF-GHJK`.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }

    /// What is stored of it.
    pub fn hash(&self, realm: &str) -> [u8; 32] {
        sha256(format!("user code\0{realm}\0{}", self.0).as_bytes())
    }
}

/// The dashes that keyboards and clipboards make of `-`.
const fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::UserCode;

    #[test]
    fn a_code_is_typed_in_any_case_with_or_without_the_dash() {
        let code = UserCode::read("BCDF-GHJK").unwrap();
        for typed in ["bcdfghjk", " bcdf ghjk ", "BCDF\u{2013}GHJK", "b-c-d-f-g-h-j-k"] {
            assert_eq!(UserCode::read(typed), Some(code.clone()), "{typed}");
        }
        assert_eq!(code.shown(), "BCDF-GHJK");
        assert_eq!(code.hash("r"), UserCode::read("bcdfghjk").unwrap().hash("r"));
        assert_ne!(code.hash("r"), code.hash("other"));
    }

    #[test]
    fn what_is_no_code_is_none() {
        let long = "B".repeat(65);
        for typed in ["", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-FGHJ", "BCDF-GHJ0", "BCDF-GHJ\u{e9}", "\u{131}BCDFGHJ", &long]
        {
            assert_eq!(UserCode::read(typed), None, "{typed}");
        }
    }

    #[test]
    fn new_codes_are_codes_and_use_every_letter() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let code = UserCode::generate();
            assert_eq!(UserCode::read(&code.shown()), Some(code.clone()));
            seen.extend(code.shown().replace('-', "").into_bytes());
        }
        assert_eq!(seen.len(), 20);
    }
}
