//! What a realm and an organisation can ask for.

use crate::span::Span;
use serde::{Deserialize, Serialize};

/// Whether a second factor is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// Nobody has one.
    #[default]
    None,
    /// Whoever set one up is asked for it.
    Optional,
    /// Everybody has one.
    Required,
}

impl Demand {
    /// Whether there are second factors at all.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether nothing is asked for.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// What a second factor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorKind {
    /// An app that shows a code which changes with the time (RFC 6238).
    Totp,
    /// One of the codes that were shown once.
    RecoveryCode,
    /// A key that an authenticator keeps (Web Authentication); by itself or beside the password.
    Passkey,
}

impl FactorKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Totp, Self::RecoveryCode, Self::Passkey];

    /// As files and the database spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery-code",
            Self::Passkey => "passkey",
        }
    }

    /// What [`Self::name`] says.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How people sign in to a realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct SignInPolicy {
    /// Whether a second factor is asked for.
    pub second_factor: Demand,
    /// Which there may be.
    pub second_factor_kinds: Vec<FactorKind>,
    /// What `acr` says of a sign-in with a second factor.
    pub second_factor_acr: String,
    /// For how long a browser may be remembered, in which no second factor is asked for; nothing: none is remembered.
    pub remember_browser_ttl: Span,
    /// Whoever forgot their password gets a link by mail.
    pub reset_by_mail: bool,
    /// Organisations that ask for more than the realm.
    #[serde(rename = "organisation", skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<OrganisationSignIn>,
}

/// What an organisation asks of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OrganisationSignIn {
    /// The organisation's id.
    pub id: String,
    /// Whether its members need a second factor.
    #[serde(default)]
    pub second_factor: Demand,
    /// Which will do; none: whichever the realm has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_factor_kinds: Vec<FactorKind>,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        Self {
            second_factor: Demand::None,
            second_factor_kinds: vec![FactorKind::Totp, FactorKind::RecoveryCode],
            second_factor_acr: "2".to_owned(),
            remember_browser_ttl: Span::seconds(0),
            reset_by_mail: false,
            organisations: Vec::new(),
        }
    }
}

impl SignInPolicy {
    /// Whether there are second factors at all.
    pub const fn is_on(&self) -> bool {
        self.second_factor.is_on()
    }

    /// Whether people may have passkeys.
    pub fn has_passkeys(&self) -> bool {
        self.is_on() && self.second_factor_kinds.contains(&FactorKind::Passkey)
    }

    /// Whether it says what a realm without it has.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
