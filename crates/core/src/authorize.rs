//! The authorization endpoint's decisions (RFC 6749 3.1, 4.1.1, 4.2.1; OpenID Connect Core 3.1.2).
//!
//! 1. [`entry`]: does the request name a client at all? 2. [`destination()`]: stage one, where the answer may go; what fails
//!    here is a page and never a redirect. 3. [`AuthorizationRequest::check`]: stage two, all else; what fails here
//!    redirects. 4. [`next_step`]: what the browser sees now; asked again after each page until nothing is left but the
//!    answer.

use crate::audience::Audience;
use crate::claims_request::{AcrRequest, ClaimsRequest};
use crate::client::Client;
use crate::confirmation::Thumbprint;
use crate::dialect::Legacy;
use crate::granted::{resolve_audience, resolve_scope, usual_audience};
use crate::params::Params;
use crate::pkce::{self, Challenge};
use crate::profile::Profile;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::response::{ResponseMode, ResponseType};
use crate::scope::ScopeSet;
use crate::sign_in::{How, Proof};
use crate::token_request;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

mod again;
pub mod backchannel;
mod destination;
pub mod device;
mod prompt;
mod second_factor;
mod step;

use destination::response_type;
pub use destination::{Destination, Entry, destination, entry, registered_redirect};
pub use device::Device;
pub use prompt::Prompt;
pub use second_factor::Missing;
pub use step::{Consent, Session, Step, granted, next_step, picked, uses_remembered_implicit};

/// Longest `nonce`, in bytes: it travels back in a token.
const LONGEST_NONCE: usize = 4096;

/// A checked authorization request; kept while a person is in front of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client.
    pub client: String,
    /// Where the answer goes.
    pub destination: Destination,
    /// What is given out.
    pub response_type: ResponseType,
    /// The scope that will be granted.
    pub scope: ScopeSet,
    /// It is not the scope that was asked for.
    pub scope_differs: bool,
    /// The API, or the APIs.
    pub audience: Audience,
    /// PKCE.
    pub challenge: Option<Challenge>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// `prompt`.
    pub prompt: Prompt,
    /// `max_age`, in seconds.
    pub max_age: Option<i64>,
    /// `login_hint`: prefilled as the user name.
    pub login_hint: Option<String>,
    /// `ui_locales`: the languages for the pages, the most wanted first.
    #[serde(default)]
    pub ui_locales: Option<String>,
    /// The user whom a valid `id_token_hint` names.
    #[serde(default)]
    pub hinted_user: Option<String>,
    /// The id of the only user whom an answer may be about ([`ClaimsRequest::subject`]).
    #[serde(default)]
    pub only_user: Option<String>,
    /// The claims that it asks for by name, as far as the client may have them.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// The key that the code will be bound to (RFC 9449 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<Thumbprint>,
    /// It came pushed or signed, and cannot be sent again as plain parameters.
    #[serde(default)]
    pub is_sealed: bool,
    /// The device that waits for the answer, in place of a client behind a redirect URI (RFC 8628).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// When the request arrived, in milliseconds.
    pub arrived_at: i64,
}

/// By which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// To the pushed authorization request endpoint (RFC 9126).
    pub is_pushed: bool,
    /// As a request object that the client signed (RFC 9101).
    pub is_signed: bool,
}

impl AuthorizationRequest {
    /// Stage two: everything but client and redirect URI, one line a check, in the order in which they are answered.
    ///
    /// # Errors
    /// The first check that fails; it travels to `destination`.
    pub fn check(
        realm: &Realm,
        client: &Client,
        params: &Params<'_>,
        destination: Destination,
        origin: Origin,
        now: i64,
    ) -> Result<Self, Refusal> {
        no_duplicates(params)?;
        came_rightly(realm, client, origin)?;
        no_other_request(params)?;
        short_nonce(params)?;
        let response_type = response_type(realm, params)?;
        may_respond(realm, client, &destination, response_type)?;
        mode_fits(params, response_type)?;
        let requested = token_request::scope(params)?;
        let default = realm.dialect.authorization.default_scope.as_deref();
        let scope = resolve_scope(realm, client, requested.as_ref(), default)?;
        let challenge = if response_type.code { pkce::of_request(realm, client, params, &scope)? } else { None };
        let audience = audience(realm, client, params, &scope)?;
        fits_implicit(realm, response_type, &scope, &audience)?;
        fits_id_token(params, response_type, &scope)?;
        let prompt = Prompt::read(params)?;
        let max_age = max_age(params)?.or(client.registered.default_max_age.map(i64::from));
        let claims = claims(realm, client, params)?;
        Ok(Self {
            client: client.id.clone(),
            destination,
            response_type,
            scope_differs: requested.is_none_or(|requested| !requested.same(&scope)),
            scope,
            audience,
            challenge,
            nonce: params.get("nonce").map(str::to_owned),
            prompt,
            max_age,
            login_hint: params.get("login_hint").map(|hint| hint.chars().take(200).collect()),
            ui_locales: params.get("ui_locales").map(|tags| tags.chars().take(200).collect()),
            hinted_user: None,
            only_user: claims.subject.clone(),
            claims,
            dpop_jkt: dpop_jkt(params)?,
            is_sealed: origin.is_pushed || origin.is_signed,
            device: None,
            arrived_at: now,
        })
    }

