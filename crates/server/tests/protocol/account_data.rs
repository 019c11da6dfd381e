//! What is kept about somebody: downloaded as one file, and erased with their account.

use crate::common::{Browser, NOW, PASSWORD, Reply, Server, authorize_query, client};
use claviger_core::Client;
use claviger_core::realm::{AccountPolicy, Realm};
use claviger_core::sign_in::{Demand, SignInPolicy};
use claviger_core::totp::TotpSecret;
use claviger_store::{Act, Actor, AuditFilter, Of, Subject, SubjectKind, Way};
use data_encoding::BASE32_NOPAD;
use reqwest::Method;
use serde_json::json;

async fn started(adapt: impl FnOnce(&mut Realm)) -> Server {
    let server = Server::with(adapt).await;
    server.add_client(&client("app")).await;
    server
}

fn may_delete(realm: &mut Realm) {
    realm.account = AccountPolicy { deletion: true, ..AccountPolicy::default() };
}

async fn send(browser: &Browser, server: &Server, page: &Reply, path: &str, more: &[(&str, &str)]) -> Reply {
    let csrf = page.hidden("csrf").unwrap_or_else(|| panic!("no form: {}", page.body));
    let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, path, Some(&form)).await
}

async fn connected(server: &Server) -> Browser {
    let browser = Browser::default();
    server.code_flow(&browser, "app", "openid read").await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn the_download_has_everything_and_no_secret() {
    let server = started(|_| {}).await;
    let browser = connected(&server).await;
    let actor = Actor { name: "operator".into(), way: Way::Cli, reference: "ref".into() };
    let store = server.store.audited(&actor, Act::UserEdit);
    let user = server.store.user("test", "u1").await.unwrap().unwrap();
    let after = claviger_core::User { given_name: Some("Alice".into()), ..user.user.clone() };
    store.edit_user("test", (&user.user, &after), None, server.now(), server.now()).await.unwrap();
    let page = browser.get(&server, "/account/data").await;
    page.is_html();
    assert!(page.body.contains("You cannot do this here yourself"), "deleting is off by default: {}", page.body);
    let file = send(&browser, &server, &page, "/account/data", &[("download", "1")]).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "application/json"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"account.json\"");
    assert!(file.header("cache-control").contains("no-store"));
    let all = file.json();
    assert_eq!(all["user"]["username"], "alice");
    assert_eq!((&all["has_password"], &all["consents"][0]["app"]), (&json!(true), &json!("app")));
    assert_eq!(all["consents"][0]["scope"], "openid read");
    assert_eq!(all["evidence_of_consents"][0]["agreed_to"]["shown"]["sentences"][1]["sentence"], "use read");
    assert_eq!(all["access_of_apps"][0]["covers"]["scope"], "openid read");
    assert_eq!(all["sessions"][0]["address"], "127.0.0.1");
    let happened: Vec<_> = all["activity"].as_array().unwrap().iter().map(|one| one["what"].clone()).collect();
    assert!(happened.contains(&json!("app-connected")) && happened.contains(&json!("signed-in")), "{happened:?}");
    assert_eq!(all["acts_on_the_account"][0]["what"], "user.edit");
    assert!(!file.body.contains("operator"), "who acted is somebody else's");
    let cookie = browser.cookie("session").unwrap();
    let hash = claviger_core::jose::base64url(&claviger_core::crypto::sha256(cookie.as_bytes()));
    for secret in ["$argon2", "hash", cookie.as_str(), hash.as_str(), "nonce"] {
        assert!(!file.body.contains(secret), "{secret}: {}", file.body);
    }
    // Another site cannot have it sent, and an old sign-in is not enough.
    let other = Browser::default();
    server.code_flow(&other, "app", "openid read").await;
    let forged = send(&other, &server, &page, "/account/data", &[("download", "1")]).await;
    assert_eq!(forged.header("location"), "/account/data?said=again");
    assert_eq!(browser.get(&server, "/account/delete").await.status, 404);
    server.pass(901);
    let late = send(&browser, &server, &page, "/account/data", &[("download", "1")]).await;
    assert_eq!(late.header("location"), "/-/sign-in?to=data");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_by_whoever_knows_its_password_and_is_sure() {
    let server = started(may_delete).await;
    let browser = Browser::default();
    let tokens = server.code_flow(&browser, "app", "openid read").await;
    let data = browser.get(&server, "/account/data").await;
    assert!(data.body.contains("href=\"/account/delete\""), "{}", data.body);
    let page = browser.get(&server, "/account/delete").await;
    page.is_html();
    for (form, said) in [
        (vec![("current", "wrong"), ("sure", "1")], "wrong"),
        (vec![("current", PASSWORD)], "again"),
        (vec![("sure", "1")], "wrong"),
    ] {
        let refused = send(&browser, &server, &page, "/account/delete", &form).await;
        assert_eq!(refused.header("location"), format!("/account/delete?said={said}"), "{form:?}");
    }
    assert!(server.store.user("test", "u1").await.unwrap().is_some());
    let done = send(&browser, &server, &page, "/account/delete", &[("current", PASSWORD), ("sure", "1")]).await;
    assert!(done.status == 200 && done.body.contains("Your account is deleted"), "{}", done.body);
    assert!(browser.cookie("session").is_none());
    assert!(server.store.user("test", "u1").await.unwrap().is_none());
    server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    assert!(!server.is_active("app", &tokens.text("access_token")).await);
    let of = Of { app: None, user: Some("u1".into()) };
    assert!(server.store.list_evidence("test", &of, None, 10).await.unwrap().is_empty());
    assert!(server.store.activity("test", "u1", None, 10).await.unwrap().is_empty());
    assert!(server.store.sessions_of_user("test", "u1", NOW, 10).await.unwrap().is_empty());
    // The log says that it was done, by an id alone, and its chain is whole.
    let subject = Some(Subject::new(SubjectKind::User, "u1"));
    let filter = AuditFilter { subject, ..AuditFilter::default() };
    let lines = server.store.audit_lines(&filter, i64::MAX, 10).await.unwrap();
    let acts: Vec<_> = lines.iter().map(|line| (line.act.as_str(), line.way.as_str())).collect();
    assert_eq!(acts, [("audit.erase", "account"), ("user.delete", "account")]);
    assert!(lines.iter().all(|line| line.personal.is_none() && line.actor.as_deref() == Some("u1")), "{lines:?}");
    let text = format!("{lines:?}");
    assert!(!text.contains("alice") && !text.contains("Adams"), "{text}");
    let verified = server.store.verify_audit().await.unwrap();
    assert_eq!((verified.broken, verified.erased), (None, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_as_well() {
    let server = started(|realm| {
        may_delete(realm);
        realm.sign_in = SignInPolicy { second_factor: Demand::Optional, ..SignInPolicy::default() };
    })
    .await;
    let browser = connected(&server).await;
    let page = browser.get(&server, "/-/second-factor?to=delete&act=set-up").await;
    let block = page.body.split("<pre").nth(1).unwrap_or_else(|| panic!("{}", page.body));
    let text = block.split('>').nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let secret = TotpSecret::new(&BASE32_NOPAD.decode(text.as_bytes()).unwrap());
    let code = secret.code(TotpSecret::step_at(server.now()));
    let (sealed, to) = (page.hidden("secret").unwrap(), page.hidden("to").unwrap());
    let form = [("act", "set-up"), ("code", code.as_str()), ("secret", sealed.as_str()), ("to", to.as_str())];
    assert_eq!(send(&browser, &server, &page, "/-/second-factor", &form).await.status, 200);
    let page = browser.get(&server, "/account/delete").await;
    assert!(page.body.contains("name=\"code\""), "{}", page.body);
    let form = [("current", PASSWORD), ("sure", "1")];
    let refused = send(&browser, &server, &page, "/account/delete", &form).await;
    assert_eq!(refused.header("location"), "/account/delete?said=wrong");
    server.pass(30);
    let code = secret.code(TotpSecret::step_at(server.now()));
    let form = [("current", PASSWORD), ("sure", "1"), ("code", code.as_str())];
    let done = send(&browser, &server, &page, "/account/delete", &form).await;
    assert!(done.body.contains("Your account is deleted"), "{} {}", done.status, done.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_as_whom_a_program_acts_stays() {
    let server = started(may_delete).await;
    server.add_client(&Client { acts_as: Some("u1".into()), ..client("robot") }).await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let page = browser.get(&server, "/account/delete").await;
    let kept = send(&browser, &server, &page, "/account/delete", &[("current", PASSWORD), ("sure", "1")]).await;
    assert_eq!(kept.header("location"), "/account/data?said=in_use");
    assert!(server.store.user("test", "u1").await.unwrap().is_some());
}
