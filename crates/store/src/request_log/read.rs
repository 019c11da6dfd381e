//! Reading the request log: an app's calls, one call by its reference, what went wrong how often.
//!
//! On a file all of it runs on threads of its own, so that no request waits behind whoever looks through a long log.

use super::{GAP, RequestLine, RequestLog, first_id};
use crate::statements::Statement;
use crate::store::{Engine, read};
use crate::tx::{Tx, at_once};
use crate::value::{Row, values};
use crate::{Fault, Id};
use std::collections::BTreeMap;
use std::future::Future;

/// A reference of a call that went well is looked for among the calls of so many milliseconds, where no app is named.
const LOOKED_THROUGH: i64 = 86_400_000;

/// Which calls; what is absent lets every call through.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// From this time on, in milliseconds.
    pub since: Option<i64>,
    /// Before this time, in milliseconds.
    pub until: Option<i64>,
    /// At this endpoint.
    pub endpoint: Option<String>,
    /// With this error.
    pub error: Option<String>,
    /// Refused for a reason of this kind.
    pub kind: Option<String>,
    /// With a status of this class: 2 to 5.
    pub status_class: Option<u16>,
    /// Only what was refused.
    pub refused: bool,
}

/// What a filter says, in the terms of the statements.
struct Bounds {
    before: Id,
    after: Id,
    since: i64,
    until: i64,
    /// The statuses: from this one to below that one.
    least: i64,
    most: i64,
}

impl Bounds {
    fn of(filter: &RequestFilter, before: Option<Id>) -> Self {
        let class = filter.status_class.map(i64::from);
        let (least, most) = class.map_or((0, 1000), |class| (class * 100, class * 100 + 100));
        Self {
            before: before.unwrap_or([0xFF; 16]),
            after: filter.since.map_or([0; 16], first_id),
            since: filter.since.unwrap_or(i64::MIN),
            until: filter.until.unwrap_or(i64::MAX),
            least,
            most,
        }
    }
}

/// What went wrong, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    /// The kind of refusal.
    pub kind: String,
    /// The error of the answers.
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
}

/// How many calls of an app there are of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestDay {
    /// Which, in days since the epoch.
    pub day: i64,
    /// Calls that went well.
    pub served: i64,
    /// Calls that were refused.
    pub refused: i64,
}

