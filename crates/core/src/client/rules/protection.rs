//! How what is said to a client is to be encrypted.

use super::{Facts, Field, Problem};
use crate::client::Protection;
use crate::jose::JwkSet;
use crate::jose::jwe::{EncryptingKeys, KeyManagement};

impl<'a> Facts<'a> {
    /// An `enc` needs its `alg`, and what is encrypted to the client needs a key of the client. `jwks`: its keys, where they were given
    /// and can be read; those that lie elsewhere are looked at when they are needed.
    pub(super) fn protection(self, jwks: Option<&JwkSet>) -> impl Iterator<Item = Problem> + use<'a> {
        let Protection { request_object_encryption_alg, request_object_encryption_enc, .. } = &self.asked.protection;
        let keys = jwks.map(EncryptingKeys::from_set);
        let lies_elsewhere = self.asked.jwks_uri.is_some();
        // Keys that cannot be read are told as that.
        let unreadable = self.asked.jwks.is_some() && jwks.is_none();
        let has_key = |alg: KeyManagement| {
            lies_elsewhere || unreadable || keys.as_ref().is_some_and(|keys| keys.find(alg).is_some())
        };
        let mut found = Vec::new();
        for (alg, enc, field) in self.encrypted() {
            match alg {
                None if enc => found.push(Problem::EncryptedWithoutAlg { field }),
                Some(alg) if !has_key(alg) => found.push(Problem::NoKeyToEncrypt { field, alg }),
                _ => {}
            }
        }
        let object = *request_object_encryption_alg;
        if object.is_none() && request_object_encryption_enc.is_some() {
            found.push(Problem::EncryptedWithoutAlg { field: Field::RequestObjectEncryption });
        }
        let known = &self.realm.requests.object_encryption;
        found.extend(object.filter(|alg| !known.contains(alg)).map(|alg| Problem::ObjectEncryption { alg }));
        found.into_iter()
    }

    /// What is encrypted to it: how, whether it says with what, and which field says so.
    fn encrypted(self) -> [(Option<KeyManagement>, bool, Field); 3] {
        let asked = &self.asked.protection;
        [
            (
                asked.id_token_encrypted_response_alg,
                asked.id_token_encrypted_response_enc.is_some(),
                Field::IdTokenEncryption,
            ),
            (
                asked.userinfo_encrypted_response_alg,
                asked.userinfo_encrypted_response_enc.is_some(),
                Field::UserinfoEncryption,
            ),
            (
                asked.authorization_encrypted_response_alg,
                asked.authorization_encrypted_response_enc.is_some(),
                Field::AuthorizationEncryption,
            ),
        ]
    }
}
