//! Assertions of issuers whom a realm trusts, for a token (RFC 7523 2.1), and identity assertions (`oauth-id-jag+jwt`).

use crate::common::{Reply, Server, claims as claims_of, client, user};
use crate::request_objects::{Elsewhere, jwks, key};
use crate::token_exchange::{ACCESS, GRANT as EXCHANGE, JWT};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::client::{ClientKind, ExchangePolicy, GrantType};
use claviger_core::crypto::{HmacKey, sha256};
use claviger_core::dialect::OrganisationChoice;
use claviger_core::jose::{Algorithm, SigningKey, Typ};
use claviger_core::realm::{AssertionIssuer, AssertionKind, Realm, SubjectIs};
use claviger_core::span::Span;
use claviger_core::user::Organisation;
use claviger_core::{Client, ScopeSet, User};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ISSUER: &str = "https://idp.example";
const JAG: &str = "oauth-id-jag+jwt";

pub(crate) fn trusted(key: &SigningKey) -> AssertionIssuer {
    AssertionIssuer {
        issuer: ISSUER.into(),
        jwks: Some(serde_json::to_string(&jwks(key)).unwrap()),
        jwks_uri: None,
        algorithms: BTreeSet::from([Algorithm::Es256]),
        kind: AssertionKind::Jwt,
        subject: SubjectIs::Username,
        max_ttl: Span::seconds(300),
        clients: vec![],
        scope: ScopeSet::default(),
        organisation: None,
        public_clients: false,
    }
}

pub(crate) fn app(id: &str) -> Client {
    Client { grants: [GrantType::JwtBearer, GrantType::ClientCredentials].into(), ..client(id) }
}

async fn started(adapt: impl FnOnce(&mut Realm, &mut AssertionIssuer)) -> (Server, SigningKey) {
    let key = key("k1", Algorithm::Es256);
    let mut issuer = trusted(&key);
    let server = Server::with(|realm| {
        adapt(realm, &mut issuer);
        realm.assertion_issuers.push(issuer);
    })
    .await;
    server.add_client(&app("app")).await;
    (server, key)
}

/// The claims of a good assertion, each with a name of its own.
pub(crate) fn claims(server: &Server) -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let (now, jti) = (server.now() / 1000, NEXT.fetch_add(1, Ordering::Relaxed).to_string());
    json!({ "iss": ISSUER, "sub": "alice", "aud": server.realm.issuer, "exp": now + 60, "iat": now, "jti": jti })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

pub(crate) fn sign(key: &SigningKey, claims: &Value) -> String {
    key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()
}

fn sign_as(key: &SigningKey, typ: &str, claims: &Value) -> String {
    let header = json!({ "alg": key.alg().name(), "typ": typ, "kid": "k1" });
    key.sign_with_header(&header.to_string(), claims.to_string().as_bytes()).unwrap()
}

