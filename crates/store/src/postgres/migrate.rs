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
    // The default is for programs of an older version: a consent that is given anew must not have the number of the one
    // that was withdrawn.
    version_triggers: "
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.version := OLD.version + 1; RETURN NEW; END';
CREATE TRIGGER users_version BEFORE UPDATE ON users FOR EACH ROW EXECUTE PROCEDURE raise_version();
CREATE TRIGGER consent_version BEFORE UPDATE ON consent FOR EACH ROW EXECUTE PROCEDURE raise_version();
ALTER TABLE consent ALTER COLUMN version SET DEFAULT floor(random() * 4294967296) * 65536;
",
    // Of two at once the second sees what the first one wrote: each holds the number of the last change, which whoever writes
    // a user or a client takes anyway.
    subject_triggers: "
CREATE FUNCTION refuse_same_id() RETURNS trigger LANGUAGE plpgsql AS $refuse$
DECLARE taken BOOLEAN;
BEGIN
    IF EXISTS (SELECT 1 FROM unfinished) THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM counter WHERE name = 'change' FOR UPDATE;
    IF TG_TABLE_NAME = 'client' THEN
        taken := NEW.doc::json ->> 'acts_as' IS DISTINCT FROM NEW.id
            AND EXISTS (SELECT 1 FROM users WHERE realm = NEW.realm AND id = NEW.id);
    ELSE
        taken := EXISTS (SELECT 1 FROM client WHERE realm = NEW.realm AND id = NEW.id
            AND doc::json ->> 'acts_as' IS DISTINCT FROM NEW.id);
    END IF;
    IF taken THEN
        RAISE EXCEPTION 'a user or a client has this id' USING ERRCODE = 'CV001';
    END IF;
    RETURN NEW;
END $refuse$;
CREATE TRIGGER client_is_no_user BEFORE INSERT ON client FOR EACH ROW EXECUTE PROCEDURE refuse_same_id();
CREATE TRIGGER user_is_no_client BEFORE INSERT ON users FOR EACH ROW EXECUTE PROCEDURE refuse_same_id();
",
    // Nothing that it would use where a text may be anywhere; a search walks over the table, on several processes.
    client_index: "",
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
    loop {
        let tx = client.transaction().await?;
        // A large table takes its time, and so does another server that is at it.
        tx.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
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

/// The schema's version, and the oldest program that may use it; none in an empty database. The catalogue is read as a
/// table: what a session remembers of names may be older than what it has just waited for.
async fn version(client: &impl tokio_postgres::GenericClient) -> Result<Option<(i64, i64)>, Fault> {
    let table = "SELECT 1 FROM pg_catalog.pg_tables
        WHERE tablename = 'schema_version' AND schemaname = ANY (current_schemas(false))";
    if client.query_opt(table, &[]).await?.is_none() {
        return Ok(None);
    }
    let row = client.query_opt("SELECT version, readable_by FROM schema_version", &[]).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}
