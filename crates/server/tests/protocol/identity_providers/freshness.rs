//! How new and how strong a sign-in at a provider was, and what the realm asks beside it.

use super::*;
use claviger_core::sign_in::{Demand, SignInPolicy};
use claviger_core::totp::TotpSecret;
use data_encoding::BASE32_NOPAD;

fn policy(realm: &mut Realm, demand: Demand) {
    realm.sign_in = SignInPolicy {
        second_factor: demand,
        remember_browser_ttl: claviger_core::span::Span::seconds(30 * 86_400),
        ..SignInPolicy::default()
    };
}

/// The ID token that a sign-in leads to.
async fn id_token(server: &Server, browser: &Browser, page: Reply) -> Value {
    let reply = browser.carry_on(server, page).await;
    claims(&server.redeem("app", &reply.code()).await.text("id_token"))
}

/// Sends the form of a page of the second factor; opens what follows.
async fn factor(server: &Server, browser: &Browser, page: &Reply, more: &[(&str, &str)]) -> Reply {
    let names = ["csrf", "pending", "half", "to", "secret"];
    let hidden: Vec<_> = names.iter().filter_map(|name| Some((*name, page.hidden(name)?))).collect();
    let form: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
    let reply = browser.send(server, Method::POST, "/-/second-factor", Some(&form)).await;
    opened(server, browser, reply).await
}

async fn opened(server: &Server, browser: &Browser, reply: Reply) -> Reply {
    if reply.status == 303 && reply.header("location").starts_with('/') {
        let location = reply.header("location").to_owned();
        return follow(server, browser, &location).await;
    }
    reply
}

fn secret_on(page: &Reply) -> TotpSecret {
    let block = page.body.split("<pre").nth(1).unwrap_or_else(|| panic!("no secret: {}", page.body));
    let text = block.split('>').nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    TotpSecret::new(&BASE32_NOPAD.decode(text.as_bytes()).unwrap())
}

fn code_now(server: &Server, secret: &TotpSecret) -> String {
    secret.code(TotpSecret::step_at(server.now()))
}

#[tokio::test]
async fn an_app_that_wants_a_new_sign_in_gets_one_there() {
    let (server, provider) = started(|_, _| {}).await;
    let browser = Browser::default();
    let seconds = |server: &Server| server.now() / 1000;
    let login = with(query(), "prompt", "login");
    let asked = leave_with(&server, &browser, &provider, &login).await;
    assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
    // It says nothing of when.
    let page = come_back(&server, &browser, &provider, &asked["state"]).await;
    refused(&page, "did not say that you did so just now");
    // They signed in there an hour ago, and whoever sits there took `prompt` out of the address.
    for (old, is_enough) in [(3600, false), (0, true)] {
        let asked = leave_with(&server, &browser, &provider, &login).await;
        provider.claim("auth_time", json!(seconds(&server) - old));
        let page = come_back(&server, &browser, &provider, &asked["state"]).await;
        if is_enough {
            assert_eq!(id_token(&server, &browser, page).await["auth_time"], json!(seconds(&server)));
        } else {
            refused(&page, "did not say that you did so just now");
            assert_eq!(browser.cookie("session"), None);
        }
    }
    // `max_age`: what was asked for, and what is told is what is true.
    let browser = Browser::default();
    let aged = with(query(), "max_age", "600");
    for (old, is_enough) in [(601, false), (590, true)] {
        let asked = leave_with(&server, &browser, &provider, &aged).await;
        assert_eq!((asked["max_age"].as_str(), asked.get("prompt")), ("600", None));
        let at = seconds(&server) - old;
        provider.claim("auth_time", json!(at));
        let page = come_back(&server, &browser, &provider, &asked["state"]).await;
        if is_enough {
            assert_eq!(id_token(&server, &browser, page).await["auth_time"], json!(at));
        } else {
            refused(&page, "did not say that you did so just now");
        }
    }
    // Who signed in there long ago is as good as that for the next app.
    server.pass(30);
    browser.ask(&server, &aged).await.asks_to_sign_in();
}

