//! How what is said to an app is signed and encrypted: options of `app create`, and lines of `app show`.

use clap::Args;
use claviger_core::client::{Encryption, GrantType, IdTokenClaims, Protection};
use claviger_core::dialect::Legacy;
use claviger_core::jose::Algorithm;
use claviger_core::jose::jwe::{ContentEncryption, KeyManagement};
use claviger_core::{Client, Realm};

/// How what is said to an app is signed and encrypted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signed and encrypted answers")]
pub(crate) struct ProtectionArgs {
    /// What signs userinfo for it: RS256, ES256, PS256 or EdDSA; left out: userinfo is not signed
    #[arg(long, value_name = "ALGORITHM")]
    userinfo_signed_response_alg: Option<Algorithm>,
    /// What signs its authorization answers with a response mode of `jwt`; left out: RS256
    #[arg(long, value_name = "ALGORITHM")]
    pub(super) authorization_signed_response_alg: Option<Algorithm>,
    /// Encrypt its ID tokens to one of its keys: RSA-OAEP, RSA-OAEP-256, ECDH-ES or ECDH-ES+A256KW
    #[arg(long, value_name = "ALGORITHM")]
    id_token_encrypted_response_alg: Option<KeyManagement>,
    /// What encrypts the content of its ID tokens: A128CBC-HS256 (where it is left out), A256CBC-HS512, A128GCM or A256GCM
    #[arg(long, value_name = "METHOD")]
    id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// Encrypt userinfo to one of its keys
    #[arg(long, value_name = "ALGORITHM")]
    userinfo_encrypted_response_alg: Option<KeyManagement>,
    /// What encrypts the content of userinfo
    #[arg(long, value_name = "METHOD")]
    userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// Encrypt its authorization answers with a response mode of `jwt` to one of its keys
    #[arg(long, value_name = "ALGORITHM")]
    authorization_encrypted_response_alg: Option<KeyManagement>,
    /// What encrypts the content of its authorization answers
    #[arg(long, value_name = "METHOD")]
    authorization_encrypted_response_enc: Option<ContentEncryption>,
    /// How it encrypts its request objects, where it does: one of what the realm reads
    #[arg(long, value_name = "ALGORITHM")]
    request_object_encryption_alg: Option<KeyManagement>,
    /// What it encrypts the content of its request objects with
    #[arg(long, value_name = "METHOD")]
    request_object_encryption_enc: Option<ContentEncryption>,
}

impl ProtectionArgs {
    /// As a client has it.
    pub(super) fn protection(&self) -> Protection {
        Protection {
            userinfo_signed_response_alg: self.userinfo_signed_response_alg,
            id_token_encrypted_response_alg: self.id_token_encrypted_response_alg,
            id_token_encrypted_response_enc: self.id_token_encrypted_response_enc,
            userinfo_encrypted_response_alg: self.userinfo_encrypted_response_alg,
            userinfo_encrypted_response_enc: self.userinfo_encrypted_response_enc,
            authorization_encrypted_response_alg: self.authorization_encrypted_response_alg,
            authorization_encrypted_response_enc: self.authorization_encrypted_response_enc,
            request_object_encryption_alg: self.request_object_encryption_alg,
            request_object_encryption_enc: self.request_object_encryption_enc,
        }
    }
}

/// What signs and encrypts something, in words; `None` where nothing does.
fn in_words(signed: Option<Algorithm>, encrypted: Option<Encryption>) -> Option<String> {
    let encrypted = encrypted.map(|(alg, enc)| format!("encrypted with {alg} and {enc}"));
    match (signed, encrypted) {
        (Some(signed), Some(encrypted)) => Some(format!("signed with {signed}, {encrypted}")),
        (Some(signed), None) => Some(format!("signed with {signed}")),
        (None, encrypted) => encrypted,
    }
}

/// What is said of an app beside its ID tokens.
fn shown(client: &Client) -> Vec<(&'static str, String)> {
    let userinfo = in_words(client.protection.userinfo_signed_response_alg, client.protection.userinfo());
    let signed = client.requests.authorization_signed_response_alg;
    let answers = in_words(signed, client.protection.authorization());
    [("Userinfo", userinfo), ("JWT answers", answers)]
        .into_iter()
        .filter_map(|(what, words)| Some((what, words?)))
        .collect()
}

/// What an app's ID tokens and codes are, where that is not a matter of course.
pub(super) fn openid(realm: &Realm, client: &Client) -> Vec<(&'static str, String)> {
    if !client.may(GrantType::AuthorizationCode) {
        return Vec::new();
    }
    let more = match client.id_token_claims {
        IdTokenClaims::Minimal => "",
        IdTokenClaims::Scope => "; with name and e-mail address, which OpenID Connect Core 5.4 has at userinfo only",
    };
    let pkce = match (realm.requires_pkce(client), realm.allows(client, Legacy::NoPkce)) {
        (true, _) => "required",
        (false, true) => "not needed (no-pkce)",
        (false, false) => "required, or openid with a nonce",
    };
    let signed = in_words(Some(realm.id_token_algorithm(client)), client.protection.id_token());
    let id_tokens = format!("{}{more}", signed.unwrap_or_default());
    let mut lines = vec![("ID tokens", id_tokens), ("PKCE", pkce.to_owned())];
    lines.extend(shown(client));
    lines
}
