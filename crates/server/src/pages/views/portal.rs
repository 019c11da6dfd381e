//! The pages of the partners' portal. They share one frame ([`PortalPage`]); what is in it is a [`PortalBody`].

use super::words::Words;
use super::{
    AppPage, CallPage, CallsPage, CheckedUri, CredentialsPage, Masked, RedirectsPage, ScopeChoice, SecretPage,
    TeamLink, TryPage, View, WebhookPage, WebhooksPage,
};
use crate::pages::dates::Moment;
use serde::Serialize;

/// A page of the portal.
#[derive(Debug, Clone, Serialize)]
pub struct PortalPage {
    /// The path of its first page; the others are below it.
    pub base: String,
    /// Ties its forms to this session, or to this browser where nobody is signed in.
    pub csrf: Masked,
    /// What was done, as messages call it; none: nothing.
    pub notice: Option<&'static str>,
    /// What is wrong with what was sent.
    pub errors: Vec<PortalError>,
    /// What it shows.
    pub body: PortalBody,
}

/// Something that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortalError {
    /// What is wrong, as messages call it; none: only the text says it.
    pub key: Option<&'static str>,
    /// What it is about: a redirect URI, a question, the field of a form.
    pub about: String,
    /// The rule that it breaks.
    pub rule: Option<Words>,
}

impl PortalError {
    /// One that messages know.
    pub fn of(key: &'static str) -> Self {
        Self { key: Some(key), about: String::new(), rule: None }
    }

    /// The same, and what it is about.
    pub fn about(key: &'static str, about: impl Into<String>) -> Self {
        Self { about: about.into(), ..Self::of(key) }
    }

    /// One that these words tell alone.
    pub fn words(words: Words) -> Self {
        Self { key: None, about: String::new(), rule: Some(words) }
    }
}

impl View for PortalPage {
    const TEMPLATE: &'static str = "portal.html";

    fn status(&self) -> u16 {
        if self.errors.is_empty() { 200 } else { 422 }
    }

    fn asks_for_more(&self) -> bool {
        matches!(self.body, PortalBody::Calls(_) | PortalBody::Redirects(_) | PortalBody::Step(_))
    }
}

/// What a page of the portal shows.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PortalBody {
    /// Somebody becomes a partner.
    SignUp(SignUpPage),
    /// What partners agree to.
    Terms(TermsPage),
    /// The apps of a team.
    Home(PortalHome),
    /// Who belongs to a team.
    Team(TeamPage),
    /// What a team made in the sandbox.
    Sandbox(SandboxPage),
    /// What kind of app is registered.
    Kind(KindPage),
    /// A step of its registration.
    Step(StepPage),
    /// An app.
    App(AppPage),
    /// Its credentials.
    Credentials(CredentialsPage),
    /// A secret that is shown once.
    Secret(SecretPage),
    /// Its redirect URIs.
    Redirects(RedirectsPage),
    /// A call against the sandbox.
    Try(TryPage),
    /// Its calls.
    Calls(CallsPage),
    /// One of them.
    Call(CallPage),
    /// Its webhooks.
    Webhooks(WebhooksPage),
    /// One of them.
    Webhook(WebhookPage),
    /// What was found out about redirect URIs, for the page that has them.
    Checked(CheckedPage),
}

/// Somebody becomes a partner.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SignUpPage {
    /// `ask`, `sent`, `confirm`, `join`, `join_new`, `gone`, `done`.
    pub state: &'static str,
    /// Where its form goes.
    pub action: String,
    /// What was typed.
    pub name: String,
    /// What was typed, or is confirmed.
    pub email: String,
    /// The team that invites.
    pub team: String,
    /// Why it did not work, as messages call it.
    pub error: Option<&'static str>,
    /// Where partners sign in.
    pub sign_in_url: String,
}

/// What partners agree to.
#[derive(Debug, Clone, Serialize)]
pub struct TermsPage {
    /// Which version.
    pub version: String,
    /// Where they can be read.
    pub url: Option<String>,
    /// Or what they say.
    pub text: Option<String>,
}

