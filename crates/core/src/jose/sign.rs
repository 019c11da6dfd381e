//! Private keys, and the hottest path there is: signing a token.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::{Algorithm, Jwk, Typ};
use crate::crypto::CryptoError;

/// A private key as PKCS#8 DER (RFC 5958), unencrypted; cleared when dropped. Seal it before storing it.
pub struct Pkcs8(Zeroizing<Vec<u8>>);

impl Pkcs8 {
    pub(super) fn new(der: Zeroizing<Vec<u8>>) -> Self {
        Self(der)
    }

    /// The DER, to seal and store.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pkcs8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pkcs8(***)")
    }
}

enum Private {
    Ec(EcdsaKeyPair),
    Rsa { pair: RsaKeyPair, padding: &'static dyn RsaEncoding, length: usize },
    Ed(Ed25519KeyPair),
}

/// RSA keys longer than 8192 bits are not accepted by the library, so a signature never needs more.
const MAX_RSA_SIGNATURE: usize = 1024;

/// A private signing key, parsed once and shared by all requests.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    private: Private,
    public: Jwk,
    signature_len: usize,
    /// `base64url(header) + "."` for each [`Typ`], in the order of [`Typ::ALL`].
    headers: [String; 4],
}

impl SigningKey {
    /// Makes a new private key: P-256, RSA with 2048 bits, or Ed25519. RSA takes up to a second; run it off the
    /// request path.
    ///
    /// # Errors
    /// [`CryptoError::Generate`] when the library fails.
    pub fn generate(algorithm: Algorithm) -> Result<Pkcs8, CryptoError> {
        let failed = |_| CryptoError::Generate;
        let der = match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(failed)?
                .as_ref()
                .to_vec(),
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                der.as_ref().to_vec()
            }
            // Version 1, which every other tool reads as well.
            Algorithm::EdDsa => {
                Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(failed)?.as_ref().to_vec()
            }
        };
        Ok(Pkcs8(Zeroizing::new(der)))
    }

    /// Parses a private key. `kid` is for keys that came from elsewhere with a name of their own; without one the key is
    /// named by its RFC 7638 thumbprint.
    ///
    /// # Errors
    /// [`CryptoError::KeyRejected`] when `der` is not a PKCS#8 key for `algorithm`.
    pub fn from_pkcs8(algorithm: Algorithm, kid: Option<&str>, der: &[u8]) -> Result<Self, CryptoError> {
        let rejected = |_| CryptoError::KeyRejected;
        let (private, mut public, signature_len) = match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(rejected)?;
                let public = Jwk::from_p256_point(pair.public_key().as_ref()).ok_or(CryptoError::KeyRejected)?;
                (Private::Ec(pair), public, 64)
            }
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let pair = RsaKeyPair::from_pkcs8(der).map_err(rejected)?;
                let public = Jwk::from_rsa_der(pair.public_key().as_ref()).ok_or(CryptoError::KeyRejected)?;
                let length = pair.public_modulus_len();
                let padding: &'static dyn RsaEncoding =
                    if algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                (Private::Rsa { pair, padding, length }, public, length)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(der).map_err(rejected)?;
                let public = Jwk::from_ed25519(pair.public_key().as_ref());
                (Private::Ed(pair), public, 64)
            }
        };
        let kid = kid.map_or_else(|| public.thumbprint(), ToOwned::to_owned);
        public.use_ = Some("sig".to_owned());
        public.alg = Some(algorithm.name().to_owned());
        public.kid = Some(kid.clone());
        let headers = Typ::ALL.map(|typ| encode_header(algorithm, &kid, typ));
        Ok(Self { kid, algorithm, private, public, signature_len, headers })
    }

    /// The name of the key, in headers and in the JWK set.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm this key signs with.
    pub fn alg(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half, to publish.
    pub fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    /// Signs the claims, a JSON object already encoded, and returns the compact serialisation (RFC 7515 section 7.1).
    ///
    /// One allocation of our own, of exactly the size needed.
    ///
    /// # Errors
    /// [`CryptoError::Sign`] when the library fails.
    pub fn sign_jwt(&self, typ: Typ, claims: &[u8]) -> Result<String, CryptoError> {
        let [access, jwt, logout, introspection] = &self.headers;
        let header = match typ {
            Typ::AccessToken => access,
            Typ::Jwt => jwt,
            Typ::Logout => logout,
            Typ::Introspection => introspection,
        };
        self.sign_encoded(header, claims)
    }

    /// The same with a header of one's own, as JSON: for a token that brings its key along, as proofs of possession do
    /// (RFC 9449 4.2).
    ///
    /// # Errors
    /// As [`SigningKey::sign_jwt`].
    pub fn sign_with_header(&self, header: &str, claims: &[u8]) -> Result<String, CryptoError> {
        let mut encoded = URL_SAFE_NO_PAD.encode(header);
        encoded.push('.');
        self.sign_encoded(&encoded, claims)
    }

    /// `header`: encoded, with its dot.
    fn sign_encoded(&self, header: &str, claims: &[u8]) -> Result<String, CryptoError> {
        let length = header.len() + encoded_len(claims.len()) + 1 + encoded_len(self.signature_len);
        let mut token = String::with_capacity(length);
        token.push_str(header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        match &self.private {
            Private::Ec(pair) => {
                let signature = pair.sign(&SystemRandom::new(), token.as_bytes()).map_err(|_| CryptoError::Sign)?;
                push_signature(&mut token, signature.as_ref());
            }
            Private::Ed(pair) => {
                let signature = pair.try_sign(token.as_bytes()).map_err(|_| CryptoError::Sign)?;
                push_signature(&mut token, signature.as_ref());
            }
            Private::Rsa { pair, padding, length } => {
                let mut buffer = [0; MAX_RSA_SIGNATURE];
                let signature = buffer.get_mut(..*length).ok_or(CryptoError::Sign)?;
                pair.sign(*padding, &SystemRandom::new(), token.as_bytes(), signature)
                    .map_err(|_| CryptoError::Sign)?;
                push_signature(&mut token, signature);
            }
        }
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {}, ***)", self.algorithm, self.kid)
    }
}

fn push_signature(token: &mut String, signature: &[u8]) {
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, token);
}

fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

fn encode_header(algorithm: Algorithm, kid: &str, typ: Typ) -> String {
    // A name from elsewhere may hold anything, so it is written as JSON.
    let kid = serde_json::Value::from(kid);
    let header = format!(r#"{{"typ":"{}","alg":"{algorithm}","kid":{kid}}}"#, typ.name());
    let mut encoded = URL_SAFE_NO_PAD.encode(header);
    encoded.push('.');
    encoded
}
