//! The mails that tell people what happened to their account: those that the realm chose, in their language, with what to do.

use crate::common::{Browser, PASSWORD, Server, authorize_query, client, with};
use claviger_core::realm::{AccountMail, AccountPolicy};
use claviger_server::mail::{Mailer, Outlet, deliver_due};
use claviger_server::secrets::Secrets;
use reqwest::Method;

async fn started(mails: &[AccountMail]) -> Server {
    let mails = mails.to_vec();
    let server = Server::with(|realm| {
        realm.account = AccountPolicy { mails, ..AccountPolicy::default() };
        realm.languages = vec!["en".into(), "de".into()];
    })
    .await;
    server.add_client(&client("app")).await;
    server
}

/// The mails that wait, as they are sent; each once.
async fn sent(server: &Server, folder: &crate::common::Folder) -> Vec<String> {
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    let outlet = Outlet::Folder(folder.path().to_owned());
    let mailer = Mailer::new("Claviger <login@claviger.example>", &outlet).unwrap();
    let mut all = Vec::new();
    for one in deliver_due(&server.store, &secrets, &mailer, server.now()).await.unwrap() {
        let Ok(claviger_server::mail::Delivered::Written(file)) = one.outcome else { panic!("not written") };
        all.push(std::fs::read_to_string(file).unwrap().replace("=\r\n", "").replace("=\n", "").replace("=3D", "="));
    }
    all
}

const ALL: [AccountMail; 3] = [AccountMail::NewBrowser, AccountMail::PasswordChanged, AccountMail::AppConnected];

#[tokio::test(flavor = "multi_thread")]
async fn a_new_browser_and_a_new_app_are_told_once() {
    let (server, folder) = (started(&ALL).await, crate::common::Folder::new());
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let mut mails = sent(&server, &folder).await;
    mails.sort_by_key(|mail| mail.contains("acts for you"));
    assert_eq!(mails.len(), 2, "{mails:?}");
    for mail in &mails {
        assert!(
            mail.contains("text/plain") && mail.contains("text/html") && mail.contains("alice@example.com"),
            "{mail}"
        );
        assert!(mail.contains("Was that not you?"), "{mail}");
    }
    assert!(mails[0].contains("a new browser") && mails[0].contains("127.0.0.1"), "{}", mails[0]);
    assert!(mails[0].contains("/account/sessions"), "{}", mails[0]);
    assert!(mails[1].contains("App app") && mails[1].contains("/account/apps"), "{}", mails[1]);
    // The same browser, and the same app, once more.
    let again = with(authorize_query("app", "read"), "prompt", "login");
    browser.authorize(&server, &again).await.code();
    let again = with(authorize_query("app", "write"), "prompt", "consent");
    browser.authorize(&server, &again).await.code();
    assert!(sent(&server, &folder).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_told_in_the_users_language() {
    let (server, folder) = (started(&[AccountMail::PasswordChanged]).await, crate::common::Folder::new());
    server.store.set_language("test", "u1", "de", server.now()).await.unwrap();
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    assert!(sent(&server, &folder).await.is_empty(), "only what the realm chose");
    let page = browser.get(&server, "/account/security").await;
    let csrf = page.hidden("csrf").unwrap();
    let form =
        [("csrf", csrf.as_str()), ("password", "1"), ("current", PASSWORD), ("new_password", "a long new phrase")];
    browser.send(&server, Method::POST, "/account/security", Some(&form)).await;
    let mails = sent(&server, &folder).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("Waren das nicht Sie?") && mails[0].contains("/account/security"), "{}", mails[0]);
    let activity = browser.get(&server, "/account/activity").await;
    assert!(activity.body.contains("Passwort geändert"), "{}", activity.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_unless_the_realm_says_so() {
    let (server, folder) = (started(&[]).await, crate::common::Folder::new());
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    assert!(sent(&server, &folder).await.is_empty());
}
