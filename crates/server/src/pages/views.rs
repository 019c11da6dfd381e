//! One struct per page: what it shows. Fields named `action` are addresses that a form is posted to.
//!
//! Every form carries `csrf` and, where a request waits to be answered, `pending`. The sign-in form adds
//! `username` and `password`; consent adds `decision` (`allow` or `deny`) and any number of `organisation`; the choice of an
//! account adds `account`, `other` or `forget`.

mod about;
mod account;
pub mod console;
mod device;
mod link;
mod link_account;
mod own;
mod passkey;
mod portal;
mod portal_calls;
mod qr;
mod requests;
mod second_factor;
mod signed_out;
mod words;

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

pub use super::pair::Pair;
pub use about::{About, AboutLink};
pub use account::{Account, Accounts, Ago, Home, KnownAccount, NoOrganisation, NotApproved, SignedIn};
pub use device::{Device, DeviceError, DeviceState};
pub use link::{LinkState, UserLinkPage};
pub use link_account::{LinkAccount, OwnProvider, ProviderButton};
pub use own::{
    AccountHome, AccountNotice, ActivityEntry, Companies, Company, CompanyApp, CompanyAppMember, CompanyLink,
    CompanyMember, DeleteAccount, Deleted, LanguageChoice, OwnActivity, OwnApp, OwnApps, OwnData, OwnLicences,
    OwnSessionEntry, OwnSessions, SeatEntry, TakeBack,
};
pub use passkey::PasskeyForm;
pub use portal::{
    AppLine, AppPage, CheckedPage, CheckedUri, CredentialsPage, DeadlineLine, EnvironmentCredentials, EventLine,
    InvitedLine, KeySetSeen, KindPage, LegacyLine, MadeLine, MemberLine, PortalBody, PortalError, PortalHome,
    PortalPage, QuestionField, RedirectsPage, RefusedLine, SandboxPage, ScopeChoice, SecretLine, SecretPage, ShownOnce,
    SignUpPage, StepPage, TeamLink, TeamPage, TermsPage, TryPage,
};
pub use portal_calls::{
    CallLine, CallPage, CallsPage, CheckLine, DayLine, DeliveryLine, ErrorLine, EventChoice, LimitLine, WebhookLine,
    WebhookPage, WebhooksPage,
};
pub use qr::QrCode;
pub use requests::{BlockedEntry, OwnRequest, OwnRequests};
pub use second_factor::{FactorError, FactorState, OwnBrowser, OwnFactor, SecondFactor, Security, SecurityNotice};
pub use signed_out::{AppLink, SignedOut};

use super::cause::Cause;
use super::compare::RedirectComparison;
use super::script::ByItself;
use super::snippets::{TokenCall, env_block};

/// What [`super::Pages::page`] can render.
pub trait View: Serialize {
    /// The template's file name.
    const TEMPLATE: &'static str;

    /// The HTTP status that fits.
    fn status(&self) -> u16 {
        200
    }

    /// Whether the answer to this page's form may send the browser on, to an app and from there anywhere.
    fn leaves(&self) -> bool {
        false
    }

    /// What the page may do by itself.
    fn by_itself(&self) -> Option<ByItself> {
        None
    }

    /// Whether parts of it are fetched anew while it is looked at: its template marks them `data-live`.
    fn is_live(&self) -> bool {
        false
    }

    /// Whether a script of it asks this origin for more of it.
    fn asks_for_more(&self) -> bool {
        self.is_live()
    }

    /// The origins of what it shows in frames.
    fn frames(&self) -> Vec<String> {
        Vec::new()
    }

    /// Seconds after which another attempt makes sense.
    fn retry_after(&self) -> Option<u64> {
        None
    }
}

/// A value that belongs on a page and in no log: `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    /// The value itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Masked {
    fn from(value: T) -> Self {
        Self(value.into())
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The login form.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    /// The app that waits, for "to continue to X".
    pub client_name: Option<String>,
    /// What stands in the field already; may be empty.
    pub username: String,
    /// Why the last attempt did not work.
    pub error: Option<SignInError>,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed; none for an ordinary login.
    pub pending: Option<String>,
    /// Where "Not you?" posts to, shown beside a prefilled user name.
    pub not_you_action: Option<String>,
    /// Where somebody goes on without a request.
    pub onward: Option<&'static str>,
    /// What a passkey is asked, where there are such.
    pub passkey: Option<PasskeyForm>,
    /// Where people see and change what their account is used for.
    pub account_url: String,
    /// Where else one may sign in: buttons.
    pub providers: Vec<ProviderButton>,
    /// Where they post to.
    pub provider_action: String,
}

