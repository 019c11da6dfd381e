use crate::fixtures::{NOW, begin, id, realm, refresh, set_up};
use claviger_store::{Fault, Issue, Issued, Options, Rotate, Store};
use claviger_testing::postgres::Cluster;

/// Ten servers that start at once on an empty database make one schema.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_servers_start_at_once() {
    let url = Cluster::shared().unwrap().fresh_database().unwrap();
    let starts: Vec<_> = (0..10)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                Store::connect(&url, &Options { connections: 2, ..Options::default() }).await.map(drop)
            })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
    let store = Store::connect(&url, &Options::default()).await.unwrap();
    set_up(&store).await;
    assert_eq!(store.realms_at("r.example").await.unwrap(), [realm("r", &["r.example"])]);
}

#[tokio::test]
async fn a_newer_schema_is_left_alone_unless_it_says_otherwise() {
    let cluster = Cluster::shared().unwrap();
    let url = cluster.fresh_database().unwrap();
    let options = Options::default();
    drop(Store::connect(&url, &options).await.unwrap());
    cluster.psql_at(&url, "UPDATE schema_version SET version = 99, readable_by = 1").unwrap();
    set_up(&Store::connect(&url, &options).await.unwrap()).await;
    cluster.psql_at(&url, "UPDATE schema_version SET readable_by = 99").unwrap();
    let fault = Store::connect(&url, &options).await.unwrap_err();
    assert!(matches!(fault, Fault::SchemaTooNew { found: 99, .. }), "{fault}");
}

/// Rows of a database without versions get one, and a program that knows no versions raises them all the same.
#[tokio::test]
async fn versions_come_with_the_migration_and_are_raised_by_every_update() {
    let cluster = Cluster::shared().unwrap();
    let url = cluster.fresh_database().unwrap();
    set_up(&Store::connect(&url, &Options::default()).await.unwrap()).await;
    let back = "DROP FUNCTION raise_version CASCADE; ALTER TABLE users DROP COLUMN version;
        ALTER TABLE consent DROP COLUMN version; UPDATE schema_version SET version = 2";
    cluster.psql_at(&url, back).unwrap();
    let store = Store::connect(&url, &Options::default()).await.unwrap();
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    let turn_over = async |from, precondition| {
        let issue = refresh(grant, from, NOW);
        let rotate = issue.rotate.map(|rotate| Rotate { precondition, ..rotate });
        store.issue(Issue { rotate, ..issue }).await.unwrap()
    };
    let read = async || store.grant_with_user(&grant).await.unwrap().unwrap().precondition;
    let before = read().await;
    assert_eq!(turn_over(0, before).await, Issued::Done);
    cluster.psql_at(&url, "UPDATE users SET doc = doc").unwrap();
    assert_eq!(turn_over(1, before).await, Issued::Stale);
    assert_eq!(turn_over(1, read().await).await, Issued::Done);
}
