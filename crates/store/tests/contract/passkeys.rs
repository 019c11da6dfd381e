//! Passkeys: whose they are, used once with each question, and never with a counter that went back.

use crate::fixtures::{MINUTE, NOW, at_once, realm, set_up, user};
use claviger_core::sign_in::FactorKind;
use claviger_store::{
    Act, Actor, AuditFilter, Factor, Masked, PasskeyUsed, RememberedBrowser, Spend, SpendKind, Store, UsePasskey, Way,
};

fn factor(id: &str, kind: FactorKind, counter: i64) -> Factor {
    let content = Masked(vec![1]);
    Factor { id: id.into(), kind, label: "Laptop".into(), content, counter, created_at: NOW, used_at: None }
}

fn challenge(name: &str) -> Spend {
    Spend::new(SpendKind::Challenge, "r", "", name, NOW + MINUTE)
}

fn using(counter: u32, name: &str) -> UsePasskey {
    let content = Masked(name.as_bytes().to_vec());
    UsePasskey { user: "u".into(), id: "p".into(), counter, content, challenge: challenge(name) }
}

async fn with_passkey(store: &Store, counter: i64) {
    set_up(store).await;
    assert!(store.add_factors("r", "u", vec![factor("p", FactorKind::Passkey, counter)], NOW, NOW).await.unwrap());
}

pub(crate) async fn a_passkey_is_one_users_in_a_realm(store: Store) {
    with_passkey(&store, 0).await;
    store.put_user("r", &user("v"), None, NOW).await.unwrap();
    let same = || vec![factor("p", FactorKind::Passkey, 0)];
    assert!(!store.add_factors("r", "v", same(), NOW, NOW).await.unwrap(), "it is u's");
    // Nor is it lost or moved by that, and a factor of another kind may be called so.
    let (owner, found) = store.passkey("r", "p").await.unwrap().unwrap();
    assert_eq!((owner.as_str(), found.label.as_str()), ("u", "Laptop"));
    assert!(store.add_factors("r", "v", vec![factor("p", FactorKind::Totp, 0)], NOW, NOW).await.unwrap());
    assert_eq!(store.passkey("r", "p").await.unwrap().unwrap().0, "u");
    // In another realm it is another one.
    store.put_realm(&realm("s", &["s.example"]), NOW).await.unwrap();
    assert!(store.passkey("s", "p").await.unwrap().is_none());
    store.put_user("s", &user("w"), None, NOW).await.unwrap();
    assert!(store.add_factors("s", "w", same(), NOW, NOW).await.unwrap());
    assert_eq!(store.passkey("s", "p").await.unwrap().unwrap().0, "w");
    assert!(store.rename_factor("r", "u", "p", "Phone").await.unwrap());
    assert!(!store.rename_factor("r", "v", "q", "Phone").await.unwrap());
    assert_eq!(store.passkey("r", "p").await.unwrap().unwrap().1.label, "Phone");
    assert_eq!(store.passkey("s", "p").await.unwrap().unwrap().1.label, "Laptop");
}

pub(crate) async fn of_64_uses_with_one_challenge_one_counts(store: Store) {
    with_passkey(&store, 0).await;
    let of = store.clone();
    let used = at_once(move |_| {
        let store = of.clone();
        // No counter: nothing but the challenge tells one use from the next.
        async move { store.use_passkey("r", using(0, "once"), NOW + 1).await.unwrap() }
    })
    .await;
    assert_eq!(used.iter().filter(|used| **used == PasskeyUsed::Done).count(), 1);
    assert!(used.iter().all(|used| matches!(used, PasskeyUsed::Done | PasskeyUsed::Replayed)), "{used:?}");
    // Nobody heard how the same use ended, and does it again.
    let same = using(0, "again");
    for _ in 0..2 {
        assert_eq!(store.use_passkey("r", same.clone(), NOW + 2).await.unwrap(), PasskeyUsed::Done);
    }
    let found = store.passkey("r", "p").await.unwrap().unwrap().1;
    assert_eq!((found.used_at, found.content.0.as_slice()), (Some(NOW + 2), b"again".as_slice()));
}

