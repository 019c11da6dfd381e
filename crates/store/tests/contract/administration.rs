//! Who may administer; what the admin API answered.

use crate::fixtures::{HOUR, NOW, at_once, set_up, user};
use claviger_core::permission::Role;
use claviger_store::{AdminRole, ApiAnswer, Given, RoleHolder, Store, Taken};

fn role(holder: RoleHolder, role: Role, over: &str) -> AdminRole {
    AdminRole { realm: "r".into(), holder, over: over.into(), organisation: String::new(), role, since: NOW }
}

pub(crate) async fn a_role_is_given_once_and_taken_once(store: Store) {
    set_up(&store).await;
    let auditor = role(RoleHolder::user("u"), Role::Auditor, "*");
    assert_eq!(store.put_role(&auditor, false, NOW).await.unwrap(), Given::Done);
    assert_eq!(store.put_role(&auditor, false, NOW + 1).await.unwrap(), Given::Same);
    let partly = AdminRole { organisation: "acme".into(), ..role(RoleHolder::client("c"), Role::Operator, "other") };
    assert_eq!(store.put_role(&partly, false, NOW).await.unwrap(), Given::Done);
    let nobody = role(RoleHolder::user("nobody"), Role::Auditor, "*");
    assert_eq!(store.put_role(&nobody, false, NOW).await.unwrap(), Given::NobodyThere);
    assert_eq!(store.roles_of("r", &RoleHolder::user("u")).await.unwrap(), std::slice::from_ref(&auditor));
    assert_eq!(store.roles_of("r", &RoleHolder::client("u")).await.unwrap(), []);
    assert_eq!(store.list_roles("r").await.unwrap(), [partly.clone(), auditor.clone()]);
    assert_eq!(store.list_roles("other").await.unwrap(), []);
    assert_eq!(store.drop_role(&auditor, false, NOW).await.unwrap(), Taken::Done);
    assert_eq!(store.drop_role(&auditor, false, NOW).await.unwrap(), Taken::NotHeld);
    assert_eq!(store.list_roles("r").await.unwrap(), [partly]);
}

pub(crate) async fn roles_go_with_whoever_holds_them(store: Store) {
    set_up(&store).await;
    for holder in [RoleHolder::user("u"), RoleHolder::client("c")] {
        store.put_role(&role(holder, Role::Operator, "*"), false, NOW).await.unwrap();
    }
    assert!(store.delete_user("r", "u", NOW, NOW).await.unwrap());
    let left: Vec<_> = store.list_roles("r").await.unwrap().into_iter().map(|role| role.holder).collect();
    assert_eq!(left, [RoleHolder::client("c")]);
    assert!(store.delete_client("r", "c", NOW, NOW).await.unwrap());
    assert_eq!(store.list_roles("r").await.unwrap(), []);
}

pub(crate) async fn of_64_first_owners_one_is(store: Store) {
    set_up(&store).await;
    for n in 0..64 {
        store.put_user("r", &user(&format!("u{n}")), None, NOW).await.unwrap();
    }
    let of = store.clone();
    let given = at_once(move |caller| {
        let store = of.clone();
        let actor =
            claviger_store::Actor { name: "ada".into(), way: claviger_store::Way::Cli, reference: format!("{caller}") };
        async move {
            let owner = role(RoleHolder::user(format!("u{caller}")), Role::Owner, "*");
            let store = store.audited(&actor, claviger_store::Act::RoleGive);
            store.put_role(&owner, true, NOW).await.unwrap()
        }
    })
    .await;
    assert_eq!(given.iter().filter(|given| **given == Given::Done).count(), 1, "{given:?}");
    assert_eq!(given.iter().filter(|given| **given == Given::OwnerExists).count(), 63);
    let owner = store.list_roles("r").await.unwrap().remove(0);
    assert_eq!(store.drop_role(&owner, false, NOW).await.unwrap(), Taken::LastOwner);
    assert_eq!(store.list_roles("r").await.unwrap().len(), 1, "nothing was written");
    let other = role(RoleHolder::user("u"), Role::Owner, "*");
    assert_eq!(store.put_role(&other, false, NOW).await.unwrap(), Given::Done);
    assert_eq!(store.drop_role(&owner, false, NOW).await.unwrap(), Taken::Done);
    assert_eq!(store.drop_role(&other, true, NOW).await.unwrap(), Taken::Done, "even the last, when it is said");
}

pub(crate) async fn of_64_requests_with_one_key_one_is_done(store: Store) {
    let (key, request, other) = ([1; 32], [2; 32], [3; 32]);
    let of = store.clone();
    let found = at_once(move |_| {
        let store = of.clone();
        async move { store.claim_api_answer(&key, &request, NOW, NOW + HOUR).await.unwrap() }
    })
    .await;
    assert_eq!(found.iter().filter(|answer| **answer == ApiAnswer::Claimed).count(), 1);
    assert_eq!(found.iter().filter(|answer| **answer == ApiAnswer::UnderWay).count(), 63);
    store.put_api_answer(&key, &request, vec![7]).await.unwrap();
    let again = store.claim_api_answer(&key, &request, NOW, NOW + HOUR).await.unwrap();
    assert_eq!(again, ApiAnswer::Known(vec![7]));
    store.put_api_answer(&key, &request, vec![8]).await.unwrap();
    store.release_api_answer(&key, &request).await.unwrap();
    let again = store.claim_api_answer(&key, &request, NOW, NOW + HOUR).await.unwrap();
    assert_eq!(again, ApiAnswer::Known(vec![7]), "what was answered stays");
    let wrong = store.claim_api_answer(&key, &other, NOW, NOW + HOUR).await.unwrap();
    assert_eq!(wrong, ApiAnswer::OtherRequest);
}

pub(crate) async fn a_key_that_is_over_is_free(store: Store) {
    let (key, request, other) = ([1; 32], [2; 32], [3; 32]);
    let claim = async |request, now| store.claim_api_answer(&key, request, now, now + HOUR).await.unwrap();
    assert_eq!(claim(&request, NOW).await, ApiAnswer::Claimed);
    store.release_api_answer(&key, &request).await.unwrap();
    assert_eq!(claim(&other, NOW).await, ApiAnswer::Claimed, "nothing was done under it");
    assert_eq!(claim(&request, NOW + HOUR).await, ApiAnswer::Claimed, "it was over");
    store.put_api_answer(&key, &request, vec![7]).await.unwrap();
    store.purge(NOW + 2 * HOUR + 1, 10).await.unwrap();
    assert_eq!(claim(&other, NOW + 1).await, ApiAnswer::Claimed, "it left");
}