#[tokio::test]
async fn the_realm_asks_for_its_second_factor_behind_a_provider() {
    let (server, provider) = started(|_, realm| policy(realm, Demand::Required)).await;
    // Its word does not count unless the realm says so.
    provider.claim("amr", json!(["pwd", "mfa"]));
    let browser = Browser::default();
    let page = through(&server, &browser, &provider).await;
    assert_eq!(browser.cookie("session"), None, "nobody is signed in yet");
    let secret = secret_on(&page);
    let codes = factor(&server, &browser, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    let page = factor(&server, &browser, &codes, &[("act", "go-on")]).await;
    let token = id_token(&server, &browser, page).await;
    assert_eq!((&token["acr"], &token["amr"]), (&json!("2"), &json!(["otp", "mfa"])));
    // In another browser they are asked for the code; and not in a browser that is remembered.
    server.pass(60);
    let other = Browser::default();
    let page = through(&server, &other, &provider).await;
    assert!(page.body.contains("one-time-code") && other.cookie("session").is_none(), "{}", page.body);
    let wrong = factor(&server, &other, &page, &[("code", "000000")]).await;
    assert!(other.cookie("session").is_none(), "{}", wrong.body);
    let page = factor(&server, &other, &wrong, &[("code", &code_now(&server, &secret)), ("remember", "1")]).await;
    id_token(&server, &other, page).await;
    server.pass(1);
    let asked = leave_with(&server, &other, &provider, &with(query(), "prompt", "login")).await;
    provider.claim("auth_time", json!(server.now() / 1000));
    let page = come_back(&server, &other, &provider, &asked["state"]).await;
    let token = id_token(&server, &other, page).await;
    assert_eq!((&token["acr"], token.get("amr")), (&json!("1"), None), "nothing was proved here");
}

#[tokio::test]
async fn a_providers_second_factor_counts_where_the_realm_says_so() {
    let trusting = |entry: &mut IdentityProvider, realm: &mut Realm| {
        policy(realm, Demand::Required);
        entry.trust_amr = true;
        entry.second_factor_acr = vec!["phrh".to_owned()];
    };
    let (server, provider) = started(trusting).await;
    for (name, value, amr) in
        [("amr", json!(["face", "mfa"]), json!(["face", "mfa"])), ("acr", json!("phrh"), json!(["mfa"]))]
    {
        provider.say(|says| says.claims.clear());
        provider.claim(name, value);
        let browser = Browser::default();
        let page = through(&server, &browser, &provider).await;
        let token = id_token(&server, &browser, page).await;
        assert_eq!((&token["acr"], &token["amr"]), (&json!("2"), &amr));
    }
    for (name, value) in [("amr", json!(["pwd"])), ("amr", json!("mfa")), ("acr", json!("2"))] {
        provider.say(|says| says.claims.clear());
        provider.claim(name, value.clone());
        let browser = Browser::default();
        let page = through(&server, &browser, &provider).await;
        secret_on(&page);
        assert_eq!(browser.cookie("session"), None, "{name} {value}");
    }
}

#[tokio::test]
async fn an_account_is_linked_when_its_second_factor_is_proved_too() {
    let (server, provider) = started(|_, realm| policy(realm, Demand::Optional)).await;
    server.add_user(&User { email_verified: true, ..user("u1", "alice") }).await;
    // Alice sets an app up.
    let own = Browser::default();
    let page = own.get(&server, "/-/sign-in?to=security").await;
    let (csrf, to) = (page.hidden("csrf").unwrap(), page.hidden("to").unwrap());
    let form = [("csrf", csrf.as_str()), ("to", &to), ("username", "alice"), ("password", PASSWORD)];
    own.send(&server, Method::POST, "/-/sign-in", Some(&form)).await;
    let page = own.get(&server, "/-/second-factor?to=security&act=set-up").await;
    let secret = secret_on(&page);
    factor(&server, &own, &page, &[("act", "set-up"), ("code", &code_now(&server, &secret))]).await;
    server.pass(60);
    // Whoever knows the password alone links nobody.
    provider.claim("email", json!("alice@example.com"));
    let browser = Browser::default();
    let page = through(&server, &browser, &provider).await;
    let (csrf, link) = (page.hidden("csrf").unwrap(), page.hidden("link").unwrap());
    let form = [("csrf", csrf.as_str()), ("link", &link), ("password", PASSWORD)];
    let reply = browser.send(&server, Method::POST, "/-/provider", Some(&form)).await;
    let page = opened(&server, &browser, reply).await;
    assert!(page.body.contains("one-time-code"), "{}", page.body);
    let linked = async || server.store.provider_accounts("test", "u1").await.unwrap().len();
    assert_eq!((linked().await, browser.cookie("session")), (0, None));
    let page = factor(&server, &browser, &page, &[("code", &code_now(&server, &secret))]).await;
    assert_eq!(linked().await, 1);
    let token = id_token(&server, &browser, page).await;
    assert_eq!((&token["sub"], &token["amr"]), (&json!("u1"), &json!(["pwd", "otp", "mfa"])));
}
