//! Back from the consent page.

use super::{client_of, reject, said_of, unreadable};
use crate::failure::Failure;
use crate::http::Answer;
use crate::issue::approve::{Approved, approve};
use crate::pages::views::Ended;
use crate::people::check_session::in_step;
use crate::people::evidence::Agreed;
use crate::people::flow::{Flow, consent_on_record};
use crate::people::login_app::challenge::{ConsentChallenge, LoginChallenge, Outcome, Settled, settled, use_up};
use crate::people::login_app::said::{ConsentSaid, LoginSaid, Named};
use crate::people::waiting::Waiting;
use claviger_core::audience::Audience;
use claviger_core::authorize::{self, AuthorizationRequest};
use claviger_core::told::Told;
use claviger_core::unique::Members;
use claviger_core::{Client, Refusal, ScopeSet};
use claviger_store::{AppConsent, ConsentGrant, SignedIn};
use serde_json::json;

/// Gives the client what was allowed.
pub(super) async fn go_on(flow: &Flow<'_>, text: &str) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let realm = &site.realm.id;
    let Settled { challenge, outcome } = match said_of::<ConsentChallenge>(flow, text).await? {
        Ok(settled) => settled,
        Err(answer) => return Ok(answer),
    };
    let login = settled::<LoginChallenge>(&challenge.login(), state, realm).await?;
    let Some(Settled { challenge: login, outcome: Outcome::Accepted(signed_in) }) = login else {
        return Ok(unreadable(flow));
    };
    let waiting = login.waiting();
    let entry = match client_of(flow, &waiting).await? {
        Ok(entry) => entry,
        Err(answer) => return Ok(answer),
    };
    let client = &entry.client;
    if !use_up(&challenge, state, realm).await? {
        return Ok(flow.ended(Ended::Used, client, &waiting.request));
    }
    let said = match outcome {
        Outcome::Accepted(said) => said,
        Outcome::Rejected(rejection) => return reject(flow, client, &waiting, &rejection).await,
    };
    let found = state.store.signed_in(&challenge.session(), &client.id, state.clock.now()).await?;
    let Some(who) = found.filter(|who| who.session.realm == *realm && !who.user.disabled) else {
        return Ok(flow.ended(Ended::TooLong, client, &waiting.request));
    };
    give(flow, client, &waiting, &who, (&signed_in, &said)).await
}

async fn give(
    flow: &Flow<'_>,
    client: &Client,
    waiting: &Waiting,
    who: &SignedIn,
    (signed_in, said): (&LoginSaid, &ConsentSaid),
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let scope = allowed_scope(&waiting.request, said);
    let request = narrowed(&waiting.request, &scope, said);
    let organisations = match organisations(flow, who, said) {
        Ok(organisations) => organisations,
        Err(refusal) => return flow.refuse(client, &request, &refusal).await,
    };
    let given = ConsentGrant {
        realm: site.realm.id.clone(),
        user: who.user.id.clone(),
        client: client.id.clone(),
        scope,
        organisations: organisations.clone(),
        until: None,
    };
    let agreed =
        Agreed { state, site, incoming: flow.incoming, client, user: &who.user, organisations: &organisations };
    let evidence = Some(agreed.to_another_page(&given.scope).await?);
    state.store.put_app_consent(kept(&given, &request, said, state.clock.now())?).await?;
    let approved = Approved {
        client,
        request: &request,
        who,
        organisations,
        waiting: Some(waiting),
        given: Some(given),
        evidence,
        precondition: None,
        told: Some(Box::new(told(signed_in, said))),
    };
    let session = who.session.hash;
    match approve(state, site, approved).await? {
        Some(delivery) => {
            flow.scene().connected(client, who).await;
            Ok(in_step(flow.deliver(client, &request, delivery), site, flow.browser, Some(&session)))
        }
        None => flow.answered(client, &request, Some(waiting), true, who).await,
    }
}

/// What was asked for and allowed.
fn allowed_scope(request: &AuthorizationRequest, said: &ConsentSaid) -> ScopeSet {
    let allowed = Members::of(&said.grant_scope);
    request.asked_scope().iter().filter(|token| allowed.contain(token)).collect()
}

/// The request as far as it was allowed.
fn narrowed(request: &AuthorizationRequest, allowed: &ScopeSet, said: &ConsentSaid) -> AuthorizationRequest {
    let mut request = request.clone();
    let scope = request.scope.within(allowed);
    request.scope_differs |= !scope.same(&request.scope);
    request.scope = scope;
    let names = Members::of(&said.grant_access_token_audience);
    let apis: Vec<&str> = request.audience.iter().filter(|name| names.contain(name)).collect();
    if let Some(audience) = Audience::of(&apis) {
        request.audience = audience;
    }
    request
}

/// The organisations that were picked; those of before, where nothing is said.
fn organisations(flow: &Flow<'_>, who: &SignedIn, said: &ConsentSaid) -> Result<Vec<String>, Refusal> {
    let choice = flow.site.realm.dialect.organisation;
    // It was read when the app said it.
    if let Some(named) = said.organisations().unwrap_or_default() {
        return authorize::picked(choice, &who.user, named.iter().map(Named::id));
    }
    let before = consent_on_record(Some(who), flow.state.clock.now()).organisations;
    let own = Members::of(&who.user.organisations);
    authorize::picked(choice, &who.user, before.iter().map(String::as_str).filter(|id| own.contain(id)))
}

/// What goes into tokens.
fn told(signed_in: &LoginSaid, said: &ConsentSaid) -> Told {
    Told {
        access_token: said.session.access_token.clone(),
        id_token: said.session.id_token.clone(),
        acr: signed_in.acr.clone().filter(|acr| !acr.is_empty()),
        amr: signed_in.amr.clone(),
        subject: signed_in.force_subject_identifier.clone().filter(|subject| !subject.is_empty()),
    }
}

/// What is kept of it for the app, and for how long it need not ask again.
fn kept(
    given: &ConsentGrant,
    request: &AuthorizationRequest,
    said: &ConsentSaid,
    now: i64,
) -> Result<AppConsent, Failure> {
    let doc = json!({
        "grant_scope": given.scope.iter().collect::<Vec<_>>(),
        "grant_access_token_audience": request.audience.iter().collect::<Vec<_>>(),
        "session": { "access_token": said.session.access_token, "id_token": said.session.id_token },
        "context": said.context,
        "remember": said.remember,
        "remember_for": said.remember_for,
        "handled_at": now,
    });
    let remembered_until = match (said.remember, said.remember_for) {
        (false, _) => 0,
        (true, seconds) if seconds > 0 => now.saturating_add(seconds.saturating_mul(1000)),
        (true, _) => i64::MAX,
    };
    let ConsentGrant { realm, user, client, .. } = given.clone();
    Ok(AppConsent { realm, user, client, doc: serde_json::to_string(&doc)?, remembered_until })
}
