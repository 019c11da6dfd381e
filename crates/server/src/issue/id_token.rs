//! ID tokens (OpenID Connect Core 2), from the token endpoint and from the authorization endpoint.

use super::sealed::Recipients;
use crate::failure::Failure;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::jose::jwe::Inside;
use claviger_core::jose::{Typ, token_hash};
use claviger_core::sign_in::Proof;
use claviger_core::token::Plain;
use claviger_core::token_claims::{self, amr, id_claims};
use serde_json::{Map, Value};

/// What an ID token is made from.
#[derive(Clone, Copy)]
pub(crate) struct IdTokenOf<'a> {
    /// The client.
    pub(crate) client: &'a Client,
    /// How the user is named to the client.
    pub(crate) subject: &'a str,
    /// When the user signed in, in milliseconds.
    pub(crate) auth_time: Option<i64>,
    /// As the client sent it.
    pub(crate) nonce: Option<&'a str>,
    /// How the user signed in, where that is more than a password or the realm tells it.
    pub(crate) proof: Option<&'a Proof>,
    /// The session in which the user signed in, as grants name it.
    pub(crate) session: Option<&'a str>,
    /// Claims of the user.
    pub(crate) claims: &'a Map<String, Value>,
    /// The access token that comes with it.
    pub(crate) access: Option<&'a Plain>,
    /// The code that comes with it.
    pub(crate) code: Option<&'a Plain>,
    /// Milliseconds since the epoch.
    pub(crate) now: i64,
}

/// Makes an ID token: signed, and then encrypted where the client registered that (OpenID Connect Core 10.2).
///
/// # Errors
/// Signing failed; the client has no key to encrypt to.
pub(crate) async fn id_token(site: &Site, recipients: Recipients<'_>, of: IdTokenOf<'_>) -> Result<String, Failure> {
    let key = site.keys.signing(site.realm.id_token_algorithm(of.client)).await?;
    let hash = |token: &Plain| token_hash(key.alg(), token.expose());
    let amr = amr(of.proof, of.auth_time);
    let claims = id_claims(
        &site.realm,
        token_claims::IdTokenOf {
            client: of.client,
            subject: of.subject,
            auth_time: of.auth_time,
            nonce: of.nonce,
            proof: of.proof,
            amr: &amr,
            session: of.session,
            claims: of.claims,
            at_hash: of.access.map(hash),
            c_hash: of.code.map(hash),
            now: of.now,
        },
    );
    let signed = key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims)?)?;
    match of.client.protection.id_token() {
        None => Ok(signed),
        Some(encryption) => Box::pin(recipients.seal(of.client, encryption, Inside::Jwt, signed.as_bytes())).await,
    }
}
