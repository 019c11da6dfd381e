//! The bare server's signatures: one key of each kind, made at the start and parsed once.

use anyhow::{Result, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ParsedPublicKey,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::proof;

/// How a token is signed.
#[derive(Clone, Copy)]
pub(crate) enum Algorithm {
    Es256,
    EdDsa,
    Rs256,
}

/// One key of each kind.
pub(crate) struct Keys {
    es256: EcdsaKeyPair,
    es256_public: ParsedPublicKey,
    eddsa: Ed25519KeyPair,
    rs256: RsaKeyPair,
    random: SystemRandom,
    heads: [String; 3],
}

impl Keys {
    /// Makes the keys; RSA has 2048 bits.
    pub(crate) fn generate() -> Result<Self> {
        let es256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let es256_public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, es256.public_key())
            .map_err(|error| anyhow!("the public key does not parse: {error}"))?;
        let head = |name: &str| {
            let text = format!(r#"{{"alg":"{name}","typ":"at+jwt","kid":"0123456789abcdef"}}"#);
            URL_SAFE_NO_PAD.encode(text)
        };
        Ok(Self {
            es256,
            es256_public,
            eddsa: Ed25519KeyPair::generate()?,
            rs256: RsaKeyPair::generate(KeySize::Rsa2048)?,
            random: SystemRandom::new(),
            heads: [head("ES256"), head("EdDSA"), head("RS256")],
        })
    }

    /// A signed token with these claims.
    pub(crate) fn token(&self, algorithm: Algorithm, claims: &str) -> Result<String> {
        let [es256, eddsa, rs256] = &self.heads;
        let mut token = String::with_capacity(1024);
        token.push_str(match algorithm {
            Algorithm::Es256 => es256,
            Algorithm::EdDsa => eddsa,
            Algorithm::Rs256 => rs256,
        });
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signed = token.as_bytes();
        match algorithm {
            Algorithm::Es256 => {
                let signature = self.es256.sign(&self.random, signed)?;
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
            }
            Algorithm::EdDsa => {
                let signature = self.eddsa.sign(signed);
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
            }
            Algorithm::Rs256 => {
                let mut signature = [0; 256];
                self.rs256.sign(&RSA_PKCS1_SHA256, &self.random, signed, &mut signature)?;
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(signature, &mut token);
            }
        }
        Ok(token)
    }

    /// The claims of a token signed with ES256, or none if it is not one of ours.
    pub(crate) fn verified(&self, token: &str) -> Option<Vec<u8>> {
        verified(&self.es256_public, token)
    }
}

/// The public key of clients that prove something.
///
/// # Errors
/// None but a wrong constant.
pub(crate) fn client() -> Result<ParsedPublicKey> {
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, proof::point()?)
        .map_err(|error| anyhow!("the client's key does not parse: {error}"))
}

/// The claims of a token signed with ES256 by this key.
pub(crate) fn verified(key: &ParsedPublicKey, token: &str) -> Option<Vec<u8>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    key.verify_sig(signed.as_bytes(), &signature).ok()?;
    URL_SAFE_NO_PAD.decode(claims).ok()
}
