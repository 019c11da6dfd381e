//! The authorization endpoint and the pages that belong to it (RFC 6749 3.1).
//!
//! 1. [`answer`] reads a request, decides where its answer may go (what fails until then is a page) and checks the rest
//! (what fails then travels back). 2. [`advance`] asks [`authorize::next_step`] what the browser sees now: a page, for
//! which the request is saved, or the answer. 3. The sign-in and the consent form post back into [`sign_in`] and
//! [`consent`], which do their one thing and advance again. 4. [`approve`] makes the code or the implicit token.

use crate::app::App;
use crate::browser::{self, Browser};
use crate::endpoints::{show, token};
use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::ids;
use crate::issue::{self, AccessOf};
use crate::pages::views::SignInError;
use crate::sites::{Site, Target};
use claviger_core::answer;
use claviger_core::authorize::{self, AuthorizationRequest, Entry, Step};
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::client::ClientStatus;
use claviger_core::dialect::{Legacy, ResponseType};
use claviger_core::grant::{access_plan, seats_for};
use claviger_core::granted::CodeBinding;
use claviger_core::realm::AccessTokenFormat;
use claviger_core::token::{self as tokens, Id, Kind, Plain};
use claviger_core::user::User;
use claviger_core::{Client, Params, Refusal};
use claviger_store::{ConsentGrant, Issue, Issued, Masked, NewCode, Pending, Session};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};

/// What is kept of a request while a person is in front of its pages.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Waiting {
    request: AuthorizationRequest,
}

/// Someone who is signed in.
pub(crate) struct SignedIn {
    /// The session.
    pub(crate) session: Session,
    /// Who.
    pub(crate) user: User,
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

async fn begin(
    app: &App,
    site: &Site,
    incoming: &Incoming,
    browser: &Browser,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let client_id = match authorize::entry(&site.realm, params) {
        Ok(Entry::Client(id)) => id,
        Ok(Entry::SignIn) => return sign_in_page(app, site, incoming, browser).await,
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
            let step = Flow { app, site, incoming, browser };
            step.advance(client, &request, None, false).await
        }
        Err(refusal) => {
            tracing::info!(request = %incoming.id, ?refusal, client = client.id, "authorization refused");
            Ok(show::delivery(app, site, &client.name, answer::deliver_refusal(&back, &site.realm.issuer, &refusal)))
        }
    }
}

/// A browser in front of one site.
struct Flow<'a> {
    app: &'a App,
    site: &'a Site,
    incoming: &'a Incoming,
    browser: &'a Browser,
}

impl Flow<'_> {
    /// Shows what is next: a page, or the answer. `pending`: where the request is saved already.
    async fn advance(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        pending: Option<Id>,
        consented: bool,
    ) -> Result<Answer, Failure> {
        let (app, site) = (self.app, self.site);
        let signed_in = signed_in(app, site, self.browser).await?;
        let now = app.clock.now();
        let consent = match &signed_in {
            Some(who) => app.store.consent(&site.realm.id, &who.user.id, &client.id).await?,
            None => None,
        };
        let consent = consent
            .map(|consent| authorize::Consent { scope: consent.scope, organisations: consent.organisations })
            .unwrap_or_default();
        let session =
            signed_in.as_ref().map(|who| authorize::Session { user: &who.user, auth_time: who.session.auth_time });
        match authorize::next_step(&site.realm, client, request, session, &consent, consented, now) {
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
                if let Some(pending) = pending {
                    if !app.store.delete_pending(&pending, now).await? {
                        return Ok(show::expired(app, site));
                    }
                }
                let delivery = approve(app, site, client, request, who, organisations).await?;
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
            doc: serde_json::to_string(&Waiting { request: request.clone() })?,
            expires_at: now + self.site.realm.sessions.pending.as_millis(),
        };
        self.app.store.put_pending(row).await?;
        Ok(id)
    }

    /// The request that waits in this browser, with its client as it is now; `None` if there is none (any more).
    async fn waiting(
        &self,
        id: &str,
    ) -> Result<Option<(Id, AuthorizationRequest, std::sync::Arc<crate::clients::Entry>)>, Failure> {
        let Some(id) = id_from_text(id) else { return Ok(None) };
        let now = self.app.clock.now();
        let Some(pending) = self.app.store.pending(&id, now).await? else { return Ok(None) };
        if pending.realm != self.site.realm.id || pending.browser_hash != self.browser.hash() {
            return Ok(None);
        }
        let Waiting { request } = serde_json::from_str(&pending.doc)?;
        let Some(entry) = self.app.clients.load(&self.app.store, &self.site.realm.id, &request.client).await? else {
            return Ok(None);
        };
        Ok(still_allowed(self.site, &entry.client, &request).then_some((id, request, entry)))
    }
}

