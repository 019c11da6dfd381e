//! The tables, as migrations that only ever go forward.
//!
//! Written once for all engines; what they spell differently is a word in braces: `{BYTES}` a column of bytes, `{SEQ}` a
//! whole number as the only primary key, `{CLUSTERED}` a table that lies in its key's order, `{CHANGING}` one whose rows
//! change all the time, `{VERSION_TRIGGERS}` what raises a row's version, `{SUBJECT_TRIGGERS}` what keeps the ids of users and
//! clients apart, `{CLIENT_INDEX}` what helps to find a client, `{REQUESTS}` the tables of the request log; and the word `TEXT`. Wide tables are not clustered: a wide row in the inner nodes of a tree costs
//! depth.
//!
//! Times are milliseconds since the epoch. What expires has an index on when, so that it leaves in small batches.

mod agents;
mod deadlines;
mod first;
mod grown;
mod portal;
mod provider;
mod requests;

use agents::agent_tables;
use deadlines::deadline_tables;
use first::FIRST;
use grown::{ANSWERED, AUDIT, DAILY_WORK, OUTBOX, SEVERAL_SERVERS, SUBJECTS, VERSIONS};
use provider::PROVIDER;
pub(crate) use requests::REQUESTS;

/// One step.
pub(crate) struct Migration {
    /// The schema it leads to.
    pub(crate) version: i64,
    /// The oldest program (by its newest known schema) that may go on using the database.
    pub(crate) readable_by: i64,
    /// Statements separated by semicolons.
    pub(crate) ddl: &'static str,
}

/// The newest schema that this program knows.
pub(crate) const KNOWN: i64 = 10;

/// Every step, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, readable_by: 1, ddl: FIRST },
    Migration { version: 2, readable_by: 1, ddl: SEVERAL_SERVERS },
    Migration { version: 3, readable_by: 1, ddl: VERSIONS },
    Migration { version: 4, readable_by: 1, ddl: AUDIT },
    Migration { version: 5, readable_by: 1, ddl: SUBJECTS },
    Migration { version: 6, readable_by: 1, ddl: ANSWERED },
    Migration { version: 7, readable_by: 1, ddl: DAILY_WORK },
    Migration { version: 8, readable_by: 1, ddl: OUTBOX },
    Migration { version: 9, readable_by: 1, ddl: PROVIDER },
    Migration { version: 10, readable_by: 1, ddl: BOUNDED },
];

/// What engines spell differently.
pub(crate) struct Words {
    /// A column of text, compared byte for byte.
    pub(crate) text: &'static str,
    /// A column of bytes.
    pub(crate) bytes: &'static str,
    /// A whole number as the only primary key.
    pub(crate) seq: &'static str,
    /// After a table that lies in its key's order.
    pub(crate) clustered: &'static str,
    /// After a table whose rows change all the time.
    pub(crate) changing: &'static str,
    /// Triggers that raise the `version` of a row of `users` and `consent` with each update, whoever makes it.
    pub(crate) version_triggers: &'static str,
    /// Triggers that refuse a client with a user's id, and a user with a client's, in one realm.
    pub(crate) subject_triggers: &'static str,
    /// What helps to find a client by a part of its name.
    pub(crate) client_index: &'static str,
}

/// The words of one engine, put into a migration.
pub(crate) fn spell(ddl: &str, words: &Words) -> String {
    ddl.replace("{REQUESTS}", REQUESTS)
        .replace(" TEXT", &format!(" {}", words.text))
        .replace("{BYTES}", words.bytes)
        .replace("{SEQ}", words.seq)
        .replace("{CLUSTERED}", words.clustered)
        .replace("{CHANGING}", words.changing)
        .replace("{VERSION_TRIGGERS}", words.version_triggers)
        .replace("{SUBJECT_TRIGGERS}", words.subject_triggers)
        .replace("{CLIENT_INDEX}", words.client_index)
}

/// What is bounded in time: legacy behaviours of apps, and what agents may do; and how operators find an app.
const BOUNDED: &str = concat!(deadline_tables!(), agent_tables!(), "{CLIENT_INDEX}");

/// What makes an empty database one that a program left which knew no schema above `version`.
pub(crate) fn until(version: i64, words: &Words) -> String {
    let steps: Vec<_> = MIGRATIONS.iter().take_while(|step| step.version <= version).collect();
    let readable_by = steps.last().map_or(0, |step| step.readable_by);
    let mut ddl = String::from("CREATE TABLE schema_version (version BIGINT NOT NULL, readable_by BIGINT NOT NULL);");
    ddl.extend(steps.into_iter().map(|step| spell(step.ddl, words)));
    ddl + &format!("INSERT INTO schema_version (version, readable_by) VALUES ({version}, {readable_by});")
}
