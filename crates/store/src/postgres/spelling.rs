//! The registry's statements in PostgreSQL's spelling.

use crate::Fault;
use crate::statements::Statement;
use std::sync::LazyLock;

/// How PostgreSQL spells the database's own time: the machine's, not the transaction's.
pub(crate) const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// How PostgreSQL is told to lock the rows that are read.
const LOCKED: &str = " FOR UPDATE";

/// A statement's text.
///
/// # Errors
/// There is none; not for one of the registry.
pub(crate) fn spelled(statement: Statement) -> Result<&'static str, Fault> {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let spell = |sql: &str| sql.replace('?', "$").replace("{NOW}", NOW).replace("{LOCKED}", LOCKED);
        Statement::ALL.iter().map(|statement| spell(statement.sql())).collect()
    });
    ALL.get(statement as usize).map(String::as_str).ok_or_else(|| Fault::other("no such statement"))
}
