use super::*;
use crate::client::{Client, Requests};
use crate::realm::{Administration, Realm};
use crate::user::User;
use serde_json::json;

fn parts(policy: SignInPolicy) -> (Realm, Client, User) {
    let realm = json!({
        "id": "r", "name": "R", "issuer": "https://r.example", "authorities": [], "dialect": crate::Dialect::default()
    });
    let realm = Realm { sign_in: policy, ..serde_json::from_value(realm).unwrap() };
    let client = json!({ "id": "c", "name": "C", "kind": "public", "grants": [] });
    let user = json!({ "id": "u", "username": "u", "organisations": ["acme"] });
    (realm, serde_json::from_value(client).unwrap(), serde_json::from_value(user).unwrap())
}

#[test]
fn the_strictest_word_counts() {
    let policy = SignInPolicy { second_factor: Demand::Optional, ..SignInPolicy::default() };
    let (realm, client, user) = parts(policy.clone());
    let lax = Demanded { is_required: false, kinds: policy.second_factor_kinds.clone() };
    assert_eq!(realm.demanded(Some(&client), &user), lax);
    let administrator = User { administrator: true, ..user.clone() };
    assert!(realm.demanded(None, &administrator).is_required);
    let admin_realm = Realm { administration: Some(Administration::default()), ..realm.clone() };
    assert!(admin_realm.demanded(None, &user).is_required, "a role may be theirs");
    let of_client = Client {
        requests: Requests {
            second_factor: Demand::Required,
            second_factor_kinds: vec![FactorKind::Totp],
            ..Requests::default()
        },
        ..client.clone()
    };
    assert_eq!(realm.demanded(Some(&of_client), &user), Demanded { is_required: true, kinds: vec![FactorKind::Totp] });
    assert_eq!(realm.demanded(None, &user), lax);
    let of_acme =
        OrganisationSignIn { id: "acme".into(), second_factor: Demand::Required, second_factor_kinds: Vec::new() };
    let (strict, ..) = parts(SignInPolicy { organisations: vec![of_acme], ..policy.clone() });
    assert!(strict.demanded(Some(&client), &user).is_required);
    assert!(!strict.demanded(Some(&client), &User { organisations: Vec::new(), ..user.clone() }).is_required);
    let (off, ..) = parts(SignInPolicy { second_factor: Demand::None, ..policy });
    assert!(!off.demanded(Some(&of_client), &administrator).is_required, "there is none that they could have");
}

#[test]
fn tokens_say_what_was_proved_in_the_words_that_were_asked_for() {
    let (realm, ..) = parts(SignInPolicy { second_factor: Demand::Optional, ..SignInPolicy::default() });
    let asked = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let proof = |acr: &str, amr: &[&str]| Proof { acr: Some(acr.to_owned()), amr: asked(amr) };
    let password = How::default();
    assert_eq!(password.proof(&realm, &[]), proof("1", &["pwd"]));
    assert_eq!(password.proof(&realm, &asked(&["2", "other"])), proof("1", &["pwd"]), "never more than is true");
    let both = password.clone().with(Proved::Totp, 5).with(Proved::RecoveryCode, 7);
    assert_eq!(both.proof(&realm, &asked(&["other"])), proof("2", &["pwd", "otp", "mfa"]));
    assert_eq!(both.proof(&realm, &asked(&["1", "2"])).acr.as_deref(), Some("2"));
    assert_eq!(both.proof(&realm, &asked(&["1"])).acr.as_deref(), Some("1"), "a word that was asked for, and true");
    assert_eq!(both.proved_at, Some(7));
    let provider = How { password: false, provider: Some("p".into()), ..How::default() };
    assert_eq!(provider.proof(&realm, &[]), proof("1", &[]), "there is no word for it");
    let both = provider.clone().with(Proved::Totp, 5);
    assert_eq!(both.proof(&realm, &[]), proof("2", &["otp", "mfa"]));
    assert!(both.meets(&realm, &[FactorKind::Totp]) && !provider.meets(&realm, &[FactorKind::Totp]));
    let trusted = How { amr: asked(&["face", "mfa"]), ..provider };
    assert_eq!(trusted.proof(&realm, &[]), proof("2", &["face", "mfa"]));
    assert!(trusted.meets(&realm, &[FactorKind::Totp]));
    assert_eq!(trusted.with(Proved::Totp, 5).amr(), ["face", "mfa", "otp"]);
    let remembered = How { remembered: true, ..How::default() };
    assert_eq!(remembered.proof(&realm, &[]), proof("1", &["pwd"]), "nothing was proved");
    assert!(remembered.meets(&realm, &[FactorKind::Totp]) && !password.meets(&realm, &[FactorKind::Totp]));
    let used = |verified, synced| Proved::Passkey(PasskeyUse { verified, synced });
    let alone = How { password: false, ..How::default() }.with(used(true, true), 5);
    assert_eq!(alone.proof(&realm, &[]), proof("2", &["swk", "pop", "user", "mfa"]), "two factors by itself");
    assert!(alone.meets(&realm, &[FactorKind::Passkey]) && !alone.meets(&realm, &[FactorKind::Totp]));
    let beside = password.clone().with(used(false, false), 5);
    assert_eq!(beside.proof(&realm, &[]), proof("2", &["pwd", "hwk", "pop", "user", "mfa"]));
    let unverified = How { password: false, ..How::default() }.with(used(false, false), 5);
    assert_eq!(unverified.proof(&realm, &[]), proof("1", &["hwk", "pop", "user"]), "whoever holds it");
    let told = How { acr: Some("urn:x".into()), amr: asked(&["face"]), ..How::default() };
    assert_eq!(told.proof(&realm, &asked(&["1"])), proof("urn:x", &["face"]));
}

#[test]
fn what_was_kept_before_is_read() {
    assert_eq!(serde_json::from_str::<How>("{}").unwrap(), How::default());
    let how = How::default().with(Proved::Totp, 9);
    let text = serde_json::to_string(&how).unwrap();
    assert_eq!(text, r#"{"password":true,"proved":["totp"],"proved_at":9}"#);
    assert_eq!(serde_json::from_str::<How>(&text).unwrap(), how);
    let how = How::default().with(Proved::Passkey(PasskeyUse { verified: true, synced: false }), 9);
    let text = serde_json::to_string(&how).unwrap();
    assert!(text.contains(r#""proved":[{"passkey":{"verified":true,"synced":false}}]"#), "{text}");
    assert_eq!(serde_json::from_str::<How>(&text).unwrap(), how);
    for kind in FactorKind::ALL {
        assert_eq!(FactorKind::named(kind.name()), Some(kind));
    }
}
