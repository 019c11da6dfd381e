//! Token exchange (RFC 8693): what a client gets for a token of somebody else, and when that ends.

use crate::common::{Browser, ProofKey, Reply, SECRET, Server, authorize_query, claims, client, redemption, user};
use claviger_core::client::{Acting, ClientStatus, ExchangePolicy, GrantType};
use claviger_core::realm::{AccessTokenFormat, Api, SeatCount, SeatPool, SeatScope};
use claviger_core::user::Organisation;
use claviger_core::{Client, ScopeSet, User};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub(crate) const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
pub(crate) const ID: &str = "urn:ietf:params:oauth:token-type:id_token";
pub(crate) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
pub(crate) const ORDERS: &str = "https://orders.example";

/// A realm whose `backend` exchanges tokens of `web` for tokens for the orders API.
pub(crate) async fn started() -> Server {
    started_with(|_| {}).await
}

pub(crate) async fn started_with(adapt: impl FnOnce(&mut claviger_core::Realm)) -> Server {
    started_of(adapt, client("web"), backend()).await
}

/// The same with other clients.
pub(crate) async fn started_of(adapt: impl FnOnce(&mut claviger_core::Realm), web: Client, backend: Client) -> Server {
    let server = Server::with(|realm| {
        realm.tokens.token_exchange = true;
        realm.apis.push(Api { audience: ORDERS.into(), ..realm.apis[0].clone() });
        adapt(realm);
    })
    .await;
    server.add_client(&web).await;
    server.add_client(&backend).await;
    server
}

pub(crate) fn policy() -> ExchangePolicy {
    ExchangePolicy {
        clients: vec!["web".into()],
        audiences: vec![ORDERS.into(), "https://api.example".into()],
        acting: Acting::Either,
        ..ExchangePolicy::default()
    }
}

pub(crate) fn backend() -> Client {
    Client {
        grants: [GrantType::ClientCredentials, GrantType::TokenExchange].into(),
        audiences: vec![ORDERS.into()],
        token_exchange: Some(Box::new(policy())),
        ..client("backend")
    }
}

/// Alice's tokens at `web`.
pub(crate) async fn signed_in(server: &Server, scope: &str) -> Reply {
    let browser = Browser::of("alice");
    let code = browser.authorize(server, &authorize_query("web", scope)).await.code();
    server.token("web", &redemption(&code)).await
}

pub(crate) async fn exchange(server: &Server, app: &str, token: &str, more: &[(&str, &str)]) -> Reply {
    let form = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS)];
    server.token(app, &[form.as_slice(), more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_app_becomes_a_token_of_another_for_the_next_api() {
    let server = started().await;
    let tokens = signed_in(&server, "read write").await;
    let subject = claims(&tokens.text("access_token"));
    server.pass(100);
    let answer = exchange(&server, "backend", &tokens.text("access_token"), &[("audience", ORDERS)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((&body["issued_token_type"], &body["token_type"]), (&json!(ACCESS), &json!("Bearer")));
    assert_eq!((&body["scope"], body["expires_in"].as_i64()), (&json!("read write"), Some(500)));
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none(), "{body}");
    let found = claims(&answer.text("access_token"));
    assert_eq!((&found["sub"], &found["sub_type"]), (&json!("u1"), &json!("user")));
    assert_eq!((&found["client_id"], &found["aud"]), (&json!("backend"), &json!(ORDERS)));
    for same in ["gid", "exp", "auth_time", "acr"] {
        assert_eq!(found[same], subject[same], "{same}");
    }
    assert_ne!(found["jti"], subject["jti"]);
    assert!(found.get("act").is_none(), "impersonation: {found}");
    assert!(server.is_active("backend", &answer.text("access_token")).await);
    assert!(server.is_active("web", &tokens.text("access_token")).await, "the subject token goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_exchanged_and_given_as_well() {
    let opaque = |client| Client { access_token: Some(AccessTokenFormat::Opaque), ..client };
    let fresh = started_of(|_| {}, opaque(client("web")), opaque(backend())).await;
    let tokens = signed_in(&fresh, "read").await;
    let actor = fresh.token("backend", &[("grant_type", "client_credentials")]).await.text("access_token");
    let more = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS)];
    let answer = exchange(&fresh, "backend", &tokens.text("access_token"), &more).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let said = fresh.introspect("backend", &answer.text("access_token")).await.json();
    assert_eq!((&said["sub"], &said["act"]), (&json!("u1"), &json!({ "sub": "backend" })), "{said}");
    assert_eq!((&said["aud"], &said["acr"]), (&json!(ORDERS), &json!("1")));
    fresh.revoke("web", &tokens.text("refresh_token")).await;
    assert!(!fresh.is_active("backend", &answer.text("access_token")).await);
}

/// 4.1: the present actor is outermost; those of before are within it.
#[tokio::test(flavor = "multi_thread")]
async fn who_acts_is_named_and_who_acted_before() {
    let server = started().await;
    let relay = |id: &str, of: &str| Client {
        token_exchange: Some(Box::new(ExchangePolicy { clients: vec![of.into()], ..policy() })),
        ..Client { id: id.into(), ..backend() }
    };
    let mut token = signed_in(&server, "read").await.text("access_token");
    let mut expected = Value::Null;
    let mut of = "web".to_owned();
    for n in 1..=4 {
        let id = format!("relay{n}");
        server.add_client(&relay(&id, &of)).await;
        let actor = server.token(&id, &[("grant_type", "client_credentials")]).await.text("access_token");
        let more = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS)];
        let answer = exchange(&server, &id, &token, &more).await;
        token = answer.text("access_token");
        expected = if expected.is_null() { json!({ "sub": id }) } else { json!({ "sub": id, "act": expected }) };
        assert_eq!(claims(&token)["act"], expected);
        of = id;
    }
    // Who has it without naming itself does not make the others forgotten.
    server.add_client(&relay("silent", &of)).await;
    let silent = exchange(&server, "silent", &token, &[]).await;
    assert_eq!(claims(&silent.text("access_token"))["act"], expected);
    // And a fifth is one too many.
    server.add_client(&relay("relay5", &of)).await;
    let actor = server.token("relay5", &[("grant_type", "client_credentials")]).await.text("access_token");
    let more = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS)];
    let refused = exchange(&server, "relay5", &token, &more).await;
    refused.refused(400, "invalid_request");
    assert!(refused.body.contains("too many"), "{}", refused.body);
}

