//! The authorization endpoint (RFC 6749 3.1).
//!
//! 1. [`answer()`] reads a request, decides where its answer may go (what fails until then is a page) and checks the rest
//!    (what fails then travels back). 2. [`Flow::advance`] asks [`authorize::next_step`] what the browser sees now: a page,
//!    for which the request is saved, or the answer. 3. The forms post back ([`super::sign_in`], [`super::consent`]), do
//!    their one thing and advance again. 4. [`super::approve`] makes the code or the implicit token.

use crate::app::App;
use crate::browser::Browser;
use crate::clients::Entry;
use crate::endpoints::approve::{Approved, approve};
use crate::endpoints::session::{recalled, signed_in};
use crate::endpoints::{show, sign_in};
use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::ids;
use crate::sites::Site;
use claviger_core::answer;
use claviger_core::authorize::{self, AuthorizationRequest, Entry as Named, Step};
use claviger_core::claims::id_from_text;
use claviger_core::client::ClientStatus;
use claviger_core::dialect::{Legacy, ResponseType};
use claviger_core::token::Id;
use claviger_core::{Client, Params, Refusal};
use claviger_store::{ConsentGrant, Pending, SignedIn};
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode};
use std::sync::Arc;

/// What is kept of a request while a person is in front of its pages.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Saved {
    request: AuthorizationRequest,
}

/// Answers a request at the authorization endpoint.
pub(crate) async fn answer(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    let bytes = match incoming.head.method {
        Method::GET => incoming.query().as_bytes(),
        Method::POST => &incoming.body,
        _ => return wrong_method("GET, POST"),
    };
    let browser = Browser::read(&site.realm, incoming);
    let params = match Params::form(bytes) {
        Ok(params) => params,
        Err(refusal) => return show::refusal(app, site, incoming, &refusal, None),
    };
    match begin(app, site, incoming, &browser, &params).await {
        Ok(answer) => answer,
        Err(failure) => show::failure(app, site, incoming, &failure),
    }
}

/// The answer of a server that cannot decide now: to where the client wants it, if that can be told from memory (RFC 6749
/// 4.1.2.1), or else a page.
pub(crate) fn turn_away(app: &App, site: &Site, incoming: &Incoming, failure: &Failure) -> Answer {
    let bytes = if incoming.head.method == Method::POST { &incoming.body } else { incoming.query().as_bytes() };
    let back = Params::form(bytes).ok().and_then(|params| {
        let Ok(Named::Client(id)) = authorize::entry(&site.realm, &params) else { return None };
        let entry = app.clients.remembered(&site.realm.id, id)?;
        let destination = authorize::destination(&site.realm, Some(&entry.client), &params).ok()?;
        Some((entry, destination))
    });
    let Some((entry, destination)) = back else { return show::failure(app, site, incoming, failure) };
    let (code, description) = failure.log(incoming.id);
    let delivery = answer::deliver_error(&destination, &site.realm.issuer, code, &description);
    show::delivery(app, site, &entry.client.name, delivery)
}

async fn begin(
    app: &App,
    site: &Site,
    incoming: &Incoming,
    browser: &Browser,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let client_id = match authorize::entry(&site.realm, params) {
        Ok(Named::Client(id)) => id,
        Ok(Named::SignIn) => return sign_in::page(app, site, browser).await,
        Err(refusal) => return Ok(show::refusal(app, site, incoming, &refusal, None)),
    };
    let entry =
        if client_id.len() <= 256 { app.clients.load(&app.store, &site.realm.id, client_id).await? } else { None };
    let client = entry.as_ref().map(|entry| &entry.client);
    let destination = match authorize::destination(&site.realm, client, params) {
        Ok(destination) => destination,
        Err(refusal) => {
            return Ok(show::refusal(app, site, incoming, &refusal, client.zip(params.get("redirect_uri"))));
        }
    };
    let Some(client) = client else { return Err(Refusal::WrongClient.into()) };
    let back = destination.clone();
    match AuthorizationRequest::check(&site.realm, client, params, destination, app.clock.now()) {
        Ok(request) => {
            let flow = Flow { app, site, incoming, browser };
            flow.advance(client, &request, None, None).await
        }
        Err(refusal) => {
            tracing::info!(request = %incoming.id, ?refusal, client = client.id, "authorization refused");
            Ok(show::delivery(app, site, &client.name, answer::deliver_refusal(&back, &site.realm.issuer, &refusal)))
        }
    }
}

/// A request that waits: its id, itself, its client as it is now.
pub(crate) type Waiting = (Id, AuthorizationRequest, Arc<Entry>);

