//! A client's keys and what it registers about its requests.

use super::{Facts, Problem, problems};
use crate::client::{AuthMethod, Requests};
use crate::jose::jwe::EncryptingKeys;
use crate::jose::{JwkSet, VerifyingKeys};
use crate::request_object::ObjectAlgorithm;

/// Longest address that a client may name, in bytes.
const LONGEST_URL: usize = 2000;

/// More request objects than a client needs addresses for.
const MOST_REQUEST_URIS: usize = 20;

impl<'a> Facts<'a> {
    /// The keys, read: public ones only, and at least one that can be used.
    pub(super) fn jwks(self) -> Result<Option<JwkSet>, Problem> {
        let Some(text) = &self.asked.jwks else { return Ok(None) };
        let wrong = |why: String| Problem::Jwks { why };
        let set: JwkSet = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let keys = VerifyingKeys::from_set(&set).map_err(|error| wrong(error.to_string()))?;
        if keys.is_empty() && EncryptingKeys::from_set(&set).is_empty() {
            let why = "none of its keys is for ES256, RS256, PS256 or EdDSA, or for encryption to P-256 or RSA";
            return Err(wrong(why.to_owned()));
        }
        Ok(Some(set))
    }

    pub(super) fn requests(self, has_jwks: bool) -> impl Iterator<Item = Problem> + use<'a> {
        let Requests { request_uris, request_object_signing_alg, require_signed_request_object, .. } =
            &self.asked.requests;
        let has_keys = has_jwks || self.asked.jwks.is_some() || self.asked.jwks_uri.is_some();
        let by_secret = *request_object_signing_alg == Some(ObjectAlgorithm::Secret);
        let knows_secret = self.asked.authentication.method == Some(AuthMethod::ClientSecretJwt);
        let signed = !by_secret
            && (*require_signed_request_object
                || matches!(request_object_signing_alg, Some(ObjectAlgorithm::Signed(_))));
        let contradicts = *require_signed_request_object && *request_object_signing_alg == Some(ObjectAlgorithm::None);
        let loopback = self.realm.requests.loopback;
        let bad_uri = |uri: &String| (!is_reachable(uri, loopback)).then(|| uri.clone());
        let uris = request_uris.iter().enumerate();
        let uris: Vec<_> =
            uris.filter_map(|(index, uri)| bad_uri(uri).map(|uri| Problem::RequestUri { index, uri })).collect();
        problems([
            (self.asked.jwks.is_some() && self.asked.jwks_uri.is_some()).then_some(Problem::TwoKeySets),
            self.asked.jwks_uri.as_ref().and_then(bad_uri).map(|uri| Problem::JwksUri { uri }),
            (signed && !has_keys).then_some(Problem::NoKeys),
            contradicts.then_some(Problem::UnsignedAndSigned),
            (by_secret && !knows_secret).then_some(Problem::SecretNotKnown),
            (request_uris.len() > MOST_REQUEST_URIS).then_some(Problem::TooManyRequestUris),
        ])
        .chain(uris)
    }
}

/// Whether the server may look something up there: https, without user name; where the realm is tried out on this machine, http
/// on it as well.
pub(super) fn is_reachable(uri: &str, loopback: bool) -> bool {
    let plain =
        uri.len() <= LONGEST_URL && uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let (is_https, rest) = match (uri.strip_prefix("https://"), uri.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    plain && !authority.is_empty() && !authority.contains('@') && (is_https || loopback && is_here)
}
