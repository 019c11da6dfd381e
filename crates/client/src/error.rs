//! Why there is no token.

use std::fmt;
use std::sync::Arc;

use crate::storage::StorageError;

/// Why there is no token. Cheap to clone: all tasks that waited for one attempt get the same error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The builder was given something that cannot work; the text says what.
    #[error("{0}")]
    Configuration(String),
    /// The server refused, with an OAuth error code (RFC 6749 5.2).
    #[error("{0}")]
    Refused(Refused),
    /// The code has been exchanged, which works once, and no refresh token came with it: the user is sent to the
    /// authorization endpoint again.
    #[error("the code has been exchanged before, and there is no refresh token")]
    CodeSpent,
    /// The server could not be reached, or went away before it had answered.
    #[error("the server could not be reached")]
    Unreachable(#[source] Arc<reqwest::Error>),
    /// The server answered with something that is not an OAuth answer.
    #[error("unexpected answer (HTTP {status}): {what}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What was wrong with it.
        what: String,
    },
    /// The issuer's metadata cannot be used (OpenID Connect Discovery 4.3, RFC 8414 3.3).
    #[error("the issuer's metadata: {0}")]
    Discovery(String),
    /// The tokens could not be read from the storage, or could not be kept there. After a failed write the new token
    /// is kept in memory, and the next call returns it.
    #[error("the token storage failed")]
    Storage(#[source] Arc<StorageError>),
    /// The request to the API failed.
    #[error("the request failed")]
    Request(#[source] Arc<reqwest::Error>),
    /// The runtime was shut down during a renewal.
    #[error("the renewal was interrupted")]
    Interrupted,
}

/// A refusal in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// `error`, for example `invalid_grant`.
    pub code: String,
    /// `error_description`, where there is one.
    pub description: Option<String>,
    /// The server's name for the request (`X-Request-Id`), where it has one: what its operator can look for.
    pub reference: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if let Some(description) = &self.description {
            write!(f, ": {description}")?;
        }
        match &self.reference {
            Some(reference) => write!(f, " (HTTP {}, reference {reference})", self.status),
            None => write!(f, " (HTTP {})", self.status),
        }
    }
}

impl Error {
    /// The OAuth error code, if the server refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refused) => Some(&refused.code),
            _ => None,
        }
    }

    /// The server's description, if it refused and said why.
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Refused(refused) => refused.description.as_deref(),
            _ => None,
        }
    }

    /// The server's name for the request that it refused, to be given to its operator.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Refused(refused) => refused.reference.as_deref(),
            _ => None,
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Interrupted => true,
            Self::Unexpected { status, .. } => *status == 429 || *status >= 500,
            Self::Refused(refused) => {
                refused.status == 429
                    || refused.status >= 500
                    || matches!(refused.code.as_str(), "temporarily_unavailable" | "server_error")
            }
            _ => false,
        }
    }

    /// Whether a person has to give consent again: the refresh token is over, and there is nothing else to go on.
    pub fn needs_consent(&self) -> bool {
        matches!(self, Self::CodeSpent) || self.code() == Some("invalid_grant")
    }

    pub(crate) fn unreachable(error: reqwest::Error) -> Self {
        Self::Unreachable(Arc::new(error.without_url()))
    }

    pub(crate) fn request(error: reqwest::Error) -> Self {
        Self::Request(Arc::new(error))
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}
