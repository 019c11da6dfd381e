//! How a registration and an edit are spelled as JSON: with the names of RFC 7591 where it has one. The admin API takes them so, and the
//! command line sends them so to a running server.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// Of a field that can be taken back: `null` is `Some(None)`, what is left out is `None` (RFC 7396).
///
/// # Errors
/// It is neither null nor what is wanted.
#[expect(clippy::option_option, reason = "what is null and what is left out are two things here")]
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A set of public keys: a text here, an object in JSON.
pub(super) mod key_set {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer, Value};

    /// # Errors
    /// The text is no JSON.
    #[expect(clippy::ref_option, reason = "serde hands the field over")]
    pub(in super::super) fn serialize<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = text.as_deref().map(serde_json::from_str::<Value>).transpose();
        keys.map_err(|error| serde::ser::Error::custom(format!("jwks: {error}")))?.serialize(serializer)
    }

    /// # Errors
    /// It is no object.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<String>, D::Error> {
        match Option::<Value>::deserialize(deserializer)? {
            None => Ok(None),
            Some(keys @ Value::Object(_)) => Ok(Some(keys.to_string())),
            Some(_) => Err(D::Error::custom("a key set is an object (RFC 7517 5)")),
        }
    }
}
