//! What servers on one database tell one another about failed guesses.
//!
//! Four times a second ([`crate::jobs::share`]) each server adds what failed since to the subjects' rows and takes over the sums, and then reads
//! what the others told meanwhile ([`Brakes::sync`]). A row holds the failures of all, so a server replaces its own count
//! by the row's, plus what it has not told yet: nothing counts twice. A success begins again at none, for all.
//!
//! Attempts are decided without waiting for any of this. With n servers a guesser gets n times the free attempts in the
//! first quarter of a second, and then pays for all of them.

use super::{Brakes, Kind, MOST, Subject, Table};
use claviger_store::{Failures, Fault, NewFailures, Store};
use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;

/// How many subjects are told at once; the rest a moment later.
const AT_ONCE: usize = 256;

/// Who tells takes a moment to commit: so many milliseconds are read again each time.
const OVERLAP: i64 = 5_000;

/// For how many milliseconds it is known that a subject was forgiven: until everybody has heard.
const FORGIVEN: i64 = 60_000;

/// How many are read at once at the start.
const PAGE: i64 = 1_000;

/// What was seen of a subject and not told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Untold {
    /// There was a success; the failures came after it.
    forgiven: bool,
    failures: u32,
    last: i64,
}

impl Untold {
    pub(super) const fn forgiven(at: i64) -> Self {
        Self { forgiven: true, failures: 0, last: at }
    }

    pub(super) const fn failed(at: i64) -> Self {
        Self { forgiven: false, failures: 1, last: at }
    }

    /// This, and then `later`.
    fn then(self, later: Self) -> Self {
        if later.forgiven {
            return later;
        }
        Self { failures: self.failures.saturating_add(later.failures), last: self.last.max(later.last), ..self }
    }
}

impl Table {
    /// Keeps what happened until it is told.
    pub(super) fn remember(&mut self, key: [u8; 16], news: Untold) {
        let Some(untold) = &mut self.untold else { return };
        let is_full = untold.len() >= MOST / 2;
        match untold.entry(key) {
            Entry::Occupied(mut known) => *known.get_mut() = known.get().then(news),
            Entry::Vacant(place) if !is_full => {
                place.insert(news);
            }
            // Nobody has listened for very long.
            Entry::Vacant(_) => {}
        }
    }

    /// What is to be told next. Whoever takes it tells it, or puts it back.
    fn take_untold(&mut self, most: usize) -> Vec<([u8; 16], Untold)> {
        let Some(untold) = &mut self.untold else { return Vec::new() };
        let keys: Vec<_> = untold.keys().take(most).copied().collect();
        keys.into_iter().filter_map(|key| untold.remove_entry(&key)).collect()
    }

    fn put_back(&mut self, key: [u8; 16], earlier: Untold) {
        if let Some(untold) = &mut self.untold {
            let later = untold.remove(&key);
            untold.insert(key, later.map_or(earlier, |later| earlier.then(later)));
        }
    }

    /// What all servers together know replaces what was counted here; what was not told comes on top.
    fn hear(&mut self, key: [u8; 16], sum: u32, last_failure: i64) {
        let untold = self.untold.as_ref().and_then(|untold| untold.get(&key)).copied();
        let failures = match untold {
            Some(Untold { forgiven: true, failures, .. }) => failures,
            Some(Untold { failures, .. }) => sum.saturating_add(failures),
            None => sum,
        };
        let is_known = self.young.contains_key(&key) || self.old.contains_key(&key);
        if failures == 0 && !is_known {
            return;
        }
        let entry = self.entry(key);
        entry.failures = failures;
        entry.last_failure = entry.last_failure.max(last_failure);
        entry.wake_next();
    }
}

