//! An operator's first day: the commands of the manual as they are printed, and what the program says when something is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use program::{Home, Serving, free_port};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// README, "Run it", from a folder that is neither the configuration's nor the realms'.
#[test]
fn apply_takes_the_configuration_beside_the_realm_files_and_makes_no_second_database() {
    let home = Home::empty();
    let made = home.ok(&["init", "etc/claviger", "-o", "json"]).json();
    assert!(made["written"].as_array().unwrap().iter().any(|file| file == "etc/claviger/claviger.db"), "{made}");
    let ran = home.ok(&["apply", "etc/claviger/realms"]);
    assert!(ran.err().contains("configuration: ") && ran.err().contains("etc/claviger/claviger.toml"), "{}", ran.err());
    home.ok(&["apply", "etc/claviger/realms/example.toml"]);
    let mut command = home.command(&["realm", "list", "-o", "id"]);
    let listed = command.env("CLAVIGER_CONFIG", "etc/claviger/claviger.toml").output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "example\n");
    let here: Vec<_> = std::fs::read_dir(&home.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(here, ["etc"], "nothing else was made");

    home.ok(&["init"]);
    home.fails(2, &["apply", "etc/claviger/realms"], "there are two configurations");
    home.ok(&["apply", "etc/claviger/realms", "--config", "etc/claviger/claviger.toml"]);
    home.ok(&["apply", "realms"]);
}

#[test]
fn only_init_and_create_make_a_database() {
    let home = Home::empty();
    home.ok(&["init", "etc"]);
    std::fs::remove_file(home.0.join("etc/claviger.db")).unwrap();
    for args in [&["apply", "etc/realms"][..], &["serve", "--config", "etc/claviger.toml"]] {
        home.fails(3, args, "there is no database ");
        home.fails(3, args, "--create");
    }
    assert!(!home.0.join("etc/claviger.db").exists());
    home.ok(&["apply", "etc/realms", "--create"]);
    assert!(home.0.join("etc/claviger.db").exists());

    let other = Home::empty();
    std::fs::create_dir(other.0.join("realms")).unwrap();
    other.write("realms/example.toml", &home.read("etc/realms/example.toml"));
    for args in [&["apply", "realms"][..], &["apply", "realms", "--create"], &["serve"]] {
        other.fails(3, args, "--config names the configuration");
    }
    assert_eq!(std::fs::read_dir(&other.0).unwrap().count(), 1, "no database and no key in the current folder");
    other.fails(3, &["apply", "realms", "--database", "sqlite://data/x.db"], "there is no database data/x.db");
    other.ok(&["apply", "realms", "--database", "sqlite://data/x.db", "--create"]);
    assert!(other.0.join("data/master.key").exists() && !other.0.join("master.key").exists());
}

#[test]
fn a_server_without_a_realm_is_not_ready_until_one_is_applied() {
    let home = Home::empty();
    home.ok(&["init"]);
    let (port, management) = (free_port(), free_port());
    let config = home.read("claviger.toml").replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
    home.write("claviger.toml", &config.replace("127.0.0.1:9090", &format!("127.0.0.1:{management}")));
    let serving = Serving::of(home.command(&["serve"]), port, management);
    assert!(serving.log.contains("there is no realm") && serving.log.contains("claviger apply"), "{}", serving.log);
    let answer = Serving::ask(management, "localhost", "GET /readyz");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("claviger apply"), "{answer}");
    assert!(Serving::ask(management, "localhost", "GET /livez").starts_with("HTTP/1.1 200"));
    home.fails(1, &["healthcheck"], "there is no realm");
    home.ok(&["apply", "realms"]);
    assert!(Serving::ask(management, "localhost", "GET /readyz").starts_with("HTTP/1.1 200"));
    home.ok(&["healthcheck"]);
}

#[test]
fn a_mistyped_level_stops_the_start_with_the_levels() {
    let home = Home::applied();
    home.write("claviger.toml", &home.read("claviger.toml").replace("level = \"info\"", "level = \"inof\""));
    home.fails(3, &["serve"], "the levels are off, error, warn, info, debug, trace");
    home.fails(3, &["config", "check"], "did you mean `info`?");
}

