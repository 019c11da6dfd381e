//! All tables from one database into another: copies, backups, restores.
//!
//! 1. The source is read as it is at one moment, in pages, each table in its key's order.
//! 2. Each page goes into the target in one transaction together with a note of how far it came. Who is cut off goes on
//!    behind it.
//! 3. A table is read once more at the target: rows and the sum of their hashes must be those of the source. If they are
//!    not, because the source went on between two runs, the table is begun again.
//! 4. The indexes are made, which were put off until all rows are there.
//! 5. Only then the note that keeps servers away ([`Unfinished`]) is removed.

mod backup;
mod cells;
mod inspect;
mod personal;
pub(crate) mod side;
mod tables;
mod target;
#[cfg(test)]
mod tests;
pub(crate) mod unfinished;

use crate::schema::KNOWN;
use crate::{Fault, Options};
pub use backup::{BackedUp, backup};
use cells::{Cell, Sum};
pub use inspect::{Inspection, TableSize, inspect};
use serde::{Deserialize, Serialize};
use side::{Access, Side};
pub use side::{Lease, Schema};
use std::path::Path;
use tables::Table;
pub use target::{Restored, restore, restore_in_place};
pub use unfinished::{Ended, Unfinished, Work};

/// How many rows go into the target in one transaction.
const BATCH: usize = 2_000;

/// How the notes of indexes begin that are made at the end.
const INDEX: &str = "index ";

/// Follows a copy, and may stop it.
pub trait Watch {
    /// The next table, and how many rows it has.
    fn table(&mut self, name: &str, rows: u64);

    /// So many more of its rows are in the target; false stops the copy behind them, as if the process had been killed.
    fn rows(&mut self, rows: u64) -> bool;

    /// The table is compared with the source.
    fn checking(&mut self) {}

    /// All rows are there; this index is made.
    fn index(&mut self, _name: &str) {}
}

/// Nobody looks.
impl Watch for () {
    fn table(&mut self, _: &str, _: u64) {}

    fn rows(&mut self, _: u64) -> bool {
        true
    }
}

/// Why a copy did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// A database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// There is something in the target.
    #[error("{target} is not empty: table {table} has rows")]
    NotEmpty {
        /// The target.
        target: String,
        /// One of the tables with rows.
        table: String,
    },
    /// Something else is under way in the target.
    #[error("{target} cannot be filled: {state}")]
    Underway {
        /// The target.
        target: String,
        /// What it is.
        state: Box<Unfinished>,
    },
    /// The source is no whole database itself.
    #[error("{origin} cannot be copied: {state}")]
    SourceUnfinished {
        /// The source.
        origin: String,
        /// What it is.
        state: Box<Unfinished>,
    },
    /// The source is no database of this program.
    #[error("{0} is no database of Claviger")]
    NoDatabase(String),
    /// The source has an older schema.
    #[error("{origin} has schema {found}; this program copies schema {KNOWN}")]
    OldSchema {
        /// The source.
        origin: String,
        /// Its schema.
        found: i64,
    },
    /// What arrived is not what was sent.
    #[error("table {0} differs between source and target, though it was copied twice")]
    Differs(String),
    /// A file is there already, which is never overwritten.
    #[error("{0} is there already; a backup never overwrites one")]
    Exists(String),
    /// [`Watch::rows`] said so.
    #[error("the copy was stopped")]
    Stopped,
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// From where, without a password.
    pub source: String,
    /// To where.
    pub target: String,
    /// An earlier run had begun it.
    pub resumed: bool,
    /// How many rows there are.
    pub rows: u64,
    /// Each table.
    pub tables: Vec<TableCopied>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableCopied {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// The sum of their hashes, as hexadecimal digits: the same on both sides.
    pub sum: String,
}

/// How far a table came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    after: Option<Vec<Cell>>,
    rows: u64,
}

/// Copies all that `from` holds at this moment into the empty database `to`. Run again after it was cut off, it goes on.
/// What is written to `from` after it began is not in the copy.
///
/// # Errors
/// See [`CopyError`]. The target is not served until another run has completed it.
pub async fn copy(
    (from, reading): (&str, &Options),
    (to, writing): (&str, &Options),
    now: i64,
    watch: &mut impl Watch,
) -> Result<Copied, CopyError> {
    let source = Side::open(from, reading, Access::Snapshot).await?;
    check_source(&source).await?;
    if let Some(state) = Unfinished::of(&source).await? {
        return Err(CopyError::SourceUnfinished { origin: source.shown(), state: Box::new(state) });
    }
    let mut target = Side::open(to, writing, Access::Write).await?;
    if source.shown() == target.shown() {
        return Err(CopyError::NotEmpty { target: target.shown(), table: "of the source itself".into() });
    }
    let state = Unfinished::new(Work::Copy, source.shown(), now);
    let copied = fill(&source, &mut target, &tables::all()?, &state, watch).await?;
    target.run(&["DELETE FROM unfinished".into()], &[]).await?;
    Ok(copied)
}

/// The source is a database that this program knows all tables of.
async fn check_source(source: &Side) -> Result<(), CopyError> {
    match source.schema().await? {
        None => Err(CopyError::NoDatabase(source.shown())),
        Some(schema) if schema.is_known() => Ok(()),
        Some(schema) if schema.version > KNOWN => {
            Err(Fault::SchemaTooNew { found: schema.version, known: KNOWN }.into())
        }
        Some(schema) => Err(CopyError::OldSchema { origin: source.shown(), found: schema.version }),
    }
}

