//! Further addresses of a server: with TLS, behind proxies, with other limits.

use super::Server;
use claviger_server::Service;
use claviger_server::http::tls::{Certificates, Files, Tls};
use claviger_server::http::{Door, Front, Limits, Network, serve_all};
use claviger_testing::certificates::Pair;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Under which the realm is reached at a door.
pub const HOST: &str = "login.example";

/// A socket that does not serve yet, so that its address can be put into the realm.
pub struct Socket {
    pub listener: TcpListener,
    pub address: SocketAddr,
}

impl Socket {
    pub async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    /// The authority of a host at this socket.
    pub fn authority(&self, host: &str) -> String {
        format!("{host}:{}", self.address.port())
    }

    /// A server whose realm is served under [`HOST`], and `mtls.login.example`, here.
    pub async fn server(&self) -> Server {
        let names = [self.authority(HOST), self.authority("mtls.login.example")];
        Server::with(|realm| realm.authorities.extend(names)).await
    }

    /// Serves here.
    pub fn open(self, server: &Server, tls: Option<Arc<Tls>>, limits: Limits) -> Doorway {
        let service = Service { state: Arc::clone(&server.state), fallback: None, realms: None };
        let (stop, stopped) = watch::channel(false);
        let door = Door { socket: self.listener, tls };
        let task = tokio::spawn(serve_all(vec![(door, service)], limits, stopped));
        Doorway { address: self.address, stop, task }
    }
}

/// An address at which a server serves.
pub struct Doorway {
    pub address: SocketAddr,
    pub stop: watch::Sender<bool>,
    pub task: JoinHandle<()>,
}

impl Doorway {
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }

    /// A client that believes one certificate.
    pub fn client(&self, authority: &Pair) -> reqwest::ClientBuilder {
        let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
        let mut builder = reqwest::Client::builder().no_proxy().tls_certs_only([root]).timeout(Duration::from_secs(10));
        for host in [HOST, "mtls.login.example", "other.example", "nobody.example"] {
            builder = builder.resolve(host, self.address);
        }
        builder
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own, and reads until the server closes.
    pub async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }
}

/// What arrives until the server closes.
pub async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await;
    // A reset is an end as well.
    let _ = read.expect("the server closes");
    all
}

/// Certificates in effect.
pub fn tls(pairs: &[&Pair], client_certificates: &[&str]) -> Arc<Tls> {
    Tls::new(certificates(pairs, client_certificates))
}

pub fn certificates(pairs: &[&Pair], client_certificates: &[&str]) -> Certificates {
    Certificates::read(&files(pairs, client_certificates)).unwrap()
}

pub fn files(pairs: &[&Pair], client_certificates: &[&str]) -> Files {
    Files {
        pairs: pairs.iter().map(|pair| (pair.certificate.clone(), pair.key.clone())).collect(),
        client_certificates: client_certificates.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Limits where this machine is a trusted proxy.
pub fn behind_proxy(front: Front) -> Limits {
    let here = "127.0.0.1".parse::<Network>().unwrap();
    Limits { proxies: [here].into(), front: Arc::new(front), ..Limits::default() }
}
