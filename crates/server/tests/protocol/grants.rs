//! The table of docs/grants.md, row by row, against a running server.

use crate::assertion_grant::{self, trusted};
use crate::common::{
    Browser, PASSWORD, Reply, SECRET, Server, authorize_query, claims, client, redemption, user, with, without,
};
use crate::request_objects::key;
use crate::token_exchange::exchange;
use claviger_core::client::{Acting, ExchangePolicy, GrantType};
use claviger_core::dialect::{Legacy, OrganisationChoice};
use claviger_core::jose::{Algorithm, SigningKey};
use claviger_core::realm::{SeatCount, SeatPool, SeatScope};
use claviger_core::user::Organisation;
use claviger_core::{Client, User};
use reqwest::Method;

const TABLE: &str = include_str!("../../../../docs/grants.md");

/// What the page says of a grant: licence, organisation, consent, refresh token, what ends it.
fn row(grant: GrantType) -> [String; 5] {
    let head = format!("| `{}` |", grant.word());
    let line = TABLE.lines().find(|line| line.starts_with(&head)).unwrap_or_else(|| panic!("no row: {head}"));
    let cells: Vec<String> = line.split('|').skip(2).take(5).map(|cell| cell.trim().to_owned()).collect();
    cells.try_into().unwrap()
}

/// What is seen of one.
struct Seen {
    licence: &'static str,
    organisation: &'static str,
    consent: &'static str,
    refresh: &'static str,
    ends: &'static str,
}

impl Seen {
    fn is(self, grant: GrantType) {
        assert_eq!(
            [self.licence, self.organisation, self.consent, self.refresh, self.ends].map(str::to_owned),
            row(grant)
        );
    }
}

async fn started() -> Server {
    let server = Server::with(|realm| {
        let pool = SeatPool { name: "full".into(), size: 9, count: SeatCount::Session, per: SeatScope::Realm };
        realm.seat_pools.push(pool);
        realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
        realm.dialect.organisation = OrganisationChoice::One;
        realm.dialect.permits = [Legacy::Implicit, Legacy::Password].into();
        realm.tokens.token_exchange = true;
        realm.assertion_issuers.push(trusted(issuer_key()));
    })
    .await;
    for id in ["acme", "apex"] {
        let organisation = Organisation { id: id.into(), name: id.into(), kind: "company".into() };
        server.store.put_organisation(&server.realm.id, &organisation, server.now()).await.unwrap();
    }
    server.add_user(&User { organisations: vec!["acme".into(), "apex".into()], ..user("u3", "carol") }).await;
    server.add_user(&User { service: true, organisations: vec!["acme".into()], ..user("u4", "robot") }).await;
    server
        .add_client(&Client {
            grants: GrantType::ALL.into_iter().filter(|grant| server.realm.dialect.serves_grant(*grant)).collect(),
            legacy: [Legacy::Implicit, Legacy::Password].into(),
            token_exchange: Some(Box::new(ExchangePolicy {
                clients: vec!["app".into()],
                acting: Acting::Impersonation,
                ..ExchangePolicy::default()
            })),
            ..client("app")
        })
        .await;
    server
}

/// What signs the assertions that the realm takes.
fn issuer_key() -> &'static SigningKey {
    static KEY: std::sync::LazyLock<SigningKey> = std::sync::LazyLock::new(|| key("k1", Algorithm::Es256));
    &KEY
}

/// Goes on from a page until the browser leaves it; how often consent was asked for.
async fn walk(server: &Server, browser: &Browser, mut reply: Reply) -> (usize, Reply) {
    let mut asked = 0;
    loop {
        let location = reply.header("location").to_owned();
        if location.starts_with('/') {
            reply = browser.get(server, &location).await;
        } else if !location.is_empty() {
            return (asked, reply);
        } else if reply.body.contains("name=\"password\"") {
            reply = browser.sign_in(server, &reply, "carol", PASSWORD).await;
        } else {
            asked += 1;
            reply = browser.decide(server, &reply, "allow").await;
        }
    }
}

const fn asked(first: usize, second: usize) -> &'static str {
    match (first, second) {
        (1, 0) => "asked once",
        (1, 1) => "asked each time",
        _ => "not asked",
    }
}

