//! The vendor's own pages in the place of ours: an app that answers challenges, and a browser that goes there and back.

use crate::common::{Browser, CALLBACK, Reply, Server, authorize_query, claims, client, encode, plus, user, with};
use claviger_core::Client;
use claviger_core::client::{ClientKind, GrantType};
use claviger_core::dialect::OrganisationChoice;
use claviger_core::realm::{LoginApp, Realm};
use claviger_core::user::Organisation;
use claviger_server::http::{Limits, serve};
use claviger_server::telemetry::Management;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

const LOGIN: &str = "https://vendor.example/login?tenant=1";
const CONSENT: &str = "https://vendor.example/consent";
const LOGOUT: &str = "https://vendor.example/logout";
const BYE: &str = "https://app.example/bye";
/// Of which the realm knows the SHA-256.
const TOKEN: &str = "token";
const DIGEST: &str = "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0";

/// A server whose realm has a login app, and the app, which knows the management address.
struct Vendor {
    server: Server,
    base: String,
    token: Option<&'static str>,
    _stop: watch::Sender<bool>,
}

fn app() -> LoginApp {
    LoginApp {
        login_url: LOGIN.into(),
        consent_url: CONSENT.into(),
        logout_url: Some(LOGOUT.into()),
        token_sha256: vec![DIGEST.into()],
        ..LoginApp::default()
    }
}

