//! What a realm says about itself (OpenID Connect Discovery 1.0, RFC 8414): one document, made once, served as bytes.
//!
//! Every field is true of this realm: a grant, endpoint, method or algorithm that no client of it has or could register is not
//! in the document, and what has no values is left out (OpenID Connect Discovery 4.2, RFC 8414 3.2). A legacy behaviour is
//! named where the dialect permits it; a client still has to be given it.

use crate::client::AuthMethod;
use crate::dialect::{Endpoint, IssuerInAnswer};
use crate::grant_type::GrantType;
use crate::jose::Algorithm;
use crate::realm::Realm;
use crate::response::{ResponseMode, ResponseType};
use authentication::{assertion_algorithms, methods, methods_of_apis};
use backchannel::Backchannel;
use certificates::aliases;
use claims::Claims;
use logout::Logout;
use protection::Protection;
use requests::Requests;
use serde::Serialize;
use std::collections::BTreeMap;

mod authentication;
mod backchannel;
mod certificates;
mod claims;
mod logout;
mod protection;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    mtls_endpoint_aliases: BTreeMap<&'static str, String>,
    subject_types_supported: Vec<&'static str>,
    dpop_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    client_id_metadata_document_supported: bool,
    #[serde(flatten)]
    protection: Protection,
    #[serde(flatten)]
    backchannel: Option<Backchannel>,
    #[serde(flatten)]
    browser: Option<Browser<'a>>,
}

/// What goes through a browser (OpenID Connect Discovery 1.0 3, RFC 9207 3, RFC 7636).
#[derive(Serialize)]
struct Browser<'a> {
    response_modes_supported: [&'static str; 7],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_challenge_methods_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    #[serde(flatten)]
    claims: Claims<'a>,
    prompt_values_supported: [&'static str; 4],
    #[serde(flatten)]
    requests: Requests<'a>,
    #[serde(flatten)]
    logout: Option<Logout>,
    ui_locales_supported: &'a [String],
}

/// RFC 7009.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
struct Revocation {
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
}

/// RFC 7662: only those who can keep a secret may ask.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
struct Introspection {
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// RFC 9701 7.
    introspection_signing_alg_values_supported: Vec<Algorithm>,
}

/// The grants, in the order in which they are listed.
const GRANTS: [GrantType; 9] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::Password,
    GrantType::Implicit,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
    GrantType::Ciba,
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
        registration_endpoint: realm.url(Endpoint::Registration),
        revocation: realm.url(Endpoint::Revocation).map(|revocation_endpoint| Revocation {
            revocation_endpoint,
            revocation_endpoint_auth_methods_supported: authentication(realm, &FOR_PUBLIC),
            revocation_endpoint_auth_signing_alg_values_supported: assertion_algorithms(realm, methods(realm)),
        }),
        introspection: realm.url(Endpoint::Introspection).map(|introspection_endpoint| Introspection {
            introspection_endpoint,
            introspection_endpoint_auth_methods_supported: named(realm, methods_of_apis()).collect(),
            introspection_endpoint_auth_signing_alg_values_supported: assertion_algorithms(realm, methods_of_apis()),
            introspection_signing_alg_values_supported: protection::signing(realm),
        }),
        scopes_supported: realm.scopes.iter().map(|scope| scope.name.as_str()).collect(),
        response_types_supported: response_types(realm),
        grant_types_supported: GRANTS.into_iter().filter(|grant| serves(realm, *grant)).map(GrantType::name).collect(),
        token_endpoint_auth_methods_supported: match realm.url(Endpoint::Token) {
            Some(_) => authentication(realm, &FOR_PUBLIC_AT_TOKEN),
            None => Vec::new(),
        },
        tls_client_certificate_bound_access_tokens: realm.mtls.authority.is_some()
            && realm.dialect.serves(Endpoint::Token),
        mtls_endpoint_aliases: aliases(realm),
        subject_types_supported: if has_users(realm) { vec!["public", "pairwise"] } else { vec!["public"] },
        token_endpoint_auth_signing_alg_values_supported: match realm.url(Endpoint::Token) {
            Some(_) => assertion_algorithms(realm, methods(realm)),
            None => Vec::new(),
        },
        dpop_signing_alg_values_supported: match realm.url(Endpoint::Token) {
            Some(_) => realm.proof_algorithms().iter().map(|algorithm| algorithm.name()).collect(),
            None => Vec::new(),
        },
        device_authorization_endpoint: realm.url(Endpoint::DeviceAuthorization),
        client_id_metadata_document_supported: realm.registration.documents.is_on()
            && serves(realm, GrantType::AuthorizationCode),
        protection: Protection::of(realm),
        backchannel: Backchannel::of(realm),
        browser: realm.dialect.serves(Endpoint::Authorization).then(|| browser(realm, languages)),
    };
    // A struct of texts, numbers and lists is always JSON.
    serde_json::to_vec(&metadata).unwrap_or_default()
}

