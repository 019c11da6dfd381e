//! Tokens that are bound to a key, and the proofs that come with them (RFC 9449 section 7).

use claviger_core::confirmation::Thumbprint;
use claviger_core::crypto::sha256;
use claviger_core::jose::{Algorithm, SigningKey, base64url};
use claviger_guard::BuildError;
use serde_json::{Value, json};

use super::*;

const URL: &str = "https://api.example.com";

struct Holder(SigningKey);

impl Holder {
    fn new() -> Self {
        let der = SigningKey::generate(Algorithm::Es256).unwrap();
        Self(SigningKey::from_pkcs8(Algorithm::Es256, None, der.expose()).unwrap())
    }

    fn cnf(&self) -> Value {
        json!({ "jkt": Thumbprint::of(self.0.public_jwk()).to_string() })
    }

    fn token(&self, world: &World) -> String {
        let mut claims = claims(&world.issuer.url);
        claims["cnf"] = self.cnf();
        world.issuer.sign(&claims)
    }

    fn proof(&self, token: &str, changed: &[(&str, Value)]) -> String {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        let mut claims = json!({
            "jti": NEXT.fetch_add(1, Ordering::SeqCst).to_string(), "htm": "GET", "htu": format!("{URL}/orders"),
            "iat": NOW, "ath": base64url(&sha256(token.as_bytes())),
        });
        for (name, value) in changed {
            claims[*name] = value.clone();
        }
        let jwk = self.0.public_jwk();
        let jwk = json!({ "kty": jwk.kty, "crv": jwk.crv, "x": jwk.x, "y": jwk.y });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        self.0.sign_with_header(&header.to_string(), claims.to_string().as_bytes()).unwrap()
    }
}

async fn ask(api: &Router, scheme: &str, token: &str, proofs: &[&str]) -> Answer {
    let authorization = format!("{scheme} {token}");
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
    send(api, "/orders?page=2", &headers).await
}

fn refused(answer: &Answer, challenge: &str, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some(error)), "{}", answer.body);
    let found = answer.header("www-authenticate");
    assert!(found.starts_with(challenge) && found.contains(&format!(r#"error="{error}""#)), "{found}");
}

const DPOP: &str = r#"DPoP algs="ES256 RS256 PS256 EdDSA", error="#;
const BEARER: &str = r#"Bearer realm="orders", error="#;

#[tokio::test]
async fn a_bound_token_comes_with_a_proof_of_its_key() {
    let (world, holder) = (World::new().await, Holder::new());
    let api = api(world.describe().dpop(URL).build().unwrap().layer().require_scope("orders"));
    let token = holder.token(&world);
    for bad in [
        holder.proof(&token, &[("htm", "POST".into())]),
        holder.proof(&token, &[("htu", "https://other.example.com/orders".into())]),
        holder.proof(&token, &[("htu", format!("{URL}/other").into())]),
        holder.proof(&token, &[("iat", (NOW - 61).into())]),
        holder.proof(&token, &[("iat", (NOW + 61).into())]),
        holder.proof(&token, &[("ath", Value::Null)]),
        holder.proof("another token", &[]),
        "nonsense".to_owned(),
        String::new(),
    ] {
        refused(&ask(&api, "DPoP", &token, &[&bad]).await, DPOP, "invalid_dpop_proof");
    }
    let (one, two) = (holder.proof(&token, &[]), holder.proof(&token, &[]));
    refused(&ask(&api, "DPoP", &token, &[&one, &two]).await, DPOP, "invalid_dpop_proof");
    refused(&ask(&api, "DPoP", &token, &[]).await, DPOP, "invalid_dpop_proof");
    refused(&ask(&api, "DPoP", &token, &[&Holder::new().proof(&token, &[])]).await, DPOP, "invalid_token");
    for scheme in ["DPoP", "dpop"] {
        let spelled = holder.proof(&token, &[("htu", "HTTPS://API.example.com:443/%6frders?x#y".into())]);
        let answer = ask(&api, scheme, &token, &[&spelled]).await;
        assert_eq!((answer.status.as_u16(), answer.header("dpop-nonce")), (200, ""), "{}", answer.body);
        refused(&ask(&api, scheme, &token, &[&spelled]).await, DPOP, "invalid_dpop_proof");
    }
    assert_eq!(ask(&api, "DPoP", &token, &[&one]).await.status, 200, "a refusal used none up");
}

#[tokio::test]
async fn no_bound_token_passes_as_a_bearer_token_and_no_other_as_a_bound_one() {
    let (world, holder) = (World::new().await, Holder::new());
    let told = api(world.describe().dpop(URL).build().unwrap().layer());
    let untold = api(world.guard().layer());
    let (bound, plain) = (holder.token(&world), world.issuer.sign(&claims(&world.issuer.url)));
    let proof = holder.proof(&bound, &[]);
    for api in [&told, &untold] {
        refused(&ask(api, "Bearer", &bound, &[]).await, BEARER, "invalid_token");
        refused(&ask(api, "Bearer", &bound, &[&proof]).await, BEARER, "invalid_token");
        assert_eq!(ask(api, "Bearer", &plain, &[]).await.status, 200);
    }
    refused(&ask(&told, "DPoP", &plain, &[&holder.proof(&plain, &[])]).await, DPOP, "invalid_token");
    // A guard that was not told its address does not know the scheme.
    let answer = ask(&untold, "DPoP", &bound, &[&proof]).await;
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, r#"Bearer realm="orders""#));
    // Bound to something that is not known here, or in two ways: to nobody.
    for cnf in [json!({ "jwk": {} }), json!({}), json!("jkt"), json!({ "jkt": "short" })] {
        let mut claims = claims(&world.issuer.url);
        claims["cnf"] = cnf;
        let token = world.issuer.sign(&claims);
        assert_eq!(ask(&told, "Bearer", &token, &[]).await.status, 401);
        assert_eq!(ask(&told, "DPoP", &token, &[&holder.proof(&token, &[])]).await.status, 401);
    }
    let answer = send(&told, "/orders", &[]).await;
    let both = r#"Bearer realm="orders", DPoP algs="ES256 RS256 PS256 EdDSA""#;
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, both));
}

