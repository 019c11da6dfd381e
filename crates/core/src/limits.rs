//! How often apps may call the token endpoint, where a vendor limits that.

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
    /// How often in a minute all clients together may that came by themselves, by a document or a registration, whatever each of them
    /// may; absent or 0: as often as they like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_registered_calls_per_minute: Option<u32>,
    /// How many grants of all of them together live at once; absent or 0: as many as come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_registered_grants: Option<u32>,
}

/// The pool of seats by which [`LimitPolicy::self_registered_grants`] is counted; no pool of a realm's file can have this name.
pub const SELF_REGISTERED_POOL: &str = "*self-registered";

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
