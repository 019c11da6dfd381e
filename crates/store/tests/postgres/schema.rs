use crate::fixtures::{NOW, begin, id, realm, refresh, set_up, user};
use claviger_store::{Fault, Issue, Issued, Options, Put, Rotate, Store};
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
    cluster.psql_at(&url, &claviger_store::earlier::postgres(2)).unwrap();
    let rows = r#"INSERT INTO client VALUES ('r', 'c', 'active',
            '{"id":"c","name":"c","kind":"confidential","grants":["authorization_code","refresh_token"]}', 0, 0);
        INSERT INTO users VALUES ('r', 'u', 'u@example.com', 0, NULL, '{"id":"u","username":"u@example.com"}', 0, 0)"#;
    cluster.psql_at(&url, rows).unwrap();
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

/// What takes longer than a caller is kept waiting elsewhere is done all the same, and said to be done: on a database that
/// takes its time for each user.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_change_is_waited_for() {
    let cluster = Cluster::shared().unwrap();
    let url = cluster.fresh_database().unwrap();
    let options = Options { patience: std::time::Duration::from_secs(4), ..Options::default() };
    let store = Store::connect(&url, &options).await.unwrap();
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END';
        CREATE TRIGGER slow BEFORE INSERT ON users FOR EACH ROW EXECUTE PROCEDURE slow()";
    cluster.psql_at(&url, slow).unwrap();
    let put = |n: i32| Put::User {
        realm: "r".into(),
        user: Box::new(user(&format!("u{n}"))),
        password_hash: None,
        tokens_until: NOW,
    };
    assert_eq!(store.apply((0..12).map(put).collect(), NOW).await, Ok(12));
    assert_eq!(store.list_users("r", "", 20).await.unwrap().len(), 12);
}
