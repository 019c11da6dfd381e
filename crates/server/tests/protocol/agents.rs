//! Agents: what people allow them is bounded in time, tokens say that an agent acts, and they stand apart.

use crate::common::{Browser, NOW, Reply, Server, authorize_query, claims, client, with};
use claviger_core::Client;
use claviger_core::client::{Acting, ExchangePolicy, GrantType, Registered};
use claviger_core::realm::{AccessTokenFormat, ConsentTime, Realm};
use claviger_core::span::Span;
use reqwest::Method;
use serde_json::json;

const HOUR: i64 = 3600;

async fn world(adapt: impl FnOnce(&mut Realm)) -> Server {
    let server = Server::with(adapt).await;
    server.add_client(&client("app")).await;
    server.add_client(&agent("agent")).await;
    server
}

fn agent(id: &str) -> Client {
    Client { agent: Some(true), ..client(id) }
}

/// The consent page for a client.
async fn consent(server: &Server, browser: &Browser, client: &str) -> Reply {
    let page = browser.ask(server, &authorize_query(client, "openid read offline_access")).await;
    if page.body.contains("name=\"password\"") { browser.get_past_sign_in(server, page).await } else { page }
}

/// Allows what the page asks for, for so long.
async fn allow(server: &Server, browser: &Browser, page: &Reply, time: Option<&str>) -> Reply {
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let mut form = vec![("csrf", csrf.as_str()), ("pending", &pending), ("decision", "allow")];
    form.extend(time.map(|time| ("for", time)));
    browser.send(server, Method::POST, "/-/consent", Some(&form)).await
}

