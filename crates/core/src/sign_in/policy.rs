//! What a realm, an organisation and a client ask for.

use crate::client::Client;
use crate::realm::Realm;
use crate::span::Span;
use crate::user::User;
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
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
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
}

impl FactorKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Totp, Self::RecoveryCode];

    /// As files and the database spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery-code",
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
            second_factor_kinds: FactorKind::ALL.to_vec(),
            second_factor_acr: "2".to_owned(),
            remember_browser_ttl: Span::seconds(0),
            organisations: Vec::new(),
        }
    }
}

/// What is asked of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demanded {
    /// They sign in with a second factor.
    pub is_required: bool,
    /// Which will do.
    pub kinds: Vec<FactorKind>,
}

impl SignInPolicy {
    /// Whether there are second factors at all.
    pub const fn is_on(&self) -> bool {
        self.second_factor.is_on()
    }

    /// Whether it says what a realm without it has.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Realm {
    /// What is asked of `user`, who goes on to `client` or to a page of the realm's own: the strictest word of realm,
    /// organisations and client; and administrators always have a second factor, where there is any.
    pub fn demanded(&self, client: Option<&Client>, user: &User) -> Demanded {
        let policy = &self.sign_in;
        if !policy.is_on() {
            return Demanded { is_required: false, kinds: Vec::new() };
        }
        let own = policy.organisations.iter().filter(|one| user.organisations.contains(&one.id));
        let asks = own.map(|one| (one.second_factor, &one.second_factor_kinds));
        let of_client = client.map(|client| (client.requests.second_factor, &client.requests.second_factor_kinds));
        let mut demanded = Demanded {
            is_required: policy.second_factor == Demand::Required || user.administrator,
            kinds: policy.second_factor_kinds.clone(),
        };
        for (demand, kinds) in asks.chain(of_client) {
            demanded.is_required |= demand == Demand::Required;
            if !kinds.is_empty() {
                demanded.kinds.retain(|kind| kinds.contains(kind));
            }
        }
        demanded
    }

    /// What `acr` may say, from the weakest to the strongest.
    pub fn acr_values(&self) -> Vec<&str> {
        let policy = &self.sign_in;
        let second = policy.is_on().then_some(policy.second_factor_acr.as_str());
        std::iter::once(self.sessions.acr.as_str()).chain(second).collect()
    }

    /// How strong a sign-in is that `acr` speaks of: 1 for a password alone; `None` for what is nobody's word here.
    pub fn level_of(&self, acr: &str) -> Option<usize> {
        self.acr_values().iter().position(|known| *known == acr).map(|at| at + 1)
    }
}
