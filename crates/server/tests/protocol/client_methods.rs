//! How a client proves who it is is what it registered, and nothing else (RFC 7591 2).

use crate::common::{CALLBACK, Reply, SECRET, Server, client};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, ClientKind, GrantType};
use reqwest::Method;

fn by(id: &str, method: AuthMethod) -> Client {
    Client { authentication: Authentication::by(method), ..client(id) }
}

const ASKED: (&str, &str) = ("grant_type", "client_credentials");

async fn as_basic(server: &Server, id: &str) -> Reply {
    let header = format!("Basic {}", STANDARD.encode(format!("{id}:{SECRET}")));
    let headers = [("authorization", header.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    server.send(Method::POST, "/token", &headers, "grant_type=client_credentials").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_registered_for_the_header_is_refused_in_the_body_and_the_other_way_round() {
    let server = Server::start().await;
    for client in [client("any"), by("header", AuthMethod::ClientSecretBasic), by("body", AuthMethod::ClientSecretPost)]
    {
        server.add_client(&client).await;
    }
    for (id, header, body) in [("any", true, true), ("header", true, false), ("body", false, true)] {
        let reply = as_basic(&server, id).await;
        if header {
            assert_eq!(reply.status, 200, "{id}: {}", reply.body);
        } else {
            reply.refused(401, "invalid_client");
            assert!(reply.header("www-authenticate").starts_with("Basic"));
        }
        let reply = server.post("/token", &[ASKED, ("client_id", id), ("client_secret", SECRET)]).await;
        if body {
            assert_eq!(reply.status, 200, "{id}: {}", reply.body);
        } else {
            reply.refused(401, "invalid_client");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_keys_or_certificates_is_not_let_in_by_a_secret_or_its_name() {
    let server = Server::start().await;
    let methods = [
        AuthMethod::ClientSecretJwt,
        AuthMethod::PrivateKeyJwt,
        AuthMethod::TlsClientAuth,
        AuthMethod::SelfSignedTlsClientAuth,
    ];
    for method in methods {
        server.add_client(&by(method.name(), method)).await;
    }
    let unknown = server.post("/token", &[ASKED, ("client_id", "nobody"), ("client_secret", SECRET)]).await;
    for id in methods.map(AuthMethod::name) {
        let reply = server.post("/token", &[ASKED, ("client_id", id), ("client_secret", SECRET)]).await;
        reply.refused(401, "invalid_client");
        assert_eq!(reply.refusal(), unknown.refusal(), "{id} is told from an unknown client");
        server.post("/token", &[ASKED, ("client_id", id)]).await.refused(401, "invalid_client");
        as_basic(&server, id).await.refused(401, "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_is_for_public_clients() {
    let server = Server::start().await;
    let spa = Client { kind: ClientKind::Public, ..by("spa", AuthMethod::None) };
    let spa = Client { grants: [GrantType::AuthorizationCode].into(), ..spa };
    server.add_client(&spa).await;
    // As nothing was redeemed, the code is what is wrong: the client was let in.
    let code = [("grant_type", "authorization_code"), ("code", "cvc_x"), ("redirect_uri", CALLBACK)];
    let with = |more: &[(&'static str, &'static str)]| code.iter().chain(more).copied().collect::<Vec<_>>();
    server.post("/token", &with(&[("client_id", "spa")])).await.refused(400, "invalid_grant");
    let secret = with(&[("client_id", "spa"), ("client_secret", "x")]);
    server.post("/token", &secret).await.refused(401, "invalid_client");
}
