//! A hash as it is handed over: the text, and what stands in columns beside it.

use crate::Format;
use crate::digest::Digest;
use crate::encoding::to_hex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A hash and what it takes to check it. Its JSON is what is stored, sealed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The text of the hash.
    #[serde(rename = "h")]
    pub hash: String,
    /// What it is, where it does not say so itself.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The salt, where that is in a column of its own.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// How that is spelled, where it is not as the format has it usually.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub salt_encoding: Option<SaltEncoding>,
    /// Rounds, where they are in a column of their own.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u32>,
    /// What a Firebase project hashes with.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub firebase: Option<Firebase>,
}

/// How a salt is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaltEncoding {
    /// It is the text itself.
    Text,
    /// Hexadecimal digits.
    Hex,
    /// Base64.
    Base64,
}

/// The parameters of a Firebase project, as its console shows them ("password hash parameters").
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firebase {
    /// `base64_signer_key`.
    #[serde(rename = "base64_signer_key")]
    pub signer_key: String,
    /// `base64_salt_separator`.
    #[serde(rename = "base64_salt_separator")]
    pub salt_separator: String,
    /// `rounds`.
    pub rounds: u32,
    /// `mem_cost`.
    pub mem_cost: u8,
}

impl Given {
    /// A hash that says itself what it is.
    pub fn of(hash: impl Into<String>) -> Self {
        Self { hash: hash.into(), ..Self::default() }
    }

    /// A quick digest of a password, for what is to be sealed at once: the password itself is kept nowhere.
    pub fn of_password(password: &str, salt: &[u8; 16]) -> Self {
        let hash = to_hex(&Digest::Sha512.of(&[salt, password.as_bytes()]));
        let (format, salt_encoding) = (Some(Format::Sha512SaltFirst), Some(SaltEncoding::Hex));
        Self { hash, format, salt: Some(to_hex(salt)), salt_encoding, ..Self::default() }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("format", &self.format).finish_non_exhaustive()
    }
}

impl fmt::Debug for Firebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Firebase")
            .field("rounds", &self.rounds)
            .field("mem_cost", &self.mem_cost)
            .finish_non_exhaustive()
    }
}