    /// The scopes that the user is asked for: those of the request, and those of the claims that it asks for by name.
    pub fn asked_scope(&self) -> Cow<'_, ScopeSet> {
        if self.claims.is_empty() {
            return Cow::Borrowed(&self.scope);
        }
        let mut all = self.scope.clone();
        all.extend(&self.claims.scope());
        Cow::Owned(all)
    }

    /// What tokens say of the sign-in: this realm's words, where it has more than one or the request asks for one. How a sign-in by
    /// password is told where nobody asks need not be kept: [`Proof`] is absent then.
    pub fn proof(&self, realm: &Realm, how: Option<&How>) -> Option<Box<Proof>> {
        let asked = self.claims.acr.as_ref();
        if asked.is_none() && !realm.sign_in.is_on() && how.is_none() {
            return None;
        }
        let by_password = How::default();
        let values = asked.map(|asked| asked.values.as_slice()).unwrap_or_default();
        Some(Box::new(how.unwrap_or(&by_password).proof(realm, values)))
    }
}

/// What must be pushed or signed was.
fn came_rightly(realm: &Realm, client: &Client, origin: Origin) -> Result<(), Refusal> {
    let (policy, own) = (&realm.requests, &client.requests);
    let pushed = policy.require_pushed_authorization_requests
        || own.require_pushed_authorization_requests
        || realm.profile.is_some();
    let signed = policy.require_signed_request_object
        || own.require_signed_request_object
        || realm.profile.is_some_and(Profile::signs_requests);
    realm.admits(client)?;
    match origin {
        Origin { is_pushed: false, .. } if pushed => Err(Refusal::PushedRequired),
        Origin { is_signed: false, .. } if signed => Err(Refusal::SignedRequired),
        _ => Ok(()),
    }
}

/// Claims by name: those whose scope the client may have, in a realm that has it; an `acr` that can be met.
fn claims(realm: &Realm, client: &Client, params: &Params<'_>) -> Result<ClaimsRequest, Refusal> {
    // What the client registered counts where the request says nothing (OpenID Connect Registration 2).
    let usual = Some(client.registered.default_acr_values.join(" ")).filter(|words| !words.is_empty());
    let acr_values = params.get("acr_values").or(usual.as_deref());
    let asked = ClaimsRequest::read(params.get("claims"), acr_values, params.get("claims_locales"))?;
    // How strong a sign-in at the vendor's own pages is, they say themselves.
    let is_ours = realm.login_app.is_none();
    let is_known = |acr: &AcrRequest| realm.acr_values().into_iter().any(|known| acr.is_met_by(known));
    if is_ours && asked.acr.as_ref().is_some_and(|acr| !is_known(acr)) {
        return Err(Refusal::AcrUnmet);
    }
    if asked.is_empty() {
        return Ok(asked);
    }
    let allowed: ScopeSet = client.scope.iter().filter(|name| realm.scope(name).is_some()).collect();
    Ok(asked.within(realm, client, &allowed))
}

fn no_duplicates(params: &Params<'_>) -> Result<(), Refusal> {
    params.duplicate().map_or(Ok(()), |name| Err(Refusal::duplicate(name)))
}

fn short_nonce(params: &Params<'_>) -> Result<(), Refusal> {
    match params.get("nonce") {
        Some(text) if text.len() > LONGEST_NONCE => {
            Err(Refusal::WrongParameter { name: "nonce", why: "it is longer than 4,096 bytes" })
        }
        _ => Ok(()),
    }
}

