//! Users, organisations and members as operators bring them in and change them, at the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use program::Home;
use serde_json::{Value, json};

/// What `{SHA}` is of: `openssl dgst -sha1 -binary | base64`.
const SHA: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g126A=";

/// What the log says of acts on users and organisations: act and subject, the newest last.
fn acts(home: &Home) -> Vec<(String, String)> {
    let lines = home.ok(&["audit", "list", "-o", "json"]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = lines.as_array().unwrap().iter().filter(|line| !text(&line["act"]).starts_with("realm."));
    lines.map(|line| (text(&line["act"]), text(&line["subject"]))).collect()
}

#[test]
fn a_file_is_rehearsed_imported_and_imported_again() {
    let home = Home::applied();
    home.write(
        "users.csv",
        &format!(
            "login,id,emailVerified,email,organisations,password_hash,notes\r\n\
             zoe,u-zoe,yes,zoe@x.example,acme;depot-4,{SHA},secret notes\r\n\
             bob,,,,,\"\",\r\n\
             ZOE,other,,,,,\r\n\
             carl,,,,,$2b$31$abcdefghijklmnopqrstuuQ9vXbHHZpDHiU4MTWwiH6nSVXZ8WnVS,\r\n\
             half,,\r\n\
             \"never,ends\r\n\
             dora,,,,nowhere,,\r\n"
        ),
    );
    let import = ["user", "import", "users.csv", "--column", "login=username", "--column", "notes=-", "-o", "json"];
    let with = |more: &[&'static str]| [&import, more].concat();
    home.fails(3, &["user", "import", "users.csv"], "line 1: `login` is no field of a user");

    let dry = home.run(&with(&["--dry-run", "--create-organisations"]));
    assert_eq!(dry.code(), 1);
    assert_eq!(dry.json(), json!({ "realm": "example", "dry_run": true, "created": 3, "existing": 0, "refused": 4 }));
    assert!(dry.err().contains("line 4: line 2 has the same user name"), "{}", dry.err());
    assert!(dry.err().contains("line 6: there are 3 cells, and 7 columns"), "{}", dry.err());
    assert_eq!(acts(&home), []);
    assert!(!dry.err().contains('\u{1b}'), "no bar where there is no terminal");

    let ran = home.run(&with(&["--create-organisations", "--report", "refused.csv"]));
    assert_eq!(ran.json(), json!({ "realm": "example", "dry_run": false, "created": 3, "existing": 0, "refused": 4 }));
    assert_eq!(ran.err().lines().count(), 2, "{}", ran.err());
    let report = home.read("refused.csv");
    assert_eq!(
        report.lines().map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(),
        ["line", "4", "5", "6", "7"]
    );
    assert!(
        report.contains("5,\"password_hash: checking this bcrypt hash would cost too much: cost 31, and at most 14"),
        "{report}"
    );
    assert!(report.contains("7,\"a quote begins here and does not end\""), "{report}");

    let again = home.run(&with(&[]));
    assert_eq!(
        again.json(),
        json!({ "realm": "example", "dry_run": false, "created": 0, "existing": 3, "refused": 4 })
    );
    let zoe = home.ok(&["user", "export", "zoe"]).json();
    assert_eq!(
        zoe,
        json!({ "id": "u-zoe", "username": "zoe", "email": "zoe@x.example", "email_verified": true,
            "organisations": ["acme", "depot-4"] })
    );
    let acts = acts(&home);
    assert_eq!(acts.iter().filter(|(act, _)| act == "user.import").count(), 1, "{acts:?}");
    assert_eq!(acts.iter().filter(|(act, _)| act == "organisation.create").count(), 3, "{acts:?}");
}

#[test]
fn what_is_exported_with_hashes_is_imported_elsewhere() {
    let home = Home::applied();
    let lines = format!(
        "{}\n{}\n",
        json!({ "username": "zoe", "id": "a1", "roles": ["x", "example-org=y"], "organisations": [{ "id": "example-org", "name": "E" }],
            "claims": { "nickname": "A" }, "attributes": { "floor": 3 }, "password_hash": SHA }),
        json!({ "username": "bob", "id": "b1", "password_hash": "5dbe966c2e6b42aa97a80120c8d0bb8d189d1c61", "password_format": "sha1-salt-last", "password_salt": "00ff", "password_salt_encoding": "hex" }),
    );
    let ran = home.with_stdin(&["user", "import", "-", "--format", "jsonl"], &lines);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    let exported = home.ok(&["user", "export", "--with-password-hashes"]).out();
    let of = |username: &str| {
        let lines = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.into_iter().find(|line| line["username"] == username).unwrap()
    };
    assert_eq!((&of("zoe")["password_hash"], &of("zoe")["roles"]), (&json!(SHA), &json!(["x", "example-org=y"])));
    assert_eq!(
        (&of("bob")["password_format"], &of("bob")["password_salt"]),
        (&json!("sha1-salt-last"), &json!("00ff"))
    );
    assert!(!home.ok(&["user", "export"]).out().contains("hash"));
    let other = Home::applied();
    other.write("users.jsonl", &exported);
    let ran = other.ok(&["user", "import", "users.jsonl", "--create-organisations", "-o", "json"]).json();
    assert_eq!((&ran["refused"], &ran["created"]), (&json!(0), &json!(2)), "{ran}");
    assert_eq!(other.ok(&["user", "export", "--with-password-hashes"]).out(), exported);
}

#[test]
fn a_million_rounds_more_than_may_be_are_refused_and_settings_are_checked() {
    let home = Home::applied();
    home.write("users.txt", "username\na\n");
    home.fails(2, &["user", "import", "users.txt"], "is it CSV or JSON lines?");
    home.fails(1, &["user", "import", "gone.csv"], "gone.csv");
    home.fails(2, &["user", "import", "users.txt", "--format", "csv", "--hash-format", "md6"], "md5-salt-first");
    home.write("p.json", "{}");
    home.fails(3, &["user", "import", "users.txt", "--format", "csv", "--firebase", "p.json"], "base64_signer_key");
    home.ok(&["user", "import", "users.txt", "--format", "csv"]);
}

#[test]
fn organisations_and_members_are_added_changed_and_removed() {
    let home = Home::applied();
    home.ok(&["organisation", "add", "acme", "--name", "Acme Ltd", "--kind", "company"]);
    home.fails(6, &["organisation", "add", "acme"], "there is an organisation `acme` already");
    home.fails(2, &["organisation", "add", "two words"], "id: ");
    let edited = home.ok(&["organisation", "edit", "acme", "--name", "Acme"]).out();
    assert!(edited.contains("name: \"Acme Ltd\" -> \"Acme\""), "{edited}");
    home.fails(2, &["organisation", "edit", "acme", "--name", "Acme"], "nothing of `acme` would be different");
    home.fails(5, &["organisation", "edit", "ghost", "--name", "x"], "no organisation `ghost`");
    let listed = home.ok(&["organisation", "list", "-o", "json"]).json();
    assert!(
        listed.as_array().unwrap().contains(&json!({ "id": "acme", "name": "Acme", "kind": "company" })),
        "{listed}"
    );

    home.ok(&["user", "add", "zoe", "--id", "u-zoe", "--no-password"]);
    home.ok(&["member", "add", "acme", "zoe", "--role", "admin"]);
    home.fails(2, &["member", "add", "acme", "zoe", "--role", "admin"], "nothing of `zoe` would be different");
    home.ok(&["member", "add", "acme", "zoe", "--role", "buyer"]);
    home.fails(2, &["member", "add", "ghost", "zoe"], "there is no organisation `ghost`");
    home.fails(5, &["member", "list", "ghost"], "no organisation `ghost`");
    let members = home.ok(&["member", "list", "acme", "-o", "csv"]).out();
    assert_eq!(members, "username,id,name,state,roles\r\nzoe,u-zoe,,active,admin buyer\r\n");
    home.fails(6, &["organisation", "remove", "acme", "--yes"], "`zoe` is the first");
    home.fails(2, &["member", "remove", "acme", "zoe"], "--yes goes ahead");
    home.ok(&["member", "remove", "acme", "zoe", "--yes"]);
    home.fails(2, &["member", "remove", "acme", "zoe", "--yes"], "is not there to be removed");
    assert_eq!(home.ok(&["user", "export", "zoe"]).json(), json!({ "id": "u-zoe", "username": "zoe" }));
    home.ok(&["organisation", "remove", "acme", "--yes"]);
    home.fails(5, &["organisation", "remove", "acme", "--yes"], "no organisation `acme`");
    let expected = [
        ("organisation.create", "organisation/acme"),
        ("organisation.edit", "organisation/acme"),
        ("user.create", "user/u-zoe"),
        ("user.edit", "user/u-zoe"),
        ("user.edit", "user/u-zoe"),
        ("user.edit", "user/u-zoe"),
        ("organisation.delete", "organisation/acme"),
    ];
    assert_eq!(acts(&home), expected.map(|(act, subject)| (act.to_owned(), subject.to_owned())));
    home.ok(&["audit", "verify"]);
}

#[test]
fn a_user_is_added_changed_disabled_let_in_again_and_removed() {
    let home = Home::applied();
    home.ok(&["user", "add", "zoe", "--id", "u-zoe", "--email", "zoe@x.example", "--no-password"]);
    home.ok(&["user", "edit", "zoe", "--name", "Zoe"]);
    home.ok(&["user", "disable", "zoe", "--yes"]);
    assert_eq!(home.ok(&["user", "export", "zoe"]).json()["disabled"], true);
    home.ok(&["user", "enable", "zoe"]);
    home.ok(&["app", "create", "--id", "for-zoe", "--name", "F", "--grant", "client_credentials"]);
    home.fails(2, &["user", "delete", "zoe"], "--yes goes ahead");
    home.ok(&["user", "delete", "zoe", "--yes", "--erase"]);
    home.fails(5, &["user", "delete", "zoe", "--yes"], "has no user `zoe`");
    let acts = acts(&home).into_iter().map(|(act, _)| act).filter(|act| act.starts_with("user.")).collect::<Vec<_>>();
    assert_eq!(acts, ["user.create", "user.edit", "user.disable", "user.enable", "user.delete"]);
    let log = home.ok(&["audit", "list", "-o", "json"]).out();
    assert!(!log.contains("zoe@x.example") && !log.contains("\"Ada\""), "{log}");
    home.ok(&["audit", "verify"]);
    // Those of a file are removed there.
    home.fails(6, &["user", "delete", "ada", "--yes"], "comes from the realm file");
    home.ok(&["user", "delete", "ada", "--yes", "--despite-file"]);
}

#[test]
fn a_user_is_shown_with_what_they_sign_in_with() {
    let home = Home::applied();
    home.write("new.txt", "several words that nobody knows");
    home.ok(&["user", "add", "zoe@example.com", "--name", "Zoe", "--file", "new.txt"]);
    let shown = home.ok(&["user", "show", "zoe@example.com", "-o", "json"]).json();
    assert_eq!((&shown["username"], &shown["name"]), (&json!("zoe@example.com"), &json!("Zoe")));
    assert_eq!(shown["factors"], json!({}));
    let text = home.ok(&["user", "show", shown["id"].as_str().unwrap()]);
    assert!(text.out().contains("second factors") && text.out().contains("none"), "{}", text.out());
    home.fails(5, &["user", "show", "nobody"], "no user `nobody`");
}

#[test]
fn a_company_says_which_apps_may_act_and_a_lost_factor_is_removed() {
    let home = Home::applied();
    home.ok(&["organisation", "add", "acme"]);
    home.fails(5, &["organisation", "block", "acme", "ghost"], "ghost");
    home.fails(5, &["organisation", "block", "ghost", "nightly-export"], "no organisation `ghost`");
    let blocked = home.ok(&["organisation", "block", "acme", "nightly-export"]).out();
    assert!(blocked.contains("blocked"), "{blocked}");
    home.ok(&["organisation", "only-listed", "acme"]);
    let listed = home.ok(&["organisation", "apps", "acme", "-o", "json"]).json();
    let rules: Vec<_> = listed.as_array().unwrap().iter().map(|one| (&one["app"], &one["rule"])).collect();
    let (every, one, word) = (json!("*"), json!("nightly-export"), json!("blocked"));
    assert_eq!(rules, [(&every, &word), (&one, &word)]);
    home.ok(&["organisation", "allow", "acme", "nightly-export"]);
    home.ok(&["organisation", "only-listed", "acme", "--off"]);
    home.fails(2, &["organisation", "end-access", "acme"], "--yes goes ahead");
    home.ok(&["organisation", "end-access", "acme", "--yes"]);
    home.fails(5, &["user", "reset-factor", "ada", "--yes"], "nothing beside their password");
    assert_eq!(home.ok(&["consent", "evidence", "--user", "ada", "-o", "json"]).json(), json!([]));
    let acts: Vec<_> = acts(&home).into_iter().map(|(act, _)| act).collect();
    let rule = "organisation.apps";
    assert_eq!(acts, ["organisation.create", rule, rule, rule, rule]);
    home.ok(&["audit", "verify"]);
}
