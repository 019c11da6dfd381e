//! What a realm's key is for.

use claviger_core::jose::Algorithm;
use claviger_core::jose::jwe::KeyManagement;
use std::fmt;
use std::str::FromStr;

/// What a realm's key is for: it signs, or reads what clients encrypt to the realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// It signs.
    Sign(Algorithm),
    /// It decrypts.
    Decrypt(KeyManagement),
}

impl Purpose {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Algorithm::ALL.into_iter().map(Self::Sign).chain(KeyManagement::ALL.into_iter().map(Self::Decrypt))
    }

    /// The algorithm, as JOSE spells it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sign(algorithm) => algorithm.name(),
            Self::Decrypt(algorithm) => algorithm.name(),
        }
    }

    /// Whether a key for it takes its time to be made.
    pub(super) const fn is_slow(self) -> bool {
        match self {
            Self::Sign(algorithm) => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Self::Decrypt(algorithm) => algorithm.is_rsa(),
        }
    }
}

impl From<Algorithm> for Purpose {
    fn from(algorithm: Algorithm) -> Self {
        Self::Sign(algorithm)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is none of a key's.
#[derive(Debug)]
pub(super) struct UnknownPurpose;

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(name: &str) -> Result<Self, UnknownPurpose> {
        Self::all().find(|known| known.name() == name).ok_or(UnknownPurpose)
    }
}
