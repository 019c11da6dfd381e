//! What is done to a database as a whole, by its URL: it need not be open, nor served.

use super::{Act, Actor, Subject, SubjectKind};
use claviger_store::copy::{self, BackedUp, Copied, CopyError, Restored, Watch};
use claviger_store::{Fault, Options, Store};
use serde_json::json;
use std::path::Path;

/// By whom, and when (milliseconds), something is done.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// Now.
    pub now: i64,
}

/// Takes a backup into a new file ([`copy::backup`]), and writes the line into the database that it was taken of. A backup
/// is worth having also where that cannot be written: then the reason comes with it.
///
/// # Errors
/// There is no backup.
pub async fn backup(
    by: By<'_>,
    (url, options): (&str, &Options),
    file: &Path,
    watch: &mut impl Watch,
) -> Result<(BackedUp, Option<Fault>), CopyError> {
    let made = copy::backup(url, file, options, by.now, watch).await?;
    if !made.up_to_date {
        // To open it would migrate it.
        return Ok((made, Some(Fault::Other("the database has an older schema, without a place for it".into()))));
    }
    let after = json!({ "file": made.file.display().to_string(), "bytes": made.bytes, "schema": made.schema });
    let written = write_line(by, Act::DbBackup, (url, options), &made.source, after).await;
    Ok((made, written.err()))
}

/// Copies a database into an empty one ([`copy::copy`]), and writes the line into that one.
///
/// # Errors
/// The copy is not complete; or the line cannot be written.
pub async fn copy(
    by: By<'_>,
    source: (&str, &Options),
    target: (&str, &Options),
    watch: &mut impl Watch,
) -> Result<Copied, CopyError> {
    let copied = copy::copy(source, target, by.now, watch).await?;
    let after = json!({ "source": copied.source, "tables": copied.tables.len(), "rows": copied.rows });
    write_line(by, Act::DbCopy, target, &copied.target, after).await?;
    Ok(copied)
}

/// Brings a backup back ([`copy::restore`]). The line is written in the transaction after which the database may be served.
///
/// # Errors
/// See [`CopyError`].
pub async fn restore(
    by: By<'_>,
    file: &Path,
    (url, options): (&str, &Options),
    kept_as: Option<&Path>,
    watch: &mut impl Watch,
) -> Result<Restored, CopyError> {
    copy::restore(file, url, kept_as, options, Some(by.actor), by.now, watch).await
}

/// Ends what a database brings back whose rows are there already ([`copy::restore_in_place`]); the line as in [`restore`].
///
/// # Errors
/// See [`CopyError`].
pub async fn restore_in_place(by: By<'_>, (url, options): (&str, &Options)) -> Result<Restored, CopyError> {
    copy::restore_in_place(url, options, Some(by.actor), by.now).await
}

/// Brings the schema up to date, from version `found` to `known`, by opening the database. The line is a transaction of its
/// own behind the last step: until then there may be no table for it.
///
/// # Errors
/// The database cannot be opened or written.
pub async fn migrate(by: By<'_>, (url, options): (&str, &Options), (found, known): (i64, i64)) -> Result<(), Fault> {
    let store = Store::connect(url, &Options { unfinished: true, ..options.clone() }).await?;
    let (before, after) = (json!({ "schema": found }), json!({ "schema": known }));
    let subject = Subject::new(SubjectKind::Database, store.shown());
    store.audited(by.actor, Act::DbMigrate).write_down(subject, Some(before), Some(after), by.now).await
}

async fn write_line(
    by: By<'_>,
    act: Act,
    (url, options): (&str, &Options),
    shown: &str,
    after: serde_json::Value,
) -> Result<(), Fault> {
    let store = Store::connect(url, options).await?;
    let subject = Subject::new(SubjectKind::Database, shown);
    store.audited(by.actor, act).write_down(subject, None, Some(after), by.now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::{Way, audit};
    use claviger_store::AuditFilter;
    use claviger_testing::folder::Folder;

    const NOW: i64 = 1_800_000_000_000;

    /// The lines of a database from the oldest on: the act, who, and what came of it.
    async fn lines(url: &str) -> Vec<(String, Option<String>, serde_json::Value)> {
        let store = Store::connect(url, &Options::default()).await.unwrap();
        assert_eq!(audit::verify(&store).await.unwrap().broken, None);
        let mut lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
        lines.reverse();
        let after = |text: Option<String>| serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        lines.into_iter().map(|line| (line.act, line.actor, after(line.after))).collect()
    }

    #[tokio::test]
    async fn backup_copy_and_restore_leave_lines_where_they_wrote() {
        let folder = Folder::new("admin-db");
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let (here, there, back, file) = (url("here.db"), url("there.db"), url("back.db"), folder.path().join("b.db"));
        drop(Store::open(&here, &Options::default()).unwrap());
        let actor = Actor { name: "ada".to_owned(), way: Way::Cli, reference: "ref".to_owned() };
        let (by, options) = (By { actor: &actor, now: NOW }, Options::default());

        let (made, unwritten) = backup(by, (&here, &options), &file, &mut ()).await.unwrap();
        assert_eq!(unwritten, None);
        let in_source = lines(&here).await;
        assert_eq!(
            (in_source.len(), in_source[0].0.as_str(), in_source[0].1.as_deref()),
            (1, "db.backup", Some("ada"))
        );
        assert_eq!(in_source[0].2["bytes"], made.bytes);

        let copied = copy(by, (&here, &options), (&there, &options), &mut ()).await.unwrap();
        let in_copy = lines(&there).await;
        assert_eq!(in_copy.iter().map(|line| line.0.as_str()).collect::<Vec<_>>(), ["db.backup", "db.copy"]);
        assert_eq!(in_copy[1].2["source"], copied.source);
        assert_eq!(lines(&here).await.len(), 1, "who is copied from is not written to");

        let restored = restore(by, &file, (&back, &options), None, &mut ()).await.unwrap();
        let in_restored = lines(&back).await;
        assert_eq!(
            (in_restored.len(), in_restored[0].0.as_str()),
            (1, "db.restore"),
            "the backup is older than its line"
        );
        assert_eq!(in_restored[0].2, json!({ "source": restored.source, "taken_at": NOW, "epoch": 1 }));
        restore_in_place(by, (&back, &options)).await.unwrap();
        assert_eq!(lines(&back).await[1].2["epoch"], 2);
    }

    #[tokio::test]
    async fn what_fails_leaves_no_line() {
        let folder = Folder::new("admin-db");
        let url = format!("sqlite://{}", folder.path().join("here.db").display());
        drop(Store::open(&url, &Options::default()).unwrap());
        let actor = Actor { name: "ada".to_owned(), way: Way::Cli, reference: "ref".to_owned() };
        let (by, options) = (By { actor: &actor, now: NOW }, Options::default());
        let taken = folder.write("taken.db", "");
        backup(by, (&url, &options), &taken, &mut ()).await.unwrap_err();
        copy(by, (&url, &options), (&url, &options), &mut ()).await.unwrap_err();
        assert_eq!(lines(&url).await, []);
    }
}
