//! What the server must be able to read, under keys that follow from the token key: each thing is bound to its owner.

use super::Secrets;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use claviger_core::crypto::{CryptoError, SealKey};
use claviger_core::token::Plain;
use claviger_hashes::Given;
use zeroize::Zeroizing;

/// How a sealed hash begins, in the place of one of our own.
const SEALED: &str = "{sealed}";

impl Secrets {
    /// What is stored of a client secret that the server must know ([`claviger_store::SecretKind::Sealed`]): `owner` is realm,
    /// client and secret's id, which it is bound to.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn seal_client_secret(&self, owner: [&str; 3], secret: &str) -> Result<Vec<u8>, CryptoError> {
        let owner = owner.join("\0");
        SealKey::new(&self.ring.load().maker.sealed.sign(owner.as_bytes()))?.seal(owner.as_bytes(), secret.as_bytes())
    }

    /// The secret that was stored so; `None` where no token key opens it, or it is another one's.
    pub fn open_client_secret(&self, owner: [&str; 3], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let owner = owner.join("\0");
        let ring = self.ring.load();
        ring.all()
            .find_map(|key| SealKey::new(&key.sealed.sign(owner.as_bytes())).ok()?.open(owner.as_bytes(), sealed).ok())
    }

    /// What is stored of a secret that a realm shows to others, bound to the realm and to what it is for.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn seal_realm_secret(&self, realm: &str, purpose: &str, secret: &str) -> Result<String, CryptoError> {
        let owner = format!("{realm}\0{purpose}");
        let key = SealKey::new(&self.ring.load().maker.realms.sign(owner.as_bytes()))?;
        Ok(STANDARD_NO_PAD.encode(key.seal(owner.as_bytes(), secret.as_bytes())?))
    }

    /// The secret that was stored so; `None` where no token key opens it, or it is another one.
    pub fn open_realm_secret(&self, realm: &str, purpose: &str, sealed: &str) -> Option<Plain> {
        let owner = format!("{realm}\0{purpose}");
        let sealed = STANDARD_NO_PAD.decode(sealed).ok()?;
        let ring = self.ring.load();
        let plain = ring.all().find_map(|key| {
            SealKey::new(&key.realms.sign(owner.as_bytes())).ok()?.open(owner.as_bytes(), &sealed).ok()
        })?;
        std::str::from_utf8(&plain).ok().map(Plain::from)
    }

    /// What is stored of a hash that another program made, in the place of one of our own: whoever reads the database learns nothing
    /// of it. It is bound to the user.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn seal_hash(&self, realm: &str, user: &str, given: &Given) -> Result<String, CryptoError> {
        let owner = format!("{realm}\0{user}");
        let plain = Zeroizing::new(serde_json::to_vec(given).map_err(|_| CryptoError::Seal)?);
        let key = SealKey::new(&self.ring.load().maker.imported.sign(owner.as_bytes()))?;
        Ok(format!("{SEALED}{}", STANDARD_NO_PAD.encode(key.seal(owner.as_bytes(), &plain)?)))
    }

    /// The hash that was stored so; `None` where no token key opens it, or it is another user's.
    pub fn open_hash(&self, realm: &str, user: &str, stored: &str) -> Option<Given> {
        let owner = format!("{realm}\0{user}");
        let sealed = STANDARD_NO_PAD.decode(stored.strip_prefix(SEALED)?).ok()?;
        let ring = self.ring.load();
        let plain = ring.all().find_map(|key| {
            SealKey::new(&key.imported.sign(owner.as_bytes())).ok()?.open(owner.as_bytes(), &sealed).ok()
        })?;
        serde_json::from_slice(&plain).ok()
    }
}

/// Whether what is stored is a sealed hash of another program.
pub fn is_sealed_hash(stored: &str) -> bool {
    stored.starts_with(SEALED)
}
