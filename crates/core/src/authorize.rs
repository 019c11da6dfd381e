//! The authorization endpoint's decisions (RFC 6749 3.1, 4.1.1, 4.2.1; OpenID Connect Core 3.1.2).
//!
//! 1. [`entry`]: does the request name a client at all? 2. [`destination`]: stage one, where the answer may go; what fails
//!    here is a page and never a redirect. 3. [`AuthorizationRequest::check`]: stage two, all else; what fails here
//!    redirects. 4. [`next_step`]: what the browser sees now; asked again after each page until nothing is left but the
//!    answer.

use crate::client::{Client, ClientStatus, GrantType};
use crate::dialect::{Legacy, OrganisationChoice, ResponseType, WithoutClient};
use crate::granted::{Granted, default_audience, resolve_audience, resolve_scope};
use crate::params::{Opaque, Params};
use crate::pkce::{self, Challenge};
use crate::realm::Realm;
use crate::redirect::RedirectUri;
use crate::refusal::Refusal;
use crate::scope::ScopeSet;
use crate::token_request;
use crate::unique::Members;
use crate::user::User;
use serde::{Deserialize, Serialize};

mod again;
mod prompt;

pub use prompt::Prompt;

/// Longest `nonce`, in bytes: it travels back in a token.
const LONGEST_NONCE: usize = 4096;

/// What a request that reaches the authorization endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A request of this client.
    Client(&'a str),
    /// Nobody's: the ordinary login page (never leads to a code).
    SignIn,
}

/// Whether the request names a client.
///
/// # Errors
/// No client; `client_id` or `redirect_uri` stands twice. Shown as a page.
pub fn entry<'a>(realm: &Realm, params: &'a Params<'_>) -> Result<Entry<'a>, Refusal> {
    for name in ["client_id", "redirect_uri"] {
        if params.repeats(name) {
            return Err(Refusal::duplicate(name));
        }
    }
    match params.get("client_id") {
        Some(id) => Ok(Entry::Client(id)),
        None if params.get("redirect_uri").is_none()
            && realm.dialect.authorization.without_client == WithoutClient::SignIn =>
        {
            Ok(Entry::SignIn)
        }
        None => Err(Refusal::MissingParameter("client_id")),
    }
}

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The validated redirect URI.
    pub redirect_uri: String,
    /// The request carried it; then the token request must as well (RFC 6749 4.1.3).
    pub sent: bool,
    /// Whoever listens there cannot be known (RFC 8252 8.6).
    pub native: bool,
    /// It is registered as a wildcard only.
    #[serde(default)]
    pub wildcard: bool,
    /// `state`, to be given back as it came.
    pub state: Option<Opaque>,
    /// How the answer travels.
    pub mode: ResponseMode,
}

/// How an answer travels to the redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query.
    Query,
    /// In the fragment.
    Fragment,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// Stage one: where the answer may go (RFC 6749 3.1.2.4).
///
/// # Errors
/// Unknown or inactive client; no, an unusable or an unregistered redirect URI; a `state` that cannot be given back. Shown
/// as a page.
pub fn destination(realm: &Realm, client: Option<&Client>, params: &Params<'_>) -> Result<Destination, Refusal> {
    let client = client.ok_or_else(|| Refusal::unknown_client(params.get("client_id").unwrap_or_default()))?;
    if client.status != ClientStatus::Active {
        return Err(Refusal::ClientInactive(None));
    }
    let mut registered = usable_redirects(realm, client);
    let (redirect_uri, uri) = match params.get("redirect_uri") {
        Some(sent) => (sent, registered_redirect(realm, client, sent).ok_or(Refusal::RedirectUnregistered)?),
        None if realm.dialect.authorization.redirect_uri_required => return Err(Refusal::RedirectMissing),
        None => match (registered.next(), registered.next()) {
            (Some(only), None) if !only.is_wildcard() => (only.as_str(), only),
            _ => return Err(Refusal::RedirectMissing),
        },
    };
    let (state, mode) = (params.state(), error_mode(realm, params));
    if mode == ResponseMode::FormPost && state.as_ref().is_some_and(|state| state.as_text().is_none()) {
        return Err(Refusal::WrongParameter { name: "state", why: "a form can give back UTF-8 text only" });
    }
    Ok(Destination {
        redirect_uri: redirect_uri.to_owned(),
        sent: params.get("redirect_uri").is_some(),
        native: uri.is_native() && !(client.is_confidential() && uri.is_server_here()),
        wildcard: uri.is_wildcard(),
        state,
        mode,
    })
}

