//! What users see of it, and users who have no password.

use super::*;

const PAGE: &str = "/account/security";

/// Signs in at the provider on the way to the page of what one signs in with.
async fn security(server: &Server, browser: &Browser, provider: &Provider) -> Reply {
    let page = follow(server, browser, PAGE).await;
    let asked = leave_from(server, browser, provider, &page).await;
    assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
    provider.claim("auth_time", json!(server.now() / 1000));
    come_back(server, browser, provider, &asked["state"]).await
}

/// Sends a form of the page; opens what follows.
async fn send(server: &Server, browser: &Browser, page: &Reply, button: (&str, &str)) -> Reply {
    let csrf = page.hidden("csrf").unwrap();
    let reply = browser.send(server, Method::POST, PAGE, Some(&[("csrf", &csrf), button])).await;
    follow(server, browser, reply.header("location")).await
}

/// The name of the account in the button that removes it.
fn unlink_name(page: &Reply) -> String {
    let button = page.body.split("name=\"unlink\" value=\"").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    button.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_has_a_provider_alone_keeps_it() {
    let (server, provider) = started(|_, _| {}).await;
    let browser = Browser::default();
    let page = security(&server, &browser, &provider).await;
    page.is_html();
    assert!(page.body.contains("Sign-in elsewhere") && page.body.contains("connected just now"), "{}", page.body);
    assert!(!page.body.contains("new_password") && !page.body.contains("with your password"), "{}", page.body);
    let page = send(&server, &browser, &page, ("unlink", &unlink_name(&page))).await;
    assert!(page.body.contains("could not sign in any more"), "{}", page.body);
    let user = server.store.user_by_login("test", "ada@acme.example").await.unwrap().unwrap().user;
    assert_eq!(server.store.provider_accounts("test", &user.id).await.unwrap().len(), 1);
    // With a password it can go.
    server.store.set_password("test", &user.id, claviger_store::Masked("h".into()), server.now(), 0).await.unwrap();
    let browser = Browser::default();
    let page = security(&server, &browser, &provider).await;
    let page = send(&server, &browser, &page, ("unlink", &unlink_name(&page))).await;
    assert!(page.body.contains("It is removed."), "{}", page.body);
    assert!(server.store.provider_accounts("test", &user.id).await.unwrap().is_empty());
    // Another form than this session's does nothing.
    let reply = browser.send(&server, Method::POST, PAGE, Some(&[("csrf", "x"), ("connect", "work")])).await;
    assert_eq!(reply.header("location"), "/account/security?said=again");
}

#[tokio::test]
async fn whoever_is_signed_in_connects_an_account_by_their_own_word() {
    let (server, provider) = started(|entry, _| entry.create_users = false).await;
    server.add_user(&user("u1", "alice")).await;
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in?to=security").await;
    let (csrf, to) = (page.hidden("csrf").unwrap(), page.hidden("to").unwrap());
    let form = [("csrf", csrf.as_str()), ("to", &to), ("username", "alice"), ("password", PASSWORD)];
    browser.send(&server, Method::POST, "/-/sign-in", Some(&form)).await;
    let page = browser.get(&server, PAGE).await;
    assert!(page.body.contains("Connect"), "{}", page.body);
    let csrf = page.hidden("csrf").unwrap();
    let leave = async || {
        let form = [("csrf", csrf.as_str()), ("connect", "work")];
        let reply = browser.send(&server, Method::POST, PAGE, Some(&form)).await;
        went(&server, &provider, &reply)
    };
    let linked = async || server.store.provider_accounts("test", "u1").await.unwrap().len();
    // A wrong answer connects nothing.
    let asked = leave().await;
    provider.claim("nonce", json!("other"));
    let page = come_back(&server, &browser, &provider, &asked["state"]).await;
    assert!(page.body.contains("did not say that it is you") && linked().await == 0, "{}", page.body);
    provider.say(|says| says.claims.clear());
    // Nor does one that comes when somebody else is signed in.
    let asked = leave().await;
    provider.claim("auth_time", json!(server.now() / 1000));
    server.store.disable_user("test", "u1", true, server.now(), server.now()).await.unwrap();
    come_back(&server, &browser, &provider, &asked["state"]).await;
    assert_eq!(linked().await, 0);
    server.store.disable_user("test", "u1", false, server.now(), server.now()).await.unwrap();
    let page = browser.get(&server, "/-/sign-in?to=security").await;
    let (csrf, to) = (page.hidden("csrf").unwrap(), page.hidden("to").unwrap());
    let form = [("csrf", csrf.as_str()), ("to", &to), ("username", "alice"), ("password", PASSWORD)];
    browser.send(&server, Method::POST, "/-/sign-in", Some(&form)).await;
    let page = browser.get(&server, PAGE).await;
    let csrf = page.hidden("csrf").unwrap();
    let reply = browser.send(&server, Method::POST, PAGE, Some(&[("csrf", &csrf), ("connect", "work")])).await;
    let asked = went(&server, &provider, &reply);
    let session = browser.cookie("session");
    let page = come_back(&server, &browser, &provider, &asked["state"]).await;
    assert!(page.body.contains("It is connected.") && linked().await == 1, "{}", page.body);
    assert_eq!(browser.cookie("session"), session);
    // From then on it signs in, whatever its address.
    let other = Browser::default();
    let consent = through(&server, &other, &provider).await;
    assert_eq!(subject(&server, &other, consent).await, "u1");
    // It is nobody else's.
    server.add_user(&user("u2", "bob")).await;
    let account = claviger_store::ProviderAccount {
        realm: "test".into(),
        issuer: provider.issuer.clone(),
        subject: "s-1".into(),
    };
    assert!(!server.store.link_provider(&account, "u2", server.now()).await.unwrap());
}

#[tokio::test]
async fn whoever_has_no_password_gets_none_by_mail_and_signs_in_with_none() {
    let (server, provider) = started(|_, realm| {
        realm.sign_in.reset_by_mail = true;
        realm.dialect.permits = [claviger_core::dialect::Legacy::Password].into();
    })
    .await;
    server.add_user(&User { email_verified: true, ..user("u1", "alice") }).await;
    let browser = Browser::default();
    let consent = through(&server, &browser, &provider).await;
    let id = subject(&server, &browser, consent).await;
    let new = Browser::default();
    for name in ["ada@acme.example", "alice"] {
        let page = new.get(&server, "/-/forgotten").await;
        let csrf = page.hidden("csrf").unwrap();
        let form = [("csrf", csrf.as_str()), ("username", name)];
        let reply = new.send(&server, Method::POST, "/-/forgotten", Some(&form)).await;
        assert_eq!(reply.header("location"), "/-/forgotten?sent", "the same for both");
    }
    let mails = crate::passwords::mails(&server).await;
    let to = |address: &str| mails.iter().find(|(to, _)| to == address).map(|(_, link)| link.is_some());
    assert_eq!((to("ada@acme.example"), to("alice@example.com")), (Some(false), Some(true)), "{mails:?}");
    let password = Client {
        grants: [claviger_core::client::GrantType::Password].into(),
        legacy: [claviger_core::dialect::Legacy::Password].into(),
        ..client("legacy")
    };
    server.add_client(&password).await;
    let ask = async |name: &str| {
        server.token("legacy", &[("grant_type", "password"), ("username", name), ("password", PASSWORD)]).await
    };
    assert_eq!(ask("alice").await.status, 200);
    ask("ada@acme.example").await.refused(400, "invalid_grant");
    for password in ["password", PASSWORD] {
        let page = new.ask(&server, &query()).await;
        let reply = new.sign_in(&server, &page, "ada@acme.example", password).await;
        assert!(new.cookie("session").is_none(), "{}", reply.status);
    }
    assert!(server.store.user("test", &id).await.unwrap().unwrap().password_hash.is_none());
}

#[tokio::test]
async fn an_address_of_somebody_without_a_password_is_said_to_be_taken() {
    let (server, provider) = started(|_, _| {}).await;
    let browser = Browser::default();
    let consent = through(&server, &browser, &provider).await;
    subject(&server, &browser, consent).await;
    provider.claim("sub", json!("s-2"));
    let page = through(&server, &Browser::default(), &provider).await;
    refused(&page, "There is an account with your e-mail address");
}

#[tokio::test]
async fn what_somebody_calls_themselves_is_no_address() {
    let (server, provider) = started(|_, _| {}).await;
    server.add_user(&user("u1", "bob")).await;
    provider.claim("email_verified", json!(false));
    for (sub, called, name) in [("a", "ceo@corp.example", None), ("b", "carol", Some("carol")), ("c", "bob", None)] {
        provider.claim("sub", json!(sub));
        provider.claim("preferred_username", json!(called));
        let browser = Browser::default();
        let consent = through(&server, &browser, &provider).await;
        let id = subject(&server, &browser, consent).await;
        let stored = server.store.user("test", &id).await.unwrap().unwrap().user;
        match name {
            Some(name) => assert_eq!(stored.username, name),
            None => assert!(!stored.username.contains('@') && stored.username != called, "{}", stored.username),
        }
    }
}
