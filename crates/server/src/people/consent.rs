//! The consent page's form: allow or deny, and for which organisations.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::issue::delivery::send;
use crate::issue::ping;
use crate::people::about::about;
use crate::people::browser::Browser;
use crate::people::flow::{Flow, Form, Front, consent_on_record, resume};
use crate::people::session::signed_in;
use crate::people::show::{self, Ticks};
use crate::people::waiting::{Kept, Waiting};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::answer::Response;
use claviger_core::authorize;
use claviger_core::{Client, Params, Realm, Refusal};
use claviger_store::{ConsentGrant, SignedIn};
use http::Method;

/// The consent page's own address: shows what is next for a waiting request; takes the form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match incoming.head.method {
        Method::GET => resume(&flow).await,
        Method::POST => take_consent(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn take_consent(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let params = Params::form(&flow.incoming.body)?;
    let Front { waiting, entry } = match flow.own_form(&params).await? {
        Form::Ours(front) => *front,
        Form::Instead(answer) => return Ok(answer),
    };
    let (client, request) = (&entry.client, &waiting.request);
    let Some(who) = signed_in(state, site, flow.browser, &client.id).await? else {
        return flow.advance(client, request, Some(&waiting), None).await;
    };
    // The buttons of a long list, without a script.
    match params.get("select") {
        Some("all") => return once_more(flow, &waiting, client, &who, Ticks::All).await,
        Some("none") => return once_more(flow, &waiting, client, &who, Ticks::None).await,
        _ => {}
    }
    if params.get("decision") == Some("allow") {
        return allow(flow, &params, &waiting, client, &who).await;
    }
    let response = Response::refusal(&request.destination, &site.realm, &Refusal::Denied);
    let delivery = send(state, site, client, &response, state.clock.now()).await?;
    let now = state.clock.now();
    let kept = Kept::new(who.session.hash, now, delivery.clone(), false, None);
    let answered = kept.seal(&waiting, &state.secrets, &site.realm.id)?;
    let is_news = match ping::parcel(&site.realm.id, request, now)? {
        Some(parcel) => {
            let done = state.store.refuse_backchannel(answered, Some(parcel), None, now).await?;
            state.handed_in.notify_one();
            done
        }
        None => state.store.put_answered(answered).await?,
    };
    if !is_news {
        return flow.answered(client, request, Some(&waiting), false, &who).await;
    }
    Ok(flow.deliver(client, request, delivery))
}

/// What is allowed is written with what comes of it, in [`crate::issue::approve`].
async fn allow(
    flow: &Flow<'_>,
    params: &Params<'_>,
    waiting: &Waiting,
    client: &Client,
    who: &SignedIn,
) -> Result<Answer, Failure> {
    let realm = &flow.site.realm;
    match authorize::picked(realm.dialect.organisation, &who.user, params.all("organisation")) {
        Ok(organisations) => {
            let given = ConsentGrant {
                realm: realm.id.clone(),
                user: who.user.id.clone(),
                client: client.id.clone(),
                scope: waiting.request.asked_scope().into_owned(),
                organisations,
                until: chosen_time(realm, client, params, flow.state.clock.now()),
            };
            flow.advance(client, &waiting.request, Some(waiting), Some(given)).await
        }
        Err(_) if who.user.organisations.is_empty() => {
            flow.advance(client, &waiting.request, Some(waiting), None).await
        }
        Err(_) => once_more(flow, waiting, client, who, Ticks::Missing).await,
    }
}

/// When what is allowed now ends, as it was chosen on the page; what people allow an app that is no agent has no such end.
fn chosen_time(realm: &Realm, client: &Client, params: &Params<'_>, now: i64) -> Option<i64> {
    client.is_agent().then(|| realm.agents.chosen(params.get("for")).until(now)).flatten()
}

/// The page once more: it says that an organisation must be picked, or has other ticks.
async fn once_more(
    flow: &Flow<'_>,
    waiting: &Waiting,
    client: &Client,
    who: &SignedIn,
    ticks: Ticks,
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let organisations = state.store.organisations(&site.realm.id, &who.user.organisations).await?;
    let consent = consent_on_record(Some(who), state.clock.now());
    let asked = waiting.request.asked_scope();
    let new = asked.iter().filter(|token| !consent.scope.contains(token)).collect();
    let about = about(state, site, client, &show::language(site, flow.browser, &waiting.request)).await?;
    let asked = show::Asked { client, waiting, new: &new, organisations, consent: &consent, user: &who.user, about };
    show::consent(state, site, flow.browser, &asked, ticks)
}
