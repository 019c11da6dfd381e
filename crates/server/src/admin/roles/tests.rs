//! Who may what.

use super::*;
use crate::admin::{Actor, Way};
use claviger_core::permission::{Resource, Verb};
use claviger_store::Options;
use serde_json::json;

const NOW: i64 = 1_795_234_607_000;
const READ: Permission = Permission::new(Resource::Apps, Verb::Read);
const APPROVE: Permission = Permission::new(Resource::Apps, Verb::Approve);
const ROLES: Permission = Permission::new(Resource::Roles, Verb::Write);

fn realm(id: &str, over: Option<&[&str]>) -> Realm {
    serde_json::from_value(json!({
        "id": id, "name": id, "issuer": format!("http://localhost:9001/{id}"), "authorities": ["localhost:9001"],
        "dialect": {}, "administration": over.map(|realms| json!({ "realms": realms })),
    }))
    .unwrap()
}

async fn world(over: &[&str]) -> (Store, Actor, Realm, Realm) {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let (admin, live) = (realm("admin", Some(over)), realm("live", None));
    for realm in [&admin, &live, &realm("test", None)] {
        store.put_realm(realm, NOW).await.unwrap();
    }
    let organisation = serde_json::from_value(json!({ "id": "acme", "name": "Acme", "kind": "company" })).unwrap();
    store.put_organisation("live", &organisation, NOW).await.unwrap();
    for id in ["ada", "bob"] {
        let user: User = serde_json::from_value(json!({ "id": id, "username": id })).unwrap();
        store.put_user("admin", &user, None, NOW).await.unwrap();
    }
    (store, Actor { name: "vendor".to_owned(), way: Way::Cli, reference: "ref".to_owned() }, admin, live)
}

fn gift(id: &str, role: Role, over: &str, organisation: &str) -> Gift {
    Gift { holder: RoleHolder::user(id), role, over: over.to_owned(), organisation: organisation.to_owned() }
}

#[tokio::test]
async fn a_role_reaches_as_far_as_it_says() {
    let (store, actor, realm, live) = world(&["*"]).await;
    let admin = Admin { store: &store, actor: &actor, now: NOW };
    assert!(Administrator::of_user(&store, &realm, "ada").await.unwrap().is_none(), "nobody is one by themselves");
    assert!(give(&admin, &realm, gift("ada", Role::Reviewer, "live", "")).await.unwrap());
    assert!(!give(&admin, &realm, gift("ada", Role::Reviewer, "live", "")).await.unwrap(), "twice is as once");
    let ada = Administrator::of_user(&store, &realm, "ada").await.unwrap().unwrap();
    let test = super::super::realms::find(&store, "test").await.unwrap();
    assert!(ada.may(READ, &live, None) && ada.may(APPROVE, &live, Some("acme")));
    assert!(!ada.may(READ, &test, None) && !ada.may_everywhere(READ) && ada.may_somewhere(READ));
    assert!(!ada.may(ROLES, &live, None) && !ada.may_give("live", ""));
    give(&admin, &realm, gift("bob", Role::Operator, "live", "acme")).await.unwrap();
    let bob = Administrator::of_user(&store, &realm, "bob").await.unwrap().unwrap();
    assert!(bob.may(READ, &live, Some("acme")));
    assert!(!bob.may(READ, &live, None) && !bob.may(READ, &live, Some("other")), "one organisation only");
    take(&admin, &realm, gift("bob", Role::Operator, "live", "acme"), false).await.unwrap();
    assert!(Administrator::of_user(&store, &realm, "bob").await.unwrap().is_none());
}

#[tokio::test]
async fn an_admin_realm_is_its_owners() {
    let (store, actor, realm, _) = world(&["*"]).await;
    let admin = Admin { store: &store, actor: &actor, now: NOW };
    let users = Permission::new(Resource::Users, Verb::Write);
    give(&admin, &realm, gift("ada", Role::Operator, "*", "")).await.unwrap();
    give(&admin, &realm, gift("bob", Role::Owner, "*", "")).await.unwrap();
    let ada = Administrator::of_user(&store, &realm, "ada").await.unwrap().unwrap();
    let bob = Administrator::of_user(&store, &realm, "bob").await.unwrap().unwrap();
    assert!(!ada.may(users, &realm, None), "an operator would give the owner another password");
    assert!(ada.may(READ, &realm, None) && bob.may(users, &realm, None));
    let mut disabled = store.user("admin", "bob").await.unwrap().unwrap().user;
    disabled.disabled = true;
    store.put_user("admin", &disabled, None, NOW).await.unwrap();
    assert!(Administrator::of_user(&store, &realm, "bob").await.unwrap().is_none(), "they are disabled");
}

#[tokio::test]
async fn what_a_realm_does_not_administer_nobody_in_it_does() {
    let (store, actor, realm, live) = world(&["test"]).await;
    let admin = Admin { store: &store, actor: &actor, now: NOW };
    let refused = give(&admin, &realm, gift("ada", Role::Auditor, "live", "")).await.unwrap_err();
    assert!(matches!(refused, AdminError::NotAdministered { .. }), "{refused}");
    give(&admin, &realm, gift("ada", Role::Auditor, "*", "")).await.unwrap();
    let ada = Administrator::of_user(&store, &realm, "ada").await.unwrap().unwrap();
    assert!(!ada.may(READ, &live, None) && !ada.may_everywhere(READ));
    let test = super::super::realms::find(&store, "test").await.unwrap();
    assert!(ada.may(READ, &test, None));
    let refused = give(&admin, &live, gift("ada", Role::Auditor, "*", "")).await.unwrap_err();
    assert!(matches!(refused, AdminError::NotAnAdminRealm(_)), "{refused}");
}

#[tokio::test]
async fn there_is_one_first_owner() {
    let (store, actor, realm, _) = world(&["*"]).await;
    let (admin, hasher) = (Admin { store: &store, actor: &actor, now: NOW }, Hasher::new(1, 1).unwrap());
    let (eve, link) = first_owner(&admin, &hasher, &realm, ("eve", "eve@example.com"), false).await.unwrap();
    let text = link.expose().strip_prefix("http://localhost:9001/admin/-/link?link=").unwrap();
    let found = store.user_link(&Plain::from(text).hash(), NOW).await.unwrap().unwrap();
    assert_eq!((found.user.as_str(), found.kind), (eve.id.as_str(), LinkKind::FirstLogin));
    assert!(Administrator::of_user(&store, &realm, &eve.id).await.unwrap().unwrap().may_everywhere(ROLES));
    let refused = first_owner(&admin, &hasher, &realm, ("ada", "ada@example.com"), false).await.unwrap_err();
    assert!(matches!(refused, AdminError::OwnerExists(_)), "{refused}");
    first_owner(&admin, &hasher, &realm, ("ada", "ada@example.com"), true).await.unwrap();
    let owners: Vec<_> = list(&store, &realm).await.unwrap().into_iter().map(|role| role.holder.id).collect();
    assert_eq!(owners.len(), 2);
    assert!(owners.contains(&"ada".to_owned()), "who is there already is taken");
}
