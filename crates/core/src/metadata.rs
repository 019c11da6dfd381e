//! What a realm says about itself (OpenID Connect Discovery 1.0, RFC 8414): one document, made once, served as bytes.
//!
//! Every field is true of this realm: what its dialect does not serve is not in the document, and a legacy behaviour is
//! named only where the dialect permits it. (A client still has to be given it.)

use crate::dialect::{Endpoint, Legacy};
use crate::jose::Algorithm;
use crate::realm::Realm;
use serde::Serialize;

/// RFC 8414 2, OpenID Connect Discovery 1.0 3, RFC 9207 3, OpenID Connect RP-Initiated Logout 1.0 2.1; in the order in
/// which people look for them.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the standards' fields")]
struct Metadata<'a> {
    issuer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    userinfo_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_session_endpoint: Option<String>,
    #[serde(flatten)]
    revocation: Option<Revocation>,
    #[serde(flatten)]
    introspection: Option<Introspection>,
    scopes_supported: Vec<&'a str>,
    response_types_supported: Vec<&'static str>,
    response_modes_supported: [&'static str; 3],
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    claims_supported: &'static [&'static str],
    claim_types_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    ui_locales_supported: &'a [String],
}

/// RFC 7009.
#[derive(Serialize)]
struct Revocation {
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
}

/// RFC 7662: only those who can keep a secret may ask.
#[derive(Serialize)]
struct Introspection {
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
}

const AUTHENTICATION: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

const CLAIMS: &[&str] =
    &["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "azp", "name", "preferred_username", "email"];

/// The realm's metadata as JSON; the same for both well-known forms. `languages`: those of its pages.
pub fn discovery(realm: &Realm, languages: &[String]) -> Vec<u8> {
    let permits = |legacy| realm.dialect.permits.contains(&legacy);
    let mut grants = vec!["authorization_code", "refresh_token", "client_credentials"];
    let mut responses = vec!["code"];
    if permits(Legacy::Password) {
        grants.push("password");
    }
    if permits(Legacy::Implicit) {
        grants.push("implicit");
        responses.push("token");
    }
    let metadata = Metadata {
        issuer: &realm.issuer,
        authorization_endpoint: realm.url(Endpoint::Authorization),
        token_endpoint: realm.url(Endpoint::Token),
        jwks_uri: realm.url(Endpoint::Jwks),
        userinfo_endpoint: realm.url(Endpoint::Userinfo),
        end_session_endpoint: realm.url(Endpoint::EndSession),
        revocation: realm.url(Endpoint::Revocation).map(|revocation_endpoint| Revocation {
            revocation_endpoint,
            revocation_endpoint_auth_methods_supported: AUTHENTICATION,
        }),
        introspection: realm.url(Endpoint::Introspection).map(|introspection_endpoint| Introspection {
            introspection_endpoint,
            introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        }),
        scopes_supported: scopes(realm),
        response_types_supported: responses,
        response_modes_supported: ["query", "fragment", "form_post"],
        grant_types_supported: grants,
        token_endpoint_auth_methods_supported: AUTHENTICATION,
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: id_token_algorithms(realm),
        claims_supported: CLAIMS,
        claim_types_supported: ["normal"],
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        ui_locales_supported: languages,
    };
    // A struct of texts, numbers and lists is always JSON.
    serde_json::to_vec(&metadata).unwrap_or_default()
}

/// The paths, at the issuer's own authority, at which the document is served. OpenID Connect Discovery 4 appends the
/// well-known part to the issuer; RFC 8414 3.1 puts it between host and path, for its own name and (5) for OpenID's. The
/// fourth combination is what some libraries ask for.
pub fn well_known_paths(realm: &Realm) -> Vec<String> {
    const NAMES: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    let base = realm.base_path();
    let mut paths: Vec<String> = NAMES.iter().map(|name| format!("{base}{name}")).collect();
    if !base.is_empty() {
        paths.extend(NAMES.iter().map(|name| format!("{name}{base}")));
    }
    paths
}

fn scopes(realm: &Realm) -> Vec<&str> {
    let named = realm.scopes.iter().map(|scope| scope.name.as_str());
    std::iter::once("openid").chain(named.filter(|name| *name != "openid")).collect()
}

/// The realm's algorithm, and RS256, which every OpenID provider must have (OpenID Connect Discovery 1.0 3).
fn id_token_algorithms(realm: &Realm) -> Vec<&'static str> {
    let mut algorithms = vec![realm.tokens.signing.name()];
    if realm.tokens.signing != Algorithm::Rs256 {
        algorithms.push(Algorithm::Rs256.name());
    }
    algorithms
}

