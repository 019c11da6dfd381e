//! What is particular to a file: it outlives the program, and several programs use it.

#![allow(clippy::unwrap_used, reason = "tests")]

use claviger_core::Client;
use claviger_store::{
    Fault, Issue, Issued, MAIL_TOPIC, Masked, NewAccessToken, NewCode, NewGrant, Options, Precondition, Redeem, Store,
    lock_for_serving,
};
use std::path::PathBuf;

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

/// A folder of its own for each test; removed when it goes.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("claviger-test-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn open(&self) -> Result<Store, Fault> {
        Store::open(&format!("sqlite://{}", self.0.join("data/claviger.db").display()), &Options::default())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn client() -> Client {
    let doc = r#"{"id":"c","name":"c","kind":"confidential","grants":["authorization_code"]}"#;
    serde_json::from_str(doc).unwrap()
}

fn code(id: [u8; 16]) -> NewCode {
    let (realm, client) = ("r".into(), "c".into());
    NewCode { id, hash: Masked([5; 32]), realm, client, user: None, doc: "{}".into(), expires_at: NOW + HOUR }
}

fn exchange(code: [u8; 16]) -> Issue {
    let grant = NewGrant {
        id: code,
        realm: "r".into(),
        client: "c".into(),
        user: None,
        flow: "authorization_code".into(),
        doc: "{}".into(),
        nonce: Masked(*uuid::Uuid::now_v7().as_bytes()),
        generation: 0,
        turnover: "rotate".into(),
        created_at: NOW,
        idle_expires_at: NOW + HOUR,
        expires_at: NOW + HOUR,
    };
    let redeem = Some(Redeem { code, hash: [5; 32], precondition: Precondition::default() });
    Issue { now: NOW, redeem, new_grant: Some(grant), ..Issue::default() }
}

fn opaque() -> Issue {
    let token = NewAccessToken {
        id: *uuid::Uuid::now_v7().as_bytes(),
        hash: Masked([7; 32]),
        realm: "r".into(),
        client: "c".into(),
        user: None,
        grant: None,
        doc: "{}".into(),
        issued_at: NOW,
        expires_at: NOW + HOUR,
    };
    Issue { now: NOW, access: Some(token), ..Issue::default() }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    store.put_client("r", &client(), NOW).await.unwrap();
    store.put_code(code([1; 16])).await.unwrap();
    assert_eq!(store.issue(exchange([1; 16])).await.unwrap(), Issued::Done);
    drop(store);

    let store = folder.open().unwrap();
    assert!(matches!(store.issue(exchange([1; 16])).await.unwrap(), Issued::CodeSpent { .. }));
    assert!(store.grant(&[1; 16]).await.unwrap().unwrap().is_live(NOW));
}

/// The log of a program that was killed is read by the next one.
#[tokio::test]
async fn what_was_answered_is_there_after_a_kill() {
    let (folder, copy) = (Folder::new(), Folder::new());
    let store = folder.open().unwrap();
    store.put_client("r", &client(), NOW).await.unwrap();
    store.put_code(code([1; 16])).await.unwrap();
    assert_eq!(store.issue(exchange([1; 16])).await.unwrap(), Issued::Done);
    // What is on the disk at this moment, taken while the program still runs.
    std::fs::create_dir(copy.0.join("data")).unwrap();
    for name in ["claviger.db", "claviger.db-wal"] {
        std::fs::copy(folder.0.join("data").join(name), copy.0.join("data").join(name)).unwrap();
    }
    let next = copy.open().unwrap();
    assert!(matches!(next.issue(exchange([1; 16])).await.unwrap(), Issued::CodeSpent { .. }));
}

/// As two processes would: a server and a command beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_share_a_file() {
    let folder = Folder::new();
    let (server, command) = (folder.open().unwrap(), folder.open().unwrap());
    command.put_client("r", &client(), NOW).await.unwrap();
    assert_eq!(server.changes_after(0, 10).await.unwrap().items.len(), 1);

    server.put_code(code([1; 16])).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let store = if n % 2 == 0 { server.clone() } else { command.clone() };
            tokio::spawn(async move { store.issue(exchange([1; 16])).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += u32::from(task.await.unwrap() == Issued::Done);
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_so_at_once() {
    let folder = Folder::new();
    let url = format!("sqlite://{}", folder.0.join("claviger.db").display());
    let store = Store::open(&url, &Options { queue: 1, ..Options::default() }).unwrap();
    let tasks: Vec<_> = (0..2_000)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.issue(opaque()).await })
        })
        .collect();
    let mut busy = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(issued) => assert_eq!(issued, Issued::Done),
            Err(fault) => {
                assert!(fault == Fault::Busy && fault.is_transient());
                busy += 1;
            }
        }
    }
    assert!(busy > 0);
    assert_eq!(store.issue(opaque()).await.unwrap(), Issued::Done, "and goes on afterwards");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let raw = rusqlite::Connection::open(folder.0.join("data/claviger.db")).unwrap();
    raw.execute("UPDATE schema_version SET version = 99, readable_by = 1", []).unwrap();
    folder.open().unwrap().put_client("r", &client(), NOW).await.unwrap();
    raw.execute("UPDATE schema_version SET readable_by = 99", []).unwrap();
    assert!(matches!(folder.open(), Err(Fault::SchemaTooNew { found: 99, .. })));
}

