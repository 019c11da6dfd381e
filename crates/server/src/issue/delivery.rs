//! An authorization answer on its way: as it is, or signed and perhaps encrypted (JARM).

use super::sealed::Recipients;
use crate::failure::Failure;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::answer::{Delivery, Response};
use claviger_core::jose::Typ;
use claviger_core::jose::jwe::Inside;

/// Puts an answer where its request wants it.
///
/// # Errors
/// It cannot be signed, or the client has no key to encrypt it to.
pub(crate) async fn send(
    state: &State,
    site: &Site,
    client: &Client,
    response: &Response<'_>,
    now: i64,
) -> Result<Delivery, Failure> {
    let Some(claims) = response.claims(&client.id, now) else { return Ok(response.plain()) };
    let algorithm = client.requests.authorization_signed_response_alg.unwrap_or(site.realm.usual_algorithm());
    let key = site.keys.signing(algorithm).await?;
    let signed = key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims)?)?;
    let Some(encryption) = client.protection.authorization() else { return Ok(response.signed(&signed)) };
    let recipients = Recipients::of(state, site);
    Ok(response.signed(&recipients.seal(client, encryption, Inside::Jwt, signed.as_bytes()).await?))
}
