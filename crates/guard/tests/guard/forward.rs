//! Answers to proxies that ask before they pass a request on.

use super::*;
use claviger_guard::{PASSED_ON, ProtectedResource};
use http::Response;

const DOCUMENT: &str = "https://orders.example/.well-known/oauth-protected-resource";

async fn world() -> (World, Guard, String) {
    let world = World::new().await;
    let described = ProtectedResource::new("https://orders.example").scopes(["orders"]);
    let guard = world.describe().protected_resource(described).build().unwrap();
    let token = format!("Bearer {}", world.issuer.sign(&claims(&world.issuer.url)));
    (world, guard, token)
}

async fn ask(guard: &Guard, uri: &str, headers: &[(&str, &str)]) -> Response<bytes::Bytes> {
    let request = headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
    guard.forwarded(&request.body(()).unwrap().into_parts().0).await
}

#[tokio::test]
async fn a_good_token_is_let_in_and_the_api_is_told_whose_it_is() {
    let (_world, guard, token) = world().await;
    for uri in [
        "/check",
        "/check/orders/1?page=2",
        "/check?scope=orders",
        "/check?scope=orders%20profile",
        "/check?scope=orders&scope=profile",
    ] {
        let answer = ask(&guard, uri, &[("authorization", &token), ("x-auth-subject", "somebody else")]).await;
        assert_eq!(answer.status(), 200, "{uri}");
        let said = PASSED_ON.map(|name| answer.headers()[name].to_str().unwrap());
        assert_eq!(said, ["maria", "app", "orders profile", "acme zeta"]);
    }
}

#[tokio::test]
async fn others_are_told_what_the_layer_tells_them() {
    let (_world, guard, token) = world().await;
    let challenge = |answer: &Response<bytes::Bytes>| answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let nobody = ask(&guard, "/check", &[]).await;
    assert_eq!(nobody.status(), 401);
    assert_eq!(challenge(&nobody), format!(r#"Bearer realm="orders", scope="orders", resource_metadata="{DOCUMENT}""#));
    let bad = ask(&guard, "/check", &[("authorization", "Bearer nonsense")]).await;
    assert!(bad.status() == 401 && challenge(&bad).contains(r#"error="invalid_token""#), "{}", challenge(&bad));
    let more = ask(&guard, "/check?scope=orders&scope=orders.write", &[("authorization", &token)]).await;
    assert_eq!(more.status(), 403);
    for part in [r#"error="insufficient_scope""#, r#"scope="orders orders.write profile""#, DOCUMENT] {
        assert!(challenge(&more).contains(part), "{}", challenge(&more));
    }
    // In the URL of the client's own request, wherever the proxy says it: 401, since nginx passes on nothing else.
    for header in ["x-forwarded-uri", "x-original-uri"] {
        let leaked = ask(&guard, "/check", &[("authorization", &token), (header, "/orders?access_token=a")]).await;
        assert!(leaked.status() == 401 && challenge(&leaked).contains("invalid_request"), "{}", challenge(&leaked));
    }
    let leaked = ask(&guard, "/check/orders?access_token=a", &[("authorization", &token)]).await;
    assert_eq!(leaked.status(), 401);
}

#[tokio::test]
async fn only_what_is_for_the_guard_is_answered_and_nobody_passes_by_a_mistake() {
    let (_world, guard, token) = world().await;
    let document = ask(&guard, "/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!(
        (document.status().as_u16(), &document.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    for (uri, status) in
        [("/", 404), ("/checks", 404), ("/.well-known/oauth-protected-resource/other", 404), ("/check?scope=%ff", 500)]
    {
        assert_eq!(ask(&guard, uri, &[("authorization", &token)]).await.status(), status, "{uri}");
    }
    let odd = ask(&guard, "/check", &[("authorization", &token), ("x-forwarded-uri", "no address")]).await;
    assert_eq!(odd.status(), 500);
    // A client that says itself what it asked for, beside a proxy that does not take that away.
    for (own, of_proxy) in [("x-forwarded-uri", "x-original-uri"), ("x-forwarded-method", "x-original-method")] {
        for (said, status) in [("GET", 200), ("PUT", 500)] {
            let both = [("authorization", token.as_str()), (own, said), (of_proxy, "GET")];
            assert_eq!(ask(&guard, "/check", &both).await.status(), status, "{own}: {said}");
        }
    }
}