/// The licence, the organisation, the refresh token and the end of what came of a token request.
async fn seen(server: &Server, tokens: &Reply, consent: &'static str) -> Seen {
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let access = tokens.text("access_token");
    let held = server.store.seats("test", server.now()).await.unwrap().len();
    let refresh = tokens.json()["refresh_token"].as_str().map(str::to_owned);
    assert!(server.is_active("app", &access).await);
    server.revoke("app", refresh.as_deref().unwrap_or(&access)).await;
    assert!(!server.is_active("app", &access).await);
    let left = server.store.seats("test", server.now()).await.unwrap().len();
    assert_eq!(left, if refresh.is_some() { 0 } else { held }, "a licence comes back with its grant");
    Seen {
        licence: if held == 1 { "takes one" } else { "takes none" },
        organisation: organisation(&access),
        consent,
        refresh: if refresh.is_some() { "yes" } else { "no" },
        ends: if refresh.is_some() { "with its refresh token" } else { "by itself" },
    }
}

fn organisation(access: &str) -> &'static str {
    match claims(access)["org"][0].as_str() {
        Some("apex") => "the one that was chosen",
        Some("acme") => "the user's only one",
        _ => "none",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorization_code() {
    let server = started().await;
    let browser = Browser::picking("carol", &["apex"]);
    let query = authorize_query("app", "read write");
    let (first, answer) = walk(&server, &browser, browser.ask(&server, &query).await).await;
    let tokens = server.token("app", &redemption(&answer.code())).await;
    let (second, _) = walk(&server, &browser, browser.ask(&server, &query).await).await;
    seen(&server, &tokens, asked(first, second)).await.is(GrantType::AuthorizationCode);
}

#[tokio::test(flavor = "multi_thread")]
async fn implicit() {
    let server = started().await;
    let browser = Browser::picking("carol", &["apex"]);
    let query = |scope| {
        without(
            without(with(authorize_query("app", scope), "response_type", "token"), "code_challenge"),
            "code_challenge_method",
        )
    };
    let (first, answer) = walk(&server, &browser, browser.ask(&server, &query("read")).await).await;
    let (second, _) = walk(&server, &browser, browser.ask(&server, &query("read")).await).await;
    let answer = answer.redirect_params();
    let access = &answer["access_token"];
    assert!(server.is_active("app", access).await);
    server.revoke("app", access).await;
    assert!(!server.is_active("app", access).await);
    let (_, barred) = walk(&server, &browser, browser.ask(&server, &query("write")).await).await;
    let licence = if barred.redirect_params()["error"] == "invalid_scope" { "refused" } else { "takes one" };
    let refresh = if answer.contains_key("refresh_token") { "yes" } else { "no" };
    let (organisation, consent) = (organisation(access), asked(first, second));
    Seen { licence, organisation, consent, refresh, ends: "by itself" }.is(GrantType::Implicit);
}

#[tokio::test(flavor = "multi_thread")]
async fn password() {
    let server = started().await;
    let form = [("grant_type", "password"), ("username", "robot"), ("password", PASSWORD), ("scope", "read write")];
    let tokens = server.token("app", &form).await;
    seen(&server, &tokens, asked(0, 0)).await.is(GrantType::Password);
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials() {
    let server = started().await;
    let tokens = server.token("app", &[("grant_type", "client_credentials"), ("scope", "read write")]).await;
    seen(&server, &tokens, asked(0, 0)).await.is(GrantType::ClientCredentials);
}

#[tokio::test(flavor = "multi_thread")]
async fn device_code() {
    let server = started().await;
    let browser = Browser::picking("carol", &["apex"]);
    let (mut counts, mut tokens) = (Vec::new(), None);
    for _ in 0..2 {
        let form = [("client_id", "app"), ("client_secret", SECRET), ("scope", "read write")];
        let device = server.post("/device_authorization", &form).await;
        let page = browser.get(&server, "/device").await;
        let form = [("csrf", page.hidden("csrf").unwrap()), ("user_code", device.text("user_code"))];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let to = browser.send(&server, Method::POST, "/device", Some(&form)).await.header("location").to_owned();
        let page = browser.get(&server, &to).await;
        let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
        let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", "continue")];
        let page = browser.send(&server, Method::POST, "/device", Some(&form)).await;
        counts.push(walk(&server, &browser, page).await.0);
        let form = [("grant_type", GrantType::DeviceCode.name()), ("device_code", &device.text("device_code"))];
        if tokens.is_none() {
            tokens = Some(server.token("app", &form).await);
        }
    }
    seen(&server, &tokens.unwrap(), asked(counts[0], counts[1])).await.is(GrantType::DeviceCode);
}

#[tokio::test(flavor = "multi_thread")]
async fn jwt_bearer() {
    let server = started().await;
    let mut claims = assertion_grant::claims(&server);
    claims["sub"] = "robot".into();
    let assertion = assertion_grant::sign(issuer_key(), &claims);
    let tokens = assertion_grant::bring(&server, "app", &assertion, &[("scope", "read write")]).await;
    seen(&server, &tokens, asked(0, 0)).await.is(GrantType::JwtBearer);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_exchange() {
    let server = started().await;
    let browser = Browser::picking("carol", &["apex"]);
    let (_, answer) = walk(&server, &browser, browser.ask(&server, &authorize_query("app", "read write")).await).await;
    let tokens = server.token("app", &redemption(&answer.code())).await;
    let held = server.store.seats("test", server.now()).await.unwrap().len();
    let given = exchange(&server, "app", &tokens.text("access_token"), &[("scope", "read write")]).await;
    let access = given.text("access_token");
    assert_eq!(claims(&access)["org"], claims(&tokens.text("access_token"))["org"]);
    let licences = server.store.seats("test", server.now()).await.unwrap().len();
    let licence = if licences == held { "keeps its grant's" } else { "takes one" };
    let refresh = if given.json().get("refresh_token").is_some() { "yes" } else { "no" };
    assert!(server.is_active("app", &access).await);
    server.revoke("app", &tokens.text("refresh_token")).await;
    let ends = if server.is_active("app", &access).await { "by itself" } else { "with its token's grant" };
    Seen {
        licence,
        organisation: "its token's, while it is the user's",
        consent: "its grant's, as it is now",
        refresh,
        ends,
    }
    .is(GrantType::TokenExchange);
    // Consent and organisation are looked at with each exchange.
    let (_, answer) = walk(&server, &browser, browser.ask(&server, &authorize_query("app", "read")).await).await;
    let token = server.token("app", &redemption(&answer.code())).await.text("access_token");
    assert_eq!(exchange(&server, "app", &token, &[]).await.status, 200);
    let left = User { organisations: vec!["acme".into()], ..user("u3", "carol") };
    server.store.put_user(&server.realm.id, &left, None, server.now()).await.unwrap();
    exchange(&server, "app", &token, &[]).await.refused(400, "invalid_request");
    let back = User { organisations: vec!["acme".into(), "apex".into()], ..user("u3", "carol") };
    server.store.put_user(&server.realm.id, &back, None, server.now()).await.unwrap();
    assert_eq!(exchange(&server, "app", &token, &[]).await.status, 200);
    server.store.withdraw_consent(&server.realm.id, "u3", "app").await.unwrap();
    exchange(&server, "app", &token, &[]).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_token() {
    let server = started().await;
    let browser = Browser::picking("carol", &["apex"]);
    let (_, answer) = walk(&server, &browser, browser.ask(&server, &authorize_query("app", "read write")).await).await;
    let tokens = server.token("app", &redemption(&answer.code())).await;
    let again = server.refresh("app", &tokens.text("refresh_token")).await;
    let licences = server.store.seats("test", server.now()).await.unwrap().len();
    assert_eq!((licences, organisation(&again.text("access_token"))), (1, "the one that was chosen"));
    assert_ne!(again.text("refresh_token"), tokens.text("refresh_token"));
    // It gives what its user still has and still allows, and nothing where that is gone.
    let left = User { organisations: vec!["acme".into()], ..user("u3", "carol") };
    server.store.put_user(&server.realm.id, &left, None, server.now()).await.unwrap();
    server.refresh("app", &again.text("refresh_token")).await.refused(400, "invalid_grant");
    let expected = [
        "keeps its grant's",
        "its grant's, while it is the user's",
        "its grant's, as it is now",
        "the next one",
        "with its refresh token",
    ];
    assert_eq!(row(GrantType::RefreshToken), expected.map(str::to_owned));
}

/// The page names each grant that the standard dialect can serve, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn every_grant_that_is_served_has_its_row() {
    let server = started().await;
    let rows: Vec<&str> = TABLE.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let usable = GrantType::ALL.into_iter().filter(|grant| server.realm.dialect.serves_grant(*grant));
    let mut words: Vec<&str> = usable.map(GrantType::word).collect();
    let mut rows_sorted = rows.clone();
    words.sort_unstable();
    rows_sorted.sort_unstable();
    assert_eq!(rows_sorted, words);
}
