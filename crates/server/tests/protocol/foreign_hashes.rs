//! Users who come along with hashes that other programs made: they sign in with what they have always typed, everywhere, and
//! have a hash of ours from then on.

use crate::common::{Browser, PASSWORD, Server, client, user};
use claviger_core::Client;
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_files::people::{Kind, Reader, Settings};
use claviger_server::admin::import::{Import, Line, Options, Outcome};
use claviger_server::admin::{Actor, Admin, Way};
use claviger_server::secrets::{Secrets, is_sealed_hash};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn with_password_grant() -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    let mut old = client("old");
    old.grants.insert(GrantType::Password);
    old.legacy.insert(Legacy::Password);
    server.add_client(&old).await;
    server
}

async fn import_with(server: &Server, lines: &[Value], options: Options) -> Vec<Line> {
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    let actor = Actor { name: "test".into(), way: Way::Cli, reference: "r".into() };
    let admin = Admin { store: &server.store, actor: &actor, now: server.now() };
    let mut import = Import::new(admin, &secrets, &server.realm, options).await.unwrap();
    let mut reader = Reader::new(text.as_bytes(), Kind::JsonLines, Settings::default()).unwrap();
    let records: Vec<_> = std::iter::from_fn(|| reader.next_record().unwrap()).collect();
    import.take(records).await.unwrap()
}

async fn import(server: &Server, lines: &[Value]) {
    for (line, outcome) in import_with(server, lines, Options::default()).await {
        assert_eq!(outcome, Ok(Outcome::Created), "line {line}");
    }
}

async fn stored(server: &Server, id: &str) -> String {
    server.store.user("test", id).await.unwrap().unwrap().password_hash.unwrap().0
}

async fn sign_in(server: &Server, username: &str, password: &str) -> u16 {
    let form = [("grant_type", "password"), ("username", username), ("password", password)];
    server.token("old", &form).await.status.as_u16()
}

/// What a directory stores of [`PASSWORD`]: `openssl dgst -sha1 -binary | base64`.
const HASH: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";

