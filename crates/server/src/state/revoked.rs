//! What has been revoked and is not yet expired, in memory: a signed token is checked against it without a round trip.
//!
//! The table `revocation` is the truth; this follows it by sequence number, whoever wrote it. Waiters are woken when
//! something is added: the feed for APIs hangs on that.
//!
//! Memory is bounded: where there are more revocations than are kept, those that come last stay in the table only, and a
//! token of their realm that one of them might mean is looked up there ([`Verdict::Unknown`]). Signing keys that are revoked
//! are few: all of them are kept, beside that bound and for ever.

use claviger_core::revocation::RevocationKind;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy)]
struct Entry {
    before: i64,
    expires: i64,
}

/// How many revocations are kept in memory; about 100 bytes each.
const MOST: usize = 500_000;

/// A realm's revocations.
#[derive(Debug, Default)]
struct OfRealm {
    /// By kind and value.
    kept: HashMap<RevocationKind, HashMap<String, Entry>>,
    /// What there was no room for, together: the latest of each moment.
    only_stored: Option<Entry>,
    /// Signing keys that are revoked, by id.
    keys: HashSet<String>,
}

#[derive(Debug, Default)]
struct Known {
    realms: HashMap<String, OfRealm>,
    count: usize,
}

/// All revocations that still matter.
#[derive(Debug)]
pub(crate) struct Revoked {
    known: RwLock<Known>,
    most: usize,
    last_seq: watch::Sender<i64>,
}

impl Default for Revoked {
    fn default() -> Self {
        Self { known: RwLock::default(), most: MOST, last_seq: watch::Sender::new(0) }
    }
}

/// What is known of a token here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was taken back.
    Revoked,
    /// It was not.
    Good,
    /// Only the table says: see [`claviger_store::Store::is_revoked`].
    Unknown,
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
    /// When it was made, in milliseconds; see [`claviger_core::revocation::issued_at`].
    pub(crate) issued_at: i64,
}

