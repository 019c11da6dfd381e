//! What to do about what is wrong with a client.

use super::Problem;
use crate::dialect::Legacy;

const CONFIDENTIAL: &str = "make it a confidential client, or leave this out";

impl Problem {
    /// What to do about it, where it does not follow from what is wrong. The caller, who knows what names there are, can
    /// suggest one for those that are unknown.
    pub fn help(&self) -> Option<String> {
        let add = |legacy: Legacy| format!("add \"{}\" to its legacy: {}", legacy.name(), legacy.risk());
        Some(match self {
            Self::NoRedirectUri => "name at least one (redirect-uris)".to_owned(),
            Self::CertificateNames { .. } => {
                "give one of tls-client-auth-subject-dn, -san-dns, -san-uri, -san-ip and -san-email".to_owned()
            }
            Self::WildcardNotGiven { .. } => add(Legacy::WildcardRedirect),
            Self::WildcardBesidesCode { .. } | Self::PostLogoutWildcard { .. } => {
                "register each URI in full".to_owned()
            }
            Self::ScopeElsewhere { api, .. } => format!("add \"{api}\" to its audiences"),
            Self::Exchange { .. } => "see docs/token-exchange.md".to_owned(),
            Self::NoGrant => "give it authorization_code or client_credentials".to_owned(),
            Self::NothingToRefresh { asks_again: true } => {
                "client credentials are simply asked for again (RFC 6749 4.4.3)".to_owned()
            }
            Self::NothingToRefresh { asks_again: false } => "leave out refresh_token".to_owned(),
            Self::GrantNotGiven { legacy, .. } => add(*legacy),
            Self::NotPermitted { permitted, .. } if permitted.is_empty() => "it permits nothing".to_owned(),
            Self::NotPermitted { permitted, .. } => {
                let names: Vec<&str> = permitted.iter().map(|legacy| legacy.name()).collect();
                format!("it permits: {}", names.join(", "))
            }
            Self::NotForPublic { legacy } => format!("leave out \"{}\"", legacy.name()),
            Self::NoPkceInVain => format!("leave out \"{}\"", Legacy::NoPkce.name()),
            Self::TurnoverNotGiven => add(Legacy::ReusableRefresh),
            Self::ActsAsAdministrator => {
                "an administrator's rights are not for programs; make a user for this one".to_owned()
            }
            Self::SecretBesidesPassword => "leave it out, or secret-is-password".to_owned(),
            Self::PasswordOfNobody => "name the user that it stands for (acts-as)".to_owned(),
            Self::PublicClientCredentials | Self::PublicSecret | Self::PublicPassword | Self::PublicResourceServer => {
                CONFIDENTIAL.to_owned()
            }
            Self::PublicTrusted => "leave out trusted".to_owned(),
            Self::NoKeys | Self::MethodWithoutKeys => {
                "name its public keys (jwks), or where they are (jwks-uri)".to_owned()
            }
            Self::MethodOfPublic { .. } => CONFIDENTIAL.to_owned(),
            Self::MethodNone => "make it a public client, or name its method".to_owned(),
            Self::SecretInVain { .. } => "leave out the secret, or name a method that uses it".to_owned(),
            Self::PasswordOfMethod { .. } => "leave out secret-is-password".to_owned(),
            Self::AssertionAlgorithm { .. } => {
                "private_key_jwt has ES256, RS256, PS256 and EdDSA; client_secret_jwt has HS256".to_owned()
            }
            Self::OutsideProfile { help, .. } => (*help).to_owned(),
            Self::Identity(problem) => problem.help()?.to_owned(),
            Self::SecretNotKnown => {
                "let it prove itself by client_secret_jwt, or sign with a key of its own".to_owned()
            }
            Self::UnsignedAndSigned => "leave out \"none\", or require-signed-request-object".to_owned(),
            Self::NoKeyToEncrypt { alg, .. } => {
                let kind = if alg.is_rsa() { "an RSA key of 2048 to 4096 bits" } else { "a key on P-256" };
                format!("add {kind} with use \"enc\" to its jwks, or name where its keys are (jwks-uri)")
            }
            Self::ObjectEncryption { .. } => "[requests] object-encryption names what the realm reads".to_owned(),
            _ => return None,
        })
    }
}
