//! A client's key, and the proofs that it makes (RFC 9449).

use super::{CALLBACK, Reply, SECRET, Server, VERIFIER};
use claviger_core::confirmation::Thumbprint;
use claviger_core::crypto::sha256;
use claviger_core::jose::{Algorithm, SigningKey, base64url};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// A key for proofs.
pub struct ProofKey(pub SigningKey);

impl ProofKey {
    pub fn new() -> Self {
        Self::of(Algorithm::Es256)
    }

    pub fn of(algorithm: Algorithm) -> Self {
        let der = SigningKey::generate(algorithm).unwrap();
        Self(SigningKey::from_pkcs8(algorithm, None, der.expose()).unwrap())
    }

    /// Its thumbprint, as `jkt`.
    pub fn jkt(&self) -> String {
        Thumbprint::of(self.0.public_jwk()).to_string()
    }

    /// The header of its proofs.
    pub fn header(&self) -> Value {
        let mut jwk = serde_json::to_value(self.0.public_jwk()).unwrap();
        for member in ["use", "alg", "kid"] {
            jwk.as_object_mut().unwrap().remove(member);
        }
        json!({ "typ": "dpop+jwt", "alg": self.0.alg().name(), "jwk": jwk })
    }

    /// The claims of a new proof.
    pub fn claims(server: &Server, method: &str, path: &str) -> Value {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let jti = format!("proof-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let htu = format!("{}{path}", server.realm.issuer);
        json!({ "jti": jti, "htm": method, "htu": htu, "iat": server.now() / 1000 })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.0.sign_with_header(&self.header().to_string(), claims.to_string().as_bytes()).unwrap()
    }

    /// A good proof for a POST to `path`.
    pub fn proof(&self, server: &Server, path: &str) -> String {
        self.sign(&Self::claims(server, "POST", path))
    }

    /// A good proof for a GET of userinfo with this token, with more claims.
    pub fn proof_with(&self, server: &Server, token: &str, more: &[(&str, Value)]) -> String {
        let mut claims = Self::claims(server, "GET", "/userinfo");
        claims["ath"] = base64url(&sha256(token.as_bytes())).into();
        for (name, value) in more {
            claims[*name] = value.clone();
        }
        self.sign(&claims)
    }
}

impl Server {
    /// A form post with these proofs in its header.
    pub async fn post_with(&self, path: &str, form: &[(&str, &str)], proofs: &[&str]) -> Reply {
        let mut request = self.http.post(self.url(path)).form(form);
        for proof in proofs {
            request = request.header("DPoP", *proof);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// A token request of a confidential `client` with a proof.
    pub async fn token_with(&self, client: &str, form: &[(&str, &str)], proof: &str) -> Reply {
        let mut all = vec![("client_id", client), ("client_secret", SECRET)];
        all.extend_from_slice(form);
        self.post_with("/token", &all, &[proof]).await
    }

    /// The form that redeems a code, of a public client.
    pub fn redemption_of<'a>(client: &'a str, code: &'a str) -> [(&'static str, &'a str); 5] {
        [
            ("client_id", client),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]
    }

    /// Userinfo with a token in this scheme, and a proof.
    pub async fn userinfo(&self, scheme: &str, token: &str, proof: Option<&str>) -> Reply {
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proof.map(|proof| ("dpop", proof)));
        self.send(Method::GET, "/userinfo", &headers, "").await
    }
}
