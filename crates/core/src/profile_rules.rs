//! What a profile does not let be (FAPI 2.0).
//!
//! It is told where it is written ([`outside_realm`], [`outside`]), and once more when something is asked for or given out
//! ([`Realm::admits`]): a client or a realm may have been stored before the profile was.

use crate::client::rules::Field;
use crate::client::{AssertionAlgorithm, AuthMethod, Client, GrantType};
use crate::dpop::Nonces;
use crate::jose::Algorithm;
use crate::object_algorithm::ObjectAlgorithm;
use crate::profile::Profile;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::span::Span;

/// Something that the profile does not let be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside<F> {
    /// Where it stands.
    pub field: F,
    /// What is wrong.
    pub why: &'static str,
    /// What to change.
    pub help: &'static str,
}

impl Realm {
    /// What may sign the proofs of its clients.
    pub fn proof_algorithms(&self) -> &'static [Algorithm] {
        const ALL: [Algorithm; 4] = Algorithm::ALL;
        const STRICT: [Algorithm; 3] = Profile::ALGORITHMS;
        if self.profile.is_some() { &STRICT } else { &ALL }
    }

    /// Whether this algorithm may be used at all.
    pub fn may_sign(&self, algorithm: Algorithm) -> bool {
        self.profile.is_none() || Profile::ALGORITHMS.contains(&algorithm)
    }

    /// Whether `client` gets access tokens only with proof of a key (5.3.2.1, RFC 9449 5.2).
    pub fn binds_tokens_of(&self, client: &Client) -> bool {
        self.profile.is_some() || client.dpop.dpop_bound_access_tokens
    }

    /// Whether the proofs of `client` need a nonce.
    pub fn nonces_for(&self, client: &Client) -> Nonces {
        self.dpop.nonces.max(client.dpop.nonces)
    }

    /// How long a code lives.
    pub fn code_ttl(&self) -> Span {
        if self.profile.is_some() { self.tokens.code_ttl.min(Profile::LONGEST_CODE) } else { self.tokens.code_ttl }
    }

    /// How long a pushed request is good for.
    pub fn pushed_ttl(&self) -> Span {
        let ttl = self.requests.pushed_ttl;
        if self.profile.is_some() { ttl.min(Profile::LONGEST_PUSHED) } else { ttl }
    }

    /// Whether the profile lets this client have a grant used.
    ///
    /// # Errors
    /// It does not.
    pub fn admits(&self, client: &Client) -> Result<(), Refusal> {
        if self.profile.is_none() {
            return Ok(());
        }
        match outside(client).first() {
            Some(outside) => Err(Refusal::OutsideProfile(outside.why)),
            None => Ok(()),
        }
    }
}

/// Everything about a client that FAPI 2.0 does not let be. A client that is an API and nothing else is not asked.
pub fn outside(client: &Client) -> Vec<Outside<Field>> {
    if client.grants.is_empty() {
        return Vec::new();
    }
    let weak = |algorithm: Option<Algorithm>| algorithm.is_some_and(|named| !Profile::ALGORITHMS.contains(&named));
    let assertion = match client.authentication.signing_alg {
        Some(AssertionAlgorithm::Signed(algorithm)) => Some(algorithm),
        _ => None,
    };
    let object = match client.requests.request_object_signing_alg {
        Some(ObjectAlgorithm::Signed(algorithm)) => Some(algorithm),
        _ => None,
    };
    let method = client.authentication.method;
    let strong = method.is_some_and(|method| method == AuthMethod::PrivateKeyJwt || method.is_certificate());
    let unserved = [GrantType::Implicit, GrantType::Password].into_iter().any(|grant| client.may(grant));
    let open = client.redirect_uris.iter().any(|uri| uri.is_wildcard() || !uri.as_str().starts_with("https://"));
    let told = [
        (
            !client.is_confidential(),
            Outside {
                field: Field::Kind,
                why: "the profile has no public clients",
                help: "make it confidential, with keys of its own",
            },
        ),
        (
            !strong,
            Outside {
                field: Field::TokenEndpointAuthMethod,
                why: "the profile knows clients by private_key_jwt or by their certificate",
                help: "say token-endpoint-auth-method = \"private_key_jwt\" and give its jwks or jwks-uri",
            },
        ),
        (
            weak(assertion),
            Outside {
                field: Field::TokenEndpointAuthSigningAlg,
                why: "assertions are signed with PS256, ES256 or EdDSA in this profile",
                help: "choose one of them",
            },
        ),
        (
            unserved,
            Outside {
                field: Field::Grants,
                why: "the profile has neither the implicit nor the password grant",
                help: "leave them out",
            },
        ),
        (
            open,
            Outside {
                field: Field::RedirectUris,
                why: "redirect URIs are https:// and exact in this profile",
                help: "register each in full, with https://",
            },
        ),
        (
            !client.legacy.is_empty(),
            Outside {
                field: Field::Legacy,
                why: "nobody has legacy behaviours in this profile",
                help: "leave them out",
            },
        ),
        (
            weak(client.id_token_signing),
            Outside {
                field: Field::IdTokenSigning,
                why: "ID tokens are signed with PS256, ES256 or EdDSA in this profile",
                help: "choose one of them, or leave it out",
            },
        ),
        (
            weak(object)
                || matches!(
                    client.requests.request_object_signing_alg,
                    Some(ObjectAlgorithm::None | ObjectAlgorithm::Secret)
                ),
            Outside {
                field: Field::RequestObjectSigningAlg,
                why: "request objects are signed with PS256, ES256 or EdDSA in this profile",
                help: "choose one of them, or leave it out",
            },
        ),
        (
            weak(client.requests.authorization_signed_response_alg),
            Outside {
                field: Field::AuthorizationSignedResponseAlg,
                why: "answers are signed with PS256, ES256 or EdDSA in this profile",
                help: "choose one of them, or leave it out",
            },
        ),
    ];
    told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, outside)| outside).collect()
}

/// Everything about a realm that its profile does not let be; where it stands, as table and key.
pub fn outside_realm(realm: &Realm) -> Vec<Outside<(&'static str, &'static str)>> {
    if realm.profile.is_none() {
        return Vec::new();
    }
    let weakens = realm.dialect.weakenings().iter().any(|weakening| !weakening.per_client);
    let weak = realm.apis.iter().filter_map(|api| api.signing).any(|algorithm| !realm.may_sign(algorithm));
    let told = [
        (
            weakens,
            Outside {
                field: ("realm", "dialect"),
                why: "the dialect weakens what the profile asks for (claviger dialect check says how)",
                help: "use dialect = \"standard\"",
            },
        ),
        (
            realm.tokens.code_ttl > Profile::LONGEST_CODE,
            Outside {
                field: ("tokens", "code-ttl"),
                why: "a code lives 60 seconds at most in this profile",
                help: "say code-ttl = \"60s\"",
            },
        ),
        (
            realm.requests.pushed_ttl > Profile::LONGEST_PUSHED,
            Outside {
                field: ("requests", "pushed-ttl"),
                why: "a pushed request is good for less than 600 seconds in this profile",
                help: "leave it out, which is 90 seconds",
            },
        ),
        (
            !realm.may_sign(realm.tokens.signing) || weak,
            Outside {
                field: ("tokens", "signing"),
                why: "tokens are signed with PS256, ES256 or EdDSA in this profile, those of an [[api]] as well",
                help: "choose one of them, or leave it out",
            },
        ),
    ];
    told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, outside)| outside).collect()
}
