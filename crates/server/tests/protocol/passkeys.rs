//! Passkeys (Web Authentication): set up, in the place of the password or beside it, renamed, removed; and what tokens say of it.

use crate::common::authenticator::{Authenticator, PRESENT, SYNCED, VERIFIED, question};
use crate::common::{Browser, PASSWORD, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::client::{Client, GrantType, Requests};
use claviger_core::dialect::Legacy;
use claviger_core::realm::Realm;
use claviger_core::sign_in::{Demand, FactorKind, SignInPolicy};
use claviger_core::span::Span;
use claviger_server::admin::users;
use reqwest::Method;
use serde_json::json;

pub(super) const PAGE: &str = "/-/second-factor";
const SECURITY: &str = "/account/security";

/// Passkeys are for names, and without TLS for this machine's own.
pub(super) fn policy(realm: &mut Realm, demand: Demand) {
    let authority = realm.issuer.replace("http://127.0.0.1", "localhost");
    realm.issuer = format!("http://{authority}");
    realm.authorities.push(authority);
    realm.sign_in = SignInPolicy {
        second_factor: demand,
        second_factor_kinds: FactorKind::ALL.to_vec(),
        remember_browser_ttl: Span::seconds(30 * 86_400),
        ..SignInPolicy::default()
    };
}

pub(super) async fn started(demand: Demand) -> Server {
    let server = Server::with(|realm| policy(realm, demand)).await;
    server.add_client(&client("app")).await;
    server
}

pub(super) fn query() -> Vec<(String, String)> {
    authorize_query("app", "openid read")
}

pub(super) async fn follow(browser: &Browser, server: &Server, mut reply: Reply) -> Reply {
    while reply.status == 303 && reply.header("location").starts_with('/') {
        let location = reply.header("location").to_owned();
        reply = browser.get(server, &location).await;
    }
    reply
}

/// Sends the form of a page, with what it carries.
pub(super) async fn send(browser: &Browser, server: &Server, at: &str, page: &Reply, more: &[(&str, &str)]) -> Reply {
    let names = ["csrf", "pending", "half", "to", "secret", "ceremony"];
    let hidden: Vec<_> = names.iter().filter_map(|name| Some((*name, page.hidden(name)?))).collect();
    let form: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, at, Some(&form)).await
}

/// Types the password on a sign-in page, and opens what follows.
pub(super) async fn password(browser: &Browser, server: &Server, page: &Reply) -> Reply {
    page.asks_to_sign_in();
    let reply = send(browser, server, "/-/sign-in", page, &[("username", "alice"), ("password", PASSWORD)]).await;
    follow(browser, server, reply).await
}

/// The page on which a passkey is set up.
pub(super) async fn set_up_page(browser: &Browser, server: &Server) -> Reply {
    let page = browser.get(server, SECURITY).await;
    let page = follow(browser, server, page).await;
    if page.body.contains("name=\"password\"") {
        let next = password(browser, server, &page).await;
        if next.body.contains("Create a passkey instead") {
            // Where it is required, it is set up at once.
            return next;
        }
    }
    let page = browser.get(server, &format!("{PAGE}?to=security&act=set-up&kind=passkey")).await;
    assert!(page.body.contains("Create a passkey"), "{} {}", page.status, page.body);
    page.is_html();
    page
}

/// Sets one up; what was answered.
pub(super) async fn set_up(browser: &Browser, server: &Server, key: &mut Authenticator, name: &str) -> Reply {
    let page = set_up_page(browser, server).await;
    let answer = key.create(&page, &server.realm.issuer);
    send(browser, server, PAGE, &page, &[("act", "set-up-passkey"), ("passkey", &answer), ("name", name)]).await
}

/// A passkey that is set up, and the browser in which it was.
pub(super) async fn with_passkey(server: &Server) -> (Browser, Authenticator) {
    let (browser, mut key) = (Browser::default(), Authenticator::new());
    let codes = set_up(&browser, server, &mut key, "Laptop").await;
    assert!(codes.body.contains("Your recovery codes"), "{} {}", codes.status, codes.body);
    codes.is_html();
    (browser, key)
}

/// Shows a passkey on a sign-in page.
pub(super) async fn show(browser: &Browser, server: &Server, page: &Reply, key: &mut Authenticator) -> Reply {
    let answer = key.get(page, &server.realm.issuer);
    send(browser, server, "/-/sign-in", page, &[("act", "passkey"), ("passkey", &answer)]).await
}

