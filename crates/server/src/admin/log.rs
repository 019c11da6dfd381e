//! The request log, for whoever looks for a mistake: an app's calls, one call by its reference, what went wrong how often and how to
//! mend it.

use super::AdminError;
use crate::failure::{FAILED, UNAVAILABLE};
pub use crate::state::requests::said::{Described, Param, Said};
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::refusal::RefusalKind;
use claviger_core::token::Id;
pub use claviger_store::{RequestDay, RequestFilter};
use claviger_store::{RequestLine, RequestLog};
use serde::Serialize;

/// So many refused calls are looked at for the errors of an app.
const LOOKED_AT: usize = 10_000;

/// One call of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedCall {
    /// Its place in the log: what goes on behind it is asked for by this.
    pub id: String,
    /// When, in milliseconds.
    pub at: i64,
    /// The realm.
    pub realm: String,
    /// The app; empty where none of the realm was named.
    pub app: String,
    /// The name of the request, as its answer carries it.
    pub reference: String,
    /// The endpoint.
    pub endpoint: String,
    /// The grant type.
    pub grant_type: String,
    /// The status of the answer; 0 for a line that says how many are missing.
    pub status: u16,
    /// The protocol's word for what went wrong; empty where it went well.
    pub error: String,
    /// Its kind.
    pub kind: String,
    /// What the answer said of it.
    pub detail: String,
    /// What to do about it.
    pub mend: String,
    /// What is only shown.
    #[serde(flatten)]
    pub said: Said,
}

/// What went wrong, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorGroup {
    /// The kind of refusal.
    pub kind: String,
    /// The protocol's word for it.
    pub error: String,
    /// How often.
    pub count: u64,
    /// When first, in milliseconds.
    pub first_at: i64,
    /// When last.
    pub last_at: i64,
    /// Where it was last.
    pub endpoint: String,
    /// The reference of the last.
    pub reference: String,
    /// What its answer said.
    pub detail: String,
    /// What to do about it.
    pub mend: String,
}

/// How to mend what is of this kind; empty where there is nothing to mend.
pub fn mend(kind: &str) -> String {
    let of_ours = match kind {
        FAILED => "give the reference to the vendor, whose log has the cause",
        UNAVAILABLE => "try again in a second; if it lasts, tell the vendor",
        _ => "",
    };
    RefusalKind::named(kind).map_or(of_ours, |kind| kind.mend).to_owned()
}

impl From<RequestLine> for LoggedCall {
    fn from(line: RequestLine) -> Self {
        Self {
            id: id_text(&line.id),
            at: line.at,
            realm: line.realm,
            app: line.client,
            reference: line.reference,
            endpoint: line.endpoint,
            grant_type: line.grant_type,
            status: line.status,
            error: line.error,
            mend: mend(&line.kind),
            kind: line.kind,
            detail: line.detail,
            said: Said::from_json(&line.doc),
        }
    }
}

/// The calls of an app (realm and id) that pass the filter, the newest first, at most `limit`; `before`: those behind this one. With
/// an empty id: those that named no app of the realm.
///
/// # Errors
/// The log cannot be read.
pub async fn calls(
    log: &RequestLog,
    app: (&str, &str),
    filter: &RequestFilter,
    before: Option<&str>,
    limit: usize,
) -> Result<Vec<LoggedCall>, AdminError> {
    let before = before.and_then(id_from_text);
    Ok(log.lines(app, filter, before, limit).await?.into_iter().map(Into::into).collect())
}

/// The calls of an app that came after one, the oldest first, at most `limit`: for whoever watches. `after` is the
/// [`LoggedCall::id`] of the last that was seen; none: from `now` (milliseconds) on.
///
/// # Errors
/// The log cannot be read.
pub async fn calls_after(
    log: &RequestLog,
    app: (&str, &str),
    after: Option<&str>,
    now: i64,
    limit: usize,
) -> Result<Vec<LoggedCall>, AdminError> {
    let after = after.and_then(id_from_text).unwrap_or_else(|| from(now));
    Ok(log.after(app, after, limit).await?.into_iter().map(Into::into).collect())
}

/// The calls of a realm that pass the filter, of all its apps and of none, the newest first, at most `limit`; `before`: those behind
/// this one.
///
/// # Errors
/// The log cannot be read.
pub async fn realm_calls(
    log: &RequestLog,
    realm: &str,
    filter: &RequestFilter,
    before: Option<&str>,
    limit: usize,
) -> Result<Vec<LoggedCall>, AdminError> {
    let before = before.and_then(id_from_text);
    Ok(log.realm_lines(realm, filter, before, limit).await?.into_iter().map(Into::into).collect())
}

/// The calls of a realm that came after one, as [`calls_after`] has them of an app.
///
/// # Errors
/// The log cannot be read.
pub async fn realm_calls_after(
    log: &RequestLog,
    realm: &str,
    after: Option<&str>,
    now: i64,
    limit: usize,
) -> Result<Vec<LoggedCall>, AdminError> {
    let after = after.and_then(id_from_text).unwrap_or_else(|| from(now));
    Ok(log.realm_after(realm, after, limit).await?.into_iter().map(Into::into).collect())
}

/// The call of this reference; `app` where it is known whose it is.
///
/// # Errors
/// There is none, or the log cannot be read.
pub async fn call(
    log: &RequestLog,
    reference: &str,
    app: Option<(&str, &str)>,
    now: i64,
) -> Result<LoggedCall, AdminError> {
    let found = log.find(reference, app, now).await?;
    found.map(Into::into).ok_or_else(|| AdminError::NoSuchCall(reference.to_owned()))
}

/// What went wrong with an app's calls since a time (milliseconds), the most frequent first, with how to mend each.
///
/// # Errors
/// The log cannot be read.
pub async fn errors(log: &RequestLog, app: (&str, &str), since: i64) -> Result<Vec<ErrorGroup>, AdminError> {
    let found = log.errors(app, since, LOOKED_AT).await?;
    let group = |one: claviger_store::RequestError| ErrorGroup {
        mend: mend(&one.kind),
        kind: one.kind,
        error: one.error,
        count: one.count,
        first_at: one.first_at,
        last_at: one.last_at,
        endpoint: one.endpoint,
        reference: one.reference,
        detail: one.detail,
    };
    Ok(found.into_iter().map(group).collect())
}

/// How many calls of an app the log has of each of the last `days` days, the oldest first, up to the day of `now` (milliseconds).
///
/// # Errors
/// The log cannot be read.
pub async fn days(log: &RequestLog, app: (&str, &str), now: i64, days: i64) -> Result<Vec<RequestDay>, AdminError> {
    const DAY: i64 = 86_400_000;
    let today = now.div_euclid(DAY);
    let first = today - days + 1;
    let found = log.days(app, first * DAY).await?;
    let of = |day| found.iter().find(|one| one.day == day).copied();
    Ok((first..=today).map(|day| of(day).unwrap_or(RequestDay { day, ..RequestDay::default() })).collect())
}

/// The id before everything that is written from a time (milliseconds) on, as [`LoggedCall::id`] spells ids.
pub fn before(at: i64) -> String {
    id_text(&from(at))
}

/// Before everything that is written from then on.
fn from(now: i64) -> Id {
    let mut id = [0; 16];
    let time = now.max(0).to_be_bytes();
    id[..6].copy_from_slice(&time[2..]);
    id
}
