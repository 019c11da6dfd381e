//! A realm whose users are partners: where their apps are served, who may sign up, what they are asked and agree to.

use serde::{Deserialize, Serialize};

/// The longest answer that a question takes, unless it says otherwise.
const USUAL_LENGTH: u32 = 500;

/// What a realm says of its partners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Portal {
    /// The realm in which approved apps live.
    pub production: String,
    /// The realm in which every app has credentials at once; absent: none has before its approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// Who may sign up.
    #[serde(default)]
    pub sign_up: SignUp,
    /// When the redirect URIs of an approved app change.
    #[serde(default)]
    pub redirect_changes: RedirectChanges,
    /// What the vendor wants to know of each app.
    #[serde(default, rename = "question", skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<PortalQuestion>,
    /// What each partner agrees to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<PortalTerms>,
}

/// Who becomes a partner without the operator's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignUp {
    /// Whoever has a mail address.
    Open,
    /// Whom a team invites; the operator adds the others.
    #[default]
    Invited,
}

/// When the redirect URIs of an approved app change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedirectChanges {
    /// The vendor is asked, and changes them.
    #[default]
    Review,
    /// As soon as the team says so.
    AtOnce,
}

/// A question of the vendor's about an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PortalQuestion {
    /// Names the answer: `[a-z0-9-]{1,40}`.
    pub id: String,
    /// As people read it.
    pub text: String,
    /// Nobody asks for approval without an answer.
    #[serde(default)]
    pub required: bool,
    /// How many characters an answer has at most.
    #[serde(default = "usual_length")]
    pub max_length: u32,
}

/// What each partner agrees to. Another version asks everybody again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PortalTerms {
    /// Which.
    pub version: String,
    /// Where they can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Or what they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

const fn usual_length() -> u32 {
    USUAL_LENGTH
}