impl Vendor {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(adapt: impl FnOnce(&mut Realm)) -> Self {
        let server = Server::with(|realm| {
            realm.login_app = Some(app());
            adapt(realm);
        })
        .await;
        server.add_client(&Client { post_logout_redirect_uris: vec![BYE.into()], ..client("app") }).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/realms/test", listener.local_addr().unwrap());
        let (stop, stopped) = watch::channel(false);
        let management = Management { state: Arc::clone(&server.state), tls: None };
        tokio::spawn(serve(listener, management, Limits::default(), stopped));
        Self { server, base, token: Some(TOKEN), _stop: stop }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Reply {
        let mut request = self.server.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        if method == Method::PUT {
            request = request.json(&body);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// What the app reads of a challenge.
    async fn told(&self, kind: &str, challenge: &str) -> Value {
        let reply = self.ask(kind, challenge).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }

    async fn ask(&self, kind: &str, challenge: &str) -> Reply {
        let path = format!("/admin/oauth2/auth/requests/{kind}?{kind}_challenge={challenge}");
        self.call(Method::GET, &path, Value::Null).await
    }

    async fn say(&self, kind: &str, act: &str, challenge: &str, body: Value) -> Reply {
        let path = format!("/admin/oauth2/auth/requests/{kind}/{act}?{kind}_challenge={challenge}");
        self.call(Method::PUT, &path, body).await
    }

    /// The path at which the browser goes on after the app said yes.
    async fn accept(&self, kind: &str, challenge: &str, body: Value) -> String {
        let reply = self.say(kind, "accept", challenge, body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        self.path_of(&reply)
    }

    fn path_of(&self, reply: &Reply) -> String {
        let to = reply.text("redirect_to");
        to.strip_prefix(&self.server.origin).unwrap_or_else(|| panic!("{to}")).to_owned()
    }

    /// Sends a browser to the sign-in page; the challenge.
    async fn begin(&self, browser: &Browser, query: &[(String, String)]) -> String {
        challenge(&browser.ask(&self.server, query).await, LOGIN)
    }

    /// The same to the consent page, after `subject` signed in.
    async fn signed_in(&self, browser: &Browser, query: &[(String, String)], said: Value) -> String {
        let login = self.begin(browser, query).await;
        let back = self.accept("login", &login, said).await;
        challenge(&browser.get(&self.server, &back).await, CONSENT)
    }

    /// All the way to the client's answer, allowing everything with what is said.
    async fn through(&self, browser: &Browser, query: &[(String, String)], login: Value, consent: Value) -> Reply {
        let challenge = self.signed_in(browser, query, login).await;
        let mut said = json!({ "grant_scope": self.told("consent", &challenge).await["requested_scope"] });
        said.as_object_mut().unwrap().extend(consent.as_object().unwrap().clone());
        let back = self.accept("consent", &challenge, said).await;
        browser.get(&self.server, &back).await
    }
}

/// The challenge with which a browser leaves for a page.
fn challenge(reply: &Reply, page: &str) -> String {
    assert_eq!(reply.status, 303, "{}", reply.body);
    let location = reply.header("location");
    let rest = location.strip_prefix(page).unwrap_or_else(|| panic!("{location}"));
    let (name, value) = rest[1..].split_once('=').unwrap();
    let between = if page.contains('?') { "&" } else { "?" };
    assert!(rest.starts_with(between) && name.ends_with("_challenge"), "{location}");
    value.to_owned()
}

/// The claims of a JWT, as they were signed.
fn text_of(token: &str) -> String {
    let claims = claviger_core::jose::from_base64url(token.split('.').nth(1).unwrap()).unwrap();
    String::from_utf8(claims).unwrap()
}

fn query(scope: &str) -> Vec<(String, String)> {
    authorize_query("app", scope)
}

/// A page of ours that says why nobody can go on, in these words, and how to start again.
fn says(reply: &Reply, words: &str) {
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{}", reply.body);
    assert!(reply.header("cache-control").contains("no-store"));
    assert!(reply.body.contains(words), "{}", reply.body);
}

#[tokio::test]
async fn somebody_signs_in_allows_and_signs_out_at_the_vendors_pages() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let asked = with(with(query("openid read"), "login_hint", "ada@x.example"), "ui_locales", "de en");
    let asked = with(with(asked, "acr_values", "gold silver"), "nonce", "n");
    let login = vendor.begin(&browser, &asked).await;
    let told = vendor.told("login", &login).await;
    assert_eq!((&told["challenge"], &told["skip"], &told["subject"]), (&json!(login), &json!(false), &json!("")));
    assert_eq!(told["client"]["client_id"], "app");
    assert_eq!(told["client"]["client_name"], "App app");
    assert_eq!(told["client"]["redirect_uris"], json!([CALLBACK]));
    assert!(told["request_url"].as_str().unwrap().starts_with(&format!("{}/authorize?client_id=app&", server.origin)));
    assert_eq!(told["requested_scope"], json!(["openid", "read"]));
    assert_eq!(told["requested_access_token_audience"], json!(["https://api.example"]));
    let context = json!({
        "acr_values": ["gold", "silver"], "ui_locales": ["de", "en"], "login_hint": "ada@x.example"
    });
    assert_eq!(told["oidc_context"], context);
    assert!(server.store.user("test", "ada-17").await.unwrap().is_none());

    let said = json!({
        "subject": "ada-17", "acr": "gold", "amr": ["pwd", "otp"], "context": { "theme": "dark" },
        "remember": false, "remember_for": null, "identity_provider_session_id": "x"
    });
    let back = vendor.accept("login", &login, said).await;
    let stored = server.store.user("test", "ada-17").await.unwrap().unwrap();
    assert!(stored.password_hash.is_none() && stored.user.username == "ada-17");
    let consent = challenge(&browser.get(server, &back).await, CONSENT);
    let told = vendor.told("consent", &consent).await;
    assert_eq!((&told["skip"], &told["subject"]), (&json!(false), &json!("ada-17")));
    assert_eq!((&told["acr"], &told["amr"]), (&json!("gold"), &json!(["pwd", "otp"])));
    assert_eq!(told["context"], json!({ "theme": "dark" }));
    assert_eq!(told["requested_scope"], json!(["openid", "read"]));
    assert!(!told["login_session_id"].as_str().unwrap().is_empty());

    let said = json!({
        "grant_scope": ["openid", "read"], "grant_access_token_audience": ["https://api.example"],
        "session": {
            "access_token": { "tier": "gold", "sub": "eve", "client_id": "eve" },
            "id_token": { "email": "ada@x.example", "aud": "eve", "acr": "none" }
        }
    });
    let back = vendor.accept("consent", &consent, said).await;
    let answer = server.redeem("app", &browser.get(server, &back).await.code()).await;
    let access = claims(&answer.text("access_token"));
    assert_eq!(
        (&access["sub"], &access["client_id"], &access["tier"]),
        (&json!("ada-17"), &json!("app"), &json!("gold"))
    );
    assert_eq!(access["ext"]["tier"], "gold");
    let id = claims(&answer.text("id_token"));
    assert_eq!((&id["sub"], &id["aud"], &id["email"]), (&json!("ada-17"), &json!("app"), &json!("ada@x.example")));
    // Each member is there once, which a reader that takes the last one would not notice.
    let text = text_of(&answer.text("id_token"));
    assert_eq!((text.matches("\"amr\":").count(), text.matches("\"acr\":").count()), (1, 1), "{text}");
    assert_eq!((&id["acr"], &id["amr"], &id["nonce"]), (&json!("gold"), &json!(["pwd", "otp"]), &json!("n")));
    let userinfo = server.bearer(Method::GET, "/userinfo", &answer.text("access_token")).await.json();
    assert_eq!(userinfo, json!({ "sub": "ada-17", "email": "ada@x.example" }));
    assert_eq!(server.introspect("app", &answer.text("access_token")).await.json()["ext"]["tier"], "gold");
    // It stays with the grant.
    let refreshed = server.refresh("app", &answer.text("refresh_token")).await;
    assert_eq!(claims(&refreshed.text("access_token"))["tier"], "gold");

    // Not remembered: the next one signs in again, and nobody is signed in here.
    assert_eq!(browser.cookie("session"), None);
    let login = vendor.begin(&browser, &query("openid read")).await;
    assert_eq!(vendor.told("login", &login).await["skip"], false);
}

#[tokio::test]
async fn what_is_remembered_is_skipped() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = json!({ "subject": "ada", "remember": true, "remember_for": 3600 });
    vendor
        .through(&browser, &query("openid read"), login, json!({ "remember": true, "remember_for": 600 }))
        .await
        .code();
    let challenge = vendor.begin(&browser, &query("openid read")).await;
    let told = vendor.told("login", &challenge).await;
    assert_eq!((&told["skip"], &told["subject"]), (&json!(true), &json!("ada")));
    let other = vendor.say("login", "accept", &challenge, json!({ "subject": "eve" })).await;
    other.refused(400, "invalid_request");
    let back = vendor.accept("login", &challenge, json!({ "subject": "ada" })).await;
    let consent = self::challenge(&browser.get(server, &back).await, CONSENT);
    assert_eq!(vendor.told("consent", &consent).await["skip"], true);
    let back = vendor
        .accept(
            "consent",
            &consent,
            json!({ "grant_scope": ["openid", "read"], "remember": true, "remember_for": 600 }),
        )
        .await;
    browser.get(server, &back).await.code();
    // A new scope is asked for, and what is remembered for a while is forgotten then.
    let more = vendor.signed_in(&browser, &query("openid read write"), json!({ "subject": "ada" })).await;
    assert_eq!(vendor.told("consent", &more).await["skip"], false);
    server.pass(601);
    let later = vendor.signed_in(&browser, &query("openid read"), json!({ "subject": "ada" })).await;
    assert_eq!(vendor.told("consent", &later).await["skip"], false);
    server.pass(3000);
    let later = vendor.begin(&browser, &query("openid read")).await;
    assert_eq!(vendor.told("login", &later).await["skip"], false);
}

#[tokio::test]
async fn a_session_is_extended_where_the_app_says_so_and_prompt_login_asks_anew() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = json!({ "subject": "ada", "remember": true, "remember_for": 1000 });
    vendor.through(&browser, &query("read"), login.clone(), json!({})).await.code();
    server.pass(900);
    let extended = json!({ "subject": "ada", "remember": true, "remember_for": 1000, "extend_session_lifespan": true });
    vendor.signed_in(&browser, &query("read"), extended).await;
    server.pass(900);
    let challenge = vendor.begin(&browser, &query("read")).await;
    assert_eq!(vendor.told("login", &challenge).await["skip"], true);
    let challenge = vendor.begin(&browser, &with(query("read"), "prompt", "login")).await;
    assert_eq!(vendor.told("login", &challenge).await["skip"], false);
    // Without `extend_session_lifespan` looking in does not make it longer.
    server.pass(101);
    let challenge = vendor.begin(&browser, &query("read")).await;
    assert_eq!(vendor.told("login", &challenge).await["skip"], false);
}

#[tokio::test]
async fn without_a_prompt_nobody_is_asked() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let silent = with(query("openid read"), "prompt", "none");
    let reply = browser.ask(server, &silent).await;
    assert_eq!(reply.redirect_params()["error"], "login_required");
    let login = json!({ "subject": "ada", "remember": true });
    vendor.through(&browser, &query("openid read"), login.clone(), json!({ "remember": false })).await.code();
    let challenge = vendor.begin(&browser, &silent).await;
    let back = vendor.accept("login", &challenge, json!({ "subject": "ada" })).await;
    assert_eq!(browser.get(server, &back).await.redirect_params()["error"], "consent_required");
    vendor.through(&browser, &query("openid read"), login.clone(), json!({ "remember": true })).await.code();
    vendor.through(&browser, &silent, login, json!({})).await.code();
}

