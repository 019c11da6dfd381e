//! What a browser keeps for us and brings back, and can neither read nor change.

use crate::failure::Failure;
use crate::ids;
use crate::people::browser::Browser;
use crate::state::secrets::Secrets;
use claviger_core::jose::{base64url, from_base64url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What is sealed: bound to the browser that it was given to.
#[derive(Serialize, Deserialize)]
struct Bound<T> {
    browser: String,
    what: T,
}

/// Seals `what` for one purpose in one realm. The id of the key travels in front of it.
///
/// # Errors
/// The library fails.
pub(super) fn seal<T: Serialize>(
    what: T,
    purpose: &str,
    realm: &str,
    browser: &Browser,
    secrets: &Secrets,
    now: i64,
) -> Result<String, Failure> {
    let id = ids::new(now);
    let bound = Bound { browser: base64url(&browser.hash()), what };
    let sealed = secrets.request_key(&id)?.seal(&context(purpose, realm), &serde_json::to_vec(&bound)?)?;
    let mut bytes = id.to_vec();
    bytes.extend_from_slice(&sealed);
    Ok(base64url(&bytes))
}

/// Reads what came back; `None` for everything that was not sealed for this purpose, realm and browser.
pub(super) fn open<T: DeserializeOwned>(
    text: &str,
    purpose: &str,
    realm: &str,
    browser: &Browser,
    secrets: &Secrets,
) -> Option<T> {
    let bytes = from_base64url(text)?;
    let (id, sealed) = bytes.split_first_chunk::<16>()?;
    let plain = secrets.open_request(id, &context(purpose, realm), sealed)?;
    let bound: Bound<T> = serde_json::from_slice(&plain).ok()?;
    (bound.browser == base64url(&browser.hash())).then_some(bound.what)
}

fn context(purpose: &str, realm: &str) -> Vec<u8> {
    format!("in a browser: {purpose}: {realm}").into_bytes()
}
