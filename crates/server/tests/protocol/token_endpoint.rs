//! The token endpoint: methods, media, client authentication, grants, answers (lines 40 to 52, 66 to 73).

use crate::common::{Browser, PASSWORD, Reply, SECRET, Server, authorize_query, claims, client, user, with};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::client::{ClientKind, GrantType};
use claviger_core::dialect::{FailureStatus, Legacy};
use claviger_core::realm::Api;
use claviger_core::{Client, ScopeSet, User};
use claviger_store::{ClientSecret, Masked, SecretKind};
use reqwest::Method;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const MACHINE: [(&str, &str); 1] = [("grant_type", "client_credentials")];

async fn started() -> Server {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    server
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

async fn with_basic(server: &Server, authorization: &str, body: &str) -> Reply {
    server.send(Method::POST, "/token", &[FORM, ("authorization", authorization)], body).await
}

fn is_basic_challenge(reply: &Reply) {
    reply.refused(401, "invalid_client");
    assert!(reply.header("www-authenticate").starts_with("Basic realm="), "{:?}", reply.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_takes_post_only() {
    let server = started().await;
    for path in ["/token", "/revoke"] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
            let reply = server.send(method, path, &[], "").await;
            assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST, OPTIONS"), "{path}");
        }
    }
    let reply = server.send(Method::GET, "/introspect", &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"));
    reply.refused(405, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_reads_a_form_and_nothing_else() {
    let server = started().await;
    let body = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}");
    let json = format!(r#"{{"grant_type":"client_credentials","client_id":"app","client_secret":"{SECRET}"}}"#);
    for path in ["/token", "/introspect", "/revoke"] {
        for media in
            ["text/plain", "multipart/form-data; boundary=x", "application/xml", "application/x-www-form-urlencodedx"]
        {
            server
                .send(Method::POST, path, &[("content-type", media)], body.clone())
                .await
                .refused(415, "invalid_request");
        }
        server.send(Method::POST, path, &[], body.clone()).await.refused(415, "invalid_request");
        let reply = server.send(Method::POST, path, &[("content-type", "application/json")], json.clone()).await;
        reply.refused(415, "invalid_request");
    }
    for media in ["application/x-www-form-urlencoded;charset=UTF-8", "Application/X-WWW-Form-Urlencoded"] {
        let reply = server.send(Method::POST, "/token", &[("content-type", media)], body.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_where_dialect_and_client_allow_it() {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::JsonBody);
    })
    .await;
    server.add_client(&Client { legacy: [Legacy::JsonBody].into(), ..client("json") }).await;
    server.add_client(&client("app")).await;
    let json =
        |id: &str| format!(r#"{{"grant_type":"client_credentials","client_id":"{id}","client_secret":"{SECRET}"}}"#);
    let headers = [("content-type", "application/json; charset=utf-8")];
    assert_eq!(server.send(Method::POST, "/token", &headers, json("json")).await.status, 200);
    server.send(Method::POST, "/token", &headers, json("app")).await.refused(400, "unauthorized_client");
    assert_eq!(server.token("json", &MACHINE).await.status, 200, "a form as well");
    let counted = server.stop_and_count().await;
    assert_eq!(counted, [(("json".to_owned(), "json-body".to_owned()), 1)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_the_uri_are_refused() {
    let server = started().await;
    let body = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}");
    for query in
        ["client_secret=x", "refresh_token=x", "code=x", "password=x", "token=x", "code_verifier=x", "a=b&code=x"]
    {
        let reply = server.send(Method::POST, &format!("/token?{query}"), &[FORM], body.clone()).await;
        reply.refused(400, "invalid_request");
    }
    assert_eq!(server.send(Method::POST, "/token?utm=1", &[FORM], body).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_authenticates_in_one_way() {
    let server = started().await;
    let authorization = basic("app", SECRET);
    let twice = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}");
    with_basic(&server, &authorization, &twice).await.refused(400, "invalid_request");
    let other = "grant_type=client_credentials&client_id=other";
    with_basic(&server, &authorization, other).await.refused(400, "invalid_request");
    let same = "grant_type=client_credentials&client_id=app";
    assert_eq!(with_basic(&server, &authorization, same).await.status, 200);
    let headers = [FORM, ("authorization", authorization.as_str()), ("authorization", authorization.as_str())];
    server
        .send(Method::POST, "/token", &headers, "grant_type=client_credentials")
        .await
        .refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_basic_is_401_with_its_challenge() {
    let server = started().await;
    for authorization in [
        basic("app", "wrong"),
        basic("nobody", SECRET),
        basic("app", ""),
        basic("", SECRET),
        "Basic".into(),
        "Basic !!!".into(),
        format!("Basic {}", STANDARD.encode("no-colon")),
        format!("Basic {}", STANDARD.encode(b"\xff\xfe:x")),
        format!("Basic {}", STANDARD.encode("a\0:b")),
        "Bearer x".into(),
        "Negotiate x".into(),
    ] {
        is_basic_challenge(&with_basic(&server, &authorization, "grant_type=client_credentials").await);
    }
    for scheme in ["basic", "BASIC", "bAsIc"] {
        let authorization = basic("app", SECRET).replacen("Basic", scheme, 1);
        assert_eq!(with_basic(&server, &authorization, "grant_type=client_credentials").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_is_form_decoded_and_raw_only_for_those_who_were_given_it() {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::RawBasic);
    })
    .await;
    let tag = |secret: &str| server.secret("s2", secret);
    for (id, legacy) in [("a+b%20c", vec![Legacy::RawBasic]), ("strict+", vec![])] {
        server.add_client(&Client { legacy: legacy.into_iter().collect(), ..client(id) }).await;
        server.store.add_secret("test", id, tag("p+%41:q"), server.now()).await.unwrap();
    }
    let body = "grant_type=client_credentials";
    assert_eq!(with_basic(&server, &basic("a+b%20c", "p+%41:q"), body).await.status, 200, "raw");
    assert_eq!(with_basic(&server, &basic("a%2Bb%2520c", "p%2B%2541%3Aq"), body).await.status, 200, "as the standard");
    is_basic_challenge(&with_basic(&server, &basic("strict+", "p+%41:q"), body).await);
    assert_eq!(with_basic(&server, &basic("strict%2B", "p%2B%2541%3Aq"), body).await.status, 200);
    let counted = server.stop_and_count().await;
    assert_eq!(counted, [(("a+b%20c".to_owned(), "raw-basic".to_owned()), 1)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_body_authentication_says_the_same_of_everybody() {
    let server = started().await;
    server.add_client(&Client { kind: ClientKind::Public, ..client("phone") }).await;
    let form = |id: &'static str, secret: &'static str| {
        [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]
    };
    let wrong = server.post("/token", &form("app", "wrong")).await;
    wrong.refused(401, "invalid_client");
    for (id, secret) in [("nobody", "wrong"), ("app", ""), ("phone", "anything"), ("APP", SECRET), ("app", " ")] {
        let reply = server.post("/token", &form(id, secret)).await;
        reply.refused(401, "invalid_client");
        assert_eq!(reply.refusal(), wrong.refusal(), "{id}");
    }
    server.post("/token", &MACHINE).await.refused(401, "invalid_client");
    let old = Server::with(|realm| realm.dialect.token.failed_body_authentication = FailureStatus::BadRequest).await;
    old.post("/token", &form("nobody", "wrong")).await.refused(400, "invalid_client");
    is_basic_challenge(&with_basic(&old, &basic("nobody", "x"), "grant_type=client_credentials").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_secret_is_braked_and_the_right_one_is_not() {
    let server = started().await;
    let form =
        |secret: &'static str| [("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", secret)];
    for _ in 0..5 {
        server.post("/token", &form("wrong")).await.refused(401, "invalid_client");
    }
    let braked = server.post("/token", &form("wrong")).await;
    braked.refused(429, "invalid_client");
    assert_eq!(braked.header("retry-after"), "1");
    // However it is spelled.
    assert_eq!(with_basic(&server, &basic("app", "w"), "grant_type=client_credentials").await.status, 429);
    assert_eq!(with_basic(&server, &basic("%61pp", "w"), "grant_type=client_credentials").await.status, 429);
    // Whoever knows it is not locked out by those who do not.
    assert_eq!(server.token("app", &MACHINE).await.status, 200);
    server.pass(2);
    server.post("/token", &form("wrong")).await.refused(401, "invalid_client");
    // Names that nobody has are braked alike.
    for status in [401, 401, 401, 401, 401, 429] {
        let reply =
            server.post("/token", &[("grant_type", "x"), ("client_id", "nobody"), ("client_secret", "x")]).await;
        assert_eq!(reply.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grant_type_must_be_sent_once_be_known_and_be_the_clients() {
    let server = started().await;
    server.add_client(&Client { grants: [GrantType::AuthorizationCode].into(), ..client("web") }).await;
    server.token("app", &[]).await.refused(400, "invalid_request");
    server.token("app", &[("grant_type", "")]).await.refused(400, "invalid_request");
    let twice = [("grant_type", "client_credentials"), ("grant_type", "client_credentials")];
    server.token("app", &twice).await.refused(400, "invalid_request");
    for name in ["scope", "client_id", "unheard_of"] {
        let form = [("grant_type", "client_credentials"), (name, "read"), (name, "read")];
        server.token("app", &form).await.refused(400, "invalid_request");
    }
    for unknown in ["CLIENT_CREDENTIALS", "implicit", "password", "device_code", "x"] {
        server.token("app", &[("grant_type", unknown)]).await.refused(400, "unsupported_grant_type");
    }
    for grant in ["client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"] {
        server.token("web", &[("grant_type", grant)]).await.refused(400, "unauthorized_client");
    }
    server.token("app", &[("grant_type", "authorization_code")]).await.refused(400, "invalid_request");
    server.token("app", &[("grant_type", "refresh_token")]).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_answer_carries_what_the_standard_lists_and_is_not_cached() {
    let server = started().await;
    let all = server.token("app", &MACHINE).await;
    assert_eq!(all.status, 200);
    assert_eq!((all.header("cache-control"), all.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(all.header("content-type"), "application/json");
    let body = all.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &600.into()));
    assert_eq!(body["scope"], "profile email read write", "named, because none was asked for");
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let same = server.token("app", &[("grant_type", "client_credentials"), ("scope", "write read")]).await;
    assert_eq!(same.text("scope"), "write read", "named in any case");
    let claims = claims(&same.text("access_token"));
    let now = server.now() / 1000;
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["client_id"], &claims["aud"], &claims["scope"]),
        (
            &server.realm.issuer.clone().into(),
            &"app".into(),
            &"app".into(),
            &"https://api.example".into(),
            &"write read".into()
        )
    );
    assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(now), Some(now + 600)));
    server
        .token("app", &[("grant_type", "client_credentials"), ("scope", "unheard-of")])
        .await
        .refused(400, "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_or_token_with_one_byte_changed_is_refused() {
    let server = started().await;
    let browser = Browser::default();
    let tokens = server.code_flow(&browser, "app", "read").await;
    let refresh = tokens.text("refresh_token");
    assert!(refresh.len() >= "cvr_".len() + 43);
    for at in [4, 30, refresh.len() - 2] {
        let mut forged = refresh.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        server.refresh("app", &forged).await.refused(400, "invalid_grant");
    }
    for text in ["cvr_", "cvr_AAAA", "x", &refresh[1..], &format!("{refresh}A"), &format!(" {refresh}")] {
        server.refresh("app", text).await.refused(400, "invalid_grant");
    }
    assert_eq!(server.refresh("app", &refresh).await.status, 200, "no guess has harmed the grant");
}

fn old_client(id: &str) -> Client {
    let mut client = client(id);
    client.grants.insert(GrantType::Password);
    client.legacy.insert(Legacy::Password);
    client
}

async fn with_password_grant() -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    server.add_client(&old_client("old")).await;
    server
}

fn login<'a>(username: &'a str, password: &'a str) -> [(&'a str, &'a str); 3] {
    [("grant_type", "password"), ("username", username), ("password", password)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_grant_is_for_those_who_need_it_and_never_for_administrators() {
    let server = with_password_grant().await;
    server.add_user(&User { administrator: true, ..user("u2", "root") }).await;
    server.add_user(&User { disabled: true, ..user("u3", "gone") }).await;
    let good = server.token("old", &login(" ALICE ", PASSWORD)).await;
    assert_eq!(good.status, 200, "{}", good.body);
    let said = claims(&good.text("access_token"));
    assert_eq!((&said["sub"], &said["sub_type"]), (&"u1".into(), &"user".into()));
    let wrong = server.token("old", &login("alice", "wrong")).await;
    wrong.refused(400, "invalid_grant");
    for (name, password) in [("root", PASSWORD), ("gone", PASSWORD), ("nobody", PASSWORD), ("alice", "x")] {
        let reply = server.token("old", &login(name, password)).await;
        assert_eq!(reply.refusal(), wrong.refusal(), "{name}");
    }
    let long = "x".repeat(2000);
    server.token("old", &login("alice", &long)).await.refused(400, "invalid_grant");
    server.token("old", &login(&long, "x")).await.refused(400, "invalid_grant");
    server.token("old", &[("grant_type", "password"), ("username", "alice")]).await.refused(400, "invalid_request");
    // Not given the behaviour, or not the grant.
    server.add_client(&Client { legacy: [].into(), ..old_client("half") }).await;
    server.add_client(&client("app")).await;
    for id in ["half", "app"] {
        server.token(id, &login("alice", PASSWORD)).await.refused(400, "unauthorized_client");
    }
    let counted = server.stop_and_count().await;
    assert_eq!(counted.keys().collect::<Vec<_>>(), [&("old".to_owned(), "password".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_grant_is_refused_where_the_dialect_does_not_permit_it() {
    let server = Server::start().await;
    server.add_client(&old_client("old")).await;
    server.token("old", &login("alice", PASSWORD)).await.refused(400, "unsupported_grant_type");
    assert!(server.stop_and_count().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_password_is_braked_in_every_spelling_and_on_every_way() {
    let server = with_password_grant().await;
    for name in ["alice", "Alice", " alice", "ALICE ", "alice"] {
        server.token("old", &login(name, "wrong")).await.refused(400, "invalid_grant");
    }
    let braked = server.token("old", &login("alice", PASSWORD)).await;
    braked.refused(429, "invalid_grant");
    assert_eq!(braked.header("retry-after"), "1");
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in").await;
    let reply = browser.sign_in(&server, &page, "alice", PASSWORD).await;
    assert_eq!(reply.status, 429, "{}", reply.body);
    assert!(browser.cookie("session").is_none());
    server.pass(2);
    assert_eq!(server.token("old", &login("alice", PASSWORD)).await.status, 200);
}

/// Else the brake would tell which password is an administrator's.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_of_who_may_not_use_the_grant_counts_as_a_wrong_one() {
    let server = with_password_grant().await;
    server.add_user(&User { administrator: true, ..user("u2", "root") }).await;
    server.add_user(&User { disabled: true, ..user("u3", "gone") }).await;
    let mut seen = Vec::new();
    for (name, password) in [("alice", "wrong"), ("root", PASSWORD), ("gone", PASSWORD), ("nobody", PASSWORD)] {
        let mut answers = Vec::new();
        for _ in 0..7 {
            let reply = server.token("old", &login(name, password)).await;
            answers.push(reply.refusal());
        }
        seen.push(answers);
    }
    assert_eq!((seen[0][4].0, seen[0][5].0), (400, 429));
    assert!(seen.iter().all(|answers| *answers == seen[0]), "{seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_from_elsewhere_keeps_nobody_out() {
    let server = with_password_grant().await;
    server.add_client(&Client { kind: ClientKind::Public, ..old_client("phone") }).await;
    let from = async |address: &str, password: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", address)];
        let body = format!("client_id=phone&grant_type=password&username=alice&password={password}");
        server.send(Method::POST, "/token", &headers, body).await.status
    };
    let (browser, seldom) = (Browser::default(), Browser::default());
    let page = browser.get(&server, "/-/sign-in").await;
    assert_eq!(browser.sign_in(&server, &page, "alice", PASSWORD).await.status, 303);
    assert_eq!(from("192.0.2.1", PASSWORD).await, 200);
    for n in 0..30 {
        for _ in 0..5 {
            from(&format!("198.51.100.{}", n % 20), "wrong").await;
        }
        assert_eq!(from("192.0.2.1", PASSWORD).await, 200, "an address that was right before");
    }
    assert_eq!(from("192.0.2.2", PASSWORD).await, 429, "all together are bounded");
    // Somebody at the browser's own address.
    for _ in 0..6 {
        server.token("old", &login("alice", "wrong")).await;
    }
    let other = seldom.get(&server, "/-/sign-in").await;
    assert_eq!(seldom.sign_in(&server, &other, "alice", PASSWORD).await.status, 429);
    assert_eq!(browser.sign_in(&server, &page, "alice", PASSWORD).await.status, 303, "a browser that was right before");
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_many_users_a_few_times_each_is_braked_by_where_it_comes_from() {
    let server = with_password_grant().await;
    let from = async |address: &str, name: &str, password: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", address)];
        let body = format!("client_id=old&client_secret={SECRET}&grant_type=password&username={name}&password=");
        server.send(Method::POST, "/token", &headers, body + password).await
    };
    for n in 0..40 {
        server.add_user(&user(&format!("many-{n}"), &format!("many-{n}"))).await;
        for _ in 0..5 {
            from("192.0.2.7", &format!("many-{n}"), "wrong").await.refused(400, "invalid_grant");
        }
    }
    let braked = from("192.0.2.7", "alice", PASSWORD).await;
    braked.refused(429, "invalid_grant");
    assert_eq!(braked.header("retry-after"), "1");
    assert_eq!(from("192.0.2.8", "alice", PASSWORD).await.status, 200, "others have no part in it");
    server.pass(2);
    assert_eq!(from("192.0.2.7", "alice", PASSWORD).await.status, 200, "nor is alice locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_call_from_anywhere_without_credentials() {
    let server = started().await;
    let origin = ("origin", "https://spa.example");
    for path in ["/token", "/revoke", "/userinfo", "/jwks", "/.well-known/openid-configuration"] {
        let headers = [origin, ("access-control-request-method", "POST")];
        let preflight = server.send(Method::OPTIONS, path, &headers, "").await;
        assert_eq!((preflight.status.as_u16(), preflight.header("access-control-allow-origin")), (204, "*"), "{path}");
        assert_eq!(preflight.header("access-control-allow-credentials"), "");
        let method = if path == "/token" || path == "/revoke" { Method::POST } else { Method::GET };
        let reply = server.send(method, path, &[origin, FORM], "").await;
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}, also with an error");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_of_nobody_is_refused() {
    let server = started().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", "eyJhbGciOiJub25lIn0.e30."),
    ];
    server.post("/token", &form).await.refused(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_api_that_the_client_may_call() {
    let server = Server::with(|realm| {
        for name in ["https://two.example", "https://three.example"] {
            realm.apis.push(Api { audience: name.into(), ..realm.apis[0].clone() });
        }
    })
    .await;
    let audiences = vec!["https://api.example".into(), "https://two.example".into()];
    server.add_client(&Client { audiences, ..client("app") }).await;
    let ask = |name: &'static str, value: &'static str| [("grant_type", "client_credentials"), (name, value)];
    for name in ["audience", "resource"] {
        let tokens = server.token("app", &ask(name, "https://two.example")).await;
        assert_eq!(claims(&tokens.text("access_token"))["aud"], "https://two.example");
        for bad in ["https://three.example", "https://nobody.example", "https://two.example/a"] {
            server.token("app", &ask(name, bad)).await.refused(400, "invalid_target");
        }
    }
    let default = server.token("app", &MACHINE).await;
    assert_eq!(claims(&default.text("access_token"))["aud"], "https://api.example");
    let browser = Browser::default();
    let query = with(authorize_query("app", "read"), "resource", "https://three.example");
    browser.ask(&server, &query).await.sent_back(&server, "invalid_target");
    let query = with(authorize_query("app", "read"), "resource", "https://two.example");
    let tokens = server.redeem("app", &browser.authorize(&server, &query).await.code()).await;
    assert_eq!(claims(&tokens.text("access_token"))["aud"], "https://two.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_secrets_are_live_at_once_and_a_retired_one_is_dead() {
    let server = started().await;
    let second = server.secret("s2", "the second secret of this client, long enough");
    server.store.add_secret("test", "app", second, server.now()).await.unwrap();
    let form =
        |secret: &'static str| [("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", secret)];
    server
        .until(async || {
            server.post("/token", &form("the second secret of this client, long enough")).await.status == 200
        })
        .await;
    assert_eq!(server.post("/token", &form(SECRET)).await.status, 200);
    server.store.retire_secret("test", "app", "s1", server.now()).await.unwrap();
    server.until(async || server.post("/token", &form(SECRET)).await.status != 200).await;
    server.pass(60);
    assert_eq!(server.post("/token", &form("the second secret of this client, long enough")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_secret_is_stretched_once_and_then_remembered() {
    let server = started().await;
    server.add_client(&Client { scope: ScopeSet::parse("read").unwrap(), ..client("import") }).await;
    server.store.retire_secret("test", "import", "s1", server.now()).await.unwrap();
    let imported = ClientSecret {
        id: "s2".into(),
        kind: SecretKind::Argon2,
        hash: Masked(crate::common::password_hash().await.into_bytes()),
        label: "imported".into(),
        created_at: server.now(),
        expires_at: Some(server.now() + 60_000),
        retired_at: None,
    };
    server.store.add_secret("test", "import", imported, server.now()).await.unwrap();
    let form = [("grant_type", "client_credentials"), ("client_id", "import"), ("client_secret", PASSWORD)];
    for _ in 0..10 {
        assert_eq!(server.post("/token", &form).await.status, 200);
    }
    server.pass(61);
    server.post("/token", &form).await.refused(401, "invalid_client");
}