/// One hash of each family, as the programs made them.
fn one_of_each_family() -> BTreeMap<String, (String, Value)> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../../hashes/tests/vectors/vectors.json")).unwrap();
    let mut families = BTreeMap::new();
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        // Firebase's parameters are the file's, not the record's.
        if text("family") != "Firebase" {
            families.entry(text("family")).or_insert((text("password"), vector["given"].clone()));
        }
    }
    families
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_every_family_sign_in_and_have_a_hash_of_ours_from_then_on() {
    let server = with_password_grant().await;
    let families = one_of_each_family();
    assert!(families.len() >= 14, "{}", families.len());
    let mut lines = Vec::new();
    for (number, (_, given)) in families.values().enumerate() {
        let mut line =
            json!({ "username": format!("user{number}"), "id": format!("f{number}"), "password_hash": given["h"] });
        let columns = [
            ("f", "password_format"),
            ("s", "password_salt"),
            ("i", "password_iterations"),
            ("e", "password_salt_encoding"),
        ];
        for (from, to) in columns {
            if !given[from].is_null() {
                line[to] = given[from].clone();
            }
        }
        lines.push(line);
    }
    import(&server, &lines).await;
    for (number, (family, (password, given))) in families.iter().enumerate() {
        let (name, id) = (format!("user{number}"), format!("f{number}"));
        let before = stored(&server, &id).await;
        assert!(is_sealed_hash(&before), "{family}: {before}");
        assert!(!before.contains(given["h"].as_str().unwrap()), "{family}");
        assert_eq!(sign_in(&server, &name, &format!("!{password}")).await, 400, "{family}");
        assert_eq!(stored(&server, &id).await, before, "{family}");
        assert_eq!(sign_in(&server, &name, password).await, 200, "{family}");
        let after = stored(&server, &id).await;
        assert!(after.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{family}: {after}");
        assert_eq!(sign_in(&server, &name, password).await, 200, "{family}");
        assert_eq!(stored(&server, &id).await, after, "{family}: replaced once");
        assert_eq!(sign_in(&server, &name, &format!("!{password}")).await, 400, "{family}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_page_takes_them_too_and_the_session_holds() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    import(&server, &[json!({ "username": "zoe", "id": "u7", "password_hash": HASH })]).await;
    let browser = Browser::of("zoe");
    let tokens = server.code_flow(&browser, "app", "read").await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    assert!(stored(&server, "u7").await.starts_with("$argon2id$"));
    let again = server.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(again.status, 200, "nothing ended with the hash: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_secret_is_such_a_password_is_served() {
    let server = Server::start().await;
    import(&server, &[json!({ "username": "zoe", "id": "u7", "password_hash": HASH })]).await;
    let partner = Client { acts_as: Some("u7".into()), secret_is_password: true, ..client("partner") };
    server.store.put_client("test", &partner, server.now()).await.unwrap();
    let ask = async |secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "read"),
            ("client_id", "partner"),
            ("client_secret", secret),
        ];
        server.post("/token", &form).await
    };
    ask("wrong").await.refused(401, "invalid_client");
    assert!(is_sealed_hash(&stored(&server, "u7").await));
    for _ in 0..3 {
        let granted = ask(PASSWORD).await;
        assert_eq!(granted.status, 200, "{granted:?}");
        assert!(stored(&server, "u7").await.starts_with("$argon2id$"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_first_sign_ins_at_once_all_succeed_and_one_hash_stays() {
    let server = with_password_grant().await;
    import(&server, &[json!({ "username": "zoe", "id": "u7", "password_hash": HASH })]).await;
    let all = futures_util::future::join_all((0..6).map(|_| sign_in(&server, "zoe", PASSWORD))).await;
    assert_eq!(all, [200; 6]);
    assert_eq!(sign_in(&server, "zoe", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_tried_as_typed_and_in_its_normal_form_and_is_kept_in_the_latter() {
    let server = with_password_grant().await;
    // Digests of other programs are of what people typed: one of the composed letter, one of the other.
    for (id, name, typed) in [("n1", "composed", "caf\u{e9} noir"), ("n2", "taken apart", "cafe\u{301} noir")] {
        import(&server, &[json!({ "username": name, "id": id, "password": typed })]).await;
        assert!(is_sealed_hash(&stored(&server, id).await) && !stored(&server, id).await.contains("noir"));
    }
    assert_eq!(sign_in(&server, "composed", "cafe\u{301} noir").await, 200, "in its normal form");
    assert_eq!(sign_in(&server, "taken apart", "cafe\u{301} noir").await, 200, "as typed");
    for name in ["composed", "taken apart"] {
        for typed in ["caf\u{e9} noir", "cafe\u{301} noir"] {
            assert_eq!(sign_in(&server, name, typed).await, 200, "{name}, {typed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_hash_is_good_for_its_own_user_only() {
    let server = with_password_grant().await;
    import(&server, &[json!({ "username": "zoe", "id": "u7", "password_hash": HASH })]).await;
    let moved = claviger_store::Masked(stored(&server, "u7").await);
    server.store.put_user("test", &user("u8", "max"), Some(moved), server.now()).await.unwrap();
    assert_eq!(sign_in(&server, "max", PASSWORD).await, 400);
    assert_eq!(sign_in(&server, "zoe", PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_is_not_let_in_by_the_first_sign_in() {
    let server = with_password_grant().await;
    import(&server, &[json!({ "username": "zoe", "id": "u7", "password_hash": HASH, "disabled": true })]).await;
    assert_eq!(sign_in(&server, "zoe", PASSWORD).await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_do_not_fit_are_refused_one_by_one_and_the_others_are_taken() {
    let server = with_password_grant().await;
    server.add_client(&client("app")).await;
    let lines = [
        json!({ "username": "zoe", "id": "z", "organisations": [{ "id": "acme", "name": "Acme Ltd", "kind": "company" }] }),
        json!({ "username": "ZOE", "id": "z2" }),
        json!({ "username": "alice", "id": "other" }),
        json!({ "username": "alice" }),
        json!({ "username": "bob", "id": "u1" }),
        json!({ "username": "app", "id": "app" }),
        json!({ "username": "cy", "organisations": ["nowhere"] }),
        json!({ "username": "cyd", "organisations": ["acme"], "email": "none" }),
        json!({ "username": "slow", "password_hash": "pbkdf2_sha256$1000000000$salt$XVXFCe4gWjPOyHsUdPJ4xYMJGcJ9AsmXyMZPAJ6RQEo=" }),
        json!({ "username": "deb", "password_hash": "secret" }),
        json!({ "username": "eve", "organisations": ["acme"] }),
    ];
    let dry = import_with(&server, &lines, Options { dry_run: true, ..Options::default() }).await;
    assert!(server.store.user("test", "z").await.unwrap().is_none());
    assert!(server.store.list_organisations("test", "", 9).await.unwrap().is_empty());
    let done = import_with(&server, &lines, Options::default()).await;
    assert_eq!(dry, done);
    let whys: Vec<_> = done.iter().map(|(line, outcome)| (*line, outcome.as_ref().map_err(String::as_str))).collect();
    let expected = [
        (1, Ok(&Outcome::Created)),
        (2, Err("line 1 has the same user name")),
        (3, Err("username: the user with the id `u1` is called so")),
        (4, Err("line 3 has the same user name")),
        (5, Err("id: it belongs to the user `alice`")),
        (6, Err("id: an app has it, and a token could not tell them apart")),
        (7, Err("organisations: there is no organisation `nowhere`")),
        (8, Err("email: this is not a mail address")),
        (
            9,
            Err(
                "password_hash: checking this PBKDF2 hash would cost too much: rounds 1000000000, and at most 5000000 is taken",
            ),
        ),
    ];
    assert_eq!(whys[..9], expected);
    assert!(whys[9].1.unwrap_err().starts_with("password_hash: the form of this hash is not known"));
    assert_eq!(whys[10].1, Ok(&Outcome::Created));
    // Once more, as after an interruption: who is there stays as they are.
    let again = import_with(&server, &lines, Options { create_organisations: true, ..Options::default() }).await;
    assert_eq!(
        (&again[0].1, &again[10].1, &again[6].1),
        (&Ok(Outcome::Exists), &Ok(Outcome::Exists), &Ok(Outcome::Created))
    );
    let organisations = server.store.list_organisations("test", "", 9).await.unwrap();
    assert_eq!(organisations.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["Acme Ltd", "nowhere"]);
}
