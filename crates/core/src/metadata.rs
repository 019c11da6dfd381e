//! What a realm says about itself (OpenID Connect Discovery 1.0, RFC 8414): one document, made once, served as bytes.
//!
//! Every field is true of this realm: a grant, endpoint, method or algorithm that no client of it has or could register is not
//! in the document, and what has no values is left out (OpenID Connect Discovery 4.2, RFC 8414 3.2). A legacy behaviour is
//! named where the dialect permits it; a client still has to be given it.

use crate::dialect::{Endpoint, IssuerInAnswer};
use crate::grant_type::GrantType;
use crate::jose::Algorithm;
use crate::realm::Realm;
use crate::response::{ResponseMode, ResponseType};
use requests::Requests;
use serde::Serialize;

mod requests;

/// RFC 8414 2, OpenID Connect Discovery 1.0 3; in the order in which people look for them.
#[derive(Serialize)]
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    response_types_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    subject_types_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    id_token_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_authorization_endpoint: Option<String>,
    #[serde(flatten)]
    browser: Option<Browser<'a>>,
}

/// What goes through a browser (OpenID Connect Discovery 1.0 3, RFC 9207 3, RFC 7636).
#[derive(Serialize)]
struct Browser<'a> {
    response_modes_supported: [&'static str; 7],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_challenge_methods_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    claims_supported: &'static [&'static str],
    claim_types_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    #[serde(flatten)]
    requests: Requests<'a>,
    ui_locales_supported: &'a [String],
}

/// RFC 7009.
#[derive(Serialize)]
struct Revocation {
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
}

/// RFC 7662: only those who can keep a secret may ask.
#[derive(Serialize)]
struct Introspection {
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// RFC 9701 7.
    introspection_signing_alg_values_supported: Vec<&'static str>,
}

const CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "c_hash",
    "azp",
    "acr",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "email",
    "email_verified",
];

/// The grants, in the order in which they are listed.
const GRANTS: [GrantType; 8] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::Password,
    GrantType::Implicit,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
];

/// The realm's metadata as JSON; the same for both well-known forms. `languages`: those of its pages.
pub fn discovery(realm: &Realm, languages: &[String]) -> Vec<u8> {
    let metadata = Metadata {
        issuer: &realm.issuer,
        authorization_endpoint: realm.url(Endpoint::Authorization),
        token_endpoint: realm.url(Endpoint::Token),
        jwks_uri: realm.url(Endpoint::Jwks),
        userinfo_endpoint: realm.url(Endpoint::Userinfo).filter(|_| has_users(realm)),
        end_session_endpoint: realm.url(Endpoint::EndSession),
        revocation: realm.url(Endpoint::Revocation).map(|revocation_endpoint| Revocation {
            revocation_endpoint,
            revocation_endpoint_auth_methods_supported: authentication(realm, &FOR_PUBLIC),
        }),
        introspection: realm.url(Endpoint::Introspection).map(|introspection_endpoint| Introspection {
            introspection_endpoint,
            introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
            introspection_signing_alg_values_supported: signing_algorithms(realm),
        }),
        scopes_supported: realm.scopes.iter().map(|scope| scope.name.as_str()).collect(),
        response_types_supported: response_types(realm),
        grant_types_supported: GRANTS.into_iter().filter(|grant| serves(realm, *grant)).map(GrantType::name).collect(),
        token_endpoint_auth_methods_supported: match realm.url(Endpoint::Token) {
            Some(_) => authentication(realm, &FOR_PUBLIC_AT_TOKEN),
            None => Vec::new(),
        },
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: id_token_algorithms(realm),
        device_authorization_endpoint: realm.url(Endpoint::DeviceAuthorization),
        browser: realm.dialect.serves(Endpoint::Authorization).then(|| browser(realm, languages)),
    };
    // A struct of texts, numbers and lists is always JSON.
    serde_json::to_vec(&metadata).unwrap_or_default()
}

fn browser<'a>(realm: &'a Realm, languages: &'a [String]) -> Browser<'a> {
    let codes = serves(realm, GrantType::AuthorizationCode);
    Browser {
        response_modes_supported: ResponseMode::NAMES,
        authorization_signing_alg_values_supported: signing_algorithms(realm),
        code_challenge_methods_supported: if codes { vec!["S256"] } else { Vec::new() },
        authorization_response_iss_parameter_supported: realm.dialect.authorization.iss == IssuerInAnswer::Sent,
        claims_supported: if has_users(realm) { CLAIMS } else { &[] },
        claim_types_supported: ["normal"],
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        requests: Requests::of(realm),
        ui_locales_supported: languages,
    }
}

