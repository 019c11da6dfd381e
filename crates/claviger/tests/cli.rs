//! The program as its users run it: exit codes, what goes to stdout and what to stderr, beside a running server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use program::{Home, Ran, Serving, free_port};
use std::io::{Read, Write};
use std::path::Path;

#[test]
fn help_goes_to_stdout_and_usage_to_stderr() {
    let home = Home::empty();
    assert!(home.ok(&["--help"]).out().contains("claviger init /etc/claviger"));
    assert!(home.ok(&["app", "approve", "--help"]).out().contains("claviger app list --status pending"));
    assert!(home.ok(&["--version"]).out().starts_with("claviger "));
    home.fails(2, &["ap"], "unrecognized subcommand");
    home.fails(2, &["app", "list", "--status", "gone"], "suspended");
    assert!(home.ok(&["completions", "bash"]).out().contains("_claviger"));
}

#[test]
fn init_writes_what_works_and_overwrites_nothing() {
    let home = Home::empty();
    let ran = home.ok(&["init", "etc", "-o", "json"]);
    assert_eq!(ran.json()["written"].as_array().unwrap().len(), 4);
    assert!(ran.err().contains("claviger serve --config etc/claviger.toml"));
    let mode = |file: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(home.0.join(file)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("etc/master.key"), 0o600);
    let key = home.read("etc/master.key");
    home.fails(6, &["init", "etc"], "etc/claviger.toml is there already");
    std::fs::remove_file(home.0.join("etc/claviger.toml")).unwrap();
    home.ok(&["init", "etc"]);
    assert_eq!(home.read("etc/master.key"), key);
    let applied = home.ok(&["apply", "etc/realms", "--config", "etc/claviger.toml", "-o", "json"]).json();
    assert_eq!(applied["created"].as_array().unwrap().len(), 3);
    assert!(Path::new(&home.0.join("etc/claviger.db")).exists());
}

#[test]
fn apply_is_idempotent_and_a_rehearsal_changes_nothing() {
    let home = Home::empty();
    home.ok(&["init"]);
    let rehearsed = home.ok(&["apply", "realms/", "--dry-run", "-o", "json"]).json();
    assert_eq!(
        (rehearsed["created"].as_array().unwrap().len(), rehearsed["secrets"].as_array().unwrap().len()),
        (3, 0)
    );
    assert_eq!(home.ok(&["realm", "list", "-o", "json"]).json(), serde_json::json!([]));
    let first = home.ok(&["apply", "realms/", "-o", "json"]).json();
    assert!(first["secrets"][0]["secret"].as_str().unwrap().starts_with("cvs_"));
    let second = home.ok(&["apply", "realms/", "-o", "json"]).json();
    assert_eq!((second["unchanged"].as_u64(), second["secrets"].as_array().unwrap().len()), (Some(3), 0));

    home.write("realms/example.toml", &home.read("realms/example.toml").replace("Example API", "${api}"));
    home.fails(3, &["apply", "realms/"], "--set api=VALUE");
    assert!(home.ok(&["apply", "realms/", "--set", "api=New", "--dry-run"]).out().contains("~ realm example"));
    assert!(home.ok(&["realm", "show", "example"]).out().contains("Example API"));
    home.ok(&["apply", "realms/", "--set", "api=New"]);
    assert!(home.ok(&["realm", "show", "example"]).out().contains("https://api.example.com: New"));
    home.write("realms/bad.toml", "[realm]\nid = \"x\"\nnaem = \"y\"\n");
    let ran = home.run(&["apply", "realms/", "--set", "api=New"]);
    assert_eq!(ran.code(), 3);
    assert!(ran.err().contains("realms/bad.toml:3") && ran.err().contains("did you mean `name`?"), "{}", ran.err());
}