#[tokio::test]
async fn a_challenge_is_answered_once() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = vendor.begin(&browser, &query("read")).await;
    let back = vendor.accept("login", &login, json!({ "subject": "ada" })).await;
    // The same once more is the same; another answer is none.
    vendor.accept("login", &login, json!({ "subject": "ada" })).await;
    vendor.say("login", "accept", &login, json!({ "subject": "eve" })).await.refused(409, "conflict");
    vendor.say("login", "reject", &login, json!({})).await.refused(409, "conflict");
    let gone = vendor.ask("login", &login).await;
    assert_eq!(gone.status, 410);
    assert!(vendor.path_of(&gone).starts_with("/-/login-app?login_verifier="), "{}", gone.body);

    let consent = challenge(&browser.get(server, &back).await, CONSENT);
    says(&browser.get(server, &back).await, "done already");
    let allowed = json!({ "grant_scope": ["read"] });
    let back = vendor.accept("consent", &consent, allowed.clone()).await;
    vendor.accept("consent", &consent, allowed).await;
    vendor.say("consent", "accept", &consent, json!({ "grant_scope": [] })).await.refused(409, "conflict");
    assert_eq!(vendor.ask("consent", &consent).await.status, 410);
    browser.get(server, &back).await.code();
    says(&browser.get(server, &back).await, "done already");
}

