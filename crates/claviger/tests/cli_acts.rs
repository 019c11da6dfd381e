//! What operators do every day, as they run it: plans, edits, grants, consents, sessions, exports, mails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use program::{Home, Serving};
use serde_json::json;

#[test]
fn a_plan_names_each_field_and_ends_with_10() {
    let home = Home::empty();
    home.ok(&["init"]);
    let ran = home.run(&["plan", "realms/"]);
    assert_eq!(ran.code(), 10, "{}", ran.err());
    assert!(ran.out().contains("+ realm example") && ran.out().contains("nothing was written"), "{}", ran.out());
    assert_eq!(home.ok(&["realm", "list", "-o", "json"]).json(), json!([]));
    home.ok(&["apply", "realms/"]);
    let same = home.ok(&["plan", "realms/", "-o", "json"]).json();
    assert_eq!((&same["changes"], &same["unchanged"]), (&json!([]), &json!(3)));

    let file = home.read("realms/example.toml");
    let other = file.replace("Nightly export", "Nightly").replace("scope = \"orders:read\"\n", "");
    home.write("realms/example.toml", &other.replace("access-token-ttl = \"10m\"", "access-token-ttl = \"5m\""));
    let ran = home.run(&["plan", "realms/"]);
    assert_eq!(ran.code(), 10);
    for line in [
        "~ realm example",
        "    tokens.access-token-ttl: \"10m\" -> \"5m\"",
        "~ client example/nightly-export",
        "    name: \"Nightly export\" -> \"Nightly\"",
        "  ! scope: \"orders:read\" -> (none)",
        "! ends or refuses something that works today",
        "0 to create, 2 to change, 1 as they are, 1 destructive; nothing was written",
    ] {
        assert!(ran.out().lines().any(|said| said == line), "{line}\n{}", ran.out());
    }
    let ran = home.run(&["plan", "realms/", "-o", "json"]);
    assert_eq!((ran.code(), &ran.json()["destructive"]), (10, &json!(1)));
    let expected = json!({"field": "name", "before": "Nightly export", "after": "Nightly", "destructive": false});
    assert_eq!(ran.json()["changes"][1]["fields"][0], expected);
    let csv = home.run(&["plan", "realms/", "-o", "csv"]).out();
    assert!(csv.contains("client example/nightly-export,change,scope,orders:read,,true\r\n"), "{csv}");
    let alias = home.ok(&["apply", "realms/", "--dry-run"]);
    assert!(alias.err().contains("`claviger plan`") && alias.out().contains("~ realm example"), "{}", alias.err());
    assert!(home.ok(&["realm", "show", "example"]).out().contains("10m"));
    home.ok(&["apply", "realms/"]);
    home.ok(&["plan", "realms/"]);
    home.write("realms/example.toml", "[realm]\nid = \"x\"\n");
    assert_eq!(home.run(&["plan", "realms/"]).code(), 3);
}

#[test]
fn an_exported_realm_changes_nothing_where_it_is_applied() {
    let home = Home::applied();
    home.ok(&[
        "app",
        "create",
        "--id",
        "web",
        "--name",
        "Web ${x}",
        "--redirect-uri",
        "https://w.example/cb",
        "--public",
    ]);
    let exported = home.ok(&["realm", "export", "example"]);
    assert!(!exported.out().contains("argon2") && !exported.out().contains("secret"), "{}", exported.out());
    home.write("export.toml", &exported.out());
    let plan = home.ok(&["plan", "export.toml", "-o", "json"]).json();
    assert_eq!((&plan["changes"], &plan["not_in_files"]), (&json!([]), &json!([])));
    assert_eq!(home.ok(&["apply", "export.toml", "-o", "json"]).json()["unchanged"], 4);
    home.fails(5, &["realm", "export", "exampel"], "did you mean `example`?");
}