#[test]
fn wrong_configurations_are_exit_code_3() {
    let home = Home::empty();
    home.fails(3, &["app", "list"], "there is no database");
    home.fails(3, &["app", "list", "--config", "none.toml"], "none.toml");
    home.write("claviger.toml", "[server]\nlisten = [\"localhost:1\"]\n");
    home.fails(3, &["serve"], "127.0.0.1:1");
    home.write("claviger.toml", "[server]\nlitsen = []\n");
    home.fails(3, &["serve"], "did you mean `listen`?");
    let mut elsewhere = home.command(&["realm", "list"]);
    elsewhere.env("CLAVIGER_CONFIG", "other.toml");
    home.write("other.toml", "[database]\nurl = \"sqlite://none.db\"\n");
    let ran = Ran(elsewhere.output().unwrap());
    assert!(ran.code() == 3 && ran.err().contains("there is no database none.db"), "{}", ran.err());

    let home = Home::applied();
    let other = Home::applied();
    std::fs::copy(other.0.join("master.key"), home.0.join("master.key")).unwrap();
    home.fails(3, &["secret", "add", "nightly-export"], "the master key is not the one");
}

#[test]
fn a_second_server_and_a_port_in_use_are_clear_failures() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    home.fails(1, &["serve"], &format!("cannot listen on 127.0.0.1:{}", serving.port));
    let config = home.read("claviger.toml");
    let config = config.replace(&serving.port.to_string(), "0").replace(&serving.management.to_string(), "0");
    home.write("second.toml", &config);
    home.fails(1, &["serve", "--config", "second.toml"], "another server is using");
    assert_eq!(serving.stop(), 0);
}

/// A1 from the vendor's side, beside a running server that follows.
#[test]
fn an_app_lives_from_registration_to_suspension_beside_a_running_server() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    assert_eq!(home.ok(&["healthcheck", "-o", "json"]).json()["ready"], true);
    let create =
        ["app", "create", "--id", "fleet", "--name", "Fleet", "--owner", "dev@fleet.example", "--scope", "orders:read"];
    let ran = home.ok(&create);
    assert!(ran.out().contains("pending") && ran.err().contains("claviger app approve fleet"), "{}", ran.err());
    home.fails(6, &create, "there is an app `fleet` already");
    home.fails(6, &["app", "suspend", "fleet", "--yes"], "approve or reject it first");
    assert_eq!(home.ok(&["app", "list", "--status", "pending", "-o", "json"]).json()[0]["id"], "fleet");

    let approved = home.ok(&["app", "approve", "fleet", "-o", "json"]);
    let json = approved.json();
    assert_eq!((json["status"].as_str(), json["mail"]["state"].as_str()), (Some("active"), Some("written")));
    assert_eq!(json["link"], serde_json::Value::Null);
    assert!(!approved.out().contains("cvl_") && !approved.out().contains("cvs_"));
    let mail = std::fs::read_to_string(home.0.join(json["mail"]["file"].as_str().unwrap())).unwrap();
    assert!(mail.contains("To: dev@fleet.example") && mail.contains("multipart/alternative"), "{mail}");
    home.fails(6, &["app", "approve", "fleet"], "there is nothing to approve");
    home.fails(5, &["app", "approve", "ghost"], "there is no app `ghost`");

    let added = home.ok(&["secret", "add", "fleet", "--label", "2027", "--expires", "90d"]);
    let secret = added.out().trim().to_owned();
    assert!(secret.starts_with("cvs_") && secret.len() == 47 && added.err().contains("not shown again"));
    home.fails(6, &["secret", "add", "fleet"], "two live secrets");
    serving.eventually("fleet", &secret, true);
    let listed = home.ok(&["secret", "list", "fleet", "-o", "json"]);
    assert!(!listed.out().contains(&secret));
    assert_eq!((listed.json()[1]["label"].as_str(), listed.json()[1]["state"].as_str()), (Some("2027"), Some("live")));

    home.fails(2, &["app", "suspend", "fleet"], "--yes");
    serving.eventually("fleet", &secret, true);
    home.ok(&["app", "suspend", "fleet", "--yes"]);
    serving.eventually("fleet", &secret, false);
    home.ok(&["app", "resume", "fleet"]);
    serving.eventually("fleet", &secret, true);
    let id = listed.json()[1]["id"].as_str().unwrap().to_owned();
    home.ok(&["secret", "retire", "fleet", &id, "--yes"]);
    serving.eventually("fleet", &secret, false);
    home.fails(5, &["secret", "retire", "fleet", &id, "--yes"], "no live secret");
    let imported = home.with_stdin(&["secret", "add", "fleet", "--import", "-"], "brought-along-by-hand\n");
    assert_eq!(imported.code(), 0, "{}", imported.err());
    assert!(!imported.out().contains("brought"));
    serving.eventually("fleet", "brought-along-by-hand", true);
    home.ok(&["app", "delete", "fleet", "--yes"]);
    serving.eventually("fleet", "brought-along-by-hand", false);
    home.fails(5, &["app", "show", "fleet"], "no app `fleet`");
    let management = format!("127.0.0.1:{}", serving.management);
    assert_eq!(serving.stop(), 0, "it ends cleanly");
    home.fails(7, &["healthcheck", &management], &management);
}

