//! Who signs in at a provider.

use crate::fixtures::{HOUR, NOW, at_once, set_up, user};
use claviger_core::User;
use claviger_store::{LinkedAccount, Masked, Newcomer, ProviderAccount, Store};

fn account(subject: &str) -> ProviderAccount {
    ProviderAccount { realm: "r".into(), issuer: "https://p.example".into(), subject: subject.into() }
}

async fn subjects(store: &Store, user: &str) -> Vec<String> {
    store.provider_accounts("r", user).await.unwrap().into_iter().map(|linked| linked.subject).collect()
}

pub(crate) async fn somebody_at_a_provider_is_one_user(store: Store) {
    set_up(&store).await;
    assert!(store.link_provider(&account("s"), "u", NOW).await.unwrap());
    assert!(!store.link_provider(&account("s"), "u", NOW).await.unwrap(), "linked already");
    assert_eq!(store.provider_user(&account("s")).await.unwrap().as_deref(), Some("u"));
    for other in [
        ProviderAccount { realm: "other".into(), ..account("s") },
        ProviderAccount { issuer: "https://q.example".into(), ..account("s") },
        account("S"),
    ] {
        assert_eq!(store.provider_user(&other).await.unwrap(), None, "{other:?}");
    }
    assert!(!store.link_provider(&account("t"), "nobody", NOW).await.unwrap());
    store.put_user("r", &user("v"), None, NOW).await.unwrap();
    assert!(!store.link_provider(&account("s"), "v", NOW).await.unwrap(), "linked to another one");
    store.disable_user("r", "v", true, NOW, NOW).await.unwrap();
    assert!(!store.link_provider(&account("t"), "v", NOW).await.unwrap());
    let linked = LinkedAccount { issuer: account("s").issuer, subject: "s".into(), created_at: NOW };
    assert_eq!(store.provider_accounts("r", "u").await.unwrap(), [linked]);
    assert!(store.delete_user("r", "u", NOW, NOW + HOUR).await.unwrap());
    assert_eq!(store.provider_user(&account("s")).await.unwrap(), None, "gone with the user");
}

pub(crate) async fn of_64_first_sign_ins_one_makes_the_user(store: Store) {
    set_up(&store).await;
    let came = at_once(|n| {
        let store = store.clone();
        async move {
            let new = User { username: format!("name-{n}"), ..user(&format!("n{n}")) };
            store.create_linked(&account("s"), &new, NOW).await.unwrap()
        }
    })
    .await;
    assert_eq!(came.iter().filter(|came| **came == Newcomer::Created).count(), 1, "{came:?}");
    assert!(came.iter().all(|came| *came != Newcomer::NameTaken), "{came:?}");
    assert_eq!(store.list_users("r", "", 100).await.unwrap().len(), 2);
    let taken = User { username: user("u").username, ..user("w") };
    assert_eq!(store.create_linked(&account("t"), &taken, NOW).await.unwrap(), Newcomer::NameTaken);
    assert_eq!(store.provider_user(&account("t")).await.unwrap(), None);
}

pub(crate) async fn nobody_loses_their_last_way_in(store: Store) {
    set_up(&store).await;
    for subject in ["s", "t"] {
        assert!(store.link_provider(&account(subject), "u", NOW).await.unwrap());
    }
    assert!(!store.unlink_provider(&account("s"), "v", NOW).await.unwrap(), "another one's");
    let taken = at_once(|n| {
        let store = store.clone();
        async move { store.unlink_provider(&account(["s", "t"][usize::from(n % 2)]), "u", NOW).await.unwrap() }
    })
    .await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
    let left = subjects(&store, "u").await;
    assert_eq!(left.len(), 1);
    assert!(!store.unlink_provider(&account(&left[0]), "u", NOW).await.unwrap());
    store.set_password("r", "u", Masked("h".into()), NOW, NOW).await.unwrap();
    let (_, before) = store.user_to_verify("r", "u").await.unwrap().unwrap();
    assert!(store.unlink_provider(&account(&left[0]), "u", NOW + 1).await.unwrap());
    assert!(subjects(&store, "u").await.is_empty());
    let (_, after) = store.user_to_verify("r", "u").await.unwrap().unwrap();
    assert_ne!(before, after, "what rests on them as they were is written no more");
}
