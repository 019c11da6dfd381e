//! Profiles: what a realm asks of all its clients at once, so that one word in its file stands for many (FAPI 2.0).

use crate::client::Client;
use crate::dpop::Nonces;
use crate::jose::Algorithm;
use crate::realm::Realm;
use serde::{Deserialize, Serialize};

/// What a realm keeps to beyond its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Profile {
    /// FAPI 2.0 Security Profile.
    #[serde(rename = "fapi2")]
    Fapi2,
    /// The same with FAPI 2.0 Message Signing: signed requests and answers.
    #[serde(rename = "fapi2-message-signing")]
    Fapi2MessageSigning,
}

impl Profile {
    /// As files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fapi2 => "fapi2",
            Self::Fapi2MessageSigning => "fapi2-message-signing",
        }
    }

    /// What may sign anything (FAPI 2.0 Security Profile 5.4.1).
    pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
}

impl Realm {
    /// What may sign the proofs of its clients.
    pub fn proof_algorithms(&self) -> &'static [Algorithm] {
        const ALL: [Algorithm; 4] = Algorithm::ALL;
        const STRICT: [Algorithm; 3] = Profile::ALGORITHMS;
        if self.profile.is_some() { &STRICT } else { &ALL }
    }

    /// Whether `client` gets access tokens only with proof of a key (FAPI 2.0 Security Profile 5.3.2.1, RFC 9449 5.2).
    pub fn binds_tokens_of(&self, client: &Client) -> bool {
        self.profile.is_some() || client.dpop.dpop_bound_access_tokens
    }

    /// Whether the proofs of `client` need a nonce.
    pub fn nonces_for(&self, client: &Client) -> Nonces {
        self.dpop.nonces.max(client.dpop.nonces)
    }
}
