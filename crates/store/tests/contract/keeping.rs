//! Mail, links, counts, changes, and what leaves.

use crate::fixtures::{HOUR, MINUTE, NOW, access, at_once, begin, client, code, id, refresh, seat, secret, set_up};
use claviger_core::client::ClientStatus;
use claviger_store::{
    ChangeKind, ClientSecret, Issue, Issued, LegacyUse, MAIL_TOPIC, Mail, Masked, OneTimeLink, RevocationKind, Store,
};

pub(crate) async fn a_mail_is_claimed_once(store: Store) {
    let mail = Mail { id: id(), recipient: "o@example.com".into(), doc: "{}".into() };
    store.queue_mail(mail.clone(), NOW).await.unwrap();
    let due = store.due_parcels(MAIL_TOPIC, NOW, 5).await.unwrap();
    assert_eq!((due.len(), due[0].attempts), (1, 0));
    let parcel = &due[0].parcel;
    assert_eq!((parcel.id, &*parcel.addressee, &*parcel.sealed.to_vec()), (mail.id, "o@example.com", &b"{}"[..]));
    let (at, mine) = (store.clone(), due[0].clone());
    let claims = at_once(move |_| {
        let (store, mine) = (at.clone(), mine.clone());
        async move { store.take_parcel(&mine, NOW + MINUTE).await.unwrap() }
    })
    .await;
    assert_eq!(claims.iter().filter(|claimed| **claimed).count(), 1);
    assert!(store.due_parcels(MAIL_TOPIC, NOW, 5).await.unwrap().is_empty());
    assert_eq!(store.due_parcels(MAIL_TOPIC, NOW + MINUTE, 5).await.unwrap()[0].attempts, 1);
    assert!(store.close_parcel(&mail.id, "delivered", NOW).await.unwrap());
    assert!(!store.close_parcel(&mail.id, "delivered", NOW).await.unwrap());
    assert!(store.due_parcels(MAIL_TOPIC, NOW + MINUTE, 5).await.unwrap().is_empty());
}

pub(crate) async fn a_link_opens_once(store: Store) {
    let link = OneTimeLink {
        hash: Masked([1; 32]),
        realm: "r".into(),
        client: "c".into(),
        sealed: Masked(vec![9]),
        expires_at: NOW + HOUR,
        secret: None,
    };
    set_up(&store).await;
    store.add_secret("r", "c", secret("s"), NOW).await.unwrap();
    store.put_link(link).await.unwrap();
    assert!(store.link(&[1; 32], NOW + HOUR).await.unwrap().is_none());
    let behind = store.link(&[1; 32], NOW).await.unwrap().unwrap();
    assert_eq!((&*behind.realm, &*behind.client, &*behind.sealed), ("r", "c", &vec![9]));
    assert_eq!(behind.expires_at, NOW + HOUR);
    // Not for a secret that is none, nor while the client is stopped; and neither uses it up.
    assert!(!store.consume_link(&[1; 32], "another", NOW).await.unwrap());
    store.set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW).await.unwrap();
    assert!(!store.consume_link(&[1; 32], "s", NOW).await.unwrap());
    store.set_client_status("r", "c", ClientStatus::Active, NOW, NOW).await.unwrap();
    let at = store.clone();
    let opened = at_once(move |_| {
        let store = at.clone();
        async move { store.consume_link(&[1; 32], "s", NOW).await.unwrap() }
    })
    .await;
    assert_eq!(opened.iter().filter(|opened| **opened).count(), 1);
    assert!(store.link(&[1; 32], NOW).await.unwrap().is_none());
}

pub(crate) async fn a_link_to_a_retired_secret_opens_nothing(store: Store) {
    set_up(&store).await;
    for (n, retired) in [(1, true), (2, false)] {
        let link = OneTimeLink {
            hash: Masked([n; 32]),
            realm: "r".into(),
            client: "c".into(),
            sealed: Masked(vec![9]),
            expires_at: NOW + HOUR,
            secret: None,
        };
        let secret = ClientSecret { expires_at: Some(NOW + MINUTE), ..secret(&format!("s{n}")) };
        store.add_secret("r", "c", secret.clone(), NOW).await.unwrap();
        store.put_link(link).await.unwrap();
        if retired {
            assert!(store.retire_secret("r", "c", &secret.id, NOW).await.unwrap());
            assert!(!store.consume_link(&[n; 32], &secret.id, NOW).await.unwrap());
        }
        assert!(!store.consume_link(&[n; 32], &secret.id, NOW + MINUTE).await.unwrap(), "it is over");
    }
    assert!(store.consume_link(&[2; 32], "s2", NOW).await.unwrap());
}

