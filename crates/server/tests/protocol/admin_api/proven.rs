//! A token that is bound to a key (RFC 9449): it counts with that key's proof, and with nothing else.

use super::*;
use crate::common::ProofKey;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;

/// An act with this token, by this scheme, with these proofs.
async fn act(world: &World, scheme: &str, token: &str, proof: Option<&str>) -> Reply {
    let authorization = format!("{scheme} {token}");
    let mut headers = vec![("authorization", authorization.as_str()), ("content-type", "application/json")];
    headers.extend(proof.map(|proof| ("dpop", proof)));
    world.server.send(Method::POST, &format!("{API}/realms/live/apps/shop/suspend"), &headers, "{}").await
}

fn proof(world: &World, key: &ProofKey, token: &str, path: &str) -> String {
    let mut claims = ProofKey::claims(&world.server, "POST", &format!("{API}{path}"));
    claims["ath"] = base64url(&sha256(token.as_bytes())).into();
    key.sign(&claims)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_by_a_bound_token_needs_the_proof_of_its_key() {
    const PATH: &str = "/realms/live/apps/shop/suspend";
    let world = World::new().await;
    let bearer = world.operator().await;
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let at_token = key.proof(&world.server, "/token");
    let form = [("grant_type", "client_credentials"), ("scope", "apps:read apps:write")];
    let given = world.server.token_with("operator", &form, &at_token).await;
    assert_eq!((given.status.as_u16(), given.text("token_type")), (200, "DPoP".into()), "{}", given.body);
    let token = given.text("access_token");

    let refused = [
        ("no proof", act(&world, "DPoP", &token, None).await),
        ("no proof, as a bearer token", act(&world, "Bearer", &token, None).await),
        ("another key's", act(&world, "DPoP", &token, Some(&proof(&world, &other, &token, PATH))).await),
        ("of another call", act(&world, "DPoP", &token, Some(&proof(&world, &key, &token, "/realms"))).await),
        ("of another token", act(&world, "DPoP", &token, Some(&proof(&world, &key, "other", PATH))).await),
    ];
    for (what, reply) in &refused {
        problem(reply, 401, "unauthenticated");
        let challenge = reply.header("www-authenticate");
        let by = if what.ends_with("bearer token") { "Bearer realm=" } else { "DPoP algs=\"ES256 RS256 PS256 EdDSA\"" };
        assert!(challenge.starts_with(by), "{what}: {challenge}");
        assert!(challenge.contains("error=\"invalid_"), "{what}: {challenge}");
    }
    assert_eq!(world.get(&bearer, "/realms/live/apps/shop").await.text("status"), "active", "nothing was done");

    let good = proof(&world, &key, &token, PATH);
    let done = act(&world, "DPoP", &token, Some(&good)).await;
    assert_eq!((done.status.as_u16(), done.text("status")), (200, "suspended".into()), "{}", done.body);
    problem(&act(&world, "DPoP", &token, Some(&good)).await, 401, "unauthenticated");
}
