//! The sector identifier URIs of a file's clients: asked for where a client is new, or they or its redirect URIs changed.

use super::ApplyError;
use crate::outbound::Outbound;
use claviger_files::realm::RealmFile;
use claviger_store::Store;

/// Whether what is said there holds for all clients of the file.
///
/// # Errors
/// It does not, or the store cannot be read.
pub(super) async fn check(store: &Store, file: &RealmFile) -> Result<(), ApplyError> {
    let outbound = Outbound::new();
    let sectors = file.clients.iter().map(|entry| &entry.client);
    for client in sectors.filter(|client| client.identity.sector_identifier_uri.is_some()) {
        let stored = store.client_with_secrets(&file.realm.id, &client.id).await?;
        let is_known = stored.is_some_and(|(stored, _)| {
            stored.identity.sector_identifier_uri == client.identity.sector_identifier_uri
                && stored.redirect_uris == client.redirect_uris
        });
        if !is_known && let Err(problem) = outbound.check_sector(&file.realm, client).await {
            let message = format!("the client `{}`: sector-identifier-uri: {problem}", client.id);
            return Err(ApplyError::Conflict { file: file.file.clone(), message });
        }
    }
    Ok(())
}
