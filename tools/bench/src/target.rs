//! A server under load, bare or ours: started in a fresh folder, and the bytes to send for a flow.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::bare;
use super::claviger::ASSERTED;
use super::flow::Flow;
use super::load::Script;
use super::proof::Proof;
use claviger_testing::http::{self, basic, member};
use claviger_testing::process::{Processes, Running};

/// Different opaque tokens and JWTs that a run presents, so that no cache of one token shines.
pub(crate) const TOKENS: usize = 1000;

/// Grants at least whose tokens are refreshed in turn.
pub(crate) const CHAINS: usize = 256;

/// What the measurement needs of a server.
pub(crate) trait Target {
    /// Where it listens; several where there are several servers on one database.
    fn addresses(&self) -> Vec<SocketAddr>;
    /// Its process ids.
    fn pids(&self) -> Vec<u32>;
    /// The process whose children are its database's, if that is a process.
    fn database(&self) -> Option<u32> {
        None
    }
    /// The requests of a flow for as many connections.
    ///
    /// # Errors
    /// The set-up for it fails.
    fn script(&self, flow: Flow, connections: usize) -> Result<Script>;
}

/// Sizes of the answers that the bare server imitates.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// Bytes of the answer with an ES256 token and no refresh token.
    pub(crate) token: usize,
    /// Bytes of an introspection's or userinfo's answer.
    pub(crate) facts: usize,
    /// Bytes of the discovery document.
    pub(crate) discovery: usize,
    /// Bytes of the key set.
    pub(crate) jwks: usize,
}

/// The bare server's process.
pub(crate) struct Bare {
    running: Running,
    address: SocketAddr,
}

impl Bare {
    /// Starts it.
    ///
    /// # Errors
    /// The release build of this program is missing, or does not start.
    pub(crate) fn start(processes: &Processes, tool: &Path, data: &Path, sizes: Sizes) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        let running = processes.start(
            Command::new(tool)
                .arg("bare")
                .arg("--data")
                .arg(data)
                .args(["--token-bytes", &sizes.token.to_string()])
                .args(["--facts-bytes", &sizes.facts.to_string()])
                .args(["--discovery-bytes", &sizes.discovery.to_string()])
                .args(["--jwks-bytes", &sizes.jwks.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let address = running.line(Duration::from_secs(20)).context("the bare server")?.parse()?;
        Ok(Self { running, address })
    }

    fn post(&self, target: &str, body: &str) -> String {
        http::request("POST", target, &self.address.to_string(), &[&basic(bare::CLIENT, bare::SECRET)], body)
    }

    fn access_token(&self, target: &str) -> Result<String> {
        let request = self.post(target, "grant_type=client_credentials&scope=orders.read");
        let answer = http::send(self.address, &request)?.expect(200, target)?;
        member(&answer.json()?, "access_token")
    }

    fn head(&self, target: &str) -> String {
        token_head(target, &self.address.to_string(), Some(&basic(bare::CLIENT, bare::SECRET)))
    }

    /// A code flow whose code is exchanged there.
    fn code(&self, token: &str) -> Script {
        let target = "/authorize?client_id=bench-client&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback&response_type=code\
                      &scope=orders.read&state=af0ifjsldkj&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        let cookie = "Cookie: session=0192f0c1-0000-7000-8000-000000000002";
        Script::Code {
            authorize: http::request("GET", target, &self.address.to_string(), &[cookie], ""),
            redirect: 303,
            head: self.head(token),
            body: "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback\
                   &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&code="
                .to_owned(),
        }
    }
}

impl Target for Bare {
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.address]
    }

    fn pids(&self) -> Vec<u32> {
        vec![self.running.pid]
    }

    fn script(&self, flow: Flow, connections: usize) -> Result<Script> {
        let host = self.address.to_string();
        let once = |request: String| Script::Cycle { requests: vec![request], status: 200 };
        let credentials = "grant_type=client_credentials&scope=orders.read";
        Ok(match flow {
            Flow::CcEs256 => once(self.post("/token/es256", credentials)),
            Flow::CcEddsa => once(self.post("/token/eddsa", credentials)),
            Flow::CcRs256 => once(self.post("/token/rs256", credentials)),
            Flow::Opaque => once(self.post("/token/opaque", credentials)),
            Flow::Refresh => {
                let request = self.post(&format!("/seed/refresh?n={}", connections.max(CHAINS)), "");
                let tokens = serde_json::from_str(&http::send(self.address, &request)?.expect(200, "seed")?.body)?;
                Script::Refresh {
                    head: self.head("/token/refresh"),
                    body: "grant_type=refresh_token&refresh_token=".to_owned(),
                    tokens,
                }
            }
            Flow::Code => self.code("/token/code"),
            Flow::CodeOpenid => self.code("/token/code-openid"),
            Flow::Dpop => Script::Proven {
                head: self.head("/token/dpop"),
                body: credentials.to_owned(),
                proof: Proof::Dpop { url: format!("http://{host}/token") },
            },
            Flow::PrivateKeyJwt => Script::Proven {
                head: token_head("/token/asserted", &host, None),
                body: ASSERTED.to_owned(),
                proof: Proof::Assertion { client: bare::CLIENT.to_owned(), audience: format!("http://{host}") },
            },
            Flow::Introspect => {
                let mut requests = Vec::with_capacity(TOKENS);
                for _ in 0..TOKENS {
                    requests.push(self.post("/introspect", &format!("token={}", self.access_token("/token/opaque")?)));
                }
                Script::Cycle { requests, status: 200 }
            }
            Flow::Userinfo => {
                // A user's token: the one that the code flow's end hands out.
                let mut requests = Vec::with_capacity(TOKENS);
                for _ in 0..TOKENS {
                    let request = self.post("/seed/refresh?n=1", "");
                    let tokens: Vec<String> =
                        serde_json::from_str(&http::send(self.address, &request)?.expect(200, "seed")?.body)?;
                    let refresh = tokens.first().context("no refresh token")?;
                    let request =
                        self.post("/token/refresh", &format!("grant_type=refresh_token&refresh_token={refresh}"));
                    let answer = http::send(self.address, &request)?.expect(200, "refresh")?;
                    let token = member(&answer.json()?, "access_token")?;
                    requests.push(http::request(
                        "GET",
                        "/userinfo",
                        &host,
                        &[&format!("Authorization: Bearer {token}")],
                        "",
                    ));
                }
                Script::Cycle { requests, status: 200 }
            }
            Flow::Discovery => once(http::request("GET", "/.well-known/openid-configuration", &host, &[], "")),
            Flow::Jwks => once(http::request("GET", "/jwks", &host, &[], "")),
            Flow::Password => once(self.post(
                "/token/password",
                "grant_type=password&username=sam&password=correct+horse+battery&scope=orders.read",
            )),
        })
    }
}

/// The head of a form request without its length.
pub(crate) fn token_head(target: &str, host: &str, line: Option<&str>) -> String {
    let line = line.map(|line| format!("{line}\r\n")).unwrap_or_default();
    format!("POST {target} HTTP/1.1\r\nHost: {host}\r\n{line}Content-Type: application/x-www-form-urlencoded\r\n")
}