impl Revoked {
    /// Adds one, in place of what was known of the same kind and value: a client that is suspended loses the tokens to come
    /// as well, and gets those back when it is resumed. `before`: tokens made up to then (milliseconds) are meant,
    /// `expires`: when the last of them is over. Neither counts for a signing key.
    pub(crate) fn add(&self, realm: &str, kind: RevocationKind, value: &str, before: i64, expires: i64) {
        let new = Entry { before, expires };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Known { realms, count } = &mut *known;
        let of_realm = realms.entry(realm.to_owned()).or_default();
        if kind == RevocationKind::Key {
            of_realm.keys.insert(value.to_owned());
            return;
        }
        let values = of_realm.kept.entry(kind).or_default();
        if let Some(entry) = values.get_mut(value) {
            *entry = new;
        } else if *count < self.most {
            values.insert(value.to_owned(), new);
            *count += 1;
        } else {
            let rest = of_realm.only_stored.get_or_insert_with(|| {
                tracing::warn!(
                    realm,
                    most = self.most,
                    "more revocations than are kept in memory; the rest is looked up"
                );
                new
            });
            rest.before = rest.before.max(before);
            rest.expires = rest.expires.max(expires);
        }
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
    pub(crate) fn verdict(&self, realm: &str, token: &Subject<'_>) -> Verdict {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some(of_realm) = known.realms.get(realm) else { return Verdict::Good };
        // Whoever has the key writes any time into a token.
        if token.key.is_some_and(|kid| of_realm.keys.contains(kid)) {
            return Verdict::Revoked;
        }
        let is_meant = |entry: &Entry| token.issued_at <= entry.before;
        let hit =
            |kind: RevocationKind, value: &str| of_realm.kept.get(&kind)?.get(value).filter(|entry| is_meant(entry));
        let found = hit(RevocationKind::Jti, token.jti)
            .or_else(|| hit(RevocationKind::Grant, token.grant?))
            .or_else(|| hit(RevocationKind::Client, token.client))
            .or_else(|| hit(RevocationKind::User, token.user));
        match found {
            Some(_) => Verdict::Revoked,
            None if of_realm.only_stored.as_ref().is_some_and(is_meant) => Verdict::Unknown,
            None => Verdict::Good,
        }
    }

    /// Whether what this key signed counts no more, whenever that was.
    pub(crate) fn is_key_revoked(&self, realm: &str, kid: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.realms.get(realm).is_some_and(|of_realm| of_realm.keys.contains(kid))
    }

    /// Forgets what no living token can meet any more.
    pub(crate) fn forget_expired(&self, now: i64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Known { realms, count } = &mut *known;
        *count = 0;
        for of_realm in realms.values_mut() {
            for values in of_realm.kept.values_mut() {
                values.retain(|_, entry| entry.expires > now);
                *count += values.len();
            }
            of_realm.only_stored = of_realm.only_stored.filter(|entry| entry.expires > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_met_by_any_of_its_names_if_it_is_old_enough() {
        let revoked = Revoked::default();
        revoked.add("r", RevocationKind::Grant, "g", 1000, 5000);
        let token = Subject { jti: "j", grant: Some("g"), client: "c", user: "u", key: Some("k"), issued_at: 1000 };
        assert_eq!(revoked.verdict("r", &token), Verdict::Revoked);
        assert_eq!(revoked.verdict("other", &token), Verdict::Good);
        assert_eq!(revoked.verdict("r", &Subject { issued_at: 2000, ..token }), Verdict::Good);
        assert_eq!(revoked.verdict("r", &Subject { grant: None, ..token }), Verdict::Good);
        for (kind, value) in [(RevocationKind::Jti, "j"), (RevocationKind::Client, "c"), (RevocationKind::User, "u")] {
            let revoked = Revoked::default();
            revoked.add("r", kind, value, 1000, 5000);
            assert_eq!(revoked.verdict("r", &token), Verdict::Revoked, "{kind:?}");
            revoked.forget_expired(5000);
            assert_eq!(revoked.verdict("r", &token), Verdict::Good, "{kind:?}");
        }
    }

    #[test]
    fn memory_is_bounded_and_what_does_not_fit_is_looked_up() {
        let revoked = Revoked { most: 10, ..Revoked::default() };
        for n in 0..50 {
            revoked.add("r", RevocationKind::Jti, &format!("t{n}"), 1000 + n, 5000 + n);
        }
        let kept = |revoked: &Revoked| revoked.known.read().unwrap().realms["r"].kept[&RevocationKind::Jti].len();
        assert_eq!((kept(&revoked), revoked.known.read().unwrap().count), (10, 10));
        let token = |jti, issued_at| Subject { jti, grant: None, client: "c", user: "c", key: None, issued_at };
        assert_eq!(revoked.verdict("r", &token("t3", 900)), Verdict::Revoked);
        assert_eq!(revoked.verdict("r", &token("t30", 900)), Verdict::Unknown);
        assert_eq!(revoked.verdict("r", &token("never revoked", 1049)), Verdict::Unknown);
        assert_eq!(revoked.verdict("r", &token("issued later", 1050)), Verdict::Good);
        assert_eq!(revoked.verdict("another realm", &token("t30", 900)), Verdict::Good);
        // What is kept is brought up to date all the same, and when it ends there is room again.
        revoked.add("r", RevocationKind::Jti, "t3", 0, 5003);
        assert_eq!(revoked.verdict("r", &token("t3", 1050)), Verdict::Good);
        revoked.forget_expired(5049);
        revoked.add("r", RevocationKind::Jti, "new", 2000, 6000);
        assert_eq!(revoked.verdict("r", &token("new", 2000)), Verdict::Revoked);
        assert_eq!(revoked.verdict("r", &token("t30", 900)), Verdict::Good, "all of these have expired");
    }

    #[test]
    fn a_revoked_key_counts_for_no_time_at_all_and_is_kept_beside_the_bound() {
        let revoked = Revoked { most: 0, ..Revoked::default() };
        revoked.add("r", RevocationKind::Key, "k", 1000, 5000);
        let token = Subject { jti: "j", grant: None, client: "c", user: "u", key: Some("k"), issued_at: i64::MAX };
        for _ in 0..2 {
            assert_eq!(revoked.verdict("r", &token), Verdict::Revoked);
            assert_eq!(revoked.verdict("s", &token), Verdict::Good);
            assert_eq!(revoked.verdict("r", &Subject { key: Some("l"), ..token }), Verdict::Good);
            assert_eq!(revoked.verdict("r", &Subject { key: None, ..token }), Verdict::Good);
            assert!(revoked.is_key_revoked("r", "k") && !revoked.is_key_revoked("r", "l"));
            revoked.forget_expired(i64::MAX);
        }
    }
}
