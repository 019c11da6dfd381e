//! What tokens are revoked by, as the store keeps it, the feed spells it and the guard reads it.

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

#[cfg(test)]
mod tests {
    use super::RevocationKind;

    #[test]
    fn each_kind_is_found_by_its_name() {
        for kind in RevocationKind::ALL {
            assert_eq!(RevocationKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(RevocationKind::from_name("planet"), None);
    }
}
