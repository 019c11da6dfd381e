//! A realm that keeps to FAPI 2.0: what cannot be so is told with its line and what to change.

use super::*;
use claviger_core::profile::Profile;

/// The realm of the page about FAPI 2.0.
fn documented() -> String {
    let page = include_str!("../../../../../docs/fapi2.md");
    let blocks = page.split("```toml\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.filter(|block| block.contains("[[client]]")).collect()
}

fn spoilt(from: &str, to: &str) -> Vec<(String, String, String)> {
    let good = documented();
    assert!(good.contains(from), "{from}");
    complaints(&good.replacen(from, to, 1))
}

#[test]
fn the_documented_realm_is_one() {
    for profile in [Profile::Fapi2, Profile::Fapi2MessageSigning] {
        let text = documented().replace("\"fapi2\"", &format!("\"{}\"", profile.name()));
        let files = parse_one(&text).map_err(|problems| problems.to_string()).unwrap();
        assert_eq!(files[0].realm.profile, Some(profile));
        assert!(files[0].clients[0].client.dpop.dpop_bound_access_tokens);
    }
    assert!(!spoilt("\"fapi2\"", "\"fapi3\"").is_empty());
}

#[test]
fn what_the_profile_does_not_let_be_is_told_with_what_to_change() {
    let method = "token-endpoint-auth-method = \"private_key_jwt\"";
    let realm = "authorities = [\"login.bank.example\"]";
    for (from, to, line, why) in [
        (method, "secret = \"a secret\"", "", "private_key_jwt or by their certificate"),
        (method, "token-endpoint-auth-method = \"client_secret_basic\"", "", "private_key_jwt or by their certificate"),
        (method, "kind = \"public\"", "kind = \"public\"", "no public clients"),
        ("https://fintech.example/callback", "http://127.0.0.1/callback", "", "https:// and exact"),
        ("https://fintech.example/callback", "com.fintech.app:/callback", "", "https:// and exact"),
        (method, &format!("{method}\ntoken-endpoint-auth-signing-alg = \"RS256\""), "", "assertions are signed with"),
        (method, &format!("{method}\nid-token-signing = \"RS256\""), "id-token-signing", ""),
        (method, &format!("{method}\nrequest-object-signing-alg = \"none\""), "", "request objects are signed with"),
        (method, &format!("{method}\nrequest-object-signing-alg = \"RS256\""), "", "request objects are signed with"),
        (method, &format!("{method}\nlegacy = [\"no-pkce\"]"), "legacy", "legacy behaviours"),
        (realm, &format!("{realm}\n[tokens]\ncode-ttl = \"61s\""), "code-ttl", "60 seconds at most"),
        (realm, &format!("{realm}\n[tokens]\nsigning = \"RS256\""), "signing", "PS256, ES256 or EdDSA"),
        (realm, &format!("{realm}\n[requests]\npushed-ttl = \"600s\""), "pushed-ttl", "less than 600 seconds"),
        ("dialect = \"standard\"", "dialect = \"seats\"", "dialect", "the dialect weakens"),
    ] {
        let found = spoilt(from, to);
        let told = found.iter().find(|(marked, message, _)| marked.contains(line) && message.contains(why));
        let (_, _, help) = told.unwrap_or_else(|| panic!("{to}: {found:?}"));
        assert!(!help.is_empty(), "{to}: {found:?}");
    }
}

#[test]
fn an_api_may_introspect_with_a_secret() {
    let api = "\n[[client]]\nid = \"accounts\"\nname = \"Accounts\"\nsecret = \"s3cret\"\nresource-server = \"https://api.bank.example\"\n";
    let files = parse_one(&(documented() + api)).map_err(|problems| problems.to_string()).unwrap();
    assert_eq!(files[0].clients.len(), 2);
}

#[test]
fn what_a_realm_says_of_proofs_is_read_and_written_again() {
    let text = documented() + "dpop-nonces = \"required\"\n[dpop]\nnonces = \"required\"\n";
    let files = parse_one(&text).map_err(|problems| problems.to_string()).unwrap();
    let (file, nonces) = (&files[0], claviger_core::dpop::Nonces::Required);
    assert_eq!((file.realm.dpop.nonces, file.clients[0].client.dpop.nonces), (nonces, nonces));
    let clients = file.clients.iter().map(|client| client.client.clone()).collect();
    let written = written::Written { realm: file.realm.clone(), organisations: vec![], users: vec![], clients };
    let again = written::text(&written).unwrap();
    let again = parse_one(&again).map_err(|problems| format!("{problems}\n{again}")).unwrap();
    assert_eq!((&again[0].realm, &again[0].clients[0].client), (&file.realm, &file.clients[0].client));
}
