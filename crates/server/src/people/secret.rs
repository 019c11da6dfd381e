//! Behind the one-time link of the approval mail.
//!
//! GET shows a button and uses nothing up: mail scanners open links. POST, from that page in that browser, consumes the
//! link and shows the secret; whoever comes second learns that it was shown. A secret that was retired since, and one of an app
//! that was stopped or removed, is not shown.

use crate::admin::apps;
use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming, trace};
use crate::pages::TokenCall;
use crate::pages::views::{SecretOnce, SecretState};
use crate::people::browser::Browser;
use crate::people::show::{self, Speech};
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::client::{ClientStatus, GrantType};
use claviger_core::dialect::AudienceParameter;
use claviger_core::dialect::Endpoint;
use claviger_core::token::{self, Id, Kind, Plain};
use claviger_core::{Client, Params};
use http::Method;

/// Shows the button, or the secret.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let result = match incoming.head.method {
        Method::GET => offer(state, site, incoming).await,
        Method::POST => reveal(state, site, incoming).await,
        _ => return wrong_method("GET, POST"),
    };
    let mut answer = result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure));
    show::no_store(&mut answer);
    answer
}

/// The link of a request's query; `None` if it is none of ours.
fn link(incoming: &Incoming) -> Result<Option<(Id, Plain)>, Failure> {
    let params = Params::form(incoming.query().as_bytes())?;
    let text = params.get("link").unwrap_or_default();
    Ok(token::row_id(Kind::Link, text).map(|id| (id, Plain::from(text))))
}

/// What is behind a link, as far as it may be shown now.
enum Behind {
    /// A secret that works, of an app that may use it.
    Live(Box<Live>),
    /// What the page says in its place.
    Nothing(SecretState),
}

struct Live {
    client: Client,
    secret: Plain,
    /// When the link is over.
    expires_at: i64,
    /// Names it among the app's secrets.
    secret_id: String,
}

/// Looks without using anything up: the app may be resumed before the link is over.
async fn look(state: &State, site: &Site, link: &Plain) -> Result<Behind, Failure> {
    let now = state.clock.now();
    let found = state.store.link(&link.hash(), now).await?;
    // Nor is a link of one realm used up by another.
    let Some(behind) = found.filter(|behind| behind.realm == site.realm.id) else {
        return Ok(Behind::Nothing(SecretState::Used));
    };
    let known = state.store.client_with_secrets(&behind.realm, &behind.client).await?;
    let Some((client, secrets)) = known.filter(|(client, _)| client.status == ClientStatus::Active) else {
        return Ok(Behind::Nothing(SecretState::Stopped));
    };
    let secret = apps::open_link(link, &behind.realm, &behind.client, &behind.sealed)
        .ok_or_else(|| Failure::Fault("what lies behind a one-time link does not open".to_owned()))?;
    let mut tags = state.secrets.client_secret_tags(secret.expose());
    let stored = secrets.into_iter().find(|stored| stored.is_live(now) && tags.fits(&stored.hash));
    Ok(match stored {
        Some(stored) => {
            Behind::Live(Box::new(Live { client, secret, expires_at: behind.expires_at, secret_id: stored.id }))
        }
        None => Behind::Nothing(SecretState::Retired),
    })
}

async fn offer(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let Some((id, link)) = link(incoming)? else { return Ok(closed(state, site, incoming, SecretState::Mangled)) };
    let (client, expires_at) = match look(state, site, &link).await? {
        Behind::Live(live) => (live.client, live.expires_at),
        Behind::Nothing(why) => return Ok(closed(state, site, incoming, why)),
    };
    let browser = Browser::read(&site.realm, incoming);
    let page = SecretOnce {
        app_name: client.name.clone(),
        client_id: client.id.clone(),
        endpoints: apps::address_pairs(&site.realm, &client),
        state: SecretState::Offered {
            action: format!("{}?link={}", site.page_path(Target::Secret), link.expose()),
            csrf: browser.form_token(&state.secrets.forms, Some(&id)).into(),
            ends_in: u64::try_from((expires_at - state.clock.now()) / 1000).unwrap_or_default(),
        },
    };
    Ok(show::with_browser(show::view(state, site, Speech::of(incoming, None), &page), site, &browser))
}

async fn reveal(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let Some((id, link)) = link(incoming)? else { return Ok(closed(state, site, incoming, SecretState::Mangled)) };
    let browser = Browser::read(&site.realm, incoming);
    let params = Params::form(&incoming.body)?;
    let form = params.get("csrf").unwrap_or_default();
    if !browser.is_own_form(site, incoming, &state.secrets.forms, Some(&id), form) {
        // Cookies were lost, or the page stood in another browser: nothing is used up, and the button is shown anew.
        return offer(state, site, incoming).await;
    }
    let live = match look(state, site, &link).await? {
        Behind::Live(live) => *live,
        Behind::Nothing(why) => return Ok(closed(state, site, incoming, why)),
    };
    let Live { client, secret, secret_id, .. } = live;
    if !state.store.consume_link(&link.hash(), &secret_id, state.clock.now()).await? {
        // Somebody was faster: another browser, or whoever retired the secret or stopped the app. The next look tells.
        let why = match look(state, site, &link).await? {
            Behind::Live(_) => SecretState::Used,
            Behind::Nothing(why) => why,
        };
        return Ok(closed(state, site, incoming, why));
    }
    trace::client(&client.id);
    tracing::info!("a client secret was shown");
    let page = SecretOnce {
        app_name: client.name.clone(),
        client_id: client.id.clone(),
        endpoints: apps::address_pairs(&site.realm, &client),
        state: SecretState::Shown { secret: secret.expose().into(), try_it: try_it(site, &client) },
    };
    Ok(show::view(state, site, Speech::of(incoming, None), &page))
}

/// The page that shows nothing, and why.
fn closed(state: &State, site: &Site, incoming: &Incoming, why: SecretState) -> Answer {
    let page = SecretOnce { app_name: String::new(), client_id: String::new(), endpoints: Vec::new(), state: why };
    show::view(state, site, Speech::of(incoming, None), &page)
}

/// A call that needs nothing but the credentials; for an app that may act for itself.
pub(crate) fn try_it(site: &Site, client: &Client) -> Option<TokenCall> {
    let url = site.realm.url(Endpoint::Token).filter(|_| client.may(GrantType::ClientCredentials))?;
    let mut parameters = vec![("grant_type".to_owned(), GrantType::ClientCredentials.name().to_owned())];
    if site.realm.dialect.token.audience == AudienceParameter::Required {
        parameters.extend(client.audiences.first().map(|audience| ("audience".to_owned(), audience.clone())));
    }
    Some(TokenCall { url, parameters, basic: true })
}
