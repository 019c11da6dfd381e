//! What a client registered about its requests and how their answers are signed (OpenID Connect Dynamic Registration 2,
//! RFC 9101 10.5, RFC 9126 6, RFC 9701 6, JARM 3).

use crate::jose::Algorithm;
use crate::object_algorithm::ObjectAlgorithm;
use crate::sign_in::{Demand, FactorKind};
use serde::{Deserialize, Serialize};

/// A client's authorization requests and their answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Requests {
    /// Where its request objects may lie.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// What signs its request objects; absent: any algorithm that its keys are for, and never none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<ObjectAlgorithm>,
    /// Its requests are signed.
    pub require_signed_request_object: bool,
    /// Its requests are pushed.
    pub require_pushed_authorization_requests: bool,
    /// What signs its answers, where they are signed; absent: RS256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<Algorithm>,
    /// What signs the answers to its introspections, where it asks for signed ones; absent: RS256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<Algorithm>,
    /// Whether who comes to it signs in with a second factor, whatever the realm asks for.
    #[serde(skip_serializing_if = "Demand::is_none")]
    pub second_factor: Demand,
    /// Which will do; none: whichever the realm has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub second_factor_kinds: Vec<FactorKind>,
}

impl Requests {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