/// The registered redirect URIs that count: a wildcard only for a confidential client that was given it.
fn usable_redirects<'a>(realm: &Realm, client: &'a Client) -> impl Iterator<Item = &'a RedirectUri> {
    let wildcards = client.is_confidential() && realm.allows(client, Legacy::WildcardRedirect);
    client.redirect_uris.iter().filter(move |uri| wildcards || !uri.is_wildcard())
}

/// The registered redirect URI that a received one is, exact ones first; `None` if it is none that counts.
pub fn registered_redirect<'a>(realm: &Realm, client: &'a Client, received: &str) -> Option<&'a RedirectUri> {
    let matching = |wildcard: bool| {
        usable_redirects(realm, client).find(move |uri| {
            // A page in a browser has one address; RFC 8252 7.3 is about programs that take the port they get.
            uri.is_wildcard() == wildcard
                && if client.in_browser { uri.as_str() == received } else { uri.matches(received) }
        })
    };
    matching(false).or_else(|| matching(true))
}

/// The mode by which even a refusal travels: what was asked for if it can be, else what the response type implies.
fn error_mode(realm: &Realm, params: &Params<'_>) -> ResponseMode {
    let fragment = response_type(realm, params).is_ok_and(|response_type| response_type == ResponseType::Token);
    match params.get("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        Some("fragment") => ResponseMode::Fragment,
        _ if fragment => ResponseMode::Fragment,
        _ => ResponseMode::Query,
    }
}

fn response_type(realm: &Realm, params: &Params<'_>) -> Result<ResponseType, Refusal> {
    match params.get("response_type") {
        None => realm.dialect.authorization.default_response_type.ok_or(Refusal::ResponseTypeMissing),
        Some("code") => Ok(ResponseType::Code),
        Some("token") if realm.dialect.permits.contains(&Legacy::Implicit) => Ok(ResponseType::Token),
        Some(_) => Err(Refusal::ResponseTypeUnknown(crate::metadata::response_types(realm))),
    }
}

/// A checked authorization request; kept while a person is in front of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client.
    pub client: String,
    /// Where the answer goes.
    pub destination: Destination,
    /// Code or token.
    pub response_type: ResponseType,
    /// The scope that will be granted.
    pub scope: ScopeSet,
    /// It is not the scope that was asked for.
    pub scope_differs: bool,
    /// The API.
    pub audience: String,
    /// PKCE.
    pub challenge: Option<Challenge>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// `prompt`.
    pub prompt: Prompt,
    /// `max_age`, in seconds.
    pub max_age: Option<i64>,
    /// `login_hint`: prefilled as the user name.
    pub login_hint: Option<String>,
    /// `ui_locales`: the languages for the pages, the most wanted first.
    #[serde(default)]
    pub ui_locales: Option<String>,
    /// The user whom a valid `id_token_hint` names.
    #[serde(default)]
    pub hinted_user: Option<String>,
    /// When the request arrived, in milliseconds.
    pub arrived_at: i64,
}

impl AuthorizationRequest {
    /// Stage two: everything but client and redirect URI, one line a check, in the order in which they are answered.
    ///
    /// # Errors
    /// The first check that fails; it travels to `destination`.
    pub fn check(
        realm: &Realm,
        client: &Client,
        params: &Params<'_>,
        destination: Destination,
        now: i64,
    ) -> Result<Self, Refusal> {
        no_duplicates(params)?;
        short_nonce(params)?;
        no_request_object(params)?;
        let response_type = response_type(realm, params)?;
        may_respond(realm, client, &destination, response_type)?;
        mode_fits(params, response_type)?;
        let requested = token_request::scope(params)?;
        let default = realm.dialect.authorization.default_scope.as_deref();
        let scope = resolve_scope(realm, client, requested.as_ref(), default)?;
        let challenge = match response_type {
            ResponseType::Code => pkce::of_request(realm, client, params, &scope)?,
            ResponseType::Token => None,
        };
        let audience = audience(realm, client, params)?;
        fits_implicit(realm, response_type, &scope, &audience)?;
        let prompt = Prompt::read(params)?;
        let max_age = max_age(params)?;
        Ok(Self {
            client: client.id.clone(),
            destination,
            response_type,
            scope_differs: requested.is_none_or(|requested| !requested.same(&scope)),
            scope,
            audience,
            challenge,
            nonce: params.get("nonce").map(str::to_owned),
            prompt,
            max_age,
            login_hint: params.get("login_hint").map(|hint| hint.chars().take(200).collect()),
            ui_locales: params.get("ui_locales").map(|tags| tags.chars().take(200).collect()),
            hinted_user: None,
            arrived_at: now,
        })
    }
}