/// What was allowed when the request arrived may have been taken back while its person was reading.
fn still_allowed(site: &Site, client: &Client, request: &AuthorizationRequest) -> bool {
    let implicit =
        request.response_type != ResponseType::Token || site.realm.dialect.permits.contains(&Legacy::Implicit);
    let uri = &request.destination.redirect_uri;
    client.status == ClientStatus::Active
        && client.may_respond(request.response_type)
        && implicit
        && client.redirect_uris.iter().any(|registered| registered.matches(uri))
        && request.scope.is_subset(&client.scope)
}

/// Who is signed in, in this browser. Moves the session's idle limit once a minute.
pub(crate) async fn signed_in(app: &App, site: &Site, browser: &Browser) -> Result<Option<SignedIn>, Failure> {
    const MINUTE: i64 = 60_000;
    let Some(hash) = browser.session() else { return Ok(None) };
    let now = app.clock.now();
    let Some(session) = app.store.session(hash, now).await?.filter(|session| session.realm == site.realm.id) else {
        return Ok(None);
    };
    let Some(user) = app.store.user(&site.realm.id, &session.user).await?.map(|stored| stored.user) else {
        return Ok(None);
    };
    if user.disabled {
        return Ok(None);
    }
    if now - session.last_seen_at >= MINUTE {
        app.store.touch_session(hash, now, session_end(site, session.created_at, now)).await?;
    }
    Ok(Some(SignedIn { session, user }))
}

fn session_end(site: &Site, created_at: i64, now: i64) -> i64 {
    let policy = &site.realm.sessions;
    (now + policy.idle.as_millis()).min(created_at + policy.absolute.as_millis())
}

