//! `claviger db` as its users run it: copies, backups and restores, on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use program::{Home, Ran, Serving};
use std::os::unix::fs::PermissionsExt;

fn postgres() -> String {
    claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap()
}

/// An app that acts for itself, and its secret.
fn service(home: &Home, id: &str) -> String {
    let create = ["app", "create", "--id", id, "--name", id, "--grant", "client_credentials", "--scope", "orders:read"];
    home.ok(&create);
    home.ok(&["app", "approve", id]);
    home.ok(&["secret", "add", id, "-o", "json"]).json()["secret"].as_str().unwrap().to_owned()
}

#[test]
fn every_command_teaches() {
    let home = Home::empty();
    for (command, example) in [
        ("status", "claviger db status -o json"),
        ("migrate", "claviger db migrate --dry-run"),
        ("backup", "claviger db backup /backup/claviger-"),
        ("restore", "claviger db restore --in-place"),
        ("copy", "claviger db copy --to postgres://"),
    ] {
        assert!(home.ok(&["db", command, "--help"]).out().contains(example), "{command}");
    }
    home.fails(2, &["db", "restore"], "<FILE>");
    home.fails(2, &["db", "restore", "x", "--in-place"], "cannot be used with");
    home.fails(2, &["db", "copy"], "--to");
    home.fails(2, &["db", "copy", "--to", "mysql://x"], "postgres://");
    home.fails(3, &["db", "status"], "there is no database");
    home.fails(3, &["db", "copy", "--to", "sqlite://x.db"], "there is no database");
}

#[test]
fn a_backup_is_for_its_owner_and_overwrites_nothing() {
    let home = Home::applied();
    let made = home.ok(&["db", "backup", "copy.db", "-o", "json"]).json();
    assert!(
        made["bytes"].as_u64().unwrap() > 0 && made["source"].as_str().unwrap().starts_with("sqlite:///"),
        "{made}"
    );
    assert_eq!(std::fs::metadata(home.0.join("copy.db")).unwrap().permissions().mode() & 0o777, 0o600);
    home.fails(6, &["db", "backup", "copy.db"], "is there already");
    home.fails(1, &["db", "backup", "none/copy.db"], "none/copy.db");
    assert!(!home.0.join("none").exists());

    // It is nothing to be served, and says so; what is in it can be seen.
    home.fails(6, &["realm", "list", "--database", "sqlite://copy.db"], "it is a backup");
    let serve = home.run(&["serve", "--database", "sqlite://copy.db"]);
    assert_eq!(serve.code(), 6, "{}", serve.err());
    let status = home.ok(&["db", "status", "--database", "sqlite://copy.db", "-o", "json"]).json();
    assert_eq!((status["realms"].as_u64(), status["unfinished"]["work"].as_str()), (Some(1), Some("backup")));
}

#[test]
fn status_says_what_there_is() {
    let home = Home::applied();
    let status = home.ok(&["db", "status", "-o", "json"]).json();
    assert_eq!(
        (status["engine"].as_str(), status["realms"].as_u64(), status["epoch"].as_i64()),
        (Some("sqlite"), Some(1), Some(0))
    );
    assert_eq!(status["schema"], status["known_schema"]);
    assert!(status["tables"].as_array().unwrap().iter().any(|table| table["table"] == "client"), "{status}");
    let shown = home.ok(&["db", "status"]).out();
    assert!(shown.contains("live grants") && !shown.contains("not servable"), "{shown}");

    let url = postgres();
    let with_password = url.replace("postgres@", "postgres:s3cret@");
    home.ok(&["db", "migrate", "--database", &url]);
    let ran = home.ok(&["db", "status", "--database", &with_password]);
    assert!(ran.out().contains("postgres 1") && !ran.out().contains("s3cret"), "{}", ran.out());
}

