//! The schema, brought up to date by whichever server starts first; the others wait for it.

use crate::Fault;
use crate::schema::{KNOWN, MIGRATIONS, Words, spell};
use tokio_postgres::Client;

/// How PostgreSQL spells what engines spell differently. Text is compared byte for byte, as SQLite does, whatever the
/// database's language: lists come in the same order on both. Half of a page is left free where rows grow and change all
/// the time, so that a change finds room beside the row and touches no index.
pub(crate) const WORDS: Words = Words {
    text: "TEXT COLLATE \"C\"",
    bytes: "BYTEA",
    seq: "BIGINT NOT NULL PRIMARY KEY",
    clustered: "",
    changing: "WITH (fillfactor = 50)",
};

/// The number under which migrating is locked: the first bytes of the word `claviger`.
const LOCK: i64 = 0x636c_6176_6967;

/// Brings the schema up to date. Each step is one transaction with its version, so one that is cut off is begun again.
///
/// # Errors
/// [`Fault::SchemaTooNew`] for a schema that this program does not understand; whatever the database says.
pub(crate) async fn migrate(client: &mut Client) -> Result<(), Fault> {
    if version(client).await?.is_some_and(|(version, _)| version == KNOWN) {
        return Ok(());
    }
    // A large table takes its time.
    client.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0").await?;
    let done = under_lock(client).await;
    client.batch_execute("RESET statement_timeout; RESET lock_timeout").await?;
    done
}

async fn under_lock(client: &mut Client) -> Result<(), Fault> {
    loop {
        let tx = client.transaction().await?;
        tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
        let (found, readable_by) = if let Some(found) = version(&tx).await? {
            found
        } else {
            tx.batch_execute(
                "CREATE TABLE schema_version (version BIGINT NOT NULL, readable_by BIGINT NOT NULL);
                 INSERT INTO schema_version (version, readable_by) VALUES (0, 0)",
            )
            .await?;
            (0, 0)
        };
        if found > KNOWN && readable_by > KNOWN {
            return Err(Fault::SchemaTooNew { found, known: KNOWN });
        }
        let Some(step) = MIGRATIONS.iter().find(|step| step.version > found) else { return Ok(()) };
        tx.batch_execute(&spell(step.ddl, &WORDS)).await?;
        let to: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&step.version, &step.readable_by];
        tx.execute("UPDATE schema_version SET version = $1, readable_by = $2", &to).await?;
        tx.commit().await?;
    }
}

/// The schema's version, and the oldest program that may use it; none in an empty database.
async fn version(client: &impl tokio_postgres::GenericClient) -> Result<Option<(i64, i64)>, Fault> {
    let known = client.query_one("SELECT to_regclass('schema_version') IS NOT NULL", &[]).await?;
    if !known.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let row = client.query_opt("SELECT version, readable_by FROM schema_version", &[]).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}
