//! How often apps may call the token endpoint, where a vendor limits that.

use crate::client::Client;
use crate::realm::Realm;
use serde::{Deserialize, Serialize};

/// The highest limit that can be set.
pub const HIGHEST: u32 = 1_000_000;

/// The limits of a realm: `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct LimitPolicy {
    /// How often in a minute each app may call the token endpoint that has no limit or plan of its own; absent or 0: as often as it
    /// likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_calls_per_minute: Option<u32>,
}

impl LimitPolicy {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Limits that have a name, which apps can be given: `[[plan]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// How often in a minute an app of this plan may call the token endpoint; 0: as often as it likes.
    pub token_calls_per_minute: u32,
}

/// The limits of a client.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientLimits {
    /// The name of its plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// In place of what its plan and its realm say; 0: as often as it likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_calls_per_minute: Option<u32>,
}

impl ClientLimits {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Realm {
    /// The plan of this name.
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.name == name)
    }

    /// How often in a minute `client` may call the token endpoint: the client's word, then its plan's, then the realm's. `None`: as
    /// often as it likes.
    pub fn token_calls_per_minute(&self, client: &Client) -> Option<u32> {
        let of_plan = || client.limits.plan.as_deref().and_then(|name| self.plan(name));
        let own = client.limits.token_calls_per_minute;
        let said = own.or_else(|| of_plan().map(|plan| plan.token_calls_per_minute));
        said.or(self.limits.token_calls_per_minute).filter(|limit| *limit > 0)
    }
}
