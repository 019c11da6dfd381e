//! The pages of somebody's own account: what acts for them, where they are signed in, what happened, what is kept.

use super::{Account, Ago, ConsentScope, Masked, Organisation, OwnBrowser, View};
use crate::pages::dates::Moment;
use serde::Serialize;

/// What a page says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountNotice {
    /// The form was not of this session.
    Again,
    /// An app acts for them no more.
    TakenBack,
    /// It acts for other companies.
    Companies,
    /// It acts for one at least.
    NeedsOne,
    /// A browser is signed out.
    Ended,
    /// All others are.
    OthersEnded,
    /// A browser asks for the second step again.
    Forgotten,
    /// A licence is free.
    Released,
    /// Pages are in another language.
    Language,
    /// The password or the code is not right.
    Wrong,
    /// There were too many attempts.
    Locked,
    /// A program acts as this user.
    InUse,
    /// What an organisation says of an app is changed.
    Rule,
    /// What acted for an organisation does so no more.
    PulledPlug,
    /// What an app asked is allowed.
    RequestAllowed,
    /// What an app asked is refused.
    RequestRefused,
    /// What an app asked came to nothing.
    RequestFailed,
    /// What an app asked was answered before, or is over.
    RequestOver,
    /// An app may not ask any more.
    Blocked,
    /// An app may ask again.
    Unblocked,
}

impl AccountNotice {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Again,
        Self::TakenBack,
        Self::Companies,
        Self::NeedsOne,
        Self::Ended,
        Self::OthersEnded,
        Self::Forgotten,
        Self::Released,
        Self::Language,
        Self::Wrong,
        Self::Locked,
        Self::InUse,
        Self::Rule,
        Self::PulledPlug,
        Self::RequestAllowed,
        Self::RequestRefused,
        Self::RequestFailed,
        Self::RequestOver,
        Self::Blocked,
        Self::Unblocked,
    ];

    /// As an address says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::TakenBack => "taken_back",
            Self::Companies => "companies",
            Self::NeedsOne => "needs_one",
            Self::Ended => "ended",
            Self::OthersEnded => "others_ended",
            Self::Forgotten => "forgotten",
            Self::Released => "released",
            Self::Language => "language",
            Self::Wrong => "wrong",
            Self::Locked => "locked",
            Self::InUse => "in_use",
            Self::Rule => "rule",
            Self::PulledPlug => "pulled_plug",
            Self::RequestAllowed => "request_allowed",
            Self::RequestRefused => "request_refused",
            Self::RequestFailed => "request_failed",
            Self::RequestOver => "request_over",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
        }
    }
}

/// A link to the page of an organisation.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyLink {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
}

/// A language that pages can be in.
#[derive(Debug, Clone, Serialize)]
pub struct LanguageChoice {
    /// BCP 47.
    pub tag: String,
    /// As its speakers call it.
    pub name: String,
    /// It is the present one.
    pub is_chosen: bool,
}

/// Where everything is.
#[derive(Debug, Clone, Serialize)]
pub struct AccountHome {
    /// Whose it is.
    pub account: Account,
    /// The path of this page; the others are below it.
    pub base: String,
    /// What was done.
    pub notice: Option<AccountNotice>,
    /// They sign in here, and not at the vendor's own page.
    pub has_security: bool,
    /// Whether apps can ask while their users are elsewhere; how many do now.
    pub requests: Option<usize>,
    /// Where mails to them go.
    pub email: Option<String>,
    /// Organisations that they administer.
    pub companies: Vec<CompanyLink>,
    /// The languages to choose from.
    pub languages: Vec<LanguageChoice>,
    /// Where the log-out button posts to.
    pub logout_action: Option<String>,
    /// Ties that form to this browser.
    pub logout_csrf: Masked,
    /// Ties the other forms to this session.
    pub csrf: Masked,
}

impl View for AccountHome {
    const TEMPLATE: &'static str = "account.html";
}

/// An app that acts for somebody.
#[derive(Debug, Clone, Serialize)]
pub struct OwnApp {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What it may do.
    pub scopes: Vec<ConsentScope>,
    /// For which companies or sites.
    pub companies: Vec<String>,
    /// Since when.
    pub since: Moment,
    /// When it was last given access.
    pub used: Option<Ago>,
    /// When that ends by itself, because its owner said so.
    pub until: Option<Moment>,
    /// Where it is taken back.
    pub take_back_url: String,
    /// Where its companies are changed, if they can be.
    pub companies_url: Option<String>,
}

/// The apps that act for somebody.
#[derive(Debug, Clone, Serialize)]
pub struct OwnApps {
    /// The path of the first page.
    pub base: String,
    /// What was done.
    pub notice: Option<AccountNotice>,
    /// Those that are agents, which go on by themselves.
    pub agents: Vec<OwnApp>,
    /// The other apps.
    pub apps: Vec<OwnApp>,
    /// Whether the page is in another language than the one in which the realm describes its scopes.
    pub translate_scopes: bool,
    /// Where there are more.
    pub next_url: Option<String>,
}

impl View for OwnApps {
    const TEMPLATE: &'static str = "account_apps.html";
}

/// Asks before an app is taken back.
#[derive(Debug, Clone, Serialize)]
pub struct TakeBack {
    /// The path of the first page.
    pub base: String,
    /// Why nothing was done.
    pub notice: Option<AccountNotice>,
    /// The app.
    pub app: OwnApp,
    /// As in [`OwnApps`].
    pub translate_scopes: bool,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this session.
    pub csrf: Masked,
}

impl View for TakeBack {
    const TEMPLATE: &'static str = "account_take_back.html";
}

