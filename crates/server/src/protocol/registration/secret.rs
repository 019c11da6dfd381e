//! A registered client's secret: made here, shown once, stored as what knows it again, or sealed where the server must know it.

use crate::failure::Failure;
use crate::ids;
use crate::secrets::new_client_secret;
use crate::state::State;
use crate::state::clients::Entry;
use claviger_core::claims::id_text;
use claviger_core::token::Plain;
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, Masked, SecretKind};
use subtle::ConstantTimeEq;

/// A new secret, and what is stored of it; none for a client that has no secret.
pub(super) fn made(
    state: &State,
    (realm, client): (&Realm, &Client),
    now: i64,
) -> Result<Option<(Plain, ClientSecret)>, Failure> {
    if !client.has_own_secret() {
        return Ok(None);
    }
    let secret = new_client_secret();
    let id = id_text(&ids::new(now));
    let (kind, hash) = state.secrets.kept((&realm.id, client), &id, &secret)?;
    let row = ClientSecret {
        id,
        kind,
        hash: Masked(hash),
        label: "registration".to_owned(),
        created_at: now,
        expires_at: None,
        retired_at: None,
    };
    Ok(Some((secret, row)))
}

/// Whether a client sent one of its secrets, in whichever way it is kept.
pub(super) fn is_its_own(state: &State, realm: &Realm, entry: &Entry, sent: &str, now: i64) -> bool {
    let is_sealed = |stored: &ClientSecret| {
        let owner = [realm.id.as_str(), &entry.client.id, &stored.id];
        let opened = state.secrets.open_client_secret(owner, &stored.hash);
        opened.is_some_and(|opened| bool::from(opened.as_slice().ct_eq(sent.as_bytes())))
    };
    entry.made(now).any(|stored| state.secrets.is_client_secret(sent, &stored.hash))
        || entry.live(SecretKind::Sealed, now).any(is_sealed)
}