/// Why a login did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignInError {
    /// Unknown user or wrong password: the page does not tell which.
    WrongPassword,
    /// The form was not shown in this browser, or its cookies are gone.
    Again,
    /// A passkey that does not work here.
    Passkey,
    /// An identity provider did not answer, or not as it must.
    ProviderFailed,
    /// Somebody did not sign in there.
    ProviderRefused,
    /// They signed in there too long ago, or nobody says when.
    ProviderStale,
    /// Who signed in there has no account here, and gets none.
    NotLetIn,
    /// Somebody else has their address, who has no password either.
    AddressTaken,
    /// The brake is on for so many seconds.
    TooMany {
        /// Seconds until the next attempt.
        seconds: u64,
    },
}

impl SignInError {
    /// What a sign-in at a provider can come to.
    pub const OF_PROVIDERS: [Self; 5] =
        [Self::ProviderFailed, Self::ProviderRefused, Self::ProviderStale, Self::NotLetIn, Self::AddressTaken];
}

impl View for SignIn {
    const TEMPLATE: &'static str = "sign_in.html";

    fn status(&self) -> u16 {
        if self.retry_after().is_some() { 429 } else { 200 }
    }

    fn leaves(&self) -> bool {
        true
    }

    fn retry_after(&self) -> Option<u64> {
        match self.error? {
            SignInError::TooMany { seconds } => Some(seconds),
            _ => None,
        }
    }
}

/// The question whether an app may act for the person, and for which of their organisations.
#[derive(Debug, Clone, Serialize)]
pub struct Consent {
    /// The app that asks.
    pub client_name: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What it says about itself.
    pub about: About,
    /// Who would allow it.
    pub account: Account,
    /// Where the button "Switch account" posts to.
    pub switch_account_action: String,
    /// What it asks for.
    pub scopes: Vec<ConsentScope>,
    /// Whether the page is in another language than the one in which the realm describes its scopes.
    pub translate_scopes: bool,
    /// The companies or sites to choose from.
    pub organisations: Vec<Organisation>,
    /// How many of them can be chosen.
    pub organisation_mode: OrganisationMode,
    /// When the access ends by itself.
    pub lifetime: Lifetime,
    /// Where the person can take it back.
    pub manage_url: Option<String>,
    /// What was missing in the last answer.
    pub error: Option<ConsentError>,
    /// Where the decision goes.
    pub action: String,
    /// Ties the forms to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed.
    pub pending: Option<String>,
    /// The host that the answer goes to, where it is one; of an app on this device, what its address begins with.
    pub answer_host: Option<String>,
    /// Whether any program on this device could take the answer (RFC 8252 8.6).
    pub answer_is_local: bool,
    /// The code that a device shows, where the answer goes to one.
    pub device_code: Option<String>,
    /// Whether it is an agent, which goes on by itself.
    pub is_agent: bool,
    /// Where it asks while the person is elsewhere, and nobody sent them here.
    pub from_afar: Option<FromAfar>,
    /// For how long it may be let act; empty: that is not asked.
    pub times: Vec<TimeChoice>,
}

/// An app that asks while the person is elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct FromAfar {
    /// What it says there that this is about.
    pub binding_message: Option<String>,
}

/// For how long an app may be let act.
#[derive(Debug, Clone, Serialize)]
pub struct TimeChoice {
    /// What comes back as `for`.
    pub value: String,
    /// So many seconds; none: until it is taken back.
    pub seconds: Option<i64>,
    /// Whether it is chosen at first.
    pub checked: bool,
}

/// One scope, in words.
#[derive(Debug, Clone, Serialize)]
pub struct ConsentScope {
    /// Its name in the protocol.
    pub name: String,
    /// What it allows, as the realm says it, to follow "It would be able to"; none takes the locale's words.
    pub sentence: Option<String>,
    /// Whether the person was not asked for it before, while they allowed others.
    pub is_new: bool,
    /// Whether the realm says that it matters more than others.
    pub is_sensitive: bool,
}

/// A company or a site.
#[derive(Debug, Clone, Serialize)]
pub struct Organisation {
    /// What comes back as `organisation`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is, as the realm calls it.
    pub kind: String,
    /// Whether it is chosen at first.
    pub checked: bool,
}

