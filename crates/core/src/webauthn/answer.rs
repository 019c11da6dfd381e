//! What a browser's script hands in: `RegistrationResponseJSON` and `AuthenticationResponseJSON` (sections 5.1.4 and 5.1.5).

use super::problem::Problem;
use crate::jose::from_base64url;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The longest answer that is looked at, in bytes: an id of 1023, an RSA key and what stands around them leave room to spare.
pub const LONGEST_ANSWER: usize = 16 * 1024;
/// How many ways to reach an authenticator are kept, and how long the name of one is (section 5.8.4: five are known).
const MOST_TRANSPORTS: usize = 8;
const LONGEST_TRANSPORT: usize = 32;

/// A credential that was made.
#[derive(Debug)]
pub struct Registration {
    pub(super) id: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) attestation: Vec<u8>,
    pub(super) transports: Vec<String>,
}

/// A credential that was used.
#[derive(Debug)]
pub struct Assertion {
    /// Which.
    pub id: Vec<u8>,
    /// Whose the authenticator thinks it is, in base64url.
    pub user_handle: Option<String>,
    pub(super) client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Answer<T> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
    #[serde(default)]
    transports: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

/// The answer, and the id in it.
fn read<T: DeserializeOwned>(text: &str) -> Result<(Vec<u8>, T), Problem> {
    if text.len() > LONGEST_ANSWER {
        return Err(Problem::Malformed("the answer is too long"));
    }
    let answer: Answer<T> = serde_json::from_str(text).map_err(|_| Problem::Malformed("the answer is not its JSON"))?;
    if answer.kind != "public-key" || answer.id != answer.raw_id {
        return Err(Problem::Malformed("the answer is about no credential"));
    }
    Ok((decoded(&answer.id)?, answer.response))
}

fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    from_base64url(text).ok_or(Problem::Malformed("a member is not base64url"))
}

impl Registration {
    /// Reads what came of `navigator.credentials.create`.
    ///
    /// # Errors
    /// It is not of that form, or longer than [`LONGEST_ANSWER`].
    pub fn read(text: &str) -> Result<Self, Problem> {
        let (id, response) = read::<AttestationResponse>(text)?;
        let mut transports = response.transports;
        transports.retain(|one| one.len() <= LONGEST_TRANSPORT && one.bytes().all(|byte| byte.is_ascii_graphic()));
        transports.truncate(MOST_TRANSPORTS);
        Ok(Self {
            id,
            client_data: decoded(&response.client_data_json)?,
            attestation: decoded(&response.attestation_object)?,
            transports,
        })
    }
}

impl Assertion {
    /// Reads what came of `navigator.credentials.get`.
    ///
    /// # Errors
    /// It is not of that form, or longer than [`LONGEST_ANSWER`].
    pub fn read(text: &str) -> Result<Self, Problem> {
        let (id, response) = read::<AssertionResponse>(text)?;
        Ok(Self {
            id,
            // Some browsers say nothing as an empty text.
            user_handle: response.user_handle.filter(|handle| !handle.is_empty()),
            client_data: decoded(&response.client_data_json)?,
            authenticator_data: decoded(&response.authenticator_data)?,
            signature: decoded(&response.signature)?,
        })
    }
}
