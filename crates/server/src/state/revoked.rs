//! What has been revoked and is not yet expired, in memory: a signed token is checked against it without a round trip.
//!
//! The table `revocation` is the truth; this follows it by sequence number, whoever wrote it. Waiters are woken when
//! something is added: the feed for APIs hangs on that.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;

/// What a revocation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// One access token, by `jti`.
    Jti,
    /// A grant with all its tokens, by `gid`.
    Grant,
    /// All tokens of a client.
    Client,
    /// All tokens of a user.
    User,
    /// Everything that a signing key signed, by its id.
    Key,
}

impl Kind {
    /// As it is stored and as the feed spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Jti => "jti",
            Self::Grant => "grant",
            Self::Client => "client",
            Self::User => "user",
            Self::Key => "key",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Jti, Self::Grant, Self::Client, Self::User, Self::Key].into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    before: i64,
    expires: i64,
}

/// A realm's revocations by kind and value.
type OfRealm = HashMap<Kind, HashMap<String, Entry>>;

/// All revocations that still matter.
#[derive(Debug)]
pub(crate) struct Revoked {
    entries: RwLock<HashMap<String, OfRealm>>,
    last_seq: watch::Sender<i64>,
}

impl Default for Revoked {
    fn default() -> Self {
        Self { entries: RwLock::default(), last_seq: watch::Sender::new(0) }
    }
}

/// What of a token can be revoked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The token's own id.
    pub(crate) jti: &'a str,
    /// Its grant.
    pub(crate) grant: Option<&'a str>,
    /// Its client.
    pub(crate) client: &'a str,
    /// Its subject.
    pub(crate) user: &'a str,
    /// The key that signed it; an opaque token has none.
    pub(crate) key: Option<&'a str>,
    /// When it was made, in milliseconds; a JWT knows the second only.
    pub(crate) issued_at: i64,
}

impl Revoked {
    /// Adds one, in place of what was known of the same kind and value: a client that is suspended loses the tokens to come
    /// as well, and gets those back when it is resumed. `before`: tokens made up to then (milliseconds) are meant,
    /// `expires`: when the last of them is over.
    pub(crate) fn add(&self, realm: &str, kind: &str, value: &str, before: i64, expires: i64) {
        let Some(kind) = Kind::from_name(kind) else { return };
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let values = entries.entry(realm.to_owned()).or_default().entry(kind).or_default();
        values.insert(value.to_owned(), Entry { before, expires });
    }

    /// Says up to which sequence number everything has been added, and wakes those who wait.
    pub(crate) fn advance(&self, seq: i64) {
        self.last_seq.send_if_modified(|last| {
            let newer = seq > *last;
            *last = seq.max(*last);
            newer
        });
    }

    /// Numbers begin again with those of another database; what is revoked stays so.
    pub(crate) fn start_over(&self) {
        self.last_seq.send_replace(0);
    }

    /// The last sequence number, and how to wait for the next.
    pub(crate) fn watch(&self) -> watch::Receiver<i64> {
        self.last_seq.subscribe()
    }

    /// Whether a token is revoked.
    pub(crate) fn is_revoked(&self, realm: &str, token: &Subject<'_>) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let Some(of_realm) = entries.get(realm) else { return false };
        let hit = |kind: Kind, value: &str| {
            of_realm
                .get(&kind)
                .and_then(|values| values.get(value))
                .is_some_and(|entry| token.issued_at <= entry.before)
        };
        hit(Kind::Jti, token.jti)
            || token.grant.is_some_and(|grant| hit(Kind::Grant, grant))
            || hit(Kind::Client, token.client)
            || hit(Kind::User, token.user)
            // Whoever has the key writes any time into a token.
            || token.key.is_some_and(|kid| of_realm.get(&Kind::Key).is_some_and(|keys| keys.contains_key(kid)))
    }

    /// Whether what this key signed counts no more, whenever that was.
    pub(crate) fn is_key_revoked(&self, realm: &str, kid: &str) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(realm).and_then(|of_realm| of_realm.get(&Kind::Key)).is_some_and(|keys| keys.contains_key(kid))
    }

    /// Forgets what no living token can meet any more.
    pub(crate) fn forget_expired(&self, now: i64) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for of_realm in entries.values_mut() {
            for values in of_realm.values_mut() {
                values.retain(|_, entry| entry.expires > now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_met_by_any_of_its_names_if_it_is_old_enough() {
        let revoked = Revoked::default();
        revoked.add("r", "grant", "g", 1000, 5000);
        let token = Subject { jti: "j", grant: Some("g"), client: "c", user: "u", key: Some("k"), issued_at: 1000 };
        assert!(revoked.is_revoked("r", &token));
        assert!(!revoked.is_revoked("other", &token));
        assert!(!revoked.is_revoked("r", &Subject { issued_at: 2000, ..token }));
        assert!(!revoked.is_revoked("r", &Subject { grant: None, ..token }));
        for (kind, value) in [("jti", "j"), ("client", "c"), ("user", "u")] {
            let revoked = Revoked::default();
            revoked.add("r", kind, value, 1000, 5000);
            assert!(revoked.is_revoked("r", &token), "{kind}");
            revoked.forget_expired(5000);
            assert!(!revoked.is_revoked("r", &token), "{kind}");
        }
    }

    #[test]
    fn a_revoked_key_counts_for_no_time_at_all() {
        let revoked = Revoked::default();
        revoked.add("r", "key", "k", 1000, 5000);
        let token = Subject { jti: "j", grant: None, client: "c", user: "u", key: Some("k"), issued_at: i64::MAX };
        assert!(revoked.is_revoked("r", &token));
        assert!(!revoked.is_revoked("s", &token));
        assert!(!revoked.is_revoked("r", &Subject { key: Some("l"), ..token }));
        assert!(!revoked.is_revoked("r", &Subject { key: None, ..token }));
        assert!(revoked.is_key_revoked("r", "k") && !revoked.is_key_revoked("r", "l"));
    }
}
