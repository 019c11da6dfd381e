//! The partners' portal, below `/portal` of a realm whose users are partners: teams, their apps, what is said about them.

mod app;
mod calls;
mod credentials;
mod desk;
mod home;
mod hooks;
mod register;
mod sandbox;
mod sign_up;
mod teams;
mod try_it;
mod uris;

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::browser::Browser;
use crate::people::factor::Onward;
use crate::people::flow::Flow;
use crate::people::page::{portal_script, see_other, with_browser};
use crate::people::session::signed_in;
use crate::people::show;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use desk::Desk;
use http::Method;

/// Shows a page; takes its form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = route(&flow).await;
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn route(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let base = flow.site.page_path(Target::Portal).len();
    let tail = flow.incoming.path().get(base..).unwrap_or_default();
    let takes = match flow.incoming.head.method {
        Method::GET => false,
        Method::POST => true,
        _ => return Ok(wrong_method("GET, POST")),
    };
    let sent = if takes { flow.incoming.body.as_ref() } else { flow.incoming.query().as_bytes() };
    let params = Params::form(sent)?;
    match tail {
        "/sign-up" => return sign_up::answer(flow, takes, &params).await,
        "/confirm" => return sign_up::confirm(flow, takes, &params).await,
        "/join" => return sign_up::join(flow, takes, &params).await,
        "/portal.js" if !takes => return Ok(portal_script()),
        _ => {}
    }
    let Some(who) = signed_in(flow.state, flow.site, flow.browser, "").await? else {
        let to = format!("{}?to={}", flow.site.page_path(Target::SignIn), Onward::Portal.name());
        return Ok(with_browser(see_other(&to), flow.site, flow.browser));
    };
    let desk = Desk::new(flow, who, &params);
    if takes && !desk.is_own(&params) {
        return Ok(desk.go("", "again"));
    }
    if tail == "/terms" && takes {
        return home::accept(&desk, &params).await;
    }
    if let Some(page) = home::terms(&desk).await? {
        return Ok(page);
    }
    let parts: Vec<&str> = tail.trim_start_matches('/').split('/').collect();
    match (&*parts, takes) {
        ([""], false) => home::open(&desk, &params).await,
        (["teams"], true) => teams::create(&desk, &params).await,
        (["teams", id], false) => teams::open(&desk, id, Vec::new()).await,
        (["teams", id], true) => teams::take(&desk, id, &params).await,
        (["teams", id, "sandbox"], false) => sandbox::open(&desk, id, None, Vec::new()).await,
        (["teams", id, "sandbox"], true) => sandbox::take(&desk, id, &params).await,
        (["apps", "new"], false) => register::kind(&desk, params.get("team").unwrap_or_default(), Vec::new()).await,
        (["apps", "new"], true) => register::begin(&desk, &params).await,
        (["apps", id, "draft"], false) => register::open(&desk, id, &params).await,
        (["apps", id, "draft"], true) => register::take(&desk, id, &params).await,
        (["apps", id], false) => app::open(&desk, id, Vec::new()).await,
        (["apps", id], true) => app::take(&desk, id, &params).await,
        (["apps", id, "redirects"], false) => uris::open(&desk, id).await,
        (["apps", id, "redirects"], true) => uris::take(&desk, id, &params).await,
        (["apps", id, "credentials"], false) => credentials::open(&desk, id, None, Vec::new()).await,
        (["apps", id, "credentials"], true) => credentials::take(&desk, id, &params).await,
        (["check-redirects"], true) => Ok(uris::check(&desk, &params)),
        (["apps", id, "calls"], false) => calls::open(&desk, id, &params).await,
        (["apps", id, "calls", "call"], false) => calls::one(&desk, id, &params).await,
        (["apps", id, "webhooks"], false) => hooks::open(&desk, id).await,
        (["apps", id, "webhooks"], true) => hooks::add(&desk, id, &params).await,
        (["apps", id, "webhooks", webhook], false) => hooks::one(&desk, (id, webhook), &params).await,
        (["apps", id, "webhooks", webhook], true) => hooks::take(&desk, (id, webhook), &params).await,
        (["apps", id, "try"], false) => try_it::open(&desk, id, None).await,
        (["apps", id, "try"], true) => try_it::take(&desk, id, &params).await,
        _ => Ok(desk.not_found()),
    }
}
