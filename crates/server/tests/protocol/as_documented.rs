//! What widely used clients and APIs need when they are configured as their own documentation says (lines 102, 117, 122 to
//! 126).

use crate::common::{
    Browser, CALLBACK, Reply, SECRET, Server, authorize_query, claims, client, encode, user, with, without,
};
use claviger_core::client::{ClientKind, GrantType, IdTokenClaims};
use claviger_core::dialect::{Legacy, Pkce};
use claviger_core::realm::AccessTokenTyp;
use claviger_core::{Client, User};
use reqwest::Method;
use serde_json::{Value, json};

/// A code request as a confidential client sends it that knows no PKCE.
fn bare(client: &str, scope: &str) -> Vec<(String, String)> {
    without(without(authorize_query(client, scope), "code_challenge"), "code_challenge_method")
}

async fn redeem_bare(server: &Server, client: &str, code: &str) -> Reply {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    server.token(client, &form).await
}

fn header(token: &str) -> Value {
    claims(&format!("x.{}.x", token.split('.').next().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_stands_for_pkce_with_openid_for_confidential_clients() {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::NoPkce);
    })
    .await;
    server.add_client(&client("app")).await;
    server.add_client(&Client { kind: ClientKind::Public, grants: code_only(), ..client("phone") }).await;
    server.add_client(&Client { pkce: Pkce::Required, ..client("strict") }).await;
    server.add_client(&Client { legacy: [Legacy::NoPkce].into(), ..client("old") }).await;
    let browser = Browser::default();
    let code = browser.authorize(&server, &with(bare("app", "openid read"), "nonce", "n")).await.code();
    let tokens = redeem_bare(&server, "app", &code).await;
    assert_eq!(claims(&tokens.text("id_token"))["nonce"], "n");
    // A verifier that belongs to no challenge is refused as before (RFC 9700 4.8.2).
    let code = browser.ask(&server, &with(bare("app", "openid read"), "nonce", "n")).await.code();
    server.redeem("app", &code).await.refused(400, "invalid_grant");
    // Neither the nonce nor openid alone will do; nor will both, for others.
    browser.ask(&server, &bare("app", "openid read")).await.sent_back(&server, "invalid_request");
    browser.ask(&server, &with(bare("app", "read"), "nonce", "n")).await.sent_back(&server, "invalid_request");
    for other in ["phone", "strict"] {
        let query = with(bare(other, "openid"), "nonce", "n");
        browser.ask(&server, &query).await.sent_back(&server, "invalid_request");
    }
    // Who was given it needs no nonce, and is counted only where there was none.
    let code = browser.authorize(&server, &with(bare("old", "openid"), "nonce", "n")).await.code();
    assert_eq!(redeem_bare(&server, "old", &code).await.status, 200);
    let code = browser.ask(&server, &bare("old", "openid")).await.code();
    assert_eq!(redeem_bare(&server, "old", &code).await.status, 200);
    let counted = server.stop_and_count().await;
    assert_eq!(counted, [(("old".to_owned(), "no-pkce".to_owned()), 1)].into());
}