#[test]
fn a_registration_without_an_owner_prints_the_link() {
    let home = Home::applied();
    let ran = home.ok(&["app", "create", "--name", "N", "--scope", "orders:read", "--approve", "-o", "json"]);
    assert!(ran.json()["link"].as_str().unwrap().contains("/-/secret?link=cvl_"));
    assert!(ran.err().contains("pass the link on"));
    home.fails(2, &["app", "create", "--name", "N", "--scope", "orders:raed"], "did you mean `orders:read`?");
    home.fails(2, &["app", "create", "--name", "N", "--legacy", "telepathy"], "there is: implicit");
}

#[test]
fn an_app_is_registered_as_its_documentation_needs_it_and_shown_as_what_it_is() {
    let home = Home::applied();
    let uri = ["--redirect-uri", "https://app.example/cb", "--scope", "openid"];
    let web = ["app", "create", "--id", "web", "--name", "Web", "--claims-in-id-token", "--id-token-signing", "ES256"];
    home.ok(&[&web[..], &uri].concat());
    let shown = home.ok(&["app", "show", "web"]).out();
    assert!(
        shown.contains("signed with ES256; with name and e-mail address") && shown.contains("openid with a nonce"),
        "{shown}"
    );
    let page = ["app", "create", "--id", "page", "--name", "Page", "--browser"];
    home.ok(&[&page[..], &uri].concat());
    let shown = home.ok(&["app", "show", "page"]).out();
    assert!(shown.contains("browser") && shown.contains("RS256") && shown.contains("PKCE"), "{shown}");
    let strict = ["app", "create", "--id", "strict", "--name", "Strict", "--require-pkce"];
    home.ok(&[&strict[..], &uri].concat());
    assert_eq!(home.ok(&["app", "show", "strict", "-o", "json"]).json()["client"]["pkce"], "required");
    let signed = ["app", "create", "--id", "signed", "--name", "N", "--id-token-signing", "EdDSA"];
    let sealed = ["--userinfo-signed-response-alg", "PS256", "--userinfo-encrypted-response-alg", "ECDH-ES"];
    let elsewhere = ["--jwks-uri", "https://app.example/keys"];
    home.fails(2, &[&signed[..], &uri, &sealed].concat(), "none of its keys is one to encrypt to with ECDH-ES");
    home.ok(&[&signed[..], &uri, &sealed, &elsewhere].concat());
    let shown = home.ok(&["app", "show", "signed"]).out();
    let userinfo = "signed with PS256, encrypted with ECDH-ES and A128CBC-HS256";
    assert!(shown.contains("signed with EdDSA") && shown.contains(userinfo), "{shown}");
    let wrong = ["app", "create", "--name", "N", "--userinfo-encrypted-response-alg", "RSA1_5"];
    home.fails(2, &[&wrong[..], &uri, &elsewhere].concat(), "not a supported way of encrypting");
    let wrong = ["app", "create", "--name", "N", "--browser", "--redirect-uri", "http://localhost/cb"];
    home.fails(2, &wrong, "not the address of a page");
}