fn browser<'a>(realm: &'a Realm, languages: &'a [String]) -> Browser<'a> {
    let codes = serves(realm, GrantType::AuthorizationCode);
    Browser {
        response_modes_supported: ResponseMode::NAMES,
        code_challenge_methods_supported: if codes { vec!["S256"] } else { Vec::new() },
        authorization_response_iss_parameter_supported: realm.dialect.authorization.iss == IssuerInAnswer::Sent,
        claims: Claims::of(realm, has_users(realm)),
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        requests: Requests::of(realm),
        logout: Logout::of(realm),
        ui_locales_supported: languages,
    }
}

fn serves(realm: &Realm, grant: GrantType) -> bool {
    realm.serves_grant(grant)
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

/// How a client may authenticate at the token endpoint.
pub fn authentication_methods(realm: &Realm) -> Vec<&'static str> {
    authentication(realm, &FOR_PUBLIC_AT_TOKEN)
}

/// `none` is for public clients: those that use one of these grants. A profile has no such clients.
fn authentication(realm: &Realm, of_public: &[GrantType]) -> Vec<&'static str> {
    let public = realm.profile.is_none() && of_public.iter().any(|grant| serves(realm, *grant));
    named(realm, methods(realm)).chain(public.then_some(AuthMethod::None.name())).collect()
}

/// The names of these methods, and of those with certificates.
fn named(realm: &Realm, methods: Vec<AuthMethod>) -> impl Iterator<Item = &'static str> {
    methods.into_iter().chain(certificates::methods(realm)).map(AuthMethod::name)
}

