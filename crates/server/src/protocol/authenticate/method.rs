//! What a client has to prove: decided by the method that it registered, and nowhere else.
//!
//! A client without a method uses its secret as HTTP Basic or in the body, or only names itself where it is public. One
//! with a method is refused with every other, as an unknown client is.

use claviger_core::Client;
use claviger_core::client::AuthMethod;
use claviger_core::client_auth::Credentials;

/// How what was presented is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Not at all: a public client names itself.
    Named,
    /// The secret is compared with those that are stored.
    Secret,
    /// The certificate is judged.
    Certificate,
    /// The signature is checked with the client's public keys.
    Signature,
    /// The MAC is checked with the client's secret.
    Mac,
}

/// How this client is checked; `None`: what it presented is not its method. `ignores_secret`: the dialect takes a public
/// client that sends a secret for one that only names itself.
pub(super) fn check_for(client: &Client, credentials: &Credentials, ignores_secret: bool) -> Option<Check> {
    let (basic, body, named, assertion) = (
        matches!(credentials, Credentials::Basic { .. }),
        matches!(credentials, Credentials::Body(_)),
        matches!(credentials, Credentials::Named { .. } | Credentials::Certified { .. }),
        matches!(credentials, Credentials::Assertion(_)),
    );
    let certified = matches!(credentials, Credentials::Certified { .. });
    match client.authentication.method {
        Some(AuthMethod::ClientSecretBasic) => basic.then_some(Check::Secret),
        Some(AuthMethod::ClientSecretPost) => body.then_some(Check::Secret),
        None if client.is_confidential() => (basic || body).then_some(Check::Secret),
        None | Some(AuthMethod::None) => {
            (!client.is_confidential() && !assertion && (named || ignores_secret)).then_some(Check::Named)
        }
        Some(AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth) => {
            certified.then_some(Check::Certificate)
        }
        Some(AuthMethod::PrivateKeyJwt) => assertion.then_some(Check::Signature),
        Some(AuthMethod::ClientSecretJwt) => assertion.then_some(Check::Mac),
    }
}
