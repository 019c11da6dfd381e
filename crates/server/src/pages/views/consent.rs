//! Whether an app may act for somebody: what it would do, for which of their organisations, for how long.

use super::{About, Account, Masked, View};
use serde::Serialize;

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
    /// Where the answer goes; none where it goes to a device, or is fetched.
    pub answer: Option<AnswerTo>,
    /// The code that a device shows, where the answer goes to one.
    pub device_code: Option<String>,
    /// Whether it is an agent, which goes on by itself.
    pub is_agent: bool,
    /// Where it asks while the person is elsewhere, and nobody sent them here.
    pub from_afar: Option<FromAfar>,
    /// For how long it may be let act; empty: that is not asked.
    pub times: Vec<TimeChoice>,
}

/// Where an answer goes, as far as a person can judge it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerTo {
    /// To this host.
    Host {
        /// Its name.
        to: String,
    },
    /// To this device, where any program could take it (RFC 8252 8.6).
    Loopback {
        /// Its name.
        to: String,
    },
    /// To whichever program of this device has taken this scheme.
    Program {
        /// With its colon.
        to: String,
    },
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
