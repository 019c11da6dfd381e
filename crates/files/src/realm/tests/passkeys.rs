use super::*;
use claviger_core::sign_in::FactorKind;

/// What is wrong with the good file at this issuer, with these second factors.
fn at(issuer: &str, kinds: &str) -> Vec<(String, String, String)> {
    let text = GOOD.replacen("https://login.example\"\nauth", &format!("{issuer}\"\nauth"), 1);
    let section = format!("\n[sign-in]\nsecond-factor = \"optional\"\n{kinds}\n[[api]]");
    complaints(&text.replacen("\n[[api]]", &section, 1))
}

#[test]
fn passkeys_are_for_hosts_with_a_name() {
    const KINDS: &str = "second-factor-kinds = [\"totp\", \"passkey\"]";
    assert!(at("https://login.example", KINDS).is_empty());
    assert!(at("https://login.example", "second-factor-kinds = [\"passkey\"]").is_empty());
    one(&at("https://192.0.2.7", KINDS), "second-factor-kinds", "there are no passkeys", "http://localhost");
    assert!(at("https://192.0.2.7", "").is_empty(), "without them any address does");
}

#[test]
fn passkeys_are_there_where_the_realm_says_so() {
    let file = parse_one(GOOD).unwrap().remove(0);
    assert_eq!(file.realm.sign_in.second_factor_kinds, [FactorKind::Totp, FactorKind::RecoveryCode]);
    assert!(!file.realm.sign_in.has_passkeys());
    let found = at("https://login.example", "second-factor-kinds = [\"recovery-code\"]");
    one(&found, "second-factor-kinds", "recovery codes go with something", "totp");
}