#[test]
fn migrating_is_said_before_it_is_done() {
    let home = Home::applied();
    let database = rusqlite::Connection::open(home.0.join("claviger.db")).unwrap();
    let version = |column: &str| -> i64 {
        database.query_row(&format!("SELECT {column} FROM schema_version"), [], |row| row.get(0)).unwrap()
    };
    let known = version("version");
    let plan = home.ok(&["db", "migrate", "--dry-run", "-o", "json"]).json();
    assert_eq!((plan["found"].as_i64(), plan["steps"].as_array().unwrap().len()), (Some(known), 0));
    assert!(home.ok(&["db", "migrate"]).out().contains("up to date"));

    // PostgreSQL, from nothing.
    let url = postgres();
    let plan = home.ok(&["db", "migrate", "--dry-run", "--database", &url, "-o", "json"]).json();
    assert_eq!(
        (plan["found"].as_i64(), plan["steps"].as_array().unwrap().len()),
        (Some(0), usize::try_from(known).unwrap())
    );
    assert_eq!(home.ok(&["db", "status", "--database", &url, "-o", "json"]).json()["schema"], serde_json::Value::Null);
    home.ok(&["db", "migrate", "--database", &url]);
    assert_eq!(home.ok(&["db", "status", "--database", &url, "-o", "json"]).json()["schema"], known);

    // A newer program's: used as long as that allows it, else refused.
    database.execute("UPDATE schema_version SET version = 999", []).unwrap();
    assert!(home.ok(&["db", "migrate"]).out().contains("newer"));
    home.ok(&["app", "list"]);
    database.execute("UPDATE schema_version SET readable_by = 999", []).unwrap();
    home.fails(8, &["db", "migrate"], "newer than this program");
    home.fails(8, &["db", "migrate", "--dry-run"], "newer than this program");
    home.fails(8, &["db", "copy", "--to", "sqlite://to.db"], "newer than this program");
    home.ok(&["db", "backup", "newer.db"]);
    home.fails(8, &["db", "restore", "newer.db", "--database", "sqlite://to.db", "--yes"], "newer than this program");
}

#[test]
fn a_server_moves_to_postgresql() {
    let home = Home::applied();
    let client = "nightly";
    let secret = service(&home, client);
    let serving = Serving::start(&home);
    serving.eventually(client, &secret, true);
    let url = postgres();
    let refused = home.run(&["db", "copy", "--to", &url]);
    assert!(refused.code() == 1 && refused.err().contains("--live"), "{}", refused.err());
    let rehearsal = home.ok(&["db", "copy", "--to", "sqlite://rehearsal.db", "--live", "-o", "json"]).json();
    assert!(rehearsal["rows"].as_u64().unwrap() > 5, "{rehearsal}");
    assert_eq!(serving.stop(), 0);

    let ran = home.ok(&["db", "copy", "--to", &url, "-o", "json"]);
    assert!(ran.err().contains("client: 1 rows") || ran.err().contains("client: 2 rows"), "{}", ran.err());
    assert_eq!(ran.json()["resumed"], false);
    home.fails(6, &["db", "copy", "--to", &url], "is not empty");

    let config = home.read("claviger.toml");
    let line = config.lines().find(|line| line.starts_with("url = \"sqlite://")).unwrap().to_owned();
    let config = config.replace(&line, &format!("url = {url:?}")).replace("file = \"\"", "file = \"master.key\"");
    home.write("claviger.toml", &config);
    let apps = home.ok(&["app", "list", "-o", "json"]).json();
    assert!(apps.as_array().unwrap().iter().any(|app| app["id"] == client), "{apps}");
    assert_eq!(home.ok(&["db", "status", "-o", "json"]).json()["engine"], "postgres");
    let rehearsed = home.ok(&["apply", "realms/", "--dry-run", "-o", "json"]).json();
    assert_eq!((&rehearsed["created"], &rehearsed["changed"]), (&serde_json::json!([]), &serde_json::json!([])));
}