/// Whether a token can be about a user who may be asked for at userinfo: somebody must be able to have `openid`.
fn has_users(realm: &Realm) -> bool {
    realm.scope("openid").is_some()
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
    use crate::jose::jwe::KeyManagement;
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
            mtls: crate::mutual_tls::MutualTls::default(),
            registration: crate::realm::RegistrationPolicy::default(),
            claims: crate::claim_rule::ClaimPolicy::default(),
            dpop: crate::realm::DpopPolicy::default(),
            profile: None,
            assertion_issuers: vec![],
            user_check: None,
            directory: None,
            sign_in: crate::sign_in::SignInPolicy::default(),
            account: crate::realm::AccountPolicy::default(),
            login_app: None,
            administration: None,
            portal: None,
            identity_providers: Vec::new(),
            guide: crate::realm::GuidePolicy::default(),
            limits: crate::limits::LimitPolicy::default(),
            plans: Vec::new(),
            agents: crate::realm::AgentPolicy::default(),
            ciba: crate::realm::CibaPolicy::default(),
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
        let mut expected = json!({
            "issuer": "https://login.example.com",
            "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token",
            "jwks_uri": "https://login.example.com/jwks",
            "userinfo_endpoint": "https://login.example.com/userinfo",
            "end_session_endpoint": "https://login.example.com/logout",
            "revocation_endpoint": "https://login.example.com/revoke",
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
            "revocation_endpoint_auth_signing_alg_values_supported": ["HS256", "ES256", "RS256", "PS256", "EdDSA"],
            "introspection_endpoint": "https://login.example.com/introspect",
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
            "introspection_endpoint_auth_signing_alg_values_supported": ["HS256", "ES256", "RS256", "PS256", "EdDSA"],
            "introspection_signing_alg_values_supported": signing(),
            "scopes_supported": ["openid"],
            "response_types_supported": ["code"],
            "response_modes_supported": [
                "query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt"
            ],
            "grant_types_supported": [
                "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"
            ],
            "device_authorization_endpoint": "https://login.example.com/device_authorization",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
            "token_endpoint_auth_signing_alg_values_supported": ["HS256", "ES256", "RS256", "PS256", "EdDSA"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "subject_types_supported": ["public", "pairwise"],
            "dpop_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA"],
            "claims_supported": super::claims::OF_TOKENS,
            "claim_types_supported": ["normal"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "acr_values_supported": ["1"],
            "ui_locales_supported": ["en", "de"],
        });
        let rest = json!({
            "display_values_supported": ["page"],
            "claims_parameter_supported": true,
            "request_parameter_supported": true,
            "request_uri_parameter_supported": true,
            "require_request_uri_registration": true,
            "request_object_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA", "HS256", "none"],
            "require_signed_request_object": false,
            "pushed_authorization_request_endpoint": "https://login.example.com/par",
            "require_pushed_authorization_requests": false,
            "frontchannel_logout_supported": true,
            "frontchannel_logout_session_supported": true,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "check_session_iframe": "https://login.example.com/check-session",
        });
        expected.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        for name in ["id_token", "userinfo", "authorization"] {
            expected[format!("{name}_signing_alg_values_supported")] = signing();
            expected[format!("{name}_encryption_alg_values_supported")] = alg();
            expected[format!("{name}_encryption_enc_values_supported")] = enc();
        }
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
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
            "revocation_endpoint_auth_signing_alg_values_supported": ["HS256", "ES256", "RS256", "PS256", "EdDSA"],
            "introspection_endpoint": "https://login.example.com/introspect",
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
            "introspection_endpoint_auth_signing_alg_values_supported": ["HS256", "ES256", "RS256", "PS256", "EdDSA"],
            "introspection_signing_alg_values_supported": signing(),
            "scopes_supported": ["view", "all"],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["HS256", "ES256", "RS256", "PS256", "EdDSA"],
            "dpop_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA"],
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
        for absent in [
            "userinfo_endpoint",
            "id_token_signing_alg_values_supported",
            "userinfo_signing_alg_values_supported",
            "claims_supported",
        ] {
            assert_eq!(found.get(absent), None, "{absent}");
        }
        assert_eq!(found["response_types_supported"], json!(["code"]));
    }

    #[test]
    fn how_request_objects_may_be_encrypted_is_said_where_the_realm_reads_them() {
        let mut realm = realm("https://login.example.com");
        assert_eq!(read(&realm).get("request_object_encryption_enc_values_supported"), None);
        realm.requests.object_encryption = vec![KeyManagement::EcdhEs];
        assert_eq!(read(&realm)["request_object_encryption_alg_values_supported"], json!(["ECDH-ES"]));
        assert_eq!(read(&realm)["request_object_encryption_enc_values_supported"], enc());
    }

    fn signing() -> Value {
        json!(["RS256", "ES256", "PS256", "EdDSA"])
    }

    fn alg() -> Value {
        json!(["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"])
    }

    fn enc() -> Value {
        json!(["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"])
    }

    #[test]
    fn scopes_are_those_of_the_realm() {
        let mut realm = realm("https://login.example.com");
        realm.scopes = ["view", "openid", "all"].map(scope).to_vec();
        assert_eq!(read(&realm)["scopes_supported"], json!(["view", "openid", "all"]));
    }

    #[test]
    fn claims_are_those_that_the_scopes_and_the_rules_bring() {
        let mut realm = realm("https://login.example.com");
        realm.scopes = ["openid", "email", "phone", "groups"].map(scope).to_vec();
        let rules = json!([
            { "name": "groups", "from": "groups", "scope": "groups" },
            { "name": "realm_access.roles", "from": "roles" }, { "name": "inner", "value": 1, "in": ["access-token"] }
        ]);
        realm.claims.rules = serde_json::from_value(rules).unwrap();
        realm.claims.locales = vec!["de".into()];
        let found = read(&realm);
        let mut expected: Vec<&str> = super::claims::OF_TOKENS.to_vec();
        expected.extend(["email", "email_verified", "phone_number", "phone_number_verified", "groups", "realm_access"]);
        assert_eq!(found["claims_supported"], json!(expected));
        assert_eq!(found["claims_locales_supported"], json!(["de"]));
        assert_eq!(found["subject_types_supported"], json!(["public", "pairwise"]));
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
