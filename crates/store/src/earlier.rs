//! Databases as programs of before left them: for tests of what becomes of them.

use crate::{postgres, schema, sqlite};

/// The SQL that makes an empty SQLite database one whose newest schema is `version`.
pub fn sqlite(version: i64) -> String {
    schema::until(version, &sqlite::WORDS)
}

/// The same of PostgreSQL.
pub fn postgres(version: i64) -> String {
    schema::until(version, &postgres::WORDS)
}
