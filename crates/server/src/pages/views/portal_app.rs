//! The portal's pages of an app: how it stands, what was said, its credentials, its redirect URIs, trying it.

use super::words::Words;
use super::{CheckedUri, Pair, ScopeChoice, SecretOnce, TeamLink};
use crate::pages::dates::Moment;
use serde::Serialize;

/// Something that was said about an app.
#[derive(Debug, Clone, Serialize)]
pub struct EventLine {
    /// What, as messages call it.
    pub kind: String,
    /// Who, on which side.
    pub side: String,
    /// Their name.
    pub name: String,
    /// When.
    pub at: Moment,
    /// What they said.
    pub words: String,
}

/// A legacy behaviour that an app used.
#[derive(Debug, Clone, Serialize)]
pub struct LegacyLine {
    /// Which, as dialects spell it.
    pub name: String,
    /// How often in the last 30 days.
    pub count: i64,
    /// What is wrong with it.
    pub risk: String,
    /// When it ends for the app.
    pub ends: Option<DeadlineLine>,
}

/// Until when an app may use a legacy behaviour.
#[derive(Debug, Clone, Serialize)]
pub struct DeadlineLine {
    /// When it ends.
    pub at: Moment,
    /// `notice`, `enforced`, `over` or `refused`: the end of the name of the message that says what is then.
    pub state: &'static str,
    /// What the vendor says of it.
    pub note: String,
}

/// An app.
#[derive(Debug, Clone, Serialize)]
pub struct AppPage {
    /// Its name.
    pub name: String,
    /// Its page; the others are below it.
    pub url: String,
    /// Its team.
    pub team: TeamLink,
    /// What kind of app it is, as messages call it.
    pub app_kind: String,
    /// How it stands in the sandbox.
    pub sandbox: Option<String>,
    /// How it stands in production.
    pub production: String,
    /// Where users are sent back to.
    pub redirects: Vec<String>,
    /// Its scopes.
    pub scopes: Vec<ScopeChoice>,
    /// What was said.
    pub events: Vec<EventLine>,
    /// Legacy behaviours that it used.
    pub legacy: Vec<LegacyLine>,
    /// Announcements that concern it.
    pub announcements: Vec<String>,
    /// What went wrong lately, in each realm where it is.
    pub refused: Vec<RefusedLine>,
}

/// How much went wrong lately.
#[derive(Debug, Clone, Serialize)]
pub struct RefusedLine {
    /// `sandbox` or `production`.
    pub environment: &'static str,
    /// How many calls were refused in the last days.
    pub count: u64,
    /// The kind that was most frequent: the protocol's word, and what to do about it.
    pub worst: Option<(String, Option<Words>)>,
}

/// A secret of an app.
#[derive(Debug, Clone, Serialize)]
pub struct SecretLine {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Since when it is there.
    pub created: Moment,
    /// When it was used last.
    pub used: Option<Moment>,
    /// When it ends by itself.
    pub ends: Option<Moment>,
}

/// The credentials of an app in one realm.
#[derive(Debug, Clone, Serialize)]
pub struct EnvironmentCredentials {
    /// `sandbox` or `production`.
    pub environment: &'static str,
    /// How it stands there.
    pub status: String,
    /// `client_id`.
    pub client_id: String,
    /// Its live secrets.
    pub secrets: Vec<SecretLine>,
    /// It may have one more.
    pub may_add: bool,
    /// Where its keys are.
    pub jwks_uri: Option<String>,
    /// What it needs to know.
    pub endpoints: Vec<Pair>,
}

/// What is said of a key set.
#[derive(Debug, Clone, Serialize)]
pub struct KeySetSeen {
    /// It could be fetched and read.
    pub is_good: bool,
    /// When it was fetched.
    pub at: Moment,
    /// The ids of its keys.
    pub kids: Vec<String>,
    /// Why it could not be had.
    pub why: String,
}

/// The credentials of an app.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialsPage {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// In each realm.
    pub environments: Vec<EnvironmentCredentials>,
    /// What its key set was found to be.
    pub key_set: Option<KeySetSeen>,
}

/// A secret that is shown once.
#[derive(Debug, Clone, Serialize)]
pub struct SecretPage {
    /// `sandbox` or `production`.
    pub environment: &'static str,
    /// The page of the app.
    pub url: String,
    /// The secret, and lines that work.
    pub once: SecretOnce,
}

/// The redirect URIs of an app.
#[derive(Debug, Clone, Serialize)]
pub struct RedirectsPage {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// One URI in each line.
    pub redirects: String,
    /// What was found out about them.
    pub checked: Vec<CheckedUri>,
    /// The vendor is asked before they change in production.
    pub is_reviewed: bool,
}

/// A call against the sandbox.
#[derive(Debug, Clone, Serialize)]
pub struct TryPage {
    /// The app's name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// It may have tokens for itself.
    pub has_own: bool,
    /// Begins the code flow in the sandbox.
    pub authorize_url: Option<String>,
    /// What the code is exchanged with.
    pub verifier: String,
    /// The request as it was sent, without the secret.
    pub request: Option<String>,
    /// Its answer.
    pub answer: String,
    /// What is in the token.
    pub token: Option<String>,
}
