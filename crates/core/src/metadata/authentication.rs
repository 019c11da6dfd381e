//! How clients of a realm may prove who they are (RFC 8414 2, OpenID Connect Discovery 1.0 3).

use crate::client::{AssertionAlgorithm, AuthMethod};
use crate::realm::Realm;

/// The methods by which a client of this realm can prove who it is, at every endpoint alike.
pub(super) fn methods(_realm: &Realm) -> Vec<AuthMethod> {
    vec![
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::ClientSecretJwt,
        AuthMethod::PrivateKeyJwt,
    ]
}

/// What may sign the assertions of those methods that have any.
pub(super) fn assertion_algorithms(realm: &Realm) -> Vec<&'static str> {
    let algorithms = methods(realm).into_iter().flat_map(AssertionAlgorithm::all_of);
    algorithms.map(AssertionAlgorithm::name).collect()
}