impl Brakes {
    /// Takes over what is known to the other servers, or was to this one before it was started again.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn load(&self, store: &Store, now: i64) -> Result<(), Fault> {
        let (_, time) = store.failures_since(i64::MAX).await?;
        let mut after = Vec::new();
        for _ in 0..=MOST / 1_000 {
            let page = store.failures_after(&after, now, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.subject);
            self.hear(&page);
        }
        self.heard_until.store(time, Ordering::Relaxed);
        Ok(())
    }

    /// Tells the other servers what failed here at `now` or before, and hears what they told.
    ///
    /// # Errors
    /// The database fails; what was to be told is told the next time. Where only the answer was lost, it then counts
    /// twice: a guesser waits longer.
    pub async fn sync(&self, store: &Store, now: i64) -> Result<(), Fault> {
        let news = self.take_untold();
        if !news.is_empty() {
            let told =
                news.iter().map(|(subject, untold)| subject.told(self.policy(*subject).window(), *untold)).collect();
            match store.tell_failures(told, now).await {
                Ok(sums) => self.hear(&sums),
                Err(fault) => {
                    for (subject, untold) in news {
                        self.table(subject).put_back(subject.key, untold);
                    }
                    return Err(fault);
                }
            }
        }
        let since = self.heard_until.load(Ordering::Relaxed);
        let (heard, time) = store.failures_since(since.saturating_sub(OVERLAP)).await?;
        self.hear(&heard);
        self.heard_until.store(time, Ordering::Relaxed);
        Ok(())
    }

    fn take_untold(&self) -> Vec<(Subject, Untold)> {
        let mut news = Vec::new();
        for kind in [Kind::Known, Kind::Address, Kind::Total] {
            let taken = self.table_of(kind).take_untold(AT_ONCE - news.len().min(AT_ONCE));
            news.extend(taken.into_iter().map(|(key, untold)| (Subject { kind, key }, untold)));
        }
        news
    }

    fn hear(&self, all: &[Failures]) {
        for one in all {
            // What only a newer program knows is not for this one.
            if let Some(subject) = Subject::from_bytes(&one.subject) {
                self.table(subject).hear(subject.key, one.failures, one.last_failure);
            }
        }
    }
}

impl Subject {
    /// `window`: for how many milliseconds failures are remembered.
    fn told(self, window: i64, untold: Untold) -> NewFailures {
        let Untold { forgiven, failures, last } = untold;
        let known_for = if failures > 0 { window + 1 } else { FORGIVEN };
        let expires_at = last.saturating_add(known_for);
        NewFailures { subject: self.to_bytes(), forgiven, failures, last_failure: last, expires_at }
    }

