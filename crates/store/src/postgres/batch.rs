//! What some callers want, as statements for all of them: asked at once, and each answer brought to who asked.

use super::form::{Callers, Steps};
use super::link::{Link, Ready};
use super::tx::{BEGIN, everything};
use super::types::Owned;
use crate::Fault;
use futures_util::future;
use tokio::sync::oneshot;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

/// What one caller wants.
pub(super) struct Job {
    pub(super) steps: Steps,
    pub(super) values: Vec<Owned>,
    pub(super) reply: oneshot::Sender<Result<Answer, Fault>>,
}

/// What one caller gets.
#[derive(Default)]
pub(super) struct Answer {
    /// What was found.
    pub(super) rows: Vec<Row>,
    /// Whether everything was written.
    pub(super) touched: bool,
}

impl Job {
    pub(super) fn answer(self, result: Result<Answer, Fault>) {
        let _ = self.reply.send(result);
    }

    /// The key of the row.
    pub(super) fn key(&self) -> Option<&Owned> {
        self.values.first()
    }
}

/// Jobs that want the same steps done.
pub(super) struct Group<'j> {
    steps: Steps,
    jobs: Vec<&'j Job>,
    /// Where each is among all.
    places: Vec<usize>,
}

impl<'j> Group<'j> {
    /// All that want the same are in the same group.
    pub(super) fn of(jobs: &'j [Job]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            if let Some(group) = groups.iter_mut().find(|group| group.steps == job.steps) {
                group.jobs.push(job);
                group.places.push(place);
            } else {
                groups.push(Self { steps: job.steps, jobs: vec![job], places: vec![place] });
            }
        }
        groups
    }

    /// Prepares what the group wants, where that was not done before.
    ///
    /// # Errors
    /// As of any statement; nothing was done.
    pub(super) async fn prepare(&self, link: &mut Link) -> Result<(), Fault> {
        link.prepare(self.steps, self.callers()).await
    }

    fn callers(&self) -> Callers {
        if self.jobs.len() > 1 { Callers::Many } else { Callers::One }
    }

    /// As [`ask`], for this group.
    async fn ask(&self, ready: Ready<'_>) -> Result<Option<Vec<Answer>>, Fault> {
        let callers = self.callers();
        let prepared = ready.prepared(self.steps, callers)?;
        let parameters = self.jobs.first().map_or(0, |job| job.values.len());
        let nth = |index| self.jobs.iter().map(move |job| job.values.get(index));
        let query = if callers == Callers::Many {
            let columns: Vec<Vec<_>> = (0..parameters).map(|index| nth(index).collect()).collect();
            ready.client.query_raw(prepared, columns.iter().map(|column| column as &(dyn ToSql + Sync))).await
        } else {
            ready.client.query_raw(prepared, (0..parameters).flat_map(nth).collect::<Vec<_>>()).await
        };
        let answer = match query {
            Ok(rows) => everything(rows).await,
            Err(error) => Err(error),
        };
        match answer {
            Err(error) if error.code() == Some(&SqlState::DIVISION_BY_ZERO) => Ok(None),
            Err(error) => Err(error.into()),
            Ok((rows, touched)) if self.steps.as_spelled(callers).is_some() => {
                Ok(Some(vec![Answer { rows, touched: touched > 0 }]))
            }
            Ok((rows, _)) if self.steps.reads() => self.found(rows).map(Some),
            Ok((rows, _)) => self.touched(&rows).map(Some),
        }
    }

    /// Each row belongs to the job whose place it tells.
    fn found(&self, rows: Vec<Row>) -> Result<Vec<Answer>, Fault> {
        let mut answers: Vec<_> = self.jobs.iter().map(|_| Answer::default()).collect();
        for row in rows {
            let place: i64 = row.try_get(row.len().saturating_sub(1))?;
            let answer = usize::try_from(place - 1).ok().and_then(|index| answers.get_mut(index));
            answer.ok_or_else(|| Fault::other("a row of nobody"))?.rows.push(row);
        }
        Ok(answers)
    }

    /// Each row is the key of a job that was done.
    fn touched(&self, rows: &[Row]) -> Result<Vec<Answer>, Fault> {
        let mut done = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&[u8]>, _>>()?;
        done.sort_unstable();
        let is_done = |job: &&Job| matches!(job.key(), Some(Owned::Blob(key)) if done.binary_search(&&**key).is_ok());
        Ok(self.jobs.iter().map(|job| Answer { rows: Vec::new(), touched: is_done(job) }).collect())
    }
}

/// Does what all want in one round trip; what several groups write is one transaction. An answer for each job, in their
/// order; or none, and nothing is written, where some step of some job touched no row after its first one did.
///
/// # Errors
/// As of any statement; nothing is written, unless nobody knows.
pub(super) async fn ask(ready: Ready<'_>, groups: &[Group<'_>]) -> Result<Option<Vec<Answer>>, Fault> {
    let work = future::join_all(groups.iter().map(|group| group.ask(ready)));
    let writes = groups.iter().any(|group| !group.steps.reads());
    let (begun, answers, ended) = if writes && groups.len() > 1 {
        let (begin, commit) = (ready.client.batch_execute(BEGIN), ready.client.batch_execute("COMMIT"));
        future::join3(begin, work, commit).await
    } else {
        (Ok(()), work.await, Ok(()))
    };
    begun?;
    // Of those that failed the first says why; the others only that it did.
    let mut kept = Vec::with_capacity(groups.len());
    for answer in answers {
        let Some(answer) = answer? else { return Ok(None) };
        kept.push(answer);
    }
    ended?;
    Ok(Some(in_order(groups, kept)))
}

/// The groups' answers in the order of the jobs.
fn in_order(groups: &[Group<'_>], answers: Vec<Vec<Answer>>) -> Vec<Answer> {
    let mut placed: Vec<_> =
        groups.iter().zip(answers).flat_map(|(group, answers)| group.places.iter().zip(answers)).collect();
    placed.sort_unstable_by_key(|(place, _)| **place);
    placed.into_iter().map(|(_, answer)| answer).collect()
}
