//! What a client signs anew for each request: a DPoP proof (RFC 9449), or an assertion that says who it is (RFC 7523).
//!
//! Both servers know the key. The load client signs while it loads; that time is its own, and the server's is counted apart.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The client's key on P-256: that of RFC 7515 A.3, base64url as there.
pub(crate) const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
/// The point's other half.
pub(crate) const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

/// The public key as an uncompressed point.
///
/// # Errors
/// None but a wrong constant.
pub(crate) fn point() -> Result<Vec<u8>> {
    let mut point = vec![4];
    point.extend(URL_SAFE_NO_PAD.decode(X)?);
    point.extend(URL_SAFE_NO_PAD.decode(Y)?);
    Ok(point)
}

/// Which proof a request carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Proof {
    /// In the header `DPoP`.
    Dpop {
        /// The address it is for.
        url: String,
    },
    /// As `client_assertion` in the body.
    Assertion {
        /// The client.
        client: String,
        /// The issuer it is for.
        audience: String,
    },
}

/// Signs proofs.
pub(crate) struct Prover {
    key: EcdsaKeyPair,
    random: SystemRandom,
    proof: Proof,
    head: String,
}

impl Prover {
    /// With the key above.
    ///
    /// # Errors
    /// None but a wrong constant.
    pub(crate) fn new(proof: Proof) -> Result<Self> {
        let private = URL_SAFE_NO_PAD.decode(D)?;
        let key = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, &point()?)?;
        let head = match proof {
            Proof::Dpop { .. } => {
                format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"}}}}"#)
            }
            Proof::Assertion { .. } => r#"{"alg":"ES256"}"#.to_owned(),
        };
        Ok(Self { key, random: SystemRandom::new(), proof, head: URL_SAFE_NO_PAD.encode(head) })
    }

    /// The lines that it adds to the head, and what it adds to the body.
    ///
    /// # Errors
    /// There is no randomness.
    pub(crate) fn next(&self) -> Result<(String, String)> {
        let mut id = [0; 16];
        rand::fill(&mut id).ok().context("no randomness")?;
        let id = URL_SAFE_NO_PAD.encode(id);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        match &self.proof {
            Proof::Dpop { url } => {
                let claims = format!(r#"{{"jti":"{id}","htm":"POST","htu":"{url}","iat":{now}}}"#);
                Ok((format!("DPoP: {}\r\n", self.signed(&claims)?), String::new()))
            }
            Proof::Assertion { client, audience } => {
                let claims = format!(
                    r#"{{"iss":"{client}","sub":"{client}","aud":"{audience}","jti":"{id}","iat":{now},"exp":{}}}"#,
                    now + 60
                );
                Ok((String::new(), self.signed(&claims)?))
            }
        }
    }

    fn signed(&self, claims: &str) -> Result<String> {
        let mut token = format!("{}.{}", self.head, URL_SAFE_NO_PAD.encode(claims));
        let signature = self.key.sign(&self.random, token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }
}
