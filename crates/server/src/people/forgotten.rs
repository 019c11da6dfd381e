//! Whoever forgot their password asks for a link by mail.
//!
//! The page says the same whoever is meant, after the same time, and an address that nobody has gets a mail as well, which says so to
//! whoever reads it there.

use crate::admin::letters::Post;
use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::Pages;
use crate::pages::mails::LinkMailKind;
use crate::pages::views::{LinkState, UserLinkPage};
use crate::people::browser::Browser;
use crate::people::page::{Speech, no_store, view};
use crate::people::show::{self, see_other, with_browser};
use crate::state::State;
use crate::state::rates::Counted;
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use claviger_core::user::{User, is_mail_address};
use claviger_store::LinkKind;
use http::Method;
use std::time::Duration;
use tokio::time::Instant;

/// How many links somebody gets within an hour, and how many one address may ask for.
const HOURLY: u32 = 3;
const HOURLY_PER_ADDRESS: u32 = 20;
/// An answer takes so long, or twice as long and so on.
const UNTIL_ANSWERED: Duration = Duration::from_millis(200);

/// Shows the page; takes its form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let result = match incoming.head.method {
        _ if !site.realm.sign_in.reset_by_mail => return show::not_found(state, site, incoming),
        Method::GET => Ok(open(state, site, incoming)),
        Method::POST => take(state, site, incoming).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

fn open(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let shown = match incoming.query() {
        "sent" => LinkState::Sent,
        query => LinkState::Ask { again: query == "again" },
    };
    page(state, site, &browser, shown, site.page_path(Target::Forgotten), None)
}

/// A page of links.
pub(crate) fn page(
    state: &State,
    site: &Site,
    browser: &Browser,
    shown: LinkState,
    action: String,
    link: Option<&claviger_core::token::Id>,
) -> Answer {
    let page = UserLinkPage {
        state: shown,
        action,
        csrf: browser.form_token(&state.secrets.forms, link).into(),
        sign_in_url: site.page_path(Target::SignIn),
    };
    let mut answer = view(state, site, Speech::of_browser(browser, None), &page);
    no_store(&mut answer);
    with_browser(answer, site, browser)
}

async fn take(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    let began = Instant::now();
    let browser = Browser::read(&site.realm, incoming);
    let path = site.page_path(Target::Forgotten);
    let params = Params::form(&incoming.body)?;
    let token = params.get("csrf").unwrap_or_default();
    if !browser.is_own_form(site, incoming, &state.secrets.forms, None, token) {
        return Ok(with_browser(see_other(&format!("{path}?again")), site, &browser));
    }
    let typed = params.get("username").unwrap_or_default().trim();
    let key = User::username_key(typed);
    let named = Counted::of_realm(&format!("forgotten\0{key}"), &site.realm.id, HOURLY);
    let from = Counted::of_address("forgotten", &site.realm.id, incoming.client, HOURLY_PER_ADDRESS);
    let each: Vec<Counted> = from.into_iter().chain([named]).collect();
    if !typed.is_empty() && typed.len() <= 256 && state.rates.take(&each, state.clock.now()).is_ok() {
        send(state, site, typed).await?;
    } else {
        tracing::info!("no link was sent: too many were asked for, or for nobody");
    }
    let periods = began.elapsed().as_millis() / UNTIL_ANSWERED.as_millis() + 1;
    tokio::time::sleep_until(began + UNTIL_ANSWERED.saturating_mul(u32::try_from(periods).unwrap_or(1))).await;
    Ok(see_other(&format!("{path}?sent")))
}

/// Sends whoever is meant a link; an address that nobody has, a mail that says so.
async fn send(state: &State, site: &Site, typed: &str) -> Result<(), Failure> {
    let found = state.store.login_to_verify(&site.realm.id, typed).await?.map(|(stored, _)| stored.user);
    let user = found.filter(|user| !user.disabled);
    let pages = state.pages.load_full();
    let known = user.as_ref().and_then(|user| Some((user, user.email.as_deref()?)));
    if let Some((user, to)) = known
        && signs_in_elsewhere(state, site, user).await?
    {
        return Ok(post(state, site, &pages).tell(Some(user), LinkMailKind::Provider, to).await?);
    }
    match known {
        Some((user, to)) => post(state, site, &pages).send_link(user, LinkKind::Reset, to).await?,
        None if is_mail_address(typed) => post(state, site, &pages).tell(None, LinkMailKind::Nobody, typed).await?,
        None => {}
    }
    Ok(())
}

/// Whether somebody has no password, and signs in at a provider: whoever the provider lets in no more does not come in by a mail either.
async fn signs_in_elsewhere(state: &State, site: &Site, user: &User) -> Result<bool, Failure> {
    let realm = &site.realm.id;
    let stored = state.store.user(realm, &user.id).await?;
    let has_none = stored.is_some_and(|stored| stored.password_hash.is_none());
    Ok(has_none && !state.store.provider_accounts(realm, &user.id).await?.is_empty())
}

/// Who sends mails for a site.
pub(crate) fn post<'a>(state: &'a State, site: &'a Site, pages: &'a Pages) -> Post<'a> {
    Post { store: &state.store, secrets: &state.secrets, pages, realm: &site.realm, now: state.clock.now() }
}