/// Where somebody is asked for more: a new browser after the password.
pub(super) async fn half_way(server: &Server) -> (Browser, Reply) {
    let browser = Browser::default();
    let page = browser.ask(server, &query()).await;
    let page = password(&browser, server, &page).await;
    assert!(page.body.contains("Confirm that it is you"), "{}", page.body);
    page.is_html();
    (browser, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_by_itself() {
    let server = started(Demand::Required).await;
    let (first, mut key) = with_passkey(&server).await;
    // The session in which it was set up has all that is required.
    let tokens = server.code_flow(&first, "app", "openid read").await;
    assert_eq!(claims(&tokens.text("id_token"))["acr"], "2");

    let browser = Browser::default();
    let page = browser.ask(&server, &query()).await;
    page.is_html();
    assert!(page.body.contains("autocomplete=\"username webauthn\""), "{}", page.body);
    assert!(page.body.contains("src=\"/-/passkey.js?v="), "{}", page.body);
    let asked = question(&page);
    assert_eq!((&asked["rpId"], &asked["userVerification"]), (&json!("localhost"), &json!("required")));
    assert_eq!(asked["allowCredentials"], json!([]), "nothing is told of who has one");
    let answer = show(&browser, &server, &page, &mut key).await;
    assert!(browser.cookie("session").is_some(), "{} {}", answer.status, answer.body);
    let answer = browser.carry_on(&server, answer).await;
    let tokens = server.redeem("app", &answer.code()).await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!("2"), &json!(["hwk", "pop", "user", "mfa"])));
    assert_eq!(id_token["auth_time"], server.now() / 1000);
    let known = server.introspect("app", &tokens.text("access_token")).await.json();
    assert_eq!((&known["acr"], &known["amr"]), (&json!("2"), &json!(["hwk", "pop", "user", "mfa"])));
    // What asks for a second factor has it, and `/account/security` opens.
    let essential = json!({"id_token": {"acr": {"essential": true, "values": ["2"]}}}).to_string();
    browser.ask(&server, &with(with(query(), "claims", &essential), "prompt", "none")).await.code();
    let page = browser.get(&server, SECURITY).await;
    assert!(page.status == 200 && page.body.contains("Laptop") && page.body.contains("Used just now"), "{}", page.body);
    // The script is served for itself.
    let script = server.send(Method::GET, "/-/passkey.js", &[], "").await;
    assert_eq!((script.status.as_u16(), script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(script.body.contains("navigator.credentials"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_confirms_who_gave_the_password() {
    let server = started(Demand::Optional).await;
    let (_, mut key) = with_passkey(&server).await;
    let (browser, page) = half_way(&server).await;
    assert!(browser.cookie("session").is_none(), "nobody is signed in yet");
    let asked = question(&page);
    assert_eq!(asked["allowCredentials"][0]["id"], claviger_core::jose::base64url(&key.id));
    assert_eq!(
        (&asked["userVerification"], &asked["allowCredentials"][0]["transports"]),
        (&json!("preferred"), &json!(["internal"]))
    );
    // A key that only knows that somebody is there will do beside the password.
    key.flags = PRESENT;
    let answer = key.get(&page, &server.realm.issuer);
    let form = [("act", "passkey"), ("passkey", answer.as_str()), ("remember", "1")];
    let answer = send(&browser, &server, PAGE, &page, &form).await;
    let answer = browser.carry_on(&server, answer).await;
    let tokens = server.redeem("app", &answer.code()).await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!("2"), &json!(["pwd", "hwk", "pop", "user", "mfa"])));
    // The browser is remembered, as with a code.
    server.pass(60);
    let page = browser.ask(&server, &with(query(), "prompt", "login")).await;
    let page = follow(&browser, &server, page).await;
    let next = password(&browser, &server, &page).await;
    assert!(!next.body.contains("Confirm that it is you"), "{}", next.body);
    // A recovery code does as well.
    let (other, page) = half_way(&server).await;
    assert!(page.body.contains("Recovery code"), "{}", page.body);
    send(&other, &server, PAGE, &page, &[("code", "00000-00000")]).await;
    assert!(other.cookie("session").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_copied_is_told_and_kept() {
    let server = started(Demand::Optional).await;
    let mut key = Authenticator { flags: PRESENT | VERIFIED | SYNCED, counter: None, ..Authenticator::new() };
    set_up(&Browser::default(), &server, &mut key, "").await;
    // Such authenticators have no counter: each use is as good as the one before.
    for _ in 0..2 {
        let browser = Browser::default();
        let page = browser.ask(&server, &query()).await;
        let answer = show(&browser, &server, &page, &mut key).await;
        let answer = browser.carry_on(&server, answer).await;
        let id_token = claims(&server.redeem("app", &answer.code()).await.text("id_token"));
        assert_eq!(id_token["amr"], json!(["swk", "pop", "user", "mfa"]));
    }
    // That it may be copied never changes.
    key.flags = PRESENT | VERIFIED;
    let browser = Browser::default();
    let page = browser.ask(&server, &query()).await;
    show(&browser, &server, &page, &mut key).await;
    assert!(browser.cookie("session").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_required_a_passkey_is_set_up_at_the_sign_in() {
    let server = started(Demand::Required).await;
    let browser = Browser::default();
    let page = browser.ask(&server, &query()).await;
    let page = password(&browser, &server, &page).await;
    assert!(
        page.body.contains("Set up a second step") && page.body.contains("Create a passkey instead"),
        "{}",
        page.body
    );
    let mut key = Authenticator::new();
    let answer = key.create(&page, &server.realm.issuer);
    let form = [("act", "set-up-passkey"), ("passkey", answer.as_str())];
    let codes = send(&browser, &server, PAGE, &page, &form).await;
    assert!(codes.body.contains("Your recovery codes"), "{}", codes.body);
    let next = send(&browser, &server, PAGE, &codes, &[("act", "go-on")]).await;
    let answer = browser.carry_on(&server, next).await;
    let id_token = claims(&server.redeem("app", &answer.code()).await.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!("2"), &json!(["pwd", "hwk", "pop", "user", "mfa"])));
    // The same form once more sets nothing up.
    let again = send(&browser, &server, PAGE, &page, &form).await;
    assert!(!again.body.contains("Your recovery codes"), "{}", again.body);
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
    // It is the only one, and needed; with another one it may go.
    let id = removable(&browser.get(&server, SECURITY).await)[0].clone();
    let said = act(&browser, &server, &[("remove", &id)]).await;
    assert_eq!(said, "needed");
    set_up(&browser, &server, &mut Authenticator::new(), "Phone").await;
    assert_eq!(act(&browser, &server, &[("remove", &id)]).await, "removed");
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
}

/// What the page can take away.
fn removable(page: &Reply) -> Vec<String> {
    let buttons = page.body.split("name=\"remove\" value=\"").skip(1);
    buttons.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Presses a button of the page of what somebody signs in with; what is said of it.
async fn act(browser: &Browser, server: &Server, form: &[(&str, &str)]) -> String {
    let page = browser.get(server, SECURITY).await;
    let csrf = page.hidden("csrf").unwrap();
    let form: Vec<_> = form.iter().copied().chain([("csrf", csrf.as_str())]).collect();
    let reply = browser.send(server, Method::POST, SECURITY, Some(&form)).await;
    reply.header("location").split("said=").nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_named_renamed_and_removed() {
    let server = started(Demand::Optional).await;
    let (browser, mut first) = with_passkey(&server).await;
    let mut second = Authenticator::new();
    // The second comes without codes; without a name it is called after the browser.
    let set = set_up(&browser, &server, &mut second, " ").await;
    assert_eq!(set.header("location"), SECURITY, "{}", set.body);
    let factors = server.store.factors("test", "u1").await.unwrap();
    assert_eq!(factors.iter().filter(|one| one.kind == FactorKind::Passkey).count(), 2);
    assert_eq!(factors.iter().filter(|one| one.kind == FactorKind::RecoveryCode).count(), 10);
    let kinds = users::factors(&server.store, &server.realm, "u1").await.unwrap();
    assert_eq!(kinds, [(FactorKind::RecoveryCode, 10), (FactorKind::Passkey, 2)], "what an operator is shown");
    let page = browser.get(&server, SECURITY).await;
    assert!(page.body.contains("Added just now") && page.body.contains("Laptop"), "{}", page.body);
    // An authenticator that has one for this account is told so, and makes no second.
    let asked = question(&set_up_page(&browser, &server).await);
    assert_eq!(asked["excludeCredentials"].as_array().unwrap().len(), 2);
    let ids = removable(&page);
    assert_eq!(ids.len(), 2);
    let long = "x".repeat(100);
    assert_eq!(
        act(&browser, &server, &[("rename", &ids[0]), ("name", &format!("  Büro\u{7}{long}"))]).await,
        "renamed"
    );
    let label =
        server.store.factors("test", "u1").await.unwrap().into_iter().find(|one| one.id == ids[0]).unwrap().label;
    assert_eq!(label, format!("Büro{}", "x".repeat(60)), "one line, of 64 characters");
    assert_eq!(act(&browser, &server, &[("rename", "passkey-other"), ("name", "x")]).await, "");
    for id in &ids {
        assert_eq!(act(&browser, &server, &[("remove", id)]).await, "removed");
    }
    assert!(server.store.factors("test", "u1").await.unwrap().is_empty(), "the codes went with the last");
    for key in [&mut first, &mut second] {
        let browser = Browser::default();
        let page = browser.ask(&server, &query()).await;
        let refused = show(&browser, &server, &page, key).await;
        let page = follow(&browser, &server, refused).await;
        assert!(page.body.contains("That passkey does not work here."), "{}", page.body);
        assert!(browser.cookie("session").is_none(), "a passkey that was removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_is_shown_before_one_is_added_or_removed() {
    let server = started(Demand::Optional).await;
    let (browser, _) = with_passkey(&server).await;
    // A quarter of an hour later, and half way: the passkey is asked for first.
    server.pass(901);
    let gone = browser.get(&server, &format!("{PAGE}?to=security&act=set-up&kind=passkey")).await;
    assert_eq!(gone.header("location"), "/-/sign-in?to=security");
    let (other, page) = half_way(&server).await;
    let half = page.hidden("half").unwrap();
    let path = format!("{PAGE}?half={half}&act=set-up&kind=passkey");
    let asked = other.get(&server, &path).await;
    assert!(!asked.body.contains("Create a passkey"), "{}", asked.body);
    // Nor does the answer to a question that somebody got who may.
    let bob = Browser::of("bob");
    server.add_user(&user("u2", "bob")).await;
    let sign_in = bob.get(&server, "/-/sign-in?to=security").await;
    bob.sign_in(&server, &sign_in, "bob", PASSWORD).await;
    let theirs = bob.get(&server, &format!("{PAGE}?to=security&act=set-up&kind=passkey")).await;
    let answer = Authenticator::new().create(&theirs, &server.realm.issuer);
    let (ceremony, csrf) = (theirs.hidden("ceremony").unwrap(), page.hidden("csrf").unwrap());
    let pending = page.hidden("pending").unwrap();
    let form = [
        ("act", "set-up-passkey"),
        ("passkey", answer.as_str()),
        ("ceremony", &ceremony),
        ("csrf", &csrf),
        ("half", &half),
        ("pending", &pending),
    ];
    let refused = other.send(&server, Method::POST, PAGE, Some(&form)).await;
    assert!(refused.header("location").contains("problem=again"), "{} {}", refused.status, refused.body);
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_sign_in_by_password_end_with_the_first_passkey() {
    let server = Server::with(|realm| {
        policy(realm, Demand::Optional);
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    let mut program = client("export");
    program.name = "Nightly export".into();
    program.grants.extend([GrantType::Password, GrantType::RefreshToken]);
    program.legacy.insert(Legacy::Password);
    server.add_client(&program).await;
    let robot = Client { acts_as: Some("u1".into()), secret_is_password: true, ..client("robot") };
    server.store.put_client("test", &robot, server.now()).await.unwrap();
    let by_secret = [("client_id", "robot"), ("client_secret", PASSWORD), ("grant_type", "client_credentials")];
    assert_eq!(server.post("/token", &by_secret).await.status, 200);
    let form = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD), ("scope", "read")];
    let tokens = server.token("export", &form).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let browser = Browser::default();
    let page = set_up_page(&browser, &server).await;
    for said in ["These apps will stop working", "Nightly export", "robot"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    set_up(&browser, &server, &mut Authenticator::new(), "Laptop").await;
    let access = tokens.text("access_token");
    server.until(async || !server.is_active("export", &access).await).await;
    server.token("export", &form).await.refused(400, "invalid_grant");
    server.until(async || server.post("/token", &by_secret).await.status == 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_says_which_kinds_will_do() {
    let server = started(Demand::Optional).await;
    let requests = Requests {
        second_factor: Demand::Required,
        second_factor_kinds: vec![FactorKind::Totp],
        ..Requests::default()
    };
    server.add_client(&Client { requests, ..client("strict") }).await;
    let (_, mut key) = with_passkey(&server).await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("strict", "read")).await;
    let answer = show(&browser, &server, &page, &mut key).await;
    let page = follow(&browser, &server, answer).await;
    assert!(page.body.contains("Set up a second step"), "a passkey will not do there: {}", page.body);
    browser.authorize(&server, &query()).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_no_passkeys_no_page_speaks_of_them() {
    let without = |realm: &mut Realm| {
        policy(realm, Demand::Optional);
        realm.sign_in.second_factor_kinds = SignInPolicy::default().second_factor_kinds;
    };
    let at_an_address = |realm: &mut Realm| {
        policy(realm, Demand::Optional);
        realm.issuer = realm.issuer.replace("localhost", "127.0.0.1");
    };
    for server in [Server::with(without).await, Server::with(at_an_address).await, Server::start().await] {
        let browser = Browser::default();
        let page = browser.get(&server, "/-/sign-in?to=security").await;
        let next = password(&browser, &server, &page).await;
        let set_up = browser.get(&server, &format!("{PAGE}?to=security&act=set-up&kind=passkey")).await;
        for shown in [&page, &next, &set_up] {
            assert!(!shown.body.contains("passkey") && !shown.body.contains("webauthn"), "{}", shown.body);
        }
    }
}
