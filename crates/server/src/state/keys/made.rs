//! Keys as they are made, stored and read again: sealed under the master key, each tied to its row.

use super::purpose::Purpose;
use crate::state::master_key::MasterKey;
use crate::state::master_keys::MasterKeys;
use claviger_core::crypto::CryptoError;
use claviger_core::jose::jwe::DecryptingKey;
use claviger_core::jose::{Jwk, Pkcs8, SigningKey};
use claviger_store::{Fault, KeyState, Masked, SigningKeyRow};

/// The purpose of the key that seals a realm's keys.
pub(super) const SIGNING_KEYS: &str = "signing keys";

/// A private key, parsed.
pub(super) enum Parsed {
    /// It signs.
    Signing(SigningKey),
    /// It decrypts.
    Decrypting(DecryptingKey),
}

impl Parsed {
    fn from_pkcs8(purpose: Purpose, kid: Option<&str>, der: &[u8]) -> Result<Self, CryptoError> {
        Ok(match purpose {
            Purpose::Sign(algorithm) => Self::Signing(SigningKey::from_pkcs8(algorithm, kid, der)?),
            Purpose::Decrypt(algorithm) => Self::Decrypting(DecryptingKey::from_pkcs8(algorithm, kid, der)?),
        })
    }

    /// The public half.
    pub(super) fn public_jwk(&self) -> &Jwk {
        match self {
            Self::Signing(key) => key.public_jwk(),
            Self::Decrypting(key) => key.public_jwk(),
        }
    }

    fn kid(&self) -> &str {
        match self {
            Self::Signing(key) => key.kid(),
            Self::Decrypting(key) => key.kid(),
        }
    }
}

/// A new key, not yet stored.
pub(super) struct Made {
    purpose: Purpose,
    private: Pkcs8,
    parsed: Parsed,
}

/// Makes a key; a slow one on a thread where it holds nobody up.
pub(super) async fn generate(purpose: Purpose) -> Result<Made, Fault> {
    let work = move || {
        let private = match purpose {
            Purpose::Sign(algorithm) => SigningKey::generate(algorithm)?,
            Purpose::Decrypt(algorithm) => DecryptingKey::generate(algorithm)?,
        };
        let mut parsed = Parsed::from_pkcs8(purpose, None, private.expose())?;
        if let Some(kid) = typed(parsed.kid()) {
            parsed = Parsed::from_pkcs8(purpose, Some(&kid), private.expose())?;
        }
        Ok(Made { purpose, private, parsed })
    };
    let made: Result<Made, CryptoError> = if purpose.is_slow() {
        tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Other(error.to_string()))?
    } else {
        work()
    };
    made.map_err(|error| Fault::Other(error.to_string()))
}

/// The name of a key whose thumbprint looks like an option of the command line, where operators paste it.
fn typed(thumbprint: &str) -> Option<String> {
    thumbprint.starts_with('-').then(|| format!("k{thumbprint}"))
}

impl Made {
    /// As it is stored, sealed under `master`.
    pub(super) fn row(
        &self,
        master: &MasterKey,
        realm: &str,
        state: KeyState,
        now: i64,
        activates_at: i64,
    ) -> Result<SigningKeyRow, Fault> {
        let kid = self.parsed.kid().to_owned();
        Ok(SigningKeyRow {
            realm: realm.to_owned(),
            alg: self.purpose.name().to_owned(),
            sealed: Masked(seal(master, realm, &kid, self.private.expose())?),
            public_jwk: serde_json::to_string(self.parsed.public_jwk())?,
            state,
            created_at: now,
            activates_at,
            retires_at: None,
            kid,
        })
    }
}

/// What a stored key is for.
pub(super) fn purpose(name: &str) -> Result<Purpose, Fault> {
    name.parse().map_err(|_| Fault::Other(format!("a stored signing key has the algorithm {name}")))
}

/// A stored key, opened and parsed.
pub(super) fn open(masters: &MasterKeys, row: &SigningKeyRow) -> Result<Parsed, Fault> {
    let opened = masters.open(SIGNING_KEYS, &associated(&row.realm, &row.kid), &row.sealed.0);
    let der = opened.ok_or_else(|| {
        Fault::Other(format!(
            "the signing key {} of {} does not open: the master key is not the one that this database was made with",
            row.kid, row.realm
        ))
    })?;
    Parsed::from_pkcs8(purpose(&row.alg)?, Some(&row.kid), &der).map_err(|error| Fault::Other(error.to_string()))
}

fn seal(master: &MasterKey, realm: &str, kid: &str, private: &[u8]) -> Result<Vec<u8>, Fault> {
    let sealed = master.seal_key(SIGNING_KEYS).and_then(|key| key.seal(&associated(realm, kid), private));
    sealed.map_err(|error| Fault::Other(error.to_string()))
}

/// Whether a stored key is sealed under `master`.
pub(crate) fn is_sealed_under(row: &SigningKeyRow, master: &MasterKey) -> bool {
    master.seal_key(SIGNING_KEYS).is_ok_and(|key| key.open(&associated(&row.realm, &row.kid), &row.sealed.0).is_ok())
}

/// A stored key sealed anew under `to`; `None` where no key that is held opens it.
///
/// # Errors
/// The library fails.
pub(crate) fn resealed(row: &SigningKeyRow, held: &MasterKeys, to: &MasterKey) -> Result<Option<Vec<u8>>, Fault> {
    let opened = held.open(SIGNING_KEYS, &associated(&row.realm, &row.kid), &row.sealed.0);
    opened.map(|private| seal(to, &row.realm, &row.kid, &private)).transpose()
}

/// Ties a sealed key to its row, so that it cannot be moved to another.
pub(super) fn associated(realm: &str, kid: &str) -> Vec<u8> {
    format!("signing key\0{realm}\0{kid}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn a_name_is_never_taken_for_an_option() {
        assert_eq!(typed("-Gr").as_deref(), Some("k-Gr"));
        assert_eq!(typed("Gr-_"), None);
    }
}
