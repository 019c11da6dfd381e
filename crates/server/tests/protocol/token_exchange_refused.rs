//! What is not exchanged (RFC 8693 2.2.2): each with the error that the standard wants, and nothing given.

use crate::common::{Browser, SECRET, Server, authorize_query, claims, client, redemption};
use crate::token_exchange::{
    ACCESS, GRANT, ID, JWT, ORDERS, backend, exchange, policy, signed_in, started, started_of, started_with,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::Client;
use claviger_core::claim_rule::{ClaimRule, Form, Place};
use claviger_core::client::{Acting, ClientKind, ExchangePolicy, GrantType};
use claviger_core::dialect::Legacy;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_a_subject_token_with_its_type_and_asks_for_an_access_token() {
    let server = started().await;
    let token = signed_in(&server, "read").await.text("access_token");
    let refresh_type = "urn:ietf:params:oauth:token-type:refresh_token";
    for form in [
        vec![],
        vec![("subject_token", token.as_str())],
        vec![("subject_token_type", ACCESS)],
        vec![("subject_token", &token), ("subject_token_type", "access_token")],
        vec![("subject_token", &token), ("subject_token_type", refresh_type)],
        vec![("subject_token", &token), ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")],
        vec![("subject_token", &token), ("subject_token", &token), ("subject_token_type", ACCESS)],
        vec![("subject_token", &token), ("subject_token_type", ACCESS), ("actor_token", &token)],
        vec![("subject_token", &token), ("subject_token_type", ACCESS), ("actor_token_type", ACCESS)],
        vec![("subject_token", &token), ("subject_token_type", ACCESS), ("requested_token_type", refresh_type)],
        vec![("subject_token", &token), ("subject_token_type", ACCESS), ("requested_token_type", ID)],
        vec![("subject_token", &token), ("subject_token_type", ACCESS), ("requested_token_type", JWT)],
    ] {
        let refused = server.token("backend", &[&[("grant_type", GRANT)], form.as_slice()].concat()).await;
        refused.refused(400, "invalid_request");
        assert_eq!((refused.header("cache-control"), refused.header("pragma")), ("no-store", "no-cache"), "{form:?}");
    }
    let whole = [("requested_token_type", ACCESS)];
    assert_eq!(exchange(&server, "backend", &token, &whole).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_token_of_this_realm_is_refused() {
    let server = started().await;
    let other = started().await;
    let tokens = signed_in(&server, "openid read").await;
    let good = tokens.text("access_token");
    let [header, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    let mut changed = claims(&good);
    changed["sub"] = json!("u2");
    let changed = URL_SAFE_NO_PAD.encode(changed.to_string());
    // Key confusion: the public key as a secret.
    let hs256 = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"at+jwt"}"#);
    let jwks = server.send(reqwest::Method::GET, "/jwks", &[], "").await.body;
    let tag = claviger_core::crypto::HmacKey::new(&claviger_core::crypto::sha256(jwks.as_bytes()));
    let confused = format!("{hs256}.{body}");
    let confused = format!("{confused}.{}", URL_SAFE_NO_PAD.encode(tag.sign(confused.as_bytes())));
    let foreign = signed_in(&other, "read").await.text("access_token");
    let long = format!("{header}.{}.{signature}", "A".repeat(20_000));
    let bad = [
        "x".to_owned(),
        "cva_x".to_owned(),
        tokens.text("refresh_token"),
        tokens.text("id_token"),
        format!("{none}.{body}."),
        format!("{header}.{changed}.{signature}"),
        confused,
        foreign,
        long,
    ];
    for kind in [ACCESS, ID, JWT] {
        for token in bad.iter().filter(|token| kind == ACCESS || **token != tokens.text("id_token")) {
            let form = [("grant_type", GRANT), ("subject_token", token.as_str()), ("subject_token_type", kind)];
            server.token("backend", &form).await.refused(400, "invalid_request");
        }
    }
    let access_as_id = [("grant_type", GRANT), ("subject_token", good.as_str()), ("subject_token_type", ID)];
    server.token("backend", &access_as_id).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_or_was_revoked_is_refused() {
    let server = started().await;
    let by_itself = signed_in(&server, "openid read").await;
    server.revoke("web", &by_itself.text("access_token")).await;
    exchange(&server, "backend", &by_itself.text("access_token"), &[]).await.refused(400, "invalid_request");
    let with_grant = signed_in(&server, "read").await;
    server.revoke("web", &with_grant.text("refresh_token")).await;
    exchange(&server, "backend", &with_grant.text("access_token"), &[]).await.refused(400, "invalid_request");
    let token = signed_in(&server, "read").await.text("access_token");
    server.pass(599);
    let last = exchange(&server, "backend", &token, &[]).await;
    assert_eq!(last.json()["expires_in"], 1);
    server.pass(1);
    exchange(&server, "backend", &token, &[]).await.refused(400, "invalid_request");
    assert!(!server.is_active("backend", &last.text("access_token")).await);
    let form = [("grant_type", GRANT), ("subject_token", &by_itself.text("id_token")), ("subject_token_type", ID)];
    server.token("backend", &form).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_confidential_client_with_grant_and_policy_exchanges_and_only_what_that_names() {
    let server = started().await;
    let token = signed_in(&server, "read").await.text("access_token");
    exchange(&server, "web", &token, &[]).await.refused(400, "unauthorized_client");
    let empty = Client { token_exchange: None, ..Client { id: "empty".into(), ..backend() } };
    server.add_client(&empty).await;
    exchange(&server, "empty", &token, &[]).await.refused(400, "unauthorized_client");
    let public = Client { kind: ClientKind::Public, ..Client { id: "public".into(), ..backend() } };
    server.add_client(&public).await;
    let form =
        [("client_id", "public"), ("grant_type", GRANT), ("subject_token", &token), ("subject_token_type", ACCESS)];
    server.post("/token", &form).await.refused(400, "unauthorized_client");
    let wrong = [("client_secret", "wrong"), ("client_id", "backend")];
    let form = [wrong.as_slice(), &form[1..]].concat();
    assert_eq!(server.post("/token", &form).await.json()["error"], "invalid_client");
    server.add_client(&client("stranger")).await;
    let strangers = server.token("stranger", &[("grant_type", "client_credentials")]).await.text("access_token");
    exchange(&server, "backend", &strangers, &[]).await.refused(400, "invalid_request");
    // By the API in place of the client.
    let by_api = ExchangePolicy { clients: vec![], tokens_for: vec!["https://api.example".into()], ..policy() };
    let by_api = Client { token_exchange: Some(Box::new(by_api)), ..Client { id: "api".into(), ..backend() } };
    server.add_client(&by_api).await;
    assert_eq!(exchange(&server, "api", &strangers, &[]).await.status, 200);
    let for_orders = exchange(&server, "api", &strangers, &[("audience", ORDERS)]).await.text("access_token");
    exchange(&server, "api", &for_orders, &[]).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_is_who_holds_a_token_of_the_client_and_is_let() {
    let server = started().await;
    let token = signed_in(&server, "read").await.text("access_token");
    let acting = |actor: &str, kind: &str| {
        [("actor_token".to_owned(), actor.to_owned()), ("actor_token_type".to_owned(), kind.to_owned())]
    };
    let refused = async |app: &str, actor: &str, kind: &str| {
        let more = acting(actor, kind);
        let more = more.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
        exchange(&server, app, &token, &more).await.refused(400, "invalid_request");
    };
    // Somebody else's, a bad one, one of another type.
    refused("backend", &token, ACCESS).await;
    refused("backend", "x", ACCESS).await;
    refused("backend", &token, "urn:ietf:params:oauth:token-type:device_code").await;
    let own = server.token("backend", &[("grant_type", "client_credentials")]).await.text("access_token");
    refused("backend", &own, ID).await;
    // One that names an actor itself.
    let more = acting(&own, ACCESS);
    let more = more.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
    let delegated = exchange(&server, "backend", &token, &more).await.text("access_token");
    assert_eq!(claims(&delegated)["act"]["sub"], "backend");
    refused("backend", &delegated, ACCESS).await;
    server.revoke("backend", &own).await;
    refused("backend", &own, ACCESS).await;
    for (acting, with, without) in [(Acting::Delegation, 200, 400), (Acting::Impersonation, 400, 200)] {
        let id = format!("{acting:?}").to_lowercase();
        let policy = Some(Box::new(ExchangePolicy { acting, ..policy() }));
        server.add_client(&Client { token_exchange: policy, ..Client { id: id.clone(), ..backend() } }).await;
        let own = server.token(&id, &[("grant_type", "client_credentials")]).await.text("access_token");
        let more = [("actor_token", own.as_str()), ("actor_token_type", ACCESS)];
        assert_eq!(exchange(&server, &id, &token, &more).await.status, with, "{acting:?}");
        assert_eq!(exchange(&server, &id, &token, &[]).await.status, without, "{acting:?}");
    }
}

/// 4.4: who may act is said in the token, by a claim that the realm makes.
#[tokio::test(flavor = "multi_thread")]
async fn may_act_names_the_only_one_who_may() {
    let server = started_with(|realm| {
        realm.claims.rules.push(ClaimRule {
            name: "may_act".into(),
            from: None,
            value: Some(json!({ "sub": "backend" })),
            scope: None,
            places: [Place::AccessToken, Place::IdToken].into(),
            prefix: None,
            form: Form::default(),
        });
    })
    .await;
    server.add_client(&Client { id: "other".into(), ..backend() }).await;
    let tokens = signed_in(&server, "openid read").await;
    let (token, id_token) = (tokens.text("access_token"), tokens.text("id_token"));
    assert_eq!(claims(&token)["may_act"], json!({ "sub": "backend" }));
    for (app, status) in [("backend", 200), ("other", 400)] {
        assert_eq!(exchange(&server, app, &token, &[]).await.status, status, "{app}");
        let form = [("grant_type", GRANT), ("subject_token", id_token.as_str()), ("subject_token_type", ID)];
        assert_eq!(server.token(app, &form).await.status, status, "{app}");
        let own = server.token(app, &[("grant_type", "client_credentials")]).await.text("access_token");
        let more = [("actor_token", own.as_str()), ("actor_token_type", ACCESS)];
        assert_eq!(exchange(&server, app, &token, &more).await.status, status, "{app} names itself");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_came_through_the_browser_is_not_exchanged() {
    let grants = [GrantType::Implicit, GrantType::AuthorizationCode].into();
    let web = Client { grants, legacy: [Legacy::Implicit].into(), ..client("web") };
    let fresh = started_of(|realm| realm.dialect.permits = [Legacy::Implicit].into(), web, backend()).await;
    let mut query = authorize_query("web", "read");
    query.retain(|(name, _)| !name.starts_with("code_challenge"));
    let query = crate::common::with(query, "response_type", "token");
    let answer = Browser::of("alice").authorize(&fresh, &query).await;
    let token = answer.redirect_params()["access_token"].clone();
    exchange(&fresh, "backend", &token, &[]).await.refused(400, "invalid_request");
}

/// Nothing that was refused has left anything behind.
#[tokio::test(flavor = "multi_thread")]
async fn the_ordinary_grants_refuse_two_audiences_as_before() {
    let server: Server = started().await;
    let form = [("grant_type", "client_credentials"), ("audience", ORDERS), ("audience", "https://api.example")];
    server.token("backend", &form).await.refused(400, "invalid_request");
    let code = Browser::of("alice").authorize(&server, &authorize_query("web", "read")).await.code();
    let form = [redemption(&code).as_slice(), &[("client_id", "web"), ("client_secret", SECRET)]].concat();
    let answer = server.post("/token", &form).await;
    assert_eq!(answer.json().get("issued_token_type"), None::<&Value>);
}