#[tokio::test]
async fn of_many_at_once_one_goes_on() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let consent = vendor.signed_in(&browser, &query("read"), json!({ "subject": "ada" })).await;
    let bodies = (0..8).map(|n| json!({ "grant_scope": ["read"], "remember_for": n }));
    let replies = bodies.map(|body| vendor.say("consent", "accept", &consent, body));
    let replies = futures_util::future::join_all(replies).await;
    let good: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(good.len(), 1, "{replies:?}");
    let back = vendor.path_of(good[0]);
    let replies = futures_util::future::join_all((0..8).map(|_| browser.get(server, &back))).await;
    let codes = replies.iter().filter(|reply| reply.status == 303).count();
    assert_eq!(codes, 1);
    replies.iter().filter(|reply| reply.status != 303).for_each(|reply| says(reply, "done already"));
}

#[tokio::test]
async fn a_challenge_belongs_to_one_browser() {
    let vendor = Vendor::start().await;
    let (server, browser, other) = (&vendor.server, Browser::default(), Browser::default());
    let login = vendor.begin(&browser, &query("read")).await;
    let back = vendor.accept("login", &login, json!({ "subject": "eve", "remember": true })).await;
    let page = other.get(server, &back).await;
    says(&page, "another browser");
    assert!(page.body.contains("/authorize?client_id=app"), "{}", page.body);
    assert_eq!(other.cookie("session"), None);
    // It is not used up by that.
    let consent = challenge(&browser.get(server, &back).await, CONSENT);
    let back = vendor.accept("consent", &consent, json!({ "grant_scope": ["read"] })).await;
    says(&other.get(server, &back).await, "another browser");
    browser.get(server, &back).await.code();
    says(&other.get(server, "/-/login-app?login_verifier=nonsense").await, "cannot go on");
    says(&other.get(server, "/-/login-app").await, "cannot go on");
}

#[tokio::test]
async fn who_comes_late_starts_again() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = vendor.begin(&browser, &query("read")).await;
    server.pass(1801);
    // The app sends the browser where it is told that.
    let gone = vendor.ask("login", &login).await;
    assert_eq!(gone.status, 410);
    let gone = vendor.say("login", "accept", &login, json!({ "subject": "ada" })).await;
    assert_eq!(gone.status, 410);
    let page = browser.get(server, &vendor.path_of(&gone)).await;
    says(&page, "has expired");
    assert!(page.body.contains("/authorize?client_id=app"), "{}", page.body);

    let login = vendor.begin(&browser, &query("read")).await;
    let back = vendor.accept("login", &login, json!({ "subject": "ada" })).await;
    server.pass(1801);
    says(&browser.get(server, &back).await, "has expired");
}

