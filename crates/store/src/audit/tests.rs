use super::AuditBreak;
use super::act::{Act, Actor, Subject, SubjectKind, Way};
use crate::{Options, Store};

async fn act(store: &Store, id: &str) {
    let actor = Actor { name: "ada".to_owned(), way: Way::Cli, reference: "ref".to_owned() };
    let subject = Subject::new(SubjectKind::Database, id);
    let after = Some(serde_json::json!({ "was": "done" }));
    store.audited(&actor, Act::DbMigrate).write_down(subject, None, after, 1).await.unwrap();
}

struct File(std::path::PathBuf);

impl File {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("claviger-audit-{}.db", uuid::Uuid::now_v7().simple())))
    }

    fn open(&self) -> Store {
        Store::open(&format!("sqlite://{}", self.0.display()), &Options::default()).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

#[tokio::test]
async fn a_break_is_found_at_its_number() {
    for (sql, wanted) in [
        ("UPDATE audit SET subject = 'other' WHERE seq = 3", AuditBreak::Changed(3)),
        ("UPDATE audit SET after_doc = NULL WHERE seq = 2", AuditBreak::Changed(2)),
        ("UPDATE audit SET digest = zeroblob(32) WHERE seq = 4", AuditBreak::Changed(4)),
        ("DELETE FROM audit WHERE seq = 2", AuditBreak::Missing(2)),
        ("DELETE FROM audit WHERE seq = 5", AuditBreak::Missing(5)),
        ("UPDATE audit_part SET doc = 'eve' WHERE seq = 4", AuditBreak::Personal(4)),
        ("UPDATE counter SET value = 4 WHERE name = 'audit'", AuditBreak::Added(5)),
    ] {
        let file = File::new();
        let store = file.open();
        for id in ["1", "2", "3", "4", "5"] {
            act(&store, id).await;
        }
        assert_eq!(store.verify_audit().await.unwrap().broken, None);
        rusqlite::Connection::open(&file.0).unwrap().execute(sql, []).unwrap();
        assert_eq!(store.verify_audit().await.unwrap().broken, Some(wanted), "{sql}");
    }
}

async fn together(one: Store, other: Store) {
    let many = |store: Store| async move {
        for id in 0..20 {
            act(&store, &id.to_string()).await;
        }
    };
    let (first, second) = tokio::join!(tokio::spawn(many(one.clone())), tokio::spawn(many(other)));
    first.and(second).unwrap();
    let found = one.verify_audit().await.unwrap();
    assert_eq!((found.lines, found.broken), (40, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_write_one_chain() {
    let file = File::new();
    together(file.open(), file.open()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_postgresql_write_one_chain() {
    let url = claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap();
    let open = || async { Store::connect(&url, &Options::default()).await.unwrap() };
    together(open().await, open().await).await;
}