/// A browser in front of one site.
pub(crate) struct Flow<'a> {
    pub(crate) app: &'a App,
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
                Ok(show::delivery(self.app, self.site, &client.name, delivery))
            }
            other => other,
        }
    }

    /// The code, where what is recalled of this browser leads to one and still stands.
    async fn at_once(&self, client: &Client, request: &AuthorizationRequest) -> Result<Option<Answer>, Failure> {
        let (app, site) = (self.app, self.site);
        let recalled = recalled(app, site, self.browser, &client.id);
        let Some(who) = recalled.filter(|_| request.response_type == ResponseType::Code) else { return Ok(None) };
        let consent = consent_on_record(Some(&who));
        let session = authorize::Session { user: &who.user, auth_time: who.session.auth_time };
        match authorize::next_step(&site.realm, client, request, Some(session), &consent, false, app.clock.now()) {
            Step::Approve { organisations } => {
                let standing = Some(who.session_precondition());
                let approved =
                    Approved { client, request, who: &who, organisations, pending: None, given: None, standing };
                let delivery = approve(app, site, approved).await?;
                Ok(delivery.map(|delivery| show::delivery(app, site, &client.name, delivery)))
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
        let (app, site) = (self.app, self.site);
        if pending.is_none()
            && let Some(answer) = self.at_once(client, request).await?
        {
            return Ok(answer);
        }
        let signed_in = signed_in(app, site, self.browser, &client.id).await?;
        let now = app.clock.now();
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
                Ok(show::sign_in(app, site, self.browser, Some((client, request, &pending)), username, None))
            }
            Step::Consent { new, organisations } => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let pending = self.save(request, pending, now).await?;
                let organisations = app.store.organisations(&site.realm.id, &organisations).await?;
                let asked =
                    show::Asked { client, request, new: &new, organisations, consent: &consent, user: &who.user };
                Ok(show::consent(app, site, self.browser, &pending, &asked, false))
            }
            Step::Approve { organisations } => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let is_on_record = given.is_none();
                let approved = Approved { client, request, who, organisations, pending, given, standing: None };
                let Some(delivery) = approve(app, site, approved).await? else { return Ok(show::expired(app, site)) };
                if let Some(who) = signed_in.filter(|_| is_on_record) {
                    app.recall.keep_session(&client.id, who);
                }
                Ok(show::delivery(app, site, &client.name, delivery))
            }
            Step::Refuse(refusal) => {
                let delivery = answer::deliver_refusal(&request.destination, &site.realm.issuer, &refusal);
                Ok(show::delivery(app, site, &client.name, delivery))
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
        self.app.store.put_pending(row).await?;
        Ok(id)
    }

    /// The request that waits in this browser, with its client as it is now; `None` if there is none (any more).
    pub(crate) async fn waiting(&self, id: &str) -> Result<Option<Waiting>, Failure> {
        let Some(id) = id_from_text(id) else { return Ok(None) };
        let now = self.app.clock.now();
        let Some(pending) = self.app.store.pending(&id, now).await? else { return Ok(None) };
        if pending.realm != self.site.realm.id || pending.browser_hash != self.browser.hash() {
            return Ok(None);
        }
        let Saved { request } = serde_json::from_str(&pending.doc)?;
        let Some(entry) = self.app.clients.load(&self.app.store, &self.site.realm.id, &request.client).await? else {
            return Ok(None);
        };
        Ok(still_allowed(self.site, &entry.client, &request).then_some((id, request, entry)))
    }

    /// The waiting request of a form on the consent page; `None` if the form is not ours or the request has gone.
    pub(crate) async fn own_form(&self, params: &Params<'_>) -> Result<Option<Waiting>, Failure> {
        let pending = params.get("pending").unwrap_or_default();
        let id = id_from_text(pending);
        let token = params.get("csrf").unwrap_or_default();
        if !self.browser.is_own_consent(self.site, self.incoming, &self.app.secrets.forms, id.as_ref(), token) {
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
        return sign_in::page(flow.app, flow.site, flow.browser).await;
    };
    match flow.waiting(id).await? {
        Some((id, request, entry)) => flow.advance(&entry.client, &request, Some(id), None).await,
        None => Ok(show::expired(flow.app, flow.site)),
    }
}

/// 303: the browser goes on with GET (RFC 9700 4.12).
pub(crate) fn see_other(location: &str) -> Answer {
    let mut answer = empty(StatusCode::SEE_OTHER);
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    show::no_store(&mut answer);
    answer
}
