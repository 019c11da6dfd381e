//! Clients whose id is the address of a document.

use crate::fixtures::{HOUR, NOW, at_once, client, set_up};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use claviger_store::{ClientDocument, Edited, NewDocument, RegisteredBy, Store};

fn document(n: u8) -> ClientDocument {
    ClientDocument { host: "app.example".into(), digest: [n; 32], fetched_at: NOW, fresh_until: NOW + HOUR }
}

fn new(id: &str, host: &str, status: ClientStatus) -> NewDocument {
    let client = Client { status, ..client(id) };
    let document = ClientDocument { host: host.into(), ..document(1) };
    let domain = host.into();
    NewDocument { client, document, most: 3, most_of_host: 2, domain, most_of_domain: 2, check_at: NOW + HOUR }
}

async fn add(store: &Store, new: NewDocument) -> RegisteredBy {
    store.add_client_document("r", new, NOW).await.unwrap()
}

pub(crate) async fn there_are_so_many_of_a_host_and_at_all(store: Store) {
    set_up(&store).await;
    let active = ClientStatus::Active;
    let of = store.clone();
    let outcomes = at_once(move |_| {
        let store = of.clone();
        async move { add(&store, new("https://app.example/a", "app.example", active)).await }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|one| **one == RegisteredBy::Done).count(), 1);
    assert!(outcomes.iter().all(|one| matches!(one, RegisteredBy::Done | RegisteredBy::IdTaken)), "{outcomes:?}");
    let with = |id: &'static str, host| add(&store, new(id, host, active));
    assert_eq!(with("https://app.example/b", "app.example").await, RegisteredBy::Done);
    assert_eq!(with("https://app.example/c", "app.example").await, RegisteredBy::Full);
    assert_eq!(with("https://b.example/a", "b.example").await, RegisteredBy::Done);
    assert_eq!(with("https://c.example/a", "c.example").await, RegisteredBy::Full);
    let found = store.due_registrations(NOW + HOUR + 1, 10).await.unwrap();
    assert_eq!(found.len(), 3, "they end by themselves");
    assert!(store.delete_client("r", "https://b.example/a", NOW, NOW).await.unwrap());
    assert_eq!(store.client_document("r", "https://b.example/a").await.unwrap(), None);
    assert_eq!(with("https://c.example/a", "c.example").await, RegisteredBy::Done);
}

pub(crate) async fn a_thousand_hosts_of_one_domain_are_one_domain(store: Store) {
    set_up(&store).await;
    let of = |host: &str, domain: &str| {
        let new = new(&format!("https://{host}/a"), host, ClientStatus::Active);
        NewDocument { domain: domain.into(), most: 100, most_of_domain: 4, ..new }
    };
    let mut taken = 0;
    for n in 0..1000 {
        let host = format!("h{n}.evil.example");
        taken += usize::from(add(&store, of(&host, "evil.example")).await == RegisteredBy::Done);
    }
    assert_eq!(taken, 4);
    assert_eq!(
        add(&store, of("evil.example", "evil.example")).await,
        RegisteredBy::Full,
        "the domain itself is one of its hosts"
    );
    for other in ["good.example", "notevil.example", "evil.example.org"] {
        assert_eq!(add(&store, of(other, other)).await, RegisteredBy::Done, "{other}");
    }
}

pub(crate) async fn a_document_is_renewed_on_condition_that_its_client_is_as_it_was(store: Store) {
    set_up(&store).await;
    let id = "https://app.example/a";
    add(&store, new(id, "app.example", ClientStatus::Active)).await;
    let before = store.client_with_secrets("r", id).await.unwrap().unwrap().0;
    let after = Client { name: "Other".into(), status: ClientStatus::Pending, ..before.clone() };
    let renew = async |before: &Client, after: &Client, n| {
        store.renew_client_document("r", (before, after), document(n), NOW, NOW).await.unwrap()
    };
    assert_eq!(renew(&before, &after, 2).await, Edited::Done);
    let found = store.client_with_secrets("r", id).await.unwrap().unwrap().0;
    assert_eq!((found.name.as_str(), found.status), ("Other", ClientStatus::Pending));
    assert_eq!(renew(&before, &before, 3).await, Edited::Changed);
    assert_eq!(store.client_document("r", id).await.unwrap(), Some(document(2)));
    assert_eq!(renew(&found, &found, 4).await, Edited::Done);
    assert_eq!(store.client_document("r", id).await.unwrap(), Some(document(4)));
}

pub(crate) async fn people_ask_for_what_waits_and_for_nothing_else(store: Store) {
    set_up(&store).await;
    let id = "https://app.example/a";
    add(&store, new(id, "app.example", ClientStatus::Pending)).await;
    for (user, now) in [(Some("u"), NOW), (None, NOW + 1), (Some("u"), NOW + 2)] {
        assert!(store.ask_for_client("r", id, user, now).await.unwrap());
    }
    assert!(!store.ask_for_client("r", "https://app.example/nobody", None, NOW).await.unwrap());
    let asked = || async { store.asked_for_client("r", id, 10).await.unwrap() };
    let lines: Vec<_> =
        asked().await.iter().map(|one| (one.user.clone(), one.times, one.first_at, one.last_at)).collect();
    assert_eq!(lines, [(Some("u".to_owned()), 2, NOW, NOW + 2), (None, 1, NOW + 1, NOW + 1)]);
    assert!(store.delete_user("r", "u", NOW, NOW).await.unwrap());
    assert_eq!(asked().await.len(), 1, "what a person asked for goes with them");
    store.set_client_status("r", id, ClientStatus::Active, NOW, NOW).await.unwrap();
    assert!(!store.ask_for_client("r", id, None, NOW).await.unwrap());
}