async fn tokens(server: &Server, browser: &Browser, client: &str, time: Option<&str>) -> Reply {
    let page = consent(server, browser, client).await;
    page.asks_for_consent();
    let code = allow(server, browser, &page, time).await.code();
    let tokens = server.redeem(client, &code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_an_hour_for_tokens_refreshes_and_the_next_page() {
    let server = world(|_| {}).await;
    let browser = Browser::default();
    let page = consent(&server, &browser, "agent").await;
    for shown in ["name=\"for\" value=\"1h\"", "value=\"1d\"", "value=\"until-taken-back\" checked", "Agent"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let first = tokens(&server, &browser, "agent", Some("1h")).await;
    let stored = server.store.consent("test", "u1", "agent").await.unwrap().unwrap();
    assert_eq!(stored.until, Some(NOW + HOUR * 1000));
    // Within the hour: refreshed, and no page.
    server.pass(HOUR - 90);
    let second = server.refresh("agent", &first.text("refresh_token")).await;
    assert_eq!((second.status.as_u16(), second.json()["expires_in"].clone()), (200, json!(90)), "{}", second.body);
    let claims = claims(&second.text("access_token"));
    assert_eq!(claims["exp"].as_i64().unwrap() * 1000, NOW + HOUR * 1000, "it ends with the hour");
    let introspected = server.introspect("agent", &second.text("refresh_token")).await.json();
    assert_eq!(introspected["exp"].as_i64().unwrap() * 1000, NOW + HOUR * 1000, "{introspected}");
    let again = browser.authorize(&server, &authorize_query("agent", "openid read offline_access")).await;
    let third = server.redeem("agent", &again.code()).await;
    assert_eq!(third.json()["expires_in"], 90, "what is remembered ends with it: {}", third.body);
    let listed = browser.get(&server, "/account/apps").await;
    assert!(listed.body.contains("ends") && listed.body.contains("2027-01-15 09:00"), "{}", listed.body);
    // After it: nothing.
    server.pass(90);
    for refresh in [second.text("refresh_token"), third.text("refresh_token")] {
        assert!(!server.is_active("agent", &refresh).await);
        server.refresh("agent", &refresh).await.refused(400, "invalid_grant");
    }
    assert!(!server.is_active("agent", &second.text("access_token")).await);
    consent(&server, &browser, "agent").await.asks_for_consent();
    let listed = browser.get(&server, "/account/apps").await;
    assert!(listed.body.contains("No app acts for you"), "{}", listed.body);
    // What was allowed before adds nothing to what is allowed now.
    let page = browser.ask(&server, &authorize_query("agent", "openid")).await;
    allow(&server, &browser, &page, Some("1d")).await.code();
    let stored = server.store.consent("test", "u1", "agent").await.unwrap().unwrap();
    assert_eq!(stored.scope.to_string(), "openid");
    assert_eq!(stored.until, Some(server.now() + 24 * HOUR * 1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_waits_longer_than_its_user_allowed_gives_nothing() {
    let server = world(|realm| {
        realm.agents.consent_times = vec![ConsentTime::For(Span::seconds(60))];
        realm.tokens.code_ttl = Span::seconds(300);
    })
    .await;
    let browser = Browser::default();
    let page = consent(&server, &browser, "agent").await;
    let code = allow(&server, &browser, &page, None).await.code();
    server.pass(61);
    server.redeem("agent", &code).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_last_counts_and_only_what_is_offered_can_be() {
    let server = world(|_| {}).await;
    let browser = Browser::default();
    let long = tokens(&server, &browser, "agent", Some("until-taken-back")).await;
    let query = with(authorize_query("agent", "openid read offline_access"), "prompt", "consent");
    let page = browser.ask(&server, &query).await;
    allow(&server, &browser, &page, Some("1h")).await.code();
    server.pass(HOUR + 1);
    server.refresh("agent", &long.text("refresh_token")).await.refused(400, "invalid_grant");
    let page = consent(&server, &browser, "agent").await;
    allow(&server, &browser, &page, Some("10000d")).await.code();
    let stored = server.store.consent("test", "u1", "agent").await.unwrap().unwrap();
    assert_eq!(stored.until, None, "what nobody offers is the usual");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_say_that_an_agent_acts_and_only_then() {
    let opaque = |id: &str| Client { access_token: Some(AccessTokenFormat::Opaque), ..agent(id) };
    for claim in ["client_kind", "act"] {
        let server = world(|realm| realm.agents.claim = claim.to_owned()).await;
        server.add_client(&opaque("opaque")).await;
        let browser = Browser::default();
        let said = |of: &serde_json::Value, client: &str| match claim {
            "act" => of["act"]["sub"] == client,
            _ => of["client_kind"] == "agent",
        };
        let answer = tokens(&server, &browser, "agent", None).await;
        assert!(said(&claims(&answer.text("access_token")), "agent"), "{claim}");
        assert!(said(&server.introspect("agent", &answer.text("access_token")).await.json(), "agent"), "{claim}");
        let id_token = claims(&answer.text("id_token"));
        assert_eq!(id_token["client_kind"] == "agent", claim == "client_kind", "{id_token}");
        let refreshed = server.refresh("agent", &answer.text("refresh_token")).await;
        assert!(said(&claims(&refreshed.text("access_token")), "agent"), "{claim}: refreshed");
        let reference = tokens(&server, &browser, "opaque", None).await;
        assert!(said(&server.introspect("opaque", &reference.text("access_token")).await.json(), "opaque"), "{claim}");
        let ordinary = claims(&tokens(&server, &browser, "app", None).await.text("access_token"));
        assert!(ordinary.get("client_kind").is_none() && ordinary.get("act").is_none(), "{ordinary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_exchanged_for_an_agents_still_says_so() {
    let server = world(|realm| {
        realm.tokens.token_exchange = true;
    })
    .await;
    let acting = Acting::Impersonation;
    let policy = ExchangePolicy { clients: vec!["agent".to_owned()], acting, ..ExchangePolicy::default() };
    let mut backend = Client { token_exchange: Some(Box::new(policy)), ..client("backend") };
    backend.grants.insert(GrantType::TokenExchange);
    server.add_client(&backend).await;
    let browser = Browser::default();
    let answer = tokens(&server, &browser, "agent", Some("1h")).await;
    let access = answer.text("access_token");
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", access.as_str()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    let exchanged = server.token("backend", &exchange).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.body);
    assert_eq!(claims(&exchanged.text("access_token"))["client_kind"], "agent");
    server.pass(HOUR);
    server.token("backend", &exchange).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_no_agent_is_asked_no_time_and_has_no_end() {
    let server = world(|_| {}).await;
    let browser = Browser::default();
    let page = consent(&server, &browser, "app").await;
    assert!(!page.body.contains("name=\"for\""), "{}", page.body);
    tokens(&server, &browser, "app", Some("1h")).await;
    assert_eq!(server.store.consent("test", "u1", "app").await.unwrap().unwrap().until, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_stand_apart_in_the_account() {
    let server = world(|_| {}).await;
    let browser = Browser::default();
    tokens(&server, &browser, "app", None).await;
    tokens(&server, &browser, "agent", None).await;
    let listed = browser.get(&server, "/account/apps").await;
    let at = |text: &str| listed.body.find(text).unwrap_or_else(|| panic!("{text}: {}", listed.body));
    assert!(at("id=\"agents-title\"") < at("App agent") && at("App agent") < at("App app"), "{}", listed.body);
    assert!(listed.body.contains("Last used"), "{}", listed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_asks_every_minute_is_told_to_stop() {
    let server = world(|realm| realm.agents.asks_per_hour = 3).await;
    let browser = Browser::default();
    for _ in 0..3 {
        consent(&server, &browser, "agent").await.asks_for_consent();
        server.pass(60);
    }
    let query = authorize_query("agent", "openid profile email offline_access read write");
    let refused = browser.ask(&server, &query).await;
    refused.sent_back(&server, "temporarily_unavailable");
    // Others, other people and the next hour are not held back by it.
    consent(&server, &browser, "app").await.asks_for_consent();
    server.add_user(&crate::common::user("u2", "bob")).await;
    consent(&server, &Browser::of("bob"), "agent").await.asks_for_consent();
    server.pass(HOUR);
    consent(&server, &browser, "agent").await.asks_for_consent();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_came_by_themselves_have_one_limit_together() {
    let server = world(|realm| realm.limits.self_registered_calls_per_minute = Some(3)).await;
    let registered = Registered { self_registered: true, ..Registered::default() };
    for id in ["one", "two"] {
        server.add_client(&Client { registered: registered.clone(), ..client(id) }).await;
    }
    let call = async |id: &str| server.token(id, &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    for id in ["one", "two", "one"] {
        assert_eq!(call(id).await.status, 200);
    }
    let refused = call("two").await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].clone()), (429, json!("temporarily_unavailable")));
    assert!(refused.header("retry-after").parse::<i64>().unwrap() > 0);
    assert_eq!(call("app").await.status, 200, "whom the vendor registered is not counted");
    server.pass(60);
    assert_eq!(call("two").await.status, 200);
}

/// A code, for which somebody is asked where they did not allow it before.
async fn code_for(server: &Server, browser: &Browser, client: &str) -> String {
    let page = consent(server, browser, client).await;
    if page.status == 303 {
        return page.code();
    }
    allow(server, browser, &page, Some("until-taken-back")).await.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_came_by_themselves_have_so_many_grants_together() {
    let server = world(|realm| realm.limits.self_registered_grants = Some(2)).await;
    let registered = Registered { self_registered: true, ..Registered::default() };
    for id in ["one", "two"] {
        server.add_client(&Client { registered: registered.clone(), ..client(id) }).await;
    }
    let browser = Browser::default();
    let code = async |id: &str| code_for(&server, &browser, id).await;
    let first = server.redeem("one", &code("one").await).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(server.redeem("two", &code("two").await).await.status, 200);
    let third = code("two").await;
    let refused = server.redeem("two", &third).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].clone()), (429, json!("temporarily_unavailable")));
    assert!(refused.header("retry-after").parse::<i64>().unwrap() > 0);
    // Whom the vendor registered is not counted, and what lives goes on.
    assert_eq!(server.redeem("app", &code("app").await).await.status, 200);
    let renewed = server.refresh("one", &first.text("refresh_token")).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    // It is no licence: nobody is shown it as one.
    assert!(!browser.get(&server, "/account/licences").await.body.contains("self-registered"));
    // One that is given back makes room, and the code that waited is still good.
    let token = renewed.text("refresh_token");
    assert_eq!(
        server
            .post("/revoke", &[("client_id", "one"), ("client_secret", crate::common::SECRET), ("token", &token)])
            .await
            .status,
        200
    );
    assert_eq!(server.redeem("two", &third).await.status, 200);
}

/// At the same moment as well, among all that come.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_grants_at_once_no_more_than_may_live_are_given() {
    let server = world(|realm| realm.limits.self_registered_grants = Some(3)).await;
    let registered = Registered { self_registered: true, ..Registered::default() };
    server.add_client(&Client { registered, ..client("one") }).await;
    let browser = Browser::default();
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(code_for(&server, &browser, "one").await);
    }
    let redeemed = futures_util::future::join_all(codes.iter().map(|code| server.redeem("one", code))).await;
    let given = redeemed.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(given, 3, "{redeemed:?}");
}
