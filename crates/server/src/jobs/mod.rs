//! What goes on beside the requests.
//!
//! Each server by itself writes its meter, forgets revocations that no token can meet any more, and writes down what time
//! it is. What concerns the database as a whole is done by one of all servers, whoever has the lease: expired rows leave,
//! signing keys are replaced by age, mails are sent. When it dies, another goes on; and where two do the same for a moment,
//! every step is a conditional write.

mod audit;
mod back_channel;
mod deadlines;
mod follow;
mod logos;
mod names;
mod pings;
mod registrations;
mod requests;
mod share;
mod webhooks;

pub use audit::{AuditKeeping, AuditStream, keep_audit};
pub(crate) use back_channel::tell_of_logouts;
pub(crate) use follow::follow;
pub(crate) use logos::fetch_logos;
pub(crate) use requests::log_requests;
pub(crate) use share::{Shared, share};
pub(crate) use webhooks::tell_webhooks;

use crate::mail::{self, Mailer};
use crate::state::State;
use claviger_store::{Fault, LegacyUse, Sweep};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// How often the jobs run.
const PERIOD: Duration = Duration::from_secs(10);

/// How soon it is tried again where the database could not be written.
const SOON: Duration = Duration::from_secs(1);

/// How long a lease lasts, in milliseconds. Whoever works takes it anew each [`PERIOD`].
const LEASE: i64 = 30_000;

/// How many expired rows of a kind leave in one transaction at first, and at most.
const BATCH: std::ops::RangeInclusive<i64> = 25..=400;

/// How long the sweeping or the keys may take before everything else has its turn.
const TURN: Duration = Duration::from_secs(5);

/// The shortest rest between two batches.
const REST: Duration = Duration::from_millis(5);

/// How many realms' keys are looked at in a turn.
const REALMS: i64 = 200;

/// How often a server that is asked anything writes down what time it is: what it has called expired within that time may
/// come back after a crash at the same moment as a step of the clock.
const TELL: Duration = Duration::from_secs(1);

/// Writes down what time it is, while there are requests, until told to stop.
pub(crate) async fn tell_time(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(TELL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if state.had_requests.swap(false, Ordering::Relaxed)
            && let Err(fault) = state.background.tell_time(state.clock.now()).await
        {
            crate::state::health::count(&fault);
            state.had_requests.store(true, Ordering::Relaxed);
        }
    }
}

