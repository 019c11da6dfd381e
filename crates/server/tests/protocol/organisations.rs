//! Organisations: users belong to several, consent picks, the token says which.

use crate::common::{Browser, NOW, PASSWORD, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::client::GrantType;
use claviger_core::dialect::{Legacy, OrganisationChoice};
use claviger_core::user::Organisation;
use claviger_core::{Client, User};
use reqwest::Method;
use serde_json::json;

async fn started(choice: OrganisationChoice) -> Server {
    let server = Server::with(|realm| {
        realm.dialect.organisation = choice;
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    for id in ["north", "south", "west"] {
        let organisation = Organisation { id: id.into(), name: format!("The {id}"), kind: "site".into() };
        server.store.put_organisation("test", &organisation, NOW).await.unwrap();
    }
    let of = |id: &str, sites: &[&str]| User {
        organisations: sites.iter().map(|site| (*site).to_owned()).collect(),
        ..user(id, id)
    };
    server.add_user(&of("both", &["north", "south"])).await;
    server.add_user(&of("single", &["west"])).await;
    server.add_user(&of("none", &[])).await;
    server.add_user(&User { service: true, ..of("robot", &["west"]) }).await;
    server.add_user(&User { service: true, ..of("wide-robot", &["north", "west"]) }).await;
    server.add_client(&client("app")).await;
    server
}

async fn consent_page(server: &Server, browser: &Browser) -> Reply {
    let page = browser.ask(server, &authorize_query("app", "read")).await;
    let page = browser.get_past_sign_in(server, page).await;
    page.asks_for_consent();
    page
}

async fn organisations(server: &Server, answer: &Reply) -> serde_json::Value {
    let tokens = server.redeem("app", &answer.code()).await;
    let introspected = server.introspect("app", &tokens.text("access_token")).await.json();
    let claims = claims(&tokens.text("access_token"));
    assert_eq!(claims["org"], introspected["org"]);
    claims["org"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_names_the_companies_and_the_token_carries_those_picked() {
    let server = started(OrganisationChoice::Many).await;
    let browser = Browser::picking("both", &["north", "south"]);
    let page = consent_page(&server, &browser).await;
    assert!(page.body.contains("The north") && page.body.contains("The south") && !page.body.contains("The west"));
    let answer = browser.decide(&server, &page, "allow").await;
    assert_eq!(organisations(&server, &answer).await, json!(["north", "south"]));
    // Remembered; picked anew where consent is asked for again.
    let silent = browser.ask(&server, &authorize_query("app", "read")).await;
    assert_eq!(organisations(&server, &silent).await, json!(["north", "south"]));
    let page = browser.ask(&server, &with(authorize_query("app", "read"), "prompt", "consent")).await;
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", "allow"), ("organisation", "south")];
    let answer = browser.send(&server, Method::POST, "/-/consent", Some(&form)).await;
    let carried = organisations(&server, &answer).await;
    assert!(carried == json!(["south"]) || carried == json!("south"), "{carried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_picked_is_the_users_own_and_as_many_as_may_be() {
    for (choice, wrong) in [
        (OrganisationChoice::One, vec![vec![], vec!["north", "south"], vec!["west"], vec!["unheard-of"]]),
        (OrganisationChoice::Many, vec![vec![], vec!["west"], vec!["north", "west"]]),
    ] {
        let server = started(choice).await;
        let mut browser = Browser::of("both");
        let page = consent_page(&server, &browser).await;
        for organisations in wrong {
            browser.organisations.clone_from(&organisations);
            let reply = browser.decide(&server, &page, "allow").await;
            assert_eq!(reply.header("location"), "", "{organisations:?}");
            assert!(reply.body.contains("name=\"decision\""), "asked again: {}", reply.body);
        }
        browser.organisations = vec!["south"];
        let answer = browser.decide(&server, &page, "allow").await;
        let carried = organisations(&server, &answer).await;
        assert!(carried == json!(["south"]) || carried == json!("south"), "{carried}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_and_none_are_ticked_without_a_script() {
    let server = started(OrganisationChoice::Many).await;
    let browser = Browser::of("both");
    let page = consent_page(&server, &browser).await;
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    for (select, ticked) in [("all", 2), ("none", 0)] {
        let form = [("csrf", csrf.as_str()), ("pending", &pending), ("select", select)];
        let page = browser.send(&server, Method::POST, "/-/consent", Some(&form)).await;
        page.asks_for_consent();
        assert_eq!(page.body.matches(" checked>").count(), ticked, "{select}: {}", page.body);
        assert!(!page.body.contains("role=\"alert\""), "nothing is wrong yet");
    }
    let wrong = browser.decide(&server, &page, "allow").await;
    let (fieldset, alert) = (wrong.body.find("<fieldset").unwrap(), wrong.body.find("role=\"alert\"").unwrap());
    assert!(fieldset < alert && alert < wrong.body.find("</fieldset>").unwrap(), "the mistake stands at the choice");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_one_need_not_pick_and_whoever_has_none_grants_nothing() {
    let server = started(OrganisationChoice::One).await;
    let browser = Browser::picking("single", &["west"]);
    let answer = browser.authorize(&server, &authorize_query("app", "read")).await;
    let carried = organisations(&server, &answer).await;
    assert!(carried == json!(["west"]) || carried == json!("west"), "{carried}");
    // Who has none is told so here, before the app hears anything.
    let browser = Browser::of("none");
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let page = browser.get_past_sign_in(&server, page).await;
    page.is_html();
    assert!(page.body.contains("You cannot use this app yet") && page.body.contains("none"), "{}", page.body);
    assert!(!page.body.contains("value=\"allow\""), "{}", page.body);
    let forced = browser.decide(&server, &page, "allow").await;
    assert!(forced.body.contains("You cannot use this app yet"), "{} {}", forced.status, forced.body);
    browser.decide(&server, &page, "deny").await.sent_back(&server, "access_denied");
    let silent = browser.ask(&server, &with(authorize_query("app", "read"), "prompt", "none")).await;
    silent.sent_back(&server, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_token_loses_what_its_user_has_left() {
    let server = started(OrganisationChoice::Many).await;
    let browser = Browser::picking("both", &["north", "south"]);
    let answer = browser.authorize(&server, &authorize_query("app", "read")).await;
    let tokens = server.redeem("app", &answer.code()).await;
    let left = |sites: &[&str]| User {
        organisations: sites.iter().map(|site| (*site).to_owned()).collect(),
        ..user("both", "both")
    };
    server.add_user(&left(&["south"])).await;
    let next = server.refresh("app", &tokens.text("refresh_token")).await;
    let carried = claims(&next.text("access_token"))["org"].clone();
    assert!(carried == json!(["south"]) || carried == json!("south"), "{carried}");
    server.add_user(&left(&["west"])).await;
    server.refresh("app", &next.text("refresh_token")).await.refused(400, "invalid_grant");
}

/// Nothing is picked, and what a person may see is looked at for each token.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_may_be_tied_to_all_that_its_user_has_at_the_time() {
    let server = started(OrganisationChoice::All).await;
    let browser = Browser::of("both");
    let page = consent_page(&server, &browser).await;
    assert!(!page.body.contains("name=\"organisation\""), "{}", page.body);
    let answer = browser.decide(&server, &page, "allow").await;
    let tokens = server.redeem("app", &answer.code()).await;
    assert_eq!(claims(&tokens.text("access_token"))["org"], json!(["north", "south"]));
    let now_of = |sites: &[&str]| User {
        organisations: sites.iter().map(|site| (*site).to_owned()).collect(),
        ..user("both", "both")
    };
    server.add_user(&now_of(&["south", "west"])).await;
    let next = server.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(claims(&next.text("access_token"))["org"], json!(["south", "west"]));
    server.add_user(&now_of(&[])).await;
    server.refresh("app", &next.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn unattended_only_service_users_of_one_site() {
    for choice in [OrganisationChoice::One, OrganisationChoice::All] {
        unattended(started(choice).await).await;
    }
}

async fn unattended(server: Server) {
    let mut old: Client = client("old");
    old.grants.insert(GrantType::Password);
    old.legacy.insert(Legacy::Password);
    server.add_client(&old).await;
    let log_on = async |name: &str| {
        server.token("old", &[("grant_type", "password"), ("username", name), ("password", PASSWORD)]).await
    };
    let tokens = log_on("robot").await;
    let carried = claims(&tokens.text("access_token"))["org"].clone();
    assert!(carried == json!(["west"]) || carried == json!("west"), "{carried}");
    for name in ["single", "both", "none", "wide-robot"] {
        log_on(name).await.refused(400, "invalid_grant");
    }
}