fn code_only() -> std::collections::BTreeSet<GrantType> {
    [GrantType::AuthorizationCode, GrantType::RefreshToken].into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_or_a_dialect_can_require_pkce_of_all() {
    for of_realm in [true, false] {
        let server = Server::with(|realm| {
            let place = if of_realm { &mut realm.tokens.pkce } else { &mut realm.dialect.authorization.pkce };
            *place = Pkce::Required;
            realm.dialect.permits.insert(Legacy::NoPkce);
        })
        .await;
        server.add_client(&Client { legacy: [Legacy::NoPkce].into(), ..client("app") }).await;
        let query = with(bare("app", "openid"), "nonce", "n");
        Browser::default().ask(&server, &query).await.sent_back(&server, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pkce_required_since_the_code_was_given_is_required_of_it() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let code = Browser::default().authorize(&server, &with(bare("app", "openid"), "nonce", "n")).await.code();
    let strict = Client { pkce: Pkce::Required, ..client("app") };
    server.store.put_client("test", &strict, server.now()).await.unwrap();
    server.until(async || redeem_bare(&server, "app", &code).await.json()["error"] == "unauthorized_client").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scope_stands_in_every_token_answer() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let first = server.code_flow(&Browser::default(), "app", "openid read").await;
    assert_eq!(first.text("scope"), "openid read");
    let second = server.refresh("app", &first.text("refresh_token")).await;
    assert_eq!(second.text("scope"), "openid read");
    let own = server.token("app", &[("grant_type", "client_credentials"), ("scope", "write")]).await;
    assert_eq!(own.text("scope"), "write");
}

async fn known() -> Server {
    let server = Server::start().await;
    let ada = User {
        name: Some("Ada Lovelace".into()),
        given_name: Some("Ada".into()),
        family_name: Some("Lovelace".into()),
        email: Some("ada@example.com".into()),
        email_verified: true,
        ..user("u9", "ada")
    };
    server.add_user(&ada).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn users_have_names_and_a_verified_address_at_userinfo() {
    let server = known().await;
    server.add_client(&client("app")).await;
    let tokens = server.code_flow(&Browser::of("ada"), "app", "openid profile email").await;
    let said = server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await.json();
    let expected = json!({
        "sub": "u9", "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
        "preferred_username": "ada", "email": "ada@example.com", "email_verified": true,
    });
    assert_eq!(said, expected);
    let id = claims(&tokens.text("id_token"));
    assert!(id.get("email").is_none() && id.get("name").is_none(), "Core 5.4: at userinfo only");
    let profile = server.code_flow(&Browser::of("ada"), "app", "openid email").await;
    let said = server.bearer(Method::GET, "/userinfo", &profile.text("access_token")).await.json();
    assert_eq!(said, json!({ "sub": "u9", "email": "ada@example.com", "email_verified": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_the_id_token_alone_finds_its_scopes_claims_there() {
    let server = known().await;
    server.add_client(&Client { id_token_claims: IdTokenClaims::Scope, ..client("app") }).await;
    let browser = Browser::of("ada");
    let tokens = server.code_flow(&browser, "app", "openid email").await;
    let id = claims(&tokens.text("id_token"));
    assert_eq!((&id["email"], &id["email_verified"], id.get("name")), (&json!("ada@example.com"), &json!(true), None));
    let refreshed = server.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(claims(&refreshed.text("id_token"))["email"], "ada@example.com");
    let tokens = server.code_flow(&browser, "app", "openid profile").await;
    let id = claims(&tokens.text("id_token"));
    let names = json!([id["name"], id["given_name"], id["family_name"], id["preferred_username"], id.get("email")]);
    assert_eq!(names, json!(["Ada Lovelace", "Ada", "Lovelace", "ada", null]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_may_have_jwt_in_place_of_at_jwt_and_an_id_token_is_still_none() {
    let server = Server::with(|realm| {
        realm.apis[0].typ = AccessTokenTyp::Jwt;
        realm.apis.push(claviger_core::realm::Api {
            audience: "https://strict.example".into(),
            typ: AccessTokenTyp::AtJwt,
            ..realm.apis[0].clone()
        });
    })
    .await;
    let audiences = vec!["https://api.example".to_owned(), "https://strict.example".to_owned()];
    server.add_client(&Client { audiences, ..client("app") }).await;
    let tokens = server.code_flow(&Browser::default(), "app", "openid read").await;
    let access = tokens.text("access_token");
    assert_eq!(header(&access)["typ"], "JWT");
    assert!(server.is_active("app", &access).await);
    assert_eq!(server.bearer(Method::GET, "/userinfo", &access).await.status, 200);
    let strict = [("grant_type", "client_credentials"), ("audience", "https://strict.example"), ("scope", "read")];
    let strict = server.token("app", &strict).await;
    assert_eq!(header(&strict.text("access_token"))["typ"], "at+jwt");
    // An ID token has the same typ, and is no access token; nor is an access token a hint.
    let id_token = tokens.text("id_token");
    assert!(!server.is_active("app", &id_token).await);
    assert_eq!(server.bearer(Method::GET, "/userinfo", &id_token).await.status, 401);
    server.revoke("app", &access).await;
    assert!(!server.is_active("app", &access).await);
}

async fn leaving() -> (Server, Browser) {
    let server = Server::start().await;
    let back = vec!["https://app.example/bye".to_owned()];
    server.add_client(&Client { post_logout_redirect_uris: back, ..client("leaver") }).await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("leaver", "openid")).await.code();
    (server, browser)
}

fn logout(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    format!("/logout?{}", encode(&pairs))
}

/// Says yes on the page that asks, with every field that it has.
async fn say_yes(server: &Server, browser: &Browser, page: &Reply) -> Reply {
    let names = ["csrf", "client_id", "post_logout_redirect_uri", "state"];
    let fields: Vec<_> = names.iter().filter_map(|name| Some((*name, page.hidden(name)?))).collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.send(server, Method::POST, "/logout", Some(&fields)).await
}

const BYE: &str = "https://app.example/bye";

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_with_the_client_id_returns_to_the_app_after_the_persons_yes() {
    let (server, browser) = leaving().await;
    let path = logout(&[("client_id", "leaver"), ("post_logout_redirect_uri", BYE), ("state", "s &\"")]);
    let page = browser.get(&server, &path).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (200, ""));
    assert!(
        !page.header("content-security-policy").contains("form-action"),
        "the app may send the browser on: {page:?}"
    );
    let reply = say_yes(&server, &browser, &page).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "https://app.example/bye?state=s%20%26%22"));
    browser.ask(&server, &authorize_query("leaver", "openid")).await.asks_to_sign_in();
    // The form once more has the answer of once.
    let again = say_yes(&server, &browser, &page).await;
    assert_eq!(again.header("location"), reply.header("location"));
    // Nobody is signed in, and nobody is asked: the way back is a link.
    let gone = browser.get(&server, &path).await;
    assert_eq!((gone.status.as_u16(), gone.header("location")), (200, ""));
    assert!(gone.body.contains("https://app.example/bye?state="), "{}", gone.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_returns_nowhere_else() {
    let (server, browser) = leaving().await;
    server.add_client(&client("other")).await;
    for pairs in [
        vec![("client_id", "leaver"), ("post_logout_redirect_uri", "https://app.example/bye/")],
        vec![("client_id", "leaver"), ("post_logout_redirect_uri", "https://evil.example/")],
        vec![("client_id", "other"), ("post_logout_redirect_uri", BYE)],
        vec![("client_id", "nobody"), ("post_logout_redirect_uri", BYE)],
        vec![("post_logout_redirect_uri", BYE)],
    ] {
        let page = browser.get(&server, &logout(&pairs)).await;
        assert!(page.hidden("post_logout_redirect_uri").is_none(), "{pairs:?}");
        let reply = say_yes(&server, &browser, &page).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""), "{pairs:?}");
        browser.authorize(&server, &authorize_query("leaver", "openid")).await.code();
    }
    // A hint of one client and the id of another are no way back (RP-Initiated Logout 2).
    let tokens = server.code_flow(&browser, "leaver", "openid").await;
    let id_token = tokens.text("id_token");
    let pairs = [("id_token_hint", &*id_token), ("client_id", "other"), ("post_logout_redirect_uri", BYE)];
    let reply = browser.get(&server, &logout(&pairs)).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_whose_key_has_left_the_set_leads_back_and_a_revoked_keys_does_not() {
    for is_revoked in [false, true] {
        let (server, browser) = leaving().await;
        let id_token = server.code_flow(&browser, "leaver", "openid").await.text("id_token");
        let kid = header(&id_token)["kid"].as_str().unwrap().to_owned();
        let realm = server.store.realm("test").await.unwrap().unwrap();
        server.keys().rotate(&realm).await.unwrap();
        // The successor signs, and then the key leaves the set.
        server.pass(3601);
        server.keys().tick(&realm).await.unwrap();
        server.pass(86_400 + 301);
        server.keys().tick(&realm).await.unwrap();
        if is_revoked {
            server.keys().revoke(&realm, &kid).await.unwrap();
        }
        let set = async || server.send(Method::GET, "/jwks", &[], "").await.body;
        server.until(async || !set().await.contains(&kid)).await;
        let path = logout(&[("id_token_hint", &*id_token), ("post_logout_redirect_uri", BYE)]);
        if is_revoked {
            server.until(async || browser.get(&server, &path).await.header("location").is_empty()).await;
            let reply = browser.get(&server, &path).await;
            assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""));
            continue;
        }
        let reply = browser.get(&server, &path).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, BYE));
        // For as long as a session of its time can go on, and no longer.
        server.pass(7 * 86_400);
        let reply = browser.get(&server, &path).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_has_both_kinds_from_the_first_moment_and_is_cacheable() {
    // No keys were made before: this realm's first request asks for them.
    let server = Server::start().await;
    let mut fresh = server.realm.clone();
    fresh.id = "fresh".into();
    fresh.issuer = format!("{}/fresh", server.origin);
    server.store.put_realm(&fresh, server.now()).await.unwrap();
    let found = async || server.send(Method::GET, "/fresh/jwks", &[], "").await;
    server.until(async || found().await.status == 200).await;
    let reply = found().await;
    let kinds: Vec<_> = reply.json()["keys"].as_array().unwrap().iter().map(|key| key["kty"].clone()).collect();
    assert_eq!(kinds, ["EC", "RSA"]);
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_at_revocation_and_introspection_for_those_it_was_given_to_and_is_counted() {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::JsonBody);
    })
    .await;
    server.add_client(&client("app")).await;
    server.add_client(&Client { legacy: [Legacy::JsonBody].into(), ..client("json") }).await;
    for path in ["/revoke", "/introspect"] {
        for (id, status) in [("app", 400), ("json", 200)] {
            let body = json!({ "client_id": id, "client_secret": SECRET, "token": "x" }).to_string();
            let reply = server.send(Method::POST, path, &[("content-type", "application/json")], body).await;
            assert_eq!(reply.status.as_u16(), status, "{path} {id}");
        }
    }
    let counted = server.stop_and_count().await;
    assert_eq!(counted, [(("json".to_owned(), "json-body".to_owned()), 2)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_works_and_what_is_not_served_is_not_announced() {
    let server = Server::with(|realm| realm.dialect.token.grants = [GrantType::ClientCredentials].into()).await;
    server.add_client(&client("app")).await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
    for absent in ["authorization_endpoint", "end_session_endpoint", "response_types_supported"] {
        assert!(metadata.get(absent).is_none(), "{absent}");
    }
    for path in ["/authorize", "/logout"] {
        assert_eq!(server.send(Method::GET, path, &[], "").await.status, 404, "{path}");
    }
    for grant in ["authorization_code", "refresh_token", "password"] {
        server.token("app", &[("grant_type", grant)]).await.refused(400, "unsupported_grant_type");
    }
    assert_eq!(server.token("app", &[("grant_type", "client_credentials")]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_body_counts_for_confidential_clients_also_where_public_ones_send_it_in_vain() {
    let server = Server::with(|realm| {
        realm.dialect.token.ignore = ["client_secret".to_owned()].into();
    })
    .await;
    server.add_client(&client("app")).await;
    server.add_client(&Client { kind: ClientKind::Public, grants: code_only(), ..client("phone") }).await;
    let own = [("grant_type", "client_credentials"), ("client_id", "app")];
    let with_secret = |secret| [own[0], own[1], ("client_secret", secret)];
    assert_eq!(server.post("/token", &with_secret(SECRET)).await.status, 200);
    server.post("/token", &with_secret("wrong")).await.refused(401, "invalid_client");
    server.post("/token", &own).await.refused(401, "invalid_client");
    let tokens = server.code_flow(&Browser::default(), "phone", "read").await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    // It proves nothing: introspection is not for it.
    server.introspect("phone", &tokens.text("access_token")).await.refused(401, "invalid_client");
}
