//! The log of acts, kept for so long and passed on: one JSON object a line, to a file or to stderr.
//!
//! Lines are passed on after they are committed, in their order, and each at least once: how far it came is noted when they are
//! written. One of all servers does it, whoever has the lease.

use crate::admin::audit::Shown;
use crate::admin::new_reference;
use crate::state::State;
use claviger_core::span::Span;
use claviger_store::{Act, Actor, AuditFilter, AuditLine, Fault, Way};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How often new lines are looked for.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a lease lasts, in milliseconds.
const LEASE: i64 = 30_000;
/// How many lines are passed on in one go.
const AT_ONCE: i64 = 500;
/// A cut has a line of its own: there is one in a day at most.
const DAY: i64 = 86_400_000;

/// What becomes of the log of acts; by default it stays in the database for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditKeeping {
    /// Where lines are passed on to.
    pub stream: Option<AuditStream>,
    /// How long they stay in the database; none: for ever.
    pub retention: Option<Span>,
}

/// Where lines are passed on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditStream {
    /// To stderr, among the lines of the server's log.
    Stderr,
    /// Behind what is in this file. It is opened anew for each batch, so that it may be moved away.
    File(PathBuf),
}

/// Passes lines on and lets old ones go until told to stop; what has come until then is passed on last.
pub async fn keep_audit(state: Arc<State>, keeping: AuditKeeping, mut stop: watch::Receiver<bool>) {
    if keeping == AuditKeeping::default() {
        return stop.wait_for(|stop| *stop).await.map(drop).unwrap_or_default();
    }
    loop {
        let stopping = tokio::select! {
            () = sleep(PERIOD) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if let Err(error) = turn(&state, &keeping).await {
            tracing::error!(%error, "the log of acts is passed on again later");
        }
        if stopping {
            let _ = timeout(PERIOD, state.background.release_lease("audit", &state.node)).await;
            return;
        }
    }
}

/// Why lines are not passed on.
#[derive(Debug, thiserror::Error)]
enum TurnError {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error("[audit] stream: {0}")]
    Stream(#[from] io::Error),
}

async fn turn(state: &State, keeping: &AuditKeeping) -> Result<(), TurnError> {
    if !state.background.take_lease("audit", &state.node, LEASE).await? {
        return Ok(());
    }
    let mut through = i64::MAX;
    if let Some(stream) = &keeping.stream {
        while pass_on(state, stream).await? {}
        through = state.background.audit_streamed().await?;
    }
    match keeping.retention {
        Some(retention) => Ok(cut(state, retention.as_millis(), through).await?),
        None => Ok(()),
    }
}

/// Passes one batch on; whether there may be more.
async fn pass_on(state: &State, stream: &AuditStream) -> Result<bool, TurnError> {
    let after = state.background.audit_streamed().await?;
    let lines = state.background.audit_onward(&AuditFilter::default(), after, AT_ONCE).await?;
    let Some(last) = lines.last().map(|line| line.number) else { return Ok(false) };
    let text = spelled(lines)?;
    let stream = stream.clone();
    // A disk may be slow.
    tokio::task::spawn_blocking(move || write(&stream, &text)).await.map_err(io::Error::other)??;
    state.background.note_audit_streamed(last).await?;
    Ok(true)
}

/// Lines without what can be erased of the persons they are about: nobody erases it from a stream.
fn spelled(lines: Vec<AuditLine>) -> io::Result<String> {
    let mut text = String::new();
    for line in lines {
        let shown = Shown::from(AuditLine { personal: None, ..line });
        text.push_str(&serde_json::to_string(&shown)?);
        text.push('\n');
    }
    Ok(text)
}

fn write(stream: &AuditStream, text: &str) -> io::Result<()> {
    match stream {
        AuditStream::Stderr => io::stderr().lock().write_all(text.as_bytes()),
        AuditStream::File(path) => {
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        }
    }
}

/// Lets lines go that were kept for long enough, and those alone that were passed on.
async fn cut(state: &State, retention: i64, through: i64) -> Result<(), Fault> {
    let now = state.clock.now();
    let before = now.saturating_sub(retention);
    if !state.background.has_audit_before(before.saturating_sub(DAY)).await? {
        return Ok(());
    }
    let actor = Actor { name: "claviger".to_owned(), way: Way::Server, reference: new_reference(now) };
    let store = state.background.audited(&actor, Act::AuditCut);
    while store.cut_audit(before, through, now).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests;