fn no_duplicates(params: &Params<'_>) -> Result<(), Refusal> {
    params.duplicate().map_or(Ok(()), |name| Err(Refusal::duplicate(name)))
}

fn short_nonce(params: &Params<'_>) -> Result<(), Refusal> {
    match params.get("nonce") {
        Some(text) if text.len() > LONGEST_NONCE => {
            Err(Refusal::WrongParameter { name: "nonce", why: "it is longer than 4,096 bytes" })
        }
        _ => Ok(()),
    }
}

fn no_request_object(params: &Params<'_>) -> Result<(), Refusal> {
    if params.get("request").is_some() {
        return Err(Refusal::RequestObject);
    }
    if params.get("request_uri").is_some() {
        return Err(Refusal::RequestUri);
    }
    Ok(())
}

/// A token never goes to a place that is known by a pattern only.
fn may_respond(
    realm: &Realm,
    client: &Client,
    destination: &Destination,
    response_type: ResponseType,
) -> Result<(), Refusal> {
    let implicit = response_type == ResponseType::Token;
    let barred = implicit && (destination.wildcard || !realm.allows(client, Legacy::Implicit));
    if client.may_respond(response_type) && !barred { Ok(()) } else { Err(Refusal::ResponseTypeNotAllowed) }
}

fn mode_fits(params: &Params<'_>, response_type: ResponseType) -> Result<(), Refusal> {
    match (params.get("response_mode"), response_type) {
        (None | Some("fragment" | "form_post"), _) | (Some("query"), ResponseType::Code) => Ok(()),
        _ => Err(Refusal::ResponseMode),
    }
}

/// Here an absent audience is never an error: the browser's user could not mend it.
fn audience(realm: &Realm, client: &Client, params: &Params<'_>) -> Result<String, Refusal> {
    match token_request::audience(params)? {
        Some(named) => resolve_audience(realm, client, Some(&named)),
        None => Ok(default_audience(realm, client).to_owned()),
    }
}

/// A8: an API or a scope may be barred for implicit.
fn fits_implicit(realm: &Realm, response_type: ResponseType, scope: &ScopeSet, audience: &str) -> Result<(), Refusal> {
    if response_type != ResponseType::Token {
        return Ok(());
    }
    let asked = scope.members();
    match realm.scopes.iter().find(|known| !known.implicit && asked.contain(&known.name)) {
        Some(known) => Err(Refusal::BarredForImplicit(format!("the scope {}", known.name))),
        None if realm.api(audience).is_some_and(|api| !api.implicit) => {
            Err(Refusal::BarredForImplicit("this API".into()))
        }
        None => Ok(()),
    }
}

fn max_age(params: &Params<'_>) -> Result<Option<i64>, Refusal> {
    const WRONG: Refusal = Refusal::WrongParameter { name: "max_age", why: "it must be a number of seconds" };
    let age = params.get("max_age").map(|text| text.parse::<u32>().map(i64::from)).transpose();
    age.map_err(|_| WRONG)
}

/// The session in front of the request, if there is one.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// Who is signed in.
    pub user: &'a User,
    /// When they signed in, in milliseconds.
    pub auth_time: i64,
}

/// The consent that is on record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// Scopes that the user has allowed.
    pub scope: ScopeSet,
    /// Organisations that the user picked.
    pub organisations: Vec<String>,
}

/// What the browser sees now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The accounts of this browser, to choose from.
    SelectAccount,
    /// The sign-in page.
    SignIn,
    /// That the user has no organisation, and so nothing to grant.
    NoOrganisation,
    /// The consent page.
    Consent {
        /// Scopes that were not allowed before.
        new: ScopeSet,
        /// The organisations to pick from; empty: none to pick.
        organisations: Vec<String>,
    },
    /// Nothing: the answer, for these organisations.
    Approve {
        /// What the token carries.
        organisations: Vec<String>,
    },
    /// The refusal travels back.
    Refuse(Refusal),
}

