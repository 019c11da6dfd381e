//! The client that a document describes whose address is the client's id (OAuth Client ID Metadata Document).
//!
//! The document holds the metadata of RFC 7591. It proves itself by the address that it is at, so it must name that address as
//! its `client_id`, and everything in it may be read by anybody: there is no secret in it.

use super::{Allowance, RegistrationRefusal, client, wrong};
use crate::client::{AuthMethod, Client, ClientStatus};
use crate::document_id::DocumentId;
use crate::realm::Realm;
use serde_json::{Map, Value};

/// The largest document, in bytes.
pub const LARGEST_DOCUMENT: usize = 5 * 1024;
/// What nobody may find in a document that everybody can read.
const SECRETS: [&str; 2] = ["client_secret", "client_secret_expires_at"];

/// The client that the document at its own address describes. Whoever has the domain is taken for its publisher.
///
/// # Errors
/// What such a client cannot be.
pub fn of_document(
    mut metadata: Map<String, Value>,
    id: DocumentId<'_>,
    status: ClientStatus,
    realm: &Realm,
    allowance: &Allowance,
) -> Result<Client, RegistrationRefusal> {
    if metadata.get("client_id").and_then(Value::as_str) != Some(id.as_str()) {
        return Err(wrong("client_id", "a document names the very address that it was asked for at"));
    }
    if let Some(member) = SECRETS.into_iter().find(|member| metadata.contains_key(*member)) {
        return Err(wrong(member, "a document is public and holds no secret"));
    }
    // Where nothing is said the usual method would be a secret, which such a client cannot have.
    metadata.entry("token_endpoint_auth_method").or_insert_with(|| AuthMethod::None.name().into());
    let described = client(&metadata, (id.as_str(), status), realm, allowance)?;
    let method = described.authentication.method.unwrap_or(AuthMethod::ClientSecretBasic);
    if !matches!(method, AuthMethod::None | AuthMethod::PrivateKeyJwt) {
        return Err(wrong("token_endpoint_auth_method", "a document's client has none, or private_key_jwt"));
    }
    Ok(Client { publisher: Some(id.host().to_owned()), ..described })
}
