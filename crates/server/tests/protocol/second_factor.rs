//! Second factors: asked for, set up, used once; and what tokens say of a sign-in (RFC 6238, RFC 8176, RFC 9470).

use crate::common::{Browser, PASSWORD, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::User;
use claviger_core::client::{Client, GrantType, Requests};
use claviger_core::dialect::Legacy;
use claviger_core::realm::{AccessTokenFormat, Realm};
use claviger_core::sign_in::{Demand, OrganisationSignIn, SignInPolicy};
use claviger_core::span::Span;
use claviger_core::totp::TotpSecret;
use data_encoding::BASE32_NOPAD;
use reqwest::Method;
use serde_json::json;

const PAGE: &str = "/-/second-factor";

fn policy(realm: &mut Realm, demand: Demand) {
    realm.sign_in = SignInPolicy {
        second_factor: demand,
        remember_browser_ttl: Span::seconds(30 * 86_400),
        ..SignInPolicy::default()
    };
}

async fn started(demand: Demand) -> Server {
    let server = Server::with(|realm| policy(realm, demand)).await;
    server.add_client(&client("app")).await;
    server
}

fn query() -> Vec<(String, String)> {
    authorize_query("app", "openid read")
}

/// The secret that a page shows to be typed.
fn secret_on(page: &Reply) -> TotpSecret {
    let block = page.body.split("<pre").nth(1).unwrap_or_else(|| panic!("no secret: {}", page.body));
    let text = block.split('>').nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    TotpSecret::new(&BASE32_NOPAD.decode(text.as_bytes()).unwrap())
}

fn code_now(server: &Server, secret: &TotpSecret) -> String {
    secret.code(TotpSecret::step_at(server.now()))
}

/// Sends the form of a page of the second factor.
async fn send(browser: &Browser, server: &Server, page: &Reply, more: &[(&str, &str)]) -> Reply {
    let names = ["csrf", "pending", "half", "to", "secret"];
    let hidden: Vec<_> = names.iter().filter_map(|name| Some((*name, page.hidden(name)?))).collect();
    let form: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, PAGE, Some(&form)).await
}

/// Follows our own redirects.
async fn follow(browser: &Browser, server: &Server, mut reply: Reply) -> Reply {
    while reply.status == 303 && reply.header("location").starts_with('/') {
        let location = reply.header("location").to_owned();
        reply = browser.get(server, &location).await;
    }
    reply
}

/// Types the password on a sign-in page, and opens what follows.
async fn password(browser: &Browser, server: &Server, page: &Reply) -> Reply {
    page.asks_to_sign_in();
    let to = page.hidden("to");
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending"));
    let mut form = vec![("csrf", csrf.as_str()), ("username", "alice"), ("password", PASSWORD)];
    form.extend(pending.as_deref().map(|pending| ("pending", pending)));
    form.extend(to.as_deref().map(|to| ("to", to)));
    let reply = browser.send(server, Method::POST, "/-/sign-in", Some(&form)).await;
    follow(browser, server, reply).await
}

fn asks_for_a_code(page: &Reply) {
    assert!(page.status == 200 && page.body.contains("autocomplete=\"one-time-code\""), "{}", page.body);
    assert!(page.body.contains("Confirm that it is you"), "{}", page.body);
    page.is_html();
}

/// Sets an authenticator app up on the security page; its secret and the recovery codes.
async fn set_up(browser: &Browser, server: &Server) -> (TotpSecret, Vec<String>) {
    let page = browser.get(server, "/account/security").await;
    let page = follow(browser, server, page).await;
    let page = password(browser, server, &page).await;
    assert!(page.body.contains("You sign in with your password alone."), "{}", page.body);
    let page = browser.get(server, &format!("{PAGE}?to=security&act=set-up")).await;
    page.is_html();
    let secret = secret_on(&page);
    let codes = send(browser, server, &page, &[("act", "set-up"), ("code", &code_now(server, &secret))]).await;
    let codes = codes_on(&codes);
    (secret, codes)
}

fn codes_on(page: &Reply) -> Vec<String> {
    assert!(page.status == 200 && page.body.contains("Your recovery codes"), "{} {}", page.status, page.body);
    page.is_html();
    let block = page.body.split("<pre").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap();
    let codes: Vec<String> = block.lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10);
    codes
}

