//! How often apps called the token endpoint in the minute under way, where their vendor limits that.
//!
//! A minute is one of the clock's. Each server counts what it lets through, and tells the others four times a second
//! ([`crate::jobs::share`]), by rows of the table that failed guesses are shared by. It decides by what all together are known to
//! have let through, without waiting for anybody: with n servers an app may make as many calls beyond its limit as the others let
//! through within the half second until they hear of it, and never more than n times the limit. An app without a limit is not counted.

use crate::http::trace::Left;
use claviger_core::crypto::sha256;
use claviger_store::{Failures, Fault, NewFailures, Store};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// Of how many apps is counted at once; when there are more, what is of an earlier minute is forgotten, and while nothing is, further
/// apps are not limited.
const MOST: usize = 100_000;

/// How many apps are told of at once.
const AT_ONCE: usize = 256;

/// Who tells takes a moment to commit: so many milliseconds are read again each time.
const OVERLAP: i64 = 5_000;

/// The first byte of a row's key: none of those that failed guesses have.
const KIND: u8 = 6;

type Key = [u8; 16];

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    windows: Mutex<HashMap<Key, Window>>,
    /// Up to when, by the database's clock, other servers were heard; 0: nobody was.
    heard_until: AtomicI64,
}

/// A minute of one app.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// Which, in minutes since the epoch.
    minute: i64,
    /// What all servers are known to have let through.
    shared: u32,
    /// What this one did beside that.
    untold: u32,
    /// Of which it is telling now.
    telling: u32,
}

impl Window {
    const fn count(self) -> u32 {
        self.shared.saturating_add(self.untold).saturating_add(self.telling)
    }
}

impl Limits {
    /// What is left of an app's limit at `now`, without counting a call.
    pub(crate) fn left(&self, app: (&str, &str), limit: u32, now: i64) -> Left {
        let window = self.windows().get(&key(app)).copied().unwrap_or_default();
        let count = if window.minute == now.div_euclid(MINUTE) { window.count() } else { 0 };
        left(limit, count, now)
    }

    /// Counts a call.
    ///
    /// # Errors
    /// There were as many as there may be: nothing is left.
    pub(crate) fn take(&self, app: (&str, &str), limit: u32, now: i64) -> Result<Left, Left> {
        let (key, minute) = (key(app), now.div_euclid(MINUTE));
        let mut windows = self.windows();
        if windows.len() >= MOST && !windows.contains_key(&key) {
            windows.retain(|_, window| window.minute >= minute);
            if windows.len() >= MOST {
                return Ok(left(limit, 0, now));
            }
        }
        let window = windows.entry(key).or_default();
        if window.minute != minute {
            *window = Window { minute, ..Window::default() };
        }
        if window.count() >= limit {
            return Err(left(limit, limit, now));
        }
        window.untold += 1;
        Ok(left(limit, window.count(), now))
    }