#[tokio::test]
async fn a_refusal_travels_to_the_client() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = vendor.begin(&browser, &query("read")).await;
    let no = json!({ "error": "login_required", "error_description": "locked \"now\"", "error_hint": "call us", "status_code": 403 });
    let reply = vendor.say("login", "reject", &login, no).await;
    let answer = browser.get(server, &vendor.path_of(&reply)).await.redirect_params();
    assert_eq!((&*answer["error"], &*answer["error_description"]), ("login_required", "locked ?now? call us"));
    assert_eq!(answer["state"], "a state & more");

    let consent = vendor.signed_in(&browser, &query("read"), json!({ "subject": "ada" })).await;
    let reply = vendor.say("consent", "reject", &consent, json!({})).await;
    let answer = browser.get(server, &vendor.path_of(&reply)).await.redirect_params();
    assert_eq!(answer["error"], "access_denied");
}

#[tokio::test]
async fn the_app_proves_who_it_is() {
    let mut vendor = Vendor::start().await;
    let browser = Browser::default();
    let login = vendor.begin(&browser, &query("read")).await;
    for token in [None, Some("wrong"), Some("")] {
        vendor.token = token;
        let reply = vendor.ask("login", &login).await;
        assert_eq!((reply.status.as_u16(), &*reply.text("error")), (401, "request_unauthorized"));
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(vendor.say("login", "accept", &login, json!({ "subject": "eve" })).await.status, 401);
        assert_eq!(
            vendor.call(Method::DELETE, "/admin/oauth2/auth/sessions/login?subject=u1", Value::Null).await.status,
            401
        );
    }
    assert!(vendor.server.store.user("test", "eve").await.unwrap().is_none());
    vendor.token = Some(TOKEN);
    // The paths of before are there as well.
    let old =
        vendor.call(Method::GET, &format!("/oauth2/auth/requests/login?login_challenge={login}"), Value::Null).await;
    assert_eq!(old.status, 200);
    for (method, path, status) in [
        (Method::GET, "/admin/oauth2/auth/requests/login", 400),
        (Method::GET, "/admin/oauth2/auth/requests/login?login_challenge=x", 404),
        (Method::GET, &format!("/admin/oauth2/auth/requests/consent?consent_challenge={login}"), 404),
        (Method::PUT, &format!("/admin/oauth2/auth/requests/login?login_challenge={login}"), 405),
        (Method::GET, "/admin/oauth2/auth/requests/device", 404),
    ] {
        let reply = vendor.call(method, path, Value::Null).await;
        assert_eq!(reply.status.as_u16(), status, "{path}");
        assert_eq!(reply.json()["status_code"], status, "{path}");
    }
    let elsewhere = vendor.base.replace("/realms/test", "/realms/other/admin/oauth2/auth/sessions/login?subject=u1");
    assert_eq!(vendor.server.http.delete(elsewhere).send().await.unwrap().status(), 404);
    // Nothing of it is at the address for everybody.
    let public =
        vendor.server.send(Method::GET, "/realms/test/admin/oauth2/auth/sessions/consent?subject=u1", &[], "").await;
    assert_eq!(public.status, 404);
}

#[tokio::test]
async fn whoever_reaches_the_management_address_is_the_app_where_the_realm_says_so() {
    let mut vendor =
        Vendor::with(|realm| realm.login_app = Some(LoginApp { trust_network: true, token_sha256: vec![], ..app() }))
            .await;
    vendor.token = None;
    vendor.through(&Browser::default(), &query("read"), json!({ "subject": "ada" }), json!({})).await.code();
}

#[tokio::test]
async fn a_subject_is_a_user_who_can_be_one() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = vendor.begin(&browser, &query("read")).await;
    let long = "x".repeat(256);
    for subject in ["", "app", " a", "a\nb", &long] {
        vendor.say("login", "accept", &login, json!({ "subject": subject })).await.refused(400, "invalid_request");
    }
    vendor.say("login", "accept", &login, json!({})).await.refused(400, "invalid_request");
    server
        .store
        .put_user("test", &claviger_core::User { disabled: true, ..user("u9", "bob") }, None, server.now())
        .await
        .unwrap();
    vendor.say("login", "accept", &login, json!({ "subject": "u9" })).await.refused(403, "access_denied");
    // A name to sign in with that is somebody's stays theirs.
    vendor.accept("login", &login, json!({ "subject": "alice" })).await;
    assert_eq!(server.store.user_by_login("test", "alice").await.unwrap().unwrap().user.id, "u1");
    assert_eq!(server.store.user("test", "alice").await.unwrap().unwrap().user.username, "alice (test)");
}

