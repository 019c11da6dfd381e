//! The request log as a running server fills it: what became of each call is put into a bounded queue, and a job writes the queue
//! in batches. Where the queue is full, lines are dropped and counted, so that no request ever waits for the log.

pub(crate) mod said;

use crate::http::trace::Traced;
use crate::ids;
use arc_swap::ArcSwapOption;
use claviger_core::span::Span;
use claviger_store::{Fault, GAP, RequestBounds, RequestLine, RequestLog, Store};
use said::Said;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many lines wait to be written at most.
const MOST: usize = 8_192;

/// At so many the writer is woken before its time.
const MANY: usize = 2_048;

/// Of how many apps it is known how many of their lines were dropped; those of further apps are counted for the realm.
const MOST_GAPS: usize = 1_000;

/// What is kept in the request log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLogSettings {
    /// For how long.
    pub keep: Span,
    /// Lines of an app that went well, and as many that were refused.
    pub lines_of_app: u32,
    /// Their size in bytes, each.
    pub bytes_of_app: u64,
    /// The size of all together.
    pub bytes_in_all: u64,
}

impl Default for RequestLogSettings {
    fn default() -> Self {
        Self {
            keep: Span::seconds(30 * 86_400),
            lines_of_app: 10_000,
            bytes_of_app: 8 * 1024 * 1024,
            bytes_in_all: 2 * 1024 * 1024 * 1024,
        }
    }
}

impl RequestLogSettings {
    fn bounds(&self) -> RequestBounds {
        let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        RequestBounds {
            lines_of_app: i64::from(self.lines_of_app),
            bytes_of_app: bytes(self.bytes_of_app),
            bytes_in_all: bytes(self.bytes_in_all),
        }
    }
}

/// A call that waits to be written.
#[derive(Debug)]
pub(crate) struct Call {
    /// When it was answered, in milliseconds.
    pub(crate) at: i64,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What was found out of it.
    pub(crate) traced: Traced,
    /// What a refused request looked like.
    pub(crate) described: Option<Box<said::Described>>,
}

/// The queue, and what writes it.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    is_on: AtomicBool,
    target: ArcSwapOption<Target>,
    queue: Mutex<Queue>,
    filled: Notify,
    lost: AtomicU64,
}

#[derive(Debug)]
struct Target {
    log: RequestLog,
    settings: RequestLogSettings,
}

#[derive(Debug, Default)]
struct Queue {
    calls: Vec<Call>,
    /// How many were dropped, by realm and app.
    gaps: HashMap<(String, String), u64>,
}

impl Requests {
    /// From now on calls are logged.
    pub(crate) fn begin(&self, log: RequestLog, settings: RequestLogSettings) {
        self.target.store(Some(Arc::new(Target { log, settings })));
        self.is_on.store(true, Ordering::Release);
    }

    /// Where they are written, where they are.
    pub(crate) fn log(&self) -> Option<RequestLog> {
        self.target.load().as_ref().map(|target| target.log.clone())
    }

