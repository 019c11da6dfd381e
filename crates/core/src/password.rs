//! What a password must be, and how strong it is (NIST SP 800-63B 3.1.1.2): long enough, not what its user is called, and nothing
//! that is guessed first. There are no rules about what it is made of.

use crate::precis;

/// The fewest characters.
pub const SHORTEST: usize = 8;
/// A name that is shorter may be part of a password.
const SHORTEST_NAME: usize = 4;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// It has fewer characters than [`SHORTEST`].
    Short,
    /// It is one character, or one run of the keyboard or the alphabet, or one piece again and again.
    Guessable,
    /// It is little more than a name of its user or of the realm.
    OwnName,
    /// It is on a list of passwords that became known.
    Known,
}

/// How strong a password is that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Somebody who tries offline finds it in time.
    Fair,
    /// It takes them long.
    Good,
    /// They give up.
    Strong,
}

/// Why a password is not taken, as far as that can be said without a list; `names`: what its user and the realm are called.
pub fn weakness(password: &str, names: &[&str]) -> Option<Weakness> {
    let plain = precis::username(password.trim());
    if password.chars().count() < SHORTEST {
        Some(Weakness::Short)
    } else if is_run(&plain) || is_repeated(&plain) {
        Some(Weakness::Guessable)
    } else if names.iter().any(|name| is_little_more_than(&plain, name)) {
        Some(Weakness::OwnName)
    } else {
        None
    }
}

/// How strong it is, by its length and what it is made of.
pub fn strength(password: &str) -> Strength {
    let has = |is: fn(char) -> bool| password.chars().any(is);
    let mut letters = 0;
    letters += if has(|c| c.is_ascii_digit()) { 10 } else { 0 };
    letters += if has(|c| c.is_ascii_lowercase()) { 26 } else { 0 };
    letters += if has(|c| c.is_ascii_uppercase()) { 26 } else { 0 };
    letters += if has(|c| !c.is_ascii_alphanumeric()) { 33 } else { 0 };
    // Tenths of a bit for each character that is not the one before it.
    let each = match letters {
        0..=10 => 33,
        11..=26 => 47,
        27..=36 => 52,
        37..=62 => 59,
        _ => 65,
    };
    let other = password.chars().zip(password.chars().skip(1)).filter(|(one, next)| one != next).count() + 1;
    match other * each / 10 {
        0..=55 => Strength::Fair,
        56..=80 => Strength::Good,
        _ => Strength::Strong,
    }
}

/// One character after the other, up, down or the same; or along a row of keys.
fn is_run(plain: &str) -> bool {
    const ROWS: [&str; 4] = ["qwertyuiop", "qwertzuiop", "asdfghjkl", "azertyuiop"];
    let steps: Vec<i64> = plain
        .chars()
        .zip(plain.chars().skip(1))
        .map(|(one, next)| i64::from(u32::from(next)) - i64::from(u32::from(one)))
        .collect();
    let is_one = |step: i64| steps.iter().all(|one| *one == step);
    [0, 1, -1].into_iter().any(is_one) || ROWS.iter().any(|row| row.contains(plain))
}

/// The same piece again and again, of three characters at most.
fn is_repeated(plain: &str) -> bool {
    let letters: Vec<char> = plain.chars().collect();
    (1..=3).any(|piece| letters.iter().zip(letters.iter().skip(piece)).all(|(one, other)| one == other))
}

fn is_little_more_than(plain: &str, name: &str) -> bool {
    let name = precis::username(name.trim());
    let parts = std::iter::once(name.as_str()).chain(name.split(['@', '.', ' ', '-', '_']));
    parts
        .filter(|part| part.chars().count() >= SHORTEST_NAME)
        .any(|part| plain.contains(part) && plain.replacen(part, "", 1).chars().count() < SHORTEST_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_not_taken_and_nothing_else_is_asked() {
        let names = ["ada.whitlock@example.com", "Harbour Freight"];
        for (password, expected) in [
            ("short", Some(Weakness::Short)),
            ("pässwö", Some(Weakness::Short)),
            ("aaaaaaaaaaaa", Some(Weakness::Guessable)),
            ("12345678", Some(Weakness::Guessable)),
            ("HGFEDCBA", Some(Weakness::Guessable)),
            ("qwertyui", Some(Weakness::Guessable)),
            ("abcabcabcabc", Some(Weakness::Guessable)),
            ("ada.whitlock@example.com", Some(Weakness::OwnName)),
            ("Whitlock1!", Some(Weakness::OwnName)),
            ("harbour99", Some(Weakness::OwnName)),
            ("correct horse", None),
            ("all lower case words", None),
            ("whitlock rides horses", None),
            ("ñandú corre", None),
        ] {
            assert_eq!(weakness(password, &names), expected, "{password}");
        }
    }

    #[test]
    fn length_makes_strong_whatever_it_is_made_of() {
        assert_eq!(strength("x7Kq!a2Z"), Strength::Fair);
        assert_eq!(strength("tree lamp nine bread"), Strength::Strong);
        assert_eq!(strength("correcthorsebattery"), Strength::Good);
        assert_eq!(strength("zzzzzzzzzzzzzzzzzzzzzzzz"), Strength::Fair);
    }
}