fn serves(realm: &Realm, grant: GrantType) -> bool {
    realm.dialect.serves_grant(grant)
}

/// The response types that the realm's authorization endpoint serves.
pub fn response_types(realm: &Realm) -> Vec<&'static str> {
    let (codes, tokens) = (serves(realm, GrantType::AuthorizationCode), serves(realm, GrantType::Implicit));
    let served = |asked: &ResponseType| {
        (codes || !asked.code) && (tokens || !asked.has_token()) && (has_users(realm) || !asked.id_token)
    };
    ResponseType::ALL.into_iter().filter(served).map(ResponseType::name).collect()
}

/// The grants of public clients, who have neither a secret nor, therefore, client credentials.
const FOR_PUBLIC: [GrantType; 4] =
    [GrantType::AuthorizationCode, GrantType::Password, GrantType::DeviceCode, GrantType::Implicit];
/// Those of them that go to the token endpoint.
const FOR_PUBLIC_AT_TOKEN: [GrantType; 3] = [GrantType::AuthorizationCode, GrantType::Password, GrantType::DeviceCode];

/// `none` is for public clients: those that use one of these grants.
fn authentication(realm: &Realm, of_public: &[GrantType]) -> Vec<&'static str> {
    let public = of_public.iter().any(|grant| serves(realm, *grant));
    let methods = ["client_secret_basic", "client_secret_post"].into_iter();
    methods.chain(public.then_some("none")).collect()
}

/// Whether a token can be about a user who may be asked for at userinfo: somebody must be able to have `openid`.
fn has_users(realm: &Realm) -> bool {
    realm.scope("openid").is_some()
}

/// Where somebody can have ID tokens, what signs them.
fn id_token_algorithms(realm: &Realm) -> Vec<&'static str> {
    let by_people = [GrantType::AuthorizationCode, GrantType::Implicit, GrantType::DeviceCode];
    let somebody = by_people.into_iter().any(|grant| serves(realm, grant));
    if somebody && has_users(realm) { signing_algorithms(realm) } else { Vec::new() }
}

/// RS256 first, the default of ID tokens and of signed answers (OpenID Connect Registration 2, JARM 3); the others are for
/// clients that register them.
fn signing_algorithms(realm: &Realm) -> Vec<&'static str> {
    let others = realm.signing_algorithms().into_iter().filter(|algorithm| *algorithm != Algorithm::Rs256);
    std::iter::once(Algorithm::Rs256).chain(others).map(Algorithm::name).collect()
}

/// The grant types that the realm's token endpoint serves.
pub fn token_grants(realm: &Realm) -> Vec<&'static str> {
    let at_token = GRANTS.into_iter().filter(|grant| *grant != GrantType::Implicit);
    at_token.filter(|grant| serves(realm, *grant)).map(GrantType::name).collect()
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

#[cfg(test)]
mod tests {
    use super::{discovery, well_known_paths};
    use crate::dialect::{Dialect, Endpoint, Legacy, Place};
    use crate::grant_type::GrantType;
    use crate::jose::Algorithm;
    use crate::realm::{Host, Realm, RequestPolicy, Scope, SessionPolicy, TokenPolicy};
    use serde_json::{Value, json};

    fn realm(issuer: &str) -> Realm {
        Realm {
            id: "r".into(),
            name: "R".into(),
            issuer: issuer.into(),
            authorities: vec!["login.example.com".into()],
            hosts: std::collections::BTreeMap::new(),
            languages: vec![],
            brand: crate::brand::Brand::default(),
            dialect: Dialect::default(),
            apis: vec![],
            scopes: vec![scope("openid")],
            seat_pools: vec![],
            tokens: TokenPolicy::default(),
            sessions: SessionPolicy::default(),
            requests: RequestPolicy::default(),
        }
    }

