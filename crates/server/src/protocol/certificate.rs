//! Tokens that are bound to the certificate of the connection (RFC 8705 3, 4): which one is shown, and whether a token is theirs.

use crate::http::Incoming;
use claviger_core::bearer::Reason;
use claviger_core::confirmation::{Confirmation, Thumbprint};
use claviger_core::{Client, Refusal};

/// The certificate that this client's tokens are bound to.
///
/// # Errors
/// They are to be bound, and the request shows none.
pub(super) fn shown(incoming: &Incoming, client: &Client) -> Result<Option<Confirmation>, Refusal> {
    if !client.authentication.certificate.binds_tokens {
        return Ok(None);
    }
    confirmation(incoming).map(Some).ok_or(Refusal::CertificateMissing)
}

/// Whether who sent a token that is bound to a certificate shows that certificate. Others are not looked at here.
///
/// # Errors
/// It is another one, or none.
pub(super) fn holds(incoming: &Incoming, bound: Option<Confirmation>) -> Result<(), Reason> {
    match bound {
        Some(bound @ Confirmation::Certificate(_)) if confirmation(incoming) != Some(bound) => Err(Reason::Invalid),
        _ => Ok(()),
    }
}

fn confirmation(incoming: &Incoming) -> Option<Confirmation> {
    let presented = incoming.presented.as_ref()?;
    Some(Confirmation::Certificate(Thumbprint::new(presented.certificate.thumbprint())))
}
