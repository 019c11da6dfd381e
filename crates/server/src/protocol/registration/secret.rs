//! A registered client's secret: made here, shown once, stored as what knows it again.

use crate::ids;
use crate::secrets::new_client_secret;
use crate::state::State;
use claviger_core::claims::id_text;
use claviger_core::token::Plain;
use claviger_store::{ClientSecret, Masked, SecretKind};

/// A new secret, and the row that knows it again.
pub(super) fn made(state: &State, now: i64) -> (Plain, ClientSecret) {
    let secret = new_client_secret();
    let row = ClientSecret {
        id: id_text(&ids::new(now)),
        kind: SecretKind::Hmac,
        hash: Masked(state.secrets.client_secret_tag(secret.expose())),
        label: "registration".to_owned(),
        created_at: now,
        expires_at: None,
        retired_at: None,
    };
    (secret, row)
}
