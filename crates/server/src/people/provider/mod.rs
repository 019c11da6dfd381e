//! Signing in at a provider (OpenID Connect Core 3.1), by a button of our sign-in page.
//!
//! 1. [`begin`] takes the button and sends the browser there: with PKCE, a nonce, and a `state` in which everything travels sealed,
//!    bound to this browser; nothing is stored. 2. [`back`] takes the answer, at an address of each provider's own: it redeems the code
//!    and checks the ID token. 3. [`arrive`] signs in whoever is linked to a user. Where the address is one of a user's who is not
//!    linked yet, [`link`] asks for that user's password first; everybody else becomes a user. What the realm asks beside a password
//!    is asked behind each of them. [`own`] is what users see of it on the page of what they sign in with.

mod arrive;
mod back;
mod begin;
mod link;
pub(crate) mod own;
mod redeem;

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::browser::Browser;
use crate::people::factor::{First, Onward};
use crate::people::flow::{Flow, Front};
use crate::people::notice::{Notice, Why};
use crate::people::password::Verified;
use crate::people::second_factor::{After, after_first};
use crate::people::session::begin_session_of;
use crate::people::waiting::SignInStep;
use crate::people::{show, sign_in};
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use claviger_core::openid_provider::Freshness;
use claviger_core::realm::IdentityProvider;
use http::Method;
use serde::{Deserialize, Serialize};

/// What the sealed `state` is for.
const STATE: &str = "at an identity provider";
/// How long somebody may be at the provider, in milliseconds.
const PATIENCE: i64 = 1_800_000;

/// A sign-in that is under way at a provider.
#[derive(Debug, Serialize, Deserialize)]
struct Going {
    /// The provider's id.
    provider: String,
    /// Ties the ID token to this sign-in.
    nonce: String,
    /// PKCE.
    verifier: String,
    /// The request that waits, sealed.
    waiting: Option<String>,
    /// Where somebody goes on without one.
    onward: Option<String>,
    /// The user who is signed in, and connects an account at the provider with theirs.
    connects: Option<String>,
    /// How new the sign-in there has to be.
    freshness: Freshness,
}

impl Going {
    /// When it is over, in milliseconds.
    const fn expires_at(&self) -> i64 {
        self.freshness.since.saturating_add(PATIENCE)
    }
}

/// What a sign-in at a provider is in front of.
struct Before {
    /// The request that waits.
    front: Option<Front>,
    /// Where somebody goes on without one.
    onward: Option<Onward>,
}

/// The addresses of both ways: our buttons post to the one of all, each provider sends browsers back to its own.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    if site.realm.identity_providers.is_empty() || site.realm.login_app.is_some() {
        return show::not_found(state, site, incoming);
    }
    let behind = incoming.path().get(site.page_path(Target::Provider).len()..);
    let of = behind.and_then(|rest| rest.strip_prefix('/')).and_then(|id| provider_of(site, id));
    let result = match (&incoming.head.method, of) {
        (&Method::GET, Some(provider)) => back::take(&flow, provider).await,
        (&Method::POST, None) => take_form(&flow).await,
        (_, Some(_)) => return wrong_method("GET"),
        _ => return wrong_method("POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn take_form(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(&flow.incoming.body)?;
    match params.get("link") {
        Some(sealed) => link::take(flow, &params, sealed).await,
        None => begin::take(flow, &params).await,
    }
}

/// The provider of an id.
fn provider_of<'a>(site: &'a Site, id: &str) -> Option<&'a IdentityProvider> {
    site.realm.identity_providers.iter().find(|provider| provider.id == id)
}

/// Where a provider sends browsers back to, which it has to know. Each has an address of its own, so that no other one can have
/// its answers sent here as if they were theirs (RFC 9700 4.4.2.2).
fn redirect_uri(site: &Site, provider: &IdentityProvider) -> String {
    format!("{}{}/{}", site.realm.origin(), site.page_path(Target::Provider), provider.id)
}

/// The sign-in page, which says why it did not work.
fn say(flow: &Flow<'_>, before: &Before, why: Why) -> Result<Answer, Failure> {
    tracing::info!(?why, "sign-in at a provider refused");
    let to = before.onward.map(|onward| onward.name().to_owned());
    sign_in::again(flow, before.front.as_ref(), &Notice { username: String::new(), why, to })
}

/// Goes on as after a password: to what the realm asks for beside it, then into a session.
async fn go_on(flow: &Flow<'_>, before: Before, verified: &Verified, first: First) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let Before { front, onward } = &before;
    let how = match after_first(flow, front.as_ref(), *onward, verified, first.clone()).await? {
        After::Complete(how) => how,
        After::Ask(answer) => return Ok(answer),
        After::Changed => return say(flow, &before, Why::Again),
    };
    first.complete(state, site, &verified.user.id).await?;
    match begin_session_of(state, site, (flow.incoming, flow.browser), verified, how, first.auth_time).await? {
        Some(begun) => {
            crate::people::arrive::go_on(flow, before.front, before.onward, SignInStep::Provider, begun).await
        }
        None => say(flow, &before, Why::Again),
    }
}
