//! A browser's way through an authorization request: what it is shown next, until there is an answer.
//!
//! 1. The authorization endpoint begins with [`Flow::advance`], which asks [`authorize::next_step`] what the browser sees
//!    now: a page, with which the request travels, or the answer. 2. The pages' forms ([`super::sign_in`],
//!    [`super::consent`]) find the request again ([`Flow::find`]), do their one thing and advance once more.
//! 3. [`crate::issue::approve`] makes what the request asks for.
//!
//! The endpoint and the forms' targets know this module; it knows neither.

use crate::failure::{Failure, note_refusal};
use crate::http::{Answer, Incoming, trace};
use crate::issue::approve::{Approved, approve};
use crate::issue::delivery::send;
use crate::pages::views::Ended;
use crate::people::about::{about, launches};
use crate::people::accounts::Accounts;
use crate::people::allowed::still_allowed;
use crate::people::asks;
use crate::people::browser::Browser;
use crate::people::check_session::in_step;
use crate::people::factor::{Face, Onward, Trouble};
use crate::people::happened::Scene;
use crate::people::login_app::leave;
use crate::people::notice::Notice;
use crate::people::session::{recalled, signed_in};
use crate::people::show::{self, Speech, Ticks};
use crate::people::waiting::{Kept, Waiting};
use crate::state::State;
use crate::state::clients::Entry;
use crate::state::sites::{Site, Target};
use claviger_core::answer::{Delivery, Response};
use claviger_core::authorize::{self, AuthorizationRequest, Device, Missing, Step};
use claviger_core::dialect::Endpoint;
use claviger_core::response::ResponseType;
use claviger_core::user::User;
use claviger_core::{Client, Params, Refusal, ScopeSet};
use claviger_store::{ConsentGrant, SignedIn};
use std::sync::Arc;

/// The longest address of our own that a browser is sent to, in bytes; proxies often allow 8 KiB.
const LONGEST_ADDRESS: usize = 4096;

/// A request that waits, and its client as it is now.
pub(crate) struct Front {
    pub(crate) waiting: Waiting,
    pub(crate) entry: Arc<Entry>,
}

/// What a form, or an address, says is waiting.
pub(crate) enum Found {
    /// A request that waits in this browser.
    Here(Front),
    /// One that was shown to another browser, or to this one before it lost its cookies.
    Elsewhere(Front),
    /// One that nobody can go on with: the page that says why.
    Ended(Answer),
}

/// A form of the consent page.
pub(crate) enum Form {
    /// Ours: it came from the page that this person saw.
    Ours(Box<Front>),
    /// Not so: what is shown instead.
    Instead(Answer),
}

/// A browser in front of one site.
pub(crate) struct Flow<'a> {
    pub(crate) state: &'a State,
    pub(crate) site: &'a Site,
    pub(crate) incoming: &'a Incoming,
    pub(crate) browser: &'a Browser,
    /// What the sign-in page says, where a sign-in did not work.
    notice: Option<Notice>,
    /// What the page of the second factor says.
    trouble: Option<Trouble>,
    /// Where somebody goes on who signs in without a request.
    onward: Option<Onward>,
}

impl<'a> Flow<'a> {
    /// A browser and what it asks for.
    pub(crate) const fn new(state: &'a State, site: &'a Site, incoming: &'a Incoming, browser: &'a Browser) -> Self {
        Self { state, site, incoming, browser, notice: None, trouble: None, onward: None }
    }

    /// The same, where a second factor did not do.
    pub(crate) fn with_trouble(&self, trouble: Option<Trouble>) -> Self {
        Self { trouble, notice: self.notice.clone(), ..*self }
    }

    /// Where this happens.
    pub(crate) const fn scene(&self) -> Scene<'a> {
        Scene { state: self.state, site: self.site, incoming: self.incoming }
    }
}

