//! What an authorization answer holds and how it travels: response types, response modes, hashes, nonces, signed answers.

use crate::common::{Browser, CALLBACK, CHALLENGE, Reply, Server, client, encode, with, without};
use crate::common::{claims, redemption};
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_core::jose::{Algorithm, JwkSet, Typ, VerifyingKeys, token_hash, verify_jwt};
use claviger_core::{Client, Realm};
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;

const TYPES: [&str; 6] = ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];

/// A client that was given every response type.
fn hybrid(id: &str) -> Client {
    let mut client = client(id);
    client.grants.insert(GrantType::Implicit);
    client.legacy.insert(Legacy::Implicit);
    client
}

/// A server whose dialect permits tokens through the browser.
async fn permitting(adapt: impl FnOnce(&mut Realm)) -> Server {
    Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Implicit);
        adapt(realm);
    })
    .await
}

async fn started() -> (Server, Browser) {
    let server = permitting(|_| {}).await;
    server.add_client(&hybrid("app")).await;
    server.add_client(&client("plain")).await;
    (server, Browser::default())
}

fn query(response_type: &str) -> Vec<(String, String)> {
    let pairs = [
        ("response_type", response_type),
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid read"),
        ("state", "a state & more"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The key set as whoever checks a token gets it.
async fn keys(server: &Server) -> VerifyingKeys {
    let set: JwkSet = serde_json::from_value(server.send(Method::GET, "/jwks", &[], "").await.json()).unwrap();
    VerifyingKeys::from_set(&set).unwrap()
}

/// The claims of a token that the realm signed.
async fn verified(server: &Server, token: &str) -> (Algorithm, Value) {
    let decoded = verify_jwt(token, &keys(server).await, Some(Typ::Jwt)).unwrap();
    (decoded.header.algorithm, serde_json::from_slice(&decoded.claims).unwrap())
}

/// The fields of a page that posts itself.
fn fields(reply: &Reply) -> HashMap<String, String> {
    assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""), "{}", reply.body);
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
        Some(crate::common::unescape(value))
    };
    let inputs = reply.body.split("<input").skip(1);
    inputs.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_response_type_gives_what_it_names_and_nothing_else() {
    let (server, browser) = started().await;
    for response_type in TYPES {
        let reply = browser.authorize(&server, &query(response_type)).await;
        let mark = if response_type == "code" { "?" } else { "#" };
        assert!(reply.header("location").starts_with(&format!("{CALLBACK}{mark}")), "{response_type}");
        let answer = reply.redirect_params();
        let words: Vec<&str> = response_type.split(' ').collect();
        assert_eq!(answer.contains_key("code"), words.contains(&"code"), "{response_type}: {answer:?}");
        assert_eq!(answer.contains_key("id_token"), words.contains(&"id_token"), "{response_type}");
        for name in ["access_token", "token_type", "expires_in"] {
            assert_eq!(answer.contains_key(name), words.contains(&"token"), "{response_type}: {name}");
        }
        assert!(!answer.contains_key("refresh_token"));
        assert_eq!((&*answer["state"], &*answer["iss"]), ("a state & more", &*server.realm.issuer));
        if let Some(token) = answer.get("access_token") {
            assert_eq!(claims(token)["flow"], "implicit");
            assert!(server.is_active("app", token).await);
        }
        if let Some(token) = answer.get("id_token") {
            let (algorithm, id) = verified(&server, token).await;
            assert_eq!(
                (&id["iss"], &id["sub"], &id["aud"]),
                (&Value::from(&*server.realm.issuer), &"u1".into(), &"app".into())
            );
            assert_eq!(id["nonce"], "n-1");
            let hash = |name: &str| answer.get(name).map_or(Value::Null, |value| token_hash(algorithm, value).into());
            assert_eq!((&id["c_hash"], &id["at_hash"]), (&hash("code"), &hash("access_token")), "{response_type}");
        }
        if let Some(code) = answer.get("code") {
            let tokens = server.redeem("app", code).await;
            assert_eq!(tokens.status, 200, "{}", tokens.body);
            let id = claims(&tokens.text("id_token"));
            assert_eq!((&id["nonce"], &id["sub"]), (&"n-1".into(), &"u1".into()));
            assert!(id.get("c_hash").is_none());
            assert_eq!(
                claims(&tokens.text("access_token")).get("flow"),
                None,
                "the token endpoint's is no implicit one"
            );
            assert!(tokens.json().get("refresh_token").is_some());
        }
    }
    // The order of the words means nothing.
    let answer = browser.authorize(&server, &query("token code")).await.redirect_params();
    assert!(answer.contains_key("code") && answer.contains_key("access_token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_through_the_browser_needs_the_dialects_permission_the_grant_and_the_key() {
    let (server, browser) = started().await;
    let mut keyless = hybrid("keyless");
    keyless.legacy.clear();
    server.add_client(&keyless).await;
    let mut implicit_only = hybrid("implicit-only");
    implicit_only.grants.remove(&GrantType::AuthorizationCode);
    server.add_client(&implicit_only).await;
    for response_type in &TYPES[1..] {
        for id in ["plain", "keyless"] {
            let reply = browser.ask(&server, &with(query(response_type), "client_id", id)).await;
            reply.sent_back(&server, "unauthorized_client");
            assert!(reply.header("location").contains('#'), "{response_type}: the refusal goes where the answer would");
        }
    }
    for response_type in ["code", "code id_token", "code token", "code id_token token"] {
        let reply = browser.ask(&server, &with(query(response_type), "client_id", "implicit-only")).await;
        reply.sent_back(&server, "unauthorized_client");
    }
    let strict = Server::start().await;
    strict.add_client(&hybrid("app")).await;
    for response_type in TYPES.iter().skip(1).chain(&["token"]) {
        browser.ask(&strict, &query(response_type)).await.sent_back(&strict, "unsupported_response_type");
    }
    let metadata = strict.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_names_the_types_and_modes_that_are_served() {
    let (server, browser) = started().await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    let list = |name: &str| -> Vec<String> { serde_json::from_value(metadata[name].clone()).unwrap() };
    let (types, modes) = (list("response_types_supported"), list("response_modes_supported"));
    for response_type in TYPES {
        assert!(types.iter().any(|named| named == response_type), "{response_type}");
    }
    for response_type in &types {
        for mode in &modes {
            let reply = browser.authorize(&server, &with(query(response_type), "response_mode", mode)).await;
            let in_query = mode.starts_with("query");
            if in_query && response_type != "code" {
                reply.sent_back(&server, "invalid_request");
            } else {
                assert!(
                    !reply.body.contains("invalid_request") && !reply.header("location").contains("error"),
                    "{mode}"
                );
            }
        }
    }
    assert_eq!(list("authorization_signing_alg_values_supported"), ["RS256", "ES256", "PS256", "EdDSA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_from_here_needs_a_nonce_and_openid() {
    let (server, browser) = started().await;
    for response_type in TYPES {
        let reply = browser.authorize(&server, &without(query(response_type), "nonce")).await;
        if response_type.contains("id_token") {
            reply.sent_back(&server, "invalid_request");
            assert!(reply.redirect_params()["error_description"].contains("nonce"));
            let reply = browser.ask(&server, &with(query(response_type), "scope", "read")).await;
            reply.sent_back(&server, "invalid_request");
            assert!(reply.redirect_params()["error_description"].contains("openid"));
        } else {
            assert!(!reply.header("location").contains("error"), "{response_type}: {}", reply.header("location"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_never_go_into_a_query_signed_or_not() {
    let (server, browser) = started().await;
    for response_type in &TYPES[1..] {
        for mode in ["query", "query.jwt", "web_message"] {
            let reply = browser.authorize(&server, &with(query(response_type), "response_mode", mode)).await;
            reply.sent_back(&server, "invalid_request");
            assert!(reply.header("location").starts_with(&format!("{CALLBACK}#error=")), "{mode}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_an_api_or_a_licence_that_is_barred_is_barred_in_every_answer_with_a_token() {
    let server = permitting(|realm| {
        realm.scopes.iter_mut().filter(|scope| scope.name == "write").for_each(|scope| scope.implicit = false);
    })
    .await;
    server.add_client(&hybrid("app")).await;
    let browser = Browser::default();
    for response_type in TYPES {
        let reply = browser.authorize(&server, &with(query(response_type), "scope", "openid write")).await;
        if response_type.split(' ').any(|word| word == "token") {
            reply.sent_back(&server, "invalid_scope");
        } else {
            assert!(!reply.header("location").contains("error"), "{response_type}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_answer_says_who_to_whom_and_until_when() {
    let (server, browser) = started().await;
    for (response_type, mode, mark) in [
        ("code", "jwt", '?'),
        ("code", "query.jwt", '?'),
        ("code", "fragment.jwt", '#'),
        ("id_token token", "jwt", '#'),
        ("code id_token token", "fragment.jwt", '#'),
    ] {
        let reply = browser.authorize(&server, &with(query(response_type), "response_mode", mode)).await;
        assert!(reply.header("location").starts_with(&format!("{CALLBACK}{mark}response=")), "{mode}");
        let params = reply.redirect_params();
        assert_eq!(params.len(), 1, "everything is inside: {params:?}");
        let (algorithm, answer) = verified(&server, &params["response"]).await;
        assert_eq!(algorithm, Algorithm::Rs256);
        assert_eq!((&answer["iss"], &answer["aud"]), (&Value::from(&*server.realm.issuer), &"app".into()));
        let seconds = server.now() / 1000;
        assert!((seconds + 1..=seconds + 600).contains(&answer["exp"].as_i64().unwrap()));
        assert_eq!(answer["state"], "a state & more");
        for word in response_type.split(' ') {
            let name = if word == "token" { "access_token" } else { word };
            assert!(answer[name].is_string(), "{name}: {answer}");
        }
        if let Some(code) = answer["code"].as_str() {
            assert_eq!(server.token("app", &redemption(code)).await.status, 200);
        }
    }
    // A refusal is signed as well, wherever it is found.
    let base = with(query("code"), "response_mode", "jwt");
    let denied = browser.ask(&server, &with(base.clone(), "prompt", "consent")).await;
    let denied = browser.decide(&server, &denied, "deny").await;
    let silent = Browser::default().ask(&server, &with(base.clone(), "prompt", "none")).await;
    let unknown = browser.ask(&server, &with(base, "scope", "unheard-of")).await;
    for (reply, error) in [(denied, "access_denied"), (silent, "login_required"), (unknown, "invalid_scope")] {
        let params = reply.redirect_params();
        assert_eq!(params.len(), 1);
        let (_, answer) = verified(&server, &params["response"]).await;
        assert_eq!((&answer["error"], &answer["state"]), (&Value::from(error), &"a state & more".into()));
        assert!(answer["error_description"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_posts_itself_with_a_script_that_the_policy_names_and_has_a_button() {
    let (server, browser) = started().await;
    for mode in ["form_post", "form_post.jwt"] {
        let reply = browser.authorize(&server, &with(query("code id_token token"), "response_mode", mode)).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'sha256-") && !policy.contains("unsafe-"), "{policy}");
        // Wherever the app sends the browser on: Chromium would apply it to the whole chain.
        assert!(!policy.contains("form-action"), "{policy}");
        assert!(reply.body.contains("<script>document.forms[0].submit()</script>"), "{}", reply.body);
        assert!(reply.body.contains("type=\"submit\""), "a button for who runs no script");
        assert!(reply.header("cache-control").contains("no-store"));
        let mut found = fields(&reply);
        if mode == "form_post.jwt" {
            assert_eq!(found.len(), 1);
            let answer = verified(&server, &found["response"]).await.1;
            assert!(answer["code"].is_string() && answer["id_token"].is_string() && answer["access_token"].is_string());
        } else {
            assert_eq!(found.remove("state").as_deref(), Some("a state & more"));
            assert!(["code", "id_token", "access_token", "iss"].iter().all(|name| found.contains_key(*name)));
        }
    }
    // No other page has a script.
    Browser::default().ask(&server, &query("code")).await.is_html();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_travels_in_the_mode_that_was_asked_for() {
    let (server, browser) = started().await;
    for (name, value, error) in [
        ("scope", "unheard-of", "invalid_scope"),
        ("response_type", "id_token code code", "unsupported_response_type"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "x", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("request", "x.y.z", ""),
        ("registration", "{}", ""),
    ] {
        let asked = with(with(query("code"), "response_mode", "form_post"), name, value);
        let reply = browser.ask(&server, &asked).await;
        let found = fields(&reply);
        assert!(found.contains_key("error"), "{name}: {found:?}");
        assert!(error.is_empty() || found["error"] == error, "{name}: {found:?}");
        assert_eq!(found["state"], "a state & more", "{name}");
        let reply = browser.ask(&server, &with(asked, "response_mode", "fragment")).await;
        assert!(reply.header("location").starts_with(&format!("{CALLBACK}#error=")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_not_text_is_refused_where_it_cannot_be_carried() {
    let (server, browser) = started().await;
    for (mode, carried) in [("query", true), ("fragment", true), ("form_post", false), ("query.jwt", false)] {
        let asked = without(with(query("code"), "response_mode", mode), "state");
        let path = format!("/authorize?{}&state=%FFx", encode(&asked));
        let page = browser.get(&server, &path).await;
        let reply = browser.carry_on(&server, page).await;
        if carried {
            assert!(reply.header("location").contains("state=%FFx") && reply.header("location").contains("code="));
        } else if mode == "form_post" {
            let found = fields(&reply);
            assert_eq!((found["error"].as_str(), found.get("state")), ("invalid_request", None));
        } else {
            let (_, answer) = verified(&server, &reply.redirect_params()["response"]).await;
            assert_eq!((&answer["error"], answer.get("state")), (&Value::from("invalid_request"), None));
        }
    }
}