#[tokio::test]
async fn organisations_come_with_the_answers() {
    let vendor = Vendor::with(|realm| {
        realm.dialect.organisation = OrganisationChoice::One;
        realm.login_app.as_mut().unwrap().organisations = vec!["acme".into()];
    })
    .await;
    let (server, browser) = (&vendor.server, Browser::default());
    let acme = Organisation { id: "acme".into(), name: "Acme".into(), kind: String::new() };
    server.store.put_organisation("test", &acme, server.now()).await.unwrap();
    // Nothing is said: those of the realm file.
    let reply = vendor.through(&browser, &query("read"), json!({ "subject": "ada" }), json!({})).await;
    let token = server.redeem("app", &reply.code()).await.text("access_token");
    assert_eq!(claims(&token)["org"], json!(["acme"]));
    // Said at the sign-in; one that is new has a name.
    let login = vendor.begin(&browser, &query("read")).await;
    let unknown = json!({ "subject": "ada", "context": { "organisations": ["nowhere"] } });
    vendor.say("login", "accept", &login, unknown).await.refused(400, "invalid_request");
    let both = json!({ "subject": "ada", "context": { "organisations": ["acme", { "id": "beta", "name": "Beta" }] } });
    let back = vendor.accept("login", &login, both).await;
    let consent = challenge(&browser.get(server, &back).await, CONSENT);
    let told = vendor.told("consent", &consent).await;
    assert_eq!(told["organisations"][1]["name"], "Beta");
    // One of two is to be picked: nothing said leaves the one of before, which was picked then.
    let two = json!({ "grant_scope": ["read"], "session": { "organisations": ["acme", "beta"] } });
    vendor.say("consent", "accept", &consent, two).await.refused(400, "invalid_request");
    let said = json!({ "grant_scope": ["read"], "context": { "organisations": ["beta"] } });
    let back = vendor.accept("consent", &consent, said).await;
    let token = server.redeem("app", &browser.get(server, &back).await.code()).await.text("access_token");
    assert_eq!(claims(&token)["org"], json!(["beta"]));
}

#[tokio::test]
async fn only_what_was_asked_for_is_given_and_only_what_was_allowed() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let consent = vendor.signed_in(&browser, &query("openid read"), json!({ "subject": "ada" })).await;
    for said in [
        json!({ "grant_scope": ["write"] }),
        json!({ "grant_access_token_audience": ["https://other.example"] }),
        json!({ "grant_scope": ["read"], "session": { "access_token": { "x": "y".repeat(9000) } } }),
        json!({ "grant_scope": "read" }),
    ] {
        vendor.say("consent", "accept", &consent, said).await.refused(400, "invalid_request");
    }
    let back = vendor.accept("consent", &consent, json!({ "grant_scope": ["read"] })).await;
    let answer = server.redeem("app", &browser.get(server, &back).await.code()).await;
    assert_eq!(answer.json()["scope"], "read");
    assert_eq!(answer.json().get("id_token"), None);
}

#[tokio::test]
async fn how_strong_a_sign_in_is_the_app_says() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let asked = json!({ "id_token": { "acr": { "essential": true, "values": ["gold"] } } }).to_string();
    let asked = with(query("openid"), "claims", &asked);
    let login = vendor.begin(&browser, &asked).await;
    assert_eq!(vendor.told("login", &login).await["oidc_context"]["acr_values"], json!(["gold"]));
    let back = vendor.accept("login", &login, json!({ "subject": "ada", "acr": "tin" })).await;
    let error = browser.get(server, &back).await.redirect_params()["error"].clone();
    assert_eq!(error, "unmet_authentication_requirements");
    let reply = vendor.through(&browser, &asked, json!({ "subject": "ada", "acr": "gold" }), json!({})).await;
    let answer = server.redeem("app", &reply.code()).await;
    assert_eq!(claims(&answer.text("id_token"))["acr"], "gold");
}

