//! Back from the provider.

use super::{Before, Going, STATE, arrive, own, provider_of, redeem, say};
use crate::failure::Failure;
use crate::http::{Answer, trace};
use crate::pages::views::Ended;
use crate::people::factor::Onward;
use crate::people::flow::{Flow, Found};
use crate::people::notice::Why;
use crate::people::session::signed_in;
use crate::people::show::see_other;
use crate::people::{sealed, show};
use crate::state::providers::Found as Provider;
use crate::state::rates::Counted;
use crate::state::sites::Target;
use claviger_core::crypto::sha256;
use claviger_core::realm::IdentityProvider;
use claviger_core::text::shortened;
use claviger_core::{Params, params::Opaque};
use claviger_store::Answered;
use std::sync::Arc;

/// How often within an hour one address may come back with a code.
const HOURLY: u32 = 1_000;
/// How much of an error the log shows, in characters.
const LONGEST_LOGGED: usize = 64;

/// Takes what a provider sends; `at`: whose address it was sent to.
pub(super) async fn take(flow: &Flow<'_>, at: &IdentityProvider) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let params = Params::form(flow.incoming.query().as_bytes())?;
    let sent = params.state();
    let text = sent.as_ref().and_then(Opaque::as_text).unwrap_or_default();
    let ended = |why| Ok(show::ended(state, site, flow.incoming, why, None));
    let opened = sealed::open::<Going>(text, STATE, &site.realm.id, flow.browser, &state.secrets);
    let Some(going) = opened else {
        return ended(if text.is_empty() { Ended::Unreadable } else { Ended::Elsewhere });
    };
    let Some(provider) = provider_of(site, &going.provider) else { return ended(Ended::Unreadable) };
    let front = match &going.waiting {
        None => None,
        Some(sealed) => match flow.find(sealed).await? {
            Found::Here(front) => Some(front),
            Found::Elsewhere(front) => Some(flow.in_this_browser(front)),
            Found::Ended(answer) => return Ok(answer),
        },
    };
    if let Some(front) = &front {
        trace::client(&front.entry.client.id);
    }
    let before = Before { front, onward: going.onward.as_deref().and_then(Onward::named) };
    let person = match code(flow, (provider, at), &going, &params).await {
        Err(why) => Err(why),
        Ok(_) if !use_up(flow, text, going.expires_at()).await? => {
            return used(flow, &before).await;
        }
        Ok((found, code)) => redeem::redeem((state, site), provider, found, &going, &code).await.map_err(|wrong| {
            tracing::warn!(provider = provider.id, why = wrong.text, "an identity provider's answer is not believed");
            wrong.why
        }),
    };
    match (person, &going.connects) {
        (Ok((person, _)), Some(user)) => own::connect_back(flow, provider, &person, user).await,
        (Err(why), Some(_)) => Ok(own::not_connected(flow, why)),
        (Ok((person, auth_time)), None) => arrive::arrive(flow, provider, before, person, auth_time).await,
        (Err(why), None) => say(flow, &before, why),
    }
}

/// The code of an answer, which is of the provider that the browser was sent to.
async fn code(
    flow: &Flow<'_>,
    (provider, at): (&IdentityProvider, &IdentityProvider),
    going: &Going,
    params: &Params<'_>,
) -> Result<(Arc<Provider>, String), Why> {
    let (state, site) = (flow.state, flow.site);
    let (now, loopback) = (state.clock.now(), site.realm.requests.loopback);
    if going.expires_at() <= now {
        return Err(Why::Again);
    }
    let failed = |why: &str| {
        tracing::warn!(provider = provider.id, why, "an identity provider's answer is not believed");
        Why::ProviderFailed
    };
    if provider.id != at.id {
        return Err(failed("it came to another provider's address"));
    }
    let found =
        state.providers.of(&state.outbound, &provider.issuer, loopback, now).await.map_err(|why| failed(&why))?;
    if params.duplicate().is_some() || !found.metadata.is_answer_of(params.get("iss")) {
        return Err(failed("the answer is of another issuer (RFC 9207)"));
    }
    if let Some(error) = params.get("error") {
        let logged = shortened(error, LONGEST_LOGGED);
        tracing::info!(provider = provider.id, error = ?logged, "an identity provider refused");
        let by_person =
            matches!(error, "access_denied" | "login_required" | "interaction_required" | "consent_required");
        return Err(if by_person { Why::ProviderRefused } else { Why::ProviderFailed });
    }
    let code = params.get("code").ok_or_else(|| failed("the answer has neither code nor error"))?;
    let from = Counted::of_address("provider", &site.realm.id, flow.incoming.client, HOURLY);
    let each: Vec<Counted> = from.into_iter().collect();
    match state.rates.take(&each, now) {
        Ok(()) => Ok((found, code.to_owned())),
        Err(seconds) => Err(Why::Locked(now + seconds * 1000)),
    }
}

/// Uses up what the browser came back with; true once. Before the code is redeemed: of two at once one goes on.
async fn use_up(flow: &Flow<'_>, text: &str, expires_at: i64) -> Result<bool, Failure> {
    let id = sha256(text.as_bytes()).first_chunk().copied().unwrap_or_default();
    let used = Answered { id, realm: flow.site.realm.id.clone(), sealed: Vec::new(), expires_at };
    Ok(flow.state.store.put_answered(used).await?)
}

/// Somebody came back twice: whoever is signed in since goes on, as if they had loaded the page that came after it.
async fn used(flow: &Flow<'_>, before: &Before) -> Result<Answer, Failure> {
    if signed_in(flow.state, flow.site, flow.browser, "").await?.is_none() {
        return say(flow, before, Why::Again);
    }
    let address = match &before.front {
        Some(front) => flow.address(Target::SignIn, &front.waiting, None)?,
        None => Some(Onward::path(before.onward, flow.site)),
    };
    match address {
        Some(address) => Ok(see_other(&address)),
        None => say(flow, before, Why::Again),
    }
}