/// The one place that decides what the browser sees. `consented`: the consent page of this very request was answered
/// with "allow".
pub fn next_step(
    realm: &Realm,
    client: &Client,
    request: &AuthorizationRequest,
    session: Option<Session<'_>>,
    consent: &Consent,
    consented: bool,
    now: i64,
) -> Step {
    if request.prompt.select_account {
        return Step::SelectAccount;
    }
    let is_right = |session: &Session<'_>| fresh(request, session, now) && is_hinted(request, session.user);
    let Some(session) = session.filter(is_right) else {
        return if request.prompt.none { Step::Refuse(Refusal::LoginRequired) } else { Step::SignIn };
    };
    let picked = pick(realm.dialect.organisation, session.user, consent);
    let missing = request.scope.without(&consent.scope);
    // Whoever listens on this device may pretend to be a native client (RFC 8252 8.6).
    let must_ask = request.prompt.consent || (request.destination.native && !client.in_browser);
    let trusted = client.trusted && client.is_confidential();
    let ask = !trusted
        && (!missing.is_empty() || consent.scope.is_empty() && request.scope.is_empty() || must_ask)
        && !consented;
    match picked {
        Pick::Nothing if request.prompt.none => return Step::Refuse(Refusal::Denied),
        Pick::Nothing => return Step::NoOrganisation,
        Pick::These(organisations) if !ask => return Step::Approve { organisations },
        _ if request.prompt.none => return Step::Refuse(Refusal::ConsentRequired),
        _ => {}
    }
    let organisations = if realm.dialect.organisation == OrganisationChoice::None {
        Vec::new()
    } else {
        session.user.organisations.clone()
    };
    Step::Consent { new: missing, organisations }
}

/// Whether the user is the one whom `id_token_hint` names, where nobody can be asked (OpenID Connect Core 3.1.2.1); whoever
/// can be asked decides themselves as whom they go on.
fn is_hinted(request: &AuthorizationRequest, user: &User) -> bool {
    !request.prompt.none || request.hinted_user.as_ref().is_none_or(|hinted| *hinted == user.id)
}

/// Whether the user signed in recently enough for this request.
fn fresh(request: &AuthorizationRequest, session: &Session<'_>, now: i64) -> bool {
    let after_prompt = !request.prompt.login || session.auth_time >= request.arrived_at;
    let young = request.max_age.is_none_or(|age| {
        session.auth_time >= request.arrived_at || session.auth_time.saturating_add(age.saturating_mul(1000)) >= now
    });
    after_prompt && young
}

enum Pick {
    /// The user has nothing to grant.
    Nothing,
    /// The page must ask.
    Ask,
    /// Decided, by an earlier consent or because there is no choice.
    These(Vec<String>),
}

fn pick(choice: OrganisationChoice, user: &User, consent: &Consent) -> Pick {
    let own = Members::of(&user.organisations);
    let still: Vec<String> = consent.organisations.iter().filter(|id| own.contain(id)).cloned().collect();
    match (choice, user.organisations.as_slice(), still.as_slice()) {
        (OrganisationChoice::None, _, _) => Pick::These(Vec::new()),
        (_, [], _) => Pick::Nothing,
        (OrganisationChoice::One, [only], _) => Pick::These(vec![only.clone()]),
        (OrganisationChoice::One, _, [_]) | (OrganisationChoice::Many, _, [_, ..]) => Pick::These(still),
        _ => Pick::Ask,
    }
}

/// The organisations that a consent form may name: the user's own, as many as the dialect lets them pick.
///
/// # Errors
/// None picked where one must be, more than one where one may be, or one that is not the user's.
pub fn picked<'a>(
    choice: OrganisationChoice,
    user: &User,
    named: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, Refusal> {
    const WRONG: Refusal = Refusal::WrongParameter { name: "organisation", why: "choose from the list" };
    let mut chosen: Vec<String> = named.map(str::to_owned).collect();
    chosen.dedup();
    let own = Members::of(&user.organisations);
    let mine = chosen.iter().all(|id| own.contain(id));
    match (choice, chosen.len()) {
        (OrganisationChoice::None, _) => Ok(Vec::new()),
        (OrganisationChoice::One, 1) | (OrganisationChoice::Many, 1..) if mine => Ok(chosen),
        (OrganisationChoice::One, 0) if user.organisations.len() == 1 => Ok(user.organisations.clone()),
        _ => Err(WRONG),
    }
}

/// What the approval of `request` grants.
pub fn granted(
    request: &AuthorizationRequest,
    organisations: Vec<String>,
    auth_time: i64,
    session: Option<String>,
) -> Granted {
    Granted {
        flow: match request.response_type {
            ResponseType::Code => GrantType::AuthorizationCode,
            ResponseType::Token => GrantType::Implicit,
        },
        scope: request.scope.clone(),
        audience: request.audience.clone(),
        organisations,
        auth_time: Some(auth_time),
        session,
    }
}
