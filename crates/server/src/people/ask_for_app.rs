//! An app that came by its document and that the operator has not approved: whoever wanted to connect it is told so, and can
//! ask for it. `claviger app list --status pending` is the operator's queue, `claviger app show` tells who asked.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::NotApproved;
use crate::people::browser::Browser;
use crate::people::flow::Flow;
use crate::people::page::{Speech, no_store, view};
use crate::people::session::signed_in;
use crate::people::show::{self, see_other, with_browser};
use crate::state::State;
use crate::state::rates::Counted;
use crate::state::sites::{Site, Target};
use claviger_core::client::ClientStatus;
use claviger_core::params::form_encode;
use claviger_core::{Client, Params};
use http::Method;

/// How often somebody asks within an hour from one address.
const HOURLY_PER_ADDRESS: u32 = 20;

/// The page, where a client that came by its document waits for approval.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn instead(flow: &Flow<'_>, client: &Client) -> Result<Option<Answer>, Failure> {
    let Flow { state, site, browser, .. } = *flow;
    if client.status != ClientStatus::Pending || !client.registered.self_registered {
        return Ok(None);
    }
    if state.store.client_document(&site.realm.id, &client.id).await?.is_none() {
        return Ok(None);
    }
    tracing::info!(client = client.id, "an app that waits for approval was asked for");
    Ok(Some(page(state, site, browser, client, false)))
}

/// Takes the request; shows that it was taken.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let result = match incoming.head.method {
        Method::GET => sent(state, site, incoming).await,
        Method::POST => take(state, site, incoming).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

fn page(state: &State, site: &Site, browser: &Browser, client: &Client, asked: bool) -> Answer {
    let page = NotApproved {
        client_name: client.name.clone(),
        publisher: client.publisher.clone().unwrap_or_default(),
        asked,
        action: site.page_path(Target::AskForApp),
        client: client.id.clone(),
        csrf: browser.form_token(&state.secrets.forms, None).into(),
        contact: site.realm.brand.contact.clone(),
    };
    let mut answer = view(state, site, Speech::of_browser(browser, None), &page);
    no_store(&mut answer);
    with_browser(answer, site, browser)
}

/// The client that a form or an address names, if there is one that waits.
async fn waiting(state: &State, site: &Site, params: &Params<'_>) -> Result<Option<Client>, Failure> {
    let Some(id) = params.get("client").filter(|id| id.len() <= 256) else { return Ok(None) };
    let entry = state.clients.load(&state.store, &site.realm.id, id).await?;
    Ok(entry.map(|entry| entry.client.clone()).filter(|client| client.status == ClientStatus::Pending))
}

async fn sent(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let browser = Browser::read(&site.realm, incoming);
    let params = Params::form(incoming.query().as_bytes())?;
    let Some(client) = waiting(state, site, &params).await? else {
        return Ok(show::not_found(state, site, incoming));
    };
    Ok(page(state, site, &browser, &client, params.get("asked").is_some()))
}

async fn take(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let browser = Browser::read(&site.realm, incoming);
    let params = Params::form(&incoming.body)?;
    let Some(client) = waiting(state, site, &params).await? else {
        return Ok(show::not_found(state, site, incoming));
    };
    let token = params.get("csrf").unwrap_or_default();
    let mut there = format!("{}?", site.page_path(Target::AskForApp));
    form_encode(&mut there, "client", &client.id);
    if !browser.is_own_form(site, incoming, &state.secrets.forms, None, token) {
        return Ok(with_browser(see_other(&there), site, &browser));
    }
    let now = state.clock.now();
    let from = Counted::of_address("ask-for-app", &site.realm.id, incoming.client, HOURLY_PER_ADDRESS);
    let each: Vec<Counted> = from.into_iter().collect();
    if state.rates.take(&each, now).is_ok() {
        let who = signed_in(state, site, &browser, "").await?;
        let user = who.as_ref().map(|who| who.user.id.as_str());
        state.store.ask_for_client(&site.realm.id, &client.id, user, now).await?;
        tracing::info!(client = client.id, "somebody asks the operator for an app");
    }
    form_encode(&mut there, "asked", "1");
    Ok(see_other(&there))
}
