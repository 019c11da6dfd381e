//! Text that must not be printed.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use zeroize::Zeroizing;

/// A client secret, a password or a refresh token. Prints as `***` and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, to be sent or kept somewhere safe.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An access token (RFC 6749 1.4) and how long it is good for. Cloning it is cheap; printing it shows `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Arc<Inner>);

#[derive(PartialEq, Eq)]
struct Inner {
    value: Secret,
    scope: Option<String>,
    expires_at: Option<i64>,
    renew_at: Option<i64>,
}

impl AccessToken {
    pub(crate) fn new(value: Secret, scope: Option<String>, expires_at: Option<i64>, renew_at: Option<i64>) -> Self {
        Self(Arc::new(Inner { value, scope, expires_at, renew_at }))
    }

    /// The token itself, for a request's header.
    pub fn expose(&self) -> &str {
        self.0.value.expose()
    }

    /// The scope that was granted, where the server said so (RFC 6749 5.1: it must when it is not the requested one).
    pub fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// When it ends, in milliseconds since the epoch; `None` when the server did not say.
    pub fn expires_at(&self) -> Option<i64> {
        self.0.expires_at
    }

    pub(crate) fn renew_at(&self) -> Option<i64> {
        self.0.renew_at
    }

    pub(crate) fn same_text(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("value", &self.0.value)
            .field("scope", &self.0.scope)
            .field("expires_at", &self.0.expires_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_shows_nothing() {
        let token = AccessToken::new("eyJhbGc".into(), Some("view".into()), Some(7), Some(5));
        assert_eq!(format!("{token:?}"), r#"AccessToken { value: ***, scope: Some("view"), expires_at: Some(7) }"#);
        let secret = Secret::from("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    }
}