pub(crate) async fn a_counter_only_moves_on(store: Store) {
    with_passkey(&store, 5).await;
    let used = async |counter, name: &str| store.use_passkey("r", using(counter, name), NOW + 1).await.unwrap();
    for (counter, name) in [(5, "a"), (4, "b"), (0, "c")] {
        assert_eq!(used(counter, name).await, PasskeyUsed::WentBack { counter: 5 }, "{counter}");
        assert_eq!(used(counter + 9, name).await, PasskeyUsed::Replayed, "its challenge is used up all the same");
    }
    assert_eq!(store.passkey("r", "p").await.unwrap().unwrap().1.used_at, None);
    assert_eq!(used(6, "d").await, PasskeyUsed::Done);
    let again = using(u32::MAX, "e");
    for _ in 0..2 {
        assert_eq!(store.use_passkey("r", again.clone(), NOW + 1).await.unwrap(), PasskeyUsed::Done);
    }
    assert_eq!(used(u32::MAX, "f").await, PasskeyUsed::WentBack { counter: i64::from(u32::MAX) });
    assert!(store.remove_factor("r", "u", "p", NOW).await.unwrap());
    assert_eq!(used(7, "g").await, PasskeyUsed::Gone);

    // What is told of it has a line of its own.
    let actor = Actor { name: "192.0.2.1".into(), way: Way::Pages, reference: "ref".into() };
    store.audited(&actor, Act::PasskeyCopied).note_passkey_copied("r", "u", "p", (5, 4), NOW).await.unwrap();
    let lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 9).await.unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((line.act.as_str(), line.way.as_str(), line.subject.as_str()), ("user.passkey-copied", "pages", "u"));
    assert_eq!(line.before.as_deref(), Some(r#"{"passkey":"p","counter":5}"#));
    assert_eq!(line.after.as_deref(), Some(r#"{"passkey":"p","counter":4}"#));
}

pub(crate) async fn a_user_loses_all_their_passkeys(store: Store) {
    set_up(&store).await;
    let both = [("p", FactorKind::Passkey), ("q", FactorKind::Passkey), ("c", FactorKind::RecoveryCode)];
    let factors = both.map(|(id, kind)| factor(id, kind, 0)).to_vec();
    assert!(store.add_factors("r", "u", factors, NOW, NOW).await.unwrap());
    let hash = [1; 32];
    let (name, expires_at) = ("Firefox".into(), NOW + MINUTE);
    let browser = RememberedBrowser { hash, name, created_at: NOW, used_at: NOW, expires_at };
    store.remember_browser("r", "u", browser).await.unwrap();
    assert_eq!(store.remove_passkeys("r", "nobody", NOW).await.unwrap(), 0);
    let actor = Actor { name: "ada".into(), way: Way::Cli, reference: "ref".into() };
    let audited = store.audited(&actor, Act::PasskeysRemove);
    assert_eq!(audited.remove_passkeys("r", "u", NOW).await.unwrap(), 2);
    assert!(store.factors("r", "u").await.unwrap().is_empty(), "codes alone are no second factor");
    assert!(!store.is_remembered("r", "u", &hash, NOW).await.unwrap());
    assert_eq!(audited.remove_passkeys("r", "u", NOW).await.unwrap(), 0);
    let lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 9).await.unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.act.as_str(), line.before.as_deref())).collect();
    assert_eq!(told, [("user.passkeys-remove", Some(r#"{"passkeys":2}"#))]);
    // With an app beside them the codes stay.
    let app = vec![
        factor("t", FactorKind::Totp, 0),
        factor("p", FactorKind::Passkey, 0),
        factor("d", FactorKind::RecoveryCode, 0),
    ];
    assert!(store.add_factors("r", "u", app, NOW, NOW).await.unwrap());
    assert_eq!(store.remove_passkeys("r", "u", NOW).await.unwrap(), 1);
    let left: Vec<_> = store.factors("r", "u").await.unwrap().into_iter().map(|factor| factor.id).collect();
    assert_eq!(left, ["d", "t"]);
}
