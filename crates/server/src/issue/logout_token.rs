//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 2.4).

use crate::failure::Failure;
use crate::state::keys::KeyRing;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::jose::{Typ, base64url};
use claviger_core::logout::LogoutClaims;
use claviger_core::{Client, Realm};
use claviger_store::SessionEnded;
use std::sync::Arc;

/// Makes a logout token, signed as the client's ID tokens are; each attempt has one of its own. `subject`: what the client calls the user.
///
/// # Errors
/// Signing failed.
pub(crate) async fn logout_token(
    realm: &Realm,
    keys: &Arc<KeyRing>,
    (client, subject): (&Client, &str),
    ended: &SessionEnded,
    now: i64,
) -> Result<String, Failure> {
    let key = keys.signing(realm.id_token_algorithm(client)).await?;
    let jti = base64url(&random_bytes::<16>());
    let claims = LogoutClaims::new(&realm.issuer, &client.id, subject, &ended.sid, &jti, now);
    Ok(key.sign_jwt(Typ::Logout, &serde_json::to_vec(&claims)?)?)
}