    fn scope(name: &str) -> Scope {
        Scope { name: name.into(), sentence: String::new(), sensitive: false, api: None, implicit: true, seat: None }
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
            "introspection_signing_alg_values_supported": ["RS256", "ES256"],
            "scopes_supported": ["openid"],
            "response_types_supported": ["code"],
            "response_modes_supported": [
                "query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt"
            ],
            "authorization_signing_alg_values_supported": ["RS256", "ES256"],
            "grant_types_supported": [
                "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"
            ],
            "device_authorization_endpoint": "https://login.example.com/device_authorization",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "claims_supported": super::CLAIMS,
            "claim_types_supported": ["normal"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "acr_values_supported": ["1"],
            "display_values_supported": ["page"],
            "claims_parameter_supported": true,
            "request_parameter_supported": true,
            "request_uri_parameter_supported": true,
            "require_request_uri_registration": true,
            "request_object_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA", "none"],
            "require_signed_request_object": false,
            "pushed_authorization_request_endpoint": "https://login.example.com/par",
            "require_pushed_authorization_requests": false,
            "ui_locales_supported": ["en", "de"],
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn legacy_grants_are_named_where_the_dialect_permits_them() {
        let mut realm = realm("https://login.example.com");
        realm.dialect.permits = [Legacy::Implicit, Legacy::Password].into();
        let found = read(&realm);
        let types =
            ["code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];
        assert_eq!(found["response_types_supported"], json!(types));
        realm.dialect.token.grants.remove(&GrantType::DeviceCode);
        let found_without = read(&realm);
        assert_eq!(found_without.get("device_authorization_endpoint"), None);
        let grants = json!(["authorization_code", "refresh_token", "client_credentials", "password", "implicit"]);
        assert_eq!(found_without["grant_types_supported"], grants);
    }

    #[test]
    fn endpoints_are_where_the_dialect_puts_them() {
        let mut realm = realm("https://login.example.com/identity");
        realm.hosts.insert(
            "api".into(),
            Host { origin: "https://api.example.com".into(), authorities: vec!["api.example.com".into()] },
        );
        let at = &mut realm.dialect.endpoints.at;
        at.insert(Endpoint::Token, Place { host: Some("api".into()), ..Place::at("/OAuth2/token") });
        at.insert(Endpoint::Introspection, Place { served: false, ..Place::default() });
        let found = read(&realm);
        assert_eq!(found["token_endpoint"], "https://api.example.com/identity/OAuth2/token");
        assert_eq!(found["jwks_uri"], "https://login.example.com/identity/jwks");
        assert_eq!(found.get("introspection_endpoint"), None);
        assert_eq!(found.get("introspection_endpoint_auth_methods_supported"), None);
        assert_eq!(found.get("introspection_signing_alg_values_supported"), None);
    }

    #[test]
    fn a_realm_for_programs_alone_names_nothing_that_goes_through_a_browser() {
        let mut realm = realm("https://login.example.com");
        realm.dialect.token.grants = [GrantType::ClientCredentials].into();
        realm.scopes = vec![scope("view"), scope("all")];
        let expected = json!({
            "issuer": "https://login.example.com",
            "token_endpoint": "https://login.example.com/token",
            "jwks_uri": "https://login.example.com/jwks",
            "revocation_endpoint": "https://login.example.com/revoke",
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "introspection_endpoint": "https://login.example.com/introspect",
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "introspection_signing_alg_values_supported": ["RS256", "ES256"],
            "scopes_supported": ["view", "all"],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "subject_types_supported": ["public"],
        });
        assert_eq!(read(&realm), expected);
    }

    #[test]
    fn a_realm_of_the_implicit_grant_alone_has_no_token_endpoint() {
        let mut realm = realm("https://login.example.com");
        realm.dialect.token.grants = [GrantType::RefreshToken].into();
        realm.dialect.permits = [Legacy::Implicit].into();
        let found = read(&realm);
        assert_eq!(found["grant_types_supported"], json!(["implicit"]), "nothing comes with a refresh token");
        assert_eq!(found["response_types_supported"], json!(["token", "id_token", "id_token token"]));
        for absent in ["token_endpoint", "token_endpoint_auth_methods_supported", "code_challenge_methods_supported"] {
            assert_eq!(found.get(absent), None, "{absent}");
        }
        assert!(found["revocation_endpoint_auth_methods_supported"].as_array().unwrap().contains(&"none".into()));
    }

    #[test]
    fn a_realm_without_openid_names_neither_userinfo_nor_id_tokens() {
        let mut realm = realm("https://login.example.com");
        realm.scopes = vec![scope("view")];
        let found = read(&realm);
        for absent in ["userinfo_endpoint", "id_token_signing_alg_values_supported", "claims_supported"] {
            assert_eq!(found.get(absent), None, "{absent}");
        }
        assert_eq!(found["response_types_supported"], json!(["code"]));
    }

    #[test]
    fn id_tokens_are_signed_with_what_the_realm_has_keys_for_the_default_first() {
        let mut realm = realm("https://login.example.com");
        realm.tokens.signing = Algorithm::EdDsa;
        assert_eq!(read(&realm)["id_token_signing_alg_values_supported"], json!(["RS256", "ES256", "EdDSA"]));
    }

    #[test]
    fn scopes_are_those_of_the_realm() {
        let mut realm = realm("https://login.example.com");
        realm.scopes = ["view", "openid", "all"].map(scope).to_vec();
        assert_eq!(read(&realm)["scopes_supported"], json!(["view", "openid", "all"]));
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