/// From a backup into either engine: what it ends, what it says, and that nobody serves half of it.
#[test]
fn a_backup_comes_back() {
    let home = Home::applied();
    let client = "nightly";
    let secret = service(&home, client);
    home.ok(&["db", "backup", "backup.db"]);
    let late = "late";
    service(&home, late);

    let occupied = home.run(&["db", "restore", "backup.db", "--yes"]);
    assert!(occupied.code() == 6 && occupied.err().contains("--replace"), "{}", occupied.err());
    home.fails(2, &["db", "restore", "backup.db", "--replace"], "--yes");
    let restored = home.ok(&["db", "restore", "backup.db", "--replace", "--yes", "-o", "json"]);
    let said = restored.json();
    assert_eq!((said["ended"]["epoch"].as_i64(), said["resumed"].as_bool()), (Some(1), Some(false)), "{said}");
    assert!(restored.err().contains("claviger app suspend"), "{}", restored.err());
    let kept = said["kept_aside"].as_str().unwrap().to_owned();
    let ids = |ran: &Ran| -> Vec<String> {
        ran.json().as_array().unwrap().iter().map(|app| app["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!ids(&home.ok(&["app", "list", "-o", "json"])).iter().any(|id| id == late), "it came after the backup");
    let before = home.ok(&["app", "list", "-o", "json", "--database", &format!("sqlite://{kept}")]);
    assert!(ids(&before).iter().any(|id| id == late), "and is kept");
    let listed = said["came_back"][0]["clients"].as_array().unwrap();
    assert!(listed.iter().any(|app| app["client_id"] == client && app["live_secrets"].as_u64() > Some(0)), "{said}");

    let serving = Serving::start(&home);
    serving.eventually(client, &secret, true);
    let locked = home.run(&["db", "restore", "backup.db", "--replace", "--yes"]);
    assert!(locked.code() == 1 && locked.err().contains("another server is using"), "{}", locked.err());
    let locked = home.run(&["db", "restore", "--in-place", "--yes"]);
    assert_eq!(locked.code(), 1, "{}", locked.err());
    assert_eq!(serving.stop(), 0);
    let again = home.ok(&["db", "restore", "--in-place", "--yes", "-o", "json"]).json();
    assert_eq!(again["ended"]["epoch"], 2);

    let url = postgres();
    home.fails(2, &["db", "restore", "backup.db", "--replace", "--yes", "--database", &url], "createdb");
    let there = home.ok(&["db", "restore", "backup.db", "--yes", "--database", &url]);
    assert!(there.out().contains("apps' signed tokens") && there.err().contains("master key"), "{}", there.out());
    let again = home.run(&["db", "restore", "backup.db", "--yes", "--database", &url]);
    assert!(again.code() == 6 && again.err().contains("createdb"), "{}", again.err());
    let back = home.ok(&["db", "backup", "back.db", "--database", &url, "-o", "json"]).json();
    assert_eq!(
        back["source"].as_str().unwrap(),
        home.ok(&["db", "status", "--database", &url, "-o", "json"]).json()["database"].as_str().unwrap()
    );
    home.ok(&["db", "restore", "back.db", "--yes", "--database", "sqlite://fresh/claviger.db"]);
    let status = home.ok(&["db", "status", "--database", "sqlite://fresh/claviger.db", "-o", "json"]).json();
    assert_eq!((status["epoch"].as_i64(), &status["unfinished"]), (Some(2), &serde_json::Value::Null));
}

/// Killed with SIGKILL somewhere in the middle, and run again.
#[test]
fn a_restore_that_is_killed_is_run_again() {
    let home = Home::applied();
    let database = rusqlite::Connection::open(home.0.join("claviger.db")).unwrap();
    database
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
             INSERT INTO legacy_use (realm, client, legacy, day, uses) SELECT 'example', 'c', 'x', i, 1 FROM n",
        )
        .unwrap();
    drop(database);
    home.ok(&["db", "backup", "backup.db"]);
    let target = ["--database", "sqlite://to/claviger.db"];
    let status = || home.ok(&["db", "status", target[0], target[1], "-o", "json"]).json();
    let mut child = home
        .command(&["db", "restore", "backup.db", "--yes", target[0], target[1]])
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    let some = || {
        let tables = status()["tables"].clone();
        let rows = tables
            .as_array()
            .unwrap()
            .iter()
            .find(|table| table["table"] == "legacy_use")
            .map(|table| table["rows"].as_u64());
        rows.flatten().unwrap_or(0) > 0
    };
    while !home.0.join("to/claviger.db").exists() || !some() {
        assert!(began.elapsed().as_secs() < 60, "it did not begin");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status()["unfinished"]["work"], "restore", "it was not killed in the middle");
    home.fails(6, &["app", "list", target[0], target[1]], "claviger db restore");
    let serve = home.run(&["serve", target[0], target[1]]);
    assert!(serve.code() == 6 && serve.err().contains("is not complete"), "{}", serve.err());

    let restored = home.ok(&["db", "restore", "backup.db", "--yes", target[0], target[1], "-o", "json"]).json();
    assert_eq!((restored["resumed"].as_bool(), restored["ended"]["epoch"].as_i64()), (Some(true), Some(1)));
    assert!(some() && status()["unfinished"].is_null());
    home.ok(&["app", "list", target[0], target[1]]);
}
