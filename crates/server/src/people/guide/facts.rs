//! What a guide says: everything that an integrator has to know, read off the realm.

use super::grants::{Flow, flows};
use claviger_core::Realm;
use claviger_core::dialect::{
    AskForConsent, Dialect, Endpoint, ErrorVocabulary, FailureStatus, IssuerInAnswer, Legacy, OrganisationChoice,
    PathCase, Pkce, ScopeInAnswer, WithoutClient,
};
use claviger_core::grant_type::GrantType;
use claviger_core::metadata;
use claviger_core::realm::{AccessTokenFormat, SeatCount};
use serde::Serialize;

/// The whole guide.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about the realm, for the template")]
#[derive(Debug, Serialize)]
pub(super) struct Guide<'r> {
    pub(super) name: &'r str,
    pub(super) issuer: &'r str,
    pub(super) base: &'r str,
    /// The app's own id, or a word in its place.
    pub(super) client_id: String,
    pub(super) discovery: String,
    pub(super) jwks: Option<String>,
    pub(super) endpoints: Vec<Place>,
    pub(super) token: Option<String>,
    pub(super) authorization: Option<Browser<'r>>,
    pub(super) revocation: Option<String>,
    pub(super) introspection: Option<String>,
    pub(super) logoff: Option<String>,
    pub(super) any_case: bool,
    pub(super) plain_http: bool,
    pub(super) proofs: Vec<&'static str>,
    pub(super) raw_basic: bool,
    pub(super) json_body: bool,
    pub(super) flows: Vec<Flow>,
    pub(super) grants: Vec<&'static str>,
    pub(super) answer: Answer,
    pub(super) refresh: Option<Refresh>,
    pub(super) scopes: Vec<ScopeFact<'r>>,
    pub(super) default_scope: Option<&'r str>,
    pub(super) apis: Vec<ApiFact<'r>>,
    pub(super) audience_required: bool,
    pub(super) organisation: &'static str,
    pub(super) seats: Vec<Seats<'r>>,
    pub(super) errors: Vec<ErrorFact>,
    pub(super) api: Bearer<'r>,
    pub(super) ignored: Vec<String>,
}

/// An endpoint.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    pub(super) what: &'static str,
    pub(super) url: String,
}

/// What goes through a browser.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about the realm, for the template")]
#[derive(Debug, Serialize)]
pub(super) struct Browser<'r> {
    pub(super) url: String,
    pub(super) response_types: Vec<&'static str>,
    /// The response type may be left out, and is this then.
    pub(super) default_response_type: Option<&'static str>,
    pub(super) redirect_uri_required: bool,
    pub(super) sign_in_without_client: bool,
    pub(super) bad_request_title: Option<&'r str>,
    pub(super) wildcard: bool,
    /// `required`, `optional`, or `unless-nonce`.
    pub(super) pkce: &'static str,
    pub(super) iss: bool,
    pub(super) asked_each_time: bool,
    pub(super) implicit: bool,
    pub(super) implicit_token_type: &'static str,
    pub(super) code_seconds: i64,
}

/// What a token answer holds.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) token_type: &'static str,
    pub(super) expires_in: i64,
    pub(super) scope: &'static str,
    pub(super) refresh_token: bool,
    pub(super) id_token: bool,
}

/// How refresh tokens live.
#[derive(Debug, Serialize)]
pub(super) struct Refresh {
    pub(super) turnover: &'static str,
    pub(super) reusable: bool,
    pub(super) for_client_credentials: bool,
    pub(super) idle: String,
    pub(super) absolute: String,
}

/// A scope.
#[derive(Debug, Serialize)]
pub(super) struct ScopeFact<'r> {
    pub(super) name: &'r str,
    pub(super) sentence: &'r str,
    pub(super) implicit: bool,
    pub(super) seat: Option<&'r str>,
}

/// An API that tokens are for.
#[derive(Debug, Serialize)]
pub(super) struct ApiFact<'r> {
    pub(super) audience: &'r str,
    pub(super) name: &'r str,
    pub(super) opaque: bool,
    pub(super) algorithm: &'static str,
    pub(super) typ: &'static str,
    pub(super) seconds: i64,
}

/// Licences.
#[derive(Debug, Serialize)]
pub(super) struct Seats<'r> {
    pub(super) pool: &'r str,
    pub(super) per_session: bool,
}