#[test]
fn apps_are_edited_unless_a_file_manages_them() {
    let home = Home::applied();
    home.fails(6, &["app", "edit", "nightly-export", "--name", "N"], "comes from the realm file realms/example.toml");
    home.ok(&["app", "edit", "nightly-export", "--name", "N", "--despite-file"]);
    assert!(home.ok(&["app", "show", "nightly-export"]).out().contains("realms/example.toml"));
    let plan = home.run(&["plan", "realms/"]);
    assert!(plan.code() == 10 && plan.out().contains("name: \"N\" -> \"Nightly export\""), "{}", plan.out());

    home.ok(&["app", "create", "--id", "web", "--name", "Web", "--redirect-uri", "https://w.example/cb"]);
    let edited = home.ok(&["app", "edit", "web", "--add-redirect-uri", "https://w.example/two", "-o", "json"]).json();
    assert_eq!(edited["fields"][0]["after"], json!(["https://w.example/cb", "https://w.example/two"]));
    home.ok(&["app", "edit", "web", "--scope", "openid orders:read", "--access-token-ttl", "5m"]);
    home.ok(&["app", "edit", "web", "--remove-scope", "openid", "--access-token-ttl", "realm"]);
    let shown = home.ok(&["app", "show", "web", "-o", "json"]).json();
    assert_eq!(
        (&shown["client"]["scope"], &shown["client"]["access_token_ttl"]),
        (&json!("orders:read"), &json!(null))
    );
    home.fails(2, &["app", "edit", "web", "--redirect-uri", "http://w.example/"], "redirect-uri: ");
    home.fails(2, &["app", "edit", "web", "--grant", "implicit"], "needs the legacy behaviour `implicit`");
    home.fails(2, &["app", "edit", "web", "--name", "Web"], "nothing of `web` would be different");
    home.fails(5, &["app", "edit", "ghost", "--name", "G"], "no app `ghost`");
}

