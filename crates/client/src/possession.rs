//! Proofs on requests (RFC 9449), and the nonces that servers give out for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::Url;

use crate::error::Error;
use crate::proof_key::{ProofKey, Purpose};

/// The header of a proof.
const PROOF: HeaderName = HeaderName::from_static("dpop");
/// The header in which a server gives a nonce.
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// By which a server asks for one.
const USE_NONCE: &str = "use_dpop_nonce";
/// An app calls few servers.
const SERVERS: usize = 64;

/// An app's key, and the last nonce of each server.
pub(crate) struct Possession {
    pub(crate) key: ProofKey,
    nonces: Mutex<HashMap<String, String>>,
}

impl Possession {
    pub(crate) fn new(key: ProofKey) -> Self {
        Self { key, nonces: Mutex::default() }
    }

    /// Puts a proof on a request.
    pub(crate) fn put(
        &self,
        headers: &mut HeaderMap,
        (method, url): (&Method, &Url),
        token: Option<&str>,
        now: i64,
    ) -> Result<(), Error> {
        let proof = self.proof(method, url, token, now)?;
        let value = HeaderValue::try_from(proof)
            .map_err(|_| Error::Configuration("the proof cannot stand in a header".into()))?;
        headers.insert(PROOF, value);
        Ok(())
    }

    /// A proof for a request.
    pub(crate) fn proof(&self, method: &Method, url: &Url, token: Option<&str>, now: i64) -> Result<String, Error> {
        let nonce = self.nonce(url);
        self.key.proof(&Purpose { method: method.as_str(), url, token, nonce: nonce.as_deref(), now })
    }

    /// The last nonce of the server at this address.
    pub(crate) fn nonce(&self, url: &Url) -> Option<String> {
        self.lock().get(&origin(url)).cloned()
    }

    /// Keeps the nonce of an answer (RFC 9449 8.2). Whether it is another one than the last.
    pub(crate) fn hear(&self, url: &Url, headers: &HeaderMap) -> bool {
        let Some(nonce) = headers.get(NONCE).and_then(|value| value.to_str().ok()).filter(|nonce| is_nonce(nonce))
        else {
            return false;
        };
        let mut nonces = self.lock();
        if nonces.len() >= SERVERS {
            nonces.clear();
        }
        nonces.insert(origin(url), nonce.to_owned()).as_deref() != Some(nonce)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `NQCHAR` (RFC 9449 8.1), and not without end.
fn is_nonce(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

/// Whose nonce it is.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether an API wants a nonce in the proof (RFC 9449 9).
pub(crate) fn wants_nonce(status: StatusCode, headers: &HeaderMap) -> bool {
    let names = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(USE_NONCE));
    status == StatusCode::UNAUTHORIZED && headers.get_all(WWW_AUTHENTICATE).iter().any(names)
}

/// Whether the token endpoint wants one (RFC 9449 8).
pub(crate) fn is_asked_for(error: &Error) -> bool {
    error.code() == Some(USE_NONCE)
}
