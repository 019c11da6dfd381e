use crate::fixtures::{HOUR, MINUTE, NOW, at_once, code, id, set_up, user};
use claviger_core::{ScopeSet, User};
use claviger_store::{Answered, Approval, ConsentGrant, Id, Precondition, Session, SessionPrecondition, Store};

pub(crate) async fn a_session_lives_as_long_as_it_is_touched(store: Store) {
    let session = Session {
        hash: [1; 32],
        realm: "r".into(),
        user: "u".into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + MINUTE,
        how: None,
    };
    store.create_session(session.clone(), Precondition::default()).await.unwrap();
    assert_eq!(store.session(&[1; 32], NOW).await.unwrap(), Some(session.clone()));
    assert!(store.touch_session(&[1; 32], NOW + 1, NOW + HOUR).await.unwrap());
    let touched = Session { last_seen_at: NOW + 1, expires_at: NOW + HOUR, ..session };
    assert_eq!(store.session(&[1; 32], NOW + MINUTE).await.unwrap(), Some(touched));
    assert!(store.session(&[1; 32], NOW + HOUR).await.unwrap().is_none());
    assert!(!store.touch_session(&[1; 32], NOW + HOUR, NOW + 2 * HOUR).await.unwrap(), "one that is over stays so");
    assert_eq!(store.end_session(&[1; 32], NOW).await.unwrap(), Some(vec![]));
    assert_eq!(store.end_session(&[1; 32], NOW).await.unwrap(), None);
    assert_eq!(store.end_sessions_of_user("r", "u", NOW).await.unwrap(), 0);
}

fn answered(id: Id) -> Answered {
    Answered { id, realm: "r".into(), sealed: vec![1, 2, 3], expires_at: NOW + MINUTE }
}

fn approval(pending: Id, code_id: Id) -> Approval {
    Approval { now: NOW, answers: Some(answered(pending)), code: Some(code(code_id)), ..Approval::default() }
}

pub(crate) async fn a_waiting_request_is_answered_once(store: Store) {
    let (waiting, first, second) = (id(), id(), id());
    assert!(store.answered(&waiting).await.unwrap().is_none());
    assert!(store.approve(approval(waiting, first)).await.unwrap());
    assert!(store.approve(approval(waiting, first)).await.unwrap(), "the very same again is recognised");
    assert!(!store.approve(approval(waiting, second)).await.unwrap());
    assert!(store.code(&first).await.unwrap().is_some());
    assert!(store.code(&second).await.unwrap().is_none());
    assert!(!store.put_answered(answered(waiting)).await.unwrap(), "whoever allowed cannot deny");
    assert_eq!(store.answered(&waiting).await.unwrap(), Some(answered(waiting)));

    let denied = id();
    assert!(store.put_answered(answered(denied)).await.unwrap());
    assert!(!store.put_answered(Answered { sealed: vec![4], ..answered(denied) }).await.unwrap());
    assert!(!store.approve(approval(denied, id())).await.unwrap(), "whoever denied cannot allow");
    assert_eq!(store.answered(&denied).await.unwrap(), Some(answered(denied)));
    store.purge(NOW + MINUTE, 10).await.unwrap();
    assert!(store.answered(&denied).await.unwrap().is_some());
    store.purge(NOW + MINUTE + 1, 10).await.unwrap();
    assert!(store.answered(&denied).await.unwrap().is_none());
}

