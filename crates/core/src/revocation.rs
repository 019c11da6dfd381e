//! What tokens are revoked by, as the store keeps it, the feed spells it and the guard reads it; and when a token was made.

use crate::claims::id_from_text;

/// What a revocation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevocationKind {
    /// One access token, by its id (`jti`).
    Jti,
    /// A grant with all its tokens, by `gid`.
    Grant,
    /// All tokens of a client.
    Client,
    /// All tokens of a user.
    User,
    /// Everything that a signing key signed, by its id (`kid`). Whoever has that key can write any time into a token, so no
    /// time of the revocation counts, and it is never over.
    Key,
}

impl RevocationKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Jti, Self::Grant, Self::Client, Self::User, Self::Key];

    /// The word for it, in the database and in the feed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jti => "jti",
            Self::Grant => "grant",
            Self::Client => "client",
            Self::User => "user",
            Self::Key => "key",
        }
    }

    /// The kind of this name; `None` for one that only a newer program knows.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// When a token was made, in milliseconds since the epoch, to be compared with the `before` of a revocation.
///
/// `iat` says the second only, and a client may be suspended and resumed within one. The token's id (`jti`) is a `UUIDv7` (RFC
/// 9562 section 5.7), whose first 48 bits say the millisecond. They are believed where they are of the same second;
/// any other token counts as made when its second began.
pub fn issued_at(jti: Option<&str>, iat: i64) -> i64 {
    let second = iat.saturating_mul(1000);
    let exact = jti.and_then(id_from_text).and_then(|id| i64::try_from(u128::from_be_bytes(id) >> 80).ok());
    exact.filter(|exact| exact.div_euclid(1000) == iat).unwrap_or(second)
}

#[cfg(test)]
mod tests {
    use super::{RevocationKind, issued_at};

    #[test]
    fn a_token_was_made_in_the_millisecond_that_its_id_says() {
        // 1,700,000,000,123 ms.
        let id = "018bcfe5687b7000800000000000000a";
        assert_eq!(issued_at(Some(id), 1_700_000_000), 1_700_000_000_123);
        for (jti, iat) in [(Some(id), 1_699_999_999), (Some("x"), 1_700_000_000), (None, 1_700_000_000)] {
            assert_eq!(issued_at(jti, iat), iat * 1000, "{jti:?}");
        }
        assert_eq!(issued_at(None, i64::MAX), i64::MAX);
    }

    #[test]
    fn each_kind_is_found_by_its_name() {
        for kind in RevocationKind::ALL {
            assert_eq!(RevocationKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(RevocationKind::from_name("planet"), None);
    }
}
