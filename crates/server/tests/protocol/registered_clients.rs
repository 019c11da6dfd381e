//! What a client registered about itself, and what that does: sign-in, consent, the first page, software statements.

use crate::assertions::mac;
use crate::common::{Browser, Server, authorize_query, claims, client, plus, with};
use crate::registration::{and, manage, open, register, registered, usual};
use claviger_core::Client;
use claviger_core::client::Registered;
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, Typ};
use claviger_core::realm::SoftwareIssuer;
use claviger_core::response::ResponseType;
use claviger_store::SecretKind;
use reqwest::Method;
use serde_json::{Value, json};

fn id(client: &Value) -> &str {
    client["client_id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn response_types_that_are_registered_are_the_only_ones() {
    let server = Server::start().await;
    let registered = Registered { response_types: Some([ResponseType::TOKEN].into()), ..Registered::default() };
    server.add_client(&Client { registered, ..client("app") }).await;
    Browser::default().ask(&server, &authorize_query("app", "read")).await.sent_back(&server, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_age_and_class_count_where_the_request_says_nothing() {
    let server = Server::start().await;
    let registered = Registered {
        default_max_age: Some(60),
        require_auth_time: true,
        default_acr_values: vec!["1".to_owned()],
        ..Registered::default()
    };
    server.add_client(&Client { registered, ..client("app") }).await;
    let browser = Browser::default();
    let code = browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    let tokens = server.redeem("app", &code).await;
    let first = claims(&tokens.text("id_token"));
    assert_eq!((first["auth_time"].as_i64(), first["acr"].as_str()), (Some(server.now() / 1000), Some("1")));
    server.pass(59);
    browser.ask(&server, &authorize_query("app", "openid")).await.code();
    server.pass(2);
    browser.ask(&server, &authorize_query("app", "openid")).await.asks_to_sign_in();
    let none = with(authorize_query("app", "openid"), "prompt", "none");
    browser.ask(&server, &none).await.sent_back(&server, "login_required");
    // The request's own word goes before.
    browser.ask(&server, &plus(authorize_query("app", "openid"), "max_age", "3600")).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_shows_links_with_their_hosts_and_nothing_of_other_origins() {
    let server = open(|_| {}).await;
    let metadata = json!({
        "client_uri": "https://app.example/", "policy_uri": "https://legal.example/policy",
        "tos_uri": "https://legal.example/terms", "logo_uri": "https://app.example/logo.png",
    });
    let told = registered(&server, &and(usual(), metadata)).await;
    let browser = Browser::default();
    let page =
        browser.get_past_sign_in(&server, browser.ask(&server, &authorize_query(id(&told), "openid")).await).await;
    page.asks_for_consent();
    for (url, host) in [("https://app.example/", "app.example"), ("https://legal.example/policy", "legal.example")] {
        let href = format!("href=\"{url}\" rel=\"noopener noreferrer");
        assert!(page.body.contains(&href), "{url}: {}", page.body);
        assert!(page.body.contains(&format!("<bdi class=\"muted\">{host}</bdi>")), "{host}");
    }
    assert!(!page.body.contains("<img class=\"app-logo\""), "nobody vouches for the picture");
    let logo = server.send(Method::GET, &format!("/-/app-logo?client_id={}", id(&told)), &[], "").await;
    assert_eq!(logo.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_the_persons_language_is_shown() {
    let server = open(|realm| realm.languages = vec!["en".into(), "de".into()]).await;
    let told = registered(&server, &and(usual(), json!({ "client_name#de": "Planer" }))).await;
    for (language, name) in [("de-AT", "Planer"), ("en", "Planner")] {
        let browser = Browser::reading(language);
        let page = browser.ask(&server, &authorize_query(id(&told), "openid")).await;
        let page = browser.get_past_sign_in(&server, page).await;
        page.asks_for_consent();
        assert!(page.body.contains(&format!("<bdi>{name}</bdi>")), "{language}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_begins_a_sign_in_from_the_first_page() {
    let server = open(|_| {}).await;
    let own = Registered { initiate_login_uri: Some("https://own.example/login?a=b".into()), ..Registered::default() };
    server.add_client(&Client { registered: own, ..client("own") }).await;
    server.add_client(&client("silent")).await;
    let told = registered(&server, &and(usual(), json!({ "initiate_login_uri": "https://app.example/login" }))).await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("own", "openid")).await.code();
    let issuer = server.origin.replace(':', "%3A").replace('/', "%2F");
    let link = |base: &str| format!("href=\"{base}iss={issuer}\"");
    let home = async |browser: &Browser| browser.get(&server, "/-/sign-in").await.body.replace("&amp;", "&");
    let page = home(&browser).await;
    assert!(page.contains(&link("https://own.example/login?a=b&")), "{page}");
    assert!(!page.contains("https://app.example"), "nobody vouches for it: {page}");
    // Once the person allowed it something, it is theirs.
    browser.authorize(&server, &authorize_query(id(&told), "openid")).await.code();
    let page = home(&browser).await;
    assert!(page.contains(&link("https://app.example/login?")), "{page}");
    // Who is not signed in is offered nothing.
    let page = home(&Browser::default()).await;
    assert!(!page.contains("own.example"), "{page}");
}

struct Issuer {
    key: SigningKey,
    jwks: String,
}

impl Issuer {
    fn new() -> Self {
        let der = SigningKey::generate(Algorithm::Es256).unwrap();
        let key = SigningKey::from_pkcs8(Algorithm::Es256, Some("k"), der.expose()).unwrap();
        let jwks = serde_json::to_string(&JwkSet { keys: vec![key.public_jwk().clone()] }).unwrap();
        Self { key, jwks }
    }

    fn states(&self, claims: &Value) -> String {
        self.key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_software_statement_goes_before_the_clients_own_words() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let server = open(|realm| {
        realm.registration.require_software_statement = true;
        realm.registration.software_issuers =
            vec![SoftwareIssuer { issuer: "https://trust.example".into(), jwks: issuer.jwks.clone() }];
    })
    .await;
    let now = server.now() / 1000;
    let good = json!({ "iss": "https://trust.example", "iat": now, "exp": now + 60, "software_id": "planner",
        "client_name": "The Planner", "redirect_uris": ["https://planner.example/cb"] });
    let with = |statement: String| and(usual(), json!({ "software_statement": statement, "client_name": "Another" }));
    let changed = |more: Value| and(good.clone(), more);
    for (code, statement) in [
        ("invalid_software_statement", "nonsense".to_owned()),
        ("invalid_software_statement", other.states(&good)),
        ("invalid_software_statement", issuer.states(&changed(json!({ "exp": now })))),
        ("invalid_software_statement", issuer.states(&changed(json!({ "exp": "soon" })))),
        ("invalid_software_statement", issuer.states(&changed(json!({ "nbf": now + 3600 })))),
        ("invalid_software_statement", issuer.states(&changed(json!({ "iat": now + 3600 })))),
        ("invalid_software_statement", issuer.states(&changed(json!({ "aud": "https://elsewhere.example" })))),
        ("invalid_software_statement", issuer.states(&json!({ "software_id": "planner" }))),
        ("unapproved_software_statement", other.states(&changed(json!({ "iss": "https://other.example" })))),
        ("invalid_redirect_uri", issuer.states(&changed(json!({ "redirect_uris": ["http://planner.example/"] })))),
    ] {
        register(&server, &with(statement)).await.refused(400, code);
    }
    let unsigned = {
        let part = |value: &Value| claviger_core::jose::base64url(value.to_string().as_bytes());
        format!("{}.{}.", part(&json!({ "alg": "none" })), part(&good))
    };
    register(&server, &with(unsigned)).await.refused(400, "invalid_software_statement");
    register(&server, &usual()).await.refused(400, "invalid_client_metadata");
    let statement = issuer.states(&good);
    let told = registered(&server, &with(statement.clone())).await;
    assert_eq!((told["client_name"].as_str(), told["software_id"].as_str()), (Some("The Planner"), Some("planner")));
    assert_eq!(told["redirect_uris"], json!(["https://planner.example/cb"]));
    assert_eq!(told["software_statement"], statement.as_str());
    // A change needs it as well.
    let put = and(usual(), json!({ "client_id": id(&told) }));
    manage(&server, &told, Method::PUT, Some(&put)).await.refused(400, "invalid_client_metadata");
}

/// Serves one answer, however often it is asked.
async fn serves(media: &'static str, body: Vec<u8>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/logo", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 2048];
            let _ = stream.read(&mut head).await;
            let size = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {media}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
        }
    });
    uri
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_sector_says_is_asked_for_before_a_client_is_stored() {
    let server = open(|realm| realm.requests.loopback = true).await;
    let good = serves("application/json", br#"["https://app.example/cb", "https://other.example/cb"]"#.to_vec()).await;
    let few = serves("application/json", br#"["https://other.example/cb"]"#.to_vec()).await;
    let page = serves("text/html", b"<p>".to_vec()).await;
    let pairwise = |uri: &str| and(usual(), json!({ "subject_type": "pairwise", "sector_identifier_uri": uri }));
    for uri in [&few, &page, "http://127.0.0.1:1/", "https://10.0.0.1/sector"] {
        let reply = register(&server, &pairwise(uri)).await;
        reply.refused(400, "invalid_client_metadata");
        assert!(reply.text("error_description").starts_with("sector_identifier_uri: "), "{}", reply.body);
    }
    assert_eq!(server.store.list_clients("test", None, "", 9).await.unwrap().len(), 0);
    let two = json!({ "redirect_uris": ["https://app.example/cb", "https://other.example/cb"] });
    let told = registered(&server, &and(pairwise(&good), two)).await;
    assert_eq!((&told["subject_type"], &told["sector_identifier_uri"]), (&json!("pairwise"), &json!(good)));
    let put = and(pairwise(&few), json!({ "client_id": id(&told) }));
    manage(&server, &told, Method::PUT, Some(&put)).await.refused(400, "invalid_client_metadata");
    assert_eq!(manage(&server, &told, Method::GET, None).await.json()["sector_identifier_uri"], good);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_kept_as_the_method_needs_it() {
    let server = open(|_| {}).await;
    let kinds = async |client: &Value| {
        let (_, secrets) = server.store.client_with_secrets("test", id(client)).await.unwrap().unwrap();
        secrets.into_iter().map(|secret| secret.kind).collect::<Vec<_>>()
    };
    let by = |method: &str| and(usual(), json!({ "token_endpoint_auth_method": method }));
    let told = registered(&server, &by("client_secret_jwt")).await;
    assert_eq!(kinds(&told).await, [SecretKind::Sealed]);
    let secret = told["client_secret"].as_str().unwrap().to_owned();
    let now = server.now() / 1000;
    let claims = json!({ "iss": id(&told), "sub": id(&told), "aud": server.realm.issuer, "exp": now + 60, "jti": "1" });
    let assertion = mac(&secret, &claims);
    let type_of = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = [("client_assertion_type", type_of), ("client_assertion", &assertion), ("token", "x")];
    assert_eq!(server.post("/revoke", &form).await.status, 200);
    // Its secret stays where it names it, and is another one where it is kept in another way.
    let put = |method: &str, secret: &str| and(by(method), json!({ "client_id": id(&told), "client_secret": secret }));
    let reply = manage(&server, &told, Method::PUT, Some(&put("client_secret_jwt", &secret))).await;
    assert_eq!((reply.status.as_u16(), reply.text("client_secret")), (200, secret.clone()));
    manage(&server, &told, Method::PUT, Some(&put("client_secret_jwt", "x")))
        .await
        .refused(400, "invalid_client_metadata");
    let reply = manage(&server, &told, Method::PUT, Some(&put("client_secret_basic", &secret))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_ne!(reply.text("client_secret"), secret);
    assert!(kinds(&told).await.contains(&SecretKind::Hmac));
    // Who signs with a key of its own has none.
    let keys = and(by("private_key_jwt"), json!({ "jwks_uri": "https://app.example/jwks" }));
    let told = registered(&server, &keys).await;
    assert_eq!((told.get("client_secret"), told.get("client_secret_expires_at")), (None, None));
    assert_eq!(kinds(&told).await, []);
}

/// A PNG of one pixel.
fn pixel() -> Vec<u8> {
    use base64::Engine;
    const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGM4ISLyHwAEiAHwkp1qPAAAAABJRU5ErkJggg==";
    base64::engine::general_purpose::STANDARD.decode(PNG).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_fetched_beside_the_requests_and_served_from_here() {
    let server = open(|realm| {
        realm.requests.loopback = true;
        realm.registration.show_unproven = true;
    })
    .await;
    let good = serves("image/png", pixel()).await;
    let svg = serves("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()).await;
    let told = registered(&server, &and(usual(), json!({ "logo_uri": good }))).await;
    let other = registered(&server, &and(usual(), json!({ "logo_uri": svg }))).await;
    let browser = Browser::default();
    let consent = async |client: &Value| {
        let page = browser.ask(&server, &authorize_query(id(client), "openid")).await;
        page.asks_for_consent();
        page
    };
    let page = browser.ask(&server, &authorize_query(id(&told), "openid")).await;
    browser.get_past_sign_in(&server, page).await.asks_for_consent();
    assert!(!consent(&told).await.body.contains("app-logo?"), "the first page does not wait for it");
    assert!(!consent(&other).await.body.contains("app-logo?"));
    server.until(|| async { server.store.logo("test", id(&told)).await.unwrap().is_some() }).await;
    let page = consent(&told).await;
    assert!(page.body.contains("class=\"app-logo\"") && !page.body.contains("127.0.0.1:1"), "{}", page.body);
    let picture = server.send(Method::GET, &format!("/-/app-logo?client_id={}", id(&told)), &[], "").await;
    assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, "image/png"));
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert!(server.store.logo("test", id(&other)).await.unwrap().is_none(), "never SVG");
    // Another picture takes its place, and a removed client leaves none.
    assert_eq!(manage(&server, &told, Method::DELETE, None).await.status, 204);
    assert!(server.store.logo("test", id(&told)).await.unwrap().is_none());
}