#[test]
fn users_get_passwords_by_stdin_or_file_and_can_be_shut_out() {
    let home = Home::applied();
    let set = home.with_stdin(&["user", "password", "ADA"], "correct horse\n");
    assert_eq!(set.code(), 0, "{}", set.err());
    assert!(!set.out().contains("horse") && !set.err().contains("horse"));
    assert_eq!(home.with_stdin(&["user", "password", "ada"], "short\n").code(), 2);
    assert_eq!(home.with_stdin(&["user", "password", "ada"], "").code(), 2);
    home.write("new", "from a file, long enough");
    home.ok(&["user", "password", "ada", "--file", "new"]);
    home.fails(5, &["user", "password", "eve"], "no user `eve`");
    home.fails(2, &["user", "disable", "ada"], "--yes");
    home.ok(&["user", "disable", "ada", "--yes"]);
    assert_eq!(home.ok(&["user", "list", "-o", "json"]).json()[0]["disabled"], true);
    home.ok(&["user", "enable", "ada"]);
    assert!(home.ok(&["user", "list"]).out().contains("active"));
}

#[test]
fn keys_are_rotated_and_the_successor_waits() {
    let home = Home::applied();
    let keys = home.ok(&["key", "rotate", "-o", "json"]).json();
    let states: Vec<&str> = keys.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"active"), "{keys}");
    let again = home.ok(&["key", "rotate", "-o", "json"]).json();
    assert!(again.as_array().unwrap().iter().any(|key| key["state"] == "published"), "{again}");
    assert!(!home.ok(&["key", "list"]).out().contains("sealed"));
    home.fails(5, &["key", "list", "--realm", "exampel"], "did you mean `example`?");
}

#[test]
fn dialects_are_explained() {
    let home = Home::empty();
    let listed = home.ok(&["dialect", "list", "-o", "json"]).json();
    assert!(listed.as_array().unwrap().iter().any(|one| one["name"] == "standard"));
    let strict = home.ok(&["dialect", "check", "standard"]);
    // What a certification's plans need, of clients that are given it.
    assert!(strict.err().contains("2 of its settings are laxer"), "{}", strict.err());
    assert!(["permits: implicit", "permits: no-pkce"].iter().all(|key| strict.out().contains(key)), "{}", strict.out());
    assert!(home.ok(&["dialect", "check", "jim2"]).out().contains("permits: raw-basic"));
    home.fails(5, &["dialect", "check", "jim3"], "did you mean `jim2`?");
    home.fails(5, &["dialect", "check", "none.toml"], "none.toml");
    home.write("bad.toml", "name = \"bad\"\npermits = [\"telepathy\"]\n");
    home.fails(3, &["dialect", "check", "bad.toml"], "bad.toml:2");
}

/// The demo's realms on a server of one's own, whose operator looks at it and takes a licence back.
#[test]
fn licences_are_taken_back_and_legacy_use_is_reported() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    let file = |name: &str| format!("{}/../../demo/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let port = |name: &str| format!("{name}_port={}", serving.port);
    home.ok(&[
        "apply",
        &file("jim2"),
        &file("blastiq"),
        "--set",
        &port("jim2"),
        "--set",
        &port("blastiq"),
        "--set",
        "integrator_port=1",
    ]);
    home.fails(2, &["seat", "list"], "--realm");

    let login = "grant_type=client_credentials&client_id=TestClientId&client_secret=password";
    let (status, body) = serving.post("/Jim_Test/token", login);
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let refresh = format!(
        "grant_type=refresh_token&client_id=TestClientId&client_secret=password&refresh_token={}",
        answer["refresh_token"].as_str().unwrap()
    );
    let ran = home.ok(&["seat", "list", "-r", "jim2", "-o", "json"]);
    assert!(ran.err().contains("licences: 1 of "), "{}", ran.err());
    let seat = ran.json()[0].clone();
    assert_eq!((seat["client_id"].as_str(), seat["user"].as_str()), (Some("TestClientId"), Some("jim2-test")));
    let holder = seat["holder"].as_str().unwrap();
    home.ok(&["seat", "release", "licences", holder, "-r", "jim2", "--yes"]);
    assert_eq!(home.ok(&["seat", "list", "-r", "jim2", "-o", "json"]).json(), serde_json::json!([]));
    assert_eq!(serving.post("/Jim_Test/token", &refresh).0, 400, "its session is over");

    let service = "grant_type=password&client_id=external.customer&username=north.service\
                   &password=demo-north-service-blastiq";
    assert_eq!(serving.post("/identity/connect/token", service).0, 200);
    assert_eq!(serving.stop(), 0);
    let report = home.ok(&["legacy", "-r", "blastiq", "-o", "json"]).json();
    assert_eq!((report[0]["behaviour"].as_str(), report[0]["uses"].as_i64()), (Some("password"), Some(1)));
}

