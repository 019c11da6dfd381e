//! Tokens that were taken back before their end: the issuer's feed, followed in the background.
//!
//! `GET {issuer}/revocations?after=SEQ&wait=SECONDS` answers at once when there is something newer than `SEQ`, else when
//! there is, at the latest after the wait: `{"seq", "items": [{"kind", "value", "before", "expires"}], "reset"}`. A token is
//! revoked when an item names its id (`jti`), its grant (`grant`), its client (`client`) or its user (`user`) and it was
//! issued at `before` or earlier, to the millisecond ([`issued_at`](claviger_core::revocation::issued_at)); or when one names the key that signed it (`key`), whenever that was. An item is of no more
//! use after `expires`, when all tokens it means have ended; one that names a key is kept for ever.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use claviger_core::crypto::entropy::random_bytes;
use claviger_core::revocation::RevocationKind;
use serde::Deserialize;
use tokio::sync::watch;

use crate::issuer::{Credentials, Issuer, IssuerError};
use crate::{Caller, CallerKind, Clock};

/// How long the issuer may keep a question open.
const WAIT: Duration = Duration::from_secs(25);
/// After a failure, the first pause and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// An empty answer that comes sooner than this comes from a server that does not wait; it is not asked in a circle.
const TOO_QUICK: Duration = Duration::from_secs(1);
/// What ended is forgotten this often, milliseconds.
const SWEEP_EVERY_MS: i64 = 30_000;

#[derive(Debug, Deserialize)]
struct Item {
    /// See [`RevocationKind::name`].
    kind: String,
    value: String,
    /// Tokens issued at this time or earlier are meant, milliseconds since the epoch.
    before: i64,
    /// Milliseconds since the epoch.
    expires: i64,
}

#[derive(Debug, Deserialize)]
struct Page {
    seq: u64,
    #[serde(default)]
    items: Vec<Item>,
    /// The items are all there are: what was known before is to be forgotten.
    #[serde(default)]
    reset: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    before: i64,
    expires: i64,
}

/// What was forgotten because there was no room, together: the latest of each moment.
#[derive(Debug, Clone, Copy)]
struct Lost {
    before: i64,
    expires: i64,
}

/// What is known of a caller's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was taken back.
    Revoked,
    /// It was not.
    Good,
    /// One of the revocations that were forgotten may have meant it.
    Unknown,
}

/// One map for each kind, so that a look-up borrows what the caller says.
#[derive(Default)]
struct Index {
    tokens: HashMap<String, Entry>,
    grants: HashMap<String, Entry>,
    clients: HashMap<String, Entry>,
    users: HashMap<String, Entry>,
    /// Keys that are revoked, by id. They are few, and none is ever forgotten.
    keys: HashSet<String>,
    /// What there was no room for, until all tokens that it meant have ended.
    lost: Option<Lost>,
    /// When [`sweep`](Index::sweep) last did something, milliseconds since the epoch.
    swept: i64,
}

/// How far the feed was read, and when.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) seq: u64,
    pub(crate) at: Option<Duration>,
}

/// All revocations that are still of interest.
pub(crate) struct Revocations {
    index: RwLock<Index>,
    capacity: usize,
    clock: Arc<dyn Clock>,
    progress: watch::Sender<Progress>,
}

impl Revocations {
    pub(crate) fn new(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self { index: RwLock::default(), capacity, clock, progress: watch::Sender::default() }
    }

    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.len() + index.keys.len()
    }

    /// Whether what this key signed counts no more. Whoever has the key writes any time into a token, so no time counts.
    pub(crate) fn covers_key(&self, kid: &str) -> bool {
        self.index.read().unwrap_or_else(PoisonError::into_inner).keys.contains(kid)
    }

    /// Whether this caller's token was taken back.
    pub(crate) fn verdict(&self, caller: &Caller) -> Verdict {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        if index.len() == 0 && index.lost.is_none() {
            return Verdict::Good;
        }
        let issued = caller.issued_ms();
        // A client whose own token was exchanged by another one.
        let own = if caller.kind == CallerKind::Client { &caller.sub } else { &None };
        let revoked = [
            (&index.tokens, &caller.jti),
            (&index.grants, &caller.grant_id),
            (&index.clients, &caller.client_id),
            (&index.users, &caller.sub),
            (&index.clients, own),
        ]
        .into_iter()
        .filter_map(|(entries, value)| entries.get(value.as_ref()?))
        .any(|entry| issued <= entry.before);
        // What was forgotten means no token that ends later than it.
        let ends = caller.exp.map(|exp| exp.saturating_mul(1000));
        let is_meant = |lost: Lost| issued <= lost.before && ends.is_none_or(|ends| ends <= lost.expires);
        match (revoked, index.lost) {
            (true, _) => Verdict::Revoked,
            (false, Some(lost)) if is_meant(lost) => Verdict::Unknown,
            _ => Verdict::Good,
        }
    }

    fn apply(&self, page: Page) {
        let now = self.clock.now();
        {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            if page.reset {
                *index = Index::default();
            }
            for item in page.items {
                index.add(item, now);
            }
            index.sweep(now, self.capacity);
        }
        self.progress.send_replace(Progress { seq: page.seq, at: Some(self.clock.elapsed()) });
    }
}

