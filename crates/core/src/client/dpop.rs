//! What a client registered about proofs of possession (RFC 9449 5.2).

use crate::dpop::Nonces;
use serde::{Deserialize, Serialize};

/// A client's proofs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Dpop {
    /// It never gets an access token without a proof.
    pub dpop_bound_access_tokens: bool,
    /// Where it is stricter than its realm: whether its proofs need a nonce.
    #[serde(rename = "dpop_nonces", skip_serializing_if = "Nonces::is_off")]
    pub nonces: Nonces,
}

impl Dpop {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