/// An administrator's own token at the app as the actor: both are users.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_acts_for_another_with_a_token_of_the_same_app() {
    let server = started().await;
    server.add_user(&user("u2", "bob")).await;
    let grants = [GrantType::AuthorizationCode, GrantType::TokenExchange].into();
    let delegation = ExchangePolicy { acting: Acting::Delegation, ..policy() };
    let desk = Client { grants, token_exchange: Some(Box::new(delegation)), ..client("desk") };
    server.add_client(&Client { audiences: vec!["https://api.example".into()], ..desk }).await;
    let bob = Browser::of("bob");
    let code = bob.authorize(&server, &authorize_query("desk", "openid read")).await.code();
    let bobs = server.token("desk", &redemption(&code)).await;
    let alices = signed_in(&server, "read").await.text("access_token");
    for (kind, actor) in [(ACCESS, bobs.text("access_token")), (ID, bobs.text("id_token"))] {
        let more = [("actor_token", actor.as_str()), ("actor_token_type", kind)];
        let found = claims(&exchange(&server, "desk", &alices, &more).await.text("access_token"));
        assert_eq!((&found["sub"], &found["act"]), (&json!("u1"), &json!({ "sub": "u2" })));
    }
    exchange(&server, "desk", &alices, &[]).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_is_good_for_what_its_user_lets_its_client_do() {
    let server = started().await;
    let tokens = signed_in(&server, "openid read").await;
    let id_token = tokens.text("id_token");
    for kind in [ID, JWT] {
        let form = [("grant_type", GRANT), ("subject_token", id_token.as_str()), ("subject_token_type", kind)];
        let answer = server.token("backend", &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["scope"], "openid read");
        let found = claims(&answer.text("access_token"));
        assert_eq!((&found["sub"], &found["aud"]), (&json!("u1"), &json!(ORDERS)));
        assert_eq!(found["auth_time"], claims(&id_token)["auth_time"]);
        assert!(found["gid"].is_string(), "a grant of its own");
        assert!(found["exp"].as_i64() <= claims(&id_token)["exp"].as_i64());
        assert!(server.is_active("backend", &answer.text("access_token")).await);
    }
    let wider = [("grant_type", GRANT), ("subject_token", &id_token), ("subject_token_type", ID), ("scope", "write")];
    server.token("backend", &wider).await.refused(400, "invalid_scope");
    let consents = server.store.consent("test", "u1", "web").await.unwrap();
    assert!(consents.is_some());
    server.store.withdraw_consent("test", "u1", "web").await.unwrap();
    let form = [("grant_type", GRANT), ("subject_token", id_token.as_str()), ("subject_token_type", ID)];
    server.token("backend", &form).await.refused(400, "invalid_request");
}

