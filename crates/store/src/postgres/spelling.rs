//! The registry's statements in PostgreSQL's spelling.

use crate::Fault;
use crate::statements::Statement;
use std::sync::LazyLock;

/// How PostgreSQL spells the database's own time: the machine's, not the transaction's.
pub(crate) const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// How PostgreSQL is told to lock the rows that are read.
const LOCKED: &str = " FOR UPDATE";

/// What operators find a client by: id, name, publisher, owner and redirect URIs, in lower case. Only of documents that have the text at
/// all, which costs less to see.
const CLIENT_HAS: &str = "LOWER(doc) LIKE $3 AND LOWER(id || '\n' || COALESCE(doc::json ->> 'name', '') || '\n'
    || COALESCE(doc::json ->> 'publisher', '') || '\n' || COALESCE(doc::json ->> 'owner_email', '') || '\n'
    || COALESCE(doc::json ->> 'redirect_uris', ''))";

/// A statement's text.
///
/// # Errors
/// There is none; not for one of the registry.
pub(crate) fn spelled(statement: Statement) -> Result<&'static str, Fault> {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let spell = |sql: &str| {
            let sql = sql.replace('?', "$").replace("{NOW}", NOW).replace("{LOCKED}", LOCKED);
            sql.replace("{CLIENT_BY_TEXT}", "client").replace("{CLIENT_HAS}", CLIENT_HAS)
        };
        Statement::ALL.iter().map(|statement| spell(statement.sql())).collect()
    });
    ALL.get(statement as usize).map(String::as_str).ok_or_else(|| Fault::other("no such statement"))
}