pub(crate) async fn counts_add_up(store: Store) {
    let one = |client: &str, count| LegacyUse {
        realm: "r".into(),
        client: client.into(),
        legacy: "implicit".into(),
        day: 20_000,
        count,
    };
    store.add_legacy_uses(vec![one("c", 2), one("d", 1)]).await.unwrap();
    store.add_legacy_uses(vec![one("c", 3)]).await.unwrap();
    assert_eq!(store.legacy_uses("r", 20_000).await.unwrap(), [one("c", 5), one("d", 1)]);
    assert!(store.legacy_uses("r", 20_001).await.unwrap().is_empty());
}

pub(crate) async fn changes_are_noticed(store: Store) {
    let seq = store.last_change().await.unwrap();
    set_up(&store).await;
    let changes = store.changes_after(seq, 10).await.unwrap();
    let kinds: Vec<_> = changes.items.iter().map(|change| (change.kind, &*change.realm, &*change.id)).collect();
    let wanted = [(ChangeKind::Realm, "r", "r"), (ChangeKind::Client, "r", "c"), (ChangeKind::User, "r", "u")];
    assert_eq!((kinds, changes.reset), (wanted.to_vec(), false));
    let none = store.changes_after(changes.seq, 10).await.unwrap();
    assert_eq!((none.items.len(), none.seq, none.reset), (0, changes.seq, false));

    // Who was away for too long, or follows another database, hears that it missed some.
    store.purge(NOW + 8 * 24 * HOUR, 100).await.unwrap();
    store.put_client("r", &client("d"), NOW).await.unwrap();
    assert!(store.changes_after(0, 10).await.unwrap().reset);
    assert!(!store.changes_after(changes.seq, 10).await.unwrap().reset);
    let ahead = store.changes_after(1_000, 10).await.unwrap();
    assert!(ahead.reset);
    assert_eq!(ahead.seq, store.last_change().await.unwrap());
}

pub(crate) async fn what_is_over_leaves(store: Store) {
    set_up(&store).await;
    let (grant, token, code_id) = (id(), id(), id());
    let issue =
        Issue { access: Some(access(token, Some(grant))), seats: vec![seat(grant, 1, NOW + HOUR)], ..begin(grant) };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    store.put_code(code(code_id)).await.unwrap();
    store.revoke("r", RevocationKind::Jti, "j", NOW, NOW + HOUR, NOW).await.unwrap();

    assert_eq!(store.purge(NOW + MINUTE, 100).await.unwrap(), 0);
    assert_eq!(store.purge(NOW + HOUR, 100).await.unwrap(), 1, "the seat");
    assert!(store.access_token(&token).await.unwrap().is_some(), "still told apart from an unknown one");
    assert_eq!(store.purge(NOW + 3 * HOUR, 100).await.unwrap(), 4);
    assert!(store.grant(&grant).await.unwrap().is_none());
    assert!(store.access_token(&token).await.unwrap().is_none());
    assert!(store.code(&code_id).await.unwrap().is_none());
    assert!(store.revocations_after(None, 0, 10).await.unwrap().items.is_empty());
}

pub(crate) async fn a_grant_in_use_is_not_purged(store: Store) {
    set_up(&store).await;
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    for generation in 0..8 {
        let at = NOW + (i64::from(generation) + 1) * 50 * MINUTE;
        assert_eq!(store.issue(refresh(grant, generation, at)).await.unwrap(), Issued::Done);
        store.purge(at, 100).await.unwrap();
        assert!(store.grant(&grant).await.unwrap().unwrap().is_live(at));
    }
    store.purge(NOW + 10 * HOUR, 100).await.unwrap();
    assert!(store.grant(&grant).await.unwrap().is_none(), "and is, when it is used no more");
}