/// A request inside of this one was read before, or is none that is read at all.
fn no_other_request(params: &Params<'_>) -> Result<(), Refusal> {
    if params.get("request").is_some() {
        return Err(Refusal::RequestObject("a request holds one request object at most"));
    }
    if params.get("request_uri").is_some() {
        return Err(Refusal::RequestUri("a request is not named by another"));
    }
    if params.get("registration").is_some() {
        return Err(Refusal::Registration);
    }
    Ok(())
}

/// A token never goes to a place that is known by a pattern only.
fn may_respond(
    realm: &Realm,
    client: &Client,
    destination: &Destination,
    response_type: ResponseType,
) -> Result<(), Refusal> {
    if response_type.has_token() && client.legacy_ended.contains(&Legacy::Implicit) {
        return Err(Refusal::legacy(client, Legacy::Implicit));
    }
    let barred = response_type.has_token() && (destination.wildcard || !realm.allows(client, Legacy::Implicit));
    // Nobody shows a key on the way through a browser.
    let barred = barred || (response_type.token && realm.binds_tokens_of(client));
    let barred = barred || (realm.profile.is_some() && response_type != ResponseType::CODE);
    if client.may_respond(response_type) && !barred { Ok(()) } else { Err(Refusal::ResponseTypeNotAllowed) }
}

fn mode_fits(params: &Params<'_>, response_type: ResponseType) -> Result<(), Refusal> {
    let mode = ResponseMode::read(params.get("response_mode"), response_type);
    let mode = mode.filter(|mode| mode.fits(response_type)).ok_or(Refusal::ResponseMode)?;
    if !mode.carries_bytes() && params.state().is_some_and(|state| state.as_text().is_none()) {
        return Err(Refusal::WrongParameter { name: "state", why: "a form or a JWT can give back UTF-8 text only" });
    }
    Ok(())
}

/// An ID token from here is tied to the request by its nonce (OpenID Connect Core 3.2.2.1, 3.3.2.11).
fn fits_id_token(params: &Params<'_>, response_type: ResponseType, scope: &ScopeSet) -> Result<(), Refusal> {
    if !response_type.id_token {
        return Ok(());
    }
    if !scope.contains("openid") {
        return Err(Refusal::WrongParameter { name: "scope", why: "an ID token needs the scope openid" });
    }
    params.get("nonce").map(drop).ok_or(Refusal::MissingParameter("nonce"))
}

/// Here an absent audience is never an error: the browser's user could not mend it.
fn audience(realm: &Realm, client: &Client, params: &Params<'_>, scope: &ScopeSet) -> Result<Audience, Refusal> {
    let named = token_request::audiences(params);
    if named.is_empty() {
        return Ok(usual_audience(realm, client, scope).into());
    }
    resolve_audience(realm, client, &named, scope)
}

/// A8: an API or a scope may be barred for implicit.
fn fits_implicit(
    realm: &Realm,
    response_type: ResponseType,
    scope: &ScopeSet,
    audience: &Audience,
) -> Result<(), Refusal> {
    if !response_type.token {
        return Ok(());
    }
    let asked = scope.members();
    match realm.scopes.iter().find(|known| !known.implicit && asked.contain(&known.name)) {
        Some(known) => Err(Refusal::BarredForImplicit(format!("the scope {}", known.name))),
        None if audience.iter().any(|name| realm.api(name).is_some_and(|api| !api.implicit)) => {
            Err(Refusal::BarredForImplicit("this API".into()))
        }
        None => Ok(()),
    }
}

/// `dpop_jkt` (RFC 9449 10).
fn dpop_jkt(params: &Params<'_>) -> Result<Option<Thumbprint>, Refusal> {
    const WRONG: Refusal =
        Refusal::WrongParameter { name: "dpop_jkt", why: "it must be the SHA-256 thumbprint of a key in base64url" };
    params.get("dpop_jkt").map(|text| Thumbprint::parse(text).ok_or(WRONG)).transpose()
}

fn max_age(params: &Params<'_>) -> Result<Option<i64>, Refusal> {
    const WRONG: Refusal = Refusal::WrongParameter { name: "max_age", why: "it must be a number of seconds" };
    let age = params.get("max_age").map(|text| text.parse::<u32>().map(i64::from)).transpose();
    age.map_err(|_| WRONG)
}
