//! The console's first page: errors by app, unusual use, what ends soon; of the realms that somebody sees, and no others.

use crate::common::{Folder, Reply, Server, client};
use crate::console::{enter, give};
use base64::Engine as _;
use claviger_core::dialect::Legacy;
use claviger_core::permission::Role;
use claviger_core::realm::{Administration, Realm};
use claviger_core::sign_in::{Demand, SignInPolicy};
use claviger_server::certificate::Certificate;
use claviger_server::state::requests::RequestLogSettings;
use claviger_store::{ClientSecret, LegacyDeadline, Masked, SecretKind, SecretUse};
use claviger_testing::certificates::Maker;

const DAY: i64 = 86_400_000;

fn admin_realm(realm: &mut Realm) {
    realm.administration = Some(Administration { realms: vec!["*".to_owned()], ..Administration::default() });
    realm.languages = vec!["en".to_owned(), "de".to_owned()];
    realm.sign_in = SignInPolicy { second_factor: Demand::Optional, ..SignInPolicy::default() };
}

/// The table behind a heading.
fn table<'p>(page: &'p Reply, heading: &str) -> &'p str {
    let behind = page.body.split(&format!("{heading}</h2>")).nth(1).unwrap_or_else(|| panic!("{}", page.body));
    behind.split("<h2").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_unusual_use_are_told_app_by_app() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), admin_realm).await;
    server.state.log_requests(RequestLogSettings::default()).unwrap();
    let orders = server.neighbour(|_| {}).await;
    give(&server, "alice", Role::Owner, "*").await;
    give(&server, "rita", Role::Reviewer, "test").await;
    for id in ["often", "seldom", "well"] {
        orders.add_client(&client(id)).await;
    }
    let ask = async |app: &str, scope: &str, times: usize| {
        for _ in 0..times {
            orders.token(app, &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        }
    };
    // Twenty calls are the fewest that can be unusual; `seldom` has one less, and more than half of both are refused.
    ask("often", "nothing", 11).await;
    ask("often", "read", 9).await;
    ask("seldom", "nothing", 19).await;
    ask("well", "read", 20).await;
    let log = server.state.request_log().unwrap();
    let since = server.now() - DAY;
    server.until(|| async { log.newest(since, 100).await.unwrap().len() >= 59 }).await;

    let browser = enter(&server, "alice").await;
    let home = browser.get(&server, "/console").await;
    let errors = table(&home, "Errors by app");
    assert!(errors.contains("11 of 20") && errors.contains("19 of 19"), "{errors}");
    assert!(errors.contains("invalid_scope") && !errors.contains(">well<"), "{errors}");
    assert!(errors.find("app=seldom") < errors.find("app=often"), "the most refused first: {errors}");
    assert!(errors.contains("/console/r/neighbour/calls?app=often&amp;only=refused"), "{errors}");
    let unusual = table(&home, "Unusual use");
    assert!(unusual.contains("app=often") && !unusual.contains("app=seldom"), "{unusual}");

    // Who sees another realm only sees nothing of this one.
    let reviewer = enter(&server, "rita").await;
    let home = reviewer.get(&server, "/console").await;
    assert!(home.status == 200 && !home.body.contains("app=often") && !home.body.contains("11 of 20"), "{}", home.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_within_a_month_is_told_of_all_that_has_an_end() {
    let maker = Maker::default();
    let authority = maker.authority("authority");
    let der = base64::engine::general_purpose::STANDARD.decode(authority.base64()).unwrap();
    let ends = Certificate::read(&der).unwrap().ends();
    let server = Server::with(admin_realm).await;
    server.set_clock(ends - 10 * DAY);
    let orders = server.neighbour(|realm| realm.mtls.authorities = authority.pem()).await;
    give(&server, "alice", Role::Owner, "*").await;
    orders.add_client(&client("app")).await;
    let now = server.now();
    let secret = |id: &str, at| ClientSecret {
        id: id.into(),
        kind: SecretKind::Hmac,
        hash: Masked(vec![1; 32]),
        label: format!("label of {id}"),
        created_at: now,
        expires_at: Some(at),
        retired_at: None,
    };
    orders.store.add_secret("neighbour", "app", secret("soon", now + 5 * DAY), now).await.unwrap();
    orders.add_client(&client("patient")).await;
    orders.store.add_secret("neighbour", "patient", secret("later", now + 50 * DAY), now).await.unwrap();
    let shown = |app: &str, days: i64| SecretUse {
        realm: "neighbour".into(),
        client: app.into(),
        secret: String::new(),
        used_at: now,
        ends_at: Some(now + days * DAY),
    };
    orders.store.note_secret_uses(vec![shown("app", 3), shown("patient", 300)]).await.unwrap();
    let deadline = LegacyDeadline {
        realm: "neighbour".into(),
        client: "app".into(),
        legacy: Legacy::NoPkce.name().into(),
        ends_at: now + 20 * DAY,
        note: String::new(),
        enforce: false,
        set_at: now,
        next_at: Some(now + 13 * DAY),
        ended_at: None,
    };
    orders.store.set_deadlines(vec![(deadline, None)], "", now).await.unwrap();

    let browser = enter(&server, "alice").await;
    let home = browser.get(&server, "/console").await;
    let ending = table(&home, "Ends soon");
    let places: Vec<Option<usize>> = ["Client certificate", "label of soon", "Authority that is trusted", "no-pkce"]
        .map(|what| ending.find(what))
        .to_vec();
    assert!(places.iter().all(Option::is_some), "{ending}");
    assert!(places.is_sorted(), "the first to end first: {ending}");
    assert!(!ending.contains("patient") && !ending.contains("label of later"), "{ending}");

    // What was shown last counts: an app that has another certificate by now is not told of.
    server.pass(120);
    let renewed = SecretUse { used_at: server.now(), ends_at: Some(now + 400 * DAY), ..shown("app", 0) };
    orders.store.note_secret_uses(vec![renewed]).await.unwrap();
    let home = browser.get(&server, "/console").await;
    assert!(!table(&home, "Ends soon").contains("Client certificate"), "{}", home.body);
}