/// An app on the first page.
#[derive(Debug, Clone, Serialize)]
pub struct AppLine {
    /// Its name; empty for a draft without one.
    pub name: String,
    /// Its page.
    pub url: String,
    /// How it stands in the sandbox; none where there is no sandbox.
    pub sandbox: Option<String>,
    /// How it stands in production.
    pub production: String,
    /// When it was last given a token.
    pub last_call: Option<Moment>,
    /// Its secret that ends soon, and when.
    pub secret_ends: Option<Moment>,
}

/// The apps of a team.
#[derive(Debug, Clone, Serialize)]
pub struct PortalHome {
    /// What people call who is signed in.
    pub who: String,
    /// Their teams.
    pub teams: Vec<TeamLink>,
    /// The team whose apps these are.
    pub team: Option<TeamLink>,
    /// Its apps.
    pub apps: Vec<AppLine>,
    /// Where more apps are.
    pub more_url: Option<String>,
    /// What partners are told.
    pub announcements: Vec<String>,
    /// There is a sandbox.
    pub has_sandbox: bool,
}

/// Somebody who belongs to a team.
#[derive(Debug, Clone, Serialize)]
pub struct MemberLine {
    /// Their id.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// Where mails go.
    pub email: String,
    /// They are an owner.
    pub is_owner: bool,
    /// They are who looks at the page.
    pub is_me: bool,
    /// Since when.
    pub since: Moment,
}

/// Somebody who is invited.
#[derive(Debug, Clone, Serialize)]
pub struct InvitedLine {
    /// Where the mail went.
    pub email: String,
    /// They will be an owner.
    pub is_owner: bool,
    /// When it is over.
    pub ends: Moment,
}

/// Who belongs to a team.
#[derive(Debug, Clone, Serialize)]
pub struct TeamPage {
    /// The team.
    pub team: TeamLink,
    /// Who belongs to it.
    pub members: Vec<MemberLine>,
    /// Who is invited.
    pub invited: Vec<InvitedLine>,
    /// Who looks at the page is an owner.
    pub is_owner: bool,
    /// They are the only one.
    pub is_last_owner: bool,
}

/// Something that a team made in the sandbox.
#[derive(Debug, Clone, Serialize)]
pub struct MadeLine {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What a user signs in with, or what kind of company it is.
    pub about: String,
}

/// What a team made in the sandbox.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxPage {
    /// The team.
    pub team: TeamLink,
    /// Users.
    pub users: Vec<MadeLine>,
    /// Companies.
    pub companies: Vec<MadeLine>,
    /// A user name and a password, shown once.
    pub shown: Option<ShownOnce>,
}

/// A user name and a password, shown once.
#[derive(Debug, Clone, Serialize)]
pub struct ShownOnce {
    /// What they sign in with.
    pub username: String,
    /// The password.
    pub password: Masked,
}

/// What kind of app is registered.
#[derive(Debug, Clone, Serialize)]
pub struct KindPage {
    /// The team.
    pub team: TeamLink,
    /// The kinds there are, as messages call them.
    pub kinds: Vec<&'static str>,
}

/// A question of the vendor's.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionField {
    /// Names the answer.
    pub id: String,
    /// As people read it.
    pub text: String,
    /// It wants an answer.
    pub required: bool,
    /// How long that is at most.
    pub max_length: u32,
    /// What was typed.
    pub answer: String,
}

/// What was found out about redirect URIs.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedPage {
    /// Each of them.
    pub checked: Vec<CheckedUri>,
}

/// A step of a registration.
#[derive(Debug, Clone, Serialize)]
pub struct StepPage {
    /// `name`, `redirects`, `scopes`, `questions`, `summary`.
    pub step: &'static str,
    /// The number of this step, from 1, and how many there are; the kind is the first.
    pub number: usize,
    /// How many.
    pub of: usize,
    /// The step before; none for the first.
    pub before: Option<&'static str>,
    /// The page of the draft.
    pub action: String,
    /// The app's name.
    pub name: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// It can keep a secret or a key.
    pub is_confidential: bool,
    /// What kind of app it is, as messages call it.
    pub app_kind: String,
    /// One URI in each line.
    pub redirects: String,
    /// What was found out about them.
    pub checked: Vec<CheckedUri>,
    /// The scopes there are.
    pub scopes: Vec<ScopeChoice>,
    /// The vendor's questions.
    pub questions: Vec<QuestionField>,
    /// There is a sandbox.
    pub has_sandbox: bool,
}