impl Flow<'_> {
    /// Shows what is next: a page, or the answer. `waiting`: the request, if a page was shown for it before; `given`: what the user
    /// has just allowed. From here on even our own trouble travels back to the client (RFC 6749 4.1.2.1).
    pub(crate) async fn advance(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        waiting: Option<&Waiting>,
        given: Option<ConsentGrant>,
    ) -> Result<Answer, Failure> {
        match self.step(client, request, waiting, given).await {
            Err(failure @ (Failure::Fault(_) | Failure::Busy(_) | Failure::Database(_))) => {
                let (code, description) = failure.log(self.incoming.id);
                let realm = &self.site.realm;
                self.respond(client, request, &Response::error(&request.destination, realm, code, description)).await
            }
            other => other,
        }
    }

    /// Refuses: the answer goes to the client.
    pub(crate) async fn refuse(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        refusal: &Refusal,
    ) -> Result<Answer, Failure> {
        note_refusal(refusal);
        let realm = &self.site.realm;
        self.respond(client, request, &Response::refusal(&request.destination, realm, refusal)).await
    }

    async fn respond(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        response: &Response<'_>,
    ) -> Result<Answer, Failure> {
        let delivery = send(self.state, self.site, client, response, self.state.clock.now()).await?;
        Ok(self.deliver(client, request, delivery))
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
        let is_usual = request.response_type == ResponseType::CODE && request.device.is_none();
        let is_usual = is_usual && site.realm.login_app.is_none();
        let Some(who) = recalled.filter(|_| is_usual) else { return Ok(None) };
        let now = state.clock.now();
        let consent = consent_on_record(Some(&who), now);
        let session = of(&who);
        match authorize::next_step(&site.realm, client, request, Some(session), &consent, false, now) {
            Step::Approve { organisations } => {
                let precondition = Some(who.session_precondition());
                let approved = Approved {
                    client,
                    request,
                    who: &who,
                    organisations,
                    waiting: None,
                    given: None,
                    evidence: None,
                    precondition,
                    told: None,
                };
                let delivery = approve(state, site, approved).await?;
                let answer = delivery.map(|delivery| self.deliver(client, request, delivery));
                Ok(answer.map(|answer| in_step(answer, site, self.browser, Some(&who.session.hash))))
            }
            _ => Ok(None),
        }
    }

    async fn step(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        waiting: Option<&Waiting>,
        given: Option<ConsentGrant>,
    ) -> Result<Answer, Failure> {
        let (state, site) = (self.state, self.site);
        let is_confirmed = |device: &Device| device.backchannel.is_some() || (waiting.is_some() && device.confirmed);
        if request.device.as_ref().is_some_and(|device| !is_confirmed(device)) {
            let waiting = self.wait(request, waiting, state.clock.now());
            return show::device_confirm(state, site, self.browser, client, &waiting);
        }
        if waiting.is_none() {
            if let Some(answer) = self.at_once(client, request).await? {
                return Ok(answer);
            }
            if let Some(answer) = self.fetch_cookies(request)? {
                return Ok(answer);
            }
        }
        let signed_in = signed_in(state, site, self.browser, &client.id).await?;
        let now = state.clock.now();
        let mut consent = consent_on_record(signed_in.as_ref(), now);
        if let Some(given) = &given {
            consent.scope.extend(&given.scope);
            consent.organisations.clone_from(&given.organisations);
        }
        let session = signed_in.as_ref().map(of);
        let step = authorize::next_step(&site.realm, client, request, session, &consent, given.is_some(), now);
        if let Some(app) = &site.realm.login_app
            && !matches!(step, Step::Refuse(_))
        {
            let who = signed_in.as_ref().filter(|_| !matches!(step, Step::SelectAccount | Step::SignIn));
            let waiting = self.wait(request, waiting, now);
            return match leave::to_login((state, site, app), self.browser, &waiting, who)? {
                Some(answer) => Ok(answer),
                None => self.refuse(client, request, &leave::TOO_LONG).await,
            };
        }
        match step {
            Step::SelectAccount => {
                let waiting = self.wait(request, waiting, now);
                let accounts = Accounts::of(state, site, self.browser).shown(state, site, signed_in.as_ref()).await?;
                if accounts.is_empty() {
                    return self.sign_in_page(client, &waiting, None);
                }
                show::accounts(state, site, self.browser, (client, &waiting), accounts)
            }
            Step::SignIn => {
                let waiting = self.wait(request, waiting, now);
                self.sign_in_page(client, &waiting, signed_in.as_ref())
            }
            Step::SecondFactor(missing) => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let waiting = self.wait(request, waiting, now);
                self.second_factor_page(client, waiting, who, &missing).await
            }
            Step::NoOrganisation => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let waiting = self.wait(request, waiting, now);
                show::no_organisation(state, site, self.browser, (client, &waiting), &who.user)
            }
            Step::Consent { new, organisations } => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let waiting = self.wait(request, waiting, now);
                self.consent_page((client, request), &waiting, &who.user, (&consent, &new, &organisations)).await
            }
            Step::Approve { organisations } => {
                let Some(who) = &signed_in else { return Err(Refusal::LoginRequired.into()) };
                let (is_on_record, session) = (given.is_none(), who.session.hash);
                let evidence = self.scene().agreed((client, who), request, given.as_ref(), self.browser).await?;
                let approved = Approved {
                    client,
                    request,
                    who,
                    organisations,
                    waiting,
                    given,
                    evidence,
                    precondition: None,
                    told: None,
                };
                let Some(delivery) = approve(state, site, approved).await? else {
                    return self.answered(client, request, waiting, true, who).await;
                };
                if !is_on_record {
                    self.scene().connected(client, who).await;
                }
                if let Some(who) = signed_in.filter(|_| is_on_record) {
                    state.recall.keep_session(&client.id, who);
                }
                Ok(in_step(self.deliver(client, request, delivery), site, self.browser, Some(&session)))
            }
            Step::Refuse(refusal) => {
                let session = signed_in.as_ref().map(|who| &who.session.hash);
                Ok(in_step(self.refuse(client, request, &refusal).await?, site, self.browser, session))
            }
        }
    }

    /// Asks somebody whether the app may, unless it asked too often. `new`: what was not allowed before.
    async fn consent_page(
        &self,
        (client, request): (&Client, &AuthorizationRequest),
        waiting: &Waiting,
        user: &User,
        (consent, new, organisations): (&authorize::Consent, &ScopeSet, &[String]),
    ) -> Result<Answer, Failure> {
        let (state, site) = (self.state, self.site);
        if let Err(refusal) = asks::count(state, site, client, &user.id) {
            return self.refuse(client, request, &refusal).await;
        }
        let organisations = state.store.organisations(&site.realm.id, organisations).await?;
        let about = about(state, site, client, &show::language(site, self.browser, request)).await?;
        let asked = show::Asked { client, waiting, new, organisations, consent, user, about };
        show::consent(state, site, self.browser, &asked, Ticks::AsBefore)
    }

    /// What somebody who is signed in must prove beside that; whoever signed in too long ago to set it up signs in once more.
    async fn second_factor_page(
        &self,
        client: &Client,
        mut waiting: Waiting,
        who: &SignedIn,
        missing: &Missing,
    ) -> Result<Answer, Failure> {
        let face = Face {
            state: self.state,
            site: self.site,
            browser: self.browser,
            front: Some((client, &waiting)),
            half: None,
            user: &who.user,
            onward: None,
            may_skip: missing.is_voluntary,
            trouble: self.trouble,
        };
        if let Some(answer) = face.of_signed_in(who, &missing.kinds).await? {
            return Ok(answer);
        }
        waiting.request.prompt.login = true;
        waiting.request.arrived_at = self.state.clock.now();
        self.sign_in_page(client, &waiting, Some(who))
    }

    /// The request as it waits: as before, or from now on.
    fn wait(&self, request: &AuthorizationRequest, waiting: Option<&Waiting>, now: i64) -> Waiting {
        let patience = self.site.realm.sessions.pending.as_millis();
        waiting.cloned().unwrap_or_else(|| Waiting::new(request.clone(), self.browser, now, patience))
    }

    /// Sends a browser that kept its cookies back to where it brings them.
    fn fetch_cookies(&self, request: &AuthorizationRequest) -> Result<Option<Answer>, Failure> {
        if !self.browser.keeps_cookies_back(self.incoming) {
            return Ok(None);
        }
        let waiting = self.wait(request, None, self.state.clock.now());
        Ok(self.address(Target::SignIn, &waiting, None)?.map(|address| show::see_other(&address)))
    }

    /// The address at which a page goes on with a waiting request; `None` where it would be too long for what may stand
    /// between here and the browser.
    pub(crate) fn address(
        &self,
        target: Target,
        waiting: &Waiting,
        notice: Option<&Notice>,
    ) -> Result<Option<String>, Failure> {
        let sealed = waiting.seal(&self.state.secrets, &self.site.realm.id)?;
        let mut address = format!("{}?request={sealed}", self.site.page_path(target));
        if let Some(notice) = notice {
            address.push_str("&notice=");
            address.push_str(&notice.seal(self.state, self.site, self.browser)?);
        }
        Ok((address.len() <= LONGEST_ADDRESS).then_some(address))
    }

    /// The sign-in page in front of a waiting request. The name in it: what was typed, what the app hints at, or who is
    /// signed in and must sign in again.
    fn sign_in_page(&self, client: &Client, waiting: &Waiting, who: Option<&SignedIn>) -> Result<Answer, Failure> {
        let hint = waiting.request.login_hint.clone();
        let username = hint.or_else(|| who.map(|who| who.user.username.clone())).unwrap_or_default();
        let front = Some((client, waiting));
        match &self.notice {
            Some(notice) => self.say(front, notice),
            None => show::sign_in(self.state, self.site, self.browser, (front, None), username, None),
        }
    }

    /// The sign-in page that says what did not work.
    pub(crate) fn say(&self, front: Option<(&Client, &Waiting)>, notice: &Notice) -> Result<Answer, Failure> {
        let error = notice.error(self.state.clock.now());
        show::sign_in(self.state, self.site, self.browser, (front, notice.onward()), notice.username.clone(), error)
    }

    /// The ordinary login page; who is signed in already sees their account.
    pub(crate) async fn front_page(&self) -> Result<Answer, Failure> {
        let (state, site) = (self.state, self.site);
        match (signed_in(state, site, self.browser, "").await?, &self.notice) {
            (Some(who), None) if self.onward.is_some() => {
                show::sign_in(state, site, self.browser, (None, self.onward), who.user.username, None)
            }
            (Some(who), notice) if notice.as_ref().is_none_or(|notice| notice.onward().is_none()) => {
                let apps = launches(state, site, &who.user.id).await?;
                Ok(show::signed_in(state, site, self.browser, &who.user, apps))
            }
            _ if site.realm.login_app.is_some() => Ok(show::home(state, site, self.incoming)),
            (_, Some(notice)) => self.say(None, notice),
            (_, None) => show::sign_in(state, site, self.browser, (None, self.onward), String::new(), None),
        }
    }

    /// What is waiting, by what a form or an address carries.
    pub(crate) async fn find(&self, sealed: &str) -> Result<Found, Failure> {
        let (state, site) = (self.state, self.site);
        let Some(waiting) = Waiting::open(sealed, &state.secrets, &site.realm.id) else {
            return Ok(Found::Ended(show::ended(state, site, self.incoming, Ended::Unreadable, None)));
        };
        trace::client(&waiting.request.client);
        let entry = state.clients.load(&state.store, &site.realm.id, &waiting.request.client).await?;
        let Some(entry) = entry.filter(|entry| still_allowed(site, &entry.client, &waiting.request)) else {
            return Ok(Found::Ended(show::ended(state, site, self.incoming, Ended::AppChanged, None)));
        };
        if waiting.expires_at <= state.clock.now() {
            return Ok(Found::Ended(self.ended(Ended::TooLong, &entry.client, &waiting.request)));
        }
        let is_here = waiting.is_of(self.browser);
        let front = Front { waiting, entry };
        Ok(if is_here { Found::Here(front) } else { Found::Elsewhere(front) })
    }

    /// The request is not answered here any more; the page says why, and how it is sent again.
    pub(crate) fn ended(&self, why: Ended, client: &Client, request: &AuthorizationRequest) -> Answer {
        let realm = &self.site.realm;
        let address = realm.url(Endpoint::Authorization).filter(|_| !request.is_sealed);
        let again = address.map(|url| format!("{url}?{}", request.again(realm, client)));
        let again = again.or_else(|| realm.url(Endpoint::DeviceVerification).filter(|_| request.device.is_some()));
        let again =
            if request.backchannel().is_some() { Some(request.destination.redirect_uri.clone()) } else { again };
        show::ended(self.state, self.site, self.incoming, why, Some((request, again.as_deref())))
    }

    /// The waiting request of a form on the consent page. Where the form is not what this person saw (somebody else has
    /// signed in since, cookies were lost), they are asked again; nothing is decided by it.
    pub(crate) async fn own_form(&self, params: &Params<'_>) -> Result<Form, Failure> {
        let front = match self.find(params.get("pending").unwrap_or_default()).await? {
            Found::Ended(answer) => return Ok(Form::Instead(answer)),
            Found::Elsewhere(front) => return self.ask_anew(front, true).await.map(Form::Instead),
            Found::Here(front) => front,
        };
        let token = params.get("csrf").unwrap_or_default();
        let id = Some(&front.waiting.id);
        if self.browser.is_own_consent(self.site, self.incoming, &self.state.secrets.forms, id, token) {
            return Ok(Form::Ours(Box::new(front)));
        }
        self.ask_anew(front, true).await.map(Form::Instead)
    }

    /// Another browser's request, as if it had arrived in this one.
    pub(crate) fn in_this_browser(&self, front: Front) -> Front {
        let waiting = self.wait(&front.waiting.request, None, self.state.clock.now());
        Front { waiting, entry: front.entry }
    }

    /// The same request as if it arrived in this browser now, with nothing done yet. `consent`: consent is asked for in any
    /// case, because what was sent may have been "deny".
    async fn ask_anew(&self, front: Front, consent: bool) -> Result<Answer, Failure> {
        let Front { waiting, entry } = front;
        let mut request = waiting.request;
        request.prompt.consent |= consent;
        self.advance(&entry.client, &request, None, None).await
    }

    /// What a request that was answered before is answered: the same, where a form was sent twice; a page, where somebody
    /// came back to it.
    pub(crate) async fn answered(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        waiting: Option<&Waiting>,
        allowed: bool,
        who: &SignedIn,
    ) -> Result<Answer, Failure> {
        let (state, site) = (self.state, self.site);
        let stored = match waiting {
            Some(waiting) => state.store.answered(&waiting.id).await?,
            None => None,
        };
        let Some(stored) = stored else { return Ok(self.ended(Ended::TooLong, client, request)) };
        let kept = Kept::open(&stored, &state.secrets, &site.realm.id)?;
        if kept.is_repeated(allowed, &who.session.hash, state.clock.now()) && !self.is_redeemed(&kept).await? {
            return Ok(self.deliver(client, request, kept.delivery));
        }
        let why = if kept.allowed { Ended::Allowed } else { Ended::Denied };
        Ok(self.ended(why, client, request))
    }

    /// Whether the code has been to the token endpoint: sent there twice, it would end what it gave (RFC 6749 4.1.2).
    async fn is_redeemed(&self, kept: &Kept) -> Result<bool, Failure> {
        let Some(code) = &kept.code else { return Ok(false) };
        Ok(self.state.store.code(code).await?.is_none_or(|row| row.redeemed_at.is_some()))
    }
}

