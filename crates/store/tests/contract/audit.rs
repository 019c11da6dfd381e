use crate::fixtures::{at_once, client, realm, secret, set_up, user};
use claviger_core::client::ClientStatus;
use claviger_store::{Act, Actor, AuditBreak, AuditFilter, AuditLine, Masked, Put, Store, Subject, SubjectKind, Way};
use serde_json::json;

const NOW: i64 = 1_000;

fn ada() -> Actor {
    Actor { name: "ada".to_owned(), way: Way::Cli, reference: "ref".to_owned() }
}

async fn lines(store: &Store) -> Vec<AuditLine> {
    let mut lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 1000).await.unwrap();
    lines.reverse();
    lines
}

async fn suspend(store: &Store, id: &str) -> bool {
    let store = store.audited(&ada(), Act::AppSuspend);
    store.set_client_status("r", id, ClientStatus::Suspended, NOW, NOW).await.unwrap()
}

async fn with_users(store: &Store) {
    let made = realm("r", &["r.example"]);
    store.put_realm(&made, NOW).await.unwrap();
    store.put_client("r", &client("one"), NOW).await.unwrap();
    store.put_user("r", &user("u"), None, NOW).await.unwrap();
}

pub(crate) async fn an_act_and_its_line_are_one(store: Store) {
    with_users(&store).await;
    assert!(lines(&store).await.is_empty(), "what is no act leaves no line");
    assert!(suspend(&store, "one").await);
    assert!(!suspend(&store, "ghost").await);
    let store_of = |act| store.audited(&ada(), act);
    for id in ["a", "b", "c"] {
        store_of(Act::SecretAdd).add_secret("r", "one", secret(id), NOW).await.unwrap();
    }
    store_of(Act::UserPassword).set_password("r", "u", Masked("phc".to_owned()), NOW, NOW).await.unwrap();
    let ended = store_of(Act::SeatRelease).release_seat("r", "pool", "", "nobody", NOW, NOW).await.unwrap();
    assert_eq!(ended, 0);
    let lines = lines(&store).await;
    let told: Vec<_> = lines.iter().map(|line| (line.number, line.act.as_str(), line.subject.as_str())).collect();
    let wanted =
        [(1, "app.suspend", "one"), (2, "secret.add", "one/a"), (3, "secret.add", "one/b"), (4, "user.password", "u")];
    assert_eq!(told, wanted, "what failed left none");
    assert_eq!(lines[0].before.as_deref(), Some(r#"{"status":"active"}"#));
    assert_eq!(lines[0].after.as_deref(), Some(r#"{"status":"suspended"}"#));
    assert_eq!((lines[0].actor.as_deref(), lines[0].way.as_str(), lines[0].at), (Some("ada"), "cli", NOW));
    assert_eq!(lines[3].after.as_deref(), Some(r#"{"password":"set"}"#));
    assert!(!format!("{lines:?}").contains("phc"));
    assert_eq!(store.verify_audit().await.unwrap().lines, 4);
}

pub(crate) async fn erasing_a_person_keeps_the_chain(store: Store) {
    with_users(&store).await;
    let disable = store.audited(&ada(), Act::UserDisable);
    disable.disable_user("r", "u", true, NOW, NOW).await.unwrap();
    suspend(&store, "one").await;
    let username = user("u").username;
    assert!(lines(&store).await[0].personal.as_ref().unwrap().contains(&username));
    let (erase, subject) = (store.audited(&ada(), Act::AuditErase), Subject::new(SubjectKind::User, "u"));
    assert_eq!(erase.erase_personal("other", &subject, NOW).await.unwrap(), 0, "of another realm");
    assert_eq!(erase.erase_personal("r", &subject, NOW).await.unwrap(), 1);
    assert_eq!(erase.erase_personal("r", &subject, NOW).await.unwrap(), 0, "and no line for nothing");
    let lines = lines(&store).await;
    assert_eq!((lines.len(), &lines[0].personal, lines[0].actor.as_deref()), (3, &None, Some("ada")));
    let found = store.verify_audit().await.unwrap();
    assert_eq!((found.lines, found.erased, found.broken), (3, 1, None));
}

pub(crate) async fn acts_at_once_give_one_chain(store: Store) {
    set_up(&store).await;
    with_users(&store).await;
    at_once(|i| {
        let store = store.clone();
        async move { suspend(&store, if i % 2 == 0 { "one" } else { "ghost" }).await }
    })
    .await;
    let found = store.verify_audit().await.unwrap();
    assert_eq!((found.lines, found.broken), (32, None), "no number was given out for what was not done");
}

pub(crate) async fn lines_are_filtered(store: Store) {
    with_users(&store).await;
    suspend(&store, "one").await;
    store.audited(&ada(), Act::UserDisable).disable_user("r", "u", true, NOW + 5, NOW).await.unwrap();
    let all = AuditFilter::default();
    let subject = Some(Subject::new(SubjectKind::User, "u"));
    for (filter, wanted) in [
        (AuditFilter { realm: Some("r".to_owned()), ..all.clone() }, vec![2, 1]),
        (AuditFilter { realm: Some("s".to_owned()), ..all.clone() }, vec![]),
        (AuditFilter { act: Some(Act::AppSuspend), ..all.clone() }, vec![1]),
        (AuditFilter { actor: Some("eve".to_owned()), ..all.clone() }, vec![]),
        (AuditFilter { subject, ..all.clone() }, vec![2]),
        (AuditFilter { since: Some(NOW + 1), ..all.clone() }, vec![2]),
        (AuditFilter { until: Some(NOW + 1), ..all }, vec![1]),
    ] {
        let found = store.audit_lines(&filter, i64::MAX, 10).await.unwrap();
        assert_eq!(found.iter().map(|line| line.number).collect::<Vec<_>>(), wanted, "{filter:?}");
    }
}

pub(crate) async fn many_users_of_a_file_have_one_line(store: Store) {
    let put = |id: String| Put::User {
        realm: "r".to_owned(),
        user: Box::new(user(&id)),
        password_hash: None,
        tokens_until: NOW,
    };
    let apply = store.audited(&ada(), Act::RealmApply);
    apply.apply((0..3).map(|i| put(format!("few{i}"))).collect(), NOW).await.unwrap();
    assert_eq!(lines(&store).await.len(), 3);
    apply.apply((0..101).map(|i| put(format!("many{i}"))).collect(), NOW).await.unwrap();
    let lines = lines(&store).await;
    let after: serde_json::Value = serde_json::from_str(lines[3].after.as_deref().unwrap()).unwrap();
    assert_eq!((lines.len(), lines[3].subject_kind.as_str()), (4, "realm"));
    assert_eq!(
        (after["users"]["created"].as_i64(), after["users"]["first"].as_array().unwrap().len()),
        (Some(101), 100)
    );
    assert_eq!(store.verify_audit().await.unwrap().broken, None::<AuditBreak>);
}

/// What was kept for long enough leaves, the chain stays whole, and a cut in silence shows.
pub(crate) async fn old_lines_leave_and_the_chain_stays_whole(store: Store) {
    let actor = Actor { name: "ada".into(), way: Way::Cli, reference: "r".into() };
    let line = async |at: i64| {
        let subject = Subject::new(SubjectKind::Database, "d");
        store.audited(&actor, Act::DbBackup).write_down(subject, None, Some(json!({ "at": at })), at).await.unwrap();
    };
    for at in 1..=6 {
        line(at).await;
    }
    let whole = store.verify_audit().await.unwrap();
    let cut = store.audited(&actor, Act::AuditCut);
    assert_eq!(cut.cut_audit(1, i64::MAX, 7).await.unwrap(), 0, "nothing is older");
    assert_eq!(cut.cut_audit(9, 0, 7).await.unwrap(), 0, "nothing was passed on");
    assert!(store.has_audit_before(2).await.unwrap() && !store.has_audit_before(1).await.unwrap());
    assert_eq!(cut.cut_audit(4, i64::MAX, 7).await.unwrap(), 3);
    let found = store.verify_audit().await.unwrap();
    assert_eq!((found.lines, found.cut, found.broken), (7, 3, None));
    assert_ne!(found.digest, whole.digest);
    assert_eq!(cut.cut_audit(100, 6, 8).await.unwrap(), 3, "up to what was passed on");
    line(9).await;
    let found = store.verify_audit().await.unwrap();
    assert_eq!((found.lines, found.cut, found.broken), (9, 6, None));
    let acts = store.audit_onward(&AuditFilter::default(), 0, 10).await.unwrap();
    assert_eq!(acts.iter().map(|line| line.number).collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!(store.audit_onward(&AuditFilter::default(), 8, 10).await.unwrap().len(), 1);

    assert_eq!(store.audit_streamed().await.unwrap(), 0);
    store.note_audit_streamed(7).await.unwrap();
    store.note_audit_streamed(5).await.unwrap();
    assert_eq!(store.audit_streamed().await.unwrap(), 7, "it never goes back");
}
