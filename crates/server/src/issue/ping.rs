//! That a client is told of its user's answer (OpenID CIBA Core 1.0 10.2): what travels, and what waits in the outbox.

use crate::failure::Failure;
use crate::ids;
use crate::state::secrets::Secrets;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::token::Plain;
use claviger_store::{Masked, PING_TOPIC, Parcel};
use serde::{Deserialize, Serialize};

/// What the seal is for.
const PURPOSE: &str = "ciba-ping";

/// What the client is told, and the token that it gave for that. Never printed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Said {
    /// What it polls with.
    pub(crate) auth_req_id: String,
    /// `client_notification_token`.
    pub(crate) token: String,
}

/// What a parcel holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ping {
    /// The client.
    pub(crate) client: String,
    sealed: String,
}

impl Ping {
    /// What it says; `None` where nobody can open it any more.
    pub(crate) fn open(&self, secrets: &Secrets, realm: &str) -> Option<Said> {
        let plain = secrets.open_realm_secret(realm, PURPOSE, &self.sealed)?;
        serde_json::from_str(plain.expose()).ok()
    }
}

/// What a request keeps until its user answers.
///
/// # Errors
/// The library fails.
pub(crate) fn seal(secrets: &Secrets, realm: &str, auth_req_id: &Plain, token: &str) -> Result<String, Failure> {
    let said = Said { auth_req_id: auth_req_id.expose().to_owned(), token: token.to_owned() };
    Ok(secrets.seal_realm_secret(realm, PURPOSE, &serde_json::to_string(&said)?)?)
}

/// The parcel for a request that is answered, where somebody is to be told.
///
/// # Errors
/// It cannot be written.
pub(crate) fn parcel(realm: &str, request: &AuthorizationRequest, now: i64) -> Result<Option<Parcel>, Failure> {
    let Some(sealed) = request.backchannel().and_then(|asked| asked.ping.clone()) else { return Ok(None) };
    let ping = Ping { client: request.client.clone(), sealed };
    Ok(Some(Parcel {
        id: ids::new(now),
        topic: PING_TOPIC.to_owned(),
        realm: realm.to_owned(),
        sealed: Masked(serde_json::to_vec(&ping)?),
        due_at: now,
        addressee: String::new(),
    }))
}
