//! An organisation's administrators: which apps act for it, which may, and how that ends; enforced where people allow and where tokens
//! are made.

use crate::common::{Browser, NOW, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::User;
use claviger_core::client::Client;
use claviger_core::dialect::OrganisationChoice;
use claviger_core::user::Organisation;
use claviger_server::admin::{Admin, organisation_apps};
use claviger_store::{Actor, AuditFilter, Of, Way};
use reqwest::Method;
use serde_json::json;

const NORTH: &str = "/account/organisations/north";

async fn started() -> Server {
    let server = Server::with(|realm| realm.dialect.organisation = OrganisationChoice::Many).await;
    for id in ["north", "south"] {
        let organisation = Organisation { id: id.into(), name: format!("The {id}"), kind: "site".into() };
        server.store.put_organisation("test", &organisation, NOW).await.unwrap();
    }
    let of = |id: &str, sites: &[&str]| User {
        organisations: sites.iter().map(|site| (*site).to_owned()).collect(),
        ..user(id, id)
    };
    let mut chief = of("chief", &["north"]);
    chief.details.organisation_roles.insert("north".into(), vec!["admin".into()]);
    server.add_user(&chief).await;
    server.add_user(&of("both", &["north", "south"])).await;
    for id in ["app", "other"] {
        server.add_client(&client(id)).await;
    }
    server
}

async fn chief(server: &Server) -> Browser {
    let browser = Browser::picking("chief", &["north"]);
    server.code_flow(&browser, "other", "read").await;
    browser
}

async fn send(browser: &Browser, server: &Server, page: &Reply, more: &[(&str, &str)]) -> Reply {
    let csrf = page.hidden("csrf").unwrap_or_else(|| panic!("no form: {}", page.body));
    let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, NORTH, Some(&form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_app_is_refused_for_that_organisation_and_goes_on_for_others() {
    let server = started().await;
    let member = Browser::picking("both", &["north", "south"]);
    let tokens = server.code_flow(&member, "app", "read").await;
    let (first, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let boss = chief(&server).await;
    let home = boss.get(&server, "/account").await;
    assert!(home.body.contains(&format!("href=\"{NORTH}\"")) && home.body.contains("The north"), "{}", home.body);
    let page = boss.get(&server, NORTH).await;
    page.is_html();
    for shown in ["App app", "App other", ">both<", "chief", "admin", "2027-01-15"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    server.pass(1);
    let done = send(&boss, &server, &page, &[("app", "app"), ("rule", "block")]).await;
    assert_eq!(done.header("location"), format!("{NORTH}?said=rule"));
    assert!(!server.is_active("app", &first).await, "a token for the organisation is dead at once");
    server.pass(1);
    let tokens = server.refresh("app", &refresh).await;
    assert_eq!(claims(&tokens.text("access_token"))["org"], json!(["south"]));
    // Nobody allows it for that organisation any more.
    let again = with(authorize_query("app", "read"), "prompt", "consent");
    let asked = member.ask(&server, &again).await;
    assert!(asked.body.contains("The south") && !asked.body.contains("The north"), "{}", asked.body);
    let only = Browser::of("chief");
    let page_of_none = only.ask(&server, &authorize_query("app", "read")).await;
    let page_of_none = only.get_past_sign_in(&server, page_of_none).await;
    assert!(page_of_none.body.contains("or to allow the app"), "{}", page_of_none.body);
    let page = boss.get(&server, NORTH).await;
    assert!(page.body.contains("Blocked"), "{}", page.body);
    send(&boss, &server, &page, &[("app", "app"), ("rule", "allow")]).await;
    let asked = member.ask(&server, &again).await;
    assert!(asked.body.contains("The north"), "{}", asked.body);
    let lines = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 10).await.unwrap();
    let acts: Vec<_> = lines.iter().rev().map(|line| (line.act.as_str(), line.subject.as_str())).collect();
    let rule = ("organisation.apps", "north");
    assert_eq!(acts, [rule, ("grant.revoke", "north"), rule]);
    assert!(lines.iter().all(|line| line.way == "account" && line.actor.as_deref() == Some("chief")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_apps_may_act_and_all_can_be_ended() {
    let server = started().await;
    let member = Browser::picking("both", &["north"]);
    let app = server.code_flow(&member, "app", "read").await.text("refresh_token");
    let robot = Client { acts_as: Some("both".into()), ..client("robot") };
    server.add_client(&robot).await;
    let fresh = [("grant_type", "client_credentials"), ("scope", "read")];
    assert_eq!(server.token("robot", &fresh).await.status, 200);
    let boss = chief(&server).await;
    let page = boss.get(&server, NORTH).await;
    send(&boss, &server, &page, &[("app", "other"), ("rule", "allow")]).await;
    send(&boss, &server, &page, &[("only_listed", "1")]).await;
    server.refresh("app", &app).await.refused(400, "invalid_grant");
    let robots = server.token("robot", &fresh).await;
    assert_eq!(claims(&robots.text("access_token"))["org"], json!(["south"]), "what it may still act for");
    boss.ask(&server, &authorize_query("other", "read")).await.code();
    let of = Of { app: Some("other".into()), user: None };
    assert_eq!(server.store.list_grants("test", &of, None, server.now(), 9).await.unwrap().len(), 1);
    let unsure = send(&boss, &server, &page, &[("end_all", "1")]).await;
    assert_eq!(unsure.status, 404);
    let done = send(&boss, &server, &page, &[("end_all", "1"), ("sure", "1")]).await;
    assert_eq!(done.header("location"), format!("{NORTH}?said=pulled_plug"));
    assert!(server.store.list_grants("test", &of, None, server.now(), 9).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_its_administrators_alone() {
    let server = started().await;
    let boss = chief(&server).await;
    let page = boss.get(&server, NORTH).await;
    let member = Browser::picking("both", &["north"]);
    server.code_flow(&member, "app", "read").await;
    for path in [NORTH, "/account/organisations/south", "/account/organisations/nowhere", "/account/organisations/"] {
        assert_eq!(member.get(&server, path).await.status, 404, "{path}");
    }
    assert_eq!(boss.get(&server, "/account/organisations/south").await.status, 404);
    let of_member = member.get(&server, "/account").await;
    assert!(!of_member.body.contains("/account/organisations/"), "{}", of_member.body);
    assert_eq!(send(&member, &server, &of_member, &[("app", "app"), ("rule", "block")]).await.status, 404);
    let forged = send(&boss, &server, &of_member, &[("app", "app"), ("rule", "block")]).await;
    assert_eq!(forged.header("location"), format!("{NORTH}?said=again"));
    assert_eq!(send(&boss, &server, &page, &[("app", "ghost"), ("rule", "block")]).await.status, 404);
    assert!(server.store.app_rules("test").await.unwrap().is_empty(), "nothing was done");
    server.pass(901);
    assert_eq!(boss.get(&server, NORTH).await.header("location"), "/-/sign-in?to=account");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_says_counts_on_a_running_server() {
    let server = started().await;
    let member = Browser::picking("both", &["north"]);
    let refresh = server.code_flow(&member, "app", "read").await.text("refresh_token");
    let actor = Actor { name: "tester".into(), way: Way::Cli, reference: "ref".into() };
    let admin = Admin { store: &server.store, actor: &actor, now: server.now() };
    // The rule alone, as if a grant came about beside it.
    let store = server.store.audited(&actor, claviger_store::Act::OrganisationApps);
    store.set_app_rule("test", "north", "app", Some(false), server.now()).await.unwrap();
    let refused = async || server.refresh("app", &refresh).await.status == 400;
    server.until(refused).await;
    assert!(organisation_apps::set(&admin, &server.realm, "north", "app", true).await.unwrap());
    let (acting, rules) = organisation_apps::list(&server.store, &server.realm, "north", server.now()).await.unwrap();
    assert_eq!((acting.len(), acting[0].username.as_deref(), rules[0].allowed), (1, Some("both"), true));
    assert_eq!(organisation_apps::end(&admin, &server.realm, "north", None).await.unwrap(), 1);
}
