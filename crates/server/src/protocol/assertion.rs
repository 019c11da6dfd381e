//! Assertions of those whom the realm trusts (RFC 7523 2.1), by themselves or to be exchanged: read, checked, and led to their user.

use crate::failure::Failure;
use crate::issue::{self, Origin};
use crate::protocol::call::Call;
use claviger_core::assertion::{Assertion, Expected, accepts_header};
use claviger_core::dialect::Endpoint;
use claviger_core::grant;
use claviger_core::jose::{JwtError, verify_jwt};
use claviger_core::realm::{AssertionIssuer, SubjectIs};
use claviger_core::refusal::Further;
use claviger_core::token::Plain;
use claviger_core::{Refusal, User};
use claviger_store::{Precondition, Spend, SpendKind, StoredUser};

/// What is remembered of an assertion is kept so much longer than it is good, in milliseconds: clocks of servers differ.
const LONGER: i64 = 60_000;

/// An assertion that is good, with whom it is about.
pub(super) struct Accepted<'a> {
    /// Who made it.
    pub(super) trusted: &'a AssertionIssuer,
    /// What it says.
    pub(super) assertion: Assertion,
    /// Whom it is about.
    pub(super) user: User,
    /// The companies or sites that a token is for.
    pub(super) organisations: Vec<String>,
    /// Its use.
    pub(super) spend: Spend,
}

/// The answer's body.
///
/// # Errors
/// As [`accept`] and [`grant::jwt_bearer`]; it was used before; no seat; the store's faults.
pub(super) async fn answer(call: Call<'_>, jwt: &Plain) -> Result<Vec<u8>, Failure> {
    let Call { site, client, request, .. } = call;
    let Accepted { trusted, assertion, user, organisations, spend } = accept(call, jwt.expose()).await?;
    let of = (&user, organisations);
    let decision = grant::jwt_bearer(&site.realm, client.client(), request, (trusted, &assertion), of)?;
    client.spending.add_assertion(spend);
    let origin = Origin::Fresh { backed_by: Precondition::default() };
    issue::token_answer(call.issuer(), client.client(), decision, origin).await
}

/// An assertion that is good for this client now.
///
/// # Errors
/// What is wrong with it, as `invalid_grant`; a public client where its issuer wants to know who brings it; the store's faults.
pub(super) async fn accept<'a>(call: Call<'a>, jwt: &str) -> Result<Accepted<'a>, Failure> {
    let Call { state, site, client, .. } = call;
    let realm = &site.realm;
    let assertion = Assertion::read(jwt)?;
    let unknown = Refusal::from(Further::Assertion("assertions of its issuer do not count here"));
    let trusted = realm.assertion_issuer(&assertion.issuer).ok_or(unknown)?;
    if !client.proved && !trusted.public_clients {
        return Err(Refusal::grant_not_allowed(client.client()).into());
    }
    let token_endpoint = realm.url(Endpoint::Token);
    let expected = Expected {
        issuer: &realm.issuer,
        // FAPI 2.0 5.3.2.1: the issuer, and nothing beside it.
        token_endpoint: token_endpoint.as_deref().filter(|_| realm.profile.is_none()),
        now: state.clock.now(),
    };
    assertion.check(trusted, client.client(), expected)?;
    verify(call, trusted, jwt).await?;
    let user = user_of(call, trusted, &assertion.subject).await?.map(|stored| stored.user);
    let user = user.map(|user| site.company_rules.meet(user, &client.client().id)).transpose()?;
    let organisations = grant::subject_of(realm, trusted, user.as_ref())?;
    let user = user.ok_or(Refusal::GrantUnbacked)?;
    let until = assertion.exp.saturating_mul(1000).saturating_add(LONGER);
    let spend = Spend::new(SpendKind::Grant, &realm.id, &assertion.issuer, &assertion.jti, until);
    Ok(Accepted { trusted, assertion, user, organisations, spend })
}

/// Checks header and signature. A key that is not known is looked for where the issuer's keys lie.
async fn verify(call: Call<'_>, trusted: &AssertionIssuer, jwt: &str) -> Result<(), Failure> {
    let Call { state, site, client, .. } = call;
    for must_be_new in [false, true] {
        let now = state.clock.now();
        let keys = state.client_keys.of_issuer(&state.outbound, &site.realm, trusted, now, must_be_new).await;
        match verify_jwt(jwt, &keys, None) {
            Ok(decoded) if site.realm.may_sign(decoded.header.algorithm) => {
                return Ok(accepts_header(trusted, &decoded.header)?);
            }
            Ok(_) => break,
            Err(JwtError::KidUnknown | JwtError::KidMissing) if trusted.jwks_uri.is_some() && !must_be_new => {}
            Err(why) => {
                tracing::info!(client = client.client().id, issuer = trusted.issuer, %why, "an assertion is refused");
                break;
            }
        }
    }
    Err(Refusal::from(Further::Assertion("its issuer did not make it with its keys and algorithms")).into())
}

/// Whom the issuer means.
async fn user_of(call: Call<'_>, trusted: &AssertionIssuer, subject: &str) -> Result<Option<StoredUser>, Failure> {
    let (store, realm) = (&call.state.store, &call.site.realm.id);
    Ok(match trusted.subject {
        SubjectIs::Username => store.user_by_username(realm, subject).await?,
        SubjectIs::Email => store.user_by_email(realm, subject).await?,
        SubjectIs::Id => store.user(realm, subject).await?,
    })
}
