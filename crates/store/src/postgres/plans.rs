//! How the database finds rows for us: by an index, and without looking at the values.
//!
//! A plan that looks at the values is made anew for each execution, and to make it PostgreSQL asks an index for its first
//! entry: where a million rows have just left, it walks over what is left of them each time, which takes longer than the
//! statement itself. So each connection keeps one plan for each statement, whatever the values.
//!
//! A kept plan grows old: for a table that is known to be empty all indexes are equally good, and PostgreSQL 15 looks a code
//! up by `code_expiry` and a user by `users_username`. When the table has grown that reads every live code, or every user
//! of a realm, for each request, until the table is analyzed: a minute or more. So plans are thrown away after a second.

use std::time::Duration;
use tokio_postgres::Client;

/// What is set on every connection, where the database knows the word.
pub(super) const SETTINGS: &str = "SELECT set_config(wanted.name, wanted.value, false) FROM (VALUES
        ('plan_cache_mode', 'force_generic_plan'), ('jit', 'off'), ('enable_seqscan', 'off'),
        ('enable_bitmapscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off')) AS wanted (name, value)
    WHERE wanted.name IN (SELECT name FROM pg_settings)";

/// How long a connection keeps its plans.
pub(super) const KEPT: Duration = Duration::from_secs(1);

/// Throws a connection's plans away; the next use of each statement makes its plan anew.
///
/// # Errors
/// The connection is gone.
pub(super) async fn discard(client: &Client) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("DISCARD PLANS").await
}

/// What tests ask about plans, on a database whose tables are still empty.
#[cfg(test)]
pub(crate) mod explain {
    use super::SETTINGS;
    use tokio_postgres::Client;
    use tokio_postgres::SimpleQueryMessage;

    /// To a migrated database.
    pub(crate) async fn connect() -> Client {
        let url = claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap();
        drop(crate::Store::connect(&url, &crate::Options::default()).await.unwrap());
        let (client, wire) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(wire);
        client.batch_execute(SETTINGS).await.unwrap();
        client
    }

    /// The lines of a statement's plan.
    pub(in crate::postgres) async fn explained(client: &Client, sql: &str) -> Vec<String> {
        let parameters = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).params().len();
        client.batch_execute(&format!("PREPARE it AS {sql}")).await.unwrap();
        let values = vec!["NULL"; parameters].join(", ");
        let execute =
            if parameters == 0 { "EXPLAIN EXECUTE it".to_owned() } else { format!("EXPLAIN EXECUTE it ({values})") };
        let rows = client.simple_query(&execute).await.unwrap();
        client.batch_execute("DEALLOCATE it").await.unwrap();
        let line = |message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        rows.into_iter().filter_map(line).collect()
    }

    /// Whether this line of a plan reads more than its index leads to.
    pub(in crate::postgres) fn walks(line: impl AsRef<str>) -> bool {
        ["Seq Scan", "Hash Join", "Hash Cond", "Merge Join", "Bitmap"].iter().any(|word| line.as_ref().contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::explain::{connect, explained, walks};
    use crate::statements::Statement;

    /// With the settings of our connections every statement finds its rows by an index, in tables that are still empty.
    #[tokio::test]
    async fn every_statement_is_led_by_an_index() {
        let client = connect().await;
        // What a restore ends, it ends as a whole; of mails there are few.
        let whole =
            |statement: Statement| format!("{statement:?}").starts_with("Forget") || statement == Statement::PurgeMails;
        for statement in Statement::ALL.iter().filter(|statement| !whole(**statement)) {
            let plan = explained(&client, crate::postgres::spelled(*statement).unwrap()).await;
            assert!(!plan.iter().any(walks), "{statement:?}: {plan:#?}");
        }
    }
}
