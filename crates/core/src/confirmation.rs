//! The key that the holder of a token has to show (RFC 7800): of a DPoP proof (RFC 9449 6) or of a TLS certificate (RFC 8705 3.1).
//!
//! It is the member `cnf` of an access token and of what introspection says of one, and stands with a code and a grant that are
//! bound to a key. What is bound to none carries nothing.

use crate::jose::{Jwk, base64url, from_base64url};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The key that has to be shown. A token whose `cnf` says anything else, or two things, is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Confirmation {
    /// The key of a DPoP proof, by its RFC 7638 thumbprint.
    #[serde(rename = "jkt")]
    Key(Thumbprint),
    /// The certificate of the TLS connection, by the SHA-256 of its DER.
    #[serde(rename = "x5t#S256")]
    Certificate(Thumbprint),
}

impl Confirmation {
    /// The `token_type` of a token that is bound so (RFC 9449 5), where that is not a bearer token's (RFC 8705 3).
    pub const fn token_type(self) -> Option<&'static str> {
        match self {
            Self::Key(_) => Some("DPoP"),
            Self::Certificate(_) => None,
        }
    }

    /// The key of a DPoP proof, where it is one.
    pub const fn key(self) -> Option<Thumbprint> {
        match self {
            Self::Key(thumbprint) => Some(thumbprint),
            Self::Certificate(_) => None,
        }
    }
}

/// A SHA-256 hash that names a key or a certificate; spelled in base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The hash itself.
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Of a public key (RFC 7638).
    pub fn of(key: &Jwk) -> Self {
        Self(key.thumbprint_bytes())
    }

    /// Reads base64url; `None` for everything that is not 32 bytes of it.
    pub fn parse(text: &str) -> Option<Self> {
        from_base64url(text)?.try_into().ok().map(Self)
    }

    /// The hash itself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a thumbprint is 32 bytes in base64url"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Confirmation, Thumbprint};

    // RFC 9449 6.1 and RFC 8705 3.1.
    const JKT: &str = r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#;
    const X5T: &str = r#"{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}"#;

    #[test]
    fn the_standards_examples_are_read_and_written() {
        let key: Confirmation = serde_json::from_str(JKT).unwrap();
        assert_eq!((key.token_type(), key.key().is_some()), (Some("DPoP"), true));
        assert_eq!(serde_json::to_string(&key).unwrap(), JKT);
        // The example of RFC 8705 leaves bits over at its end; ours does not.
        assert!(serde_json::from_str::<Confirmation>(X5T).is_err());
        let certificate = Confirmation::Certificate(Thumbprint::new([7; 32]));
        assert_eq!((certificate.token_type(), certificate.key()), (None, None));
        let text = serde_json::to_string(&certificate).unwrap();
        assert!(text.starts_with(r#"{"x5t#S256":""#));
        assert_eq!(serde_json::from_str::<Confirmation>(&text).unwrap(), certificate);
    }

    #[test]
    fn nothing_else_confirms() {
        for other in [
            "{}",
            r#"{"jwk":{}}"#,
            r#"{"jkt":"short"}"#,
            r#"{"jkt":1}"#,
            r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I","kid":"a"}"#,
            r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I="}"#,
            "\"jkt\"",
        ] {
            assert!(serde_json::from_str::<Confirmation>(other).is_err(), "{other}");
        }
    }
}