impl RequestLog {
    /// The calls of an app that pass the filter, the newest first, at most `limit`; `before`: those behind this one.
    /// An empty `client`: calls of the realm that named none of its apps.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn lines(
        &self,
        (realm, client): (&str, &str),
        filter: &RequestFilter,
        before: Option<Id>,
        limit: usize,
    ) -> Result<Vec<RequestLine>, Fault> {
        let (realm, client, filter) = (realm.to_owned(), client.to_owned(), filter.clone());
        self.aside(move |log| async move {
            let mut lines = log.page((&realm, &client, true), &filter, before, limit).await?;
            if !filter.refused {
                lines.extend(log.page((&realm, &client, false), &filter, before, limit).await?);
            }
            lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.id));
            lines.truncate(limit);
            Ok(lines)
        })
        .await
    }

    /// The calls of an app that were written after a line, the oldest first, at most `limit`: for whoever watches.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn after(
        &self,
        (realm, client): (&str, &str),
        after: Id,
        limit: usize,
    ) -> Result<Vec<RequestLine>, Fault> {
        let (realm, client) = (realm.to_owned(), client.to_owned());
        self.aside(move |log| async move {
            let mut lines = Vec::new();
            for refused in [true, false] {
                lines.extend(log.newer(&realm, &client, refused, after, limit).await?);
            }
            lines.sort_unstable_by_key(|line| line.id);
            lines.truncate(limit);
            Ok(lines)
        })
        .await
    }

    /// The calls of all apps of a realm that pass the filter, and those that named none, the newest first, at most `limit`; `before`:
    /// those behind this one.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn realm_lines(
        &self,
        realm: &str,
        filter: &RequestFilter,
        before: Option<Id>,
        limit: usize,
    ) -> Result<Vec<RequestLine>, Fault> {
        let (realm, filter) = (realm.to_owned(), filter.clone());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.aside(move |log| async move {
            let bounds = Bounds::of(&filter, before);
            read!(log.store, |tx| {
                let params = values![
                    &realm,
                    filter.refused,
                    &bounds.before,
                    &bounds.after,
                    bounds.until,
                    bounds.since,
                    &filter.endpoint,
                    &filter.error,
                    &filter.kind,
                    bounds.least,
                    bounds.most,
                    limit,
                ];
                tx.query(Statement::RequestsOfRealm, params, line_of).await
            })
        })
        .await
    }

    /// The calls of all apps of a realm that were written after a line, the oldest first, at most `limit`: for whoever watches.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn realm_after(&self, realm: &str, after: Id, limit: usize) -> Result<Vec<RequestLine>, Fault> {
        let realm = realm.to_owned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.aside(move |log| async move {
            read!(log.store, |tx| {
                tx.query(Statement::RequestsOfRealmAfter, values![&realm, &after, limit], line_of).await
            })
        })
        .await
    }

    /// The call of this reference. One that went well is looked for among the calls of the app, where that is named, or among
    /// those of the last day before `now`.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn find(
        &self,
        reference: &str,
        app: Option<(&str, &str)>,
        now: i64,
    ) -> Result<Option<RequestLine>, Fault> {
        let reference = reference.to_owned();
        let app = app.map(|(realm, client)| (realm.to_owned(), client.to_owned()));
        self.aside(move |log| async move { log.by_reference(&reference, app, now).await }).await
    }

    /// What went wrong with an app's calls since a time, the most frequent first, out of the newest `limit` that were refused.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn errors(
        &self,
        (realm, client): (&str, &str),
        since: i64,
        limit: usize,
    ) -> Result<Vec<RequestError>, Fault> {
        let (realm, client) = (realm.to_owned(), client.to_owned());
        self.aside(move |log| async move { log.refused(&realm, &client, since, limit).await.map(grouped) }).await
    }

    /// How many calls there are of an app since a time, for each day that has one, in order.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn days(&self, (realm, client): (&str, &str), since: i64) -> Result<Vec<RequestDay>, Fault> {
        let (realm, client) = (realm.to_owned(), client.to_owned());
        self.aside(move |log| async move {
            let mut days: BTreeMap<i64, RequestDay> = BTreeMap::new();
            for refused in [true, false] {
                for (day, count) in log.counted(&realm, &client, refused, since).await? {
                    let one = days.entry(day).or_insert(RequestDay { day, ..RequestDay::default() });
                    *(if refused { &mut one.refused } else { &mut one.served }) = count;
                }
            }
            Ok(days.into_values().collect())
        })
        .await
    }

    /// The newest calls since a time, of whatever app, at most `limit`.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn newest(&self, since: i64, limit: usize) -> Result<Vec<RequestLine>, Fault> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.aside(move |log| async move {
            read!(log.store, |tx| {
                tx.query(Statement::RequestNewest, values![&first_id(since), limit], line_of).await
            })
        })
        .await
    }

    /// How many lines there are of an app, and how large they are together.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn size_of(&self, (realm, client): (&str, &str)) -> Result<(i64, i64), Fault> {
        let (realm, client) = (realm.to_owned(), client.to_owned());
        self.aside(move |log| async move {
            let mut all = (0, 0);
            for refused in [true, false] {
                let (lines, bytes) = log.sums(&realm, &client, refused).await?;
                all = (all.0 + lines, all.1 + bytes);
            }
            Ok(all)
        })
        .await
    }

    /// Runs what reads on a thread of its own, where it would keep its thread.
    async fn aside<T, F, W>(&self, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>>,
        W: FnOnce(Self) -> F + Send + 'static,
    {
        let log = self.clone();
        match &*self.store.engine {
            Engine::Sqlite(_) => tokio::task::spawn_blocking(move || at_once(work(log))).await.map_err(Fault::other)?,
            Engine::Postgres(_) => work(log).await,
        }
    }

    async fn page(
        &self,
        (realm, client, refused): (&str, &str, bool),
        filter: &RequestFilter,
        before: Option<Id>,
        limit: usize,
    ) -> Result<Vec<RequestLine>, Fault> {
        let bounds = Bounds::of(filter, before);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        read!(self.store, |tx| {
            let params = values![
                realm,
                client,
                refused,
                &bounds.before,
                &bounds.after,
                bounds.until,
                bounds.since,
                &filter.endpoint,
                &filter.error,
                &filter.kind,
                bounds.least,
                bounds.most,
                limit,
            ];
            tx.query(Statement::RequestsOfApp, params, line_of).await
        })
    }

    async fn newer(
        &self,
        realm: &str,
        client: &str,
        refused: bool,
        after: Id,
        limit: usize,
    ) -> Result<Vec<RequestLine>, Fault> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        read!(self.store, |tx| {
            tx.query(Statement::RequestsAfter, values![realm, client, refused, &after, limit], line_of).await
        })
    }

    async fn by_reference(
        &self,
        reference: &str,
        app: Option<(String, String)>,
        now: i64,
    ) -> Result<Option<RequestLine>, Fault> {
        let from = first_id(now.saturating_sub(LOOKED_THROUGH));
        read!(self.store, |tx| {
            if let Some(line) = tx.optional(Statement::RefusedRequest, values![reference], line_of).await? {
                return Ok(Some(line));
            }
            match &app {
                Some((realm, client)) => {
                    tx.optional(Statement::ServedRequest, values![realm, client, reference], line_of).await
                }
                None => tx.optional(Statement::AnyRequest, values![&from, reference], line_of).await,
            }
        })
    }

    async fn refused(&self, realm: &str, client: &str, since: i64, limit: usize) -> Result<Vec<RequestError>, Fault> {
        let (after, limit) = (first_id(since), i64::try_from(limit).unwrap_or(i64::MAX));
        read!(self.store, |tx| {
            tx.query(Statement::RequestErrors, values![realm, client, &after, since, limit], error_of).await
        })
    }

    async fn counted(&self, realm: &str, client: &str, refused: bool, since: i64) -> Result<Vec<(i64, i64)>, Fault> {
        let after = first_id(since);
        read!(self.store, |tx| {
            let pair = |row: &Row<'_>| Ok((row.int(0)?, row.int(1)?));
            tx.query(Statement::RequestDays, values![realm, client, refused, &after], pair).await
        })
    }

    async fn sums(&self, realm: &str, client: &str, refused: bool) -> Result<(i64, i64), Fault> {
        let found = read!(self.store, |tx| {
            let sums = |row: &Row<'_>| Ok((row.int(0)?, row.int(1)?));
            tx.optional(Statement::RequestUse, values![realm, client, refused], sums).await
        })?;
        Ok(found.unwrap_or_default())
    }
}

