//! Tokens that are bound to a TLS certificate (RFC 8705 3): who sends one shows that certificate on the connection.

use claviger_core::confirmation::Thumbprint;
use claviger_core::crypto::sha256;

/// The certificate that the client showed on the connection on which a request came, for the guard to compare with the one that a
/// token is bound to (RFC 8705 section 3).
///
/// The guard does not see the connection. Whoever does, puts this among the extensions of the request, in front of the guard's
/// layer: the program that ends TLS, from its connection, or a layer that reads the header of a proxy that ends TLS. Such a header
/// may be believed only where the proxy takes it away from requests that bring one themselves.
///
/// Without it a token that is bound to a certificate is refused, so that it never passes as a plain bearer token.
///
/// ```
/// use claviger_guard::ClientCertificate;
///
/// fn on_connection<B>(request: &mut http::Request<B>, der: &[u8]) {
///     request.extensions_mut().insert(ClientCertificate::from_der(der));
/// }
/// # on_connection(&mut http::Request::new(()), b"certificate");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate(Thumbprint);

impl ClientCertificate {
    /// By the certificate itself, in DER; the first of the chain that the client sent.
    pub fn from_der(der: &[u8]) -> Self {
        Self(Thumbprint::new(sha256(der)))
    }

    /// By the SHA-256 of its DER.
    pub const fn from_sha256(hash: [u8; 32]) -> Self {
        Self(Thumbprint::new(hash))
    }

    /// By its thumbprint as `x5t#S256` spells it, the SHA-256 of its DER in base64url (RFC 7515 section 4.1.8); `None` for anything
    /// else.
    pub fn from_thumbprint(text: &str) -> Option<Self> {
        Thumbprint::parse(text).map(Self)
    }

    pub(crate) const fn thumbprint(self) -> Thumbprint {
        self.0
    }
}