/// Does what is due until told to stop; then what is left to write down.
pub async fn jobs(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    let (mut rest, mut after) = (PERIOD, String::new());
    loop {
        let stopping = tokio::select! {
            () = sleep(rest) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if stopping {
            // A database that is gone must not keep the server from ending.
            let _ = timeout(TURN, end(&state)).await;
            return;
        }
        rest = match round(&state, &mut after, &stop).await {
            Ok(true) => REST,
            Ok(false) => PERIOD,
            Err(fault) => {
                tracing::debug!(%fault, "the jobs are tried again soon");
                SOON
            }
        };
    }
}

/// One round; whether there is more to do at once. `after`: the last realm whose keys were looked at.
pub(crate) async fn round(state: &State, after: &mut String, stop: &watch::Receiver<bool>) -> Result<bool, Fault> {
    let now = state.clock.now();
    state.revoked.forget_expired(now);
    let written = state.background.tell_time(now).await;
    state.health.wrote(state.clock.monotonic(), &written);
    written?;
    write_meter(state).await;
    write_uses(state).await;
    let leads = state.background.take_lease("jobs", &state.node, LEASE).await;
    state.health.leads(matches!(leads, Ok(true)));
    if !leads? {
        return Ok(false);
    }
    names::bring_up_to_date(state, stop).await?;
    webhooks::tell_of_ending_secrets(state).await?;
    let more = sweep(state, stop).await?
        | registrations::look_after(state, stop).await?
        | deadlines::look_after(state, stop).await?;
    look_after_keys(state, after, stop).await?;
    Ok(more)
}

async fn end(state: &State) {
    write_meter(state).await;
    write_uses(state).await;
    let done = async {
        state.background.tell_time(state.clock.now()).await?;
        state.background.release_lease("jobs", &state.node).await
    };
    if let Err(fault) = done.await {
        tracing::warn!(%fault, "the jobs did not end cleanly; another server goes on when the lease is over");
    }
}

/// Lets go what is over, in small batches. Between two it rests for three times as long as one took, so that whoever issues
/// has the database for three quarters of the time.
///
/// Nobody is to wait long behind a batch: the batches grow as long as they hardly take longer than the shortest did, which
/// is what a commit takes here, and shrink where they take more than twice as long. Whether there is more.
async fn sweep(state: &State, stop: &watch::Receiver<bool>) -> Result<bool, Fault> {
    let (begun, mut limit, mut sweep) = (Instant::now(), *BATCH.start(), Sweep::of_everything());
    let mut shortest = Duration::MAX;
    loop {
        let batch = Instant::now();
        state.store.sweep(&mut sweep, state.clock.now(), limit).await?;
        let took = batch.elapsed();
        if sweep.is_done() {
            return Ok(false);
        }
        if begun.elapsed() > TURN || *stop.borrow() {
            return Ok(true);
        }
        shortest = shortest.min(took);
        if 2 * took < 3 * shortest {
            limit = (2 * limit).min(*BATCH.end());
        } else if took > 2 * shortest {
            limit = (limit / 2).max(*BATCH.start());
        }
        sleep((3 * took).max(REST)).await;
    }
}

/// Replaces signing keys by age: of all realms in turn, whether or not anybody asks for them.
async fn look_after_keys(state: &State, after: &mut String, stop: &watch::Receiver<bool>) -> Result<(), Fault> {
    let begun = Instant::now();
    let realms = state.store.list_realms(after, REALMS).await?;
    let is_last = i64::try_from(realms.len()).is_ok_and(|count| count < REALMS);
    for id in realms {
        if begun.elapsed() > TURN || *stop.borrow() {
            return Ok(());
        }
        if let Some(realm) = state.store.realm(&id).await?
            && let Err(fault) = state.keys.tick(&realm).await
        {
            tracing::warn!(%fault, realm = id, "cannot look after the signing keys");
        }
        *after = id;
    }
    if is_last {
        after.clear();
    }
    Ok(())
}

async fn write_meter(state: &State) {
    const DAY: i64 = 86_400_000;
    let counted = state.meter.take();
    if counted.is_empty() {
        return;
    }
    let day = state.clock.now() / DAY;
    let uses = counted.iter().map(|((realm, client, legacy), count)| LegacyUse {
        realm: realm.clone(),
        client: client.clone(),
        legacy: legacy.name().to_owned(),
        day,
        count: i64::try_from(*count).unwrap_or(i64::MAX),
    });
    if let Err(fault) = state.store.add_legacy_uses(uses.collect()).await {
        tracing::warn!(%fault, "cannot write the legacy meter");
        state.meter.put_back(counted);
    }
}

/// Writes down which secrets were used, some in each transaction.
async fn write_uses(state: &State) {
    const AT_ONCE: usize = 200;
    loop {
        let uses = state.uses.take(AT_ONCE);
        if uses.is_empty() {
            return;
        }
        if let Err(fault) = state.store.note_secret_uses(uses.clone()).await {
            tracing::warn!(%fault, "cannot write when secrets were used");
            state.uses.put_back(uses);
            return;
        }
    }
}

/// Sends the mails of the outbox until told to stop. It has a lease of its own: a mail server may be slow.
pub async fn send_mails(state: Arc<State>, mailer: Mailer, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(PERIOD) => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
        let sent = async {
            if state.background.take_lease("mail", &state.node, LEASE).await? {
                mail::deliver_due(&state.store, &state.secrets, &mailer, state.clock.now()).await?;
            }
            Ok::<_, Fault>(())
        };
        if let Err(fault) = sent.await {
            crate::state::health::count(&fault);
            tracing::debug!(%fault, "the outbox is looked into again later");
        }
    }
    let _ = timeout(TURN, state.background.release_lease("mail", &state.node)).await;
}