/// An error that the token endpoint answers.
#[derive(Debug, Serialize)]
pub(super) struct ErrorFact {
    pub(super) error: &'static str,
    pub(super) status: &'static str,
    pub(super) when: &'static str,
}

/// How the vendor's API takes a token, and refuses one.
#[derive(Debug, Serialize)]
pub(super) struct Bearer<'r> {
    pub(super) headers: &'r [String],
    /// Words for invalid, expired, revoked; none: those of RFC 6750.
    pub(super) codes: Option<[&'r str; 3]>,
}

impl<'r> Guide<'r> {
    /// What this realm serves. `client_id`: of the app that reads it.
    pub(super) fn of(realm: &'r Realm, client_id: Option<&str>) -> Self {
        let dialect = &realm.dialect;
        let permits = |legacy| dialect.permits.contains(&legacy);
        Self {
            name: realm.shown_name(),
            issuer: &realm.issuer,
            base: realm.base(),
            client_id: client_id.unwrap_or("YOUR_CLIENT_ID").to_owned(),
            discovery: format!("{}/.well-known/openid-configuration", realm.base()),
            jwks: realm.url(Endpoint::Jwks),
            endpoints: places(realm),
            token: realm.url(Endpoint::Token),
            authorization: browser(realm),
            revocation: realm.url(Endpoint::Revocation),
            introspection: realm.url(Endpoint::Introspection),
            logoff: realm.url(Endpoint::Logoff),
            any_case: dialect.endpoints.path_case == PathCase::Any,
            plain_http: dialect.endpoints.plain_http,
            proofs: metadata::authentication_methods(realm),
            raw_basic: permits(Legacy::RawBasic),
            json_body: permits(Legacy::JsonBody),
            flows: flows(realm),
            grants: metadata::token_grants(realm),
            answer: token_answer(realm),
            refresh: refresh(realm),
            scopes: realm.scopes.iter().map(scope).collect(),
            default_scope: dialect.token.default_scope.as_deref(),
            apis: realm.apis.iter().map(|api| api_fact(realm, api)).collect(),
            audience_required: dialect.token.audience == claviger_core::dialect::AudienceParameter::Required,
            organisation: match dialect.organisation {
                OrganisationChoice::None => "none",
                OrganisationChoice::One => "one",
                OrganisationChoice::Many => "many",
                OrganisationChoice::All => "all",
            },
            seats: realm.seat_pools.iter().map(seats).collect(),
            errors: errors(realm),
            api: bearer(dialect),
            ignored: dialect.token.ignore.iter().cloned().collect(),
        }
    }
}

fn places(realm: &Realm) -> Vec<Place> {
    let named = [
        ("Authorization", Endpoint::Authorization),
        ("Token", Endpoint::Token),
        ("Device authorization", Endpoint::DeviceAuthorization),
        ("Backchannel authentication", Endpoint::BackchannelAuthentication),
        ("Pushed authorization requests", Endpoint::PushedAuthorization),
        ("User information", Endpoint::Userinfo),
        ("Log-off", Endpoint::Logoff),
        ("Sign-out", Endpoint::EndSession),
        ("Revocation", Endpoint::Revocation),
        ("Introspection (for APIs)", Endpoint::Introspection),
        ("Revoked tokens (for APIs)", Endpoint::Revocations),
        ("Key set (JWKS)", Endpoint::Jwks),
    ];
    let has_users = realm.scope("openid").is_some();
    let served = named.into_iter().filter(|(_, endpoint)| has_users || *endpoint != Endpoint::Userinfo);
    served.filter_map(|(what, endpoint)| Some(Place { what, url: realm.url(endpoint)? })).collect()
}

fn browser(realm: &Realm) -> Option<Browser<'_>> {
    let axes = &realm.dialect.authorization;
    let permits = |legacy| realm.dialect.permits.contains(&legacy);
    Some(Browser {
        url: realm.url(Endpoint::Authorization)?,
        response_types: metadata::response_types(realm),
        default_response_type: axes.default_response_type.map(claviger_core::response::ResponseType::name),
        redirect_uri_required: axes.redirect_uri_required,
        sign_in_without_client: axes.without_client == WithoutClient::SignIn,
        bad_request_title: axes.invalid_request_title.as_deref(),
        wildcard: permits(Legacy::WildcardRedirect),
        pkce: match (axes.pkce, realm.tokens.pkce) {
            (Pkce::Required, _) | (_, Pkce::Required) => "required",
            _ if permits(Legacy::NoPkce) => "optional",
            _ => "unless-nonce",
        },
        iss: axes.iss == IssuerInAnswer::Sent,
        asked_each_time: axes.consent == AskForConsent::Always,
        implicit: permits(Legacy::Implicit),
        implicit_token_type: realm.dialect.token.implicit_token_type.word(),
        code_seconds: realm.tokens.code_ttl.as_seconds(),
    })
}

