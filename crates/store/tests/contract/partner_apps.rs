//! Apps of a team: what was read is what is changed, and they are found by either of their clients.

use crate::fixtures::{HOUR, NOW, at_once, client, realm, secret, set_up};
use claviger_store::{ClientSecret, PartnerApp, PartnerAppState, SecretUse, Store, Team};

fn app(id: &str) -> PartnerApp {
    PartnerApp {
        realm: "r".into(),
        id: id.into(),
        team: "t".into(),
        name: "Planner".into(),
        kind: "web".into(),
        doc: "{}".into(),
        sandbox_realm: Some("s".into()),
        sandbox: format!("{id}-sandbox"),
        production_realm: "p".into(),
        production: format!("{id}-production"),
        state: PartnerAppState::Draft,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn team(store: &Store) {
    set_up(store).await;
    for id in ["s", "p"] {
        store.put_realm(&realm(id, &[&format!("{id}.example")]), NOW).await.unwrap();
    }
    let team = Team { id: "t".into(), name: "Team".into(), created_at: NOW };
    store.add_team("r", &team, "u").await.unwrap();
}

pub(crate) async fn of_64_changes_of_one_version_one_counts(store: Store) {
    team(&store).await;
    assert!(store.add_partner_app(&app("a")).await.unwrap());
    assert!(!store.add_partner_app(&app("a")).await.unwrap(), "its id is taken");
    let read = store.partner_app("r", "a").await.unwrap().unwrap();
    assert_eq!(read, app("a"));
    let done = at_once(|caller| {
        let (store, read) = (store.clone(), PartnerApp { name: format!("by {caller}"), ..read.clone() });
        async move { store.edit_partner_app(&read, NOW + 1).await.unwrap() }
    })
    .await;
    assert_eq!(done.iter().filter(|done| **done).count(), 1);
    let after = store.partner_app("r", "a").await.unwrap().unwrap();
    assert_eq!((after.version, after.updated_at), (2, NOW + 1));
    assert!(!store.delete_partner_app(&read).await.unwrap(), "it was changed since it was read");
    assert!(store.delete_partner_app(&after).await.unwrap());
    assert!(store.partner_app("r", "a").await.unwrap().is_none());
}

pub(crate) async fn an_app_is_found_by_its_team_and_by_either_client(store: Store) {
    team(&store).await;
    for id in ["a", "b", "c"] {
        assert!(store.add_partner_app(&app(id)).await.unwrap());
    }
    let without = PartnerApp { sandbox_realm: None, ..app("d") };
    store.add_partner_app(&without).await.unwrap();
    let ids = |all: Vec<PartnerApp>| all.into_iter().map(|app| app.id).collect::<Vec<_>>();
    assert_eq!(ids(store.partner_apps_of("r", "t", "a", 2).await.unwrap()), ["b", "c"]);
    assert!(store.partner_apps_of("r", "other", "", 9).await.unwrap().is_empty());
    let of = async |realm: &str, client: &str| store.partner_app_of(realm, client).await.unwrap().map(|app| app.id);
    assert_eq!(of("p", "a-production").await.as_deref(), Some("a"));
    assert_eq!(of("s", "b-sandbox").await.as_deref(), Some("b"));
    assert_eq!(of("p", "b-sandbox").await, None, "an id is one of its realm");
    assert_eq!(of("s", "d-sandbox").await, None, "it has no sandbox");
}

pub(crate) async fn a_line_says_how_both_clients_stand_when_one_was_used_and_what_ends(store: Store) {
    team(&store).await;
    store.add_partner_app(&app("a")).await.unwrap();
    let lines = || store.partner_app_lines("r", "t", "", 9, NOW);
    let line = lines().await.unwrap().remove(0);
    assert!(line.sandbox.is_none() && line.production.is_none() && line.used_at.is_none());
    for (realm, id) in [("s", "a-sandbox"), ("p", "a-production")] {
        store.put_client(realm, &client(id), NOW).await.unwrap();
    }
    let ends = |id: &str, at| ClientSecret { expires_at: Some(at), ..secret(id) };
    store.add_secret("p", "a-production", ends("later", NOW + 2 * HOUR), NOW).await.unwrap();
    store.add_secret("s", "a-sandbox", ends("sooner", NOW + HOUR), NOW).await.unwrap();
    let used = |realm: &str, client: &str, at| SecretUse {
        realm: realm.into(),
        client: client.into(),
        secret: "x".into(),
        used_at: at,
        ends_at: None,
    };
    let both = vec![used("s", "a-sandbox", NOW + 5), used("p", "a-production", NOW + 7)];
    store.note_secret_uses(both).await.unwrap();
    let line = lines().await.unwrap().remove(0);
    assert_eq!(line.sandbox.map(|client| client.id).as_deref(), Some("a-sandbox"));
    assert_eq!(line.production.map(|client| client.id).as_deref(), Some("a-production"));
    assert_eq!((line.used_at, line.secret_ends), (Some(NOW + 7), Some(NOW + HOUR)));
    let later = store.partner_app_lines("r", "t", "", 9, NOW + HOUR).await.unwrap().remove(0);
    assert_eq!(later.secret_ends, Some(NOW + 2 * HOUR), "one that has ended is not told");
}

pub(crate) async fn a_team_has_so_many_apps(store: Store) {
    team(&store).await;
    for number in 0..200 {
        assert!(store.add_partner_app(&app(&format!("a{number}"))).await.unwrap());
    }
    assert!(!store.add_partner_app(&app("one-more")).await.unwrap());
    assert!(store.add_partner_app(&PartnerApp { team: "other".into(), ..app("of-others") }).await.unwrap());
}
