//! Request objects as they come (RFC 9101 5): in the request, or at an address that the client registered; encrypted to the realm,
//! where it reads that.

use super::authenticate::open_object;
use crate::failure::Failure;
use crate::state::State;
use crate::state::clients::Entry;
use crate::state::sites::Site;
use claviger_core::jose::jwe::{JweError, decrypt, is_encrypted};
use claviger_core::jose::{JwtError, VerifyingKeys};
use claviger_core::request_object::{self, Expected, ObjectAlgorithm, RequestObject};
use claviger_core::{Client, Params, Refusal};
use std::net::IpAddr;
use std::sync::Arc;

/// What a request object may be served as (RFC 9101 5.2.3), and what programs of before say.
const MEDIA: &[&str] = &["application/oauth-authz-req+jwt", "application/jwt", "application/jose", "text/plain"];

/// The request inside of an object.
pub(super) struct Inside {
    /// Its parameters.
    pub(super) params: Params<'static>,
    /// The client signed it.
    pub(super) is_signed: bool,
}

/// Reads the request object of a request; `None` where there is none.
///
/// # Errors
/// What is wrong with it; the store's faults.
pub(super) async fn read(
    state: &State,
    site: &Site,
    entry: &Entry,
    outside: &Params<'_>,
    from: IpAddr,
) -> Result<Option<Inside>, Failure> {
    if let Some(name) = ["request", "request_uri"].into_iter().find(|name| outside.repeats(name)) {
        return Err(Refusal::duplicate(name).into());
    }
    let fetched;
    let text = match (outside.get("request"), outside.get("request_uri")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Refusal::RequestObject("request and request_uri exclude each other").into()),
        (Some(text), None) => text,
        (None, Some(uri)) => {
            fetched = fetch(state, site, entry, uri).await?;
            &fetched
        }
    };
    let object = if is_encrypted(text) {
        open_encrypted(state, site, entry, text, from).await?
    } else {
        open(state, site, entry, text, from).await?
    };
    let (client, issuer, now) = (&entry.client.id, &site.realm.issuer, state.clock.now());
    let params = object.params(Expected { client, issuer, outside, profile: site.realm.profile, now })?;
    Ok(Some(Inside { params, is_signed: object.is_signed }))
}

/// The object behind an address: one that was registered, to the byte but for its fragment (OpenID Connect Core 6.2).
async fn fetch(state: &State, site: &Site, entry: &Entry, uri: &str) -> Result<String, Failure> {
    let without_fragment = |uri: &str| uri.split('#').next().unwrap_or_default().to_owned();
    let asked = without_fragment(uri);
    if !entry.client.requests.request_uris.iter().any(|mine| without_fragment(mine) == asked) {
        return Err(Refusal::RequestUri("it is not registered for this client").into());
    }
    let found = state.outbound.get(&asked, site.realm.requests.loopback, MEDIA).await;
    let body = found.map_err(|why| {
        tracing::info!(client = entry.client.id, uri = asked, %why, "a request object cannot be had");
        Refusal::RequestUri("nothing that can be used is there")
    })?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| Refusal::RequestObject("it is no JWT"))?;
    Ok(text.trim().to_owned())
}

/// Decrypts, and checks what is inside: a signed token, or claims of a client that need not sign them.
async fn open_encrypted(
    state: &State,
    site: &Site,
    entry: &Entry,
    text: &str,
    from: IpAddr,
) -> Result<RequestObject, Failure> {
    let keys = site.keys.decrypting();
    if keys.is_empty() {
        return Err(Refusal::RequestObject("it is encrypted, and this realm reads no encrypted ones").into());
    }
    let decrypted = decrypt(text, &keys).map_err(|why| {
        tracing::info!(client = entry.client.id, %why, "an encrypted request object is refused");
        Refusal::RequestObject(told_of_encryption(why))
    })?;
    if decrypted.content.starts_with(b"{") {
        let registered = entry.client.requests.request_object_signing_alg;
        return request_object::of_claims(&decrypted.content, registered).map_err(|why| refused(entry, why));
    }
    let inside = std::str::from_utf8(&decrypted.content).map_err(|_| Refusal::RequestObject("it holds no JWT"))?;
    open(state, site, entry, inside, from).await
}