#[cfg(test)]
mod tests {
    use super::{discovery, well_known_paths};
    use crate::dialect::{Dialect, Endpoint, Legacy, Place};
    use crate::realm::{Host, Realm, Scope, SessionPolicy, TokenPolicy};
    use serde_json::{Value, json};

    fn realm(issuer: &str) -> Realm {
        Realm {
            id: "r".into(),
            name: "R".into(),
            issuer: issuer.into(),
            authorities: vec!["login.example.com".into()],
            hosts: std::collections::BTreeMap::new(),
            languages: vec![],
            dialect: Dialect::default(),
            apis: vec![],
            scopes: vec![],
            seat_pools: vec![],
            tokens: TokenPolicy::default(),
            sessions: SessionPolicy::default(),
        }
    }

    fn read(realm: &Realm) -> Value {
        serde_json::from_slice(&discovery(realm, &["en".to_owned(), "de".to_owned()])).unwrap()
    }

    #[test]
    fn the_strict_realm_says_what_it_does_and_no_more() {
        let found = read(&realm("https://login.example.com"));
        let expected = json!({
            "issuer": "https://login.example.com",
            "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token",
            "jwks_uri": "https://login.example.com/jwks",
            "userinfo_endpoint": "https://login.example.com/userinfo",
            "end_session_endpoint": "https://login.example.com/logout",
            "revocation_endpoint": "https://login.example.com/revoke",
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "introspection_endpoint": "https://login.example.com/introspect",
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": ["openid"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "claims_supported": super::CLAIMS,
            "claim_types_supported": ["normal"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "ui_locales_supported": ["en", "de"],
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn legacy_grants_are_named_where_the_dialect_permits_them() {
        let mut realm = realm("https://login.example.com");
        realm.dialect.permits = [Legacy::Implicit, Legacy::Password].into();
        let found = read(&realm);
        assert_eq!(found["response_types_supported"], json!(["code", "token"]));
        let grants = json!(["authorization_code", "refresh_token", "client_credentials", "password", "implicit"]);
        assert_eq!(found["grant_types_supported"], grants);
    }

    #[test]
    fn endpoints_are_where_the_dialect_puts_them() {
        let mut realm = realm("https://login.example.com/identity");
        realm.hosts.insert(
            "api".into(),
            Host { origin: "https://api.example.com".into(), authorities: vec!["api.example.com".into()] },
        );
        let at = &mut realm.dialect.endpoints.at;
        at.insert(Endpoint::Token, Place { paths: vec!["/OAuth2/token".into()], host: Some("api".into()) });
        at.insert(Endpoint::Introspection, Place::default());
        let found = read(&realm);
        assert_eq!(found["token_endpoint"], "https://api.example.com/identity/OAuth2/token");
        assert_eq!(found["jwks_uri"], "https://login.example.com/identity/jwks");
        assert_eq!(found.get("introspection_endpoint"), None);
        assert_eq!(found.get("introspection_endpoint_auth_methods_supported"), None);
    }

    #[test]
    fn scopes_are_listed_once() {
        let mut realm = realm("https://login.example.com");
        for name in ["view", "openid", "all"] {
            realm.scopes.push(Scope {
                name: name.into(),
                sentence: String::new(),
                api: None,
                implicit: true,
                seat: None,
            });
        }
        assert_eq!(read(&realm)["scopes_supported"], json!(["openid", "view", "all"]));
    }

    #[test]
    fn both_well_known_forms_are_answered() {
        let root = well_known_paths(&realm("https://login.example.com"));
        assert_eq!(root, ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]);
        let below = well_known_paths(&realm("https://login.example.com/identity"));
        let expected = [
            "/identity/.well-known/openid-configuration",
            "/identity/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration/identity",
            "/.well-known/oauth-authorization-server/identity",
        ];
        assert_eq!(below, expected);
    }
}
