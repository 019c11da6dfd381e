//! What an API says of itself, and where its refusals point to it (RFC 9728).

use super::*;
use claviger_guard::{Needs, ProtectedResource};
use serde_json::json;

const RESOURCE: &str = "https://orders.example/v1";
const DOCUMENT: &str = "https://orders.example/.well-known/oauth-protected-resource/v1";

fn described() -> ProtectedResource {
    ProtectedResource::new(RESOURCE).scopes(["orders.read", "offline_access"]).name("Orders")
}

#[tokio::test]
async fn a_request_without_a_token_is_told_where_to_read_and_what_to_ask_for() {
    let world = World::new().await;
    let guard = world.describe().protected_resource(described()).build().unwrap();
    let challenge = async |layer| send(&api(layer), "/orders", &[]).await.header("www-authenticate").to_owned();
    assert_eq!(
        challenge(guard.layer()).await,
        format!(r#"Bearer realm="orders", scope="orders.read offline_access", resource_metadata="{DOCUMENT}""#)
    );
    let needing = guard.layer().require_scope("orders.write");
    assert_eq!(
        challenge(needing).await,
        format!(r#"Bearer realm="orders", scope="orders.write", resource_metadata="{DOCUMENT}""#)
    );
}

#[tokio::test]
async fn a_missing_scope_is_named_once_with_the_document() {
    let world = World::new().await;
    let guard = world.describe().protected_resource(described()).build().unwrap();
    let api = api(guard.layer().require_scope("orders.write"));
    let answer = with_token(&api, &world.issuer.sign(&claims(&world.issuer.url))).await;
    assert_eq!(answer.status, 403);
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge.matches("scope=").count(), 1, "{challenge}");
    assert!(
        challenge.contains(r#"error="insufficient_scope""#)
            && challenge.contains(r#"scope="orders.write orders profile""#)
    );
    assert!(challenge.ends_with(&format!(r#"resource_metadata="{DOCUMENT}""#)), "{challenge}");
}

#[tokio::test]
async fn a_handler_that_needs_more_says_so_as_the_layer_does() {
    let world = World::new().await;
    let guard = world.describe().protected_resource(described()).build().unwrap();
    let headers = [(
        "authorization".parse().unwrap(),
        format!("Bearer {}", world.issuer.sign(&claims(&world.issuer.url))).parse().unwrap(),
    )];
    let caller = guard.check(&HeaderMap::from_iter(headers), None, &Needs::new()).await.unwrap();
    assert!(guard.admit(&caller, &Needs::new().scope("profile")).is_ok());
    let refused = guard.admit(&caller, &Needs::new().scope("orders.write")).unwrap_err().to_response();
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    assert!(refused.status() == 403 && challenge.contains(r#"scope="orders.write orders profile""#), "{challenge}");
    assert!(challenge.contains(DOCUMENT), "{challenge}");
}

#[tokio::test]
async fn the_layer_serves_the_document_to_whoever_asks() {
    let world = World::new().await;
    let guard = world.describe().protected_resource(described()).build().unwrap();
    let answer = send(&api(guard.layer()), "/.well-known/oauth-protected-resource/v1", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["resource"], RESOURCE);
    assert_eq!(answer.json()["authorization_servers"], json!([world.issuer.url]));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    // Beside proofs, the challenge of `Bearer` has it: that is where such clients look.
    let guard = world.describe().dpop("https://orders.example").protected_resource(described()).build().unwrap();
    let answer = send(&api(guard.layer()), "/orders", &[]).await;
    let challenge = answer.header("www-authenticate");
    let (bearer, dpop) = challenge.split_once(", DPoP ").unwrap();
    assert!(bearer.contains("resource_metadata=") && !dpop.contains("resource_metadata="), "{challenge}");
}

#[test]
fn an_address_that_is_none_is_told_when_the_guard_is_built() {
    let built = Guard::builder("https://a").any_audience().protected_resource(ProtectedResource::new("orders")).build();
    assert!(matches!(built, Err(claviger_guard::BuildError::Resource)));
}
