//! A guard that is described wrongly is not built.

use claviger_guard::BuildError;

use super::*;

#[test]
fn an_issuer_is_a_plain_url() {
    for issuer in
        ["", "example.com", "ftp://example.com", "https://a?b", "https://a#b", "https://u:p@a", "https://", "urn:a"]
    {
        let built = Guard::builder(issuer).any_audience().build();
        assert!(matches!(built, Err(BuildError::Issuer)), "{issuer}");
    }
}

#[test]
fn an_api_says_which_audience_it_is() {
    assert!(matches!(Guard::builder("https://a").build(), Err(BuildError::NoAudience)));
    assert!(Guard::builder("https://a").audience("x").build().is_ok());
}

#[test]
fn names_that_no_header_can_have_are_refused() {
    let built = |names: &[&str]| Guard::builder("https://a").any_audience().bearer_headers(names.to_vec()).build();
    assert!(matches!(built(&[]), Err(BuildError::BearerHeader)));
    assert!(matches!(built(&["Author ization"]), Err(BuildError::BearerHeader)));
    assert!(built(&["Authorization", "Authentication"]).is_ok());
}

#[test]
fn a_realm_stands_between_quotes() {
    for realm in ["a\"b", "a\\b", "a\r\nb", "é"] {
        let built = Guard::builder("https://a").any_audience().realm(realm).build();
        assert!(matches!(built, Err(BuildError::Realm)), "{realm}");
    }
}

#[test]
fn following_the_feed_needs_a_runtime() {
    let described = || Guard::builder("https://a").any_audience().credentials("api", "secret");
    assert!(matches!(described().build(), Err(BuildError::NoRuntime)));
    assert!(described().follow_revocations(false).build().is_ok());
}

#[test]
fn nothing_shows_the_secret() {
    let described = Guard::builder("https://a").any_audience().credentials("api", "hush").follow_revocations(false);
    assert!(!format!("{described:?}").contains("hush"));
    assert!(!format!("{:?}", described.build().unwrap()).contains("hush"));
}
