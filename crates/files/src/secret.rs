//! Secrets in files.

use claviger_core::token::Plain;
use serde::{Deserialize, Deserializer};
use std::path::Path;

/// A secret text as the value of a key; prints as `***`.
#[derive(Debug)]
pub struct SecretText(pub Plain);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Plain::new(text)))
    }
}

/// The first line of a file that holds one secret.
///
/// # Errors
/// What is wrong with the file, in words that follow its name.
pub fn read_secret(file: &Path) -> Result<Plain, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
    let text = zeroize::Zeroizing::new(text);
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err("is empty".into());
    }
    if secret.contains(['\n', '\0']) {
        return Err("holds more than one line".into());
    }
    Ok(Plain::from(secret))
}