#[test]
fn seats_and_legacy_use_are_reported_when_there_are_none() {
    let home = Home::applied();
    assert_eq!(home.ok(&["seat", "list", "-o", "json"]).json(), serde_json::json!([]));
    home.fails(5, &["seat", "release", "full", "nobody", "--yes"], "nobody called `nobody`");
    let report = home.ok(&["legacy"]);
    assert!(report.out().starts_with("CLIENT") && report.err().contains("Nobody used"), "{}", report.err());
    home.fails(2, &["legacy", "--days", "0"], "days");
}

#[test]
fn a_newer_programs_database_is_exit_code_8() {
    let home = Home::applied();
    let database = rusqlite::Connection::open(home.0.join("claviger.db")).unwrap();
    database.execute("UPDATE schema_version SET version = 9999, readable_by = 9999", []).unwrap();
    drop(database);
    home.fails(8, &["app", "list"], "newer than this program");
}

#[test]
fn only_init_and_create_make_a_master_key() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::applied();
    std::fs::rename(home.0.join("master.key"), home.0.join("away.key")).unwrap();
    for args in [
        &["key", "rotate"][..],
        &["serve"],
        &["apply", "realms/"],
        &["secret", "add", "nightly-export"],
        &["master-key", "status"],
        &["token-key", "rotate"],
    ] {
        home.fails(3, args, "the master key file master.key is missing");
        assert!(!home.0.join("master.key").exists(), "{args:?}");
    }
    // A database that was moved goes on with the key beside the configuration.
    std::fs::rename(home.0.join("away.key"), home.0.join("master.key")).unwrap();
    std::fs::create_dir(home.0.join("data")).unwrap();
    let url = format!("sqlite://{}", home.0.join("data/new.db").display());
    home.ok(&["apply", "realms/", "--database", &url, "--create"]);
    assert!(!home.0.join("data/master.key").exists());
    home.ok(&["key", "rotate", "--database", &url]);
    std::fs::write(home.0.join("data/master.key"), "1f".repeat(31) + "20").unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(home.0.join("data/master.key"), private).unwrap();
    home.fails(3, &["key", "rotate", "--database", &url], "different master keys");
    // Without a configuration, one is made beside the database, where that is asked for.
    let bare = Home::empty();
    bare.write("realm.toml", &home.read("realms/example.toml"));
    bare.ok(&["apply", "realm.toml", "--database", "sqlite://data/x.db", "--create"]);
    assert!(bare.0.join("data/master.key").exists());
}

#[test]
fn keys_are_replaced_and_revoked_beside_a_running_server() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    let secret = home.ok(&["secret", "add", "nightly-export", "-o", "json"]).json();
    let secret = secret["secret"].as_str().unwrap().to_owned();
    serving.eventually("nightly-export", &secret, true);
    let before = home.ok(&["key", "list", "-o", "json"]).json();
    let kid = before[0]["kid"].as_str().unwrap().to_owned();
    home.fails(5, &["key", "revoke", "none", "--yes"], "there is no signing key `none`");
    home.fails(2, &["key", "revoke", &kid], "--yes goes ahead");
    let revoked = home.ok(&["key", "revoke", &kid, "--yes"]);
    assert!(revoked.err().contains("signs in its place") && !revoked.out().contains(&kid), "{}", revoked.err());
    assert!(home.ok(&["key", "revoke", &kid, "--yes"]).err().contains("had left the key set before"));
    serving.eventually("nightly-export", &secret, true);

    home.fails(3, &["master-key", "rotate", "--yes"], "openssl rand -hex 32 >> master.key");
    let old = home.read("master.key");
    home.write("master.key", &format!("{old}{}\n", "0123456789abcdef".repeat(4)));
    let rotated = home.ok(&["master-key", "rotate", "--yes", "-o", "json"]);
    assert_eq!((rotated.json()["earlier"].as_u64(), rotated.json()["unreadable"].as_u64()), (Some(0), Some(0)));
    home.write("master.key", &format!("{}\n", "0123456789abcdef".repeat(4)));
    // The server was not restarted: it looks into the file when it needs the key.
    let made = home.ok(&["token-key", "rotate", "-o", "json"]).json();
    assert_eq!((made["token_key"].as_u64(), made["old_tokens_accepted"].as_bool()), (Some(1), Some(true)));
    serving.eventually("nightly-export", &secret, true);
    let list = home.ok(&["key", "list", "-o", "json"]).json();
    home.ok(&["key", "revoke", list[0]["kid"].as_str().unwrap(), "--yes"]);
    serving.eventually("nightly-export", &secret, true);
    assert_eq!(home.ok(&["master-key", "status", "-o", "json"]).json()["unreadable"], 0);
    home.write("master.key", &old);
    home.fails(3, &["token-key", "rotate"], "the master key is not the one");
    assert_eq!(serving.stop(), 0);
}