/// The session, as the decision sees it.
fn of(who: &SignedIn) -> authorize::Session<'_> {
    authorize::Session { user: &who.user, auth_time: who.session.auth_time, how: who.session.how.as_deref() }
}

/// What the user has let the client do until now.
pub(crate) fn consent_on_record(who: Option<&SignedIn>, now: i64) -> authorize::Consent {
    let found = who.and_then(|who| who.consent.clone()).filter(|found| found.stands(now));
    found.map(|found| authorize::Consent { scope: found.scope, organisations: found.organisations }).unwrap_or_default()
}

/// A GET of a page's address goes on with the waiting request that it names.
pub(crate) async fn resume(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(flow.incoming.query().as_bytes())?;
    let notice = params.get("notice").and_then(|text| Notice::open(text, flow.state, flow.site, flow.browser));
    let onward = params.get("to").and_then(Onward::named);
    let flow = &Flow { notice, onward, ..*flow };
    let Some(id) = params.get("request") else {
        return flow.front_page().await;
    };
    match flow.find(id).await? {
        Found::Here(Front { waiting, entry }) => {
            flow.advance(&entry.client, &waiting.request, Some(&waiting), None).await
        }
        Found::Elsewhere(front) => flow.ask_anew(front, false).await,
        Found::Ended(answer) => Ok(answer),
    }
}