/// A client's own token: the subject stays that client.
#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_keeps_its_client_as_subject_and_ends_with_it() {
    let server = started().await;
    let own = server.token("web", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    let mut given = Vec::new();
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let client = Client { access_token: Some(format), ..backend() };
        server.store.put_client("test", &client, server.now()).await.unwrap();
        server
            .until(async || {
                let answer = exchange(&server, "backend", &own.text("access_token"), &[]).await;
                (format == AccessTokenFormat::Jwt) == (answer.text("access_token").contains('.'))
            })
            .await;
        let answer = exchange(&server, "backend", &own.text("access_token"), &[]).await;
        let said = server.introspect("backend", &answer.text("access_token")).await.json();
        assert_eq!(
            (&said["sub"], &said["sub_type"], &said["client_id"]),
            (&json!("web"), &json!("client"), &json!("backend"))
        );
        given.push(answer.text("access_token"));
    }
    let until = server.now() + 600_000;
    server.store.set_client_status("test", "web", ClientStatus::Suspended, server.now(), until).await.unwrap();
    for token in given {
        server.until(async || !server.is_active("backend", &token).await).await;
    }
    exchange(&server, "backend", &own.text("access_token"), &[]).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn scope_and_audience_are_never_more_than_policy_client_and_token_have() {
    let all = ScopeSet::parse("openid offline_access read write orders.read api.read").unwrap();
    let narrow = ExchangePolicy { scope: ScopeSet::parse("read orders.read api.read").unwrap(), ..policy() };
    let narrow = Client { scope: all.clone(), token_exchange: Some(Box::new(narrow)), ..backend() };
    let adapt = |realm: &mut claviger_core::Realm| {
        let of_api = |name: &str, api: &str| claviger_core::realm::Scope {
            name: name.into(),
            api: Some(api.into()),
            ..realm.scopes[4].clone()
        };
        let own = [of_api("orders.read", ORDERS), of_api("api.read", "https://api.example")];
        realm.scopes.extend(own);
    };
    let fresh = started_of(adapt, Client { scope: all, ..client("web") }, narrow).await;
    let token = signed_in(&fresh, "openid offline_access read write orders.read api.read").await.text("access_token");
    let scope = |answer: &Reply| answer.json()["scope"].as_str().unwrap().to_owned();
    assert_eq!(scope(&exchange(&fresh, "backend", &token, &[("audience", ORDERS)]).await), "read orders.read");
    let less = exchange(&fresh, "backend", &token, &[("audience", ORDERS), ("scope", "read")]).await;
    assert_eq!(scope(&less), "read");
    for (more, error) in [
        ([("audience", ORDERS), ("scope", "write")], "invalid_scope"),
        ([("audience", ORDERS), ("scope", "api.read")], "invalid_scope"),
        ([("audience", ORDERS), ("scope", "offline_access")], "invalid_scope"),
        ([("audience", ORDERS), ("scope", "unknown")], "invalid_scope"),
        ([("audience", "https://nowhere.example"), ("scope", "read")], "invalid_target"),
        ([("resource", &fresh.realm.issuer), ("scope", "read")], "invalid_target"),
    ] {
        exchange(&fresh, "backend", &token, &more).await.refused(400, error);
    }
    let both = [("audience", ORDERS), ("audience", "https://api.example"), ("resource", ORDERS)];
    let found = claims(&exchange(&fresh, "backend", &token, &both).await.text("access_token"));
    assert_eq!(found["aud"], json!([ORDERS, "https://api.example"]));
    // What the first exchange left out, a second does not bring back.
    let relay = Client { id: "relay".into(), ..backend() };
    let of_backend = ExchangePolicy { clients: vec!["backend".into()], ..policy() };
    fresh.add_client(&Client { token_exchange: Some(Box::new(of_backend)), ..relay }).await;
    exchange(&fresh, "relay", &less.text("access_token"), &[("scope", "orders.read")])
        .await
        .refused(400, "invalid_scope");
}

