//! How clients of a realm may prove who they are (RFC 8414 2, OpenID Connect Discovery 1.0 3).

use crate::client::{AssertionAlgorithm, AuthMethod};
use crate::realm::Realm;

/// The methods by which a client of this realm can prove who it is and get tokens; those with certificates aside. A profile has
/// none that sends or shares a secret (FAPI 2.0 5.3.2.1).
pub(super) fn methods(realm: &Realm) -> Vec<AuthMethod> {
    if realm.profile.is_some() { vec![AuthMethod::PrivateKeyJwt] } else { methods_of_apis() }
}

/// Those by which an API can ask about tokens. It gets none, and so no profile is about it.
pub(super) fn methods_of_apis() -> Vec<AuthMethod> {
    vec![
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::ClientSecretJwt,
        AuthMethod::PrivateKeyJwt,
    ]
}

/// What may sign the assertions of those methods that have any.
pub(super) fn assertion_algorithms(realm: &Realm, methods: Vec<AuthMethod>) -> Vec<&'static str> {
    let algorithms = methods.into_iter().flat_map(AssertionAlgorithm::all_of);
    let is_permitted = |algorithm: &AssertionAlgorithm| match algorithm {
        AssertionAlgorithm::Signed(algorithm) => realm.may_sign(*algorithm),
        AssertionAlgorithm::Hs256 => true,
    };
    algorithms.filter(is_permitted).map(AssertionAlgorithm::name).collect()
}
