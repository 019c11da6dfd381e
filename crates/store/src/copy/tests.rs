//! Databases of older and newer programs.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::{CopyError, backup, copy, inspect, restore};
use crate::schema::{KNOWN, MIGRATIONS, spell};
use crate::sqlite::WORDS;
use crate::{Fault, Options, Store};
use std::path::PathBuf;

const NOW: i64 = 1_700_000_000_000;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("claviger-old-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn url(&self, name: &str) -> String {
        format!("sqlite://{}", self.file(name).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A database as the program of the first schema left it, with a grant of 16 bytes `g` in it.
fn of_the_first_schema(folder: &Folder, name: &str) {
    let first = &MIGRATIONS[0];
    let raw = rusqlite::Connection::open(folder.file(name)).unwrap();
    raw.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; {}
         CREATE TABLE schema_version (version BIGINT NOT NULL, readable_by BIGINT NOT NULL);
         INSERT INTO schema_version (version, readable_by) VALUES (1, 1);",
        spell(first.ddl, &WORDS)
    ))
    .unwrap();
    raw.execute(
        "INSERT INTO grants (id, realm, client, flow, doc, nonce, generation, turnover, created_at, refreshed_at,
            idle_expires_at, expires_at, check_at)
         VALUES (?1, 'r', 'c', 'code', '{}', ?1, 0, 'rotate', 0, 0, ?2, ?2, 0)",
        (&[b'g'; 16], NOW + 1),
    )
    .unwrap();
}

#[tokio::test]
async fn a_backup_of_an_older_program_is_restored() {
    let (folder, options) = (Folder::new(), Options::default());
    of_the_first_schema(&folder, "here.db");
    let found = inspect(&folder.url("here.db"), &options).await.unwrap();
    assert_eq!((found.schema.unwrap().version, found.steps.first()), (1, Some(&2)));
    assert_eq!((found.live_grants, found.leases.len()), (1, 0));
    let refused =
        copy((&folder.url("here.db"), &options), (&folder.url("there.db"), &options), NOW, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::OldSchema { found: 1, .. }), "{refused}");

    let file = folder.file("backup.db");
    let made = backup(&folder.url("here.db"), &file, &options, NOW, &mut ()).await.unwrap();
    assert_eq!(made.schema, 1, "as it was before the upgrade");
    let restored = restore(&file, &folder.url("there.db"), None, &options, None, NOW, &mut ()).await.unwrap();
    assert_eq!((restored.ended.epoch, restored.ended.grants), (1, 1));
    let store = Store::connect(&folder.url("there.db"), &options).await.unwrap();
    assert_eq!(store.grant(&[b'g'; 16]).await.unwrap().unwrap().revoked, Some((NOW, "restore".to_owned())));
    let kept = inspect(&folder.url("backup.db"), &options).await.unwrap();
    assert_eq!(kept.schema.unwrap().version, 1, "the backup stays as it was");

    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.execute("UPDATE schema_version SET version = 99, readable_by = 1", []).unwrap();
    let refused = restore(&file, &folder.url("else.db"), None, &options, None, NOW, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::Fault(Fault::SchemaTooNew { found: 99, .. })), "{refused}");
}

/// A step that fails leaves the one before it, and whoever comes next goes on from there.
#[tokio::test]
async fn a_migration_goes_on_where_it_was_cut_off() {
    let (folder, options) = (Folder::new(), Options::default());
    of_the_first_schema(&folder, "here.db");
    let raw = rusqlite::Connection::open(folder.file("here.db")).unwrap();
    raw.execute_batch("CREATE TABLE brake (in_the_way INTEGER)").unwrap();
    assert!(Store::connect(&folder.url("here.db"), &options).await.is_err());
    let found = inspect(&folder.url("here.db"), &options).await.unwrap();
    assert_eq!(found.schema.unwrap().version, 1, "all of a step or nothing");
    raw.execute_batch("SELECT 1 FROM grants; DROP TABLE brake").unwrap();
    let store = Store::connect(&folder.url("here.db"), &options).await.unwrap();
    assert!(store.grant(&[b'g'; 16]).await.unwrap().is_some());
    assert_eq!(inspect(&folder.url("here.db"), &options).await.unwrap().schema.unwrap().version, KNOWN);
}

/// Killed between two of its transactions, an epoch goes on: it is the same one, with the same moment.
#[tokio::test]
async fn an_epoch_that_was_cut_off_goes_on() {
    let (folder, options) = (Folder::new(), Options { unfinished: true, ..Options::default() });
    of_the_first_schema(&folder, "here.db");
    let store = Store::connect(&folder.url("here.db"), &options).await.unwrap();
    let change = store.last_change().await.unwrap();
    store.jump_only(NOW).await.unwrap();
    assert!(store.last_change().await.unwrap() > change);
    let refused = Store::connect(&folder.url("here.db"), &Options::default()).await.unwrap_err();
    assert!(matches!(&refused, Fault::Unfinished(what) if what.contains("--in-place")), "{refused}");
    let jumped = store.last_change().await.unwrap();
    let ended = store.begin_epoch(NOW + 60_000, &[]).await.unwrap();
    assert_eq!((ended.epoch, ended.at, ended.grants), (1, NOW, 1));
    assert_eq!(store.last_change().await.unwrap(), jumped, "it jumped once");
    Store::connect(&folder.url("here.db"), &Options::default()).await.unwrap();
}

/// Both engines have the same tables, and their columns hold the same.
#[tokio::test]
async fn postgresql_has_the_same_columns() {
    let url = claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap();
    drop(Store::connect(&url, &Options::default()).await.unwrap());
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut expected = Vec::new();
    for table in super::tables::all().unwrap() {
        for column in &table.columns {
            let kind = match column.kind {
                super::tables::Kind::Text => "text",
                super::tables::Kind::Int => "bigint",
                super::tables::Kind::Bytes => "bytea",
            };
            expected.push((table.name.clone(), column.name.clone(), kind.to_owned()));
        }
    }
    let sql = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT IN ('schema_version', 'unfinished', 'lease', 'request_line', 'request_use')";
    let rows = client.query(sql, &[]).await.unwrap();
    let mut found: Vec<(String, String, String)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