#[test]
fn the_configuration_is_shown_with_the_origin_of_each_value_and_checked() {
    let home = Home::applied();
    let mut command = home.command(&["config", "show", "--origin", "--database", "postgres://u:hunter2@db.example/x"]);
    let shown = command.env("CLAVIGER_LOG__LEVEL", "debug").output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    let line = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key}: {text}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("log.level"), "log.level debug environment (CLAVIGER_LOG__LEVEL)");
    assert_eq!(line("database.url"), "database.url postgres://u:***@db.example/x flag (--database)");
    assert!(line("server.listen").contains("127.0.0.1:8080 file (claviger.toml:"), "{}", line("server.listen"));
    assert_eq!(line("smtp.port").split(' ').next_back(), Some("default"));
    assert!(!text.contains("hunter2"));
    assert!(!home.ok(&["config", "show"]).out().contains("default"));
    let json = home.ok(&["config", "show", "-o", "json"]).json();
    assert!(json.as_array().unwrap().iter().any(|one| one["key"] == "brakes.failures" && one["value"] == 5), "{json}");

    assert!(home.ok(&["config", "check"]).out().contains("claviger.toml"));
    std::fs::create_dir_all(home.0.join("pages/templates")).unwrap();
    home.write("claviger.toml", &home.read("claviger.toml").replace("templates = \"\"", "templates = \"pages\""));
    home.ok(&["config", "check"]);
    home.write("pages/templates/sign_in.html", "{{ view.nonsense( }}");
    home.fails(3, &["config", "check"], "sign_in.html");
}

#[test]
fn sighup_takes_in_a_new_configuration_and_keeps_the_old_one_where_that_is_wrong() {
    let home = Home::applied();
    std::fs::create_dir_all(home.0.join("pages/assets")).unwrap();
    std::fs::create_dir_all(home.0.join("dialects")).unwrap();
    let dialect = "name = \"mine\"\nsummary = \"Mine.\"\n[token]\ntoken-type = \"Bearer\"\n";
    home.write("dialects/mine.toml", dialect);
    home.write("pages/assets/claviger.css", "/* one */");
    let config = home.read("claviger.toml").replace("templates = \"\"", "templates = \"pages\"");
    home.write("claviger.toml", &config.replace("\nfolder = \"\"", "\nfolder = \"dialects\""));
    home.write("realms/example.toml", &home.read("realms/example.toml").replace("\"standard\"", "\"mine\""));
    let serving = Serving::start(&home);
    let config = home.read("claviger.toml");
    let host = format!("localhost:{}", serving.port);
    let css = || Serving::ask(serving.port, &host, "GET /-/claviger.css");
    let secret = home.ok(&["secret", "add", "nightly-export"]).out().trim().to_owned();
    serving.eventually("nightly-export", &secret, true);
    let token = || {
        serving
            .post("/token", &format!("grant_type=client_credentials&client_id=nightly-export&client_secret={secret}"))
            .1
    };
    assert!(css().contains("/* one */") && token().contains("\"token_type\":\"Bearer\""));

    // Wrong in one place: nothing of it is taken in, and the server goes on.
    home.write("pages/assets/claviger.css", "/* two */");
    home.write("claviger.toml", &config.replace("level = \"info\"", "level = \"inof\""));
    serving.hang_up();
    let line = serving.line(&["the old one stays in effect"]);
    assert!(line["error"].as_str().unwrap().contains("`inof` is no level"), "{line}");
    assert!(css().contains("/* one */"));
    home.write("claviger.toml", &config);
    home.write("dialects/mine.toml", "name = \"mine\"\nsummary = \"Mine.\"\n[token]\ntoken-tpye = \"bearer\"\n");
    serving.hang_up();
    let line = serving.line(&["unknown key `token-tpye`"]);
    assert_eq!(line["level"], "ERROR");
    assert!(css().contains("/* one */") && token().contains("\"Bearer\""));

    home.write("dialects/mine.toml", &dialect.replace("\"Bearer\"", "\"bearer\""));
    let new = config
        .replace("level = \"info\"", "level = \"info,claviger_server=debug\"")
        .replace("failures = 5", "failures = 3");
    home.write("claviger.toml", &new.replace("from = \"claviger@localhost\"", "from = \"other@localhost\""));
    serving.hang_up();
    let line = serving.line(&["the configuration was read again"]);
    assert_eq!(line["changed"], "the dialect of realm example, log.level, brakes, pages");
    assert_eq!(serving.line(&["after a restart only"])["parts"], "[mail] and [smtp]");
    assert!(css().contains("/* two */"));
    let began = std::time::Instant::now();
    while !token().contains("\"token_type\":\"bearer\"") {
        assert!(began.elapsed().as_secs() < 10, "the dialect is not in effect");
    }
    let guess = || serving.post("/token", "grant_type=client_credentials&client_id=nobody&client_secret=x").0;
    assert_eq!([guess(), guess(), guess(), guess()], [401, 401, 401, 429], "three are free now");
    let acts = home.ok(&["audit", "list", "-o", "json"]).json();
    assert!(
        acts.as_array().unwrap().iter().any(|line| line["subject"] == "realm/example" && line["way"] == "apply"),
        "{acts}"
    );
    assert_eq!(serving.stop(), 0);
}

