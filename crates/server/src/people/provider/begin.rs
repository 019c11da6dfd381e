//! To the provider.

use super::{Before, Going, STATE, provider_of, redirect_uri, say};
use crate::failure::Failure;
use crate::http::Answer;
use crate::people::factor::Onward;
use crate::people::flow::{Flow, Found};
use crate::people::notice::Why;
use crate::people::page::{see_other, with_browser};
use crate::people::sealed;
use claviger_core::Params;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::openid_provider::Freshness;
use claviger_core::params::form_encode;
use claviger_core::realm::IdentityProvider;

/// The longest address that a browser is sent to, in bytes.
const LONGEST_ADDRESS: usize = 6144;

/// Takes the button of the sign-in page.
pub(super) async fn take(flow: &Flow<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let (front, is_here) = match params.get("pending") {
        None => (None, true),
        Some(sealed) => match flow.find(sealed).await? {
            Found::Here(front) => (Some(front), true),
            Found::Elsewhere(front) => (Some(flow.in_this_browser(front)), false),
            Found::Ended(answer) => return Ok(answer),
        },
    };
    let before = Before { front, onward: params.get("to").and_then(Onward::named) };
    let id = before.front.as_ref().map(|front| &front.waiting.id);
    let token = params.get("csrf").unwrap_or_default();
    let is_own = is_here && flow.browser.is_own_form(site, flow.incoming, &state.secrets.forms, id, token);
    let provider = params.get("provider").and_then(|id| provider_of(site, id)).filter(|_| is_own);
    let Some(provider) = provider else { return say(flow, &before, Why::Again) };
    match go(flow, &before, provider, None).await? {
        Ok(answer) => Ok(answer),
        Err(why) => say(flow, &before, why),
    }
}

/// Sends the browser there. `connects`: the user who is signed in, where an account there becomes theirs.
pub(super) async fn go(
    flow: &Flow<'_>,
    before: &Before,
    provider: &IdentityProvider,
    connects: Option<&str>,
) -> Result<Result<Answer, Why>, Failure> {
    let (state, site) = (flow.state, flow.site);
    let now = state.clock.now();
    let loopback = site.realm.requests.loopback;
    let found = match state.providers.of(&state.outbound, &provider.issuer, loopback, now).await {
        Ok(found) => found,
        Err(why) => {
            tracing::warn!(provider = provider.id, why, "nobody can be sent to an identity provider");
            return Ok(Err(Why::ProviderFailed));
        }
    };
    let waiting = before.front.as_ref().map(|front| &front.waiting);
    let request = waiting.map(|waiting| &waiting.request);
    let going = Going {
        provider: provider.id.clone(),
        nonce: base64url(&random_bytes::<24>()),
        verifier: base64url(&random_bytes::<32>()),
        waiting: waiting.map(|waiting| waiting.seal(&state.secrets, &site.realm.id)).transpose()?,
        onward: before.onward.map(|onward| onward.name().to_owned()),
        connects: connects.map(str::to_owned),
        freshness: freshness(request, before.onward, now),
    };
    let query = Query {
        redirect_uri: redirect_uri(site, provider),
        nonce: going.nonce.clone(),
        challenge: base64url(&sha256(going.verifier.as_bytes())),
        max_age: if going.freshness.anew { Some(0) } else { going.freshness.max_age },
        prompt: prompt(request, going.freshness.anew),
        state: sealed::seal(going, STATE, &site.realm.id, flow.browser, &state.secrets, now)?,
    };
    let address = query.at(&found.metadata.authorization_endpoint, provider, request);
    if address.len() > LONGEST_ADDRESS {
        tracing::warn!(provider = provider.id, length = address.len(), "too long an address for an identity provider");
        return Ok(Err(Why::ProviderFailed));
    }
    Ok(Ok(with_browser(see_other(&address), site, flow.browser)))
}

/// How new the sign-in there has to be. Whoever changes what they sign in with has signed in just now, as with a password.
fn freshness(request: Option<&AuthorizationRequest>, onward: Option<Onward>, now: i64) -> Freshness {
    let anew = request.is_some_and(|request| request.prompt.login) || onward == Some(Onward::Security);
    Freshness { since: now, anew, max_age: request.and_then(|request| request.max_age) }
}

fn prompt(request: Option<&AuthorizationRequest>, anew: bool) -> Option<&'static str> {
    let selects = request.is_some_and(|request| request.prompt.select_account);
    if anew { Some("login") } else { selects.then_some("select_account") }
}

/// What differs from one sign-in to the next.
struct Query {
    redirect_uri: String,
    state: String,
    nonce: String,
    challenge: String,
    prompt: Option<&'static str>,
    max_age: Option<i64>,
}

impl Query {
    /// The address (OpenID Connect Core 3.1.2.1).
    fn at(&self, endpoint: &str, provider: &IdentityProvider, request: Option<&AuthorizationRequest>) -> String {
        let max_age = self.max_age.map(|age| age.to_string());
        let hint = request.and_then(|request| request.login_hint.as_deref()).filter(|hint| !hint.is_empty());
        let pairs = [
            ("response_type", Some("code")),
            ("client_id", Some(provider.client_id.as_str())),
            ("redirect_uri", Some(self.redirect_uri.as_str())),
            ("scope", Some(provider.scope.as_str())),
            ("state", Some(self.state.as_str())),
            ("nonce", Some(self.nonce.as_str())),
            ("code_challenge", Some(self.challenge.as_str())),
            ("code_challenge_method", Some("S256")),
            ("prompt", self.prompt),
            ("max_age", max_age.as_deref()),
            ("login_hint", hint),
            ("ui_locales", request.and_then(|request| request.ui_locales.as_deref())),
        ];
        let mut address = endpoint.to_owned();
        if !address.contains('?') {
            address.push('?');
        }
        for (name, value) in pairs.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            form_encode(&mut address, name, value);
        }
        address
    }
}
