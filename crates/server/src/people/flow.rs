//! A browser's way through an authorization request: what it is shown next, until there is an answer.
//!
//! 1. The authorization endpoint begins with [`Flow::advance`], which asks [`authorize::next_step`] what the browser sees
//!    now: a page, for which the request is saved, or the answer. 2. The pages' forms ([`super::sign_in`],
//!    [`super::consent`]) find the saved request again ([`Flow::waiting`]), do their one thing and advance once more.
//! 3. [`crate::issue::approve`] makes the code or the implicit token.
//!
//! The endpoint and the forms' targets know this module; it knows neither.

use crate::failure::Failure;
use crate::http::{Answer, Incoming};
use crate::ids;
use crate::issue::approve::{Approved, approve};
use crate::people::browser::Browser;
use crate::people::session::{recalled, signed_in};
use crate::people::show::{self, Speech};
use crate::state::State;
use crate::state::clients::Entry;
use crate::state::sites::Site;
use claviger_core::answer::{self, Delivery};
use claviger_core::authorize::{self, AuthorizationRequest, Step};
use claviger_core::claims::id_from_text;
use claviger_core::client::ClientStatus;
use claviger_core::dialect::{Legacy, ResponseType};
use claviger_core::token::Id;
use claviger_core::{Client, Params, Refusal};
use claviger_store::{ConsentGrant, Pending, SignedIn};
use std::sync::Arc;

/// What is kept of a request while a person is in front of its pages.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Saved {
    request: AuthorizationRequest,
}

/// A request that waits: its id, itself, its client as it is now.
pub(crate) type Waiting = (Id, AuthorizationRequest, Arc<Entry>);

/// A browser in front of one site.
pub(crate) struct Flow<'a> {
    pub(crate) state: &'a State,
    pub(crate) site: &'a Site,
    pub(crate) incoming: &'a Incoming,
    pub(crate) browser: &'a Browser,
}

