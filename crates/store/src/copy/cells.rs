//! Rows on their way from one database to another, and what they add up to.

use super::tables::Table;
use claviger_core::crypto::sha256;
use serde::{Deserialize, Serialize};

/// One value. They are ordered as both engines order the values of one column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Rows of one table, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) width: usize,
    pub(crate) cells: Vec<Cell>,
}

impl Page {
    /// Its rows.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, Cell> {
        self.cells.chunks_exact(self.width.max(1))
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len() / self.width.max(1)
    }

    /// The key of its last row.
    pub(crate) fn last_key(&self, table: &Table) -> Option<Vec<Cell>> {
        self.rows().next_back().map(|row| key(row, table))
    }

    /// Without the rows up to this key.
    pub(crate) fn behind(self, after: &[Cell], table: &Table) -> Self {
        let first = self.rows().position(|row| key(row, table).as_slice() > after).unwrap_or(self.len());
        let Self { width, mut cells } = self;
        cells.drain(..first * width);
        Self { width, cells }
    }
}

fn key(row: &[Cell], table: &Table) -> Vec<Cell> {
    table.key.iter().filter_map(|index| row.get(*index)).cloned().collect()
}

/// How many rows there are, and the sum of their hashes: the same for the same rows, in whatever order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: u64,
    pub(crate) hash: u128,
}

impl Sum {
    /// Adds rows.
    pub(crate) fn add(&mut self, page: &Page) {
        let mut spelled = Vec::with_capacity(1024);
        for row in page.rows() {
            spelled.clear();
            for cell in row {
                spell(cell, &mut spelled);
            }
            let hash = sha256(&spelled);
            let (first, _) = hash.split_at(16);
            self.hash = self.hash.wrapping_add(first.try_into().map(u128::from_le_bytes).unwrap_or_default());
            self.rows += 1;
        }
    }
}

/// A byte for the kind, the length, the value.
fn spell(cell: &Cell, out: &mut Vec<u8>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    match cell {
        Cell::Null => put(0, &[]),
        Cell::Int(value) => put(1, &value.to_le_bytes()),
        // PostgreSQL holds no zero byte in a text; this is what stands in its place there.
        Cell::Text(text) if text.contains('\0') => put(2, text.replace('\0', "\u{fffd}").as_bytes()),
        Cell::Text(text) => put(2, text.as_bytes()),
        Cell::Bytes(bytes) => put(3, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Page, Sum};

    fn page(cells: Vec<Cell>) -> Page {
        Page { width: 2, cells }
    }

    fn sum(cells: Vec<Cell>) -> Sum {
        let mut sum = Sum::default();
        sum.add(&page(cells));
        sum
    }

    #[test]
    fn a_sum_knows_its_rows_whatever_their_order() {
        let (a, b) = (Cell::Text("a".into()), Cell::Text("b".into()));
        let one = sum(vec![a.clone(), Cell::Int(1), b.clone(), Cell::Int(2)]);
        assert_eq!(one, sum(vec![b.clone(), Cell::Int(2), a.clone(), Cell::Int(1)]));
        assert_ne!(one, sum(vec![a.clone(), Cell::Int(2), b.clone(), Cell::Int(1)]), "values belong to their rows");
        assert_ne!(one, sum(vec![a.clone(), Cell::Int(1)]));
        assert_ne!(sum(vec![a.clone(), Cell::Null]), sum(vec![a.clone(), Cell::Text(String::new())]));
        assert_ne!(sum(vec![a, Cell::Bytes(vec![1])]), sum(vec![b, Cell::Bytes(vec![1])]));
    }
}
