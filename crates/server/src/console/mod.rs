//! The console: where whoever administers realms does so in a browser.
//!
//! Its pages are at the authority of an admin realm, below the path that the realm says (`[administration] console-path`). Each
//! page reads, and each form calls an act of [`crate::admin`] by whoever is signed in; nothing is decided here but who sees what.
//! Pages are put together of few kinds of blocks ([`crate::pages::views::console`]). Everything works without scripts.
//!
//! - `/`, `/approvals`, `/audit`, `/people`: of all realms that somebody administers.
//! - `/r/REALM/PLACE`, `/r/REALM/THING?id=..`: of one realm. (Ids of apps may be addresses, so they are no part of a path.)

mod app;
mod app_edit;
mod approvals;
mod apps;
mod audit;
mod build;
mod calls;
mod company;
mod conversation;
mod deadline;
mod desk;
mod dialect;
mod enter;
mod evaluate;
mod given;
mod home;
mod keys;
mod multipart;
mod people;
mod realm;
mod seats;
mod settings;
mod trouble;
mod user;
mod users;
mod webhooks;
mod wrong;

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::browser::Browser;
use crate::people::flow::Flow;
use crate::people::show;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::{Params, Refusal};
use desk::{Desk, Stop};
use http::Method;

/// Shows a page; takes its form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = route(&flow).await;
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn route(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let takes = match flow.incoming.head.method {
        Method::GET => false,
        Method::POST => true,
        _ => return Ok(wrong_method("GET, POST")),
    };
    let mut desk = match enter::enter(flow).await? {
        Ok(desk) => desk,
        Err(answer) => return Ok(answer),
    };
    let sent = if takes { flow.incoming.body.as_ref() } else { flow.incoming.query().as_bytes() };
    let params = match multipart::boundary(flow.incoming.header("content-type").unwrap_or_default()) {
        Some(boundary) if takes => {
            let broken =
                Refusal::MalformedBody("the form could not be read: choose the file again, and send it once more");
            let sent = multipart::read(&flow.incoming.body, boundary).ok_or(broken)?;
            desk.file = sent.file;
            Params::of_pairs(sent.fields)?
        }
        _ => Params::form(sent)?,
    };
    if takes && !desk.is_own(&params) {
        return Ok(desk.again());
    }
    let tail = flow.incoming.path().get(desk.base.len()..).unwrap_or_default().to_owned();
    let parts: Vec<&str> = tail.split('/').filter(|part| !part.is_empty()).collect();
    let result = match parts.as_slice() {
        ["r", realm, rest @ ..] => of_realm(&desk, realm, rest, &params, takes).await,
        parts => of_all(&desk, parts, &params, takes).await,
    };
    desk.end(result)
}

/// The pages of all realms.
async fn of_all(desk: &Desk<'_>, parts: &[&str], params: &Params<'_>, takes: bool) -> Result<Answer, Stop> {
    match (parts, takes) {
        ([], false) => home::open(desk, params).await,
        (["approvals"], false) => approvals::open(desk, params).await,
        (["audit"], false) => audit::open(desk, params).await,
        (["audit.csv"], false) => audit::csv(desk, params).await,
        (["audit.json"], false) => audit::json(desk, params).await,
        (["people"], false) => people::open(desk, params).await,
        (["people"], true) => people::take(desk, params).await,
        _ => Err(Stop::NotFound),
    }
}

/// The pages of one realm.
async fn of_realm(desk: &Desk<'_>, id: &str, parts: &[&str], params: &Params<'_>, takes: bool) -> Result<Answer, Stop> {
    let of = desk.realm(id).await?;
    match (parts, takes) {
        ([], false) => realm::open(&of, params).await,
        (["settings"], false) => settings::open(&of, params).await,
        (["settings"], true) => settings::take(&of, params).await,
        (["settings", "logo"], true) => settings::take_logo(&of).await,
        (["raw"], false) => realm::raw(&of, params),
        (["apps"], false) => apps::open(&of, params).await,
        (["apps", "new"], false) => app_edit::new(&of),
        (["apps", "new"], true) => app_edit::register(&of, params).await,
        (["app"], false) => app::open(&of, params).await,
        (["app"], true) => app::take(&of, params).await,
        (["app", "edit"], false) => app_edit::open(&of, params).await,
        (["app", "edit"], true) => app_edit::take(&of, params).await,
        (["users"], false) => users::open(&of, params).await,
        (["users"], true) => users::add(&of, params).await,
        (["user"], false) => user::open(&of, params).await,
        (["user"], true) => user::take(&of, params).await,
        (["organisations"], false) => company::open(&of, params).await,
        (["organisations"], true) => company::add(&of, params).await,
        (["organisation"], false) => company::one(&of, params).await,
        (["organisation"], true) => company::take(&of, params).await,
        (["grants"], false) => given::open(&of, params).await,
        (["grants"], true) => given::take(&of, params).await,
        (["seats"], false) => seats::open(&of, params).await,
        (["seats"], true) => seats::take(&of, params).await,
        (["keys"], false) => keys::open(&of, params).await,
        (["keys"], true) => keys::take(&of, params).await,
        (["webhooks"], false) => webhooks::open(&of, params).await,
        (["webhooks"], true) => webhooks::add(&of, params).await,
        (["webhook"], false) => webhooks::one(&of, params).await,
        (["webhook"], true) => webhooks::take(&of, params).await,
        (["calls"], false) => calls::open(&of, params).await,
        (["call"], false) => calls::one(&of, params).await,
        (["evaluate"], false) => evaluate::open(&of, params).await,
        (["dialect"], false) => dialect::open(&of, params).await,
        (["deadline"], false) => deadline::open(&of, params).await,
        (["deadline"], true) => deadline::take(&of, params).await,
        _ => Err(Stop::NotFound),
    }
}