/// Checks what it was signed with: a key of the client's, or its secret.
async fn open(state: &State, site: &Site, entry: &Entry, text: &str, from: IpAddr) -> Result<RequestObject, Failure> {
    let registered = signing(&entry.client);
    let mut opened = if registered == Some(ObjectAlgorithm::Secret) {
        open_object(state, &site.realm, entry, text, from).await?
    } else {
        open_by_key(state, site, entry, text, registered).await
    };
    if may_use_any(&entry.client) {
        opened = match opened {
            Err(JwtError::AlgorithmNone) => open_by_key(state, site, entry, text, Some(ObjectAlgorithm::None)).await,
            Err(JwtError::AlgorithmUnknown) if entry.client.needs_sealed_secret() => {
                open_object(state, &site.realm, entry, text, from).await?
            }
            opened => opened,
        };
    }
    let opened = opened.and_then(|object| {
        let may_be = object.algorithm.map_or(site.realm.profile.is_none(), |algorithm| site.realm.may_sign(algorithm));
        if may_be { Ok(object) } else { Err(JwtError::AlgorithmMismatch) }
    });
    opened.map_err(|why| refused(entry, why))
}

/// Checks the signature; where the client's keys lie elsewhere, a key that is not known is looked for there.
async fn open_by_key(
    state: &State,
    site: &Site,
    entry: &Entry,
    text: &str,
    registered: Option<ObjectAlgorithm>,
) -> Result<RequestObject, JwtError> {
    let keys = keys(state, site, entry, false).await;
    let mut opened = request_object::open(text, &keys, registered);
    if entry.client.jwks_uri.is_some() && matches!(opened, Err(JwtError::KidUnknown | JwtError::KidMissing)) {
        let keys = self::keys(state, site, entry, true).await;
        opened = request_object::open(text, &keys, registered);
    }
    opened
}

fn refused(entry: &Entry, why: JwtError) -> Failure {
    tracing::info!(client = entry.client.id, %why, "a request object is refused");
    Refusal::RequestObject(told(why)).into()
}

/// What signs the client's request objects. Who has said nothing and has no keys sends them unsigned, as OpenID Connect Core 6.1
/// lets it: they say no more than parameters would. Whether they must be signed is checked for itself.
fn signing(client: &Client) -> Option<ObjectAlgorithm> {
    let has_keys = client.jwks.is_some() || client.jwks_uri.is_some();
    let registered = client.requests.request_object_signing_alg;
    registered.or((!has_keys).then_some(ObjectAlgorithm::None))
}

/// Whether it may leave objects unsigned, or make them with its secret, and has said neither: a client that registered itself and named
/// no algorithm may use any that the realm has (OpenID Connect Dynamic Registration 1.0 2).
const fn may_use_any(client: &Client) -> bool {
    client.registered.self_registered && client.requests.request_object_signing_alg.is_none()
}

async fn keys(state: &State, site: &Site, entry: &Entry, must_be_new: bool) -> Arc<VerifyingKeys> {
    let now = state.clock.now();
    state.client_keys.known(&state.outbound, &site.realm, entry, now, must_be_new).await
}

/// What the client is told of it.
const fn told(why: JwtError) -> &'static str {
    match why {
        JwtError::AlgorithmNone => "it is not signed, and this client is not registered for that",
        JwtError::AlgorithmUnknown => {
            "its algorithm is not one of ES256, RS256, PS256 and EdDSA, nor HS256 of a client that is registered for it"
        }
        JwtError::AlgorithmMismatch => "its algorithm is not the one that its key or the client is registered for",
        JwtError::KidUnknown | JwtError::KidMissing => "its key is not among the client's",
        JwtError::SignatureWrong | JwtError::SignatureEncoding => "its signature is wrong",
        JwtError::TypWrong => "its typ is that of another kind of token",
        JwtError::TooLong => "it is longer than 16 KiB",
        _ => "it is no JWT",
    }
}

/// What the client is told of an encrypted one. Whatever is wrong with its content has one name.
const fn told_of_encryption(why: JweError) -> &'static str {
    match why {
        JweError::TooLong => "it is longer than 24 KiB",
        JweError::AlgorithmUnknown | JweError::AlgorithmMismatch => {
            "its alg is not one of request_object_encryption_alg_values_supported, or not its key's"
        }
        JweError::EncryptionUnknown => "its enc is not one of request_object_encryption_enc_values_supported",
        JweError::Compressed => "it is compressed",
        JweError::KeyUnknown => "it is encrypted to none of this realm's keys",
        JweError::ContentType => "it holds something else than a JWT",
        JweError::Header(_) | JweError::NotFiveParts | JweError::Encoding => "it is no encrypted JWT",
        JweError::Open => "it does not decrypt",
    }
}
