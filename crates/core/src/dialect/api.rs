//! How the vendor's API reads tokens and spells errors (RFC 6750).

use serde::{Deserialize, Serialize};

/// How the vendor's API reads tokens and spells errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Api {
    /// The request headers in which a bearer token may stand.
    pub bearer_headers: Vec<String>,
    /// The words for what is wrong with a token.
    pub errors: ErrorVocabulary,
}

impl Default for Api {
    fn default() -> Self {
        Self { bearer_headers: vec!["Authorization".into()], errors: ErrorVocabulary::Standard }
    }
}

/// The words by which an API refuses a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorVocabulary {
    /// RFC 6750 3.1.
    Standard,
    /// `{"errors":[{"Code": ..}]}` with these codes.
    Codes {
        /// Unknown, malformed, not ours, or for another API.
        invalid: String,
        /// Its time is over.
        expired: String,
        /// Taken back.
        revoked: String,
    },
}
