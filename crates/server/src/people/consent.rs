//! The consent page's form: allow or deny, and for which organisations.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::browser::Browser;
use crate::people::flow::{Flow, consent_on_record, resume};
use crate::people::session::signed_in;
use crate::people::show;
use crate::state::State;
use crate::state::clients::Entry;
use crate::state::sites::Site;
use claviger_core::authorize::{self, AuthorizationRequest};
use claviger_core::token::Id;
use claviger_core::{Params, Refusal, answer as spell};
use claviger_store::{ConsentGrant, SignedIn};
use http::Method;

/// The consent page's own address: shows what is next for a waiting request; takes the form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow { state, site, incoming, browser: &browser };
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
    let Some((id, request, entry)) = flow.own_form(&params).await? else {
        return Ok(show::expired(state, site, flow.incoming));
    };
    let Some(who) = signed_in(state, site, flow.browser, &entry.client.id).await? else {
        return flow.advance(&entry.client, &request, Some(id), None).await;
    };
    if params.get("decision") == Some("allow") {
        return allow(flow, &params, id, &request, &entry, &who).await;
    }
    if !state.store.delete_pending(&id, state.clock.now()).await? {
        return Ok(show::expired(state, site, flow.incoming));
    }
    let delivery = spell::deliver_refusal(&request.destination, &site.realm.issuer, &Refusal::Denied);
    Ok(flow.deliver(&entry.client, &request, delivery))
}

/// What is allowed is written with what comes of it, in [`crate::issue::approve`].
async fn allow(
    flow: &Flow<'_>,
    params: &Params<'_>,
    id: Id,
    request: &AuthorizationRequest,
    entry: &Entry,
    who: &SignedIn,
) -> Result<Answer, Failure> {
    let realm = &flow.site.realm;
    match authorize::picked(realm.dialect.organisation, &who.user, params.all("organisation")) {
        Ok(organisations) => {
            let given = ConsentGrant {
                realm: realm.id.clone(),
                user: who.user.id.clone(),
                client: entry.client.id.clone(),
                scope: request.scope.clone(),
                organisations,
            };
            flow.advance(&entry.client, request, Some(id), Some(given)).await
        }
        Err(_) => nothing_picked(flow, id, request, entry, who).await,
    }
}

/// The page once more, which says that an organisation must be picked.
async fn nothing_picked(
    flow: &Flow<'_>,
    id: Id,
    request: &AuthorizationRequest,
    entry: &Entry,
    who: &SignedIn,
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let organisations = state.store.organisations(&site.realm.id, &who.user.organisations).await?;
    let consent = consent_on_record(Some(who));
    let new = request.scope.iter().filter(|token| !consent.scope.contains(token)).collect();
    let asked =
        show::Asked { client: &entry.client, request, new: &new, organisations, consent: &consent, user: &who.user };
    Ok(show::consent(state, site, flow.browser, &id, &asked, true))
}
