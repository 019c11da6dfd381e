//! How what is said to a client is signed and encrypted, where it registered that (OpenID Connect Dynamic Registration 2, JARM 3).
//! What signs its ID tokens is [`Client::id_token_signing`](super::Client::id_token_signing), and what signs its authorization
//! answers stands with its [`Requests`](super::Requests).

use super::Client;
use crate::jose::Algorithm;
use crate::jose::jwe::{ContentEncryption, KeyManagement};
use serde::{Deserialize, Serialize};

/// How what is said to a client is signed and encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Protection {
    /// What signs userinfo; absent: it is not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// How ID tokens are encrypted; absent: they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<KeyManagement>,
    /// What encrypts the content of ID tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// How userinfo is encrypted; absent: it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<KeyManagement>,
    /// What encrypts the content of userinfo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// How signed authorization answers are encrypted; absent: they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_encrypted_response_alg: Option<KeyManagement>,
    /// What encrypts the content of authorization answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_encrypted_response_enc: Option<ContentEncryption>,
    /// How it encrypts request objects; absent: in any way that the realm reads, or not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_alg: Option<KeyManagement>,
    /// What encrypts the content of its request objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_enc: Option<ContentEncryption>,
}

/// A way of encrypting: how the key comes to the client, and what encrypts the content.
pub type Encryption = (KeyManagement, ContentEncryption);

impl Protection {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How ID tokens are encrypted.
    pub fn id_token(&self) -> Option<Encryption> {
        Some((self.id_token_encrypted_response_alg?, self.id_token_encrypted_response_enc.unwrap_or_default()))
    }

    /// How userinfo is encrypted.
    pub fn userinfo(&self) -> Option<Encryption> {
        Some((self.userinfo_encrypted_response_alg?, self.userinfo_encrypted_response_enc.unwrap_or_default()))
    }

    /// How signed authorization answers are encrypted.
    pub fn authorization(&self) -> Option<Encryption> {
        Some((
            self.authorization_encrypted_response_alg?,
            self.authorization_encrypted_response_enc.unwrap_or_default(),
        ))
    }
}

impl Client {
    /// Whether userinfo is said to it in another way than as JSON.
    pub fn protects_userinfo(&self) -> bool {
        self.protection.userinfo_signed_response_alg.is_some() || self.protection.userinfo().is_some()
    }

    /// What signs something that is said to it: ID tokens, userinfo, authorization answers, introspection.
    pub fn signing_algorithms(&self) -> impl Iterator<Item = Algorithm> {
        let named = [
            self.id_token_signing,
            self.protection.userinfo_signed_response_alg,
            self.requests.authorization_signed_response_alg,
            self.requests.introspection_signed_response_alg,
        ];
        named.into_iter().flatten()
    }
}