#[test]
fn a_refusal_is_found_by_its_reference() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    let (status, body) = serving.post("/token", "grant_type=client_credentials&client_id=no%22body&client_secret=x");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, json["error"].as_str()), (401, Some("invalid_client")));
    let reference = json["reference"].as_str().unwrap();
    let line = serving.line(&[reference]);
    for (name, value) in [("realm", "example"), ("client", "no\"body"), ("endpoint", "token"), ("address", "127.0.0.1")]
    {
        assert_eq!(line[name], value, "{line}");
    }
    assert_eq!((line["reference"].as_str(), line["message"].as_str()), (Some(reference), Some("refused")));

    let host = format!("localhost:{}", serving.port);
    let answer = Serving::ask(serving.port, &host, "GET /userinfo?access_token=x");
    let reference = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    assert!(answer.ends_with(&format!("\"reference\":\"{reference}\"}}")), "{answer}");
    assert_eq!(serving.line(&[&reference])["endpoint"], "userinfo");

    // A page, and a redirect URI.
    let page = Serving::ask(serving.port, &host, "GET /authorize?client_id=flet%3Cscript%3E&response_type=code");
    assert!(page.contains("flet&lt;script&gt;") && !page.contains("<script>"), "{page}");
    let line = serving.line(&["authorization request refused with a page"]);
    assert_eq!((line["client"].as_str(), line["endpoint"].as_str()), (Some("flet<script>"), Some("authorization")));

    // What was refused before it was read.
    let answer = Serving::ask(serving.port, "a b", "GET /");
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"reference\":\""), "{answer}");
    let reference = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    assert_eq!(serving.line(&[&reference])["status"], 400);
}

#[test]
fn a_host_that_no_realm_has_is_told_once() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    for _ in 0..3 {
        let answer = Serving::ask(serving.port, "login.example.com", "GET /authorize");
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("\"reference\":\""), "{answer}");
    }
    let line = serving.line(&["no realm has this host"]);
    assert_eq!((line["host"].as_str(), line["address"].as_str()), (Some("login.example.com"), Some("127.0.0.1")));
    Serving::ask(serving.port, &format!("localhost:{}", serving.port), "GET /no-such-path");
    Serving::ask(serving.port, "other.example.com", "GET /");
    serving.line(&["other.example.com"]);
    assert_eq!(serving.count("no realm has this host"), 2);
}