fn token_answer(realm: &Realm) -> Answer {
    let axes = &realm.dialect.token;
    Answer {
        token_type: axes.token_type.word(),
        expires_in: realm.tokens.access_token_ttl.as_seconds(),
        scope: match axes.scope {
            ScopeInAnswer::Never => "never",
            ScopeInAnswer::WhenDifferent => "when-different",
            ScopeInAnswer::Always => "always",
        },
        refresh_token: realm.serves_grant(GrantType::RefreshToken),
        id_token: realm.scope("openid").is_some(),
    }
}

fn refresh(realm: &Realm) -> Option<Refresh> {
    let axes = &realm.dialect.refresh;
    realm.serves_grant(GrantType::RefreshToken).then(|| Refresh {
        turnover: axes.turnover.name(),
        reusable: realm.dialect.permits.contains(&Legacy::ReusableRefresh),
        for_client_credentials: axes.for_client_credentials,
        idle: realm.tokens.refresh_idle.to_string(),
        absolute: realm.tokens.refresh_absolute.to_string(),
    })
}

fn scope(scope: &claviger_core::realm::Scope) -> ScopeFact<'_> {
    ScopeFact { name: &scope.name, sentence: &scope.sentence, implicit: scope.implicit, seat: scope.seat.as_deref() }
}

fn api_fact<'r>(realm: &'r Realm, api: &'r claviger_core::realm::Api) -> ApiFact<'r> {
    ApiFact {
        audience: &api.audience,
        name: &api.name,
        opaque: api.access_token.unwrap_or(realm.tokens.access_token) == AccessTokenFormat::Opaque,
        algorithm: api.signing.unwrap_or(realm.tokens.signing).name(),
        typ: api.typ.name(),
        seconds: api.access_token_ttl.unwrap_or(realm.tokens.access_token_ttl).as_seconds(),
    }
}

fn seats(pool: &claviger_core::realm::SeatPool) -> Seats<'_> {
    Seats { pool: &pool.name, per_session: pool.count == SeatCount::Session }
}

fn errors(realm: &Realm) -> Vec<ErrorFact> {
    let axes = &realm.dialect.token;
    let failed = match axes.failed_body_authentication {
        FailureStatus::BadRequest => "400 (401 with HTTP Basic)",
        FailureStatus::Unauthorized => "401",
    };
    let required = axes.audience == claviger_core::dialect::AudienceParameter::Required;
    let mut all = vec![
        ("invalid_request", "400", "a parameter is missing, twice there, or cannot be read"),
        ("invalid_client", failed, "the client is not known, not approved, or its secret is wrong"),
        ("invalid_grant", "400", "a code, refresh token or password is wrong, over, used, or another client's"),
        ("unauthorized_client", "400", "the client may not use this grant"),
        ("unsupported_grant_type", "400", "there is no such grant here"),
        ("invalid_scope", "400", "a scope is not known, or not the client's"),
        ("invalid_target", "400", "an audience is not known, or not the client's"),
    ];
    if realm.scopes.iter().any(|scope| scope.seat.is_some()) || !realm.seat_pools.is_empty() {
        all.push(("access_denied", "400", "no licence is free; the description says how many are in use"));
    }
    let is_said = |error: &&str| required || *error != "invalid_target" || realm.apis.len() > 1;
    let said = all.into_iter().filter(|(error, ..)| is_said(error));
    said.map(|(error, status, when)| ErrorFact { error, status, when }).collect()
}

fn bearer(dialect: &Dialect) -> Bearer<'_> {
    let codes = match &dialect.api.errors {
        ErrorVocabulary::Codes { invalid, expired, revoked } => Some([invalid.as_str(), expired, revoked]),
        _ => None,
    };
    Bearer { headers: &dialect.api.bearer_headers, codes }
}