pub(crate) async fn a_code_rests_on_what_was_read(store: Store) {
    set_up(&store).await;
    let (hash, other) = ([1; 32], [2; 32]);
    for hash in [hash, other] {
        let (realm, user) = ("r".into(), "u".into());
        let (auth_time, last_seen_at, expires_at) = (NOW, NOW, NOW + MINUTE);
        let session = Session { hash, realm, user, created_at: NOW, auth_time, last_seen_at, expires_at, how: None };
        store.create_session(session, Precondition::default()).await.unwrap();
    }
    store.grant_consent(consent("a", &["x"]), NOW).await.unwrap();
    let read = async |hash| store.signed_in(&hash, "c", NOW).await.unwrap().unwrap().session_precondition();
    let approve = async |precondition: &SessionPrecondition, now| {
        let code_id = id();
        let precondition = Some(*precondition);
        let approval = Approval { now, code: Some(code(code_id)), precondition, ..Approval::default() };
        let approved = store.approve(approval.clone()).await.unwrap();
        assert_eq!(store.code(&code_id).await.unwrap().is_some(), approved);
        assert_eq!(store.approve(approval).await.unwrap(), approved, "the very same again is recognised");
        approved
    };
    let (mine, others) = (read(hash).await, read(other).await);
    assert!(approve(&mine, NOW).await && approve(&mine, NOW + MINUTE - 1).await);
    assert!(!approve(&mine, NOW + MINUTE).await, "the session is over");
    store.touch_session(&hash, NOW, NOW + HOUR).await.unwrap();
    assert!(approve(&mine, NOW + MINUTE).await);

    store.grant_consent(consent("a", &["y"]), NOW).await.unwrap();
    assert!(!approve(&mine, NOW).await, "other organisations");
    let mine = read(hash).await;
    assert!(approve(&mine, NOW).await);
    store.put_user("r", &User { administrator: true, ..user("u") }, None, NOW).await.unwrap();
    assert!(!approve(&mine, NOW).await, "the user is another");
    let mine = read(hash).await;
    assert!(approve(&mine, NOW).await);
    assert!(store.end_session(&hash, NOW).await.unwrap().is_some());
    assert!(!approve(&mine, NOW).await, "signed out");
    assert!(!approve(&others, NOW).await);
    let others = read(other).await;
    assert!(store.withdraw_consent("r", "u", "c").await.unwrap());
    assert!(!approve(&others, NOW).await, "the consent is gone");
}

pub(crate) async fn of_64_approvals_one_counts(store: Store) {
    let pending = id();
    let answers = at_once(move |_| {
        let (store, code_id) = (store.clone(), id());
        async move { (store.approve(approval(pending, code_id)).await.unwrap(), store.code(&code_id).await.unwrap()) }
    })
    .await;
    assert_eq!(answers.iter().filter(|(approved, _)| *approved).count(), 1);
    assert_eq!(answers.iter().filter(|(_, code)| code.is_some()).count(), 1);
}

pub(crate) fn consent(scope: &str, organisations: &[&str]) -> ConsentGrant {
    ConsentGrant {
        realm: "r".into(),
        user: "u".into(),
        client: "c".into(),
        scope: ScopeSet::parse(scope).unwrap(),
        organisations: organisations.iter().map(|&id| id.to_owned()).collect(),
        until: None,
    }
}

pub(crate) async fn consent_grows(store: Store) {
    assert!(store.consent("r", "u", "c").await.unwrap().is_none());
    store.grant_consent(consent("a b", &["x", "y"]), NOW).await.unwrap();
    store.grant_consent(consent("c b", &["y"]), NOW + 1).await.unwrap();
    let found = store.consent("r", "u", "c").await.unwrap().unwrap();
    assert!(found.scope.same(&ScopeSet::parse("a b c").unwrap()));
    assert_eq!((found.organisations, found.updated_at), (vec!["y".to_owned()], NOW + 1));
    assert!(store.withdraw_consent("r", "u", "c").await.unwrap());
    assert!(!store.withdraw_consent("r", "u", "c").await.unwrap());
    assert!(store.consent("r", "u", "c").await.unwrap().is_none());
}

pub(crate) async fn two_consents_at_once_lose_nothing(store: Store) {
    let at = store.clone();
    at_once(move |n| {
        let store = at.clone();
        async move { store.grant_consent(consent(&format!("s{n}"), &[]), NOW).await.unwrap() }
    })
    .await;
    assert_eq!(store.consent("r", "u", "c").await.unwrap().unwrap().scope.len(), 64);
}