/// The companies that an app acts for.
#[derive(Debug, Clone, Serialize)]
pub struct Companies {
    /// The path of the first page.
    pub base: String,
    /// Why nothing was done.
    pub notice: Option<AccountNotice>,
    /// The app.
    pub app_id: String,
    /// What people call it.
    pub app_name: String,
    /// What there is to choose from.
    pub organisations: Vec<Organisation>,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this session.
    pub csrf: Masked,
}

impl View for Companies {
    const TEMPLATE: &'static str = "account_companies.html";
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct OwnSessionEntry {
    /// Names it in the form.
    pub id: String,
    /// The browser.
    pub browser: String,
    /// From where.
    pub address: String,
    /// Since when.
    pub since: Moment,
    /// When it was last used.
    pub seen: Ago,
    /// It is the one that shows the page.
    pub is_this: bool,
}

/// Where somebody is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct OwnSessions {
    /// The path of the first page.
    pub base: String,
    /// What was done.
    pub notice: Option<AccountNotice>,
    /// The browsers.
    pub sessions: Vec<OwnSessionEntry>,
    /// There is more than this one.
    pub has_others: bool,
    /// Browsers that do not ask for the second step.
    pub remembered: Vec<OwnBrowser>,
    /// Where the forms go.
    pub action: String,
    /// Ties the forms to this session.
    pub csrf: Masked,
}

impl View for OwnSessions {
    const TEMPLATE: &'static str = "account_sessions.html";
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub struct ActivityEntry {
    /// The end of the name of the message that says it.
    pub kind: String,
    /// The app, the address.
    pub about: String,
    /// The browser.
    pub browser: String,
    /// From where.
    pub address: String,
    /// When.
    pub at: Moment,
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
pub struct OwnActivity {
    /// The path of the first page.
    pub base: String,
    /// The newest first.
    pub entries: Vec<ActivityEntry>,
    /// Where there are more.
    pub next_url: Option<String>,
}

impl View for OwnActivity {
    const TEMPLATE: &'static str = "account_activity.html";
}

/// A licence.
#[derive(Debug, Clone, Serialize)]
pub struct SeatEntry {
    /// Names it in the form.
    pub key: String,
    /// Its pool.
    pub pool: String,
    /// The organisation whose it is.
    pub organisation: Option<String>,
    /// The app that uses it.
    pub app: String,
    /// Since when.
    pub since: Moment,
}

/// The licences that somebody holds.
#[derive(Debug, Clone, Serialize)]
pub struct OwnLicences {
    /// The path of the first page.
    pub base: String,
    /// What was done.
    pub notice: Option<AccountNotice>,
    /// The licences.
    pub seats: Vec<SeatEntry>,
    /// Where the forms go.
    pub action: String,
    /// Ties the forms to this session.
    pub csrf: Masked,
}

impl View for OwnLicences {
    const TEMPLATE: &'static str = "account_licences.html";
}

/// What is kept about somebody.
#[derive(Debug, Clone, Serialize)]
pub struct OwnData {
    /// The path of the first page.
    pub base: String,
    /// Why nothing was done.
    pub notice: Option<AccountNotice>,
    /// They may delete their account themselves.
    pub may_delete: bool,
    /// Whom they ask otherwise.
    pub contact: Option<String>,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this session.
    pub csrf: Masked,
}

impl View for OwnData {
    const TEMPLATE: &'static str = "account_data.html";
}

/// Asks before an account is deleted.
#[derive(Debug, Clone, Serialize)]
pub struct DeleteAccount {
    /// Whose it is.
    pub account: Account,
    /// The path of the first page.
    pub base: String,
    /// Why nothing was done.
    pub notice: Option<AccountNotice>,
    /// A password is asked for.
    pub has_password: bool,
    /// A code is asked for.
    pub has_factor: bool,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this session.
    pub csrf: Masked,
}

impl View for DeleteAccount {
    const TEMPLATE: &'static str = "account_delete.html";
}

/// An account that is no more.
#[derive(Debug, Clone, Serialize)]
pub struct Deleted {}

impl View for Deleted {
    const TEMPLATE: &'static str = "account_deleted.html";
}

/// An app that acts for an organisation.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyApp {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is an agent, which goes on by itself.
    pub is_agent: bool,
    /// Who allowed it.
    pub members: Vec<CompanyAppMember>,
    /// What the organisation says of it; none: nothing.
    pub allowed: Option<bool>,
    /// Whether it may act for the organisation.
    pub may_act: bool,
}

/// Somebody in whose name an app acts for an organisation.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyAppMember {
    /// What people call them; none: the app acts for itself.
    pub username: Option<String>,
    /// Since when.
    pub since: Moment,
    /// When it was last given access.
    pub used: Ago,
}

/// A member of an organisation.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyMember {
    /// Who it is.
    pub account: Account,
    /// Their roles in it.
    pub roles: String,
}

/// The page of an organisation's administrators.
#[derive(Debug, Clone, Serialize)]
pub struct Company {
    /// The path of the first page.
    pub base: String,
    /// What was done.
    pub notice: Option<AccountNotice>,
    /// Its name.
    pub name: String,
    /// Its apps.
    pub apps: Vec<CompanyApp>,
    /// Only apps that are listed may act for it.
    pub only_listed: bool,
    /// Its members.
    pub members: Vec<CompanyMember>,
    /// There are more members than are shown.
    pub has_more_members: bool,
    /// Where the forms go.
    pub action: String,
    /// Ties the forms to this session.
    pub csrf: Masked,
}

impl View for Company {
    const TEMPLATE: &'static str = "account_company.html";
}
