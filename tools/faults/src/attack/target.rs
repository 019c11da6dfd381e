//! The server that is attacked, and requests as strangers and rightful callers send them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpSocket;

use super::super::deployment::{Deployment, Node, PASSWORD};
use super::super::peer::{CALLBACK, Peer, SECRET, Wire, authorize};
use super::toll::Toll;
use claviger_testing::browser::{Browser, encode};
use claviger_testing::http::{self, Answer};

const REALM: &str = include_str!("../../files/attacked.toml");
const DIALECT: &str = include_str!("../../files/attacked-dialect.toml");

/// Who is meant to be served.
pub(super) const RIGHTFUL: &str = "198.51.100.4";

/// A deployment with the attacked realm alone.
///
/// # Errors
/// The program refuses its files.
pub(super) fn deployment(toll: &Toll<'_>) -> Result<Deployment> {
    let deployment = Deployment::empty(toll.lab, toll.kind)?;
    for name in ["faults", "short-lived"] {
        std::fs::remove_file(deployment.folder.join(format!("realms/{name}.toml")))?;
    }
    std::fs::write(deployment.folder.join("dialects/attacked.toml"), DIALECT)?;
    let users = ["ada", "grace", "partner-user"]
        .map(|name| format!("\n[[user]]\nid = \"u-{name}\"\nusername = \"{name}\"\npassword = \"{PASSWORD}\"\n"))
        .concat();
    std::fs::write(realm_file(&deployment), spelled() + &users)?;
    deployment.apply()?;
    deployment.run(&["app", "suspend", "stopped", "--yes"])?;
    Ok(deployment)
}

/// The attacked realm's file.
pub(super) fn realm_file(deployment: &Deployment) -> std::path::PathBuf {
    deployment.folder.join("realms/attacked.toml")
}

fn spelled() -> String {
    REALM.replace("{PORT}", "7001").replace("{SECRET}", SECRET)
}

/// A server that believes what a proxy on this machine says of addresses, so that an attack can come from many.
///
/// # Errors
/// It does not start.
pub(super) fn serve(deployment: &Deployment) -> Result<Node> {
    deployment.serve_with(&[("CLAVIGER_SERVER__TRUSTED_PROXIES", "[\"127.0.0.1\"]")])
}

/// The line by which a proxy says where a request comes from.
pub(super) fn from(address: &str) -> String {
    format!("X-Forwarded-For: {address}")
}

/// The n-th address of a stranger; each of another network.
pub(super) fn stranger(number: usize) -> String {
    format!("203.0.{}.{}", 113 + number / 250 % 100, 1 + number % 250)
}

/// A token request of a client with its secret, from somewhere.
pub(super) fn client_credentials(peer: &Peer, client: &str, secret: &str, address: &str) -> String {
    let lines = [http::basic(client, secret), from(address)];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    http::request("POST", "/token", &peer.host, &lines, "grant_type=client_credentials")
}

/// A token request with a user's password through the client that anybody can be.
pub(super) fn password_grant(peer: &Peer, username: &str, password: &str, address: &str) -> String {
    let body = format!(
        "grant_type=password&client_id=anybody&scope=orders.read&username={}&password={}",
        encode(username),
        encode(password)
    );
    http::request("POST", "/token", &peer.host, &[&from(address)], &body)
}

/// Whether an answer says that the attempt was not looked at.
pub(super) fn is_braked(answer: &Answer) -> bool {
    answer.status == 429
}

/// A browser at this address of the world.
pub(super) fn browser(peer: &Peer, address: &str) -> Browser {
    Browser::new(peer.address, &peer.host).with_line(&from(address))
}

/// Goes through sign-in, even if the browser has a session.
///
/// # Errors
/// It is refused.
pub(super) fn sign_in(browser: &mut Browser, username: &str) -> Result<()> {
    let target = format!("{}&prompt=login", authorize("web", "openid orders.read"));
    browser.arrive(&target, CALLBACK, username, PASSWORD).map(drop)
}

/// Sends each request on one connection, and counts the answers by what `wanted` says of them.
///
/// # Errors
/// The connection ends.
pub(super) fn count(
    peer: &Peer,
    requests: impl Iterator<Item = String>,
    wanted: impl Fn(&Answer) -> bool,
) -> Result<usize> {
    let mut wire = Wire::open(peer.address)?;
    let mut found = 0;
    for request in requests {
        found += usize::from(wanted(&wire.ask(&request)?));
    }
    Ok(found)
}

/// Runs `work` in so many threads, each with its number, and adds up what they count.
///
/// # Errors
/// One of them failed.
pub(super) fn side_by_side(threads: usize, work: impl Fn(usize) -> Result<usize> + Sync) -> Result<usize> {
    std::thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        let mut sum = 0;
        for worker in workers {
            sum += worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        Ok(sum)
    })
}

/// A connection from an address of this machine that is not the usual one.
///
/// # Errors
/// It is not taken.
pub(super) fn connect_from(last: u8, to: SocketAddr) -> Result<std::net::TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        tokio::time::timeout(Duration::from_secs(5), socket.connect(to)).await?
    })?;
    let stream = stream.into_std().context("a connection")?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// This program itself opens thousands of connections.
///
/// # Errors
/// The system refuses.
pub(super) fn allow_many_files() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("the limit of open files cannot be raised")
}