impl Index {
    fn maps(&mut self) -> [&mut HashMap<String, Entry>; 4] {
        [&mut self.tokens, &mut self.grants, &mut self.clients, &mut self.users]
    }

    /// How many there are of those that can be forgotten.
    fn len(&self) -> usize {
        self.tokens.len() + self.grants.len() + self.clients.len() + self.users.len()
    }

    fn add(&mut self, item: Item, now: i64) {
        // A kind that only a newer server knows is passed over.
        let Some(kind) = RevocationKind::from_name(&item.kind) else { return };
        if item.expires <= now && kind != RevocationKind::Key {
            return;
        }
        let entries = match kind {
            RevocationKind::Jti => &mut self.tokens,
            RevocationKind::Grant => &mut self.grants,
            RevocationKind::Client => &mut self.clients,
            RevocationKind::User => &mut self.users,
            RevocationKind::Key => {
                self.keys.insert(item.value);
                return;
            }
        };
        // The newest word about a thing counts: a client that is resumed gets the tokens to come back.
        entries.insert(item.value, Entry { before: item.before, expires: item.expires });
    }

    /// Forgets what ended and, when there is more than fits, what ends soonest; of that it is remembered which tokens it can
    /// have meant.
    fn sweep(&mut self, now: i64, capacity: usize) {
        if self.len() <= capacity && now.saturating_sub(self.swept) < SWEEP_EVERY_MS {
            return;
        }
        self.swept = now;
        self.forget_until(now);
        self.lost = self.lost.filter(|lost| lost.expires > now);
        let surplus = self.len().saturating_sub(capacity);
        if surplus == 0 {
            return;
        }
        let mut ends: Vec<i64> =
            self.maps().into_iter().flat_map(|map| map.values()).map(|entry| entry.expires).collect();
        let (_, last, _) = ends.select_nth_unstable(surplus - 1);
        let last = *last;
        let forgotten = self.maps().into_iter().flat_map(|map| map.values()).filter(|entry| entry.expires <= last);
        let before = forgotten.map(|entry| entry.before).max().unwrap_or(i64::MAX);
        let old = self.lost.map_or(i64::MIN, |lost| lost.before);
        self.lost =
            Some(Lost { before: before.max(old), expires: last.max(self.lost.map_or(last, |lost| lost.expires)) });
        self.forget_until(last);
        tracing::error!(
            capacity,
            "more live revocations than the guard may keep; the tokens that those which end soonest may mean are asked about"
        );
    }

    fn forget_until(&mut self, end: i64) {
        for map in self.maps() {
            map.retain(|_, entry| entry.expires > end);
        }
    }
}

/// Reads the feed until the task is ended.
pub(crate) async fn follow(
    issuer: Arc<Issuer>,
    feed: String,
    credentials: Arc<Credentials>,
    revocations: Arc<Revocations>,
) {
    let mut after = 0;
    // The first question is answered at once, so that it is known soon whether the feed works.
    let mut wait = Duration::ZERO;
    let mut pause = FIRST_PAUSE;
    loop {
        let asked = revocations.clock.elapsed();
        match read(&issuer, &feed, &credentials, after, wait).await {
            Ok(page) => {
                let nothing = page.items.is_empty() && page.seq == after;
                after = page.seq;
                revocations.apply(page);
                let quick = revocations.clock.elapsed().saturating_sub(asked) < TOO_QUICK;
                if nothing && quick && wait > Duration::ZERO {
                    tokio::time::sleep(TOO_QUICK).await;
                }
                (wait, pause) = (WAIT, FIRST_PAUSE);
            }
            Err(error) => {
                tracing::warn!(issuer = %issuer.url, %error, "the revocation feed is cut; what is known stays");
                tokio::time::sleep(scattered(pause)).await;
                (wait, pause) = (Duration::ZERO, (pause * 2).min(LONGEST_PAUSE));
            }
        }
    }
}