/// A licence is the subject grant's: an exchange takes none, and what comes of it ends when the licence is given back.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_takes_no_licence_of_its_own() {
    let server = started_with(|realm| {
        let pool = SeatPool { name: "full".into(), size: 1, count: SeatCount::Session, per: SeatScope::Realm };
        realm.seat_pools.push(pool);
        realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
    })
    .await;
    let tokens = signed_in(&server, "openid read write").await;
    let answer = exchange(&server, "backend", &tokens.text("access_token"), &[("scope", "write")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(server.store.seats("test", server.now()).await.unwrap().len(), 1);
    // An ID token belongs to no grant, which would hold one.
    let of_id = [("grant_type", GRANT), ("subject_token", &tokens.text("id_token")), ("subject_token_type", ID)];
    let narrowed = server.token("backend", &of_id).await;
    assert_eq!(narrowed.json()["scope"], "openid read");
    server.token("backend", &[of_id.as_slice(), &[("scope", "write")]].concat()).await.refused(400, "invalid_request");
    server.revoke("web", &tokens.text("refresh_token")).await;
    assert!(!server.is_active("backend", &answer.text("access_token")).await);
    assert!(server.is_active("backend", &narrowed.text("access_token")).await, "it has a grant of its own");
    let held = server.store.seats("test", server.now()).await.unwrap().len();
    assert_eq!(held, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_subject_token_rests_on_is_looked_at_again() {
    let server =
        started_with(|realm| realm.dialect.organisation = claviger_core::dialect::OrganisationChoice::One).await;
    let acme = Organisation { id: "acme".into(), name: "Acme".into(), kind: "company".into() };
    server.store.put_organisation("test", &acme, server.now()).await.unwrap();
    let alice = User { organisations: vec!["acme".into()], ..user("u1", "alice") };
    server.add_user(&alice).await;
    let browser = Browser::picking("alice", &["acme"]);
    let code = browser.authorize(&server, &authorize_query("web", "read")).await.code();
    let token = server.token("web", &redemption(&code)).await.text("access_token");
    let given = exchange(&server, "backend", &token, &[]).await.text("access_token");
    assert_eq!(claims(&given)["org"], json!(["acme"]));
    let put = async |user: &User| server.store.put_user("test", user, None, server.now()).await.unwrap();
    put(&User { organisations: vec![], ..alice.clone() }).await;
    exchange(&server, "backend", &token, &[]).await.refused(400, "invalid_request");
    put(&alice).await;
    assert_eq!(exchange(&server, "backend", &token, &[]).await.status, 200);
    server.store.disable_user("test", "u1", true, server.now(), server.now() + 600_000).await.unwrap();
    exchange(&server, "backend", &token, &[]).await.refused(400, "invalid_request");
    server.until(async || !server.is_active("backend", &given).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_a_key_needs_that_key() {
    let server = started().await;
    let key = ProofKey::new();
    let browser = Browser::of("alice");
    let code = browser.authorize(&server, &authorize_query("web", "read")).await.code();
    let proved = async |form: &[(&str, &str)], app: &str, key: Option<&ProofKey>| {
        let mut all = vec![("client_id", app), ("client_secret", SECRET)];
        all.extend_from_slice(form);
        let proof = key.map(|key| key.proof(&server, "/token"));
        let mut request = server.http.post(server.url("/token")).form(&all).timeout(Duration::from_secs(20));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        Reply::of(request.send().await.unwrap()).await
    };
    let bound = proved(&redemption(&code), "web", Some(&key)).await.text("access_token");
    let form = [("grant_type", GRANT), ("subject_token", bound.as_str()), ("subject_token_type", ACCESS)];
    proved(&form, "backend", None).await.refused(400, "invalid_request");
    proved(&form, "backend", Some(&ProofKey::new())).await.refused(400, "invalid_request");
    let answer = proved(&form, "backend", Some(&key)).await;
    assert_eq!((answer.status.as_u16(), answer.text("token_type").as_str()), (200, "DPoP"), "{}", answer.body);
    assert_eq!(claims(&answer.text("access_token"))["cnf"], claims(&bound)["cnf"]);
}

/// A grant that is served is listed, in a realm that has it.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_listed_where_the_realm_has_it() {
    for on in [true, false] {
        let server = Server::with(|realm| realm.tokens.token_exchange = on).await;
        let found = server.send(reqwest::Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
        let listed = found["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT));
        assert_eq!(listed, on);
        server.add_client(&backend()).await;
        if !on {
            exchange(&server, "backend", "x", &[]).await.refused(400, "unsupported_grant_type");
        }
    }
}