    /// Tells the other servers what was let through here, and hears what they let through. Where no app is limited, nothing is done.
    ///
    /// # Errors
    /// The database fails; what was to be told is told the next time. Where only the answer was lost, it then counts twice.
    pub(crate) async fn sync(&self, store: &Store, now: i64) -> Result<(), Fault> {
        let minute = now.div_euclid(MINUTE);
        let (is_used, news) = self.take_untold(minute);
        if !is_used {
            self.heard_until.store(0, Ordering::Relaxed);
            return Ok(());
        }
        if !news.is_empty() {
            let told = news.iter().map(|(key, window)| told(*key, *window, now)).collect();
            match store.tell_failures(told, now).await {
                Ok(sums) => self.hear(&sums, minute, true),
                Err(fault) => {
                    self.put_back(&news);
                    return Err(fault);
                }
            }
        }
        let since = match self.heard_until.load(Ordering::Relaxed) {
            0 => store.failures_since(i64::MAX).await?.1.saturating_sub(MINUTE),
            until => until.saturating_sub(OVERLAP),
        };
        let (heard, time) = store.failures_since(since).await?;
        self.hear(&heard, minute, false);
        self.heard_until.store(time, Ordering::Relaxed);
        Ok(())
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Key, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any app is limited that called lately, and what is to be told. Forgets what is over.
    fn take_untold(&self, minute: i64) -> (bool, Vec<(Key, Window)>) {
        let mut windows = self.windows();
        windows.retain(|_, window| window.minute >= minute - 1);
        let mut news = Vec::new();
        for (key, window) in windows.iter_mut().filter(|(_, window)| window.untold > 0).take(AT_ONCE) {
            window.telling += std::mem::take(&mut window.untold);
            news.push((*key, *window));
        }
        (!windows.is_empty(), news)
    }

    fn put_back(&self, news: &[(Key, Window)]) {
        let mut windows = self.windows();
        for (key, told) in news {
            if let Some(window) = windows.get_mut(key).filter(|window| window.minute == told.minute) {
                window.untold += std::mem::take(&mut window.telling);
            }
        }
    }

    /// Takes over what all servers together let through; `told`: what was being told here is in it.
    fn hear(&self, all: &[Failures], minute: i64, told: bool) {
        let mut windows = self.windows();
        for one in all {
            let Some((key, of)) = read(&one.subject).filter(|(_, of)| *of >= minute - 1) else { continue };
            if windows.len() >= MOST && !windows.contains_key(&key) {
                continue;
            }
            let window = windows.entry(key).or_insert(Window { minute: of, ..Window::default() });
            if window.minute < of {
                *window = Window { minute: of, ..Window::default() };
            }
            if window.minute == of {
                window.shared = window.shared.max(one.failures);
                if told {
                    window.telling = 0;
                }
            }
        }
    }
}

fn key((realm, client): (&str, &str)) -> Key {
    let hash = sha256([realm.as_bytes(), client.as_bytes()].join(&0).as_slice());
    hash.first_chunk().copied().unwrap_or_default()
}

fn left(limit: u32, count: u32, now: i64) -> Left {
    let seconds = (MINUTE - now.rem_euclid(MINUTE) + 999) / 1000;
    Left { limit, calls: limit.saturating_sub(count), seconds }
}

/// A row has a minute in its key, so that the sums of two minutes are never one.
fn told(key: Key, window: Window, now: i64) -> NewFailures {
    let subject = [&[KIND], key.as_slice(), &window.minute.to_be_bytes()].concat();
    let expires_at = (window.minute + 2) * MINUTE;
    NewFailures { subject, forgiven: false, failures: window.telling, last_failure: now, expires_at }
}

fn read(subject: &[u8]) -> Option<(Key, i64)> {
    let rest = subject.strip_prefix(&[KIND])?;
    let (key, minute) = rest.split_first_chunk::<16>()?;
    Some((*key, i64::from_be_bytes(minute.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_store::Options;

    const NOW: i64 = 1_800_000_000_000;
    const APP: (&str, &str) = ("r", "app");

    fn take(limits: &Limits, times: u32, now: i64) -> u32 {
        (0..times).filter(|_| limits.take(APP, 10, now).is_ok()).count().try_into().unwrap()
    }

    #[test]
    fn a_minute_has_so_many_and_the_next_has_as_many_again() {
        let limits = Limits::default();
        assert_eq!(limits.take(APP, 10, NOW), Ok(Left { limit: 10, calls: 9, seconds: 60 }));
        assert_eq!(take(&limits, 20, NOW + 59_001), 9);
        assert_eq!(limits.take(APP, 10, NOW + 59_001), Err(Left { limit: 10, calls: 0, seconds: 1 }));
        assert_eq!(limits.left(APP, 10, NOW + 59_001).calls, 0);
        assert_eq!(limits.left(("r", "other"), 10, NOW).calls, 10);
        assert_eq!(take(&limits, 20, NOW + MINUTE), 10);
        assert_eq!(take(&limits, 20, NOW), 10, "a clock that was set back begins its minute anew");
    }

    #[tokio::test]
    async fn two_servers_have_one_limit_and_a_restart_forgets_nothing() {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let (here, there) = (Limits::default(), Limits::default());
        assert_eq!((take(&here, 4, NOW), take(&there, 3, NOW)), (4, 3));
        for _ in 0..2 {
            here.sync(&store, NOW).await.unwrap();
            there.sync(&store, NOW).await.unwrap();
        }
        here.sync(&store, NOW).await.unwrap();
        assert_eq!((here.left(APP, 10, NOW).calls, there.left(APP, 10, NOW).calls), (3, 3));
        assert_eq!(take(&there, 20, NOW), 3);
        there.sync(&store, NOW).await.unwrap();
        here.sync(&store, NOW).await.unwrap();
        assert_eq!(take(&here, 20, NOW), 0);
        let started_again = Limits::default();
        assert_eq!(take(&started_again, 1, NOW), 1, "nobody has told it yet");
        started_again.sync(&store, NOW).await.unwrap();
        assert_eq!(take(&started_again, 20, NOW), 0);
    }

    #[tokio::test]
    async fn without_limited_apps_nothing_is_told_or_read() {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let limits = Limits::default();
        limits.sync(&store, NOW).await.unwrap();
        assert_eq!(limits.heard_until.load(Ordering::Relaxed), 0);
        take(&limits, 1, NOW);
        limits.sync(&store, NOW).await.unwrap();
        assert!(limits.heard_until.load(Ordering::Relaxed) > 0);
        limits.sync(&store, NOW + 3 * MINUTE).await.unwrap();
        assert!(limits.windows().is_empty() && limits.heard_until.load(Ordering::Relaxed) == 0);
    }
}