#[test]
fn every_list_has_every_format() {
    let home = Home::applied();
    assert_eq!(home.ok(&["user", "list", "-o", "id"]).out(), "ada\n");
    assert_eq!(home.ok(&["app", "list", "-o", "id"]).out(), "nightly-export\n");
    let yaml = home.ok(&["app", "list", "-o", "yaml"]).out();
    assert!(yaml.starts_with("-\n  id: \"nightly-export\"\n"), "{yaml}");
    let id = home.ok(&["secret", "list", "nightly-export", "-o", "id"]).out();
    home.ok(&["secret", "add", "nightly-export"]);
    home.ok(&["secret", "retire", "nightly-export", id.trim(), "--yes"]);
    assert_eq!(home.ok(&["realm", "show", "example", "-o", "id"]).out(), "example\n");
    assert!(
        home.ok(&["realm", "show", "example", "-o", "yaml"]).out().contains("\nissuer: \"http://localhost:8080\"\n")
    );
    for list in [
        &["key", "list"][..],
        &["seat", "list"],
        &["audit", "list"],
        &["dialect", "list"],
        &["legacy"],
        &["realm", "list"],
    ] {
        for format in ["json", "yaml", "csv", "table", "id"] {
            home.ok(&[list, &["-o", format]].concat());
        }
    }
}

#[test]
fn a_database_that_does_not_answer_has_an_exit_code_of_its_own() {
    let home = Home::applied();
    let gone = format!("postgres://claviger@127.0.0.1:{}/x?sslmode=disable", free_port());
    for command in
        [&["realm", "list"][..], &["db", "status"], &["serve"], &["apply", "realms"], &["db", "backup", "b.db"]]
    {
        let ran = home.run(&[command, &["--database", &gone]].concat());
        assert_eq!(ran.code(), 7, "{command:?}: {}", ran.err());
    }
    let ran = home.run(&["doctor", "--offline", "--database", &gone]);
    assert_eq!(ran.code(), 7, "{}{}", ran.out(), ran.err());
    assert!(ran.out().contains("look whether the database runs"), "{}", ran.out());
    assert!(home.ok(&["--help"]).out().contains("7 unreachable"));
}

/// A server that speaks as far of PostgreSQL's protocol as it takes to turn somebody away.
fn that_lets_nobody_in() -> u16 {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"claviger\"\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            let _ = stream.write_all(&[b"E", &length[..], &fields[..]].concat());
        }
    });
    port
}

#[test]
fn a_database_that_lets_nobody_in_has_an_exit_code_of_its_own() {
    let home = Home::applied();
    let url = format!("postgres://claviger:wrong@127.0.0.1:{}/x?sslmode=disable", that_lets_nobody_in());
    for command in [&["realm", "list"][..], &["db", "status"], &["doctor", "--offline"]] {
        let ran = home.run(&[command, &["--database", &url]].concat());
        assert_eq!(ran.code(), 4, "{command:?}: {}{}", ran.out(), ran.err());
        assert!(!ran.err().contains("wrong@"), "{}", ran.err());
    }
    assert!(home.run(&["realm", "list", "--database", &url]).err().contains("database.password-file"));
}

