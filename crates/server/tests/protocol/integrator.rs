//! The client crate against this server: DPoP with nonces, and keys in place of secrets.

use crate::common::{Browser, CALLBACK, SECRET, Server, VERIFIER, authorize_query, claims, client, with};
use claviger_client::{ClientKey, Clock, Grant, Pkce, ProofKey, Tokens};
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, Dpop};
use claviger_core::dpop::Nonces;
use claviger_core::jose::{Algorithm, JwkSet, SigningKey};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The clock of the server, seen from the app.
#[derive(Clone)]
struct Same(Arc<AtomicI64>);

impl Same {
    fn of(server: &Server) -> Self {
        Self(Arc::new(AtomicI64::new(server.now())))
    }
}

impl Clock for Same {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

async fn started(nonces: Nonces) -> Server {
    let server = Server::with(|realm| realm.dpop.nonces = nonces).await;
    server
        .add_client(&Client { dpop: Dpop { dpop_bound_access_tokens: true, ..Dpop::default() }, ..client("app") })
        .await;
    server
}

/// Signs in with the code bound to the key, and gets the tokens of a user.
async fn signed_in(server: &Server, key: &ProofKey, clock: &Same) -> Tokens {
    let query = with(authorize_query("app", "openid read"), "dpop_jkt", &key.thumbprint());
    let code = Browser::default().authorize(server, &query).await.code();
    let grant = Grant::AuthorizationCode {
        code: code.as_str().into(),
        redirect_uri: CALLBACK.to_owned(),
        pkce: Some(Pkce::of(VERIFIER)),
    };
    let tokens = Tokens::builder().issuer(&server.realm.issuer).client("app", SECRET).grant(grant);
    tokens.dpop(key.clone()).clock(clock.clone()).http_client(server.http.clone()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_with_a_key_gets_bound_tokens_calls_with_them_and_refreshes() {
    for nonces in [Nonces::Off, Nonces::Required] {
        let server = started(nonces).await;
        let (key, clock) = (ProofKey::generate().unwrap(), Same::of(&server));
        let tokens = signed_in(&server, &key, &clock).await;
        let first = tokens.bearer().await.unwrap();
        assert_eq!(claims(first.expose())["cnf"], json!({ "jkt": key.thumbprint() }));
        let userinfo = || tokens.send(server.http.get(server.url("/userinfo")));
        for _ in 0..2 {
            let answer = userinfo().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["sub"], "u1");
        }
        // The nonce of a while ago is not good any more, nor is the access token.
        server.pass(3600);
        clock.0.store(server.now(), Ordering::Relaxed);
        assert_eq!(userinfo().await.unwrap().status(), 200);
        assert_ne!(tokens.bearer().await.unwrap(), first);
        // Taken away from the app it is worth nothing.
        let stolen = tokens.bearer().await.unwrap();
        for scheme in ["Bearer", "DPoP"] {
            assert_eq!(server.userinfo(scheme, stolen.expose(), None).await.status, 401, "{scheme}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_bound_to_one_key_gives_nothing_for_another() {
    let server = started(Nonces::Off).await;
    let clock = Same::of(&server);
    let query = with(authorize_query("app", "openid"), "dpop_jkt", &ProofKey::generate().unwrap().thumbprint());
    let code = Browser::default().authorize(&server, &query).await.code();
    let grant = Grant::AuthorizationCode {
        code: code.as_str().into(),
        redirect_uri: CALLBACK.to_owned(),
        pkce: Some(Pkce::of(VERIFIER)),
    };
    let tokens = Tokens::builder().issuer(&server.realm.issuer).client("app", SECRET).grant(grant);
    let tokens = tokens.dpop(ProofKey::generate().unwrap()).clock(clock).http_client(server.http.clone());
    assert_eq!(tokens.build().unwrap().bearer().await.unwrap_err().code(), Some("invalid_grant"));
}

/// Each of the two requests has an assertion of its own, and a proof of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_place_of_a_secret_goes_with_proofs() {
    let server = Server::with(|realm| realm.dpop.nonces = Nonces::Required).await;
    let der = SigningKey::generate(Algorithm::Es256).unwrap();
    let public = SigningKey::from_pkcs8(Algorithm::Es256, Some("k1"), der.expose()).unwrap().public_jwk().clone();
    let app = Client {
        authentication: Authentication::by(AuthMethod::PrivateKeyJwt),
        jwks: Some(JwkSet { keys: vec![public] }),
        dpop: Dpop { dpop_bound_access_tokens: true, ..Dpop::default() },
        ..client("app")
    };
    server.add_client(&app).await;
    let tokens = Tokens::builder()
        .issuer(&server.realm.issuer)
        .client_with_key("app", ClientKey::from_pkcs8("ES256", Some("k1"), der.expose()).unwrap())
        .grant(Grant::ClientCredentials)
        .dpop(ProofKey::generate().unwrap())
        .clock(Same::of(&server))
        .http_client(server.http.clone())
        .build()
        .unwrap();
    let token = tokens.bearer().await.unwrap();
    assert!(claims(token.expose())["cnf"]["jkt"].is_string());
}
