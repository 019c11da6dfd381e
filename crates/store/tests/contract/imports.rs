use crate::fixtures::{NOW, client, organisation, user};
use claviger_core::User;
use claviger_store::{Act, Actor, AuditFilter, Edited, Imported, Masked, NewUser, Removed, Store, Way};
use std::sync::Arc;

fn new(user: User, id_is_made: bool) -> NewUser {
    NewUser { user, id_is_made, password_hash: Some(Masked("{sealed}x".to_owned())) }
}

fn named(id: &str, username: &str) -> User {
    User { username: username.to_owned(), ..user(id) }
}

pub(crate) async fn who_comes_along_is_new_or_left_as_they_are(store: Store) {
    store.put_user("r", &named("u1", "ada"), Some(Masked("hash".to_owned())), NOW).await.unwrap();
    store.put_client("r", &client("app"), NOW).await.unwrap();
    let batch: Arc<[NewUser]> = [
        new(named("u2", "bob"), false),
        new(named("u1", "ADA"), false),
        new(named("u3", "ada"), true),
        new(named("u4", "ada"), false),
        new(named("u1", "carl"), false),
        new(named("app", "dora"), false),
        new(named("u2", "bob"), false),
    ]
    .into();
    let expected = [
        Imported::Created,
        Imported::Exists,
        Imported::Exists,
        Imported::NameTaken { by: "u1".to_owned() },
        Imported::IdTaken { by: "ada".to_owned() },
        Imported::IdOfClient,
        Imported::Exists,
    ];
    assert_eq!(store.import_users("r", Arc::clone(&batch), true, NOW).await.unwrap(), expected);
    assert!(store.user("r", "u2").await.unwrap().is_none(), "a rehearsal keeps nothing");

    let actor = Actor { name: "ada".into(), way: Way::Cli, reference: "x".into() };
    let audited = store.audited(&actor, Act::UserImport);
    assert_eq!(audited.import_users("r", Arc::clone(&batch), false, NOW).await.unwrap(), expected);
    let ada = store.user("r", "u1").await.unwrap().unwrap();
    assert_eq!((&*ada.user.username, ada.password_hash.unwrap().as_str()), ("ada", "hash"));
    let bob = store.user_by_username("r", "BOB").await.unwrap().unwrap();
    assert_eq!((&*bob.user.id, bob.password_hash.unwrap().as_str()), ("u2", "{sealed}x"));
    let again = audited.import_users("r", batch, false, NOW).await.unwrap();
    assert_eq!(again[0], Imported::Exists);
    let lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 10).await.unwrap();
    assert_eq!(lines.len(), 1, "what changes nothing leaves no line");
    let after: serde_json::Value = serde_json::from_str(lines[0].after.as_ref().unwrap()).unwrap();
    assert_eq!(after["users"], serde_json::json!({ "created": 1, "first": ["u2"] }));
}

pub(crate) async fn a_hash_is_replaced_on_condition_that_it_is_the_one_that_was_read(store: Store) {
    let hash = |text: &str| Masked(text.to_owned());
    store.put_user("r", &user("u1"), Some(hash("old")), NOW).await.unwrap();
    let before = store.last_change().await.unwrap();
    let replaced = store.replace_hash("r", "u1", &hash("old"), hash("new"), NOW).await.unwrap();
    let (stored, precondition) = store.user_to_verify("r", "u1").await.unwrap().unwrap();
    assert_eq!((stored.password_hash.unwrap().as_str(), replaced), ("new", Some(precondition)));
    assert!(store.last_change().await.unwrap() > before, "the other servers hear of it");
    assert_eq!(store.replace_hash("r", "u1", &hash("old"), hash("third"), NOW).await.unwrap(), None);
    assert_eq!(store.replace_hash("r", "nobody", &hash("old"), hash("third"), NOW).await.unwrap(), None);
    assert_eq!(store.user("r", "u1").await.unwrap().unwrap().password_hash.unwrap().as_str(), "new");
}

pub(crate) async fn an_organisation_is_added_once_changed_and_removed_when_nobody_belongs_to_it(store: Store) {
    let acme = organisation("ac%me");
    assert_eq!(store.add_organisation("r", &acme, NOW).await.unwrap(), Edited::Done);
    assert_eq!(store.add_organisation("r", &acme, NOW).await.unwrap(), Edited::Changed);
    let renamed = claviger_core::user::Organisation { name: "Other".into(), ..acme.clone() };
    assert_eq!(store.edit_organisation("r", (&renamed, &acme), NOW).await.unwrap(), Edited::Changed);
    assert_eq!(store.edit_organisation("r", (&acme, &renamed), NOW).await.unwrap(), Edited::Done);
    let member = User { organisations: vec!["ac%me".into()], ..named("u1", "ada") };
    let other = User { organisations: vec!["acXme".into()], ..named("u2", "bob") };
    for user in [&member, &other] {
        store.put_user("r", user, None, NOW).await.unwrap();
    }
    let (members, last) = store.members("r", "ac%me", "", 10).await.unwrap();
    assert_eq!((members, last.as_deref()), (vec![member.clone()], Some("u2")));
    assert_eq!(store.members("r", "ac%me", "u2", 10).await.unwrap(), (vec![], None));
    assert_eq!(store.remove_organisation("r", "ac%me", NOW).await.unwrap(), Removed::HasMembers("ada".to_owned()));
    store.put_user("r", &User { organisations: vec![], ..member }, None, NOW).await.unwrap();
    assert_eq!(store.remove_organisation("r", "ac%me", NOW).await.unwrap(), Removed::Done);
    assert_eq!(store.remove_organisation("r", "ac%me", NOW).await.unwrap(), Removed::NotThere);
}
