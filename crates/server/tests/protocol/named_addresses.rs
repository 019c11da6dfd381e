//! Addresses that clients name, one test for each thing that can be wrong with what is there: a certificate that nobody vouches for, a
//! name that leads to a private address, an answer without end, one that never comes, a redirect. Each kind of address is tried by itself:
//! `jwks_uri`, `sector_identifier_uri`, `request_uri`, `logo_uri`, `backchannel_logout_uri`.

use super::registration::{and, usual};
use super::request_objects::{jwks, key, query};
use crate::common::{Browser, Server, authorize_query, client};
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, Logout, Requests};
use claviger_core::jose::{Algorithm, Typ};
use claviger_core::realm::{Realm, RegistrationMode, RegistrationPolicy};
use claviger_testing::certificates::Maker;
use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What is named, and the media type that is expected there.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Keys,
    Sector,
    RequestObject,
    Logo,
    BackChannel,
}

use Kind::{BackChannel, Keys, Logo, RequestObject, Sector};

impl Kind {
    /// Those whose answer is read.
    const READ: [Self; 4] = [Keys, Sector, RequestObject, Logo];
    const ALL: [Self; 5] = [Keys, Sector, RequestObject, Logo, BackChannel];

    const fn media(self) -> &'static str {
        match self {
            Keys | Sector | BackChannel => "application/json",
            RequestObject => "application/oauth-authz-req+jwt",
            Logo => "image/png",
        }
    }
}

/// What somebody at an address does.
enum Manner {
    Says(Vec<u8>),
    SaysNothing,
    HasCertificate(TlsAcceptor),
}

/// Somebody at an address of this machine.
struct Elsewhere {
    port: u16,
    connections: Arc<AtomicUsize>,
    /// How each handshake ended.
    handshakes: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    async fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, handshakes) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let (counter, log, manner) = (Arc::clone(&connections), Arc::clone(&handshakes), Arc::new(manner));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (log, manner): (Arc<Mutex<Vec<String>>>, _) = (Arc::clone(&log), Arc::clone(&manner));
                tokio::spawn(async move {
                    match &*manner {
                        Manner::Says(bytes) => {
                            let _ = stream.read(&mut [0; 8192]).await;
                            let _ = stream.write_all(bytes).await;
                        }
                        Manner::SaysNothing => tokio::time::sleep(Duration::from_mins(1)).await,
                        Manner::HasCertificate(acceptor) => {
                            let end = match acceptor.accept(stream).await {
                                Ok(_) => "trusted".to_owned(),
                                Err(error) => error.to_string(),
                            };
                            log.lock().unwrap().push(end);
                        }
                    }
                });
            }
        });
        Self { port, connections, handshakes }
    }

    fn at(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/x", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A realm where everybody may register, also from this machine where `loopback` says so.
async fn world(loopback: bool) -> Server {
    Server::with(|realm: &mut Realm| {
        realm.requests.loopback = loopback;
        realm.registration =
            RegistrationPolicy { mode: RegistrationMode::Open, show_unproven: true, ..RegistrationPolicy::default() };
    })
    .await
}

/// Makes the server want what lies at `uri`, and asserts what becomes of it: nothing.
async fn is_refused(server: &Server, kind: Kind, uri: &str) {
    match kind {
        Keys => {
            let key = key("k1", Algorithm::Es256);
            let authentication = Authentication::by(AuthMethod::PrivateKeyJwt);
            let jwks_uri = Some(uri.to_owned());
            server.add_client(&Client { authentication, jwks_uri, ..client("keyed") }).await;
            let now = server.now() / 1000;
            let claims =
                json!({ "iss": "keyed", "sub": "keyed", "aud": server.realm.issuer, "exp": now + 60, "jti": uri });
            let form = [
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()),
                ("grant_type", "client_credentials"),
            ];
            server.post("/token", &form).await.refused(401, "invalid_client");
        }
        Sector => {
            let metadata = and(usual(), json!({ "subject_type": "pairwise", "sector_identifier_uri": uri }));
            let headers = [("content-type", "application/json")];
            let reply = server.send(Method::POST, "/register", &headers, metadata.to_string()).await;
            reply.refused(400, "invalid_client_metadata");
            assert!(reply.text("error_description").starts_with("sector_identifier_uri: "), "{}", reply.body);
        }
        RequestObject => {
            let requests = Requests { request_uris: vec![uri.to_owned()], ..Requests::default() };
            let jwks = Some(jwks(&key("k1", Algorithm::Es256)));
            server.add_client(&Client { requests, jwks, ..client("app") }).await;
            let asked = [authorize_query("app", "openid"), query("request_uri", uri)[1..].to_vec()].concat();
            Browser::default().ask(server, &asked).await.sent_back(server, "invalid_request_uri");
        }
        Logo => {
            let mut pictured = client("pictured");
            pictured.registered.logo_uri = Some(uri.to_owned());
            server.add_client(&pictured).await;
            let browser = Browser::default();
            let page = browser.ask(server, &authorize_query("pictured", "openid")).await;
            let page = browser.get_past_sign_in(server, page).await;
            page.asks_for_consent();
            assert!(!page.body.contains(uri), "a browser is not sent there either");
        }
        BackChannel => {
            let logout = Logout { backchannel_logout_uri: Some(uri.to_owned()), ..Logout::default() };
            server.add_client(&Client { logout, ..client("called") }).await;
            server.code_flow(&Browser::default(), "called", "openid").await;
            assert!(server.store.end_sessions_of_user("test", "u1", server.now()).await.unwrap() > 0);
            assert_eq!(waiting(server).await, 1);
        }
    }
}

