//! What people prove who they are with beside their password.

use crate::fixtures::{HOUR, NOW, at_once, begin, grant, id, set_up};
use claviger_core::sign_in::FactorKind;
use claviger_store::{Factor, Issue, Masked, NewGrant, RememberedBrowser, Session, Store};

fn factor(id: &str, kind: FactorKind) -> Factor {
    Factor {
        id: id.into(),
        kind,
        label: "Phone".into(),
        content: Masked(vec![1, 2, 3]),
        counter: 10,
        created_at: NOW,
        used_at: None,
    }
}

async fn ids(store: &Store) -> Vec<String> {
    store.factors("r", "u").await.unwrap().into_iter().map(|factor| factor.id).collect()
}

pub(crate) async fn the_first_factor_ends_what_programs_had_by_password(store: Store) {
    set_up(&store).await;
    let (by_password, by_code) = (id(), id());
    for (id, flow) in [(by_password, "password"), (by_code, "authorization_code")] {
        let new_grant = Some(NewGrant { flow: flow.into(), ..grant(id) });
        store.issue(Issue { new_grant, ..begin(id) }).await.unwrap();
    }
    let (_, before) = store.user_to_verify("r", "u").await.unwrap().unwrap();
    let codes = || ["a", "b"].map(|id| factor(id, FactorKind::RecoveryCode));
    let first = std::iter::once(factor("t", FactorKind::Totp)).chain(codes()).collect();
    assert!(store.add_factors("r", "u", first, NOW, NOW + HOUR).await.unwrap());
    assert_eq!(ids(&store).await, ["a", "b", "t"]);
    let is_revoked = async |id| store.grant(id).await.unwrap().unwrap().revoked.is_some();
    assert!(is_revoked(&by_password).await && !is_revoked(&by_code).await);
    let session = Session {
        hash: [1; 32],
        realm: "r".into(),
        user: "u".into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + HOUR,
        how: None,
    };
    assert!(!store.create_session(session, before).await.unwrap(), "it rests on a user without a second factor");

    let same = vec![factor("t", FactorKind::Totp), factor("c", FactorKind::RecoveryCode)];
    assert!(!store.add_factors("r", "u", same, NOW, NOW).await.unwrap());
    assert_eq!(ids(&store).await, ["a", "b", "t"], "nothing was written");
    assert!(!store.add_factors("r", "nobody", vec![factor("t", FactorKind::Totp)], NOW, NOW).await.unwrap());
    let anew = vec![factor("c", FactorKind::RecoveryCode)];
    assert!(store.add_factors("r", "u", anew, NOW, NOW).await.unwrap());
    assert_eq!(ids(&store).await, ["c", "t"], "new codes replace the old ones");
    assert!(!store.remove_factor("other", "u", "t", NOW).await.unwrap());
    assert!(store.remove_factor("r", "u", "t", NOW).await.unwrap());
    assert!(ids(&store).await.is_empty(), "codes alone are no second factor");
}

pub(crate) async fn of_64_uses_of_a_code_one_counts(store: Store) {
    set_up(&store).await;
    let both = vec![factor("t", FactorKind::Totp), factor("a", FactorKind::RecoveryCode)];
    assert!(store.add_factors("r", "u", both, NOW, NOW).await.unwrap());
    let of = store.clone();
    let totp = at_once(move |_| {
        let store = of.clone();
        async move { store.use_factor("r", "u", "t", 11, NOW).await.unwrap() }
    })
    .await;
    assert_eq!(totp.iter().filter(|used| **used).count(), 1);
    assert!(!store.use_factor("r", "u", "t", 10, NOW).await.unwrap(), "what is behind it");
    assert!(store.use_factor("r", "u", "t", 12, NOW).await.unwrap());
    let of = store.clone();
    let code = at_once(move |_| {
        let store = of.clone();
        async move { store.use_recovery_code("r", "u", "a", NOW).await.unwrap() }
    })
    .await;
    assert_eq!(code.iter().filter(|used| **used).count(), 1);
    assert!(store.factors("r", "u").await.unwrap().iter().all(|factor| factor.used_at == Some(NOW)));
}

pub(crate) async fn a_browser_is_remembered_until_the_password_changes(store: Store) {
    set_up(&store).await;
    let browser = |n: u8| RememberedBrowser {
        hash: [n; 32],
        name: "Firefox".into(),
        created_at: NOW,
        used_at: NOW,
        expires_at: NOW + HOUR,
    };
    for n in 1..=3 {
        store.remember_browser("r", "u", browser(n)).await.unwrap();
    }
    let known = async |user: &str, n: u8, now| store.is_remembered("r", user, &[n; 32], now).await.unwrap();
    assert!(known("u", 1, NOW + 5).await && !known("other", 1, NOW).await && !known("u", 9, NOW).await);
    assert!(!known("u", 1, NOW + HOUR).await, "it is over");
    let listed = store.remembered_browsers("r", "u", NOW).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.hash[0]).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(listed[0], RememberedBrowser { used_at: NOW + 5, ..browser(1) });
    assert!(store.forget_browser("r", "u", &[2; 32]).await.unwrap());
    assert!(!store.forget_browser("r", "other", &[3; 32]).await.unwrap());
    assert!(store.set_password("r", "u", Masked("h".into()), NOW, NOW).await.unwrap());
    assert!(store.remembered_browsers("r", "u", NOW).await.unwrap().is_empty());
    store.remember_browser("r", "u", browser(4)).await.unwrap();
    store.purge(NOW + HOUR + 1, 10).await.unwrap();
    assert!(store.remembered_browsers("r", "u", NOW).await.unwrap().is_empty());
}
