//! The redirect URI that came beside the one that was meant.

use serde::Serialize;

/// Two redirect URIs, cut where they begin and where they cease to differ.
///
/// For the owner of an app: RFC 6749 section 3.1.2.4 wants a page and no redirect, and a page that marks the
/// difference saves its owner a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RedirectComparison {
    /// How both begin.
    pub(crate) prefix: String,
    /// What only the received one has in the middle; may be empty.
    pub(crate) received: String,
    /// What only the registered one has in the middle; may be empty.
    pub(crate) nearest: String,
    /// How both end.
    pub(crate) suffix: String,
}

impl RedirectComparison {
    /// Compares what was `received` with the `nearest` registered URI, character by character.
    pub(crate) fn new(received: &str, nearest: &str) -> Self {
        let common = |(a, b): &(char, char)| a == b;
        let prefix: String = received
            .chars()
            .zip(nearest.chars())
            .take_while(common)
            .map(|(a, _)| a)
            .collect();
        let received = received.strip_prefix(&prefix).unwrap_or_default();
        let nearest = nearest.strip_prefix(&prefix).unwrap_or_default();
        let ends = received.chars().rev().zip(nearest.chars().rev());
        let length: usize = ends.take_while(common).map(|(a, _)| a.len_utf8()).sum();
        let (received, suffix) = received.split_at(received.len() - length);
        let (nearest, _) = nearest.split_at(nearest.len() - length);
        Self {
            prefix,
            received: received.to_owned(),
            nearest: nearest.to_owned(),
            suffix: suffix.to_owned(),
        }
    }

    /// Compares with whichever of the `registered` URIs shares most with what was `received`; none when nothing
    /// is registered.
    pub(crate) fn nearest<'a>(
        received: &str,
        registered: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        registered
            .into_iter()
            .map(|candidate| Self::new(received, candidate))
            .min_by_key(|found| found.received.chars().count() + found.nearest.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_what_differs() {
        let found =
            RedirectComparison::new("http://app.example/back/", "https://app.example/back/");
        assert_eq!((found.received.as_str(), found.nearest.as_str()), ("", "s"));
        assert_eq!(
            (found.prefix.as_str(), found.suffix.as_str()),
            ("http", "://app.example/back/")
        );
    }

    #[test]
    fn picks_the_registered_uri_that_shares_most() {
        let registered = ["https://other.example/", "https://app.example/callback"];
        let found = RedirectComparison::nearest("https://app.example/Callback", registered);
        assert_eq!(found.map(|f| f.nearest), Some("c".to_owned()));
        assert_eq!(RedirectComparison::nearest("https://a.example/", []), None);
    }

    proptest! {
        #[test]
        fn the_parts_make_up_both(a in "[aé/日]{0,8}", b in "[aé/日]{0,8}") {
            let found = RedirectComparison::new(&a, &b);
            prop_assert_eq!(format!("{}{}{}", found.prefix, found.received, found.suffix), a);
            prop_assert_eq!(format!("{}{}{}", found.prefix, found.nearest, found.suffix), b);
        }
    }
}
