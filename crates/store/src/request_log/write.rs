//! Writing the request log: in batches, and never more than its bounds.

use super::{RequestLine, RequestLog, first_id};
use crate::Fault;
use crate::statements::Statement;
use crate::store::{Engine, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Value, values};
use std::collections::BTreeMap;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestBounds {
    /// Lines of an app that went well, and as many that were refused.
    pub lines_of_app: i64,
    /// Their size in bytes, each.
    pub bytes_of_app: i64,
    /// The size of all together.
    pub bytes_in_all: i64,
}

/// Realm, client, whether refused.
type Shelf = (String, String, bool);

/// What is added to a shelf: lines and bytes.
type Sums = BTreeMap<Shelf, (i64, i64)>;

/// How many lines leave at a time for the sake of all.
const AT_ONCE: i64 = 500;

/// The names under which the sums of all are.
const ALL: (&str, &str, i64) = ("", "", 2);

impl RequestLog {
    /// Writes lines, and lets the oldest go of each app that has more than its bounds: after each call none has more than an
    /// eighth beyond them.
    ///
    /// # Errors
    /// It cannot be written; nothing was then, or only the lines without what they count.
    pub async fn append(&self, lines: Vec<RequestLine>, bounds: RequestBounds) -> Result<(), Fault> {
        if lines.is_empty() {
            return Ok(());
        }
        let is_batched = match &*self.store.engine {
            Engine::Postgres(engine) => {
                engine.add_request_lines(&columns(&lines)).await?;
                true
            }
            Engine::Sqlite(_) => false,
        };
        let sums = sums_of(lines.iter().map(|line| (shelf_of(line), line.size())));
        write!(self.store, Several, |tx| {
            if !is_batched {
                for line in &lines {
                    add(tx, line).await?;
                }
            }
            let mut all = (0, 0);
            for (shelf, added) in &sums {
                let (realm, client, refused) = (&shelf.0, &shelf.1, shelf.2);
                let now = sum(tx, (realm, client, i64::from(refused)), *added).await?;
                let gone = trim(tx, shelf, now, &bounds).await?;
                all = (all.0 + added.0 - gone.0, all.1 + added.1 - gone.1);
            }
            let mut total = sum(tx, ALL, all).await?.1;
            while total > bounds.bytes_in_all {
                let (lines, bytes) = purge(tx, &[0xFF; 16], AT_ONCE).await?;
                if lines == 0 {
                    break;
                }
                total -= bytes;
            }
            Ok(Keep(()))
        })
    }

    /// Lets lines go that were written before a time, at most `limit`; how many went.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn purge(&self, before: i64, limit: i64) -> Result<i64, Fault> {
        let before = first_id(before);
        write!(self.store, Several, |tx| { Ok(Keep(purge(tx, &before, limit).await?.0)) })
    }
}

fn shelf_of(line: &RequestLine) -> Shelf {
    (line.realm.clone(), line.client.clone(), line.is_refused())
}

fn sums_of(lines: impl Iterator<Item = (Shelf, i64)>) -> Sums {
    let mut sums = Sums::new();
    for (shelf, bytes) in lines {
        let sum = sums.entry(shelf).or_default();
        *sum = (sum.0 + 1, sum.1 + bytes);
    }
    sums
}

/// A line as the parameters of its statement; `size` and `refused` are what the line says.
fn row(line: &RequestLine) -> [Value<'_>; 14] {
    [
        Value::from(&line.id),
        Value::from(&line.realm),
        Value::from(&line.client),
        Value::from(line.is_refused()),
        Value::from(line.at),
        Value::from(&line.reference),
        Value::from(&line.endpoint),
        Value::from(&line.grant_type),
        Value::from(i64::from(line.status)),
        Value::from(&line.error),
        Value::from(&line.kind),
        Value::from(&line.detail),
        Value::from(&line.doc),
        Value::from(line.size()),
    ]
}

/// The same by column.
fn columns(lines: &[RequestLine]) -> Vec<Vec<Value<'_>>> {
    let mut columns: Vec<Vec<Value<'_>>> = (0..14).map(|_| Vec::with_capacity(lines.len())).collect();
    for line in lines {
        for (column, value) in columns.iter_mut().zip(row(line)) {
            column.push(value);
        }
    }
    columns
}

async fn add(tx: &mut impl Tx, line: &RequestLine) -> Result<(), Fault> {
    tx.execute(Statement::AddRequest, &row(line)).await?;
    Ok(())
}

/// Adds to the sums of a shelf; what they are then.
async fn sum(tx: &mut impl Tx, shelf: (&str, &str, i64), added: (i64, i64)) -> Result<(i64, i64), Fault> {
    let params = values![shelf.0, shelf.1, shelf.2, added.0, added.1];
    let now = tx.optional(Statement::SumRequests, params, |row| Ok((row.int(0)?, row.int(1)?))).await?;
    Ok(now.unwrap_or_default())
}

/// Lets the oldest lines of a shelf go where it has an eighth more than its bounds; what went.
async fn trim(tx: &mut impl Tx, shelf: &Shelf, now: (i64, i64), bounds: &RequestBounds) -> Result<(i64, i64), Fault> {
    let (mut lines, mut bytes) = now;
    let mut gone = (0, 0);
    let is_over = |has: i64, bound: i64| has > bound.saturating_add(bound / 8);
    if !is_over(lines, bounds.lines_of_app) && !is_over(bytes, bounds.bytes_of_app) {
        return Ok(gone);
    }
    while lines > bounds.lines_of_app || bytes > bounds.bytes_of_app {
        let usual = bytes / lines.max(1) + 1;
        let by_size = (bytes - bounds.bytes_of_app) / usual + 1;
        let limit = (lines - bounds.lines_of_app).max(by_size).clamp(1, lines.max(1));
        let params = values![&shelf.0, &shelf.1, shelf.2, limit];
        let left = tx.query(Statement::TrimRequests, params, |row| row.int(0)).await?;
        if left.is_empty() {
            break;
        }
        let (few, size) = (i64::try_from(left.len()).unwrap_or(i64::MAX), left.iter().sum::<i64>());
        (lines, bytes) = (lines - few, bytes - size);
        gone = (gone.0 + few, gone.1 + size);
    }
    sum(tx, (&shelf.0, &shelf.1, i64::from(shelf.2)), (-gone.0, -gone.1)).await?;
    Ok(gone)
}

/// Lets the oldest lines before an id go, whosever they are, and takes them off the sums; how many, and how large.
async fn purge(tx: &mut impl Tx, before: &[u8; 16], limit: i64) -> Result<(i64, i64), Fault> {
    let gone = tx
        .query(Statement::PurgeRequests, values![before, limit], |row| {
            Ok(((row.string(0)?, row.string(1)?, row.flag(2)?), row.int(3)?))
        })
        .await?;
    let mut all = (0, 0);
    for ((realm, client, refused), (lines, bytes)) in sums_of(gone.into_iter()) {
        let shelf = (&*realm, &*client, i64::from(refused));
        if sum(tx, shelf, (-lines, -bytes)).await?.0 == 0 {
            tx.execute(Statement::DropRequestUse, values![shelf.0, shelf.1, shelf.2]).await?;
        }
        all = (all.0 + lines, all.1 + bytes);
    }
    if all.0 > 0 {
        sum(tx, ALL, (-all.0, -all.1)).await?;
    }
    Ok(all)
}
