//! A private key by which an app says who it is (RFC 7523 2.2, `private_key_jwt`).

use std::fmt;
use std::sync::Arc;

use claviger_core::crypto::entropy::random_bytes;
use claviger_core::jose::{SigningKey, Typ, base64url};
use serde_json::json;

use crate::error::Error;

/// How many seconds an assertion is good: each is sent at once, and once.
const LIFE: i64 = 60;

/// An app's private key. The server has the public one, as a JWK. Cheap to clone; it prints as its name.
#[derive(Clone)]
pub struct ClientKey(Arc<SigningKey>);

impl ClientKey {
    /// A key from unencrypted PKCS#8 DER. `algorithm`: `ES256`, `RS256`, `PS256` or `EdDSA`; `kid`: its name at the server; without
    /// one, its thumbprint (RFC 7638).
    ///
    /// # Errors
    /// [`Error::Configuration`]: it is no such key.
    pub fn from_pkcs8(algorithm: &str, kid: Option<&str>, der: &[u8]) -> Result<Self, Error> {
        let algorithm = algorithm.parse().map_err(|error| wrong(&format!("the client's key: {error}")))?;
        let key = SigningKey::from_pkcs8(algorithm, kid, der);
        Ok(Self(Arc::new(key.map_err(|error| wrong(&format!("the client's key: {error}")))?)))
    }

    /// A new assertion for one request; `now` in milliseconds.
    pub(crate) fn assertion(&self, client: &str, audience: &str, now: i64) -> Result<String, Error> {
        let (now, jti) = (now / 1000, base64url(&random_bytes::<16>()));
        let claims =
            json!({ "iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + LIFE, "jti": jti });
        let signed = self.0.sign_jwt(Typ::Jwt, claims.to_string().as_bytes());
        signed.map_err(|error| wrong(&format!("the client's key cannot sign: {error}")))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientKey({})", self.0.kid())
    }
}

fn wrong(text: &str) -> Error {
    Error::Configuration(text.to_owned())
}