    fn to_bytes(self) -> Vec<u8> {
        let kind = match self.kind {
            Kind::Known | Kind::Factor => 1,
            Kind::Unknown => 2,
            Kind::Address => 3,
            Kind::Total => 4,
            Kind::UnknownTotal => 5,
        };
        [&[kind], self.key.as_slice()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, key) = bytes.split_first()?;
        let kind = match kind {
            1 => Kind::Known,
            3 => Kind::Address,
            4 => Kind::Total,
            _ => return None,
        };
        Some(Self { kind, key: key.try_into().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_store::Options;

    const NOW: i64 = 1_700_000_000_000;

    async fn fail(brakes: &Brakes, subject: &Subject, times: u32, now: i64) {
        for _ in 0..times {
            drop(brakes.start(subject, now).await.unwrap());
        }
    }

    async fn is_braked(brakes: &Brakes, subject: &Subject, now: i64) -> bool {
        brakes.start(subject, now).await.map(super::super::Attempt::undecided).is_err()
    }

    fn two() -> (Store, Brakes, Brakes, Subject) {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        (store, Brakes::default(), Brakes::default(), Subject::user("r", "u"))
    }

    #[tokio::test]
    async fn failures_of_two_servers_add_up_and_nothing_counts_twice() {
        let (store, here, there, user) = two();
        fail(&here, &user, 3, NOW).await;
        fail(&there, &user, 1, NOW).await;
        for _ in 0..3 {
            here.sync(&store, NOW).await.unwrap();
            there.sync(&store, NOW).await.unwrap();
        }
        for server in [&here, &there] {
            assert!(!is_braked(server, &user, NOW).await, "four are free");
        }
        // The fifth, which the other server does not know yet.
        fail(&here, &user, 1, NOW).await;
        assert!(is_braked(&here, &user, NOW).await && !is_braked(&there, &user, NOW).await);
        here.sync(&store, NOW).await.unwrap();
        there.sync(&store, NOW).await.unwrap();
        assert!(is_braked(&there, &user, NOW).await);
        assert_eq!(there.start(&user, NOW).await.unwrap_err(), 1, "a pause of one second, not of many");
        assert!(!is_braked(&there, &user, NOW + 1000).await);
        assert!(!is_braked(&there, &Subject::user("r", "other"), NOW).await);
    }

    #[tokio::test]
    async fn a_success_forgives_everywhere() {
        let (store, here, there, user) = two();
        fail(&here, &user, 5, NOW).await;
        here.sync(&store, NOW).await.unwrap();
        there.sync(&store, NOW).await.unwrap();
        let later = NOW + 2000;
        there.start(&user, later).await.unwrap().succeeded();
        // What is read again meanwhile brings nothing back.
        there.hear(&store.failures_since(0).await.unwrap().0);
        fail(&there, &user, 4, later).await;
        there.sync(&store, later).await.unwrap();
        here.sync(&store, later).await.unwrap();
        for server in [&here, &there] {
            fail(server, &user, 1, later).await;
            assert!(is_braked(server, &user, later).await, "four after the success, and this one");
        }
    }

    #[tokio::test]
    async fn a_restart_forgets_nothing() {
        let (store, here, there, user) = two();
        let address = Subject::address("192.0.2.7".parse().unwrap()).unwrap();
        fail(&here, &user, 5, NOW).await;
        fail(&here, &address, 200, NOW).await;
        here.sync(&store, NOW).await.unwrap();
        there.load(&store, NOW).await.unwrap();
        assert!(is_braked(&there, &user, NOW).await && is_braked(&there, &address, NOW).await);
        let late = Brakes::default();
        let later = NOW + 900_002;
        late.load(&store, later).await.unwrap();
        assert!(!is_braked(&late, &user, later).await, "what would be forgotten is not brought back");
    }

    #[tokio::test]
    async fn many_subjects_are_told_bit_by_bit_and_invented_names_not_at_all() {
        let (store, here, there, _) = two();
        let users: Vec<_> = (0..AT_ONCE + 10).map(|n| Subject::user("r", &n.to_string())).collect();
        for user in &users {
            fail(&here, user, 5, NOW).await;
        }
        let invented = Subject::unknown_user("r", "nobody");
        fail(&here, &invented, 5, NOW).await;
        here.sync(&store, NOW).await.unwrap();
        assert_eq!(store.failures_since(0).await.unwrap().0.len(), AT_ONCE);
        here.sync(&store, NOW).await.unwrap();
        there.sync(&store, NOW).await.unwrap();
        for user in &users {
            assert!(is_braked(&there, user, NOW).await);
        }
        assert!(!is_braked(&there, &invented, NOW).await);
    }

    #[tokio::test]
    async fn what_could_not_be_told_is_told_later() {
        let (store, here, there, user) = two();
        fail(&here, &user, 2, NOW).await;
        let untold = here.take_untold();
        fail(&here, &user, 3, NOW).await;
        for (subject, news) in untold {
            here.table(subject).put_back(subject.key, news);
        }
        here.sync(&store, NOW).await.unwrap();
        there.sync(&store, NOW).await.unwrap();
        assert!(is_braked(&there, &user, NOW).await);
        let (failed, forgiven) = (Untold::failed(NOW), Untold::forgiven(NOW + 1));
        assert_eq!(failed.then(failed).then(forgiven), forgiven);
        assert_eq!(forgiven.then(failed), Untold { failures: 1, ..forgiven });
    }
}
