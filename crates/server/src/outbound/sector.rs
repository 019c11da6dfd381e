//! `sector_identifier_uri` (OpenID Connect Core 8.1, Dynamic Registration 5): a document that names the redirect URIs which belong
//! together. It is asked for when a client is written, never when a token is made.

use super::Outbound;
use claviger_core::client::IdentityProblem;
use claviger_core::redirect::RedirectUri;
use claviger_core::{Client, Realm};

impl Outbound {
    /// Whether the document at a client's sector identifier URI names all of its redirect URIs; a client without one is right.
    ///
    /// # Errors
    /// It cannot be had, is no JSON array of texts, or a redirect URI is missing.
    pub(crate) async fn check_sector(&self, realm: &Realm, client: &Client) -> Result<(), IdentityProblem> {
        let Some(uri) = &client.identity.sector_identifier_uri else { return Ok(()) };
        let wrong = |why: String| IdentityProblem::NotOfSector { uri: uri.clone(), why };
        let answer = self.get(uri, realm.requests.loopback, &["application/json"]).await;
        let answer = answer.map_err(|error| wrong(format!("cannot be asked: {error}")))?;
        let listed: Vec<String> = serde_json::from_slice(&answer)
            .map_err(|_| wrong("does not answer a JSON array of redirect URIs".to_owned()))?;
        let missing =
            client.redirect_uris.iter().map(RedirectUri::as_str).find(|uri| !listed.iter().any(|one| one == uri));
        missing.map_or(Ok(()), |missing| Err(wrong(format!("does not name the redirect URI `{missing}`"))))
    }
}
