//! A PostgreSQL at one end of a copy.

use super::{Access, put_mark};
use crate::copy::cells::{Cell, Page};
use crate::copy::tables::{Kind, Table};
use crate::postgres::whole::Whole;
use crate::postgres::{lone, migrate};
use crate::value::Value;
use crate::{Fault, Options};
use futures_util::TryStreamExt;
use std::pin::pin;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

/// A connection to a database.
pub(crate) struct Side {
    client: Client,
    shown: String,
}

impl Cell {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Blob(value),
        }
    }
}

fn cell(row: &Row, column: usize) -> Result<Cell, Fault> {
    let kind = row.columns().get(column).map(|column| column.type_().clone());
    Ok(match kind {
        Some(Type::TEXT | Type::VARCHAR | Type::NAME) => {
            row.try_get::<_, Option<String>>(column)?.map_or(Cell::Null, Cell::Text)
        }
        Some(Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(column)?.map_or(Cell::Null, Cell::Bytes),
        _ => row.try_get::<_, Option<Whole>>(column)?.map_or(Cell::Null, |whole| Cell::Int(whole.0)),
    })
}

const fn of(kind: Kind) -> Type {
    match kind {
        Kind::Text => Type::TEXT,
        Kind::Int => Type::INT8,
        Kind::Bytes => Type::BYTEA,
    }
}

impl Side {
    pub(super) async fn open(url: &str, options: &Options, access: Access) -> Result<Self, Fault> {
        let (mut client, shown) = lone(url, options).await?;
        // A large table takes its time; a transaction waits while the other side reads or writes.
        client
            .batch_execute(
                "SET statement_timeout = 0; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = 0",
            )
            .await?;
        if access == Access::Write {
            migrate(&mut client).await?;
            // A batch and the note of it are lost together or not at all; what completes the work waits for the disk.
            let faster = "SET statement_timeout = 0; SET lock_timeout = '10s'; SET synchronous_commit = off";
            client.batch_execute(faster).await?;
        }
        if access == Access::Snapshot {
            client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        }
        Ok(Self { client, shown })
    }

    pub(super) fn shown(&self) -> String {
        self.shown.clone()
    }

    pub(super) async fn version(&self) -> Result<(&'static str, String), Fault> {
        let row = self.client.query_one("SHOW server_version", &[]).await?;
        Ok(("postgres", row.try_get(0)?))
    }

    /// As the planner believes; a table that was never looked at has 0.
    pub(super) async fn number(&self, table: &str) -> Result<Option<u64>, Fault> {
        let sql = "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)";
        let row = self.client.query_opt(sql, &[&table]).await?;
        row.map(|row| Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0))).transpose()
    }

    pub(super) async fn row(&self, sql: &str, params: &[Cell], width: usize) -> Result<Option<Vec<Cell>>, Fault> {
        let values: Vec<_> = params.iter().map(Cell::value).collect();
        let mut rows = pin!(self.client.query_raw(sql, &values).await?);
        let Some(row) = rows.try_next().await? else { return Ok(None) };
        let found = (0..width).map(|column| cell(&row, column)).collect::<Result<_, _>>()?;
        while rows.try_next().await?.is_some() {}
        Ok(Some(found))
    }

    pub(super) async fn page(&self, table: &Table, after: Option<&[Cell]>, limit: usize) -> Result<Page, Fault> {
        let width = table.columns.len();
        let values: Vec<_> = after.unwrap_or_default().iter().map(Cell::value).collect();
        let mut rows = pin!(self.client.query_raw(&table.page('$', after.is_some(), limit), &values).await?);
        let mut page = Page { width, cells: Vec::with_capacity(width * limit) };
        while let Some(row) = rows.try_next().await? {
            for column in 0..width {
                page.cells.push(cell(&row, column)?);
            }
        }
        Ok(page)
    }

    pub(super) async fn put(&mut self, table: &Table, page: &Page, mark: (&str, &str)) -> Result<(), Fault> {
        let types: Vec<_> = table.columns.iter().map(|column| of(column.kind)).collect();
        let tx = self.client.transaction().await?;
        let into = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, table.names());
        let mut writer = pin!(BinaryCopyInWriter::new(tx.copy_in(&into).await?, &types));
        for row in page.rows() {
            let values: Vec<_> = row.iter().map(Cell::value).collect();
            let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            writer.as_mut().write(&values).await?;
        }
        writer.finish().await?;
        tx.execute(&put_mark('$'), &[&mark.0, &mark.1]).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn indexes(&self) -> Result<Vec<(String, String)>, Fault> {
        let sql = "SELECT i.indexname::text, i.indexdef FROM pg_indexes i
            WHERE i.schemaname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_constraint c
                JOIN pg_class k ON k.oid = c.conindid JOIN pg_namespace n ON n.oid = k.relnamespace
                WHERE k.relname = i.indexname AND n.nspname = i.schemaname)
            ORDER BY i.indexname";
        let rows = self.client.query(sql, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    pub(super) async fn run(&mut self, statements: &[String], marks: &[(String, String)]) -> Result<(), Fault> {
        let tx = self.client.transaction().await?;
        for sql in statements {
            tx.execute(sql, &[]).await?;
        }
        for (name, doc) in marks {
            tx.execute(&put_mark('$'), &[&name, &doc]).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn settle(&mut self) -> Result<(), Fault> {
        Ok(self.client.batch_execute("SET synchronous_commit = on; ANALYZE").await?)
    }
}
