//! Our own keys for what is encrypted to us.

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use zeroize::Zeroizing;

use super::super::Jwk;
use super::super::sign::Pkcs8;
use super::KeyManagement;
use crate::crypto::CryptoError;

/// A private key for one algorithm, parsed once.
pub struct DecryptingKey {
    kid: String,
    alg: KeyManagement,
    pub(super) private: Private,
    public: Jwk,
}

/// The key itself.
pub(super) enum Private {
    Rsa(OaepPrivateDecryptingKey),
    P256(PrivateKey),
}

impl DecryptingKey {
    /// Makes a new private key: RSA with 2048 bits, or P-256. RSA takes up to a second; run it off the request path.
    ///
    /// # Errors
    /// [`CryptoError::Generate`] when the library fails.
    pub fn generate(alg: KeyManagement) -> Result<Pkcs8, CryptoError> {
        let failed = |_| CryptoError::Generate;
        let der: Pkcs8V1Der<'_> = if alg.is_rsa() {
            PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(failed)?.as_der().map_err(failed)?
        } else {
            PrivateKey::generate(&ECDH_P256).map_err(failed)?.as_der().map_err(failed)?
        };
        Ok(Pkcs8::new(Zeroizing::new(der.as_ref().to_vec())))
    }

    /// Parses a private key; without a `kid` it is named by its RFC 7638 thumbprint.
    ///
    /// # Errors
    /// [`CryptoError::KeyRejected`] when `der` is not a PKCS#8 key for `alg`.
    pub fn from_pkcs8(alg: KeyManagement, kid: Option<&str>, der: &[u8]) -> Result<Self, CryptoError> {
        let rejected = |_| CryptoError::KeyRejected;
        let (private, mut public) = if alg.is_rsa() {
            let pair = RsaKeyPair::from_pkcs8(der).map_err(rejected)?;
            let public = Jwk::from_rsa_der(pair.public_key().as_ref()).ok_or(CryptoError::KeyRejected)?;
            let key = PrivateDecryptingKey::from_pkcs8(der).map_err(rejected)?;
            let key = OaepPrivateDecryptingKey::new(key).map_err(|_| CryptoError::KeyRejected)?;
            (Private::Rsa(key), public)
        } else {
            let key = PrivateKey::from_private_key_der(&ECDH_P256, der).map_err(rejected)?;
            let point = key.compute_public_key().map_err(|_| CryptoError::KeyRejected)?;
            let public = Jwk::from_p256_point(point.as_ref()).ok_or(CryptoError::KeyRejected)?;
            (Private::P256(key), public)
        };
        let kid = kid.map_or_else(|| public.thumbprint(), ToOwned::to_owned);
        public.use_ = Some("enc".to_owned());
        public.alg = Some(alg.name().to_owned());
        public.kid = Some(kid.clone());
        Ok(Self { kid, alg, private, public })
    }

    /// The name of the key, in headers and in the JWK set.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it is for.
    pub fn alg(&self) -> KeyManagement {
        self.alg
    }

    /// The public half, to publish.
    pub fn public_jwk(&self) -> &Jwk {
        &self.public
    }
}

impl fmt::Debug for DecryptingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptingKey({} {}, ***)", self.alg, self.kid)
    }
}
