//! What signs and encrypts what a realm says to its clients (OpenID Connect Discovery 1.0 3, JARM 4). Every client may register each
//! of these: a key that signs is made when the first client wants it.

use super::{has_users, serves};
use crate::dialect::Endpoint;
use crate::grant_type::GrantType;
use crate::jose::Algorithm;
use crate::jose::jwe::{ContentEncryption, KeyManagement};
use crate::realm::Realm;
use serde::Serialize;

/// The default of ID tokens and of signed answers first (OpenID Connect Registration 2, JARM 3); a profile leaves some out.
pub(super) fn signing(realm: &Realm) -> Vec<Algorithm> {
    let usual = realm.usual_algorithm();
    let others = [Algorithm::Rs256, Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];
    let others = others.into_iter().filter(|algorithm| *algorithm != usual && realm.may_sign(*algorithm));
    std::iter::once(usual).chain(others).collect()
}

/// What signs and encrypts.
#[derive(Serialize)]
pub(super) struct Protection {
    #[serde(flatten)]
    id_token: Option<IdToken>,
    #[serde(flatten)]
    userinfo: Option<Userinfo>,
    #[serde(flatten)]
    authorization: Option<Authorization>,
}

/// Where somebody can have ID tokens.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
struct IdToken {
    id_token_signing_alg_values_supported: Vec<Algorithm>,
    id_token_encryption_alg_values_supported: &'static [KeyManagement],
    id_token_encryption_enc_values_supported: &'static [ContentEncryption],
}

/// Where there is userinfo.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
struct Userinfo {
    userinfo_signing_alg_values_supported: Vec<Algorithm>,
    userinfo_encryption_alg_values_supported: &'static [KeyManagement],
    userinfo_encryption_enc_values_supported: &'static [ContentEncryption],
}

/// Where there is an authorization endpoint.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
struct Authorization {
    authorization_signing_alg_values_supported: Vec<Algorithm>,
    authorization_encryption_alg_values_supported: &'static [KeyManagement],
    authorization_encryption_enc_values_supported: &'static [ContentEncryption],
}

impl Protection {
    /// That of a realm.
    pub(super) fn of(realm: &Realm) -> Self {
        let by_people = [GrantType::AuthorizationCode, GrantType::Implicit, GrantType::DeviceCode];
        let somebody = by_people.into_iter().any(|grant| serves(realm, grant));
        let id_token = (somebody && has_users(realm)).then_some(IdToken {
            id_token_signing_alg_values_supported: signing(realm),
            id_token_encryption_alg_values_supported: &KeyManagement::ALL,
            id_token_encryption_enc_values_supported: &ContentEncryption::ALL,
        });
        let userinfo = realm.url(Endpoint::Userinfo).filter(|_| has_users(realm)).map(|_| Userinfo {
            userinfo_signing_alg_values_supported: signing(realm),
            userinfo_encryption_alg_values_supported: &KeyManagement::ALL,
            userinfo_encryption_enc_values_supported: &ContentEncryption::ALL,
        });
        let authorization = realm.dialect.serves(Endpoint::Authorization).then_some(Authorization {
            authorization_signing_alg_values_supported: signing(realm),
            authorization_encryption_alg_values_supported: &KeyManagement::ALL,
            authorization_encryption_enc_values_supported: &ContentEncryption::ALL,
        });
        Self { id_token, userinfo, authorization }
    }
}
