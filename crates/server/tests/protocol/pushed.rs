//! Pushed authorization requests (RFC 9126).

use crate::common::{Browser, CALLBACK, Reply, SECRET, Server, authorize_query, client, with, without};
use claviger_core::Client;
use claviger_core::client::{ClientKind, Requests};
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, Typ};
use reqwest::Method;
use serde_json::json;

async fn started() -> (Server, Browser) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    (server, Browser::default())
}

async fn push(server: &Server, query: &[(String, String)], more: &[(&str, &str)]) -> Reply {
    let mut form: Vec<(&str, &str)> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    form.extend_from_slice(more);
    server.post("/par", &form).await
}

async fn pushed(server: &Server, query: &[(String, String)]) -> String {
    let reply = push(server, query, &[("client_secret", SECRET)]).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.text("request_uri")
}

fn by(uri: &str, client: &str) -> Vec<(String, String)> {
    [("client_id", client), ("request_uri", uri)].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_request_is_served_by_its_reference_alone() {
    let (server, browser) = started().await;
    let reply = push(&server, &authorize_query("app", "openid read"), &[("client_secret", SECRET)]).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (201, "no-store"));
    assert_eq!(reply.json()["expires_in"], 90);
    let uri = reply.text("request_uri");
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:") && !uri.contains("app.example"));
    // What is sent beside it does not count.
    let asked = with(with(by(&uri, "app"), "scope", "write"), "redirect_uri", "https://evil.example/");
    let answer = browser.authorize(&server, &asked).await;
    assert!(answer.header("location").starts_with(CALLBACK));
    assert_eq!(answer.redirect_params()["state"], "a state & more");
    let tokens = server.redeem("app", &answer.code()).await;
    assert_eq!(server.introspect("app", &tokens.text("access_token")).await.json()["scope"], "openid read");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_used_up_by_the_answer_and_not_by_a_look() {
    let (server, browser) = started().await;
    let uri = pushed(&server, &authorize_query("app", "read")).await;
    for _ in 0..3 {
        Browser::default().ask(&server, &by(&uri, "app")).await.asks_to_sign_in();
    }
    let (one, other) = (Browser::default(), Browser::default());
    let (first, second) = (one.ask(&server, &by(&uri, "app")).await, other.ask(&server, &by(&uri, "app")).await);
    one.carry_on(&server, first).await.code();
    // The other browser had the page already, and comes too late.
    let late = other.carry_on(&server, second).await;
    assert!(
        late.header("location").is_empty() || !late.header("location").contains("code="),
        "{}",
        late.header("location")
    );
    for again in [&one, &other, &browser] {
        let reply = again.ask(&server, &by(&uri, "app")).await;
        reply.is_page();
        assert!(reply.body.contains("invalid_request_uri"), "{}", reply.body);
    }
    // Who is signed in and has consented is answered at once, and once.
    let uri = pushed(&server, &authorize_query("app", "read")).await;
    one.ask(&server, &by(&uri, "app")).await.code();
    one.ask(&server, &by(&uri, "app")).await.is_page();
    // "No" uses it up as well.
    let uri = pushed(&server, &with(authorize_query("app", "read"), "prompt", "consent")).await;
    let page = one.ask(&server, &by(&uri, "app")).await;
    one.decide(&server, &page, "deny").await.sent_back(&server, "access_denied");
    one.ask(&server, &by(&uri, "app")).await.is_page();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_answered() {
    let (server, browser) = started().await;
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let uri = pushed(&server, &authorize_query("app", "read")).await;
    let query = by(&uri, "app");
    let all = futures(&server, &browser, &query, 16).await;
    // Who is in front of it twice at the same moment may see the one answer twice, as with a form that is sent twice.
    let codes: std::collections::BTreeSet<_> =
        all.iter().map(|reply| reply.header("location")).filter(|to| to.contains("code=")).collect();
    assert_eq!(codes.len(), 1, "{codes:?}");
}

async fn futures(server: &Server, browser: &Browser, query: &[(String, String)], count: usize) -> Vec<Reply> {
    let mut all = Vec::new();
    for one in (0..count).map(|_| browser.ask(server, query)).map(Box::pin) {
        all.push(one);
    }
    let mut done = Vec::new();
    let mut waiting: Vec<_> = all.into_iter().collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(reply) => {
                done.push(reply);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_bound_to_its_client_its_realm_and_its_time() {
    let (server, browser) = started().await;
    server.add_client(&client("other")).await;
    let uri = pushed(&server, &authorize_query("app", "read")).await;
    let changed = format!("{}A", &uri[..uri.len() - 1]);
    let elsewhere = Server::start().await;
    elsewhere.add_client(&client("app")).await;
    let foreign = pushed(&elsewhere, &authorize_query("app", "read")).await;
    for (uri, client) in [(&uri, "other"), (&changed, "app"), (&foreign, "app")] {
        let reply = browser.ask(&server, &by(uri, client)).await;
        reply.is_page();
        assert!(reply.body.contains("invalid_request_uri"));
    }
    browser.ask(&server, &by("urn:ietf:params:oauth:request_uri:", "app")).await.is_page();
    server.pass(89);
    browser.ask(&server, &by(&uri, "app")).await.asks_to_sign_in();
    server.pass(1);
    browser.ask(&server, &by(&uri, "app")).await.is_page();
    // What was allowed when it was pushed may have been taken back.
    let uri = pushed(&server, &authorize_query("app", "read")).await;
    let narrow = Client { scope: claviger_core::ScopeSet::parse("write").unwrap(), ..client("app") };
    server.store.put_client("test", &narrow, server.now()).await.unwrap();
    let server = server.beside().await;
    browser.ask(&server, &by(&uri, "app")).await.is_page();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_to_the_client_at_once() {
    let (server, _) = started().await;
    let secret = [("client_secret", SECRET)];
    let query = authorize_query("app", "read");
    for (name, value, error) in [
        ("scope", "unheard-of", "invalid_scope"),
        ("response_type", "nonsense", "unsupported_response_type"),
        ("response_type", "code token", "unsupported_response_type"),
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request"),
        ("request_uri", "https://app.example/r", "invalid_request"),
        ("request", "x.y.z", "invalid_request_object"),
        ("resource", "https://unheard-of.example", "invalid_target"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        push(&server, &with(query.clone(), name, value), &secret).await.refused(400, error);
    }
    push(&server, &without(query.clone(), "response_type"), &secret).await.refused(400, "invalid_request");
    push(&server, &crate::common::plus(query.clone(), "scope", "read"), &secret).await.refused(400, "invalid_request");
    // As at the token endpoint: the secret is checked, GET is no way, credentials are not in the URL.
    push(&server, &query, &[("client_secret", "wrong")]).await.refused(401, "invalid_client");
    push(&server, &query, &[]).await.refused(401, "invalid_client");
    push(&server, &with(query.clone(), "client_id", "nobody"), &secret).await.refused(401, "invalid_client");
    let get = server.send(Method::GET, "/par", &[], "").await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST, OPTIONS"));
    let basic = server.http.post(server.url("/par")).basic_auth("app", Some(SECRET)).form(&without(query, "client_id"));
    assert_eq!(Reply::of(basic.send().await.unwrap()).await.status, 201, "the header names the client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_pushes_as_well_and_nothing_is_stored_for_anybody() {
    let (server, browser) = started().await;
    server.add_client(&Client { kind: ClientKind::Public, ..client("phone") }).await;
    let query = authorize_query("phone", "read");
    let reply = push(&server, &query, &[]).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    browser.authorize(&server, &by(&reply.text("request_uri"), "phone")).await.code();
    let reply = push(&server, &with(query.clone(), "state", &"s".repeat(3000)), &[]).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let reply = push(&server, &with(query, "state", &"s".repeat(8000)), &[]).await;
    assert_eq!(reply.status, 413, "what no address could carry");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_push_pushes() {
    let (server, browser) = started().await;
    let requests = Requests { require_pushed_authorization_requests: true, ..Requests::default() };
    server.add_client(&Client { requests, ..client("strict") }).await;
    let query = authorize_query("strict", "read");
    browser.ask(&server, &query).await.sent_back(&server, "invalid_request");
    let uri = pushed(&server, &query).await;
    browser.authorize(&server, &by(&uri, "strict")).await.code();
    let strict = Server::with(|realm| {
        realm.requests.require_pushed_authorization_requests = true;
        realm.requests.pushed_ttl = claviger_core::span::Span::seconds(600);
    })
    .await;
    strict.add_client(&client("app")).await;
    browser.ask(&strict, &authorize_query("app", "read")).await.sent_back(&strict, "invalid_request");
    let reply = push(&strict, &authorize_query("app", "read"), &[("client_secret", SECRET)]).await;
    assert_eq!(reply.json()["expires_in"], 600);
    Browser::default().authorize(&strict, &by(&reply.text("request_uri"), "app")).await.code();
    let metadata = strict.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], strict.url("/par"));
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_is_pushed_and_counts_as_signed() {
    let (server, browser) = started().await;
    let der = SigningKey::generate(Algorithm::Es256).unwrap();
    let key = SigningKey::from_pkcs8(Algorithm::Es256, Some("k1"), der.expose()).unwrap();
    let requests = Requests {
        require_pushed_authorization_requests: true,
        require_signed_request_object: true,
        ..Requests::default()
    };
    let jwks = Some(JwkSet { keys: vec![key.public_jwk().clone()] });
    server.add_client(&Client { requests, jwks, ..client("strict") }).await;
    let query = authorize_query("strict", "read");
    push(&server, &query, &[("client_secret", SECRET)]).await.refused(400, "invalid_request");
    let mut claims = json!({ "iss": "strict", "aud": server.realm.issuer, "exp": server.now() / 1000 + 60 });
    for (name, value) in &query {
        claims[name] = value.as_str().into();
    }
    let text = key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims).unwrap()).unwrap();
    let alone = [("client_id".to_owned(), "strict".to_owned()), ("request".to_owned(), text.clone())];
    let uri = pushed(&server, &alone).await;
    browser.authorize(&server, &by(&uri, "strict")).await.code();
    // Signed, and not pushed.
    let reply = browser.ask(&server, &alone).await;
    reply.sent_back(&server, "invalid_request");
    claims["client_id"] = "app".into();
    let other = key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims).unwrap()).unwrap();
    let form = [("client_id".to_owned(), "strict".to_owned()), ("request".to_owned(), other)];
    push(&server, &form, &[("client_secret", SECRET)]).await.refused(400, "invalid_request_object");
}
