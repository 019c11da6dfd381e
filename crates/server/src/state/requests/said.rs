//! What a line of the request log says beside its columns. It is shown, never searched, and holds no secret: of what is secret
//! there are a length and a digest.

use serde::{Deserialize, Serialize};

/// What is only shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Where the call came from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The client id that was sent, where there is no such app.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub claimed: String,
    /// What proved who called: the id of a secret, `key`, `certificate`, `password`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub proof: String,
    /// The scope that was asked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The kind of token that the call was about, where it was about one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// What a refused request looked like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<Described>>,
    /// Of a gap: how many calls are missing.
    #[serde(skip_serializing_if = "is_none")]
    pub lost: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(number: &u64) -> bool {
    *number == 0
}

/// A refused request without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Described {
    /// Its method.
    pub method: String,
    /// Its media type.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// The scheme of its Authorization header.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authorization: String,
    /// It had a DPoP proof.
    pub dpop: bool,
    /// Its connection showed a certificate.
    pub certificate: bool,
    /// Its parameters, as far as they could be read.
    pub params: Vec<Param>,
}

/// A parameter of a refused request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// How long its value was, in bytes.
    pub length: usize,
    /// A keyed digest of the value: two that are alike have the same.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The value, of what is no secret and names nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Described {
    /// The parameter of this name.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }
}

impl Said {
    /// As it is stored.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Of what is stored; nothing where an earlier or later program wrote something else.
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