pub(crate) async fn bring(server: &Server, app: &str, assertion: &str, more: &[(&str, &str)]) -> Reply {
    let form = [("grant_type", GRANT), ("assertion", assertion)];
    server.token(app, &[form.as_slice(), more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_token_for_the_user_whom_the_issuer_names() {
    let (server, key) = started(|_, _| {}).await;
    let answer = bring(&server, "app", &sign(&key, &claims(&server)), &[("scope", "read")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none(), "{body}");
    assert_eq!((&body["scope"], body.get("issued_token_type")), (&json!("read"), None));
    let found = claims_of(&answer.text("access_token"));
    assert_eq!((&found["sub"], &found["client_id"], &found["sub_type"]), (&json!("u1"), &json!("app"), &json!("user")));
    assert_eq!((found.get("auth_time"), found.get("acr")), (None, None), "nobody signed in here");
    assert!(found["gid"].is_string());
    assert!(server.is_active("app", &answer.text("access_token")).await);
    server.store.disable_user("test", "u1", true, server.now(), server.now() + 600_000).await.unwrap();
    server.until(async || !server.is_active("app", &answer.text("access_token")).await).await;
    bring(&server, "app", &sign(&key, &claims(&server)), &[]).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_good_once_on_all_servers_and_a_refusal_does_not_use_it_up() {
    let (server, key) = started(|_, _| {}).await;
    let assertion = sign(&key, &claims(&server));
    bring(&server, "app", &assertion, &[("scope", "unknown")]).await.refused(400, "invalid_scope");
    assert_eq!(bring(&server, "app", &assertion, &[]).await.status, 200);
    let again = bring(&server, "app", &assertion, &[]).await;
    again.refused(400, "invalid_grant");
    assert!(again.text("error_description").contains("used before"), "{}", again.body);
    // The same name in another assertion is the same; another name is another.
    let first = claims(&server);
    assert_eq!(bring(&server, "app", &sign(&key, &first), &[]).await.status, 200);
    let renewed = with(first.clone(), "exp", json!(server.now() / 1000 + 90));
    bring(&server, "app", &sign(&key, &renewed), &[]).await.refused(400, "invalid_grant");
    assert_eq!(bring(&server, "app", &sign(&key, &with(first, "jti", json!("another"))), &[]).await.status, 200);
    // Of many at once one is answered.
    let assertion = sign(&key, &claims(&server));
    let all = (0..8).map(|_| bring(&server, "app", &assertion, &[]));
    let answered = futures_util::future::join_all(all).await.into_iter().filter(|answer| answer.status == 200).count();
    assert_eq!(answered, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_says_must_be_so() {
    let (server, key) = started(|_, _| {}).await;
    let now = server.now() / 1000;
    let token_endpoint = server.url("/token");
    for good in [
        with(claims(&server), "aud", json!(token_endpoint)),
        with(claims(&server), "aud", json!([server.realm.issuer, token_endpoint])),
        with(claims(&server), "exp", json!(now + 300)),
        with(claims(&server), "iat", json!(now + 20)),
        without(claims(&server), "iat"),
        with(claims(&server), "client_id", json!("whoever")),
    ] {
        let answer = bring(&server, "app", &sign(&key, &good), &[]).await;
        assert_eq!(answer.status, 200, "{good}: {}", answer.body);
    }
    for bad in [
        with(claims(&server), "iss", json!("https://other.example")),
        with(claims(&server), "iss", json!(server.realm.issuer)),
        without(claims(&server), "iss"),
        with(claims(&server), "sub", json!("nobody")),
        with(claims(&server), "sub", json!("u1")),
        with(claims(&server), "sub", json!("")),
        without(claims(&server), "sub"),
        with(claims(&server), "aud", json!("https://other.example")),
        with(claims(&server), "aud", json!(format!("{}/", server.realm.issuer))),
        with(claims(&server), "aud", json!([server.realm.issuer, "https://other.example"])),
        with(claims(&server), "aud", json!([])),
        without(claims(&server), "aud"),
        with(claims(&server), "exp", json!(now)),
        with(claims(&server), "exp", json!(now - 1)),
        with(claims(&server), "exp", json!(now + 301)),
        with(claims(&server), "exp", json!(i64::MAX)),
        with(claims(&server), "exp", json!("soon")),
        without(claims(&server), "exp"),
        with(claims(&server), "nbf", json!(now + 60)),
        with(claims(&server), "iat", json!(now + 60)),
        without(claims(&server), "jti"),
        with(claims(&server), "jti", json!("")),
        with(claims(&server), "jti", json!("j".repeat(2000))),
        json!([]),
    ] {
        bring(&server, "app", &sign(&key, &bad), &[]).await.refused(400, "invalid_grant");
    }
    server.token("app", &[("grant_type", GRANT)]).await.refused(400, "invalid_request");
    let twice = sign(&key, &claims(&server));
    bring(&server, "app", &twice, &[("assertion", &twice)]).await.refused(400, "invalid_request");
    let huge = [("grant_type", GRANT), ("assertion", &"a".repeat(9000))];
    server.token("app", &huge).await.refused(400, "invalid_request");
    for bad in ["x", "a.b", "..", "a.b.c.d", "a.b.c.d.e"] {
        bring(&server, "app", bad, &[]).await.refused(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_issuers_keys_and_algorithms_count() {
    let (server, known) = started(|_, _| {}).await;
    let body = || URL_SAFE_NO_PAD.encode(claims(&server).to_string());
    let same_name = key("k1", Algorithm::Es256);
    let other_name = key("k2", Algorithm::Es256);
    let other_algorithm = key("k1", Algorithm::EdDsa);
    for wrong in [&same_name, &other_name, &other_algorithm] {
        bring(&server, "app", &sign(wrong, &claims(&server)), &[]).await.refused(400, "invalid_grant");
    }
    // Nobody's, and the public key as a secret (RFC 8725 2.1).
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), body());
    let public = serde_json::to_string(&jwks(&known)).unwrap();
    let confused = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"k1"}"#), body());
    let tag = HmacKey::new(&sha256(public.as_bytes())).sign(confused.as_bytes());
    let confused = format!("{confused}.{}", URL_SAFE_NO_PAD.encode(tag));
    let good = sign(&known, &claims(&server));
    let (signed, _) = good.rsplit_once('.').unwrap();
    for forged in [none, confused, format!("{signed}."), format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 64]))] {
        bring(&server, "app", &forged, &[]).await.refused(400, "invalid_grant");
    }
    for typ in ["at+jwt", "dpop+jwt", "client-authentication+jwt", JAG, "logout+jwt"] {
        bring(&server, "app", &sign_as(&known, typ, &claims(&server)), &[]).await.refused(400, "invalid_grant");
    }
    assert_eq!(
        bring(&server, "app", &sign_as(&known, "authorization-grant+jwt", &claims(&server)), &[]).await.status,
        200
    );
    assert_eq!(bring(&server, "app", &good, &[]).await.status, 200, "what was forged did not use it up");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_algorithm_that_the_issuer_does_not_use_is_refused_though_its_key_fits() {
    let rsa = key("k1", Algorithm::Rs256);
    let server = Server::with(|realm| {
        realm.assertion_issuers.push(AssertionIssuer { algorithms: [Algorithm::Ps256].into(), ..trusted(&rsa) });
    })
    .await;
    server.add_client(&app("app")).await;
    bring(&server, "app", &sign(&rsa, &claims(&server)), &[]).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_lie_elsewhere_are_fetched_and_looked_for_again() {
    let (first, second) = (key("k1", Algorithm::Es256), key("k2", Algorithm::Es256));
    let elsewhere = Elsewhere::new("application/jwk-set+json", serde_json::to_string(&jwks(&first)).unwrap()).await;
    let server = Server::with(|realm| {
        realm.requests.loopback = true;
        let uri = Some(elsewhere.uri.clone());
        realm.assertion_issuers.push(AssertionIssuer { jwks: None, jwks_uri: uri, ..trusted(&first) });
    })
    .await;
    server.add_client(&app("app")).await;
    for _ in 0..3 {
        assert_eq!(bring(&server, "app", &sign(&first, &claims(&server)), &[]).await.status, 200);
    }
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 1);
    *elsewhere.answer.lock().unwrap() = serde_json::to_string(&jwks(&second)).unwrap();
    server.pass(61);
    assert_eq!(bring(&server, "app", &sign(&second, &claims(&server)), &[]).await.status, 200);
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 2);
    bring(&server, "app", &sign(&first, &claims(&server)), &[]).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_named_by_name_address_or_id_as_the_issuer_does() {
    for (subject, good, bad) in [
        (SubjectIs::Username, "Carol", "c@example.com"),
        (SubjectIs::Email, "c@example.com", "carol"),
        (SubjectIs::Id, "u3", "carol"),
    ] {
        let (server, key) = started(|_, issuer| issuer.subject = subject).await;
        let carol = User { email: Some("c@example.com".into()), email_verified: true, ..user("u3", "carol") };
        server.add_user(&carol).await;
        let ask = async |name: &str| {
            bring(&server, "app", &sign(&key, &with(claims(&server), "sub", json!(name))), &[]).await
        };
        let answer = ask(good).await;
        assert_eq!(answer.status, 200, "{subject:?}: {}", answer.body);
        assert_eq!(claims_of(&answer.text("access_token"))["sub"], "u3");
        ask(bad).await.refused(400, "invalid_grant");
        // An address that nobody confirmed, or that two have, names nobody; and no issuer names an administrator.
        if subject == SubjectIs::Email {
            ask("alice@example.com").await.refused(400, "invalid_grant");
            server.add_user(&User { id: "u4".into(), username: "other".into(), ..carol.clone() }).await;
            ask(good).await.refused(400, "invalid_grant");
        }
        server.add_user(&User { administrator: true, ..user("u5", "root") }).await;
        let root = if subject == SubjectIs::Id { "u5" } else { "root" };
        ask(root).await.refused(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_gives_what_it_may_to_the_clients_that_may_bring_it() {
    let (server, key) = started(|_, issuer| {
        issuer.clients = vec!["app".into()];
        issuer.scope = ScopeSet::parse("read").unwrap();
    })
    .await;
    server.add_client(&app("other")).await;
    let fresh = || sign(&key, &claims(&server));
    assert_eq!(bring(&server, "app", &fresh(), &[]).await.json()["scope"], "read");
    bring(&server, "app", &fresh(), &[("scope", "write")]).await.refused(400, "invalid_scope");
    bring(&server, "app", &fresh(), &[("resource", "https://nowhere.example")]).await.refused(400, "invalid_target");
    bring(&server, "other", &fresh(), &[]).await.refused(400, "invalid_grant");
    server.add_client(&client("without")).await;
    bring(&server, "without", &fresh(), &[]).await.refused(400, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_brings_them_only_where_the_issuer_lets_it() {
    for let_in in [false, true] {
        let (server, key) = started(|_, issuer| issuer.public_clients = let_in).await;
        server
            .add_client(&Client { kind: ClientKind::Public, grants: [GrantType::JwtBearer].into(), ..client("public") })
            .await;
        let assertion = sign(&key, &claims(&server));
        let form = [("client_id", "public"), ("grant_type", GRANT), ("assertion", assertion.as_str())];
        let answer = server.post("/token", &form).await;
        if let_in {
            assert_eq!(answer.status, 200, "{}", answer.body);
        } else {
            answer.refused(400, "unauthorized_client");
        }
        let nobody = [("grant_type", GRANT), ("assertion", assertion.as_str())];
        assert_eq!(server.post("/token", &nobody).await.json()["error"], "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_of_one_organisation_speaks_for_that_one() {
    for bound in [true, false] {
        let (server, key) = started(|realm, issuer| {
            realm.dialect.organisation = OrganisationChoice::One;
            issuer.organisation = bound.then(|| "acme".into());
        })
        .await;
        for id in ["acme", "apex"] {
            let organisation = Organisation { id: id.into(), name: id.into(), kind: "company".into() };
            server.store.put_organisation("test", &organisation, server.now()).await.unwrap();
        }
        let of = |id: &str, organisations: &[&str]| User {
            organisations: organisations.iter().map(|id| (*id).to_owned()).collect(),
            ..user(id, id)
        };
        for user in [of("both", &["acme", "apex"]), of("apex-only", &["apex"]), of("none", &[])] {
            server.add_user(&user).await;
        }
        let ask = async |name: &str| {
            let answer = bring(&server, "app", &sign(&key, &with(claims(&server), "sub", json!(name))), &[]).await;
            if answer.status == 200 {
                claims_of(&answer.text("access_token"))["org"].clone()
            } else {
                answer.json()["error"].clone()
            }
        };
        let expected = if bound {
            [json!(["acme"]), json!("invalid_grant"), json!("invalid_grant")]
        } else {
            [json!("invalid_grant"), json!(["apex"]), Value::Null]
        };
        assert_eq!([ask("both").await, ask("apex-only").await, ask("none").await], expected, "bound: {bound}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_assertion_names_its_client_and_what_it_is_for() {
    let (server, key) = started(|_, issuer| issuer.kind = AssertionKind::IdJag).await;
    server.add_client(&app("other")).await;
    let jag = || {
        let claims = with(with(claims(&server), "client_id", json!("app")), "scope", json!("read write unknown"));
        with(claims, "resource", json!("https://api.example"))
    };
    let answer = bring(&server, "app", &sign_as(&key, JAG, &jag()), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        (&answer.json()["scope"], &claims_of(&answer.text("access_token"))["aud"]),
        (&json!("read write"), &json!("https://api.example"))
    );
    let less = bring(&server, "app", &sign_as(&key, JAG, &jag()), &[("scope", "read")]).await;
    assert_eq!(less.json()["scope"], "read");
    bring(&server, "app", &sign_as(&key, JAG, &jag()), &[("scope", "openid")]).await.refused(400, "invalid_scope");
    let elsewhere = [("resource", server.realm.issuer.as_str())];
    bring(&server, "app", &sign_as(&key, JAG, &jag()), &elsewhere).await.refused(400, "invalid_target");
    for (who, typ, claims) in [
        ("other", JAG, jag()),
        ("app", "JWT", jag()),
        ("app", JAG, without(jag(), "client_id")),
        ("app", JAG, with(jag(), "client_id", json!(["app"]))),
        ("app", JAG, with(jag(), "aud", json!(server.url("/token")))),
        ("app", JAG, with(jag(), "resource", json!(1))),
        ("app", JAG, with(jag(), "scope", json!(["read"]))),
    ] {
        bring(&server, who, &sign_as(&key, typ, &claims), &[]).await.refused(400, "invalid_grant");
    }
}

/// RFC 8693 3: a JWT of such an issuer as the subject of an exchange.
#[tokio::test(flavor = "multi_thread")]
async fn such_an_assertion_is_exchanged_by_who_may() {
    let (server, key) = started(|realm, _| realm.tokens.token_exchange = true).await;
    let policy = ExchangePolicy {
        issuers: vec![ISSUER.into()],
        acting: claviger_core::client::Acting::Either,
        ..ExchangePolicy::default()
    };
    let grants = [GrantType::TokenExchange, GrantType::ClientCredentials].into();
    server.add_client(&Client { grants, token_exchange: Some(Box::new(policy)), ..client("backend") }).await;
    let ask = async |token: &str, more: &[(&str, &str)]| {
        let form = [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", JWT)];
        server.token("backend", &[form.as_slice(), more].concat()).await
    };
    let own = server.token("backend", &[("grant_type", "client_credentials")]).await.text("access_token");
    let act = json!({ "sub": "before", "iss": ISSUER });
    let said = with(with(claims(&server), "may_act", json!({ "sub": "backend" })), "act", act.clone());
    let assertion = sign(&key, &said);
    let answer = ask(&assertion, &[("actor_token", &own), ("actor_token_type", ACCESS), ("scope", "read")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let found = claims_of(&answer.text("access_token"));
    assert_eq!((&found["sub"], &found["act"]), (&json!("u1"), &json!({ "sub": "backend", "act": act })));
    assert_eq!(found["exp"].as_i64(), Some(server.now() / 1000 + 60), "no later than what it came of");
    ask(&assertion, &[]).await.refused(400, "invalid_request");
    for bad in [
        with(claims(&server), "may_act", json!({ "sub": "other" })),
        with(claims(&server), "iss", json!("https://other.example")),
        with(claims(&server), "sub", json!("nobody")),
        with(claims(&server), "exp", json!(server.now() / 1000)),
        with(
            claims(&server),
            "act",
            json!({ "sub": "5", "act": { "sub": "4", "act": { "sub": "3", "act": { "sub": "2", "act": { "sub": "1" } } } } }),
        ),
    ] {
        ask(&sign(&key, &bad), &[]).await.refused(400, "invalid_request");
    }
    bring(&server, "backend", &sign(&key, &claims(&server)), &[]).await.refused(400, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_listed_where_some_issuer_counts() {
    let (with_issuer, _) = started(|_, _| {}).await;
    let without = Server::start().await;
    for (server, is_there) in [(&with_issuer, true), (&without, false)] {
        let found = server.send(reqwest::Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
        assert_eq!(found["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)), is_there);
    }
    without.add_client(&app("app")).await;
    bring(&without, "app", "x", &[]).await.refused(400, "unsupported_grant_type");
}
