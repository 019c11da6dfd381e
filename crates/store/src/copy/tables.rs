//! The tables and their columns, as the schema itself tells them: nobody can forget one here.
//!
//! The migrations are run in memory, and the database that comes of it is asked. What the copy then does with a column
//! depends on its kind alone.

use crate::Fault;
use crate::schema::{MIGRATIONS, spell};
use crate::sqlite::WORDS;
use rusqlite::Connection;

/// Tables that say something about one database, not about what is in it.
const OF_THE_DATABASE: [&str; 5] = ["schema_version", "unfinished", "lease", "request_line", "request_use"];

/// Tables that requests fill, not operators; and the log of what operators did, which no file changes.
const OF_REQUESTS: [&str; 39] = [
    "backchannel",
    "backchannel_block",
    "team",
    "team_member",
    "team_invitation",
    "partner_app",
    "app_event",
    "terms_accepted",
    "team_sandbox",
    "client_asked",
    "activity",
    "consent_evidence",
    "session",
    "factor",
    "remembered_browser",
    "user_link",
    "provider_account",
    "signed_in_to",
    "pending",
    "answered",
    "spent",
    "api_answer",
    "device",
    "code",
    "grants",
    "access_token",
    "seat",
    "revocation",
    "mail_outbox",
    "outbox",
    "one_time_link",
    "legacy_use",
    "secret_use",
    "change",
    "brake",
    "audit",
    "audit_part",
    "audit_cut",
    "webhook_delivery",
];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    Bytes,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// Where the columns of its primary key are, in the key's order.
    pub(crate) key: Vec<usize>,
}

/// Every table whose rows belong into a copy, in the order in which the schema makes them.
///
/// # Errors
/// A table has no primary key, or a column of a kind that is not known here: a mistake in the schema, found by a test.
pub(crate) fn all() -> Result<Vec<Table>, Fault> {
    let schema = Connection::open_in_memory()?;
    for step in MIGRATIONS {
        schema.execute_batch(&spell(step.ddl, &WORDS))?;
    }
    let mut names = schema.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    names
        .into_iter()
        .filter(|name| !OF_THE_DATABASE.contains(&name.as_str()))
        .map(|name| table(&schema, name))
        .collect()
}

/// The tables that operators fill: realms, clients, users, keys.
///
/// # Errors
/// As [`all`].
pub(crate) fn of_operators() -> Result<Vec<Table>, Fault> {
    Ok(all()?.into_iter().filter(|table| !OF_REQUESTS.contains(&table.name.as_str())).collect())
}

fn table(schema: &Connection, name: String) -> Result<Table, Fault> {
    let mut asked = schema.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let told = asked.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let told = told.collect::<Result<Vec<(String, String, i64)>, _>>()?;
    let mut columns = Vec::with_capacity(told.len());
    let mut key = Vec::new();
    for (index, (column, kind, place)) in told.into_iter().enumerate() {
        let kind = match kind.as_str() {
            "TEXT" => Kind::Text,
            "BIGINT" | "INTEGER" => Kind::Int,
            "BLOB" => Kind::Bytes,
            other => return Err(Fault::Other(format!("{name}.{column}: `{other}` cannot be copied"))),
        };
        columns.push(Column { name: column, kind });
        if place > 0 {
            key.push((place, index));
        }
    }
    if key.is_empty() {
        return Err(Fault::Other(format!("{name} has no primary key, so it cannot be copied")));
    }
    key.sort_unstable();
    Ok(Table { name, columns, key: key.into_iter().map(|(_, index)| index).collect() })
}

impl Table {
    /// Its columns' names, as a statement wants them.
    pub(crate) fn names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Reads a page in the key's order: the first, or the one behind a key. `sign` is how a parameter begins.
    pub(crate) fn page(&self, sign: char, behind: bool, limit: usize) -> String {
        let key: Vec<_> =
            self.key.iter().filter_map(|index| self.columns.get(*index)).map(|c| c.name.as_str()).collect();
        let key = key.join(", ");
        let behind = if behind {
            let places: Vec<_> = (1..=self.key.len()).map(|place| format!("{sign}{place}")).collect();
            format!(" WHERE ({key}) > ({})", places.join(", "))
        } else {
            String::new()
        };
        format!("SELECT {} FROM {}{behind} ORDER BY {key} LIMIT {limit}", self.names(), self.name)
    }

    /// Whether it holds a row that a fresh database does not have.
    pub(crate) fn used(&self) -> String {
        let condition = match self.name.as_str() {
            "counter" => " WHERE value <> 0 AND name NOT IN ('clock', 'names')",
            _ => "",
        };
        format!("SELECT COUNT(*) FROM (SELECT 1 FROM {}{condition} LIMIT 1) AS found", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, all};

    /// Every table of the schema can be copied or is known to stay behind; the names are told so that a new one is seen.
    #[test]
    fn no_table_is_forgotten() {
        let tables = all().unwrap();
        let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
        for name in
            ["counter", "realm", "client", "users", "grants", "access_token", "revocation", "signing_key", "change"]
        {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(!names.contains(&"schema_version") && !names.contains(&"lease"), "{names:?}");
        let grants = tables.iter().find(|table| table.name == "grants").unwrap();
        assert_eq!(grants.columns[0].kind, Kind::Bytes);
        assert_eq!(grants.key, [0]);
        let seat = tables.iter().find(|table| table.name == "seat").unwrap();
        assert_eq!(seat.key, [0, 1, 2, 3, 4]);
        assert!(
            seat.page('$', true, 10)
                .contains("WHERE (realm, pool, organisation, holder, grant_id) > ($1, $2, $3, $4, $5)")
        );
    }
}