#[test]
fn an_owner_hears_of_a_rejection_and_a_lost_approval_is_sent_again() {
    let home = Home::applied();
    for id in ["one", "two"] {
        home.ok(&["app", "create", "--id", id, "--name", id, "--owner", "dev@fleet.example", "--scope", "orders:read"]);
    }
    let rejected = home.ok(&["app", "reject", "one", "--reason", "No such company.", "-o", "json"]).json();
    assert_eq!((&rejected["status"], &rejected["mail"]["state"]), (&json!("rejected"), &json!("written")));
    let mail = std::fs::read_to_string(home.0.join(rejected["mail"]["file"].as_str().unwrap())).unwrap();
    assert!(mail.contains("No such company."), "{mail}");
    home.fails(6, &["app", "resend", "one"], "no approval to tell");
    home.ok(&["app", "approve", "two"]);
    let resent = home.ok(&["app", "resend", "two", "-o", "json"]).json();
    assert_eq!((&resent["mail"]["state"], &resent["link"]), (&json!("written"), &json!(null)));
    let states: Vec<_> = home
        .ok(&["secret", "list", "two", "-o", "json"])
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| secret["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["retired", "live"]);
    let mails = home.ok(&["mail", "list", "-o", "json"]).json();
    assert_eq!(mails.as_array().unwrap().len(), 3);
    assert!(mails.as_array().unwrap().iter().all(|mail| mail["state"] == "sent" && mail["to"] == "dev@fleet.example"));
    assert_eq!(home.ok(&["mail", "list", "--unsent", "-o", "json"]).json(), json!([]));
    home.fails(5, &["mail", "retry", mails[0]["id"].as_str().unwrap()], "no unsent mail");
}

#[test]
fn users_are_added_edited_and_told_apart() {
    let home = Home::applied();
    let added = home
        .with_stdin(&["user", "add", "Jos\u{e9}", "--email", "jose@x.example", "--email-verified"], "correct horse\n");
    assert_eq!(added.code(), 0, "{}", added.err());
    assert!(!added.out().contains("horse"));
    home.fails(6, &["user", "add", "jose\u{301}", "--no-password"], "is called `jose\u{301}`");
    home.fails(2, &["user", "add", "eve", "--no-password", "--organisation", "ghost"], "no organisation `ghost`");
    let edited = home.ok(&["user", "edit", "jose\u{301}", "--email", "other@x.example", "-o", "json"]).json();
    assert_eq!(
        (&edited["user"]["email"], &edited["user"]["email_verified"]),
        (&json!("other@x.example"), &json!(null))
    );
    home.fails(2, &["user", "edit", "Jos\u{e9}", "--disable"], "--yes");
    let disabled = home.ok(&["user", "edit", "Jos\u{e9}", "--disable", "--yes", "-o", "json"]).json();
    assert_eq!(disabled["user"]["disabled"], true);
    home.ok(&["user", "edit", "Jos\u{e9}", "--enable"]);
    home.fails(6, &["user", "edit", "ada", "--name", "Ada"], "comes from the realm file");
    home.fails(2, &["user", "edit", "Jos\u{e9}"], "nothing of");

    // As an older program could store it: another spelling was another name.
    assert_eq!(home.ok(&["user", "alike", "-o", "json"]).json(), json!([]));
    let database = rusqlite::Connection::open(home.0.join("claviger.db")).unwrap();
    let copy = "INSERT INTO users (realm, id, username_key, disabled, doc, created_at, updated_at)
        SELECT realm, 'old', ?1, 0, replace(replace(doc, id, 'old'), ?2, ?3), 0, 0 FROM users WHERE username_key = ?4";
    let spelled = ["jose\u{301}", "Jos\u{e9}", "Jose\u{301}", "jos\u{e9}"];
    assert_eq!(database.execute(copy, spelled).unwrap(), 1);
    drop(database);
    let alike = home.ok(&["user", "alike", "-o", "json"]).json();
    assert_eq!((&alike[0]["id"], &alike[0]["other_username"]), (&json!("old"), &json!("Jos\u{e9}")));
    let serving = Serving::start(&home);
    assert_eq!(serving.stop(), 0);
    assert_eq!(home.ok(&["user", "alike", "-o", "json"]).json(), alike, "nothing was changed");
    let own = home.ok(&["user", "edit", "jose\u{301}", "--name", "Old", "-o", "json"]).json();
    assert_eq!(own["id"], "old", "each is found by their own spelling");
    let other = home.ok(&["user", "edit", "jos\u{e9}", "--name", "New", "-o", "json"]).json();
    assert_ne!(other["id"], "old");
    home.ok(&["user", "edit", "old", "--rename", "jose.old"]);
    assert_eq!(home.ok(&["user", "alike", "-o", "json"]).json(), json!([]));
}

#[test]
fn grants_consents_and_sessions_are_listed_and_ended() {
    let home = Home::applied();
    for (list, end) in [("grant", "revoke"), ("session", "end")] {
        assert_eq!(home.ok(&[list, "list", "-o", "json"]).json(), json!([]));
        home.fails(2, &[list, end], "--all");
        home.fails(2, &[list, end, "--all"], "--yes");
        home.fails(2, &[list, end, "x", "--app", "nightly-export", "--yes"], "either an id");
        let ended = home.ok(&[list, end, "--all", "--yes", "-o", "json"]).json();
        assert_eq!(ended[format!("{list}s_ended")], 0);
        home.fails(5, &[list, end, "0199c3e6b1f7d3a9d4e0c5b8a7f2e11a", "--yes"], "the realm `example` has no");
        home.fails(5, &[list, "list", "--app", "ghost"], "no app `ghost`");
        home.fails(5, &[list, "list", "--user", "ghost"], "no user `ghost`");
    }
    assert_eq!(home.ok(&["consent", "list", "-o", "json"]).json(), json!([]));
    home.fails(2, &["consent", "withdraw"], "--all");
    home.fails(5, &["consent", "withdraw", "--app", "nightly-export", "--user", "ada", "--yes"], "do nothing");

    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let (now, later) = (i64::try_from(now).unwrap(), i64::try_from(now).unwrap() + 3_600_000);
    let database = rusqlite::Connection::open(home.0.join("claviger.db")).unwrap();
    let user: String =
        database.query_row("SELECT id FROM users WHERE username_key = 'ada'", [], |row| row.get(0)).unwrap();
    let doc = r#"{"flow":"authorization_code","scope":"orders:read","audience":"https://api.example.com"}"#;
    let grant = "INSERT INTO grants (id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
        refreshed_at, idle_expires_at, expires_at, check_at)
        VALUES (?1, 'example', 'nightly-export', ?2, 'authorization_code', ?3, ?1, 0, 'rotate', ?4, ?4, ?5, ?5, ?5)";
    for byte in 1..=3_u8 {
        database.execute(grant, rusqlite::params![[byte; 16], user, doc, now - 1000, later]).unwrap();
    }
    let consent = "INSERT INTO consent (realm, user_id, client, scope, organisations, updated_at)
        VALUES ('example', ?1, 'nightly-export', 'orders:read', '[]', ?2)";
    database.execute(consent, rusqlite::params![user, now]).unwrap();
    let session = "INSERT INTO session (hash, realm, user_id, created_at, auth_time, last_seen_at, expires_at)
        VALUES (?1, 'example', ?2, ?3, ?3, ?3, ?4)";
    for byte in 1..=2_u8 {
        database.execute(session, rusqlite::params![[byte; 32], user, now, later]).unwrap();
    }
    drop(database);
    let grants = home.ok(&["grant", "list", "--user", "ADA", "-o", "json"]).json();
    assert_eq!(
        (grants.as_array().unwrap().len(), &grants[0]["user"], &grants[0]["scope"]),
        (3, &json!("ada"), &json!("orders:read"))
    );
    home.ok(&["grant", "revoke", grants[0]["id"].as_str().unwrap(), "--yes"]);
    let consents = home.ok(&["consent", "list", "-o", "json"]).json();
    assert_eq!((&consents[0]["app"], &consents[0]["user"]), (&json!("nightly-export"), &json!("ada")));
    let taken = home.ok(&["consent", "withdraw", "--app", "nightly-export", "--yes", "-o", "json"]).json();
    assert_eq!((&taken["consents_withdrawn"], &taken["grants_ended"]), (&json!(1), &json!(2)));
    assert_eq!(home.ok(&["grant", "list", "-o", "json"]).json(), json!([]));
    let sessions = home.ok(&["session", "list", "--user", "ada", "-o", "json"]).json();
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    home.ok(&["session", "end", sessions[0]["id"].as_str().unwrap(), "--yes"]);
    assert_eq!(home.ok(&["session", "end", "--user", "ada", "--yes", "-o", "json"]).json()["sessions_ended"], 1);
    let acts = home.ok(&["audit", "list", "-o", "json"]).json();
    let acts: Vec<&str> = acts.as_array().unwrap().iter().map(|line| line["act"].as_str().unwrap()).collect();
    assert!(acts.ends_with(&["grant.revoke", "consent.withdraw", "session.end", "session.end"]), "{acts:?}");
}