/// Copies what operators wrote (realms, clients, users, keys), and nothing of what requests wrote, into the new SQLite
/// file `to`: something to rehearse a change on.
///
/// # Errors
/// See [`CopyError`].
pub async fn rehearsal(from: &str, options: &Options, to: &Path) -> Result<(), CopyError> {
    let source = Side::open(from, options, Access::Snapshot).await?;
    check_source(&source).await?;
    let mut target = Side::open(&format!("sqlite://{}", to.display()), options, Access::Write).await?;
    let state = Unfinished::new(Work::Copy, source.shown(), 0);
    fill(&source, &mut target, &tables::of_operators()?, &state, &mut ()).await?;
    Ok(target.run(&["DELETE FROM unfinished".into()], &[]).await?)
}

/// Fills the target with the tables; the note of what is under way stays.
async fn fill(
    source: &Side,
    target: &mut Side,
    tables: &[Table],
    state: &Unfinished,
    watch: &mut impl Watch,
) -> Result<Copied, CopyError> {
    let resumed = begin(target, tables, state).await?;
    let mut copied = Copied { source: source.shown(), target: target.shown(), resumed, rows: 0, tables: Vec::new() };
    for table in tables {
        watch.table(&table.name, source.count(&table.name).await?);
        let mut sum = transfer(source, target, table, watch).await?;
        watch.checking();
        if sum_of(target, table).await? != sum {
            let again = [format!("DELETE FROM {}", table.name)];
            let from_the_start = serde_json::to_string(&Progress::default()).map_err(Fault::from)?;
            target.run(&again, &[(mark_of(table), from_the_start)]).await?;
            sum = transfer(source, target, table, watch).await?;
            if sum_of(target, table).await? != sum {
                return Err(CopyError::Differs(table.name.clone()));
            }
        }
        copied.rows += sum.rows;
        let (table, rows, sum) = (table.name.clone(), sum.rows, format!("{:032x}", sum.hash));
        copied.tables.push(TableCopied { table, rows, sum });
    }
    for (mark, make) in target.marks(INDEX).await? {
        watch.index(mark.trim_start_matches(INDEX));
        target.run(&[make, format!("DELETE FROM unfinished WHERE name = '{mark}'")], &[]).await?;
    }
    target.settle().await?;
    Ok(copied)
}

/// Writes down what is under way in an empty target; whether it was under way already.
async fn begin(target: &mut Side, tables: &[Table], state: &Unfinished) -> Result<bool, CopyError> {
    if let Some(found) = Unfinished::of(target).await? {
        return if found.work == state.work && found.source == state.source {
            Ok(true)
        } else {
            Err(CopyError::Underway { target: target.shown(), state: Box::new(found) })
        };
    }
    if let Some(table) = first_used(target, tables).await? {
        return Err(CopyError::NotEmpty { target: target.shown(), table });
    }
    // The counters of a fresh database make room for those of the source. Indexes are made at the end: that is much
    // faster than to keep them in order for each row.
    let mut statements = vec!["DELETE FROM counter".to_owned()];
    let mut marks = vec![(unfinished::STATE.to_owned(), state.doc()?)];
    for (name, make) in target.indexes().await? {
        statements.push(format!("DROP INDEX {name}"));
        marks.push((format!("{INDEX}{name}"), make));
    }
    target.run(&statements, &marks).await?;
    Ok(false)
}

/// A table that has rows, if there is one.
async fn first_used(side: &Side, tables: &[Table]) -> Result<Option<String>, Fault> {
    for table in tables {
        if side.int(&table.used()).await? != Some(0) {
            return Ok(Some(table.name.clone()));
        }
    }
    Ok(None)
}

fn mark_of(table: &Table) -> String {
    format!("table {}", table.name)
}

/// Moves what the target does not have yet; what the table adds up to at the source.
async fn transfer(source: &Side, target: &mut Side, table: &Table, watch: &mut impl Watch) -> Result<Sum, CopyError> {
    let mark = mark_of(table);
    let mut progress: Progress = match target.mark(&mark).await? {
        Some(doc) => serde_json::from_str(&doc).map_err(Fault::from)?,
        None => Progress::default(),
    };
    let mut sum = Sum::default();
    let mut after = None;
    loop {
        let page = source.page(table, after.as_deref(), BATCH).await?;
        let read = page.len();
        sum.add(&page);
        after = page.last_key(table).or(after);
        let page = match &progress.after {
            Some(done) => page.behind(done, table),
            None => page,
        };
        if page.len() > 0 {
            progress.after.clone_from(&after);
            progress.rows += page.len() as u64;
            let doc = serde_json::to_string(&progress).map_err(Fault::from)?;
            target.put(table, &page, (&mark, &doc)).await?;
        }
        if !watch.rows(read as u64) {
            return Err(CopyError::Stopped);
        }
        if read < BATCH {
            return Ok(sum);
        }
    }
}

/// What a table adds up to.
async fn sum_of(side: &Side, table: &Table) -> Result<Sum, Fault> {
    let mut sum = Sum::default();
    let mut after = None;
    loop {
        let page = side.page(table, after.as_deref(), BATCH).await?;
        sum.add(&page);
        if page.len() < BATCH {
            return Ok(sum);
        }
        after = page.last_key(table);
    }
}