/// Rows of a database without versions get one, and a program that knows no versions raises them all the same.
#[tokio::test]
async fn versions_come_with_the_migration_and_are_raised_by_every_update() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("data")).unwrap();
    let raw = rusqlite::Connection::open(folder.0.join("data/claviger.db")).unwrap();
    raw.execute_batch(&claviger_store::earlier::sqlite(2)).unwrap();
    raw.execute_batch(
        "INSERT INTO users VALUES ('r', 'u', 'u', 0, NULL, '{}', 0, 0);
         INSERT INTO consent VALUES ('r', 'u', 'c', '', '[]', 0)",
    )
    .unwrap();
    drop(folder.open().unwrap());
    let versions = || {
        let sql = "SELECT u.version, c.version FROM users u, consent c";
        raw.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(versions(), (1_i64, 1_i64));
    raw.execute_batch("UPDATE users SET doc = doc; UPDATE consent SET scope = 'a'; UPDATE consent SET scope = 'b'")
        .unwrap();
    assert_eq!(versions(), (2, 3));
}

/// A program of before that still runs on the same database puts mails where they were then.
#[tokio::test]
async fn mails_of_a_program_of_before_are_taken_over() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let raw = rusqlite::Connection::open(folder.0.join("data/claviger.db")).unwrap();
    let old = |id: u8, sent: &str, refused: &str| {
        let sql = format!(
            "INSERT INTO mail_outbox (id, recipient, doc, created_at, sent_at, attempts, next_attempt_at, last_error, refused_at)
             VALUES (x'{id:032x}', 'o@example.com', 'doc {id}', 5, {sent}, 2, {id}, 'why', {refused})"
        );
        raw.execute(&sql, []).unwrap();
    };
    old(1, "NULL", "NULL");
    old(2, "6", "NULL");
    old(3, "NULL", "7");
    assert_eq!((store.take_over_mails(9).await.unwrap(), store.take_over_mails(9).await.unwrap()), (2, 0));
    let due = store.due_parcels(MAIL_TOPIC, NOW, 9).await.unwrap();
    assert_eq!((due.len(), due[0].created_at, due[0].parcel.due_at, due[0].attempts), (1, 5, 1, 0));
    assert_eq!((&*due[0].parcel.addressee, &*due[0].parcel.sealed.to_vec()), ("o@example.com", &b"doc 1"[..]));
    let lines = store.list_parcels(MAIL_TOPIC, None, 9).await.unwrap();
    assert_eq!((lines.len(), lines[1].given_up_at, lines[1].last_error.as_deref()), (2, Some(7), Some("why")));
    let left: i64 = raw.query_row("SELECT COUNT(*) FROM mail_outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1, "what was sent leaves in its time");
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("data")).unwrap();
    std::fs::write(folder.0.join("data/claviger.db"), "not a database, but long enough to be one ".repeat(200))
        .unwrap();
    assert!(matches!(folder.open(), Err(Fault::Corrupt(_))));
    std::fs::write(folder.0.join("file"), "").unwrap();
    let beneath_a_file = format!("sqlite://{}", folder.0.join("file/claviger.db").display());
    assert!(matches!(Store::open(&beneath_a_file, &Options::default()), Err(Fault::Unavailable(_))));
    assert!(matches!(Store::open("mysql://x", &Options::default()), Err(Fault::Other(_))));
}

#[tokio::test]
async fn one_server_per_folder() {
    let folder = Folder::new();
    let lock = lock_for_serving(&folder.0.join("data")).unwrap();
    assert!(matches!(lock_for_serving(&folder.0.join("data")), Err(Fault::Locked(_))));
    drop(lock);
    lock_for_serving(&folder.0.join("data")).unwrap();
}

#[tokio::test]
async fn a_caller_who_left_leaves_nothing() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    // Another program holds the database, so that the write waits in the queue.
    let raw = rusqlite::Connection::open(folder.0.join("data/claviger.db")).unwrap();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.issue(opaque()).await }
    });
    tokio::task::yield_now().await;
    {
        let mut abandoned = Box::pin(store.put_code(code([2; 16])));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(abandoned.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
    }
    raw.execute_batch("COMMIT").unwrap();
    assert_eq!(first.await.unwrap().unwrap(), Issued::Done);
    assert_eq!(store.issue(opaque()).await.unwrap(), Issued::Done);
    assert!(store.code(&[2; 16]).await.unwrap().is_none());
}