#[test]
fn the_last_use_of_apps_and_secrets_is_shown() {
    let home = Home::applied();
    let made = home.ok(&["secret", "add", "nightly-export", "-o", "json"]).json();
    let before = home.ok(&["secret", "list", "nightly-export", "-o", "json"]).json();
    assert!(before.as_array().unwrap().iter().all(|secret| secret["last_used_at"].is_null()), "{before}");
    let serving = Serving::start(&home);
    assert_eq!(serving.token("nightly-export", made["secret"].as_str().unwrap()), 200);
    assert_eq!(serving.stop(), 0);
    let listed = home.ok(&["secret", "list", "nightly-export", "-o", "json"]).json();
    let used: Vec<bool> = listed.as_array().unwrap().iter().map(|secret| secret["last_used_at"].is_string()).collect();
    assert_eq!(used, [false, true], "each by itself");
    let apps = home.ok(&["app", "list", "-o", "json"]).json();
    assert_eq!((&apps[0]["id"], apps[0]["last_used_at"].is_string()), (&json!("nightly-export"), true));
    assert!(home.ok(&["app", "list"]).out().contains("LAST USED"));
}

#[test]
fn what_an_app_says_of_logouts_certificates_and_requests_is_said_and_changed_by_options() {
    let home = Home::applied();
    let create = [
        ["app", "create", "--id", "desk", "--name", "Desk"].as_slice(),
        &["--redirect-uri", "https://desk.example/cb", "--scope", "openid"],
        &["--post-logout-redirect-uri", "https://desk.example/bye"],
        &[
            "--backchannel-logout-uri",
            "https://desk.example/back",
            "--frontchannel-logout-uri",
            "https://desk.example/front",
        ],
        &["--token-endpoint-auth-method", "tls_client_auth"],
    ]
    .concat();
    home.fails(2, &create, "needs exactly one name of the certificate");
    let named = [create.as_slice(), &["--tls-client-auth-san-dns", "desk.example"]].concat();
    home.fails(2, &[named.as_slice(), &["--tls-client-auth-san-ip", "10.0.0.1"]].concat(), "exactly one name");
    home.ok(&[named.as_slice(), &["--tls-client-certificate-bound-access-tokens"]].concat());
    let shown = || home.ok(&["app", "show", "desk", "-o", "json"]).json()["client"].clone();
    let client = shown();
    assert_eq!(client["post_logout_redirect_uris"][0], "https://desk.example/bye");
    assert_eq!(client["logout"]["backchannel_logout_uri"], "https://desk.example/back");
    assert_eq!(client["logout"]["frontchannel_logout_uri"], "https://desk.example/front");
    assert_eq!(client["authentication"]["tls_client_auth_san_dns"], "desk.example");
    assert_eq!(client["authentication"]["tls_client_certificate_bound_access_tokens"], true);

    // One name takes the place of the other, an empty address is none, and what is not named stays.
    let edit = [
        ["app", "edit", "desk", "--tls-client-auth-subject-dn", "CN=desk,O=Example"].as_slice(),
        &["--backchannel-logout-uri", "https://desk.example/other", "--frontchannel-logout-uri", ""],
        &["--tls-client-certificate-bound-access-tokens", "false"],
    ]
    .concat();
    home.ok(&edit);
    let client = shown();
    assert_eq!(client["authentication"]["tls_client_auth_subject_dn"], "CN=desk,O=Example");
    assert_eq!(client["logout"]["backchannel_logout_uri"], "https://desk.example/other");
    for gone in ["tls_client_auth_san_dns", "frontchannel_logout_uri", "tls_client_certificate_bound_access_tokens"] {
        let left = [&client["logout"][gone], &client["authentication"][gone]];
        assert!(left.iter().all(|left| left.is_null() || **left == false), "{gone}: {client}");
    }
    assert_eq!(client["post_logout_redirect_uris"][0], "https://desk.example/bye");
    home.fails(2, &["app", "edit", "desk", "--backchannel-logout-uri", "ftp://desk.example/"], "backchannel");

    let signed = [
        ["app", "create", "--id", "mac", "--name", "Mac", "--redirect-uri", "https://mac.example/cb"].as_slice(),
        &["--scope", "openid", "--request-object-signing-alg", "HS256"],
    ]
    .concat();
    home.fails(2, &signed, "client_secret_jwt");
    home.ok(&[signed.as_slice(), &["--token-endpoint-auth-method", "client_secret_jwt"]].concat());
    let mac = home.ok(&["app", "show", "mac", "-o", "json"]).json();
    assert_eq!(mac["client"]["requests"]["request_object_signing_alg"], "HS256");

    for command in ["create", "edit"] {
        let help = home.ok(&["app", command, "--help"]).out();
        for option in [
            "--tls-client-auth-subject-dn",
            "--tls-client-auth-san-dns",
            "--tls-client-auth-san-uri",
            "--tls-client-auth-san-ip",
            "--tls-client-auth-san-email",
            "--tls-client-certificate-bound-access-tokens",
            "--post-logout-redirect-uri",
            "--frontchannel-logout-uri",
            "--backchannel-logout-uri",
        ] {
            assert!(help.contains(option), "app {command}: {option}");
        }
    }
}