#[test]
fn idle_connections_up_to_the_limit_of_open_files_silence_neither_the_server_nor_its_management() {
    let home = Home::applied();
    let serving = Serving::start_after(&home, "ulimit -n 300");
    let connect = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let idle: Vec<_> = (0..400).map(|_| connect(serving.port)).collect();
    let at_management: Vec<_> = (0..100).map(|_| connect(serving.management)).collect();
    for _ in 0..3 {
        assert_eq!(Serving::get(serving.management, "/livez"), 200);
        assert_eq!(Serving::get(serving.port, "/.well-known/openid-configuration"), 200);
    }
    drop((idle, at_management));
    assert_eq!(serving.stop(), 0);
}

#[test]
fn the_soft_limit_of_open_files_is_raised_and_a_wish_beyond_the_hard_one_is_told() {
    let home = Home::applied();
    let serving = Serving::start_after(&home, "ulimit -S -n 128; export CLAVIGER_SERVER__MAX_CONNECTIONS=100");
    assert!(!serving.log.contains("max-connections"), "{}", serving.log);
    let idle: Vec<_> = (0..90).map(|_| std::net::TcpStream::connect(("127.0.0.1", serving.port)).unwrap()).collect();
    assert_eq!(Serving::get(serving.port, "/.well-known/openid-configuration"), 200);
    drop(idle);
    assert_eq!(serving.stop(), 0);
    let serving = Serving::start_after(&home, "ulimit -n 512; export CLAVIGER_SERVER__MAX_CONNECTIONS=5000");
    assert!(serving.log.contains("max-connections is more than"), "{}", serving.log);
}

#[test]
fn what_the_server_makes_is_its_owners_whatever_the_umask_and_what_is_open_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::empty();
    home.ok(&["init", "etc"]);
    let etc = Home(home.0.join("etc"));
    let mode = |file: &str| std::fs::metadata(etc.0.join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("claviger.toml"), mode("master.key")), (0o700, 0o600, 0o600));
    let config = etc.read("claviger.toml").replace("sqlite://claviger.db", "sqlite://data/claviger.db");
    etc.write("claviger.toml", &config);
    let mut applied = std::process::Command::new("sh");
    applied.args(["-c", "umask 000; exec \"$0\" apply realms/ --create", env!("CARGO_BIN_EXE_claviger")]);
    assert!(applied.current_dir(&etc.0).env_remove("CLAVIGER_CONFIG").output().unwrap().status.success());

    let serving = Serving::start_after(&etc, "umask 000");
    assert_eq!(mode("data"), 0o700);
    for file in ["data/claviger.db", "data/claviger.db-wal", "data/claviger.db-shm", "data/claviger.lock"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    assert!(!serving.log.contains("chmod"), "{}", serving.log);
    assert_eq!(serving.stop(), 0);
    for (file, open) in [("data/claviger.db", 0o644), ("data", 0o755)] {
        std::fs::set_permissions(etc.0.join(file), std::fs::Permissions::from_mode(open)).unwrap();
    }
    let serving = Serving::start_after(&etc, "umask 022");
    for line in ["chmod 600 ", "chmod 700 "] {
        assert!(serving.log.contains(line), "{line}: {}", serving.log);
    }
    assert_eq!(serving.stop(), 0);
    // A backup and a database that is restored are no different.
    etc.ok(&["db", "backup", "copy.db"]);
    assert_eq!(mode("copy.db"), 0o600);
}

