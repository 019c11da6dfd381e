//! The server as a resource, revocation, introspection, metadata (lines 74 to 89, as far as they are served).

use crate::common::{Browser, Reply, SECRET, Server, claims, client, redemption, with};
use claviger_core::Client;
use claviger_core::client::ClientKind;
use claviger_core::dialect::ErrorVocabulary;
use claviger_core::jose::Algorithm;
use claviger_core::realm::{AccessTokenFormat, Api, Realm};
use reqwest::Method;

async fn started_with(adapt: impl FnOnce(&mut Realm)) -> (Server, Reply) {
    let server = Server::with(adapt).await;
    server.add_client(&client("app")).await;
    server.add_client(&client("other")).await;
    server.add_client(&Client { resource_server: Some("https://api.example".into()), ..client("api") }).await;
    let tokens = server.code_flow(&Browser::default(), "app", "openid profile read").await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    (server, tokens)
}

async fn started() -> (Server, Reply) {
    started_with(|_| {}).await
}

async fn userinfo(server: &Server, authorization: &str) -> Reply {
    server.send(Method::GET, "/userinfo", &[("authorization", authorization)], "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_asks_for_a_good_token_with_the_scope_openid() {
    let (server, tokens) = started().await;
    let access = tokens.text("access_token");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(userinfo(&server, &format!("{scheme} {access}")).await.status, 200);
    }
    for nothing in [&[][..], &[("authorization", "Basic eDp5")], &[("authorization", "Bearer")]] {
        let reply = server.send(Method::GET, "/userinfo", nothing, "").await;
        assert_eq!((reply.status.as_u16(), reply.header("www-authenticate")), (401, "Bearer realm=\"test\""));
        assert_eq!((reply.header("cache-control"), reply.body.as_str()), ("no-store", ""), "no error code anywhere");
    }
    let invalid = |reply: &Reply| {
        assert_eq!(reply.status, 401, "{}", reply.body);
        assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""));
        assert_eq!(reply.header("cache-control"), "no-store");
    };
    for bad in
        ["x", "a.b.c", &access[1..], &format!("{access}A"), &tokens.text("id_token"), &tokens.text("refresh_token")]
    {
        invalid(&userinfo(&server, &format!("Bearer {bad}")).await);
    }
    let machine = server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    for token in
        [machine.text("access_token"), server.code_flow(&Browser::default(), "app", "read").await.text("access_token")]
    {
        let reply = userinfo(&server, &format!("Bearer {token}")).await;
        assert_eq!(reply.status, 403, "{}", reply.body);
        assert!(reply.header("www-authenticate").contains("error=\"insufficient_scope\""));
    }
    server.pass(600);
    invalid(&userinfo(&server, &format!("Bearer {access}")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_sent_once_and_never_in_the_url() {
    let (server, tokens) = started().await;
    let access = tokens.text("access_token");
    let bearer = format!("Bearer {access}");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("access_token={access}");
    for (method, path, headers, body) in [
        (Method::GET, format!("/userinfo?access_token={access}"), vec![], String::new()),
        (Method::GET, format!("/userinfo?access%5ftoken={access}"), vec![], String::new()),
        (
            Method::GET,
            format!("/userinfo?x=1&access_token={access}"),
            vec![("authorization", bearer.as_str())],
            String::new(),
        ),
        (Method::POST, "/userinfo".into(), vec![form, ("authorization", bearer.as_str())], body.clone()),
        (
            Method::GET,
            "/userinfo".into(),
            vec![("authorization", bearer.as_str()), ("authorization", bearer.as_str())],
            String::new(),
        ),
    ] {
        let reply = server.send(method, &path, &headers, body).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(reply.header("www-authenticate").contains("error=\"invalid_request\""));
    }
    assert_eq!(server.send(Method::POST, "/userinfo", &[form], body).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_api_is_not_active_there() {
    let (server, tokens) = started_with(|realm| {
        realm.apis.push(Api { audience: "https://two.example".into(), ..realm.apis[0].clone() });
    })
    .await;
    server.add_client(&Client { resource_server: Some("https://two.example".into()), ..client("two") }).await;
    let access = tokens.text("access_token");
    assert!(server.is_active("api", &access).await);
    assert!(!server.is_active("two", &access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apis_own_words_where_the_contract_has_some() {
    let (server, tokens) = started_with(|realm| {
        realm.dialect.api.errors = ErrorVocabulary::Codes {
            invalid: "InvalidAccessToken".into(),
            expired: "AccessTokenExpired".into(),
            revoked: "AccessTokenRevoked".into(),
        };
    })
    .await;
    let second = server.code_flow(&Browser::default(), "app", "openid read").await;
    let ask = async |token: &str| userinfo(&server, &format!("Bearer {token}")).await;
    let said = |reply: &Reply| reply.json()["errors"][0]["Code"].as_str().unwrap().to_owned();
    server.revoke("app", &tokens.text("access_token")).await;
    assert_eq!(said(&ask("x").await), "InvalidAccessToken");
    assert_eq!(said(&ask(&tokens.text("access_token")).await), "AccessTokenRevoked");
    server.pass(600);
    assert_eq!(said(&ask(&second.text("access_token")).await), "AccessTokenExpired");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_says_200_and_touches_nobody_elses_tokens() {
    let (server, tokens) = started().await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    for unknown in ["x", "a.b.c", "cvr_AAAA", "cva_AAAA", &access[1..]] {
        let reply = server.revoke("app", unknown).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, ""));
    }
    for token in [&access, &refresh] {
        assert_eq!(server.revoke("other", token).await.status, 200);
    }
    assert!(server.is_active("app", &access).await);
    assert_eq!(server.refresh("app", &refresh).await.status, 200);
    server.post("/revoke", &[("client_id", "app"), ("client_secret", SECRET)]).await.refused(400, "invalid_request");
    server.post("/revoke", &[("token", access.as_str())]).await.refused(401, "invalid_client");
    let wrong = [("client_id", "app"), ("client_secret", "x"), ("token", access.as_str())];
    server.post("/revoke", &wrong).await.refused(401, "invalid_client");
}

async fn revoke_both_ways(format: AccessTokenFormat) {
    let (server, tokens) = started_with(|realm| realm.tokens.access_token = format).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let next = server.refresh("app", &refresh).await;
    // An access token alone.
    server.revoke("app", &access).await;
    assert!(!server.is_active("app", &access).await);
    assert!(server.is_active("app", &next.text("access_token")).await);
    // A refresh token takes all with it, a hint that is wrong or not.
    let form = [
        ("client_id", "app"),
        ("client_secret", SECRET),
        ("token", &next.text("refresh_token")),
        ("token_type_hint", "access_token"),
    ];
    assert_eq!(server.post("/revoke", &form).await.status, 200);
    assert!(!server.is_active("app", &next.text("access_token")).await);
    server.refresh("app", &next.text("refresh_token")).await.refused(400, "invalid_grant");
    assert_eq!(userinfo(&server, &format!("Bearer {}", next.text("access_token"))).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_refresh_token_kills_its_access_tokens_signed() {
    revoke_both_ways(AccessTokenFormat::Jwt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_refresh_token_kills_its_access_tokens_opaque() {
    revoke_both_ways(AccessTokenFormat::Opaque).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_revokes_its_own() {
    let (server, _) = started().await;
    server.add_client(&Client { kind: ClientKind::Public, ..client("phone") }).await;
    let query = with(crate::common::authorize_query("phone", "read"), "state", "s");
    let code = Browser::default().authorize(&server, &query).await.code();
    let mut form = vec![("client_id", "phone")];
    form.extend(redemption(&code));
    let tokens = server.post("/token", &form).await;
    let refresh = tokens.text("refresh_token");
    assert_eq!(server.post("/revoke", &[("client_id", "phone"), ("token", refresh.as_str())]).await.status, 200);
    assert!(!server.is_active("api", &tokens.text("access_token")).await);
    // But it may not introspect: it has proved nothing.
    let ask = [("client_id", "phone"), ("token", refresh.as_str())];
    server.post("/introspect", &ask).await.refused(401, "invalid_client");
}

/// RFC 7662 2.2: what could be used now is active, for whom it was given to and for nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_active_for_its_client_while_it_could_be_used() {
    let (server, tokens) = started_with(|_| {}).await;
    let inactive = r#"{"active":false}"#;
    let first = tokens.text("refresh_token");
    let said = server.introspect("app", &first).await.json();
    assert_eq!((&said["active"], &said["sub"], &said["client_id"]), (&true.into(), &"u1".into(), &"app".into()));
    assert_eq!((&said["scope"], &said["sub_type"]), (&"openid profile read".into(), &"user".into()));
    assert!(said["exp"].as_i64().unwrap() > server.now() / 1000 && said["token_type"].is_null(), "{said}");
    for other in ["api", "other"] {
        assert_eq!(server.introspect(other, &first).await.body, inactive, "{other}");
    }
    let mut forged = first.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    assert_eq!(server.introspect("app", &forged).await.body, inactive);
    let second = server.refresh("app", &first).await.text("refresh_token");
    assert_eq!(server.introspect("app", &first).await.body, inactive, "it is spent");
    assert!(server.is_active("app", &second).await);
    assert_eq!(server.revoke("app", &second).await.status, 200);
    assert_eq!(server.introspect("app", &second).await.body, inactive);
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_for_the_api_and_the_client_itself() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let (server, tokens) = started_with(|realm| realm.tokens.access_token = format).await;
        let access = tokens.text("access_token");
        assert_eq!(access.starts_with("cva_"), format == AccessTokenFormat::Opaque);
        server.post("/introspect", &[("token", access.as_str())]).await.refused(401, "invalid_client");
        let ask = [("client_id", "app"), ("client_secret", "x"), ("token", access.as_str())];
        server.post("/introspect", &ask).await.refused(401, "invalid_client");
        server
            .post("/introspect", &[("client_id", "app"), ("client_secret", SECRET)])
            .await
            .refused(400, "invalid_request");
        let reply = server.introspect("api", &access).await;
        let said = reply.json();
        assert_eq!((&said["active"], &said["sub"], &said["client_id"]), (&true.into(), &"u1".into(), &"app".into()));
        assert_eq!(said["sub_type"], "user");
        assert_eq!((&said["scope"], &said["aud"]), (&"openid profile read".into(), &"https://api.example".into()));
        assert_eq!(said["exp"].as_i64(), Some(server.now() / 1000 + 600));
        assert_eq!(reply.header("cache-control"), "no-store");
        let inactive = r#"{"active":false}"#;
        assert_eq!(server.introspect("other", &access).await.body, inactive, "neither its API nor its client");
        for unknown in ["x", "a.b.c", &access[1..], &tokens.text("refresh_token"), &tokens.text("id_token")] {
            assert_eq!(server.introspect("api", unknown).await.body, inactive);
        }
        server.pass(600);
        assert_eq!(server.introspect("api", &access).await.body, inactive);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_are_true_and_at_both_places() {
    let server = Server::with(|realm| {
        realm.issuer.push_str("/identity");
        realm.tokens.signing = Algorithm::Rs256;
    })
    .await;
    let places = [
        "/identity/.well-known/openid-configuration",
        "/.well-known/openid-configuration/identity",
        "/identity/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/identity",
    ];
    let mut all = Vec::new();
    for place in places {
        let reply = server.send(Method::GET, place, &[("x-forwarded-host", "evil.example")], "").await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"), "{place}");
        all.push(reply.body);
    }
    assert!(all.iter().all(|body| *body == all[0]));
    let metadata: serde_json::Value = serde_json::from_str(&all[0]).unwrap();
    assert_eq!(metadata["issuer"], format!("{}/identity", server.origin));
    for (name, value) in metadata.as_object().unwrap() {
        let url = value.as_str().filter(|_| name.ends_with("_endpoint") || name == "jwks_uri");
        let Some(url) = url else { continue };
        assert!(url.starts_with(metadata["issuer"].as_str().unwrap()), "{name}: {url}");
        let reply = server.send(Method::GET, url.strip_prefix(&server.origin).unwrap(), &[], "").await;
        assert_ne!(reply.status, 404, "{name} is served");
    }
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let supported = ["authorization_code", "refresh_token", "client_credentials", device];
    assert_eq!(metadata["grant_types_supported"], serde_json::json!(supported));
    assert_eq!(server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_holds_public_keys_that_verify_what_was_signed() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256] {
        let server = Server::with(|realm| realm.tokens.signing = algorithm).await;
        server.add_client(&client("app")).await;
        let token = server.token("app", &[("grant_type", "client_credentials")]).await.text("access_token");
        let keys = server.send(Method::GET, "/jwks", &[], "").await;
        assert_eq!(keys.header("content-type"), "application/jwk-set+json");
        let keys = keys.json();
        let keys = keys["keys"].as_array().unwrap();
        let header = header(&token);
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!((&key["alg"], &header["typ"]), (&header["alg"], &"at+jwt".into()));
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(keys.iter().all(|key| key.get(private).is_none()), "{private}");
        }
        assert_eq!(claims(&token)["iss"], server.realm.issuer);
    }
}

fn header(token: &str) -> serde_json::Value {
    let mut parts = token.split('.');
    let head = parts.next().unwrap();
    claims(&format!("x.{head}.x"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_of_revocations_is_for_apis_and_wakes_those_who_wait() {
    let (server, tokens) = started().await;
    let feed = async |id: &str, query: &str| {
        let request = server.http.get(server.url(&format!("/revocations{query}"))).basic_auth(id, Some(SECRET));
        Reply::of(request.send().await.unwrap()).await
    };
    feed("app", "").await.refused(400, "unauthorized_client");
    assert_eq!(server.send(Method::GET, "/revocations", &[], "").await.status, 401);
    for bad in ["?after=x", "?after=-1", "?wait=99999999999999999999", "?after=1.5"] {
        feed("api", bad).await.refused(400, "invalid_request");
    }
    // Numbers go on from the time in microseconds after a restore; one that nobody gave out means: start over.
    assert_eq!(feed("api", "?after=1800000000000000").await.json()["reset"], true);
    let before = feed("api", "?after=0").await.json();
    let behind = format!("?after={}&wait=20", before["seq"]);
    let (waiting, _) =
        tokio::join!(feed("api", &behind), async { server.revoke("app", &tokens.text("refresh_token")).await });
    let items = waiting.json()["items"].clone();
    let gid = claims(&tokens.text("access_token"))["gid"].clone();
    assert!(items.as_array().unwrap().iter().any(|item| item["kind"] == "grant" && item["value"] == gid), "{items}");
}