async fn read(
    issuer: &Issuer,
    feed: &str,
    credentials: &Credentials,
    after: u64,
    wait: Duration,
) -> Result<Page, IssuerError> {
    let url = format!("{feed}?after={after}&wait={}", wait.as_secs());
    issuer.fetch_feed(credentials.sign(issuer.http.get(url)), wait).await
}

/// Between half of the pause and all of it, so that many APIs do not come back in the same moment.
fn scattered(pause: Duration) -> Duration {
    let [byte] = random_bytes::<1>();
    pause / 2 + pause / 2 * u32::from(byte) / 255
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use serde_json::json;

    use super::*;

    struct TestClock(AtomicI64);

    impl Clock for TestClock {
        fn now(&self) -> i64 {
            self.0.load(Ordering::SeqCst)
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn revocations(capacity: usize) -> (Arc<TestClock>, Revocations) {
        let clock = Arc::new(TestClock(AtomicI64::new(1_000_000)));
        (Arc::clone(&clock), Revocations::new(clock, capacity))
    }

    fn page(value: serde_json::Value) -> Page {
        serde_json::from_value(value).unwrap()
    }

    fn caller(iat: i64) -> Caller {
        let claims = json!({"sub": "maria", "client_id": "app", "jti": "t1", "gid": "g1", "iat": iat});
        Caller::from_claims(claims.as_object().unwrap().clone())
    }

    #[test]
    fn each_kind_covers_tokens_issued_until_then() {
        for (kind, value) in [("jti", "t1"), ("grant", "g1"), ("client", "app"), ("user", "maria")] {
            let (_, revocations) = revocations(10);
            let item = json!({"kind": kind, "value": value, "before": 900_500, "expires": 2_000_000});
            revocations.apply(page(json!({"seq": 1, "items": [item], "reset": false})));
            assert_eq!(Verdict::Revoked, revocations.verdict(&caller(900)), "{kind}: 900,000 ms is before 900,500");
            assert_ne!(Verdict::Revoked, revocations.verdict(&caller(901)), "{kind}: issued afterwards");
        }
    }

    /// A client that was suspended and resumed within one second: its tokens of before stay dead, those of after are good.
    #[test]
    fn within_one_second_the_millisecond_decides() {
        let (_, revocations) = revocations(10);
        let item = json!({"kind": "client", "value": "app", "before": 1_700_000_000_122_i64, "expires": 1_800_000_000_000_i64});
        revocations.apply(page(json!({"seq": 1, "items": [item]})));
        let mut caller = caller(1_700_000_000);
        for (jti, expected) in [
            ("018bcfe5687a7000800000000000000a", Verdict::Revoked),
            ("018bcfe5687b7000800000000000000a", Verdict::Good),
            ("of another kind", Verdict::Revoked),
        ] {
            caller.jti = Some(jti.to_owned());
            assert_eq!(revocations.verdict(&caller), expected, "{jti}");
        }
    }

    #[test]
    fn a_key_that_is_revoked_stays_so_whatever_else_is_forgotten() {
        let (clock, revocations) = revocations(10);
        let key = json!({"kind": "key", "value": "k1", "before": 1, "expires": 1_500_000});
        revocations.apply(page(json!({"seq": 1, "items": [key]})));
        let items: Vec<_> = (0..50)
            .map(|n| json!({"kind": "jti", "value": format!("t{n}"), "before": 1, "expires": 2_000_000 + n}))
            .collect();
        revocations.apply(page(json!({"seq": 2, "items": items})));
        assert_eq!(revocations.len(), 11);
        clock.0.store(9_000_000_000_000, Ordering::SeqCst);
        revocations.apply(page(json!({"seq": 3})));
        assert_eq!(revocations.len(), 1);
        assert!(revocations.covers_key("k1") && !revocations.covers_key("k2"));
    }

    #[test]
    fn a_value_counts_for_its_own_kind_only() {
        let (_, revocations) = revocations(10);
        let item = json!({"kind": "jti", "value": "maria", "before": 1_000_000, "expires": 2_000_000});
        let newer = json!({"kind": "planet", "value": "maria", "before": 1_000_000, "expires": 2_000_000});
        revocations.apply(page(json!({"seq": 1, "items": [item, newer]})));
        assert_ne!(Verdict::Revoked, revocations.verdict(&caller(1)));
        assert_eq!(revocations.len(), 1, "a kind that is not known here is passed over");
    }

    #[test]
    fn a_token_without_iat_is_covered_by_any() {
        let (_, revocations) = revocations(10);
        let item = json!({"kind": "user", "value": "maria", "before": 1, "expires": 2_000_000});
        revocations.apply(page(json!({"seq": 1, "items": [item]})));
        let mut caller = caller(900);
        assert_ne!(Verdict::Revoked, revocations.verdict(&caller));
        caller.iat = None;
        assert_eq!(Verdict::Revoked, revocations.verdict(&caller));
    }

    #[test]
    fn a_clients_own_token_that_another_exchanged_ends_with_that_client() {
        let (_, revocations) = revocations(10);
        let item = json!({"kind": "client", "value": "web", "before": 1_000_000, "expires": 2_000_000});
        revocations.apply(page(json!({"seq": 1, "items": [item]})));
        for (kind, expected) in [("client", Verdict::Revoked), ("user", Verdict::Good)] {
            let claims = json!({"sub": "web", "sub_type": kind, "client_id": "backend", "jti": "t1", "iat": 900});
            assert_eq!(
                expected,
                revocations.verdict(&Caller::from_claims(claims.as_object().unwrap().clone())),
                "{kind}"
            );
        }
    }

    #[test]
    fn the_latest_item_about_a_thing_is_what_counts() {
        let (_, revocations) = revocations(10);
        let wide = json!({"kind": "user", "value": "maria", "before": 950_000, "expires": 2_000_000});
        let narrow = json!({"kind": "user", "value": "maria", "before": 10, "expires": 1_500_000});
        revocations.apply(page(json!({"seq": 1, "items": [narrow, wide]})));
        assert_eq!(Verdict::Revoked, revocations.verdict(&caller(900)));
        // Somebody who was stopped goes on: what they are given from then on is good.
        revocations.apply(page(json!({"seq": 2, "items": [narrow]})));
        assert_ne!(Verdict::Revoked, revocations.verdict(&caller(900)));
    }

    #[test]
    fn what_ended_is_forgotten_and_what_ended_before_is_not_kept() {
        let (clock, revocations) = revocations(10);
        let item = |n: i64| json!({"kind": "jti", "value": n.to_string(), "before": 0, "expires": n});
        revocations.apply(page(json!({"seq": 1, "items": [item(999_999), item(1_100_000), item(1_300_000)]})));
        assert_eq!(revocations.len(), 2);
        clock.0.store(1_200_000, Ordering::SeqCst);
        revocations.apply(page(json!({"seq": 1})));
        assert_eq!(revocations.len(), 1);
    }

    #[test]
    fn memory_is_bounded_and_what_lasts_longest_stays_and_the_rest_is_not_taken_for_good() {
        let (clock, revocations) = revocations(10);
        let items: Vec<_> = (0..50)
            .map(|n| json!({"kind": "jti", "value": format!("t{n}"), "before": 1_000_000, "expires": 2_000_000 + n}))
            .collect();
        revocations.apply(page(json!({"seq": 1, "items": items})));
        assert_eq!(revocations.len(), 10);
        let mut last = caller(900);
        last.jti = Some("t49".to_owned());
        assert_eq!(Verdict::Revoked, revocations.verdict(&last));
        // t39 is the last one that was forgotten: it means tokens that end at 2,000,039 ms or sooner.
        let mut other = caller(900);
        for (jti, iat, exp, expected) in [
            ("t7", 900, 2_000, Verdict::Unknown),
            ("never revoked", 1_000, 2_000, Verdict::Unknown),
            ("issued later", 1_001, 2_000, Verdict::Good),
            ("ends later", 900, 2_001, Verdict::Good),
        ] {
            (other.jti, other.iat, other.exp) = (Some(jti.to_owned()), Some(iat), Some(exp));
            assert_eq!(revocations.verdict(&other), expected, "{jti}");
        }
        other.exp = None;
        assert_eq!(revocations.verdict(&other), Verdict::Unknown, "without an end it may be meant");
        clock.0.store(2_000_039, Ordering::SeqCst);
        revocations.apply(page(json!({"seq": 2})));
        assert_eq!(revocations.verdict(&other), Verdict::Good, "all that were meant have ended");
    }

    #[test]
    fn a_reset_replaces_everything() {
        let (_, revocations) = revocations(10);
        let item = |value: &str| json!({"kind": "user", "value": value, "before": 1_000_000, "expires": 2_000_000});
        revocations.apply(page(json!({"seq": 7, "items": [item("maria")]})));
        revocations.apply(page(json!({"seq": 2, "items": [item("pedro")], "reset": true})));
        assert_ne!(Verdict::Revoked, revocations.verdict(&caller(900)));
        assert_eq!((revocations.len(), revocations.progress().borrow().seq), (1, 2));
    }
}