/// How many organisations a grant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationMode {
    /// It is not asked.
    None,
    /// Exactly one.
    One,
    /// One or more.
    Many,
}

/// When a grant ends by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    /// So many seconds after it was given.
    pub after_seconds: Option<u64>,
    /// So many seconds after it was last used.
    pub idle_seconds: Option<u64>,
}

/// What is missing in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentError {
    /// Allowed, and no organisation chosen.
    NoOrganisation,
}

impl View for Consent {
    const TEMPLATE: &'static str = "consent.html";

    fn leaves(&self) -> bool {
        true
    }
}

/// Why a request ends here.
#[derive(Debug, Clone)]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: u16,
    /// The error code; the locale has a title and a message for the usual ones.
    pub code: String,
    /// The title, if the locale's is not good enough.
    pub title: Option<String>,
    /// The cause, if more can be said than the code does.
    pub cause: Option<Cause>,
    /// The cause as developers read it, in English: among the details to copy.
    pub message: Option<String>,
    /// The id of this request in the log.
    pub request_id: String,
    /// More for the app's owner.
    pub details: Vec<Pair>,
    /// The redirect URI that came, beside the nearest registered one.
    pub redirect: Option<RedirectComparison>,
    /// Where the same is tried once more, if that may help.
    pub again_url: Option<String>,
}

impl ErrorPage {
    /// A 400 page with the locale's words for `code`.
    pub fn new(code: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.into(),
            title: None,
            cause: None,
            message: None,
            request_id: request_id.into(),
            details: Vec::new(),
            redirect: None,
            again_url: None,
        }
    }

    /// All of it as lines to paste into a mail.
    fn copy(&self) -> String {
        let mut lines = vec![format!("error: {}", self.code)];
        lines.extend(self.message.iter().map(|message| format!("message: {message}")));
        lines.extend(self.details.iter().map(|detail| format!("{}: {}", detail.label, detail.value)));
        if let Some(redirect) = &self.redirect {
            lines.push(format!("received redirect_uri: {}", redirect.received_uri()));
            lines.push(format!("nearest registered: {}", redirect.nearest_uri()));
        }
        lines.push(format!("request id: {}", self.request_id));
        lines.join("\n")
    }
}

impl Serialize for ErrorPage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("cause", &self.cause)?;
        map.serialize_entry("request_id", &self.request_id)?;
        map.serialize_entry("details", &self.details)?;
        map.serialize_entry("redirect", &self.redirect)?;
        map.serialize_entry("again_url", &self.again_url)?;
        map.serialize_entry("copy", &self.copy())?;
        map.end()
    }
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    fn status(&self) -> u16 {
        self.status
    }
}

/// Why nobody can go on with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It waited too long.
    TooLong,
    /// It was allowed before.
    Allowed,
    /// It was denied before.
    Denied,
    /// The app may not ask for this any more.
    AppChanged,
    /// What came is nothing that this server sent.
    Unreadable,
    /// It was begun in another browser.
    Elsewhere,
    /// The vendor's own page has answered it before.
    Used,
}

impl Ended {
    /// Every cause.
    pub const ALL: [Self; 7] =
        [Self::TooLong, Self::Allowed, Self::Denied, Self::AppChanged, Self::Unreadable, Self::Elsewhere, Self::Used];
}

/// A request that nobody can go on with.
#[derive(Debug, Clone, Serialize)]
pub struct Expired {
    /// Why.
    pub cause: Ended,
    /// Where to start again, if the server still knows.
    pub again_url: Option<String>,
}

impl View for Expired {
    const TEMPLATE: &'static str = "expired.html";

    fn status(&self) -> u16 {
        400
    }
}

/// Asks before logging out (OpenID Connect RP-Initiated Logout, section 2).
#[derive(Debug, Clone, Serialize)]
pub struct LogoutConfirm {
    /// Where the answer goes.
    pub action: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// Who is signed in.
    pub username: String,
    /// The languages that the request asked for, to be sent along with the answer.
    pub ui_locales: Option<String>,
    /// Where the browser goes after the yes.
    pub back: Option<LogoutBack>,
}

/// Where the browser goes after the yes; sent along with it.
#[derive(Debug, Clone, Serialize)]
pub struct LogoutBack {
    /// The app.
    pub client_id: String,
    /// Its registered address.
    pub redirect_uri: String,
    /// `state`, as it was sent.
    pub state: Option<String>,
}

