//! The pages docs/token-exchange.md and docs/assertions.md: their realms are applied, and their curl lines are sent.

use crate::common::{Browser, NOW, Reply, SECRET, Server, VERIFIER, authorize_query, claims as claims_of, user, with};
use crate::request_objects::{Elsewhere, jwks, key};
use claviger_core::User;
use claviger_core::jose::{Algorithm, SigningKey, Typ};
use claviger_core::user::Organisation;
use claviger_files::Variables;
use claviger_files::dialect::Dialects;
use claviger_files::realm::{RealmFile, parse};
use serde_json::json;
use std::path::Path;

const EXCHANGE: &str = include_str!("../../../../docs/token-exchange.md");
const ASSERTIONS: &str = include_str!("../../../../docs/assertions.md");

/// The blocks of a page that begin with this.
fn blocks<'p>(page: &'p str, begin: &str) -> Vec<&'p str> {
    page.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'))
        .filter_map(|(kind, text)| (kind == begin || text.starts_with(begin)).then_some(text))
        .collect()
}

/// The realm of a page, as its file is read.
fn realm(page: &str) -> RealmFile {
    let text = blocks(page, "toml").remove(0);
    let files = [(Path::new("acme.toml"), text.as_bytes())];
    let read =
        parse(&files, &Dialects::embedded().unwrap(), &Variables::new()).unwrap_or_else(|found| panic!("{found}"));
    read.into_iter().next().unwrap()
}

/// A server of this realm, at its own address, with its clients.
async fn served(file: &RealmFile, adapt: impl FnOnce(&mut claviger_core::Realm)) -> Server {
    let server = Server::with(|realm| {
        let own = realm.clone();
        *realm =
            claviger_core::Realm { id: own.id, issuer: own.issuer, authorities: own.authorities, ..file.realm.clone() };
        adapt(realm);
    })
    .await;
    for found in &file.clients {
        server.add_client(&found.client).await;
    }
    server
}

/// Sends a curl line: its `-d`s as the form, its `-u` as HTTP Basic, with these values for its variables.
async fn curl(server: &Server, line: &str, values: &[(&str, &str)]) -> Reply {
    let mut line = line.replace("\\\n", " ").replace("https://login.acme.example", &server.origin);
    for (name, value) in values {
        line = line.replace(&format!("${name}"), value);
    }
    let mut words = line.split_whitespace().skip(1);
    let url = words.next().unwrap().to_owned();
    let mut request = server.http.post(url);
    let mut form = Vec::new();
    while let Some(option) = words.next() {
        let value = words.next().unwrap();
        let (name, rest) = value.split_once(['=', ':']).unwrap();
        match option {
            "-d" => form.push((name.to_owned(), rest.to_owned())),
            "-u" => request = request.basic_auth(name, Some(rest)),
            other => panic!("{other}"),
        }
    }
    Reply::of(request.form(&form).send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_exchange_is_so() {
    let server = served(&realm(EXCHANGE), |_| {}).await;
    let query =
        with(authorize_query("web", "openid orders:read"), "redirect_uri", "https://shop.acme.example/callback");
    let code = Browser::of("alice").authorize(&server, &query).await.code();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://shop.acme.example/callback"),
        ("code_verifier", VERIFIER),
    ];
    let token = server.token("web", &form).await.text("access_token");
    let own = server.token("backend", &[("grant_type", "client_credentials")]).await.text("access_token");
    server.pass(169);
    let lines = blocks(EXCHANGE, "curl ");
    assert_eq!(lines.len(), 2);
    let values = [("SECRET", SECRET), ("TOKEN", &token), ("OWN_TOKEN", &own)];
    let first = curl(&server, lines[0], &values).await;
    let mut body = first.json();
    body["access_token"] = json!("eyJ..");
    let shown: serde_json::Value = serde_json::from_str(blocks(EXCHANGE, "json")[0]).unwrap();
    assert_eq!(body, shown);
    let second = claims_of(&curl(&server, lines[1], &values).await.text("access_token"));
    let shown: serde_json::Value = serde_json::from_str(blocks(EXCHANGE, "json")[1]).unwrap();
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(&second[name], value, "{name}");
    }
}

fn assertion(server: &Server, key: &SigningKey) -> String {
    let claims = json!({
        "iss": "https://idp.north.example", "sub": "carol@north.example", "aud": server.realm.issuer,
        "exp": NOW / 1000 + 300, "jti": "1",
    });
    key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_assertions_is_so() {
    let key = key("k1", Algorithm::Es256);
    let elsewhere = Elsewhere::new("application/json", serde_json::to_string(&jwks(&key)).unwrap()).await;
    let server = served(&realm(ASSERTIONS), |realm| {
        realm.requests.loopback = true;
        realm.assertion_issuers[0].jwks_uri = Some(elsewhere.uri.clone());
    })
    .await;
    let north = Organisation { id: "north".into(), name: "North".into(), kind: "company".into() };
    server.store.put_organisation("test", &north, NOW).await.unwrap();
    let carol = User { email: Some("carol@north.example".into()), email_verified: true, ..user("u3", "carol") };
    server.add_user(&User { organisations: vec!["north".into()], ..carol }).await;
    let values = [("SECRET", SECRET), ("ASSERTION", &assertion(&server, &key))];
    let answer = curl(&server, blocks(ASSERTIONS, "curl ")[0], &values).await;
    let mut body = answer.json();
    let found = claims_of(&answer.text("access_token"));
    body["access_token"] = json!("eyJ..");
    let shown: serde_json::Value = serde_json::from_str(blocks(ASSERTIONS, "json")[0]).unwrap();
    assert_eq!(body, shown);
    assert_eq!((&found["sub"], &found["org"]), (&json!("u3"), &json!(["north"])));
}
