//! One struct per page: what it shows. Fields named `action` are addresses that a form is posted to.
//!
//! Every form carries `csrf` and, where a request waits to be answered, `pending`. The sign-in form adds
//! `username` and `password`; consent adds `decision` (`allow` or `deny`) and any number of `organisation`; the choice of an
//! account adds `account`, `other` or `forget`.

mod about;
mod account;
mod consent;
pub mod console;
mod device;
mod link;
mod link_account;
mod own;
mod passkey;
mod portal;
mod portal_app;
mod portal_calls;
mod portal_parts;
mod qr;
mod requests;
mod second_factor;
mod secret_once;
mod sign_in;
mod signed_out;
mod words;

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

pub use super::pair::Pair;
pub use about::{About, AboutLink};
pub use account::{Account, Accounts, Ago, Home, KnownAccount, NoOrganisation, NotApproved, SignedIn};
pub use consent::{
    AnswerTo, Consent, ConsentError, ConsentScope, FromAfar, Lifetime, Organisation, OrganisationMode, TimeChoice,
};
pub use device::{Device, DeviceError, DeviceState};
pub use link::{LinkState, UserLinkPage};
pub use link_account::{LinkAccount, OwnProvider};
pub use own::{
    AccountHome, AccountNotice, ActivityEntry, Companies, Company, CompanyApp, CompanyAppMember, CompanyLink,
    CompanyMember, DeleteAccount, Deleted, LanguageChoice, OwnActivity, OwnApp, OwnApps, OwnData, OwnLicences,
    OwnSessionEntry, OwnSessions, SeatEntry, TakeBack,
};
pub use passkey::PasskeyForm;
pub use portal::{
    AppLine, CheckedPage, InvitedLine, KindPage, MadeLine, MemberLine, PortalBody, PortalError, PortalHome, PortalPage,
    QuestionField, SandboxPage, ShownOnce, SignUpPage, StepPage, TeamPage, TermsPage,
};
pub use portal_app::{
    AppPage, CredentialsPage, DeadlineLine, EnvironmentCredentials, EventLine, KeySetSeen, LegacyLine, RedirectsPage,
    RefusedLine, SecretLine, SecretPage, TryPage,
};
pub use portal_calls::{
    CallLine, CallPage, CallsPage, CheckLine, DayLine, DeliveryLine, ErrorLine, EventChoice, LimitLine, WebhookLine,
    WebhookPage, WebhooksPage,
};
pub use portal_parts::{CheckedUri, ScopeChoice, TeamLink};
pub use qr::QrCode;
pub use requests::{BlockedEntry, OwnRequest, OwnRequests};
pub use second_factor::{FactorError, FactorState, OwnBrowser, OwnFactor, SecondFactor, Security, SecurityNotice};
pub use secret_once::{SecretOnce, SecretState};
pub use sign_in::{ProviderButton, SignIn, SignInError};
pub use signed_out::{AppLink, SignedOut};

use super::cause::Cause;
use super::compare::RedirectComparison;
use super::script::ByItself;

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
