//! Tokens that are bound to a client's certificate (RFC 8705 section 3).

use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_guard::{ClientCertificate, Needs};

use super::*;

/// Stands for a certificate in DER: only its hash counts here.
const SHOWN: &[u8] = b"the client's certificate";
const OTHER: &[u8] = b"another client's certificate";

fn bound_to(der: &[u8], issuer: &str) -> Value {
    let mut claims = claims(issuer);
    claims["cnf"] = json!({ "x5t#S256": base64url(&sha256(der)) });
    claims
}

fn request(authorization: &str, shown: Option<ClientCertificate>) -> Request<Body> {
    let mut request = Request::get("/orders").header("authorization", authorization).body(Body::empty()).unwrap();
    if let Some(shown) = shown {
        request.extensions_mut().insert(shown);
    }
    request
}

async fn ask(api: &Router, authorization: &str, shown: Option<ClientCertificate>) -> Answer {
    let response = api.clone().oneshot(request(authorization, shown)).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_token")));
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#), "{challenge}");
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_comes_with_that_certificate() {
    let world = World::new().await;
    let plain = world.guard();
    let proving = world.describe().dpop("https://api.example.com").build().unwrap();
    let token = world.issuer.sign(&bound_to(SHOWN, &world.issuer.url));
    let thumbprint = base64url(&sha256(SHOWN));
    for guard in [plain, proving] {
        let api = api(guard.layer().require_scope("orders"));
        refused(&ask(&api, &format!("Bearer {token}"), None).await);
        refused(&ask(&api, &format!("Bearer {token}"), Some(ClientCertificate::from_der(OTHER))).await);
        refused(&ask(&api, &format!("Bearer {token}"), Some(ClientCertificate::from_sha256([0; 32]))).await);
        let spellings = [
            ClientCertificate::from_der(SHOWN),
            ClientCertificate::from_sha256(sha256(SHOWN)),
            ClientCertificate::from_thumbprint(&thumbprint).unwrap(),
        ];
        for shown in spellings {
            let answer = ask(&api, &format!("Bearer {token}"), Some(shown)).await;
            assert_eq!((answer.status.as_u16(), answer.json()["sub"].as_str()), (200, Some("maria")));
        }
        let answer = ask(&api, &format!("DPoP {token}"), Some(ClientCertificate::from_der(SHOWN))).await;
        assert_eq!(answer.status, 401, "it is not bound to the key of a proof");
        // What is bound to nothing needs nothing, and minds nothing.
        let free = world.issuer.sign(&claims(&world.issuer.url));
        for shown in [None, Some(ClientCertificate::from_der(OTHER))] {
            assert_eq!(ask(&api, &format!("Bearer {free}"), shown).await.status, 200);
        }
    }
}

#[tokio::test]
async fn no_certificate_stands_for_a_key_and_two_bindings_are_none() {
    let world = World::new().await;
    let api = api(world.describe().dpop("https://api.example.com").build().unwrap().layer());
    let thumbprint = base64url(&sha256(SHOWN));
    for cnf in [
        json!({ "jkt": thumbprint }),
        json!({ "jkt": thumbprint, "x5t#S256": thumbprint }),
        json!({ "x5t#S256": format!("{thumbprint}=") }),
        json!({ "x5t#S256": "" }),
        json!({ "x5t": thumbprint }),
    ] {
        let mut claims = claims(&world.issuer.url);
        claims["cnf"] = cnf;
        let token = world.issuer.sign(&claims);
        refused(&ask(&api, &format!("Bearer {token}"), Some(ClientCertificate::from_der(SHOWN))).await);
    }
    assert_eq!(ClientCertificate::from_thumbprint("short"), None);
    assert_eq!(ClientCertificate::from_thumbprint(&format!("{thumbprint}=")), None);
}

#[tokio::test]
async fn a_reference_is_bound_by_what_introspection_says() {
    let world = World::new().await;
    let api = api(world.asking().build().unwrap().layer());
    world.issuer.set("cva_reference", bound_to(SHOWN, &world.issuer.url));
    refused(&ask(&api, "Bearer cva_reference", None).await);
    refused(&ask(&api, "Bearer cva_reference", Some(ClientCertificate::from_der(OTHER))).await);
    let answer = ask(&api, "Bearer cva_reference", Some(ClientCertificate::from_der(SHOWN))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn without_the_layer_the_request_is_handed_in_whole() {
    let world = World::new().await;
    let guard = world.guard();
    let token = world.issuer.sign(&bound_to(SHOWN, &world.issuer.url));
    let authorization = format!("Bearer {token}");
    let (parts, _) = request(&authorization, Some(ClientCertificate::from_der(SHOWN))).into_parts();
    let needs = Needs::new();
    assert_eq!(guard.check_parts(&parts, &needs).await.unwrap().sub.as_deref(), Some("maria"));
    // These do not know what certificate there was.
    let checked = guard.check(&parts.headers, None, &needs).await;
    assert_eq!(checked.unwrap_err().status(), 401);
    let checked = guard.check_request(&parts.method, &parts.uri, &parts.headers, &needs).await;
    assert_eq!(checked.unwrap_err().status(), 401);
}
