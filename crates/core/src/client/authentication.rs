//! How a client proves who it is: what it registered (RFC 7591 2, OpenID Connect Core 9, RFC 8705 2).

use super::{CertificateOf, Client, ClientKind};
use crate::jose::Algorithm;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a client registered about its proof.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Authentication {
    /// The one method that it uses, at every endpoint. Absent: its secret, in the header or in the body; nothing where it is
    /// public.
    #[serde(rename = "token_endpoint_auth_method", skip_serializing_if = "Option::is_none")]
    pub method: Option<AuthMethod>,
    /// What signs its assertions; absent: any algorithm that the method has.
    #[serde(rename = "token_endpoint_auth_signing_alg", skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<AssertionAlgorithm>,
    /// Its certificate.
    #[serde(flatten)]
    pub certificate: CertificateOf,
}

impl Authentication {
    /// Of a client that says nothing but its method.
    pub const fn by(method: AuthMethod) -> Self {
        Self { method: Some(method), signing_alg: None, certificate: CertificateOf::NOTHING }
    }

    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an assertion may be signed so.
    pub fn allows(&self, algorithm: AssertionAlgorithm) -> bool {
        self.method.is_some_and(|method| algorithm.is_of(method))
            && self.signing_alg.is_none_or(|only| only == algorithm)
    }
}

/// A way to prove who one is (`token_endpoint_auth_method`; the names are those of the IANA registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// The secret as HTTP Basic (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// The secret in the body (RFC 6749 2.3.1).
    ClientSecretPost,
    /// A JWT with an HMAC under the secret (OpenID Connect Core 9).
    ClientSecretJwt,
    /// A JWT signed with a private key (RFC 7523 2.2, OpenID Connect Core 9).
    PrivateKeyJwt,
    /// A certificate of a trusted authority (RFC 8705 2.1).
    TlsClientAuth,
    /// A certificate whose key is registered (RFC 8705 2.2).
    SelfSignedTlsClientAuth,
    /// None: the client is public (RFC 7591 2).
    None,
}

impl AuthMethod {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// As the standards spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// The method of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether it rests on a secret that client and server share.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt)
    }

    /// Whether it rests on a JWT (RFC 7523 2.2).
    pub const fn is_assertion(self) -> bool {
        matches!(self, Self::ClientSecretJwt | Self::PrivateKeyJwt)
    }

    /// Whether it rests on the certificate of the connection (RFC 8705).
    pub const fn is_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What may sign a client's assertion (`token_endpoint_auth_signing_alg`, OpenID Connect Registration 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AssertionAlgorithm {
    /// HMAC with SHA-256 under the client's secret.
    Hs256,
    /// A signature with the client's private key.
    Signed(Algorithm),
}

/// The text names no such algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of ES256, RS256, PS256, EdDSA, HS256")]
pub struct UnknownAssertionAlgorithm;

impl AssertionAlgorithm {
    /// Those of a method.
    pub fn all_of(method: AuthMethod) -> Vec<Self> {
        match method {
            AuthMethod::ClientSecretJwt => vec![Self::Hs256],
            AuthMethod::PrivateKeyJwt => Algorithm::ALL.map(Self::Signed).to_vec(),
            _ => Vec::new(),
        }
    }

    /// The name in a JOSE header and in metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Signed(algorithm) => algorithm.name(),
        }
    }

    /// Whether it is one of this method's.
    pub const fn is_of(self, method: AuthMethod) -> bool {
        matches!(
            (self, method),
            (Self::Hs256, AuthMethod::ClientSecretJwt) | (Self::Signed(_), AuthMethod::PrivateKeyJwt)
        )
    }
}

impl std::str::FromStr for AssertionAlgorithm {
    type Err = UnknownAssertionAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAssertionAlgorithm> {
        match name {
            "HS256" => Ok(Self::Hs256),
            name => name.parse().map(Self::Signed).map_err(|_| UnknownAssertionAlgorithm),
        }
    }
}

impl TryFrom<String> for AssertionAlgorithm {
    type Error = UnknownAssertionAlgorithm;

    fn try_from(name: String) -> Result<Self, UnknownAssertionAlgorithm> {
        name.parse()
    }
}

impl From<AssertionAlgorithm> for String {
    fn from(algorithm: AssertionAlgorithm) -> Self {
        algorithm.name().to_owned()
    }
}

impl Client {
    /// Whether it has a secret of its own: it can keep one, uses one, and it is not a user's password.
    pub fn has_own_secret(&self) -> bool {
        self.kind == ClientKind::Confidential
            && !self.secret_is_password
            && self.authentication.method.is_none_or(AuthMethod::has_secret)
    }

    /// Whether the server must know its secret to check what is made with it, so that it is stored sealed and not hashed.
    pub fn needs_sealed_secret(&self) -> bool {
        self.authentication.method == Some(AuthMethod::ClientSecretJwt)
    }
}

#[cfg(test)]
mod tests {
    use super::{AssertionAlgorithm, AuthMethod, Authentication};
    use crate::jose::Algorithm;

    #[test]
    fn each_method_is_read_and_written_by_its_registered_name() {
        for method in AuthMethod::ALL {
            assert_eq!(AuthMethod::of(method.name()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
        }
        assert_eq!(AuthMethod::of("client_secret"), None);
    }

    #[test]
    fn an_assertion_is_signed_with_what_its_method_has_and_the_client_registered() {
        let es256 = AssertionAlgorithm::Signed(Algorithm::Es256);
        let any = Authentication::by(AuthMethod::PrivateKeyJwt);
        assert!(any.allows(es256) && !any.allows(AssertionAlgorithm::Hs256));
        let one = Authentication { signing_alg: Some(AssertionAlgorithm::Signed(Algorithm::Ps256)), ..any };
        assert!(!one.allows(es256));
        let mac = Authentication::by(AuthMethod::ClientSecretJwt);
        assert!(mac.allows(AssertionAlgorithm::Hs256) && !mac.allows(es256));
        assert!(!Authentication::default().allows(es256));
    }
}
