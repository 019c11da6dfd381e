use crate::fixtures::{HOUR, NOW, access, begin, id, set_up};
use claviger_store::{Issue, RevocationKind, Store};

pub(crate) async fn followers_hear_in_order(store: Store) {
    for (n, realm) in ["r", "s", "r"].into_iter().enumerate() {
        store.revoke(realm, RevocationKind::Jti, &n.to_string(), NOW, NOW + HOUR, NOW).await.unwrap();
    }
    let all = store.revocations_after(None, 0, 10).await.unwrap();
    assert_eq!(
        all.items.iter().map(|item| (item.seq, &*item.value)).collect::<Vec<_>>(),
        [(1, "0"), (2, "1"), (3, "2")]
    );
    let mine = store.revocations_after(Some("r"), 0, 1).await.unwrap();
    assert_eq!((mine.seq, &*mine.items[0].value, mine.reset), (1, "0", false));
    let mine = store.revocations_after(Some("r"), mine.seq, 10).await.unwrap();
    assert_eq!((mine.seq, mine.items.len(), &*mine.items[0].value), (3, 1, "2"));
    let mine = store.revocations_after(Some("r"), mine.seq, 10).await.unwrap();
    assert_eq!((mine.seq, mine.items.len()), (3, 0));
    let other = store.revocations_after(Some("s"), 0, 10).await.unwrap();
    assert_eq!((other.seq, other.items.len()), (3, 1), "what is not theirs is not asked for again");
}

pub(crate) async fn the_same_again_is_no_news(store: Store) {
    let revoke = |before, until| store.revoke("r", RevocationKind::User, "u", before, until, NOW);
    revoke(NOW, NOW + HOUR).await.unwrap();
    revoke(NOW - 1, NOW + HOUR).await.unwrap();
    assert_eq!(store.last_revocation().await.unwrap(), 1);
    revoke(NOW + 1, NOW).await.unwrap();
    let all = store.revocations_after(None, 0, 10).await.unwrap().items;
    assert_eq!(all.len(), 1, "one row however often");
    assert_eq!((all[0].seq, all[0].before, all[0].expires_at), (2, NOW + 1, NOW + HOUR));
}

pub(crate) async fn opaque_tokens_know(store: Store) {
    let tokens = [id(), id(), id()];
    for token in tokens {
        store.issue(Issue { now: NOW, access: Some(access(token, None)), ..Issue::default() }).await.unwrap();
    }
    assert!(store.revoke_access_token(&tokens[0], NOW).await.unwrap());
    assert!(!store.revoke_access_token(&tokens[0], NOW).await.unwrap());
    store.revoke("other", RevocationKind::User, "u", NOW, NOW + HOUR, NOW).await.unwrap();
    store.revoke("r", RevocationKind::User, "u", NOW - 1, NOW + HOUR, NOW).await.unwrap();
    let revoked = async |token| store.access_token(token).await.unwrap().unwrap().revoked;
    assert!(revoked(&tokens[0]).await);
    let of_user = [
        (RevocationKind::Jti, Some("u")),
        (RevocationKind::Grant, None),
        (RevocationKind::Client, Some("u")),
        (RevocationKind::User, Some("u")),
    ];
    assert!(store.is_revoked("r", of_user, NOW - 1).await.unwrap(), "as those who follow would know it");
    assert!(!store.is_revoked("r", of_user, NOW).await.unwrap(), "issued later");
    assert!(!store.is_revoked("third", of_user, NOW - 1).await.unwrap());
    assert!(!revoked(&tokens[1]).await, "issued later");
    store.revoke("r", RevocationKind::User, "u", NOW, NOW + HOUR, NOW).await.unwrap();
    assert!(revoked(&tokens[1]).await && revoked(&tokens[2]).await);
}

pub(crate) async fn followers_ahead_start_over(store: Store) {
    store.revoke("r", RevocationKind::Jti, "j", NOW, NOW + HOUR, NOW).await.unwrap();
    let answer = store.revocations_after(Some("r"), 7, 10).await.unwrap();
    assert_eq!((answer.reset, answer.seq, answer.items.len()), (true, 0, 0));
}

pub(crate) async fn all_of_a_user_ends_in_batches(store: Store) {
    set_up(&store).await;
    let grants: Vec<_> = (0..1_203).map(|_| id()).collect();
    for grant in &grants {
        store.issue(begin(*grant)).await.unwrap();
    }
    assert_eq!(store.revoke_all_of_user("r", "u", NOW, NOW + HOUR).await.unwrap(), 1_203);
    assert_eq!(store.revoke_all_of_client("r", "c", NOW, NOW + HOUR).await.unwrap(), 0);
    for grant in &grants {
        assert!(!store.grant(grant).await.unwrap().unwrap().is_live(NOW));
    }
    assert_eq!(store.last_revocation().await.unwrap(), 2);
}
