//! An authorization answer on its way: as it is, or signed (JARM).

use crate::failure::Failure;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::answer::{Delivery, Response};
use claviger_core::jose::Typ;

/// Puts an answer where its request wants it.
///
/// # Errors
/// It cannot be signed.
pub(crate) async fn send(site: &Site, client: &Client, response: &Response<'_>, now: i64) -> Result<Delivery, Failure> {
    let Some(claims) = response.claims(&client.id, now) else { return Ok(response.plain()) };
    let algorithm = client.requests.authorization_signed_response_alg.unwrap_or(site.realm.usual_algorithm());
    let key = site.keys.signing(algorithm).await?;
    Ok(response.signed(&key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims)?)?))
}
