//! The pages of somebody's own account, below `/account`. (What they sign in with has a page of its own: [`super::security`].)

mod apps;
mod company;
mod data;
mod desk;
mod history;
mod home;
pub(crate) mod owner;
mod requests;
mod sessions;

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::browser::Browser;
use crate::people::factor::Onward;
use crate::people::flow::Flow;
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
    let base = flow.site.page_path(Target::Account).len();
    let tail = flow.incoming.path().get(base..).unwrap_or_default();
    let company = tail.strip_prefix("/organisations/").filter(|id| !id.is_empty() && !id.contains('/'));
    let onward = match tail {
        "" | "/language" => Onward::Account,
        "/apps" | "/apps/companies" | "/apps/take-back" => Onward::Apps,
        "/requests" => Onward::Requests,
        "/sessions" => Onward::Sessions,
        "/activity" => Onward::Activity,
        "/licences" => Onward::Licences,
        "/data" => Onward::Data,
        "/delete" => Onward::Delete,
        _ if company.is_some() => Onward::Account,
        _ => return Ok(show::not_found(flow.state, flow.site, flow.incoming)),
    };
    let takes = match flow.incoming.head.method {
        Method::GET => false,
        Method::POST => true,
        _ => return Ok(wrong_method("GET, POST")),
    };
    // What is given away, or cannot be undone, asks for a sign-in of just now.
    let found = match tail {
        "/data" | "/delete" | "/apps/companies" => owner::recent_owner(flow, onward).await?,
        _ if company.is_some() => owner::recent_owner(flow, onward).await?,
        _ => owner::owner(flow, onward).await?.map(|who| (who, Vec::new())),
    };
    let (who, factors) = match found {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let desk = Desk::new(flow, who);
    let sent = if takes { flow.incoming.body.as_ref() } else { flow.incoming.query().as_bytes() };
    let params = Params::form(sent)?;
    if let Some(id) = company {
        return if takes { company::take(&desk, id, &params).await } else { company::open(&desk, id, &params).await };
    }
    match (tail, takes) {
        ("", false) => home::open(&desk, &params).await,
        ("/language", true) => home::choose_language(&desk, &params).await,
        ("/apps", false) => apps::list(&desk, &params).await,
        ("/apps/take-back", false) => apps::ask_back(&desk, &params).await,
        ("/apps/take-back", true) => apps::take_back(&desk, &params).await,
        ("/apps/companies", false) => apps::companies(&desk, &params).await,
        ("/apps/companies", true) => apps::change_companies(&desk, &params).await,
        ("/requests", false) => requests::open(&desk, &params).await,
        ("/requests", true) => requests::take(&desk, &params).await,
        ("/sessions", false) => sessions::open(&desk, &params).await,
        ("/sessions", true) => sessions::take(&desk, &params).await,
        ("/activity", false) => history::activity(&desk, &params).await,
        ("/licences", false) => history::licences(&desk, &params).await,
        ("/licences", true) => history::release(&desk, &params).await,
        ("/data", false) => Ok(data::open(&desk, &params)),
        ("/data", true) => data::download(&desk, &params).await,
        ("/delete", false) => data::ask(&desk, &params, &factors).await,
        ("/delete", true) => data::delete(&desk, &params, &factors).await,
        _ => Ok(wrong_method(if takes { "GET" } else { "POST" })),
    }
}