/// The sign-in page's own address: shows the page for a waiting request, or the ordinary one; takes the form.
pub(crate) async fn sign_in(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow { app, site, incoming, browser: &browser };
    let result = match incoming.head.method {
        Method::GET => resume(&flow).await,
        Method::POST => take_sign_in(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(app, site, incoming, &failure))
}

/// A GET of a page's address goes on with the waiting request that it names.
async fn resume(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(flow.incoming.query().as_bytes())?;
    let Some(id) = params.get("request") else {
        return sign_in_page(flow.app, flow.site, flow.incoming, flow.browser).await;
    };
    match flow.waiting(id).await? {
        Some((id, request, entry)) => flow.advance(&entry.client, &request, Some(id), false).await,
        None => Ok(show::expired(flow.app, flow.site)),
    }
}

/// The ordinary login page; who is signed in already is told so.
async fn sign_in_page(app: &App, site: &Site, incoming: &Incoming, browser: &Browser) -> Result<Answer, Failure> {
    let _ = incoming;
    match signed_in(app, site, browser).await? {
        Some(who) => Ok(show::signed_in(app, site, browser, &who.user)),
        None => Ok(show::sign_in(app, site, browser, None, String::new(), None)),
    }
}

async fn take_sign_in(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (app, site) = (flow.app, flow.site);
    let params = Params::form(&flow.incoming.body)?;
    let pending_text = params.get("pending");
    let pending_id = pending_text.and_then(id_from_text);
    let form_token = params.get("csrf").unwrap_or_default();
    if !flow.browser.is_own_form(site, flow.incoming, &app.secrets.forms, pending_id.as_ref(), form_token) {
        return Ok(show::expired(app, site));
    }
    let waiting = match pending_text {
        Some(text) => match flow.waiting(text).await? {
            Some(waiting) => Some(waiting),
            None => return Ok(show::expired(app, site)),
        },
        None => None,
    };
    let username = params.get("username").unwrap_or_default();
    let password = Plain::from(params.get("password").unwrap_or_default());
    let page = |error: SignInError| {
        let front = waiting.as_ref().map(|(id, request, entry)| (&entry.client, request, id));
        show::sign_in(app, site, flow.browser, front, username.to_owned(), Some(error))
    };
    if username.len() > 1024 || password.expose().len() > 1024 || username.is_empty() || password.expose().is_empty() {
        return Ok(page(SignInError::WrongPassword));
    }
    let user = match token::check_password(app, site, username, &password).await {
        Ok(Some(user)) => user,
        Ok(None) => return Ok(page(SignInError::WrongPassword)),
        Err(Failure::Refusal(Refusal::Braked { seconds, .. })) => {
            return Ok(page(SignInError::TooMany { seconds: u64::try_from(seconds).unwrap_or(1) }));
        }
        Err(failure) => return Err(failure),
    };
    let cookie = begin_session(flow, &user).await?;
    let path = site.page_path(if waiting.is_some() { Target::Consent } else { Target::SignIn });
    let mut answer = see_other(&waiting.map_or(path.clone(), |(id, ..)| format!("{path}?request={}", id_text(&id))));
    answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

/// A new session with a new cookie, whatever the browser carried before; the old one ends.
async fn begin_session(flow: &Flow<'_>, user: &User) -> Result<Option<HeaderValue>, Failure> {
    let (app, site) = (flow.app, flow.site);
    if let Some(old) = flow.browser.session() {
        app.store.end_session(old).await?;
    }
    let now = app.clock.now();
    let (hash, cookie) = browser::new_session(&site.realm);
    let session = Session {
        hash,
        realm: site.realm.id.clone(),
        user: user.id.clone(),
        created_at: now,
        auth_time: now,
        last_seen_at: now,
        expires_at: session_end(site, now, now),
    };
    app.store.create_session(session).await?;
    Ok(cookie)
}

/// The consent page's own address: shows what is next for a waiting request; takes the form.
pub(crate) async fn consent(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow { app, site, incoming, browser: &browser };
    let result = match incoming.head.method {
        Method::GET => resume(&flow).await,
        Method::POST => take_consent(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(app, site, incoming, &failure))
}

async fn take_consent(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (app, site) = (flow.app, flow.site);
    let params = Params::form(&flow.incoming.body)?;
    let Some((id, request, entry)) = own_form(flow, &params).await? else { return Ok(show::expired(app, site)) };
    let client = &entry.client;
    let now = app.clock.now();
    let Some(who) = signed_in(app, site, flow.browser).await? else {
        return flow.advance(client, &request, Some(id), false).await;
    };
    if params.get("decision") != Some("allow") {
        if !app.store.delete_pending(&id, now).await? {
            return Ok(show::expired(app, site));
        }
        let delivery = answer::deliver_refusal(&request.destination, &site.realm.issuer, &Refusal::Denied);
        return Ok(show::delivery(app, site, &client.name, delivery));
    }
    let picked = authorize::picked(site.realm.dialect.organisation, &who.user, params.all("organisation"));
    let Ok(organisations) = picked else {
        let listed = app.store.organisations(&site.realm.id, &who.user.organisations).await?;
        let consent = authorize::Consent::default();
        let asked = show::Asked {
            client,
            request: &request,
            new: &request.scope,
            organisations: listed,
            consent: &consent,
            user: &who.user,
        };
        return Ok(show::consent(app, site, flow.browser, &id, &asked, true));
    };
    let given = ConsentGrant {
        realm: site.realm.id.clone(),
        user: who.user.id.clone(),
        client: client.id.clone(),
        scope: request.scope.clone(),
        organisations,
    };
    app.store.grant_consent(given, now).await?;
    flow.advance(client, &request, Some(id), true).await
}

/// The waiting request of a form of ours; `None` if the form is not ours or the request has gone.
async fn own_form(
    flow: &Flow<'_>,
    params: &Params<'_>,
) -> Result<Option<(Id, AuthorizationRequest, std::sync::Arc<crate::clients::Entry>)>, Failure> {
    let pending = params.get("pending").unwrap_or_default();
    let id = id_from_text(pending);
    let token = params.get("csrf").unwrap_or_default();
    if !flow.browser.is_own_form(flow.site, flow.incoming, &flow.app.secrets.forms, id.as_ref(), token) {
        return Ok(None);
    }
    flow.waiting(pending).await
}

/// "Not you?": ends the session and goes on with the waiting request.
pub(crate) async fn switch_account(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow { app, site, incoming, browser: &browser };
    take_switch(&flow).await.unwrap_or_else(|failure| show::failure(app, site, incoming, &failure))
}

async fn take_switch(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(&flow.incoming.body)?;
    let Some((id, ..)) = own_form(flow, &params).await? else { return Ok(show::expired(flow.app, flow.site)) };
    if let Some(session) = flow.browser.session() {
        flow.app.store.end_session(session).await?;
    }
    let path = flow.site.page_path(Target::SignIn);
    let mut answer = see_other(&format!("{path}?request={}", id_text(&id)));
    answer.headers_mut().extend(browser::no_session(&flow.site.realm).map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
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

/// Makes the code, or the implicit token, and says where it goes.
async fn approve(
    app: &App,
    site: &Site,
    client: &Client,
    request: &AuthorizationRequest,
    who: &SignedIn,
    organisations: Vec<String>,
) -> Result<answer::Delivery, Failure> {
    let session = Some(id_text_of_hash(&who.session.hash));
    let granted = authorize::granted(request, organisations, who.session.auth_time, session);
    match request.response_type {
        ResponseType::Code => {
            let code = put_code(app, site, request, who, granted).await?;
            Ok(answer::deliver(&request.destination, &site.realm.issuer, &[("code", code.expose())]))
        }
        ResponseType::Token => implicit(app, site, client, request, who, granted).await,
    }
}

/// The first half of a session's hash: enough to find a session's grants, too little to be one.
fn id_text_of_hash(hash: &[u8; 32]) -> String {
    hash.first_chunk::<16>().map(id_text).unwrap_or_default()
}

async fn put_code(
    app: &App,
    site: &Site,
    request: &AuthorizationRequest,
    who: &SignedIn,
    granted: claviger_core::granted::Granted,
) -> Result<Plain, Failure> {
    let now = app.clock.now();
    let (id, secret) = ids::new_with_secret(now);
    let code = tokens::mint(Kind::Code, &id, &secret);
    let binding = CodeBinding {
        client: request.client.clone(),
        user: who.user.id.clone(),
        redirect_uri: request.destination.redirect_uri.clone(),
        redirect_uri_sent: request.destination.sent,
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        scope_differs: request.scope_differs,
        granted,
    };
    let row = NewCode {
        id,
        hash: Masked(code.hash()),
        realm: site.realm.id.clone(),
        client: request.client.clone(),
        doc: serde_json::to_string(&binding)?,
        expires_at: now + site.realm.tokens.code_ttl.as_millis(),
    };
    app.store.put_code(row).await?;
    Ok(code)
}

/// The implicit answer (RFC 6749 4.2.2), its parameters in the order in which integrators know them.
async fn implicit(
    app: &App,
    site: &Site,
    client: &Client,
    request: &AuthorizationRequest,
    who: &SignedIn,
    granted: claviger_core::granted::Granted,
) -> Result<answer::Delivery, Failure> {
    // A licence is held by a session that can be refreshed or logged off; an implicit token is neither.
    if !seats_for(&site.realm, &granted.scope).is_empty() {
        let refusal = Refusal::BarredForImplicit("a scope that takes a licence".into());
        return Ok(answer::deliver_refusal(&request.destination, &site.realm.issuer, &refusal));
    }
    app.meter.count(&site.realm.id, &client.id, Legacy::Implicit);
    let now = app.clock.now();
    let plan = access_plan(&site.realm, client, &granted.audience);
    let of = AccessOf { client, user: Some(&who.user.id), granted: &granted, plan, grant: None, now };
    let access = issue::mint_access(site, &of).await?;
    if plan.format == AccessTokenFormat::Opaque {
        let issued = app.store.issue(Issue { now, access: access.row, ..Issue::default() }).await?;
        if issued != Issued::Done {
            return Err(Failure::Fault(format!("an implicit token was not stored: {issued:?}")));
        }
    }
    let expires_in = access.expires_in.to_string();
    let scope = granted.scope.to_string();
    let pairs = [
        ("token_type", site.realm.dialect.token.implicit_token_type.word()),
        ("access_token", access.token.expose()),
        ("scope", scope.as_str()),
        ("expires_in", expires_in.as_str()),
    ];
    Ok(answer::deliver(&request.destination, &site.realm.issuer, &pairs))
}
