//! Proofs of possession (RFC 9449): a client shows with each request that it holds the key which its tokens are bound to.
//!
//! 1. [`Proof::open`] checks the form and the signature. 2. [`Proof::check`] compares it with the request that it came with
//!    (RFC 9449 4.3). 3. [`Seen`] says whether it came before. 4. The caller compares [`Proof::key`] with what a code, a
//!    refresh token or an access token is bound to.
//!
//! A server that wants proofs made at its word gives out a nonce ([`NonceKey`], RFC 9449 8).

mod nonce;
mod seen;
#[cfg(test)]
mod tests;
mod uri;

pub use nonce::NonceKey;
pub use seen::Seen;
pub use uri::HttpUri;

use crate::confirmation::Thumbprint;
use crate::crypto::sha256;
use crate::jose::{Algorithm, JwtError, base64url, verify_embedded};
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// A proof without a nonce is good for so many seconds after it was made.
pub const LIFETIME: i64 = 60;
/// Clocks of clients may be ahead by so many seconds: more than 10 and less than 60 (FAPI 2.0 Security Profile 5.3.2.1).
const AHEAD: i64 = 30;
/// For so long, in milliseconds, a proof that was accepted is remembered; none is good for longer.
pub const REMEMBERED: i64 = 2 * nonce::PERIOD + 1000 * (LIFETIME + AHEAD);
/// The longest `jti`, in bytes.
const LONGEST_ID: usize = 512;
/// The `typ` of a proof.
const TYP: &str = "dpop+jwt";

/// Whether proofs have to carry a nonce of the server (RFC 9449 8, 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nonces {
    /// They need not; one that they carry all the same has to be right.
    #[default]
    Off,
    /// They do.
    Required,
}

impl Nonces {
    /// As files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Required => "required",
        }
    }

    /// Whether nothing was said.
    pub const fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }
}

/// What is wrong with a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProofError {
    /// It is no proof, or its signature is not that of the key inside of it.
    #[error("it is not a signed dpop+jwt with its public key in the header ({0})")]
    Token(JwtError),
    /// A claim is missing, stands twice or has the wrong type.
    #[error("it needs the claims jti, htm, htu and iat, each once and of its type")]
    Claims,
    /// `jti` is empty or too long.
    #[error("its jti must have 1 to 512 bytes")]
    Id,
    /// `htm` is another method.
    #[error("its htm is not the method of this request")]
    Method,
    /// `htu` is another address.
    #[error("its htu is not the address of this request")]
    Uri,
    /// `iat` is too long ago.
    #[error("its iat is more than a minute ago, or its exp is over")]
    Old,
    /// `iat` or `nbf` is in the future.
    #[error("its iat or nbf is in the future; compare the clocks")]
    Early,
    /// `ath` is missing, or of another token.
    #[error("its ath is not the hash of the access token")]
    TokenHash,
    /// There is no nonce, and there has to be one, or it is not one of the server's, or an old one.
    #[error("it must carry the nonce that this answer gives")]
    Nonce,
    /// It came before.
    #[error("it was used before; each proof is for one request")]
    Replayed,
}

/// A proof whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key that signed it.
    pub key: Thumbprint,
    claims: Claims,
}

/// RFC 9449 4.2.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: Number,
    nonce: Option<String>,
    ath: Option<String>,
    nbf: Option<Number>,
    exp: Option<Number>,
}

/// What a proof is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a, N> {
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request, as it was sent.
    pub path: &'a str,
    /// The origins at which the server is reached, as it says itself; nothing of the request's headers.
    pub origins: &'a [&'a str],
    /// The access token that it came with; none at endpoints that give one out.
    pub token: Option<&'a str>,
    /// Whether it needs a nonce.
    pub nonces: Nonces,
    /// Whether a nonce is one of the server's and still good.
    pub is_nonce: N,
    /// Milliseconds since the epoch.
    pub now: i64,
}

impl Proof {
    /// Checks form and signature; `algorithms`: those that may sign it.
    ///
    /// # Errors
    /// [`ProofError::Token`], [`ProofError::Claims`] and [`ProofError::Id`].
    pub fn open(text: &str, algorithms: &[Algorithm]) -> Result<Self, ProofError> {
        let embedded = verify_embedded(text, TYP, algorithms).map_err(ProofError::Token)?;
        let claims: Claims = serde_json::from_slice(&embedded.claims).map_err(|_| ProofError::Claims)?;
        if !(1..=LONGEST_ID).contains(&claims.jti.len()) {
            return Err(ProofError::Id);
        }
        Ok(Self { key: Thumbprint::of(&embedded.key), claims })
    }

    /// Compares it with its request (RFC 9449 4.3). With a nonce of the server its clock does not count: the nonce says when it was
    /// made.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, expected: &Expected<'_, impl Fn(&str) -> bool>) -> Result<(), ProofError> {
        let Claims { htm, htu, nonce, ath, .. } = &self.claims;
        if htm != expected.method {
            return Err(ProofError::Method);
        }
        if !HttpUri::parse(htu).is_some_and(|uri| uri.is_at(expected.origins, expected.path)) {
            return Err(ProofError::Uri);
        }
        if let Some(token) = expected.token {
            let hash = base64url(&sha256(token.as_bytes()));
            if ath.as_deref() != Some(hash.as_str()) {
                return Err(ProofError::TokenHash);
            }
        }
        match nonce {
            Some(nonce) if (expected.is_nonce)(nonce) => self.is_within_its_words(expected.now / 1000),
            Some(_) => Err(ProofError::Nonce),
            None if expected.nonces == Nonces::Required => Err(ProofError::Nonce),
            None => self.is_recent(expected.now / 1000),
        }
    }

    /// `iat` is near.
    fn is_recent(&self, now: i64) -> Result<(), ProofError> {
        let iat = seconds(&self.claims.iat).ok_or(ProofError::Claims)?;
        if iat < now.saturating_sub(LIFETIME) {
            return Err(ProofError::Old);
        }
        if iat > now.saturating_add(AHEAD) {
            return Err(ProofError::Early);
        }
        self.is_within_its_words(now)
    }

    /// `exp` and `nbf`, which a proof need not have (RFC 7519 4.1).
    fn is_within_its_words(&self, now: i64) -> Result<(), ProofError> {
        let time = |claim: &Option<Number>| match claim {
            None => Ok(None),
            Some(number) => seconds(number).map(Some).ok_or(ProofError::Claims),
        };
        if time(&self.claims.exp)?.is_some_and(|exp| exp <= now) {
            return Err(ProofError::Old);
        }
        match time(&self.claims.nbf)? {
            Some(nbf) if nbf > now.saturating_add(AHEAD) => Err(ProofError::Early),
            _ => Ok(()),
        }
    }

    /// What the proof is remembered by: its key and its own name.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[self.key.as_bytes().as_slice(), self.claims.jti.as_bytes()].concat())
    }
}

/// A `NumericDate`, which may have a fraction.
fn seconds(number: &Number) -> Option<i64> {
    let whole = |number: f64| format!("{:.0}", number.floor()).parse().ok();
    number.as_i64().or_else(|| number.as_f64().filter(|number| number.is_finite()).and_then(whole))
}

/// The value of `algs` and of `dpop_signing_alg_values_supported`.
pub fn names(algorithms: &[Algorithm]) -> String {
    algorithms.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>().join(" ")
}