/// What was not said to an app yet.
async fn waiting(server: &Server) -> usize {
    server.store.due_parcels(claviger_store::LOGOUT_TOPIC, i64::MAX, 100).await.unwrap().len()
}

/// Asserts that nothing of it is kept.
async fn left_nothing(server: &Server, kind: Kind) {
    match kind {
        Sector => assert_eq!(server.store.list_clients("test", None, "", 9).await.unwrap().len(), 0),
        Logo => assert!(server.store.logo("test", "pictured").await.unwrap().is_none()),
        BackChannel => assert_eq!(waiting(server).await, 1, "it was not delivered, and is tried again"),
        Keys | RequestObject => {}
    }
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").as_bytes(), body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for() {
    let maker = Maker::default();
    let pair = maker.self_signed("app", "/CN=127.0.0.1", "IP:127.0.0.1");
    let chain: Vec<_> = CertificateDer::pem_file_iter(&pair.certificate).unwrap().map(Result::unwrap).collect();
    let private = PrivateKeyDer::from_pem_file(&pair.key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, private).unwrap());
    for kind in Kind::ALL {
        let server = world(false).await;
        // The address alone would be good enough: the operator named it.
        server.state.let_in(&["127.0.0.1".to_owned()]);
        let there = Elsewhere::new(Manner::HasCertificate(TlsAcceptor::from(Arc::clone(&config)))).await;
        is_refused(&server, kind, &there.at("https", "127.0.0.1")).await;
        server.until(async || !there.handshakes.lock().unwrap().is_empty()).await;
        let handshakes = there.handshakes.lock().unwrap().clone();
        assert!(handshakes.iter().all(|end| end.contains("UnknownCA")), "{kind:?}: {handshakes:?}");
        left_nothing(&server, kind).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_private_address_and_a_private_address() {
    for kind in Kind::ALL {
        let there = Elsewhere::new(Manner::SaysNothing).await;
        for uri in [there.at("https", "localhost"), there.at("https", "127.0.0.1"), there.at("http", "127.0.0.1")] {
            let server = world(false).await;
            is_refused(&server, kind, &uri).await;
            left_nothing(&server, kind).await;
        }
        assert_eq!(there.connections(), 0, "{kind:?}: nobody was called");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end() {
    let large = vec![b'x'; 256 * 1024];
    for kind in Kind::READ {
        let server = world(true).await;
        let head = format!("200 OK\r\ncontent-type: {}", kind.media());
        let there = Elsewhere::new(Manner::Says(answer(&head, &large))).await;
        is_refused(&server, kind, &there.at("http", "127.0.0.1")).await;
        server.until(async || there.connections() > 0).await;
        left_nothing(&server, kind).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_holds_nobody_else_up() {
    let tried = Kind::ALL.map(async |kind| {
        let server = world(true).await;
        let there = Elsewhere::new(Manner::SaysNothing).await;
        let begun = Instant::now();
        let uri = there.at("http", "127.0.0.1");
        let others = async {
            server.until(async || there.connections() > 0).await;
            let waited = Instant::now();
            assert_eq!(server.send(Method::GET, "/jwks", &[], "").await.status, 200);
            assert!(waited.elapsed() < Duration::from_secs(2), "{kind:?}");
        };
        tokio::join!(is_refused(&server, kind, &uri), others);
        assert!(begun.elapsed() < Duration::from_secs(20), "{kind:?}: {:?}", begun.elapsed());
        left_nothing(&server, kind).await;
    });
    futures_util::future::join_all(tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect() {
    let target = Elsewhere::new(Manner::SaysNothing).await;
    for kind in Kind::ALL {
        let server = world(true).await;
        let location = target.at("http", "127.0.0.1");
        let head = format!("302 Found\r\nlocation: {location}\r\ncontent-type: {}", kind.media());
        let there = Elsewhere::new(Manner::Says(answer(&head, b"{}"))).await;
        is_refused(&server, kind, &there.at("http", "127.0.0.1")).await;
        server.until(async || there.connections() > 0).await;
        left_nothing(&server, kind).await;
    }
    assert_eq!(target.connections(), 0, "nobody went on");
}
