//! One client assertion (RFC 7523 2.2) that many send at once: one of them is the client, on all servers together.

use super::super::deployment::Deployment;
use super::super::peer::{Peer, Tokens};
use super::{Round, Worker};
use anyhow::{Context, Result, anyhow};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The client of the realm that is known by its key.
const CLIENT: &str = "keyed";

/// Its key, the same in each run.
fn key() -> Result<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).map_err(|error| anyhow!("no key: {error}"))
}

/// Registers the client.
///
/// # Errors
/// The program refuses it.
pub(super) fn register(deployment: &Deployment) -> Result<()> {
    let x = BASE64.encode(key()?.public_key().as_ref());
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x }] });
    let file = deployment.folder.join("jwks.json");
    std::fs::write(&file, jwks.to_string())?;
    let create = ["app", "create", "--realm", "faults", "--id", CLIENT, "--name", "Keyed", "--approve"];
    let proof = ["--token-endpoint-auth-method", "private_key_jwt", "--jwks", &*file.to_string_lossy()];
    deployment.run(&[&create[..], &proof[..]].concat()).map(drop)
}

/// An assertion with a name of its own.
fn assertion(peer: &Peer) -> Result<String> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs();
    let jti = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let claims =
        json!({ "iss": CLIENT, "sub": CLIENT, "aud": format!("http://{}", peer.host), "exp": now + 60, "jti": jti });
    let encoded = |value: &serde_json::Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", encoded(&json!({ "alg": "EdDSA", "kid": "k" })), encoded(&claims));
    let signature = BASE64.encode(key()?.sign(message.as_bytes()).as_ref());
    Ok(format!("{message}.{signature}"))
}

fn request(peer: &Peer, assertion: &str) -> String {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let body = format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}");
    claviger_testing::http::request("POST", "/token", &peer.host, &[], &body)
}

pub(super) fn one_assertion(worker: &mut Worker) -> Result<Round> {
    let (peer, mut round) = (worker.peer()?, Round::default());
    let answers = worker.all(&request(&peer, &assertion(&peer)?), None)?;
    let served = round.sort(&answers, "invalid_client");
    round.one_winner();
    for winner in served {
        round.unique.push(Tokens::of(winner)?.access);
    }
    Ok(round)
}
