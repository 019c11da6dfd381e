//! What may sign a request object.

use crate::jose::{Algorithm, HS256};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What may sign a client's request objects (`request_object_signing_alg`, OpenID Connect Dynamic Registration 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ObjectAlgorithm {
    /// `none`: they are not signed.
    None,
    /// HS256, with the client's secret.
    Secret,
    /// This algorithm and no other.
    Signed(Algorithm),
}

/// The text names no algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of none, HS256, ES256, RS256, PS256, EdDSA")]
pub struct UnknownObjectAlgorithm;

impl FromStr for ObjectAlgorithm {
    type Err = UnknownObjectAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownObjectAlgorithm> {
        name.to_owned().try_into()
    }
}

impl TryFrom<String> for ObjectAlgorithm {
    type Error = UnknownObjectAlgorithm;

    fn try_from(name: String) -> Result<Self, UnknownObjectAlgorithm> {
        match name.as_str() {
            "none" => Ok(Self::None),
            HS256 => Ok(Self::Secret),
            name => name.parse().map(Self::Signed).map_err(|_| UnknownObjectAlgorithm),
        }
    }
}

impl From<ObjectAlgorithm> for String {
    fn from(algorithm: ObjectAlgorithm) -> Self {
        algorithm.to_string()
    }
}

impl fmt::Display for ObjectAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Secret => f.write_str(HS256),
            Self::Signed(algorithm) => f.write_str(algorithm.name()),
        }
    }
}