/// Those of one kind together; `all` begins with the newest.
fn grouped(all: Vec<RequestError>) -> Vec<RequestError> {
    let mut groups: Vec<RequestError> = Vec::new();
    for one in all.into_iter().filter(|one| one.kind != GAP) {
        match groups.iter_mut().find(|group| group.kind == one.kind && group.error == one.error) {
            Some(group) => {
                group.count += 1;
                group.first_at = group.first_at.min(one.first_at);
                group.last_at = group.last_at.max(one.last_at);
            }
            None => groups.push(one),
        }
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.count), std::cmp::Reverse(group.last_at)));
    groups
}

fn error_of(row: &Row<'_>) -> Result<RequestError, Fault> {
    let at = row.int(3)?;
    Ok(RequestError {
        kind: row.string(0)?,
        error: row.string(1)?,
        count: 1,
        first_at: at,
        last_at: at,
        endpoint: row.string(2)?,
        reference: row.string(4)?,
        detail: row.string(5)?,
    })
}

fn line_of(row: &Row<'_>) -> Result<RequestLine, Fault> {
    Ok(RequestLine {
        id: row.array(0)?,
        realm: row.string(1)?,
        client: row.string(2)?,
        at: row.int(3)?,
        reference: row.string(4)?,
        endpoint: row.string(5)?,
        grant_type: row.string(6)?,
        status: u16::try_from(row.int(7)?).map_err(Fault::other)?,
        error: row.string(8)?,
        kind: row.string(9)?,
        detail: row.string(10)?,
        doc: row.string(11)?,
    })
}
