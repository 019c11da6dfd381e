//! The key that an app's tokens are bound to (RFC 9449), and the proofs that it makes.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use claviger_core::confirmation::Thumbprint;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::jose::{Algorithm, SigningKey, base64url};
use reqwest::Url;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::storage::{StorageError, write_once};

/// A private key that an app's tokens are bound to (DPoP, RFC 9449). Cheap to clone; it prints as its thumbprint.
///
/// Whoever has a bound token and not the key has nothing. The key never leaves the program: no server is told of it before, each proof
/// brings its public half.
///
/// Where tokens outlive the process ([`Storage`](crate::Storage)) the key has to, as well: [`kept_in`](Self::kept_in). With another
/// key what is stored is not used.
#[derive(Clone)]
pub struct ProofKey(Arc<Inner>);

struct Inner {
    key: SigningKey,
    /// The header of its proofs, as JSON.
    header: String,
    thumbprint: Thumbprint,
}

/// What a proof is for.
pub(crate) struct Purpose<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    /// The token that goes with it, at an API.
    pub(crate) token: Option<&'a str>,
    pub(crate) nonce: Option<&'a str>,
    /// Milliseconds since the epoch.
    pub(crate) now: i64,
}

impl ProofKey {
    /// A new key for `ES256`, which is gone when the program ends.
    ///
    /// # Errors
    /// [`Error::Configuration`]: the machine cannot make keys.
    pub fn generate() -> Result<Self, Error> {
        Self::from_pkcs8("ES256", &new_key()?)
    }

    /// A key from unencrypted PKCS#8 DER. `algorithm`: `ES256`, `PS256`, `EdDSA` or `RS256`.
    ///
    /// # Errors
    /// [`Error::Configuration`]: it is no such key.
    pub fn from_pkcs8(algorithm: &str, der: &[u8]) -> Result<Self, Error> {
        let algorithm: Algorithm = algorithm.parse().map_err(|error| wrong(&format!("the key for proofs: {error}")))?;
        let key = SigningKey::from_pkcs8(algorithm, None, der);
        let key = key.map_err(|error| wrong(&format!("the key for proofs: {error}")))?;
        let mut jwk = serde_json::to_value(key.public_jwk()).unwrap_or_default();
        // RFC 9449 4.2: the public key; what it is for is said by `typ` and `alg`.
        for member in ["use", "alg", "kid"] {
            jwk.as_object_mut().map(|jwk| jwk.remove(member));
        }
        let header = json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": jwk }).to_string();
        let thumbprint = Thumbprint::of(key.public_jwk());
        Ok(Self(Arc::new(Inner { key, header, thumbprint })))
    }

    /// The key for `ES256` in this file, as PKCS#8 DER; where there is none, a new one is put there, readable by its owner alone.
    /// Processes that name the same file have the same key.
    ///
    /// # Errors
    /// [`Error::Storage`] where the file can be neither read nor made, [`Error::Configuration`] where there is something else in it.
    pub fn kept_in(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if !path.exists() {
            write_once(path, &new_key()?)?;
        }
        let der = fs::read(path).map(Zeroizing::new);
        let der = der.map_err(|source| StorageError::File { path: path.to_owned(), source })?;
        Self::from_pkcs8("ES256", &der)
    }

    /// Its RFC 7638 thumbprint: the `dpop_jkt` of an authorization request, by which the code is bound to the key as well
    /// (RFC 9449 10).
    pub fn thumbprint(&self) -> String {
        self.0.thumbprint.to_string()
    }

    /// A proof for one request (RFC 9449 4.2).
    pub(crate) fn proof(&self, purpose: &Purpose<'_>) -> Result<String, Error> {
        let mut url = purpose.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut claims = json!({
            "jti": base64url(&random_bytes::<16>()),
            "htm": purpose.method,
            "htu": url.as_str(),
            "iat": purpose.now / 1000,
        });
        if let Some(token) = purpose.token {
            set(&mut claims, "ath", base64url(&sha256(token.as_bytes())));
        }
        if let Some(nonce) = purpose.nonce {
            set(&mut claims, "nonce", nonce.to_owned());
        }
        let signed = self.0.key.sign_with_header(&self.0.header, claims.to_string().as_bytes());
        signed.map_err(|error| wrong(&format!("the key for proofs cannot sign: {error}")))
    }
}

fn set(claims: &mut Value, name: &str, value: String) {
    if let Some(claims) = claims.as_object_mut() {
        claims.insert(name.to_owned(), value.into());
    }
}

fn new_key() -> Result<Zeroizing<Vec<u8>>, Error> {
    let der = SigningKey::generate(Algorithm::Es256).map_err(|error| wrong(&format!("the key for proofs: {error}")))?;
    Ok(Zeroizing::new(der.expose().to_vec()))
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProofKey({})", self.thumbprint())
    }
}

fn wrong(text: &str) -> Error {
    Error::Configuration(text.to_owned())
}