impl View for LogoutConfirm {
    const TEMPLATE: &'static str = "logout_confirm.html";

    fn leaves(&self) -> bool {
        true
    }
}

/// Behind the one-time link of the approval mail.
#[derive(Debug, Clone)]
pub struct SecretOnce {
    /// The app's name; empty where it is not told.
    pub app_name: String,
    /// The app's client id.
    pub client_id: String,
    /// The addresses that the app needs.
    pub endpoints: Vec<Pair>,
    /// Which of its faces.
    pub state: SecretState,
}

/// How far a one-time link has got.
#[derive(Debug, Clone)]
pub enum SecretState {
    /// GET: a button, so that a mail scanner which opens the link does not use it up.
    Offered {
        /// Where the button posts to.
        action: String,
        /// Ties the form to this browser.
        csrf: Masked,
        /// Seconds until the link ends.
        ends_in: u64,
    },
    /// POST: the secret, once.
    Shown {
        /// The secret.
        secret: Masked,
        /// A call that the owner can try.
        try_it: Option<TokenCall>,
    },
    /// Shown before, expired, or never made: the page does not tell which (410).
    Used,
    /// The secret was retired since (410).
    Retired,
    /// The app was stopped, turned down or removed since (410).
    Stopped,
    /// No whole link: mail programs cut and wrap long lines (400).
    Mangled,
}

impl Serialize for SecretOnce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum State<'a> {
            Offered { action: &'a str, csrf: &'a Masked, ends_in: u64 },
            Shown { secret: &'a Masked, env: String, try_it: Option<String> },
            Used,
            Retired,
            Stopped,
            Mangled,
        }
        let state = match &self.state {
            SecretState::Offered { action, csrf, ends_in } => State::Offered { action, csrf, ends_in: *ends_in },
            SecretState::Shown { secret, try_it } => State::Shown {
                secret,
                env: env_block(&self.client_id, secret.reveal(), &self.endpoints),
                try_it: try_it.as_ref().map(|call| call.curl(&self.client_id, secret.reveal())),
            },
            SecretState::Used => State::Used,
            SecretState::Retired => State::Retired,
            SecretState::Stopped => State::Stopped,
            SecretState::Mangled => State::Mangled,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("app_name", &self.app_name)?;
        map.serialize_entry("client_id", &self.client_id)?;
        map.serialize_entry("endpoints", &self.endpoints)?;
        map.serialize_entry("state", &state)?;
        map.end()
    }
}

impl View for SecretOnce {
    const TEMPLATE: &'static str = "secret_once.html";

    fn status(&self) -> u16 {
        match self.state {
            SecretState::Offered { .. } | SecretState::Shown { .. } => 200,
            SecretState::Mangled => 400,
            SecretState::Used | SecretState::Retired | SecretState::Stopped => 410,
        }
    }
}

/// `response_mode=form_post` (OAuth 2.0 Form Post Response Mode, section 2): it sends itself, and has a button for who runs no
/// script.
#[derive(Debug, Clone)]
pub struct FormPost {
    /// The app that waits.
    pub client_name: String,
    /// The validated redirect URI.
    pub action: String,
    /// The answer, in order.
    pub fields: Vec<(String, Masked)>,
    /// What the page says; none takes the locale's words.
    pub note: Option<String>,
}

impl Serialize for FormPost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Field<'a> {
            label: &'a str,
            value: &'a Masked,
        }
        let fields: Vec<_> = self.fields.iter().map(|(label, value)| Field { label, value }).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("client_name", &self.client_name)?;
        map.serialize_entry("action", &self.action)?;
        map.serialize_entry("fields", &fields)?;
        map.serialize_entry("note", &self.note)?;
        map.end()
    }
}

impl View for FormPost {
    const TEMPLATE: &'static str = "form_post.html";

    fn by_itself(&self) -> Option<ByItself> {
        Some(ByItself::Send)
    }

    fn leaves(&self) -> bool {
        true
    }
}

/// There is nothing at this address.
#[derive(Debug, Clone, Serialize)]
pub struct NotFound {}

impl View for NotFound {
    const TEMPLATE: &'static str = "not_found.html";

    fn status(&self) -> u16 {
        404
    }
}

/// The guide for integrators.
#[derive(Debug, Clone, Serialize)]
pub struct GuidePage {
    /// The text, as HTML that is made here.
    pub html: String,
}

impl View for GuidePage {
    const TEMPLATE: &'static str = "guide.html";
}
