//! Links that people get by mail.

use crate::fixtures::{HOUR, NOW, at_once, id, set_up};
use claviger_store::{LinkKind, MAIL_TOPIC, Mail, Masked, Moved, Store, UserLink};

fn link(n: u8, kind: LinkKind) -> UserLink {
    let email = if kind == LinkKind::Email { "new@example.com".to_owned() } else { String::new() };
    UserLink { hash: Masked([n; 32]), realm: "r".into(), user: "u".into(), kind, email, expires_at: NOW + HOUR }
}

async fn send(store: &Store, link: UserLink) {
    let mail = Mail { id: id(), recipient: "u@example.com".into(), doc: "sealed".into() };
    store.send_user_link(link, mail, NOW).await.unwrap();
}

async fn is_good(store: &Store, n: u8, now: i64) -> bool {
    store.user_link(&[n; 32], now).await.unwrap().is_some()
}

pub(crate) async fn of_64_who_use_a_link_one_chooses_the_password(store: Store) {
    set_up(&store).await;
    for n in [1, 2] {
        send(&store, link(n, LinkKind::Reset)).await;
    }
    assert_eq!(store.due_parcels(MAIL_TOPIC, NOW, 10).await.unwrap().len(), 2);
    assert!(is_good(&store, 1, NOW).await && is_good(&store, 2, NOW).await, "nobody keeps the user from theirs");
    assert!(!is_good(&store, 1, NOW + HOUR).await && !is_good(&store, 9, NOW).await);
    let of = store.clone();
    let chosen = at_once(move |caller| {
        let store = of.clone();
        async move {
            let hash = Masked(format!("hash {caller}"));
            store.set_password_by_link(&link(1, LinkKind::Reset), hash, NOW, NOW).await.unwrap()
        }
    })
    .await;
    let winner = chosen.iter().position(|is_mine| *is_mine).unwrap();
    assert_eq!(chosen.iter().filter(|is_mine| **is_mine).count(), 1);
    let stored = store.user("r", "u").await.unwrap().unwrap().password_hash.unwrap();
    assert_eq!(stored.as_str(), format!("hash {winner}"));
    assert!(!is_good(&store, 1, NOW).await && !is_good(&store, 2, NOW).await, "what asked for the old one");
    send(&store, link(3, LinkKind::FirstLogin)).await;
    assert!(store.set_password("r", "u", Masked("h".into()), NOW, NOW).await.unwrap());
    assert!(!is_good(&store, 3, NOW).await);
}

pub(crate) async fn an_address_is_shown_to_be_theirs_once(store: Store) {
    set_up(&store).await;
    send(&store, link(1, LinkKind::Email)).await;
    send(&store, link(2, LinkKind::Email)).await;
    send(&store, link(3, LinkKind::Reset)).await;
    assert!(!is_good(&store, 1, NOW).await && is_good(&store, 2, NOW).await, "the newest is meant");
    let moved = store.move_email_by_link(&link(2, LinkKind::Email), NOW).await.unwrap();
    assert!(matches!(moved, Moved::Done(before) if before.email.is_none()));
    assert_eq!(store.move_email_by_link(&link(2, LinkKind::Email), NOW).await.unwrap(), Moved::Gone);
    let user = store.user("r", "u").await.unwrap().unwrap().user;
    assert!(user.email.as_deref() == Some("new@example.com") && user.email_verified);
    assert!(!is_good(&store, 3, NOW).await, "what went to the old address");
    send(&store, link(4, LinkKind::Email)).await;
    store.purge(NOW + HOUR + 1, 10).await.unwrap();
    assert!(!is_good(&store, 4, NOW).await);
}