/// Where somebody is asked for the code: a new browser after the password.
async fn half_way(server: &Server) -> (Browser, Reply) {
    let browser = Browser::default();
    let page = browser.ask(server, &query()).await;
    let page = password(&browser, server, &page).await;
    asks_for_a_code(&page);
    (browser, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_set_an_app_up_is_asked_for_its_code_which_works_once() {
    let server = started(Demand::Optional).await;
    let first = Browser::default();
    let (secret, _) = set_up(&first, &server).await;
    // This session has proved it by that.
    let tokens = server.code_flow(&first, "app", "openid read").await;
    assert_eq!(claims(&tokens.text("id_token"))["acr"], "2");

    let (browser, page) = half_way(&server).await;
    assert!(browser.cookie("session").is_none(), "nobody is signed in yet");
    let used = send(&browser, &server, &page, &[("code", &code_now(&server, &secret))]).await;
    let page = follow(&browser, &server, used).await;
    assert!(page.body.contains("used before"), "the code that set it up is used: {}", page.body);
    server.pass(30);
    let code = code_now(&server, &secret);
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let answer = send(&browser, &server, &page, &[("code", &typed)]).await;
    let answer = browser.carry_on(&server, answer).await;
    let tokens = server.redeem("app", &answer.code()).await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!("2"), &json!(["pwd", "otp", "mfa"])));
    let access = claims(&tokens.text("access_token"));
    assert_eq!((&access["acr"], &access["amr"]), (&json!("2"), &json!(["pwd", "otp", "mfa"])));
    let known = server.introspect("app", &tokens.text("access_token")).await.json();
    assert_eq!((&known["acr"], &known["auth_time"]), (&json!("2"), &json!(server.now() / 1000)));
    let refreshed = server.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(claims(&refreshed.text("access_token"))["acr"], "2");

    let (replaying, page) = half_way(&server).await;
    let refused = send(&replaying, &server, &page, &[("code", &code)]).await;
    assert!(refused.header("location").contains("problem=wrong"), "{}", refused.header("location"));
    assert!(replaying.cookie("session").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_lets_in_once_and_new_ones_replace_the_old() {
    let server = started(Demand::Optional).await;
    let browser = Browser::default();
    let (_, codes) = set_up(&browser, &server).await;
    for (typed, works) in [(codes[0].to_uppercase(), true), (codes[0].clone(), false), (codes[1].clone(), true)] {
        let (other, page) = half_way(&server).await;
        let answer = send(&other, &server, &page, &[("code", &typed)]).await;
        assert_eq!(other.cookie("session").is_some(), works, "{typed}");
        if works {
            let answer = other.carry_on(&server, answer).await;
            let tokens = server.redeem("app", &answer.code()).await;
            assert_eq!(claims(&tokens.text("id_token"))["amr"], json!(["pwd", "otp", "mfa"]));
        }
    }
    let page = browser.get(&server, "/account/security").await;
    assert!(page.body.contains("8 codes are left"), "{}", page.body);
    let csrf = page.hidden("csrf").unwrap();
    let fresh =
        browser.send(&server, Method::POST, "/account/security", Some(&[("csrf", &csrf), ("codes", "1")])).await;
    let fresh = codes_on(&fresh);
    for (code, works) in [(&codes[2], false), (&fresh[0], true)] {
        let (other, page) = half_way(&server).await;
        send(&other, &server, &page, &[("code", code)]).await;
        assert_eq!(other.cookie("session").is_some(), works);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_required_it_is_set_up_at_the_sign_in() {
    let server = started(Demand::Required).await;
    let browser = Browser::default();
    let page = browser.ask(&server, &query()).await;
    let page = password(&browser, &server, &page).await;
    assert!(page.body.contains("Set up a second step") && page.body.contains("<svg class=\"qr\""), "{}", page.body);
    assert!(browser.cookie("session").is_none());
    let secret = secret_on(&page);
    // A wrong code shows the same secret again.
    let again = send(&browser, &server, &page, &[("act", "set-up"), ("code", "000000")]).await;
    assert_eq!(secret_on(&again).expose(), secret.expose());
    let codes = send(&browser, &server, &again, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    codes_on(&codes);
    let next = send(&browser, &server, &codes, &[("act", "go-on")]).await;
    let answer = browser.carry_on(&server, next).await;
    let tokens = server.redeem("app", &answer.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["amr"], json!(["pwd", "otp", "mfa"]));
    // The form that set it up, once more, sets nothing up and signs nobody in anew.
    let again = send(&browser, &server, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    assert!(!again.body.contains("Your recovery codes"), "{}", again.body);
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
    // It is the only one, and needed.
    server.pass(30);
    let page = browser.get(&server, "/account/security").await;
    let id = page.body.split("name=\"remove\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let csrf = page.hidden("csrf").unwrap();
    let form = [("csrf", csrf.as_str()), ("remove", id)];
    let kept = browser.send(&server, Method::POST, "/account/security", Some(&form)).await;
    assert_eq!(kept.header("location"), "/account/security?said=needed");
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_asks_for_more_leads_to_the_second_factor() {
    let server = started(Demand::Optional).await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["acr_values_supported"], json!(["1", "2"]));
    assert!(metadata["claims_supported"].as_array().unwrap().contains(&json!("amr")));
    let browser = Browser::default();
    let tokens = server.code_flow(&browser, "app", "openid read").await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!("1"), &json!(["pwd"])));

    let essential = json!({"id_token": {"acr": {"essential": true, "values": ["2"]}}}).to_string();
    let wanted = with(query(), "claims", &essential);
    let silent = with(wanted.clone(), "prompt", "none");
    browser.ask(&server, &silent).await.sent_back(&server, "interaction_required");
    let unknown = json!({"id_token": {"acr": {"essential": true, "values": ["9"]}}}).to_string();
    let reply = browser.ask(&server, &with(query(), "claims", &unknown)).await;
    reply.sent_back(&server, "unmet_authentication_requirements");
    // Whoever would rather have it goes on without where nobody can be asked.
    let rather = with(query(), "acr_values", "2");
    let code = browser.ask(&server, &with(rather.clone(), "prompt", "none")).await.code();
    assert_eq!(claims(&server.redeem("app", &code).await.text("id_token"))["acr"], "1");
    let page = browser.ask(&server, &rather).await;
    assert!(page.body.contains("Set up a second step") && page.body.contains("Not now"), "{}", page.body);
    let skipped = send(&browser, &server, &page, &[("act", "skip")]).await;
    let code = browser.carry_on(&server, skipped).await.code();
    assert_eq!(claims(&server.redeem("app", &code).await.text("id_token"))["acr"], "1");

    // Set up in the middle of a request, then all of it is there at once.
    let page = browser.ask(&server, &wanted).await;
    assert!(page.body.contains("Set up a second step") && !page.body.contains("Not now"), "{}", page.body);
    let secret = secret_on(&page);
    let before = browser.cookie("session");
    let codes = send(&browser, &server, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    codes_on(&codes);
    assert_ne!(browser.cookie("session"), before, "another session since");
    let next = send(&browser, &server, &codes, &[("act", "go-on")]).await;
    let code = browser.carry_on(&server, next).await.code();
    assert_eq!(claims(&server.redeem("app", &code).await.text("id_token"))["acr"], "2");
    let code = browser.ask(&server, &silent).await.code();
    assert_eq!(claims(&server.redeem("app", &code).await.text("id_token"))["acr"], "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_by_password_is_stepped_up_and_says_when_it_began() {
    let server = started(Demand::Optional).await;
    let (earlier, elsewhere) = (Browser::default(), Browser::default());
    let tokens = server.code_flow(&earlier, "app", "openid read").await;
    let began = claims(&tokens.text("id_token"))["auth_time"].clone();
    let (secret, _) = set_up(&elsewhere, &server).await;
    server.pass(3600);
    let page = earlier.ask(&server, &with(query(), "acr_values", "2 1")).await;
    page.code();
    let page = earlier.ask(&server, &with(query(), "acr_values", "2")).await;
    asks_for_a_code(&page);
    let answer = send(&earlier, &server, &page, &[("code", &code_now(&server, &secret))]).await;
    let code = earlier.carry_on(&server, answer).await.code();
    let id_token = claims(&server.redeem("app", &code).await.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["auth_time"]), (&json!("2"), &began), "the password is as old as it was");
    // max_age asks for all of it.
    let page = earlier.ask(&server, &with(query(), "max_age", "60")).await;
    let page = password(&earlier, &server, &page).await;
    asks_for_a_code(&page);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_remembered_until_its_user_says_otherwise() {
    let server = started(Demand::Required).await;
    let secret = {
        let browser = Browser::default();
        let page = browser.ask(&server, &query()).await;
        let page = password(&browser, &server, &page).await;
        let secret = secret_on(&page);
        send(&browser, &server, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
        secret
    };
    server.pass(60);
    let (browser, page) = half_way(&server).await;
    assert!(page.body.contains("Do not ask again in this browser for 30 days"), "{}", page.body);
    let code = code_now(&server, &secret);
    let answer = send(&browser, &server, &page, &[("code", &code), ("remember", "1")]).await;
    browser.carry_on(&server, answer).await.code();
    server.pass(10 * 86_400);
    let tokens = server.code_flow(&browser, "app", "openid read").await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!("1"), &json!(["pwd"])), "nothing more was proved");
    // Another user of the same browser is asked, and so is a copy of one cookie alone.
    let stolen = Browser::default();
    let page = stolen.ask(&server, &query()).await;
    asks_for_a_code(&password(&stolen, &server, &page).await);
    // Taken back on the security page, for which the code is asked.
    server.pass(60);
    let page = browser.get(&server, "/account/security").await;
    let page = follow(&browser, &server, page).await;
    let page = if page.body.contains("name=\"password\"") { password(&browser, &server, &page).await } else { page };
    asks_for_a_code(&page);
    let answer = send(&browser, &server, &page, &[("code", &code_now(&server, &secret))]).await;
    let page = follow(&browser, &server, answer).await;
    let id = page.body.split("name=\"forget\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let csrf = page.hidden("csrf").unwrap();
    let form = [("csrf", csrf.as_str()), ("forget", id)];
    browser.send(&server, Method::POST, "/account/security", Some(&form)).await;
    let page = browser.ask(&server, &with(query(), "prompt", "login")).await;
    asks_for_a_code(&password(&browser, &server, &page).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_braked_by_the_user_wherever_they_come_from() {
    let server = started(Demand::Optional).await;
    let (secret, _) = set_up(&Browser::default(), &server).await;
    server.pass(60);
    let mut refused = 0;
    for _ in 0..8 {
        let (browser, page) = half_way(&server).await;
        let answer = send(&browser, &server, &page, &[("code", "000000")]).await;
        if answer.header("location").contains("problem=wait") {
            let page = follow(&browser, &server, answer).await;
            assert!(page.status == 429 && page.body.contains("data-waits"), "{}", page.body);
            refused += 1;
        }
    }
    assert_eq!(refused, 3, "five are free");
    let (browser, page) = half_way(&server).await;
    send(&browser, &server, &page, &[("code", &code_now(&server, &secret))]).await;
    assert!(browser.cookie("session").is_none(), "not even the right one is looked at");
    server.pass(900);
    let (browser, page) = half_way(&server).await;
    send(&browser, &server, &page, &[("code", &code_now(&server, &secret))]).await;
    assert!(browser.cookie("session").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_sign_in_is_good_for_nothing_else() {
    let server = started(Demand::Optional).await;
    let (secret, _) = set_up(&Browser::default(), &server).await;
    server.pass(60);
    let signed_in = async |browser: &Browser, page: &Reply| {
        send(browser, &server, page, &[("code", &code_now(&server, &secret))]).await;
        browser.cookie("session").is_some()
    };
    // In another browser.
    let (_, page) = half_way(&server).await;
    let other = Browser::default();
    other.ask(&server, &query()).await;
    assert!(!signed_in(&other, &page).await);
    // Ten minutes later, and with another password since.
    let (browser, page) = half_way(&server).await;
    server.pass(601);
    assert!(!signed_in(&browser, &page).await);
    let (browser, page) = half_way(&server).await;
    let hash = server.store.user("test", "u1").await.unwrap().unwrap().password_hash.unwrap();
    let changed = claviger_store::Masked(hash.as_str().replace("$argon2id$", "$argon2id$ "));
    server.store.set_password("test", "u1", changed, server.now(), server.now()).await.unwrap();
    assert!(!signed_in(&browser, &page).await);
    server.store.set_password("test", "u1", hash, server.now(), server.now()).await.unwrap();
    // Of a user who is disabled.
    let (browser, page) = half_way(&server).await;
    server.store.disable_user("test", "u1", true, server.now(), server.now()).await.unwrap();
    assert!(!signed_in(&browser, &page).await);
    server.store.disable_user("test", "u1", false, server.now(), server.now()).await.unwrap();
    // It opens no page, and no form of another origin takes it.
    let (browser, page) = half_way(&server).await;
    let account = browser.get(&server, "/account/security").await;
    assert_eq!(account.header("location"), "/-/sign-in?to=security");
    let csrf = page.hidden("csrf").unwrap().replace(['A', 'B', 'C', 'D'], "e");
    let (half, code) = (page.hidden("half").unwrap(), code_now(&server, &secret));
    let form = [("csrf", csrf.as_str()), ("half", half.as_str()), ("code", code.as_str())];
    let forged = browser.send(&server, Method::POST, PAGE, Some(&form)).await;
    assert!(forged.header("location").contains("problem=again") && browser.cookie("session").is_none());
    assert!(signed_in(&browser, &page).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_clients_and_administrators_ask_for_more_than_the_realm() {
    let server = Server::with(|realm| {
        policy(realm, Demand::Optional);
        realm.sign_in.organisations.push(OrganisationSignIn {
            id: "acme".into(),
            second_factor: Demand::Required,
            second_factor_kinds: Vec::new(),
        });
    })
    .await;
    server.add_client(&client("app")).await;
    let strict = Requests { second_factor: Demand::Required, ..Requests::default() };
    server.add_client(&Client { requests: strict, ..client("strict") }).await;
    server.add_user(&User { organisations: vec!["acme".into()], ..user("u2", "bob") }).await;
    server.add_user(&User { administrator: true, ..user("u3", "root") }).await;
    let sets_up = |page: &Reply| page.body.contains("Set up a second step");
    for (username, app, asked) in
        [("alice", "app", false), ("alice", "strict", true), ("bob", "app", true), ("root", "app", true)]
    {
        let browser = Browser::of(username);
        let page = browser.ask(&server, &authorize_query(app, "read")).await;
        let next = browser.get_past_sign_in(&server, page).await;
        assert_eq!(sets_up(&next), asked, "{username} at {app}: {}", next.body);
    }
    // A session that will do for one app, and not for the next.
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    assert!(sets_up(&browser.ask(&server, &authorize_query("strict", "read")).await));
    let silent = with(authorize_query("strict", "read"), "prompt", "none");
    browser.ask(&server, &silent).await.sent_back(&server, "interaction_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_stop_is_said_before_it_stops() {
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
    let form = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD), ("scope", "read")];
    let tokens = server.token("export", &form).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in?to=security").await;
    password(&browser, &server, &page).await;
    let page = browser.get(&server, &format!("{PAGE}?to=security&act=set-up")).await;
    assert!(
        page.body.contains("These apps will stop working") && page.body.contains("Nightly export"),
        "{}",
        page.body
    );
    assert!(server.is_active("export", &tokens.text("access_token")).await);
    let secret = secret_on(&page);
    send(&browser, &server, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    let access = tokens.text("access_token");
    server.until(async || !server.is_active("export", &access).await).await;
    server.refresh("export", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    // Nor does the password alone begin anything: it is as if it were wrong.
    server.pass(60);
    let wrong = [("grant_type", "password"), ("username", "alice"), ("password", "wrong"), ("scope", "read")];
    let expected = server.token("export", &wrong).await.refusal();
    assert_eq!(server.token("export", &form).await.refusal(), expected);
    assert_eq!(expected.1["error"], "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_secret_is_the_password_is_refused_with_it() {
    let server = started(Demand::Optional).await;
    let robot = Client { acts_as: Some("u1".into()), secret_is_password: true, ..client("robot") };
    server.store.put_client("test", &robot, server.now()).await.unwrap();
    let form = [("client_id", "robot"), ("client_secret", PASSWORD), ("grant_type", "client_credentials")];
    assert_eq!(server.post("/token", &form).await.status, 200);
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in?to=security").await;
    password(&browser, &server, &page).await;
    let page = browser.get(&server, &format!("{PAGE}?to=security&act=set-up")).await;
    assert!(page.body.contains("These apps will stop working"), "{}", page.body);
    let secret = secret_on(&page);
    send(&browser, &server, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    // Also what was remembered of its secret.
    server.until(async || server.post("/token", &form).await.status == 401).await;
    server.post("/token", &form).await.refused(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_second_factors_nothing_is_different() {
    let server = Server::with(|realm| realm.tokens.access_token = AccessTokenFormat::Opaque).await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let tokens = server.code_flow(&browser, "app", "openid read").await;
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["acr"], &id_token["amr"]), (&json!(null), &json!(["pwd"])));
    assert_eq!(browser.get(&server, PAGE).await.status, 404);
    let code = browser.ask(&server, &with(query(), "acr_values", "1")).await.code();
    let tokens = server.redeem("app", &code).await;
    assert_eq!(claims(&tokens.text("id_token"))["acr"], "1");
    let known = server.introspect("app", &tokens.text("access_token")).await.json();
    assert_eq!((&known["acr"], &known["amr"]), (&json!("1"), &json!(["pwd"])));
}
