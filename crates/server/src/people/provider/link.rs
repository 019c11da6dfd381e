//! "There is an account with this address": its password, before somebody at a provider becomes its user.
//!
//! An address alone links nobody: who has it at the provider today need not be who has the account here. The two are one when
//! everything is proved that the account's sign-in takes, the second factor too.

use super::{Before, go_on, provider_of, say};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{LinkAccount, SignInError};
use crate::people::factor::{First, Onward};
use crate::people::flow::{Flow, Found};
use crate::people::notice::{Notice, Why};
use crate::people::page::{Speech, no_store, view, with_browser};
use crate::people::password::check_password;
use crate::people::sealed;
use crate::state::brakes::Peer;
use crate::state::sites::Target;
use claviger_core::realm::IdentityProvider;
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_core::{Params, Refusal};
use claviger_store::ProviderAccount;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "an account that could be linked";
/// How long the page may stand open, in milliseconds.
const PATIENCE: i64 = 900_000;
/// The longest password, in bytes.
const LONGEST: usize = 1024;

/// Who would be linked to whom; travels sealed in the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Offer {
    provider: String,
    issuer: String,
    subject: String,
    user: String,
    username: String,
    waiting: Option<String>,
    onward: Option<String>,
    expires_at: i64,
}

/// Shows the page.
pub(super) fn ask(
    flow: &Flow<'_>,
    provider: &IdentityProvider,
    before: &Before,
    (account, user): (&ProviderAccount, &User),
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let front = before.front.as_ref();
    let offer = Offer {
        provider: provider.id.clone(),
        issuer: account.issuer.clone(),
        subject: account.subject.clone(),
        user: user.id.clone(),
        username: user.username.clone(),
        waiting: front.map(|front| front.waiting.seal(&state.secrets, &site.realm.id)).transpose()?,
        onward: before.onward.map(|onward| onward.name().to_owned()),
        expires_at: state.clock.now() + PATIENCE,
    };
    page(flow, provider, before, offer, None)
}

fn page(
    flow: &Flow<'_>,
    provider: &IdentityProvider,
    before: &Before,
    offer: Offer,
    error: Option<SignInError>,
) -> Result<Answer, Failure> {
    let (state, site, browser) = (flow.state, flow.site, flow.browser);
    let front = before.front.as_ref();
    let username = offer.username.clone();
    let link = sealed::seal(offer, PURPOSE, &site.realm.id, browser, &state.secrets, state.clock.now())?;
    let instead = front.map(|front| flow.address(Target::SignIn, &front.waiting, None)).transpose()?.flatten();
    let form = LinkAccount {
        provider_name: provider.name.clone(),
        username,
        error,
        action: site.page_path(Target::Provider),
        csrf: browser.form_token(&state.secrets.forms, front.map(|front| &front.waiting.id)).into(),
        link: link.into(),
        instead_url: instead.unwrap_or_else(|| site.page_path(Target::SignIn)),
    };
    let asked = front.and_then(|front| front.waiting.request.ui_locales.as_deref());
    let mut answer = view(state, site, Speech::of_browser(browser, asked), &form);
    no_store(&mut answer);
    Ok(with_browser(answer, site, browser))
}

/// Takes the page's form.
pub(super) async fn take(flow: &Flow<'_>, params: &Params<'_>, sealed: &str) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let nothing = Before { front: None, onward: None };
    let opened = sealed::open::<Offer>(sealed, PURPOSE, &site.realm.id, flow.browser, &state.secrets);
    let Some(offer) = opened.filter(|offer| offer.expires_at > state.clock.now()) else {
        return say(flow, &nothing, Why::Again);
    };
    let front = match &offer.waiting {
        None => None,
        Some(sealed) => match flow.find(sealed).await? {
            Found::Here(front) => Some(front),
            Found::Elsewhere(_) => return say(flow, &nothing, Why::Again),
            Found::Ended(answer) => return Ok(answer),
        },
    };
    let before = Before { front, onward: offer.onward.as_deref().and_then(Onward::named) };
    let id = before.front.as_ref().map(|front| &front.waiting.id);
    let token = params.get("csrf").unwrap_or_default();
    let is_own = flow.browser.is_own_form(site, flow.incoming, &state.secrets.forms, id, token);
    let Some(provider) = provider_of(site, &offer.provider).filter(|_| is_own) else {
        return say(flow, &before, Why::Again);
    };
    let again = |why: Why, offer: Offer| {
        tracing::info!(?why, "an account was not linked");
        let error = Notice { username: String::new(), why, to: None }.error(state.clock.now());
        page(flow, provider, &before, offer, error)
    };
    let password = Plain::from(params.get("password").unwrap_or_default());
    if password.expose().is_empty() || password.expose().len() > LONGEST {
        return again(Why::WrongPassword, offer);
    }
    let from = Peer { address: flow.incoming.client, proof: Some(flow.browser.hash()) };
    let is_user = |user: &User| user.id == offer.user;
    let checked = check_password(state, &site.realm, (offer.username.as_str(), &password), from, is_user).await;
    let verified = match checked {
        Ok(Some(verified)) => verified,
        Ok(None) => return again(Why::WrongPassword, offer),
        Err(Failure::Refusal(Refusal::Braked { seconds, .. })) => {
            return again(Why::Locked(state.clock.now() + seconds * 1000), offer);
        }
        Err(failure) => return Err(failure),
    };
    let first = First { link: Some((offer.issuer, offer.subject)), ..First::default() };
    go_on(flow, before, &verified, first).await
}
