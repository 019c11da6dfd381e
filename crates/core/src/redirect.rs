//! (being written)
use serde::{Deserialize, Serialize};
/// A registered redirect URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);
impl TryFrom<String> for RedirectUri { type Error = String; fn try_from(s: String) -> Result<Self, String> { Ok(Self(s)) } }
impl From<RedirectUri> for String { fn from(r: RedirectUri) -> Self { r.0 } }
