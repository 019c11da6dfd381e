//! A sign-in that an API asks for anew, or more strongly (RFC 9470).
//!
//! A token that is good, but whose user signed in too long ago or not strongly enough, is answered with what would be enough:
//! the client sends its user to the authorization endpoint with these very `acr_values` and `max_age`.

use crate::bearer::{BearerAnswer, quotable};

/// What the sign-in behind a token must have been (RFC 9470 3). Says nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignIn {
    /// One of these is enough, the best first; none: any.
    pub acr_values: Vec<String>,
    /// It was at most so many seconds ago.
    pub max_age: Option<u64>,
}

impl SignIn {
    /// Whether a token that says `acr` and `auth_time` (in seconds) is enough at `now`, with clocks that differ by `leeway`; both
    /// in milliseconds. A token that does not say is not enough.
    pub fn is_met_by(&self, acr: Option<&str>, auth_time: Option<i64>, now: i64, leeway: i64) -> bool {
        let strong = self.acr_values.is_empty() || acr.is_some_and(|acr| self.acr_values.iter().any(|one| one == acr));
        let fresh = self.max_age.is_none_or(|age| {
            let age = i64::try_from(age).unwrap_or(i64::MAX).saturating_mul(1000);
            let until = |time: i64| time.saturating_mul(1000).saturating_add(age).saturating_add(leeway);
            auth_time.is_some_and(|time| until(time) >= now)
        });
        strong && fresh
    }
}

impl BearerAnswer {
    /// The same answer with what would be enough in its challenge.
    #[must_use]
    pub fn asking_for(mut self, sign_in: &SignIn) -> Self {
        let levels = (!sign_in.acr_values.is_empty()).then(|| quotable(&sign_in.acr_values.join(" ")));
        let levels = levels.map(|values| format!(r#", acr_values="{values}""#)).unwrap_or_default();
        let age = sign_in.max_age.map(|age| format!(r#", max_age="{age}""#)).unwrap_or_default();
        self.challenge = self.challenge.map(|challenge| format!("{challenge}{levels}{age}"));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::SignIn;
    use crate::bearer::{Reason, refuse};
    use crate::dialect::ErrorVocabulary;

    const NOW: i64 = 1_800_000_000;

    fn asked(acr_values: &[&str], max_age: Option<u64>) -> SignIn {
        SignIn { acr_values: acr_values.iter().map(|value| (*value).to_owned()).collect(), max_age }
    }

    #[test]
    fn one_of_the_levels_is_enough_and_none_is_not() {
        let strong = asked(&["mfa", "hwk"], None);
        for (acr, enough) in [(Some("hwk"), true), (Some("mfa"), true), (Some("1"), false), (None, false)] {
            assert_eq!(strong.is_met_by(acr, None, NOW * 1000, 0), enough, "{acr:?}");
        }
        assert!(SignIn::default().is_met_by(None, None, NOW * 1000, 0));
    }

    #[test]
    fn a_sign_in_grows_old() {
        let fresh = asked(&[], Some(300));
        for (auth_time, enough) in [
            (Some(NOW), true),
            (Some(NOW - 300), true),
            (Some(NOW - 301), false),
            (None, false),
            (Some(i64::MIN), false),
        ] {
            assert_eq!(fresh.is_met_by(None, auth_time, NOW * 1000, 0), enough, "{auth_time:?}");
        }
        assert!(fresh.is_met_by(None, Some(NOW - 302), NOW * 1000, 2000), "clocks differ");
        assert!(asked(&[], Some(u64::MAX)).is_met_by(None, Some(1), NOW * 1000, 2000));
        assert!(!asked(&["mfa"], Some(300)).is_met_by(Some("1"), Some(NOW), NOW * 1000, 0), "both count");
    }

    #[test]
    fn the_challenge_says_what_would_be_enough() {
        let reason = Reason::InsufficientAuthentication;
        let answer =
            refuse(reason, "orders", None, &ErrorVocabulary::Standard).asking_for(&asked(&["a\"b", "c"], Some(5)));
        let expected = r#"Bearer realm="orders", error="insufficient_user_authentication", error_description="the user must sign in again, or more strongly", acr_values="ab c", max_age="5""#;
        assert_eq!((answer.status, answer.challenge.as_deref()), (401, Some(expected)));
        let none =
            refuse(Reason::Unavailable, "orders", None, &ErrorVocabulary::Standard).asking_for(&asked(&["a"], None));
        assert_eq!(none.challenge, None);
    }
}