#[tokio::test]
async fn a_reference_is_bound_by_what_introspection_says() {
    let (world, holder) = (World::new().await, Holder::new());
    let api = api(world.asking().dpop(URL).build().unwrap().layer());
    let mut answer = claims(&world.issuer.url);
    answer["cnf"] = holder.cnf();
    world.issuer.set("cva_reference", answer);
    refused(&ask(&api, "Bearer", "cva_reference", &[]).await, BEARER, "invalid_token");
    let proof = holder.proof("cva_reference", &[]);
    assert_eq!(ask(&api, "DPoP", "cva_reference", &[&proof]).await.status, 200);
}

#[tokio::test]
async fn proofs_may_have_to_carry_a_nonce_that_every_instance_knows() {
    let (world, holder) = (World::new().await, Holder::new());
    let instance = || api(world.describe().dpop(URL).dpop_nonces(&[7; 32]).build().unwrap().layer());
    let (one, other) = (instance(), instance());
    let token = holder.token(&world);
    let answer = ask(&one, "DPoP", &token, &[&holder.proof(&token, &[])]).await;
    refused(&answer, DPOP, "use_dpop_nonce");
    let nonce = answer.header("dpop-nonce").to_owned();
    assert!(!nonce.is_empty());
    refused(
        &ask(&one, "DPoP", &token, &[&holder.proof(&token, &[("nonce", "mine".into())])]).await,
        DPOP,
        "use_dpop_nonce",
    );
    for api in [&one, &other] {
        // With it, the client's clock does not count.
        let proof = holder.proof(&token, &[("nonce", nonce.as_str().into()), ("iat", (NOW - 3600).into())]);
        let answer = ask(api, "DPoP", &token, &[&proof]).await;
        assert_eq!((answer.status.as_u16(), answer.header("dpop-nonce")), (200, nonce.as_str()), "{}", answer.body);
    }
    world.clock.pass(299);
    let mut renewed = claims(&world.issuer.url);
    (renewed["cnf"], renewed["exp"]) = (holder.cnf(), (NOW + 900).into());
    let token = world.issuer.sign(&renewed);
    world.clock.pass(1);
    let answer = ask(&one, "DPoP", &token, &[&holder.proof(&token, &[("nonce", nonce.as_str().into())])]).await;
    refused(&answer, DPOP, "use_dpop_nonce");
    assert_ne!(answer.header("dpop-nonce"), nonce);
}

#[tokio::test]
async fn the_address_may_have_a_path_that_the_api_does_not_see_and_is_no_nonsense() {
    let (world, holder) = (World::new().await, Holder::new());
    let api = api(world.describe().dpop(format!("{URL}/v1/")).build().unwrap().layer());
    let token = holder.token(&world);
    let proof = holder.proof(&token, &[("htu", format!("{URL}/v1/orders").into())]);
    assert_eq!(ask(&api, "DPoP", &token, &[&proof]).await.status, 200);
    refused(&ask(&api, "DPoP", &token, &[&holder.proof(&token, &[])]).await, DPOP, "invalid_dpop_proof");
    for bad in
        ["", "api.example.com", "ftp://api.example.com", "https://api.example.com?a", "https://api.example.com#a"]
    {
        let built = world.describe().dpop(bad).build();
        assert!(matches!(built, Err(BuildError::DpopUrl)), "{bad}");
    }
}
