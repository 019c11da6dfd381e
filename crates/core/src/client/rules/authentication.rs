//! How a client proves who it is, and what must go with that.

use super::{BroughtSecret, Facts, Problem, problems};
use crate::client::{AuthMethod, Authentication};
use crate::jose::MacKey;

impl<'a> Facts<'a> {
    /// `none` is for public clients and for them only, a signature needs keys, and a method that uses no secret has none.
    pub(super) fn authentication(self) -> impl Iterator<Item = Problem> + use<'a> {
        let Authentication { method, signing_alg, .. } = self.asked.authentication;
        let names = self.asked.authentication.certificate.names().count();
        let by_authority = method == Some(AuthMethod::TlsClientAuth);
        let has_keys = self.asked.jwks.is_some() || self.asked.jwks_uri.is_some();
        let needs_keys = matches!(method, Some(AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTlsClientAuth));
        let secret_in_vain = method.filter(|method| !method.has_secret() && self.asked.secret.is_some());
        let proves = method.filter(|method| *method != AuthMethod::None);
        let algorithm_in_vain = signing_alg.filter(|algorithm| method.is_none_or(|method| !algorithm.is_of(method)));
        let password = self.asked.secret_is_password.then_some(method).flatten();
        let not_a_password = password.filter(|method| !method.has_secret() || *method == AuthMethod::ClientSecretJwt);
        let signs = method == Some(AuthMethod::ClientSecretJwt);
        let is_short =
            matches!(&self.asked.secret, Some(BroughtSecret::Text(text)) if text.expose().len() < MacKey::SHORTEST);
        problems([
            (signs && is_short).then_some(Problem::ShortSecret),
            proves.filter(|_| self.is_public()).map(|method| Problem::MethodOfPublic { method }),
            (method == Some(AuthMethod::None) && !self.is_public()).then_some(Problem::MethodNone),
            (needs_keys && !has_keys && !self.is_public()).then_some(Problem::MethodWithoutKeys),
            secret_in_vain.filter(|_| !self.is_public()).map(|method| Problem::SecretInVain { method }),
            (by_authority && names != 1).then_some(Problem::CertificateNames { names }),
            (!by_authority && names > 0).then_some(Problem::CertificateNameInVain),
            self.wrong_address(),
            not_a_password.map(|method| Problem::PasswordOfMethod { method }),
            algorithm_in_vain.map(|algorithm| Problem::AssertionAlgorithm { algorithm, method }),
        ])
    }

    fn wrong_address(self) -> Option<Problem> {
        let address = self.asked.authentication.certificate.san_ip.as_ref()?;
        address.parse::<std::net::IpAddr>().is_err().then(|| Problem::CertificateAddress { address: address.clone() })
    }
}
