//! Acts on what was given, edits, and a realm that is exported.

use super::{NOW, World};
use crate::admin::apps::{self, Edit, Registration};
use crate::admin::{AdminError, SubjectKind, given, users};
use crate::hashing::Hasher;
use claviger_core::User;
use claviger_core::client::GrantType;
use claviger_store::{Issue, Masked, NewGrant, Of, Put};
use serde_json::json;

impl World {
    async fn app(&self, id: &str) {
        let registration = Registration {
            id: Some(id.to_owned()),
            name: "A".to_owned(),
            redirect_uris: vec!["https://a.example/back".to_owned()],
            scope: "read".to_owned(),
            ..Registration::default()
        };
        apps::register(&self.admin(), &self.realm, registration).await.unwrap();
    }

    async fn managed(&self, kind: SubjectKind, id: &str) {
        let put = Put::Managed { realm: "r".to_owned(), kind, id: id.to_owned(), file: Some("r.toml".to_owned()) };
        self.store.apply(vec![put], NOW).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_is_checked_like_a_registration() {
    let world = World::new().await;
    world.app("a").await;
    let (admin, realm) = (world.admin(), &world.realm);
    let edit = |change: Edit, despite| apps::edit(&admin, realm, "a", change, despite);
    let wanted = Edit {
        name: Some("B".to_owned()),
        publisher: Some("Pub".to_owned()),
        add_redirect_uris: vec!["https://a.example/new".to_owned()],
        remove_redirect_uris: vec!["https://a.example/back".to_owned()],
        remove_scope: vec!["read".to_owned()],
        ..Edit::default()
    };
    let edition = edit(wanted, false).await.unwrap();
    let fields: Vec<(&str, bool)> =
        edition.change.fields.iter().map(|field| (field.field.as_str(), field.destructive)).collect();
    assert_eq!(fields, [("name", false), ("publisher", false), ("redirect-uris", true), ("scope", true)]);
    let stored = apps::find(&world.store, realm, "a").await.unwrap();
    assert_eq!((stored.name.as_str(), stored.publisher.as_deref()), ("B", Some("Pub")));
    assert_eq!(
        stored.redirect_uris.iter().map(claviger_core::redirect::RedirectUri::as_str).collect::<Vec<_>>(),
        ["https://a.example/new"]
    );
    assert_eq!(stored.status.name(), "pending", "an edit approves nobody");

    let wrong = Edit {
        redirect_uris: Some(vec!["http://a.example/".to_owned()]),
        grants: Some([GrantType::Password].into()),
        ..Edit::default()
    };
    let Err(AdminError::Invalid(complaints)) = edit(wrong, false).await else { panic!() };
    assert!(
        complaints.iter().any(|one| one.field == "redirect-uri") && complaints.iter().any(|one| one.field == "grant")
    );
    let absent = Edit { remove_scope: vec!["write".to_owned()], ..Edit::default() };
    assert!(matches!(edit(absent, false).await, Err(AdminError::Invalid(_))));
    let empty = Edit { publisher: Some(String::new()), ..Edit::default() };
    assert_eq!(edit(empty, false).await.unwrap().client.publisher, None);
    let before = world.lines().await.len();
    assert!(edit(Edit::default(), false).await.unwrap().change.fields.is_empty());
    assert_eq!(world.lines().await.len(), before, "what changes nothing leaves no line");

    world.managed(SubjectKind::App, "a").await;
    let name = || Edit { name: Some("C".to_owned()), ..Edit::default() };
    let refused = edit(name(), false).await.unwrap_err();
    assert!(refused.to_string().contains("comes from the realm file r.toml"), "{refused}");
    assert_eq!(edit(name(), true).await.unwrap().client.name, "C");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_added_and_edited_by_the_rules_of_a_file() {
    let world = World::new().await;
    let (admin, realm, hasher) = (world.admin(), &world.realm, Hasher::new(1, 4).unwrap());
    let new = |username: &str| -> User { serde_json::from_value(json!({"id": "", "username": username})).unwrap() };
    let added = users::add(&admin, &hasher, realm, new("Bob"), Some("correct ho\u{a0}rse".into())).await.unwrap();
    assert_eq!(added.id.len(), 32);
    let stored = world.store.user_by_username("r", "bob").await.unwrap().unwrap();
    assert!(
        hasher.verify("correct ho rse".into(), &stored.password_hash.unwrap().0).await.unwrap(),
        "in its normal form"
    );
    let taken = users::add(&admin, &hasher, realm, new("BOB"), None).await;
    assert!(matches!(taken, Err(AdminError::NameTaken { .. })));
    let wrong = User { email_verified: true, organisations: vec!["ghost".to_owned()], ..new("a\u{202E}b") };
    let Err(AdminError::Invalid(complaints)) = users::add(&admin, &hasher, realm, wrong, None).await else { panic!() };
    let fields: Vec<&str> = complaints.iter().map(|complaint| complaint.field).collect();
    assert_eq!(fields, ["organisations", "username", "email-verified"]);
    let short = users::add(&admin, &hasher, realm, new("eve"), Some("short".into())).await;
    assert!(matches!(short, Err(AdminError::ShortPassword(_))));

    let rename = |user: User| User { username: "Rob".to_owned(), disabled: true, id: "other".to_owned(), ..user };
    let edited = users::edit(&admin, &hasher, realm, &added.id, (rename, None), false).await.unwrap();
    let (user, change) = edited;
    assert_eq!((user.username.as_str(), user.disabled, &user.id), ("Rob", false, &added.id), "neither is an edit's");
    assert_eq!(change.fields.len(), 1);
    assert!(world.store.user_by_username("r", "bob").await.unwrap().is_none());
    let password = (|user| user, Some("another password".into()));
    users::edit(&admin, &hasher, realm, &added.id, password, false).await.unwrap();
    let line = world.lines().await.pop().unwrap();
    assert_eq!((line.act.as_str(), line.after.as_deref()), ("user.edit", Some(r#"{"password":"replaced"}"#)));
    world.managed(SubjectKind::User, &added.id).await;
    let refused = users::edit(&admin, &hasher, realm, &added.id, (|user| user, None), false).await;
    assert!(matches!(refused, Err(AdminError::Managed { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_is_found_by_name_and_ended() {
    let world = World::new().await;
    world.app("a").await;
    let (admin, realm, store) = (world.admin(), &world.realm, &world.store);
    store.set_client_status("r", "a", claviger_core::client::ClientStatus::Active, NOW, NOW).await.unwrap();
    let doc = r#"{"flow":"authorization_code","scope":"read","audience":"https://api.example"}"#;
    for _ in 0..3 {
        let grant = NewGrant {
            id: crate::ids::new(NOW),
            realm: "r".to_owned(),
            client: "a".to_owned(),
            user: Some("u".to_owned()),
            flow: "authorization_code".to_owned(),
            doc: doc.to_owned(),
            nonce: Masked([0; 16]),
            generation: 0,
            turnover: "rotate".to_owned(),
            created_at: NOW,
            idle_expires_at: NOW + 1000,
            expires_at: NOW + 1000,
        };
        store.issue(Issue { now: NOW, new_grant: Some(grant), ..Issue::default() }).await.unwrap();
    }
    let of = given::of(store, realm, Some("a"), Some("ADA")).await.unwrap();
    assert_eq!(of, Of { app: Some("a".to_owned()), user: Some("u".to_owned()) });
    assert!(matches!(given::of(store, realm, Some("b"), None).await, Err(AdminError::NoSuchApp(_))));
    assert!(matches!(given::of(store, realm, None, Some("eve")).await, Err(AdminError::NoSuchUser { .. })));
    let found = given::grants(store, realm, &of, NOW, 2).await.unwrap();
    assert_eq!((found.len(), found[0].granted.as_ref().unwrap().scope.to_string()), (2, "read".to_owned()));
    let id = claviger_store::id_text(&found[0].line.id);
    given::revoke_grant(&admin, realm, &id).await.unwrap();
    for wrong in [id.as_str(), "x", "", "é"] {
        assert!(
            matches!(given::revoke_grant(&admin, realm, wrong).await, Err(AdminError::NoSuchGrant { .. })),
            "{wrong}"
        );
    }
    assert_eq!(given::revoke_grants(&admin, realm, &of).await.unwrap(), 2);
    assert_eq!(given::revoke_grants(&admin, realm, &Of::default()).await.unwrap(), 0);
    let gone = given::withdraw(&admin, realm, "u", "a").await;
    assert!(matches!(gone, Err(AdminError::NoSuchConsent { .. })));
    assert!(matches!(given::end_session(&admin, realm, "x").await, Err(AdminError::NoSuchSession { .. })));
}
