//! The names of what encrypts (RFC 7518 sections 4.1 and 5.1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the key of the content comes to the recipient: `alg` of a JWE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyManagement {
    /// RSAES-OAEP with SHA-1, as older libraries have it. SHA-1 is no weakness there.
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    /// RSAES-OAEP with SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Agreed on by ephemeral-static Diffie-Hellman on P-256.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// A random key, wrapped under one that was agreed on so.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

impl KeyManagement {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RsaOaep, Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA256Kw];

    /// The name in a JOSE header and in metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// Whether it takes an RSA key; the others take one on P-256.
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::RsaOaep | Self::RsaOaep256)
    }
}

/// What encrypts the content: `enc` of a JWE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum ContentEncryption {
    /// AES-128 in CBC mode with HMAC-SHA-256: what is meant where a client names none (OpenID Connect Registration 2).
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-256 in CBC mode with HMAC-SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
    /// AES-128 in GCM.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256 in GCM.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl ContentEncryption {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// The name in a JOSE header and in metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// How long its key is.
    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A256CbcHs512 => 64,
        }
    }
}

/// The name is none of those that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a supported way of encrypting")]
pub struct UnknownEncryption;

impl FromStr for KeyManagement {
    type Err = UnknownEncryption;

    fn from_str(name: &str) -> Result<Self, UnknownEncryption> {
        Self::ALL.into_iter().find(|known| known.name() == name).ok_or(UnknownEncryption)
    }
}

impl FromStr for ContentEncryption {
    type Err = UnknownEncryption;

    fn from_str(name: &str) -> Result<Self, UnknownEncryption> {
        Self::ALL.into_iter().find(|known| known.name() == name).ok_or(UnknownEncryption)
    }
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ContentEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