impl Flow<'_> {
    /// Shows what is next: a page, or the answer. `pending`: where the request is saved already; `given`: what the user
    /// has just allowed. From here on even our own trouble travels back to the client (RFC 6749 4.1.2.1).
    pub(crate) async fn advance(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        pending: Option<Id>,
        given: Option<ConsentGrant>,
    ) -> Result<Answer, Failure> {
        match self.step(client, request, pending, given).await {
            Err(failure @ (Failure::Fault(_) | Failure::Busy(_) | Failure::Database(_))) => {
                let (code, description) = failure.log(self.incoming.id);
                let issuer = &self.site.realm.issuer;
                let delivery = answer::deliver_error(&request.destination, issuer, code, &description);
                Ok(self.deliver(client, request, delivery))
            }
            other => other,
        }
    }

    /// The answer on its way to the client; a page, where there is one, in the language that the request asked for.
    pub(crate) fn deliver(&self, client: &Client, request: &AuthorizationRequest, delivery: Delivery) -> Answer {
        let speech = Speech::of(self.incoming, request.ui_locales.as_deref());
        show::delivery(self.state, self.site, speech, &client.name, delivery)
    }

    /// The code, where what is recalled of this browser leads to one and still stands.
    async fn at_once(&self, client: &Client, request: &AuthorizationRequest) -> Result<Option<Answer>, Failure> {
        let (state, site) = (self.state, self.site);
        let recalled = recalled(state, site, self.browser, &client.id);
        let Some(who) = recalled.filter(|_| request.response_type == ResponseType::Code) else { return Ok(None) };
        let consent = consent_on_record(Some(&who));
        let session = authorize::Session { user: &who.user, auth_time: who.session.auth_time };
        match authorize::next_step(&site.realm, client, request, Some(session), &consent, false, state.clock.now()) {
            Step::Approve { organisations } => {
                let precondition = Some(who.session_precondition());
                let approved =
                    Approved { client, request, who: &who, organisations, pending: None, given: None, precondition };
                let delivery = approve(state, site, approved).await?;
                Ok(delivery.map(|delivery| self.deliver(client, request, delivery)))
            }
            _ => Ok(None),
        }
    }

    async fn step(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        pending: Option<Id>,
        given: Option<ConsentGrant>,
    ) -> Result<Answer, Failure> {
        let (state, site) = (self.state, self.site);
        if pending.is_none()
            && let Some(answer) = self.at_once(client, request).await?
        {
            return Ok(answer);
        }
        let signed_in = signed_in(state, site, self.browser, &client.id).await?;
        let now = state.clock.now();
        let mut consent = consent_on_record(signed_in.as_ref());
        if let Some(given) = &given {
            consent.scope.extend(&given.scope);
            consent.organisations.clone_from(&given.organisations);
        }
        let session =
            signed_in.as_ref().map(|who| authorize::Session { user: &who.user, auth_time: who.session.auth_time });
        match authorize::next_step(&site.realm, client, request, session, &consent, given.is_some(), now) {
            Step::SignIn => {
                let pending = self.save(request, pending, now).await?;
                let username = request.login_hint.clone().unwrap_or_default();
                Ok(show::sign_in(state, site, self.browser, Some((client, request, &pending)), username, None))
            }
            Step::Consent { new, organisations } => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let pending = self.save(request, pending, now).await?;
                let organisations = state.store.organisations(&site.realm.id, &organisations).await?;
                let asked =
                    show::Asked { client, request, new: &new, organisations, consent: &consent, user: &who.user };
                Ok(show::consent(state, site, self.browser, &pending, &asked, false))
            }
            Step::Approve { organisations } => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let is_on_record = given.is_none();
                let approved = Approved { client, request, who, organisations, pending, given, precondition: None };
                let Some(delivery) = approve(state, site, approved).await? else {
                    return Ok(show::expired(state, site, self.incoming));
                };
                if let Some(who) = signed_in.filter(|_| is_on_record) {
                    state.recall.keep_session(&client.id, who);
                }
                Ok(self.deliver(client, request, delivery))
            }
            Step::Refuse(refusal) => {
                let delivery = answer::deliver_refusal(&request.destination, &site.realm.issuer, &refusal);
                Ok(self.deliver(client, request, delivery))
            }
        }
    }

    async fn save(&self, request: &AuthorizationRequest, pending: Option<Id>, now: i64) -> Result<Id, Failure> {
        if let Some(pending) = pending {
            return Ok(pending);
        }
        let id = ids::new(now);
        let row = Pending {
            id,
            realm: self.site.realm.id.clone(),
            browser_hash: self.browser.hash(),
            doc: serde_json::to_string(&Saved { request: request.clone() })?,
            expires_at: now + self.site.realm.sessions.pending.as_millis(),
        };
        self.state.store.put_pending(row).await?;
        Ok(id)
    }

    /// The request that waits in this browser, with its client as it is now; `None` if there is none (any more).
    pub(crate) async fn waiting(&self, id: &str) -> Result<Option<Waiting>, Failure> {
        let Some(id) = id_from_text(id) else { return Ok(None) };
        let now = self.state.clock.now();
        let Some(pending) = self.state.store.pending(&id, now).await? else { return Ok(None) };
        if pending.realm != self.site.realm.id || pending.browser_hash != self.browser.hash() {
            return Ok(None);
        }
        let Saved { request } = serde_json::from_str(&pending.doc)?;
        let Some(entry) = self.state.clients.load(&self.state.store, &self.site.realm.id, &request.client).await?
        else {
            return Ok(None);
        };
        Ok(still_allowed(self.site, &entry.client, &request).then_some((id, request, entry)))
    }

    /// The waiting request of a form on the consent page; `None` if the form is not ours or the request has gone.
    pub(crate) async fn own_form(&self, params: &Params<'_>) -> Result<Option<Waiting>, Failure> {
        let pending = params.get("pending").unwrap_or_default();
        let id = id_from_text(pending);
        let token = params.get("csrf").unwrap_or_default();
        if !self.browser.is_own_consent(self.site, self.incoming, &self.state.secrets.forms, id.as_ref(), token) {
            return Ok(None);
        }
        self.waiting(pending).await
    }
}

/// What the user has let the client do until now.
pub(crate) fn consent_on_record(who: Option<&SignedIn>) -> authorize::Consent {
    let found = who.and_then(|who| who.consent.clone());
    found.map(|found| authorize::Consent { scope: found.scope, organisations: found.organisations }).unwrap_or_default()
}

/// What was allowed when the request arrived may have been taken back while its person was reading.
fn still_allowed(site: &Site, client: &Client, request: &AuthorizationRequest) -> bool {
    let implicit = request.response_type != ResponseType::Token || site.realm.allows(client, Legacy::Implicit);
    let redirect = authorize::registered_redirect(&site.realm, client, &request.destination.redirect_uri);
    client.status == ClientStatus::Active
        && client.may_respond(request.response_type)
        && implicit
        && redirect.is_some()
        && request.scope.is_subset(&client.scope)
}

/// A GET of a page's address goes on with the waiting request that it names.
pub(crate) async fn resume(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(flow.incoming.query().as_bytes())?;
    let Some(id) = params.get("request") else {
        return front_page(flow.state, flow.site, flow.browser).await;
    };
    match flow.waiting(id).await? {
        Some((id, request, entry)) => flow.advance(&entry.client, &request, Some(id), None).await,
        None => Ok(show::expired(flow.state, flow.site, flow.incoming)),
    }
}

/// The ordinary login page; who is signed in already is told so.
pub(crate) async fn front_page(state: &State, site: &Site, browser: &Browser) -> Result<Answer, Failure> {
    match signed_in(state, site, browser, "").await? {
        Some(who) => Ok(show::signed_in(state, site, browser, &who.user)),
        None => Ok(show::sign_in(state, site, browser, None, String::new(), None)),
    }
}
