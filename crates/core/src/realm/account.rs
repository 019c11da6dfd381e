//! What people can do at their own account pages, and what they are told by mail.

use crate::span::Span;
use serde::{Deserialize, Serialize};

/// For how long what people agreed to is kept after they took it back: as long as somebody can usually go to court about it.
pub const CONSENT_EVIDENCE_TTL: Span = Span::seconds(3 * 365 * 86_400);

/// A mail to somebody about their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountMail {
    /// Somebody signed in to it in a browser in which they did not before.
    NewBrowser,
    /// Its password was changed.
    PasswordChanged,
    /// An app was let act for it.
    AppConnected,
}

/// The account pages of a realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct AccountPolicy {
    /// People may delete their account themselves.
    pub deletion: bool,
    /// How long what people agreed to is kept after they took it back.
    pub consent_evidence_ttl: Span,
    /// What they are told by mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mails: Vec<AccountMail>,
}

impl Default for AccountPolicy {
    fn default() -> Self {
        Self { deletion: false, consent_evidence_ttl: CONSENT_EVIDENCE_TTL, mails: Vec::new() }
    }
}

impl AccountPolicy {
    /// Whether it says what a realm without it has.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether people are told this by mail.
    pub fn sends(&self, mail: AccountMail) -> bool {
        self.mails.contains(&mail)
    }
}
