//! The redirect URI that came beside the one that was meant.

use serde::Serialize;

/// Beyond so many pairs of characters, what lies between the common ends is marked as a whole.
const MOST_PAIRS: usize = 40_000;

/// Two redirect URIs, cut into what they share and what they do not.
///
/// For the owner of an app: RFC 6749 section 3.1.2.4 wants a page and no redirect, and a page that marks the
/// difference saves its owner a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedirectComparison {
    /// What came.
    pub received: Vec<Part>,
    /// What is registered and shares most with it.
    pub nearest: Vec<Part>,
}

/// A piece of a URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The piece; empty where the other URI has something and this one has nothing.
    pub text: String,
    /// Whether the other URI lacks it.
    pub differs: bool,
}

/// Whichever of the `registered` URIs has the longest common beginning and end with what was `received`; none where nothing
/// is registered. Takes one pass over each.
pub fn nearest_redirect<'a>(received: &str, registered: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let shared = |candidate: &str| {
        let (left, right) = (received.as_bytes(), candidate.as_bytes());
        let start = left.iter().zip(right).take_while(|(a, b)| a == b).count();
        let (left, right) = (left.get(start..).unwrap_or_default(), right.get(start..).unwrap_or_default());
        start + left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count()
    };
    registered.into_iter().max_by_key(|candidate| shared(candidate))
}

impl RedirectComparison {
    /// Compares what was `received` with the `nearest` registered URI, character by character.
    pub fn new(received: &str, nearest: &str) -> Self {
        let same = |(a, b): &(char, char)| a == b;
        let left: Vec<char> = received.chars().collect();
        let right: Vec<char> = nearest.chars().collect();
        let pairs = left.iter().copied().zip(right.iter().copied());
        let start = pairs.take_while(same).count();
        let (head, left) = left.split_at(start);
        let right = right.get(start..).unwrap_or_default();
        let pairs = left.iter().rev().copied().zip(right.iter().rev().copied());
        let end = pairs.take_while(same).count();
        let (left, tail) = left.split_at(left.len() - end);
        let (right, _) = right.split_at(right.len() - end);

        let mut found = Self { received: Vec::new(), nearest: Vec::new() };
        found.same(head);
        let (mut at_left, mut at_right) = (0, 0);
        for (next_left, next_right) in shared(left, right) {
            found.differ(left, at_left..next_left, right, at_right..next_right);
            found.same(left.get(next_left..=next_left).unwrap_or_default());
            (at_left, at_right) = (next_left + 1, next_right + 1);
        }
        found.differ(left, at_left..left.len(), right, at_right..right.len());
        found.same(tail);
        found
    }

    /// The whole URI that came.
    pub(super) fn received_uri(&self) -> String {
        self.received.iter().map(|part| part.text.as_str()).collect()
    }

    /// The whole registered URI.
    pub(super) fn nearest_uri(&self) -> String {
        self.nearest.iter().map(|part| part.text.as_str()).collect()
    }

    fn same(&mut self, text: &[char]) {
        push(&mut self.received, text, false);
        push(&mut self.nearest, text, false);
    }

    fn differ(
        &mut self,
        left: &[char],
        in_left: std::ops::Range<usize>,
        right: &[char],
        in_right: std::ops::Range<usize>,
    ) {
        if !in_left.is_empty() || !in_right.is_empty() {
            push(&mut self.received, left.get(in_left).unwrap_or_default(), true);
            push(&mut self.nearest, right.get(in_right).unwrap_or_default(), true);
        }
    }
}

/// Adds to the last part if it is of the same sort. A gap is a part with an empty text.
fn push(parts: &mut Vec<Part>, text: &[char], differs: bool) {
    match parts.last_mut() {
        _ if text.is_empty() && !differs => {}
        Some(last) if last.differs == differs => last.text.extend(text),
        _ => parts.push(Part { text: text.iter().collect(), differs }),
    }
}

/// Where both have the same characters, in order: a longest common subsequence, as pairs of positions.
fn shared(left: &[char], right: &[char]) -> Vec<(usize, usize)> {
    let width = right.len() + 1;
    if left.len().saturating_mul(right.len()) > MOST_PAIRS {
        return Vec::new();
    }
    // lengths[i * width + j]: the longest for left[i..] and right[j..].
    let mut lengths = vec![0_usize; (left.len() + 1) * width];
    let length = |lengths: &[usize], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
    for (i, a) in left.iter().enumerate().rev() {
        for (j, b) in right.iter().enumerate().rev() {
            let longest = if a == b {
                1 + length(&lengths, i + 1, j + 1)
            } else {
                length(&lengths, i + 1, j).max(length(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        if a == b {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if length(&lengths, i + 1, j) >= length(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    long_runs(&pairs)
}

/// Only those pairs that stand in a run of at least three: a lone shared letter amid what differs confuses.
fn long_runs(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    pairs
        .chunk_by(|one, next| one.0 + 1 == next.0 && one.1 + 1 == next.1)
        .filter(|run| run.len() >= 3)
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(parts: &[Part]) -> String {
        let mark = |part: &Part| {
            if part.differs { format!("[{}]", part.text) } else { part.text.clone() }
        };
        parts.iter().map(mark).collect()
    }

    #[test]
    fn marks_each_difference() {
        let found = RedirectComparison::new("http://app.example/back/", "https://app.example/back");
        assert_eq!(marked(&found.received), "http[]://app.example/back[/]");
        assert_eq!(marked(&found.nearest), "http[s]://app.example/back[]");
        let found = RedirectComparison::new("https://a.example/Callback", "https://a.example/callback");
        assert_eq!(marked(&found.received), "https://a.example/[C]allback");
        let found = RedirectComparison::new("x", "x");
        assert_eq!((marked(&found.received), marked(&found.nearest)), ("x".to_owned(), "x".to_owned()));
    }

    #[test]
    fn picks_the_registered_uri_that_shares_most() {
        let registered = ["https://other.example/", "https://app.example/callback"];
        assert_eq!(nearest_redirect("https://app.example/Callback", registered), Some("https://app.example/callback"));
        assert_eq!(nearest_redirect("https://a.example/", []), None);
    }

    #[test]
    fn long_ones_are_not_compared_letter_by_letter() {
        let (left, right) = ("ab".repeat(2_000), "ba".repeat(2_000));
        let found = RedirectComparison::new(&left, &right);
        assert_eq!((found.received.len(), found.received_uri()), (1, left));
    }

    proptest! {
        #[test]
        fn the_parts_make_up_both(a in "[abé/日]{0,12}", b in "[abé/日]{0,12}") {
            let found = RedirectComparison::new(&a, &b);
            prop_assert_eq!(found.received_uri(), a);
            prop_assert_eq!(found.nearest_uri(), b);
            let shared = |parts: &[Part]| -> String {
                parts.iter().filter(|part| !part.differs).map(|part| part.text.as_str()).collect()
            };
            prop_assert_eq!(shared(&found.received), shared(&found.nearest));
        }
    }
}
