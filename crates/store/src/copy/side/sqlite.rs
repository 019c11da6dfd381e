//! A SQLite file at one end of a copy.

use super::{Access, put_mark};
use crate::Fault;
use crate::copy::cells::{Cell, Page};
use crate::copy::tables::{Kind, Table};
use crate::sqlite::{reader, writer};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use std::path::PathBuf;

/// A connection to a file.
pub(crate) struct Side {
    connection: Connection,
    path: PathBuf,
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

fn cell(value: ValueRef<'_>) -> Result<Cell, Fault> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(value) => Cell::Text(std::str::from_utf8(value).map_err(Fault::other)?.to_owned()),
        ValueRef::Blob(value) => Cell::Bytes(value.to_vec()),
        ValueRef::Real(_) => return Err(Fault::other("a column holds a fraction")),
    })
}

fn cells(row: &Row<'_>, width: usize, into: &mut Vec<Cell>) -> Result<(), Fault> {
    for column in 0..width {
        into.push(cell(row.get_ref(column)?)?);
    }
    Ok(())
}

const fn fits(cell: &Cell, kind: Kind) -> bool {
    matches!(
        (cell, kind),
        (Cell::Null, _) | (Cell::Int(_), Kind::Int) | (Cell::Text(_), Kind::Text) | (Cell::Bytes(_), Kind::Bytes)
    )
}

impl Side {
    pub(super) fn open(path: PathBuf, access: Access) -> Result<Self, Fault> {
        if access != Access::Write && !path.exists() {
            return Err(Fault::Unavailable(format!("there is no file {}", path.display())));
        }
        let connection = match access {
            Access::Write => {
                let connection = writer(&path, true)?;
                // A large index is sorted on the disk.
                connection.pragma_update(None, "temp_store", "FILE")?;
                connection
            }
            Access::Snapshot | Access::Look => reader(&path)?,
        };
        if access == Access::Snapshot {
            // A transaction that only reads sees the moment of its first read to its end.
            connection.execute_batch("BEGIN; SELECT COUNT(*) FROM sqlite_schema;")?;
        }
        Ok(Self { connection, path })
    }

    pub(super) fn shown(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        format!("sqlite://{}", path.display())
    }

    #[expect(clippy::unused_self, reason = "as of the other engine")]
    pub(super) fn version(&self) -> String {
        rusqlite::version().to_owned()
    }

    pub(super) fn number(&self, table: &str) -> Result<Option<u64>, Fault> {
        let known = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        Ok(self.connection.query_row(known, [table], |_| Ok(0)).optional()?)
    }

    pub(super) fn row(&self, sql: &str, params: &[Cell], width: usize) -> Result<Option<Vec<Cell>>, Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut found = Vec::with_capacity(width);
        cells(row, width, &mut found)?;
        Ok(Some(found))
    }

    pub(super) fn page(&self, table: &Table, after: Option<&[Cell]>, limit: usize) -> Result<Page, Fault> {
        let width = table.columns.len();
        let mut statement = self.connection.prepare_cached(&table.page('?', after.is_some(), limit))?;
        let mut rows = statement.query(rusqlite::params_from_iter(after.unwrap_or_default()))?;
        let mut page = Page { width, cells: Vec::with_capacity(width * limit) };
        while let Some(row) = rows.next()? {
            cells(row, width, &mut page.cells)?;
        }
        let sound = page.rows().all(|row| row.iter().zip(&table.columns).all(|(cell, column)| fits(cell, column.kind)));
        if sound { Ok(page) } else { Err(Fault::Corrupt(format!("{} holds a value of another type", table.name))) }
    }

    pub(super) fn put(&mut self, table: &Table, page: &Page, mark: (&str, &str)) -> Result<(), Fault> {
        let places = vec!["?"; page.width].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES ({places})", table.name, table.names());
        let tx = self.connection.transaction()?;
        {
            let mut insert = tx.prepare_cached(&sql)?;
            for row in page.rows() {
                insert.execute(rusqlite::params_from_iter(row))?;
            }
        }
        tx.execute(&put_mark('?'), [mark.0, mark.1])?;
        Ok(tx.commit()?)
    }

    pub(super) fn indexes(&self) -> Result<Vec<(String, String)>, Fault> {
        // Those of primary keys have no statement of their own.
        let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn run(&mut self, statements: &[String], marks: &[(String, String)]) -> Result<(), Fault> {
        let tx = self.connection.transaction()?;
        for sql in statements {
            tx.execute(sql, [])?;
        }
        for (name, doc) in marks {
            tx.execute(&put_mark('?'), [name, doc])?;
        }
        Ok(tx.commit()?)
    }

    pub(super) fn settle(&mut self) -> Result<(), Fault> {
        // The planner needs no statistics here: every statement has the index it needs, whatever the sizes.
        let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
        Ok(self.connection.query_row(checkpoint, [], |_| Ok(()))?)
    }
}