#[test]
fn a_database_of_its_own_is_looked_at_beside_a_password_file() {
    let home = Home::applied();
    home.ok(&["db", "backup", "backup.db"]);
    let config = home.read("claviger.toml");
    let config = config.replace("url = \"sqlite://claviger.db\"", "url = \"postgres://claviger@db.invalid/claviger\"");
    home.write(
        "claviger.toml",
        &config.replace("# password-file = \"database-password\"", "password-file = \"database-password\""),
    );
    home.fails(3, &["config", "check"], "database-password");
    let status = home.ok(&["db", "status", "--database", "sqlite://backup.db", "-o", "json"]).json();
    assert_eq!(status["realms"], 1);
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let home = Home::applied();
    let serving = Serving::start(&home);
    let finding = |home: &Home, args: &[&str], check: &str| {
        let ran = home.run(&[&["doctor", "-o", "json"], args].concat());
        let all = ran.json();
        let all = all.as_array().unwrap();
        let worst = all.iter().filter(|one| one["check"] == check).max_by_key(|one| one["help"].as_str().map(str::len));
        (ran.code(), worst.unwrap_or_else(|| panic!("{check}: {all:?}")).clone())
    };
    let (code, found) = finding(&home, &["--offline"], "file modes");
    assert_eq!((code, found["state"].as_str()), (0, Some("warning")), "the test's folder: {found}");
    mode(&home.0, 0o700);
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
    for check in
        ["configuration", "database", "schema", "master key", "clock", "realms", "file modes", "proxy headers", "mail"]
    {
        let line = ran.out().lines().find(|line| line.starts_with(check)).map(str::to_owned);
        assert!(line.as_ref().is_some_and(|line| line.contains(" ok ")), "{check}: {}", ran.out());
    }
    assert!(ran.out().contains("DNS of example") && ran.out().contains("answers as this realm"), "{}", ran.out());
    // TLS where none is spoken; the issuer of a realm is what others are told.
    let realm = home.read("realms/example.toml");
    home.write("realms/example.toml", &realm.replace("issuer = \"http://", "issuer = \"https://"));
    home.ok(&["apply", "realms"]);
    let (code, found) = finding(&home, &[], "TLS of example");
    assert_eq!((code, found["state"].as_str()), (1, Some("problem")), "{found}");
    // A proxy that does not pass the Host header on: what answers is not this realm.
    let aside = realm.replace(&format!("authorities = [\"localhost:{}\", ", serving.port), "authorities = [");
    home.write("realms/example.toml", &aside);
    home.ok(&["apply", "realms"]);
    let (code, found) = finding(&home, &[], "address of example");
    assert_eq!((code, found["state"].as_str()), (1, Some("problem")), "{found}");
    assert!(found["help"].as_str().unwrap().contains("Host header"), "{found}");
    home.write("realms/example.toml", &realm);
    home.ok(&["apply", "realms"]);
    assert_eq!(serving.stop(), 0);

    let (code, found) = finding(&home, &[], "address of example");
    assert_eq!((code, found["state"].as_str()), (0, Some("warning")), "the server is down: {found}");

    let (key, database) = (home.0.join("master.key"), home.0.join("claviger.db"));
    mode(&database, 0o644);
    let (code, found) = finding(&home, &["--offline"], "file modes");
    assert_eq!((code, found["state"].as_str()), (1, Some("problem")));
    assert!(found["help"].as_str().unwrap().starts_with("chmod 600 "), "{found}");
    mode(&database, 0o600);
    let right = home.read("master.key");
    home.write("master.key", &"5f".repeat(32));
    mode(&key, 0o600);
    let (code, found) = finding(&home, &["--offline"], "master key");
    assert_eq!((code, found["state"].as_str()), (3, Some("problem")), "{found}");
    home.write("master.key", &right);

    let config = home.read("claviger.toml");
    let mail = config
        .replace("# host = \"mail.example.com\"", "host = \"127.0.0.1\"")
        .replace("tls = \"starttls\"", "tls = \"none\"");
    home.write("claviger.toml", &mail.replace("# port = 587", &format!("port = {}", free_port())));
    let (code, found) = finding(&home, &[], "mail");
    assert_eq!((code, found["state"].as_str()), (1, Some("problem")), "{found}");

    home.write("claviger.toml", &config.replace("trusted-proxies = []", "trusted-proxies = [\"0.0.0.0/0\"]"));
    assert_eq!(finding(&home, &["--offline"], "proxy headers").1["state"], "problem");
    home.write("claviger.toml", &config);
    let realm = home.read("realms/example.toml");
    let issuer = realm.lines().find(|line| line.starts_with("issuer")).unwrap().to_owned();
    home.write("realms/example.toml", &realm.replace(&issuer, "issuer = \"https://no-such-host.invalid\""));
    home.ok(&["apply", "realms"]);
    let (code, found) = finding(&home, &[], "DNS of example");
    assert_eq!((code, found["state"].as_str()), (1, Some("problem")), "{found}");
    assert_eq!(finding(&home, &["--offline"], "proxy headers").1["state"], "warning");
    home.write("claviger.toml", "[server]\nlisen = []\n");
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code(), 3);
    assert!(ran.out().contains("unknown key `lisen`"), "{}", ran.out());
}