#[test]
fn an_address_of_its_own_serves_only_its_realms() {
    let home = Home::applied();
    let port = free_port();
    let listener =
        format!("[[server.listener]]\naddress = \"127.0.0.1:{port}\"\nrealms = [\"elsewhere\"]\n\n[database]");
    home.write("claviger.toml", &home.read("claviger.toml").replace("[database]", &listener));
    let serving = Serving::start(&home);
    assert!(serving.log.contains("a realm that does not exist"), "{}", serving.log);
    let answer = |to: u16| {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", to)).unwrap();
        let path = "/.well-known/openid-configuration";
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", serving.port).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text[9..12].to_owned()
    };
    assert_eq!((answer(serving.port), answer(port)), ("200".to_owned(), "404".to_owned()));
}

#[test]
fn the_log_says_who_did_what_and_a_changed_line_is_found() {
    let home = Home::applied();
    home.ok(&[
        "app",
        "create",
        "--id",
        "fleet",
        "--name",
        "=Fleet",
        "--owner",
        "dev@fleet.example",
        "--scope",
        "orders:read",
    ]);
    home.fails(6, &["app", "suspend", "fleet", "--yes"], "approve or reject it first");
    home.ok(&["user", "disable", "ada", "--yes"]);
    let all = home.ok(&["audit", "list", "-o", "json"]).json();
    let acts: Vec<_> = all.as_array().unwrap().iter().map(|line| line["act"].as_str().unwrap()).collect();
    assert_eq!(acts.iter().filter(|act| **act == "realm.apply").count(), acts.len() - 2);
    assert_eq!(acts[acts.len() - 2..], ["app.create", "user.disable"], "what failed left no line");
    let created = home.ok(&["audit", "list", "--subject", "app/fleet", "-o", "json"]);
    let line = created.json()[0].clone();
    assert_eq!((line["way"].as_str(), line["before"].is_null()), (Some("cli"), true));
    assert_eq!(line["personal"]["after"]["owner_email"], "dev@fleet.example");
    assert!(!created.out().contains("cvs_"));
    let csv = home.ok(&["audit", "list", "--act", "user.disable", "-o", "csv"]).out();
    assert!(csv.starts_with("number,time,realm,actor,") && csv.lines().count() == 2, "{csv}");
    assert!(home.ok(&["audit", "list", "--since", "1h"]).out().starts_with("NUMBER"));
    assert_eq!(home.ok(&["audit", "list", "--until", "2020-01-01", "-o", "json"]).json(), serde_json::json!([]));
    home.fails(2, &["audit", "list", "--act", "app.paint"], "app.approve");

    let id = home.ok(&["user", "list", "-o", "json"]).json()[0]["id"].as_str().unwrap().to_owned();
    let subject = format!("user/{id}");
    home.fails(2, &["audit", "erase", "--subject", &subject], "--yes");
    home.ok(&["audit", "erase", "--subject", &subject, "--yes"]);
    home.fails(5, &["audit", "erase", "--subject", &subject, "--yes"], "no line about");
    let after = home.ok(&["audit", "list", "--subject", &subject, "-o", "json"]);
    assert!(after.json()[0]["personal"].is_null() && !after.out().contains("Ada"), "{}", after.out());
    assert!(home.ok(&["audit", "verify", "-o", "json"]).json()["erased"].as_i64().unwrap() >= 1);
    let database = rusqlite::Connection::open(home.0.join("claviger.db")).unwrap();
    database.execute("UPDATE audit SET subject = 'x' WHERE seq = 2", []).unwrap();
    drop(database);
    home.fails(1, &["audit", "verify"], "line 2 is not what was written");
}
