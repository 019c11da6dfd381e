use crate::browsers::consent;
use crate::fixtures::{HOUR, MINUTE, NOW, access, at_once, begin, id, organisation, refresh, set_up, user};
use claviger_core::User;
use claviger_store::{Issue, Issued, Masked, NewAccessToken, Precondition, Replay, Rotate, Store};

pub(crate) async fn a_grant_turns_over(store: Store) {
    set_up(&store).await;
    let grant = id();
    let first = begin(grant);
    store.issue(first.clone()).await.unwrap();
    let row = store.grant(&grant).await.unwrap().unwrap();
    assert_eq!((row.grant.generation, row.refreshed_at, row.revoked, row.replay.is_none()), (0, NOW, None, true));
    assert_eq!((&*row.grant.doc, *row.grant.nonce), (r#"{"scope":"a"}"#, *first.new_grant.unwrap().nonce));

    let mut turn = refresh(grant, 0, NOW + MINUTE);
    turn.rotate.as_mut().unwrap().replay =
        Some(Replay { sealed: Masked(vec![8; 9]), until: NOW + 2 * MINUTE, generation: 0 });
    assert_eq!(store.issue(turn.clone()).await.unwrap(), Issued::Done);
    let row = store.grant(&grant).await.unwrap().unwrap();
    assert_eq!((row.grant.generation, row.refreshed_at), (1, NOW + MINUTE));
    assert_eq!(row.grant.idle_expires_at, NOW + MINUTE + HOUR);
    let replay = row.replay.unwrap();
    assert_eq!((&*replay.sealed, replay.until, replay.generation), (&vec![8; 9], NOW + 2 * MINUTE, 0));

    let mut other = turn.clone();
    other.rotate.as_mut().unwrap().replay.as_mut().unwrap().sealed = Masked(vec![9; 9]);
    assert_eq!(store.issue(other).await.unwrap(), Issued::Stale);
    assert_eq!(store.issue(turn).await.unwrap(), Issued::Done, "the very same again is recognised");
    assert_eq!(store.grant(&grant).await.unwrap().unwrap().grant.generation, 1, "and does nothing");
    assert_eq!(store.issue(refresh(grant, 1, NOW + MINUTE)).await.unwrap(), Issued::Done);
    assert!(store.grant(&grant).await.unwrap().unwrap().replay.is_none(), "the successor was used");
}

pub(crate) async fn of_64_refreshes_of_one_generation_one_wins(store: Store) {
    set_up(&store).await;
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    let at = store.clone();
    let answers = at_once(move |_| {
        let (store, token) = (at.clone(), id());
        async move {
            let issue = Issue { access: Some(access(token, Some(grant))), ..refresh(grant, 0, NOW + 1) };
            (store.issue(issue).await.unwrap(), store.access_token(&token).await.unwrap())
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|(issued, _)| *issued == Issued::Done).count(), 1);
    assert_eq!(answers.iter().filter(|(issued, _)| *issued == Issued::Stale).count(), 63);
    assert_eq!(answers.iter().filter(|(_, token)| token.is_some()).count(), 1);
    assert_eq!(store.grant(&grant).await.unwrap().unwrap().grant.generation, 1);
}

pub(crate) async fn every_generation_may_be_served(store: Store) {
    set_up(&store).await;
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    let reissue = |to: u32| Issue {
        now: NOW + 1,
        rotate: Some(Rotate {
            grant,
            from: None,
            to,
            idle_expires_at: NOW + HOUR,
            precondition: Precondition::default(),
            replay: None,
        }),
        ..Issue::default()
    };
    for to in [1, 2, 1, 0] {
        assert_eq!(store.issue(reissue(to)).await.unwrap(), Issued::Done);
    }
    assert_eq!(store.grant(&grant).await.unwrap().unwrap().grant.generation, 2, "it never goes down");
}

pub(crate) async fn nothing_turns_over_after_its_end(store: Store) {
    set_up(&store).await;
    let (idle, old) = (id(), id());
    store.issue(begin(idle)).await.unwrap();
    assert_eq!(store.issue(refresh(idle, 0, NOW + HOUR)).await.unwrap(), Issued::Stale);

    store.issue(begin(old)).await.unwrap();
    let mut far = refresh(old, 0, NOW + 1);
    far.rotate.as_mut().unwrap().idle_expires_at = NOW + 100 * HOUR;
    assert_eq!(store.issue(far).await.unwrap(), Issued::Done);
    assert_eq!(store.issue(refresh(old, 1, NOW + 24 * HOUR)).await.unwrap(), Issued::Stale);
}

pub(crate) async fn a_refresh_rests_on_what_was_read(store: Store) {
    set_up(&store).await;
    let (grant, mut generation, mut now) = (id(), 0, NOW);
    store.issue(begin(grant)).await.unwrap();
    store.grant_consent(consent("a", &[]), NOW).await.unwrap();
    // What was read is believed for as long as it is so, however often the grant is refreshed meanwhile.
    let read = async || store.grant_with_user(&grant).await.unwrap().unwrap().precondition;
    let mut turn = async |precondition: &Precondition| {
        now += 1;
        let mut issue = refresh(grant, generation, now);
        issue.rotate.as_mut().unwrap().precondition = *precondition;
        let issued = store.issue(issue).await.unwrap();
        generation = store.grant(&grant).await.unwrap().unwrap().grant.generation;
        (issued, generation)
    };
    let first = read().await;
    assert_eq!(turn(&first).await, (Issued::Done, 1));
    assert_eq!(turn(&first).await, (Issued::Done, 2));
    store.put_user("r", &user("another"), None, NOW).await.unwrap();
    assert_eq!(turn(&first).await, (Issued::Done, 3), "somebody else");

    store.grant_consent(consent("b", &[]), NOW).await.unwrap();
    assert_eq!(turn(&first).await, (Issued::Stale, 3), "the consent is another");
    let second = read().await;
    assert_ne!(first, second);
    assert_eq!(turn(&second).await, (Issued::Done, 4));

    let joined: User = serde_json::from_value(serde_json::json!({
        "id": "u", "username": "u@example.com", "organisations": ["o"],
    }))
    .unwrap();
    store.put_organisation("r", &organisation("o"), NOW).await.unwrap();
    store.put_user("r", &joined, None, NOW).await.unwrap();
    assert_eq!(turn(&second).await, (Issued::Stale, 4), "the user is another");
    let third = read().await;
    assert_eq!(turn(&third).await, (Issued::Done, 5));

    store.withdraw_consent("r", "u", "c").await.unwrap();
    assert_eq!(turn(&third).await, (Issued::Stale, 5), "the consent is gone");
    assert_eq!(turn(&Precondition::default()).await, (Issued::Done, 6), "nothing was asked for");
}

pub(crate) async fn a_revoked_grant_stays_revoked(store: Store) {
    set_up(&store).await;
    let (grant, token) = (id(), id());
    store.issue(Issue { access: Some(access(token, Some(grant))), ..begin(grant) }).await.unwrap();
    assert!(store.revoke_grant("r", &grant, "reuse", NOW + 1, NOW + HOUR).await.unwrap());
    let seq = store.last_revocation().await.unwrap();
    assert!(!store.revoke_grant("r", &grant, "again", NOW + 2, NOW + HOUR).await.unwrap());
    assert_eq!(store.last_revocation().await.unwrap(), seq, "the second time is no news");
    let row = store.grant(&grant).await.unwrap().unwrap();
    assert_eq!(row.revoked, Some((NOW + 1, "reuse".into())));
    assert!(!row.is_live(NOW + 1));
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    assert_eq!(store.issue(refresh(grant, 0, NOW + 2)).await.unwrap(), Issued::Stale);
}

/// Revocation against refreshes under way: whichever came first, nothing of the family lives afterwards.
pub(crate) async fn nothing_lives_after_a_revocation(store: Store) {
    set_up(&store).await;
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    let at = store.clone();
    let tokens = at_once(move |n| {
        let (store, token) = (at.clone(), id());
        async move {
            if n == 32 {
                store.revoke_grant("r", &grant, "user", NOW + 1, NOW + HOUR).await.unwrap();
                return None;
            }
            let issue = Issue {
                now: NOW + 1,
                rotate: Some(Rotate {
                    grant,
                    from: None,
                    to: 0,
                    idle_expires_at: NOW + HOUR,
                    precondition: Precondition::default(),
                    replay: None,
                }),
                access: Some(NewAccessToken { issued_at: NOW + 1, ..access(token, Some(grant)) }),
                ..Issue::default()
            };
            (store.issue(issue).await.unwrap() == Issued::Done).then_some(token)
        }
    })
    .await;
    for token in tokens.into_iter().flatten() {
        assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    }
    assert!(!store.grant(&grant).await.unwrap().unwrap().is_live(NOW + 1));
}