#[tokio::test]
async fn a_client_can_know_a_user_by_another_name() {
    let vendor = Vendor::start().await;
    let server = &vendor.server;
    let login = json!({ "subject": "ada", "force_subject_identifier": "a-1" });
    let reply = vendor.through(&Browser::default(), &query("openid"), login, json!({})).await;
    let answer = server.redeem("app", &reply.code()).await;
    assert_eq!(claims(&answer.text("id_token"))["sub"], "a-1");
    let userinfo = server.bearer(Method::GET, "/userinfo", &answer.text("access_token")).await;
    assert_eq!(userinfo.json()["sub"], "a-1");
    assert_eq!(claims(&answer.text("access_token"))["sub"], "ada");
}

#[tokio::test]
async fn somebody_signs_out_at_the_vendors_page() {
    let vendor = Vendor::start().await;
    let (server, browser, other) = (&vendor.server, Browser::default(), Browser::default());
    let login = json!({ "subject": "ada", "remember": true });
    let reply = vendor.through(&browser, &query("openid"), login, json!({})).await;
    let token = server.redeem("app", &reply.code()).await.text("id_token");
    let bye = [("id_token_hint", &*token), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let bye = format!("/logout?{}", encode(&bye.map(|(n, v)| (n.to_owned(), v.to_owned()))));
    let logout = challenge(&browser.get(server, &bye).await, LOGOUT);
    let told = vendor.told("logout", &logout).await;
    assert_eq!((&told["subject"], &told["rp_initiated"]), (&json!("ada"), &json!(true)));
    assert_eq!(told["client"]["client_id"], "app");
    assert!(!told["request_url"].as_str().unwrap().contains("id_token_hint"));
    // To stay changes nothing.
    let stay = vendor.say("logout", "reject", &logout, json!({})).await;
    assert_eq!((stay.status.as_u16(), &*stay.body), (204, ""));
    let back = vendor.accept("logout", &logout, json!({})).await;
    says(&other.get(server, &back).await, "another browser");
    let gone = browser.get(server, &back).await;
    assert_eq!(gone.header("location"), format!("{BYE}?state=s"));
    assert_eq!(browser.cookie("session"), None);
    says(&browser.get(server, &back).await, "done already");
    assert_eq!(vendor.ask("logout", &logout).await.status, 410);
    let login = vendor.begin(&browser, &query("openid")).await;
    assert_eq!(vendor.told("login", &login).await["skip"], false);
}

#[tokio::test]
async fn the_app_takes_back_what_users_allowed_and_signs_them_out() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = json!({ "subject": "ada", "remember": true });
    let said = json!({ "remember": true, "session": { "access_token": { "tier": 1 } }, "context": { "a": 1 } });
    let reply = vendor.through(&browser, &query("openid read"), login.clone(), said).await;
    let answer = server.redeem("app", &reply.code()).await;
    let path = "/admin/oauth2/auth/sessions/consent?subject=ada";
    let list = vendor.call(Method::GET, path, Value::Null).await.json();
    assert_eq!(list[0]["grant_scope"], json!(["openid", "read"]));
    assert_eq!(list[0]["consent_request"]["client"]["client_id"], "app");
    assert_eq!((&list[0]["session"]["access_token"], &list[0]["context"]), (&json!({ "tier": 1 }), &json!({ "a": 1 })));
    assert_eq!((&list[0]["remember"], &list[0]["handled_at"]), (&json!(true), &json!("2027-01-15T08:00:00Z")));
    // Which app must be said.
    let reply = vendor.call(Method::DELETE, path, Value::Null).await;
    reply.refused(400, "invalid_request");
    let reply = vendor.call(Method::DELETE, &format!("{path}&client=app"), Value::Null).await;
    assert_eq!(reply.status, 204);
    assert!(!server.is_active("app", &answer.text("access_token")).await);
    server.refresh("app", &answer.text("refresh_token")).await.refused(400, "invalid_grant");
    assert_eq!(vendor.call(Method::GET, path, Value::Null).await.json(), json!([]));
    let consent = vendor.signed_in(&browser, &query("openid read"), json!({ "subject": "ada" })).await;
    assert_eq!(vendor.told("consent", &consent).await["skip"], false);

    let session = vendor.told("consent", &consent).await["login_session_id"].as_str().unwrap().to_owned();
    let path = format!("/admin/oauth2/auth/sessions/login?sid={session}");
    assert_eq!(vendor.call(Method::DELETE, &path, Value::Null).await.status, 204);
    let challenge = vendor.begin(&browser, &query("read")).await;
    assert_eq!(vendor.told("login", &challenge).await["skip"], false);
    vendor.through(&browser, &query("read"), login, json!({})).await.code();
    let path = "/admin/oauth2/auth/sessions/login?subject=ada";
    assert_eq!(vendor.call(Method::DELETE, path, Value::Null).await.status, 204);
    let challenge = vendor.begin(&browser, &query("read")).await;
    assert_eq!(vendor.told("login", &challenge).await["skip"], false);
}

