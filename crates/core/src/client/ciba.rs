//! How a client hears what its user said who was elsewhere (OpenID CIBA Core 1.0 4, 5).

use serde::{Deserialize, Serialize};

/// What a client registered for its requests of that kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ciba {
    /// How it hears of the answer.
    pub backchannel_token_delivery_mode: DeliveryMode,
    /// Where it is told that there is one, in ping mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
}

/// CIBA Core 1.0 5. Tokens are never pushed: they would leave for an address before anybody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryMode {
    /// It asks now and then.
    #[default]
    Poll,
    /// It is told when to ask.
    Ping,
}

impl DeliveryMode {
    /// All of them, as the standard spells them.
    pub const NAMES: [&'static str; 2] = ["poll", "ping"];
}

impl Ciba {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
