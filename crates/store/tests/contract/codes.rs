use crate::browsers::consent;
use crate::fixtures::{MINUTE, NOW, at_once, code, exchange, id, seat, set_up, user};
use claviger_core::User;
use claviger_core::client::ClientStatus;
use claviger_store::{Issue, Issued, Precondition, Redeem, Store};

pub(crate) async fn a_code_works_once(store: Store) {
    set_up(&store).await;
    let (code_id, first, second) = (id(), id(), id());
    store.put_code(code(code_id)).await.unwrap();
    let row = store.code(&code_id).await.unwrap().unwrap();
    assert_eq!((row.redeemed_at, *row.code.hash), (None, [5; 32]));

    assert_eq!(store.issue(exchange(code_id, first, NOW + 1)).await.unwrap(), Issued::Done);
    assert_eq!(store.code(&code_id).await.unwrap().unwrap().redeemed_at, Some(NOW + 1));
    assert!(store.grant(&code_id).await.unwrap().unwrap().is_live(NOW + 1));
    assert!(!store.access_token(&first).await.unwrap().unwrap().revoked);

    // Nobody heard how it ended and asks again; that is no second exchange.
    let exchanged = exchange(code_id, first, NOW + 1);
    let exchanged = Issue { new_grant: Some(store.grant(&code_id).await.unwrap().unwrap().grant), ..exchanged };
    assert_eq!(store.issue(exchanged).await.unwrap(), Issued::Done);

    let spent = Issued::CodeSpent { first_redeemed_at: NOW + 1 };
    assert_eq!(store.issue(exchange(code_id, second, NOW + 2)).await.unwrap(), spent);
    assert!(store.access_token(&second).await.unwrap().is_none());
}

pub(crate) async fn an_exchange_rests_on_what_was_read(store: Store) {
    set_up(&store).await;
    store.grant_consent(consent("a", &["x"]), NOW).await.unwrap();
    let given = async || {
        let code_id = id();
        store.put_code(code(code_id)).await.unwrap();
        store.code(&code_id).await.unwrap().unwrap()
    };
    let exchanged = async |code_id, precondition: &Precondition| {
        let redeem = Some(Redeem { code: code_id, hash: [5; 32], precondition: *precondition });
        let issued = store.issue(Issue { redeem, ..exchange(code_id, id(), NOW) }).await.unwrap();
        let row = store.code(&code_id).await.unwrap().unwrap();
        assert_eq!(row.redeemed_at.is_some(), issued == Issued::Done, "what is not exchanged is not spent");
        assert_eq!(store.grant(&code_id).await.unwrap().is_some(), issued == Issued::Done);
        issued
    };
    let [first, second, third] = [given().await, given().await, given().await];
    assert_eq!(first.consent.as_ref().unwrap().organisations, ["x"]);
    assert_eq!(exchanged(first.code.id, &first.precondition).await, Issued::Done);

    store.put_user("r", &User { administrator: true, ..user("u") }, None, NOW).await.unwrap();
    assert_eq!(exchanged(second.code.id, &second.precondition).await, Issued::Barred, "the user is another");
    let second = store.code(&second.code.id).await.unwrap().unwrap();
    assert_eq!(exchanged(second.code.id, &second.precondition).await, Issued::Done);

    let third = store.code(&third.code.id).await.unwrap().unwrap();
    assert!(store.withdraw_consent("r", "u", "c").await.unwrap());
    assert_eq!(exchanged(third.code.id, &third.precondition).await, Issued::Barred, "the consent is gone");
    assert_eq!(store.code(&third.code.id).await.unwrap().unwrap().consent, None);

    store.grant_consent(consent("a", &["x"]), NOW).await.unwrap();
    assert_eq!(exchanged(third.code.id, &third.precondition).await, Issued::Barred, "it was given anew");
    let third = store.code(&third.code.id).await.unwrap().unwrap();
    assert_eq!(exchanged(third.code.id, &third.precondition).await, Issued::Done);
}

pub(crate) async fn of_64_redemptions_one_wins(store: Store) {
    set_up(&store).await;
    let code_id = id();
    store.put_code(code(code_id)).await.unwrap();
    let at = store.clone();
    let answers = at_once(move |n| {
        let (store, token) = (at.clone(), id());
        async move {
            let issued = store.issue(exchange(code_id, token, NOW + i64::from(n))).await.unwrap();
            (issued, store.access_token(&token).await.unwrap())
        }
    })
    .await;
    let at = store.code(&code_id).await.unwrap().unwrap().redeemed_at.unwrap();
    for (issued, token) in &answers {
        match issued {
            Issued::Done => assert!(token.is_some()),
            other => {
                assert_eq!(*other, Issued::CodeSpent { first_redeemed_at: at });
                assert!(token.is_none());
            }
        }
    }
    assert_eq!(answers.iter().filter(|(issued, _)| *issued == Issued::Done).count(), 1);
}

pub(crate) async fn a_code_that_is_over_is_gone(store: Store) {
    set_up(&store).await;
    let code_id = id();
    store.put_code(code(code_id)).await.unwrap();
    assert_eq!(store.issue(exchange(code_id, id(), NOW + MINUTE)).await.unwrap(), Issued::CodeGone);
    assert_eq!(store.issue(exchange(id(), id(), NOW)).await.unwrap(), Issued::CodeGone);
    assert!(store.grant(&code_id).await.unwrap().is_none());
}

pub(crate) async fn a_wrong_hash_spends_nothing(store: Store) {
    set_up(&store).await;
    let code_id = id();
    store.put_code(code(code_id)).await.unwrap();
    let guess = || Issue {
        redeem: Some(Redeem { code: code_id, hash: [6; 32], precondition: Precondition::default() }),
        ..exchange(code_id, id(), NOW)
    };
    assert_eq!(store.issue(guess()).await.unwrap(), Issued::CodeGone);
    assert_eq!(store.issue(exchange(code_id, id(), NOW)).await.unwrap(), Issued::Done);
    assert_eq!(store.issue(guess()).await.unwrap(), Issued::CodeGone, "who does not know it does not hear of it");
}

pub(crate) async fn nothing_begins_for_a_client_that_is_not_served(store: Store) {
    set_up(&store).await;
    let code_id = id();
    store.put_code(code(code_id)).await.unwrap();
    store.set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW).await.unwrap();
    assert_eq!(store.issue(exchange(code_id, id(), NOW)).await.unwrap(), Issued::Barred);
    assert!(store.grant(&code_id).await.unwrap().is_none());
}

pub(crate) async fn an_exchange_that_fails_leaves_the_code(store: Store) {
    set_up(&store).await;
    let (code_id, token) = (id(), id());
    store.put_code(code(code_id)).await.unwrap();
    let full = Issue { seats: vec![seat(code_id, 0, NOW + MINUTE)], ..exchange(code_id, token, NOW) };
    assert_eq!(store.issue(full).await.unwrap(), Issued::NoSeat { pool: "p".into(), in_use: 0, size: 0 });
    assert!(store.code(&code_id).await.unwrap().unwrap().redeemed_at.is_none());
    assert!(store.grant(&code_id).await.unwrap().is_none());
    assert!(store.access_token(&token).await.unwrap().is_none());
    assert_eq!(store.issue(exchange(code_id, token, NOW)).await.unwrap(), Issued::Done);
}