#[tokio::test]
async fn nothing_is_stored_before_the_app_has_answered() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let login = vendor.begin(&browser, &query("read")).await;
    let before = server.store.last_change().await.unwrap();
    assert!(login.len() < 2000, "{}", login.len());
    vendor.told("login", &login).await;
    assert_eq!(server.store.last_change().await.unwrap(), before);
    assert_eq!(server.store.purge(server.now() + 86_400_000, 1000).await.unwrap(), 0, "nothing to purge");
    // A request that would not fit into an address is refused, and nothing of it is kept either.
    let long = with(query("openid"), "nonce", &"n".repeat(4000));
    let answer = browser.ask(server, &long).await.redirect_params();
    assert_eq!(answer["error"], "invalid_request");
}

#[tokio::test]
async fn our_own_pages_are_closed() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let page = browser.get(server, "/-/sign-in").await;
    assert!(!page.body.contains("name=\"password\""), "{}", page.body);
    let form = [("username", "alice"), ("password", crate::common::PASSWORD)];
    let reply = browser.send(server, Method::POST, "/-/sign-in", Some(&form)).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/"));
    assert_eq!(browser.cookie("session"), None);
    // A realm without a login app has nothing at the way back.
    let other = Server::start().await;
    says(&browser.get(&other, "/-/login-app?login_verifier=x").await, "cannot go on");
}

#[tokio::test]
async fn a_device_waits_for_the_vendors_pages_too() {
    let vendor = Vendor::start().await;
    let (server, browser) = (&vendor.server, Browser::default());
    let mut tv = client("tv");
    tv.kind = ClientKind::Confidential;
    tv.grants = [GrantType::DeviceCode].into();
    server.add_client(&tv).await;
    let asked = [("client_id", "tv"), ("client_secret", crate::common::SECRET), ("scope", "read")];
    let begun = server.post("/device_authorization", &asked).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let uri = begun.text("verification_uri_complete");
    let code = begun.text("user_code");
    let mut reply = browser.get(server, uri.strip_prefix(&server.origin).unwrap()).await;
    for (name, value) in [("user_code", code.as_str()), ("decision", "continue")] {
        let (csrf, pending) = (reply.hidden("csrf").unwrap(), reply.hidden("pending"));
        let mut form = vec![("csrf", csrf.as_str()), (name, value)];
        form.extend(pending.as_deref().map(|pending| ("pending", pending)));
        let sent = browser.send(server, Method::POST, "/device", Some(&form)).await;
        let location = sent.header("location").to_owned();
        assert!(location.starts_with('/'), "{location}: {}", sent.body);
        reply = browser.get(server, &location).await;
    }
    let login = challenge(&reply, LOGIN);
    let back = vendor.accept("login", &login, json!({ "subject": "ada" })).await;
    let consent = challenge(&browser.get(server, &back).await, CONSENT);
    let back = vendor.accept("consent", &consent, json!({ "grant_scope": ["read"] })).await;
    browser.get(server, &back).await;
    let poll =
        [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", &begun.text("device_code"))];
    let answer = server.token("tv", &poll).await;
    assert_eq!(claims(&answer.text("access_token"))["sub"], "ada");
}

#[tokio::test]
async fn a_request_by_form_from_another_site_keeps_its_session() {
    let vendor = Vendor::start().await;
    let browser = Browser::default();
    let asked = plus(query("read"), "response_mode", "form_post");
    let reply = vendor.through(&browser, &asked, json!({ "subject": "ada" }), json!({})).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("name=\"code\""), "{}", reply.body);
}