    /// Whether calls are logged.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// How many lines were dropped since this process began.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Puts a call into the queue, or counts it as dropped.
    pub(crate) fn put(&self, call: Call) {
        let mut queue = self.queue();
        if queue.calls.len() >= MOST {
            queue.gap(&call, 1);
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if queue.calls.capacity() == 0 {
            queue.calls.reserve(MANY);
        }
        queue.calls.push(call);
        let is_many = queue.calls.len() == MANY;
        drop(queue);
        if is_many {
            self.filled.notify_one();
        }
    }

    /// Many wait to be written.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Writes what waits; what cannot be written is counted as dropped. A log that turns out to be damaged is begun anew.
    pub(crate) async fn write(&self, store: &Store, now: i64) -> Result<(), Fault> {
        let Some(target) = self.target.load_full() else { return Ok(()) };
        let Queue { calls, gaps } = std::mem::take(&mut *self.queue());
        if calls.is_empty() && gaps.is_empty() {
            return Ok(());
        }
        let mut ids = Ids::at(now);
        let gaps = gaps.into_iter().map(|((realm, client), lost)| gap_line(ids.next(), (realm, client), lost, now));
        let mut lines: Vec<RequestLine> = gaps.collect();
        let few = calls.len();
        let owners: Vec<(String, String)> =
            calls.iter().map(|call| (call.traced.realm.clone(), call.app().to_owned())).collect();
        lines.extend(calls.into_iter().map(|call| call.line(ids.next())));
        let Err(fault) = target.log.append(lines, target.settings.bounds()).await else { return Ok(()) };
        self.lost.fetch_add(few as u64, Ordering::Relaxed);
        let mut queue = self.queue();
        for owner in owners {
            queue.gap_of(owner, 1);
        }
        drop(queue);
        if matches!(fault, Fault::Corrupt(_)) {
            tracing::warn!(%fault, "the request log is damaged; a new one begins");
            self.begin(store.renew_request_log()?, target.settings);
        }
        Err(fault)
    }

    /// Lets one batch go of what is older than is kept; whether there may be more.
    pub(crate) async fn purge(&self, now: i64, limit: i64) -> Result<bool, Fault> {
        let Some(target) = self.target.load_full() else { return Ok(false) };
        let before = now.saturating_sub(target.settings.keep.as_millis());
        Ok(target.log.purge(before, limit).await? >= limit)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn gap(&mut self, call: &Call, lost: u64) {
        self.gap_of((call.traced.realm.clone(), call.app().to_owned()), lost);
    }

    fn gap_of(&mut self, owner: (String, String), lost: u64) {
        let owner = if self.gaps.len() < MOST_GAPS || self.gaps.contains_key(&owner) {
            owner
        } else {
            (String::new(), String::new())
        };
        *self.gaps.entry(owner).or_default() += lost;
    }
}

impl Call {
    /// Whose call it is: the app's that there is; of one that there is not, nobody's.
    fn app(&self) -> &str {
        if self.traced.noted.is_app { &self.traced.client } else { "" }
    }

    fn line(self, id: claviger_core::token::Id) -> RequestLine {
        let Self { at, status, traced, described } = self;
        let Traced { realm, client, endpoint, address, reference, noted } = traced;
        let (client, claimed) = if noted.is_app { (client, String::new()) } else { (String::new(), client) };
        let said = Said {
            address: address.to_string(),
            claimed,
            proof: noted.proof,
            scope: noted.scope,
            token: noted.token.to_owned(),
            request: described,
            lost: 0,
        };
        RequestLine {
            id,
            realm,
            client,
            at,
            reference: reference.to_string(),
            endpoint: endpoint.to_owned(),
            grant_type: noted.grant.to_owned(),
            status,
            error: noted.error.to_owned(),
            kind: noted.kind.to_owned(),
            detail: noted.detail,
            doc: said.to_json(),
        }
    }
}

/// A line in the place of those that were dropped.
fn gap_line(id: claviger_core::token::Id, (realm, client): (String, String), lost: u64, now: i64) -> RequestLine {
    RequestLine {
        id,
        realm,
        client,
        at: now,
        reference: String::new(),
        endpoint: String::new(),
        grant_type: String::new(),
        status: 0,
        error: String::new(),
        kind: GAP.to_owned(),
        detail: format!("{lost} calls are not in the log: there were more than could be written"),
        doc: Said { lost, ..Said::default() }.to_json(),
    }
}

/// Ids in the order in which they are given out.
struct Ids {
    base: claviger_core::token::Id,
    next: u32,
}

impl Ids {
    fn at(now: i64) -> Self {
        Self { base: ids::new(now), next: 0 }
    }

    /// The time, a number that goes up, and bits of this batch.
    fn next(&mut self) -> claviger_core::token::Id {
        let mut id = self.base;
        let number = self.next.to_be_bytes();
        // Behind the version and the variant (RFC 9562 5.7), so that the lines of a batch keep their order.
        id[9..12].copy_from_slice(&number[1..]);
        self.next = self.next.wrapping_add(1);
        id
    }
}

#[cfg(test)]
mod tests;
