//! The release server under load: configured, filled with the benchmark's realm, started, and signed in to.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::flow::Flow;
use super::load::Script;
use super::proof::{self, Proof};
use super::target::{CHAINS, Sizes, TOKENS, Target, token_head};
use claviger_testing::browser::{Browser, encode};
use claviger_testing::http::{self, basic, member};
use claviger_testing::process::{Processes, Running};

/// What the realm file calls them.
pub(crate) const REALM: &str = "bench";
/// The clients of the realm file that have a secret.
const CLIENTS: [&str; 7] = ["es256", "eddsa", "rs256", "opaque", "web", "password", "api"];
/// Users who can log in; so many that no brake of one user is what is measured.
const USERS: usize = 64;
const PASSWORD: &str = "correct horse battery";
/// The master key of servers that share a database.
const KEY: &str = "5f1c9a3e72d04b86ad17e3509c48f2b6018d7e64ca93b25f40e6d1873b9c52fa";
/// The body of a request whose client proves itself by an assertion, which follows.
pub(crate) const ASSERTED: &str = "grant_type=client_credentials&scope=orders.read\
    &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=";
const CALLBACK: &str = "https://client.example/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The files of the benchmark, with `{PORT}` and `{DATA}` where this run's go.
const CONFIG: &str = include_str!("../files/claviger.toml");
const REALM_FILE: &str = include_str!("../files/realm.toml");
const DIALECT_FILE: &str = include_str!("../files/dialect.toml");

/// A data folder with the benchmark's realm in it, and no server running on it.
pub(crate) struct Prepared {
    binary: PathBuf,
    folder: PathBuf,
    /// The database, where it is not a file in the folder.
    url: Option<String>,
    port: u16,
    processes: Processes,
    /// A secret for each client, made by the server as secrets usually are: it is looked up by an HMAC, and not braked like
    /// one that somebody chose.
    secrets: Arc<HashMap<&'static str, String>>,
    /// How long it took to apply the realm to the new database.
    pub(crate) applied: Duration,
}

impl Prepared {
    /// Writes configuration and realm into `folder`, and applies the realm.
    ///
    /// # Errors
    /// The server refuses its files.
    pub(crate) fn new(processes: &Processes, binary: &Path, folder: &Path) -> Result<Self> {
        Self::on(processes, binary, folder, None)
    }

    /// The same with its database at a URL.
    ///
    /// # Errors
    /// The server refuses its files.
    pub(crate) fn on(processes: &Processes, binary: &Path, folder: &Path, url: Option<&str>) -> Result<Self> {
        std::fs::create_dir_all(folder.join("realms"))?;
        std::fs::create_dir_all(folder.join("data"))?;
        // Empty: `apply` makes its tables, and would not make the file itself unasked.
        std::fs::File::options().create(true).append(true).open(folder.join("data/claviger.db"))?;
        let port = free_port()?;
        let known = Known::of(binary)?;
        let spell = |text: &str| {
            let text = text.replace("{PORT}", &port.to_string());
            let text = text.replace("{ID_TOKENS}", known.id_tokens).replace("{ASSERTED}", &known.asserted);
            text.replace("{DATA}", &folder.to_string_lossy())
        };
        std::fs::write(folder.join("claviger.toml"), spell(CONFIG))?;
        std::fs::create_dir_all(folder.join("dialects"))?;
        std::fs::write(folder.join("dialects/bench.toml"), DIALECT_FILE)?;
        std::fs::write(folder.join("realms/bench.toml"), spell(REALM_FILE) + &users()?)?;
        let mut prepared = Self {
            binary: binary.to_path_buf(),
            folder: folder.to_path_buf(),
            url: url.map(str::to_owned),
            port,
            processes: processes.clone(),
            secrets: Arc::default(),
            applied: Duration::ZERO,
        };
        let started = Instant::now();
        let mut apply = prepared.command("apply");
        let status = apply.args(known.create).arg(folder.join("realms")).stdout(Stdio::null()).status()?;
        if !status.success() {
            bail!("claviger apply: {status}");
        }
        prepared.applied = started.elapsed();
        let secrets = CLIENTS.map(|client| Ok((client, prepared.secret_of(client)?)));
        prepared.secrets = Arc::new(secrets.into_iter().collect::<Result<_>>()?);
        Ok(prepared)
    }

    /// A new secret of a client.
    fn secret_of(&self, client: &str) -> Result<String> {
        let mut command = self.command("secret");
        let made = command.args(["add", client, "--realm", REALM]).stderr(Stdio::inherit()).output()?;
        if !made.status.success() {
            bail!("claviger secret add {client}: {}", made.status);
        }
        let text = String::from_utf8(made.stdout)?;
        text.split_whitespace()
            .find(|word| word.starts_with("cvs_"))
            .map(str::to_owned)
            .context("no secret was printed")
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(subcommand).arg("--config").arg(self.folder.join("claviger.toml")).stdin(Stdio::null());
        if let Some(url) = &self.url {
            // All servers of a database have one key.
            command.env("CLAVIGER_DATABASE__URL", url).env("CLAVIGER_MASTER_KEY", KEY);
        }
        command
    }

    /// Where requests for the realm go.
    pub(crate) fn authority(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("data/claviger.db")
    }

    /// Bytes of the database, its log included.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn size(&self) -> Result<u64> {
        let log = self.folder.join("data/claviger.db-wal");
        Ok(std::fs::metadata(self.database())?.len() + std::fs::metadata(log).map_or(0, |file| file.len()))
    }

    /// Starts the server and waits for its first answer.
    ///
    /// # Errors
    /// It ends, or does not answer within a minute.
    pub(crate) fn serve(&self) -> Result<Claviger> {
        self.serve_at(self.port, self.url.as_deref())
    }

    /// One more server on the same database, at a port of its own. Requests name the first one's.
    ///
    /// # Errors
    /// As [`Prepared::serve`].
    pub(crate) fn serve_beside(&self) -> Result<Claviger> {
        self.serve_at(free_port()?, self.url.as_deref())
    }

    /// One more server, which finds the database at another URL: behind a proxy, say.
    ///
    /// # Errors
    /// As [`Prepared::serve`].
    pub(crate) fn serve_by_way_of(&self, url: &str) -> Result<Claviger> {
        self.serve_at(free_port()?, Some(url))
    }

    fn serve_at(&self, port: u16, url: Option<&str>) -> Result<Claviger> {
        let log_file = self.folder.join(format!("serve-{port}.log"));
        let log = std::fs::File::create(&log_file)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let discovery = http::request("GET", "/.well-known/openid-configuration", &self.authority(), &[], "");
        let started = Instant::now();
        let mut command = self.command("serve");
        command.env("CLAVIGER_SERVER__LISTEN", format!("[\"127.0.0.1:{port}\"]"));
        if let Some(url) = url {
            command.env("CLAVIGER_DATABASE__URL", url);
        }
        let running = self.processes.start(command.stdout(log.try_clone()?).stderr(log))?;
        let mut first = None;
        while first.is_none() {
            if let Ok(answer) = http::send(address, &discovery)
                && answer.status == 200
            {
                first = Some(started.elapsed());
            } else if !running.lives() || started.elapsed() > Duration::from_mins(1) {
                let log = std::fs::read_to_string(&log_file).unwrap_or_default();
                bail!("claviger serve does not answer: {log}");
            } else {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(Claviger {
            running,
            address,
            host: self.authority(),
            first_answer: first.unwrap_or_default(),
            secrets: Arc::clone(&self.secrets),
            session: OnceCell::new(),
        })
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The running server.
pub(crate) struct Claviger {
    running: Running,
    address: SocketAddr,
    host: String,
    /// From the start of the process to the first discovery answer.
    pub(crate) first_answer: Duration,
    secrets: Arc<HashMap<&'static str, String>>,
    session: OnceCell<String>,
}

impl Claviger {
    /// Asks it to end, and waits.
    pub(crate) fn stop(self) {
        self.running.stop();
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.running.pid
    }

    /// How large its answers are, for the bare server to imitate.
    ///
    /// # Errors
    /// An answer that is not 200.
    pub(crate) fn sizes(&self) -> Result<Sizes> {
        let length = |flow: Flow| -> Result<usize> {
            let Script::Cycle { requests, status } = self.script(flow, 1)? else { bail!("not a single request") };
            let request = requests.first().context("no request")?;
            Ok(http::send(self.address, request)?.expect(status, flow.title())?.body.len())
        };
        Ok(Sizes {
            token: length(Flow::CcEs256)?,
            facts: length(Flow::Introspect)?.min(length(Flow::Userinfo)?),
            discovery: length(Flow::Discovery)?,
            jwks: length(Flow::Jwks)?,
        })
    }

    /// A client-credentials request of a client whose id may differ from the realm file's.
    pub(crate) fn credentials(&self, client: &str) -> String {
        self.post("/token", Some(client), "grant_type=client_credentials&scope=orders.read")
    }

    /// The line that proves who a client is. The clients that are added in great numbers are copies of one.
    fn basic(&self, client: &str) -> String {
        let secret = self.secrets.get(client).or_else(|| self.secrets.get("es256"));
        basic(client, secret.map(String::as_str).unwrap_or_default())
    }

    fn post(&self, target: &str, client: Option<&str>, body: &str) -> String {
        let line = client.map(|client| self.basic(client));
        let lines: Vec<&str> = line.as_deref().into_iter().collect();
        http::request("POST", target, &self.host, &lines, body)
    }

    /// The line with the session's cookies of a user who has signed in and consented.
    fn session(&self) -> Result<&str> {
        if let Some(line) = self.session.get() {
            return Ok(line);
        }
        let mut browser = Browser::new(self.address, &self.host);
        browser.arrive(&authorize("openid orders.read"), CALLBACK, "user-0", PASSWORD)?;
        Ok(self.session.get_or_init(|| browser.cookie_line()))
    }

    /// The answer of a code flow for this scope.
    fn grant(&self, scope: &str) -> Result<serde_json::Value> {
        let request = http::request("GET", &authorize(scope), &self.host, &[self.session()?], "");
        let answer = http::send(self.address, &request)?.expect(303, "authorize")?;
        let location = answer.header("location").context("no Location")?;
        let (_, rest) = location.split_once("code=").with_context(|| format!("no code in {location}"))?;
        let code = rest.split('&').next().unwrap_or_default();
        let request = self.post("/token", Some("web"), &format!("{}{code}", exchange()));
        http::send(self.address, &request)?.expect(200, "the code's exchange")?.json()
    }

    /// A code flow for this scope.
    fn code(&self, scope: &str) -> Result<Script> {
        Ok(Script::Code {
            authorize: http::request("GET", &authorize(scope), &self.host, &[self.session()?], ""),
            redirect: 303,
            head: token_head("/token", &self.host, Some(&self.basic("web"))),
            body: exchange(),
        })
    }

    fn access_token(&self, client: &str) -> Result<String> {
        let answer = http::send(self.address, &self.credentials(client))?.expect(200, client)?;
        member(&answer.json()?, "access_token")
    }
}

/// What a program's realm files may say: earlier ones refuse what they do not know.
struct Known {
    /// Keeps ID tokens at ES256, so that programs of different versions do the same work: earlier ones sign all of them so.
    id_tokens: &'static str,
    /// The client that proves itself with a key.
    asserted: String,
    /// What makes the data folder's keys; earlier ones made them unasked.
    create: Option<&'static str>,
}

impl Known {
    fn of(binary: &Path) -> Result<Self> {
        let help = |of: &[&str]| -> Result<String> {
            let help = Command::new(binary).args(of).arg("--help").stdin(Stdio::null()).output()?;
            Ok(String::from_utf8_lossy(&help.stdout).into_owned())
        };
        let create = help(&["apply"])?.contains("--create").then_some("--create");
        let help = help(&["app", "create"])?;
        let asserted = format!(
            "[[client]]\nid = \"asserted\"\nname = \"A service with a key\"\ngrants = [\"client_credentials\"]\n\
             scope = \"orders.read\"\naudiences = [\"https://es256.example\"]\ntoken-endpoint-auth-method = \"private_key_jwt\"\n\
             jwks = '{{\"keys\":[{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{}\",\"y\":\"{}\"}}]}}'\n",
            proof::X,
            proof::Y
        );
        Ok(Self {
            id_tokens: if help.contains("--id-token-signing") { "id-token-signing = \"ES256\"\n" } else { "" },
            asserted: if help.contains("--token-endpoint-auth-method") { asserted } else { String::new() },
            create,
        })
    }
}

/// The users' part of the realm file. The password is hashed here, so that applying the file measures no hashing.
fn users() -> Result<String> {
    let salt = b"0123456789abcdef";
    let mut hash = [0; 32];
    let argon = super::bare::password::argon2()?;
    argon.hash_password_into(PASSWORD.as_bytes(), salt, &mut hash).map_err(|error| anyhow!("argon2: {error}"))?;
    let phc =
        format!("$argon2id$v=19$m=19456,t=2,p=1${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    let user = |number| {
        format!(
            "\n[[user]]\nid = \"u{number}\"\nusername = \"user-{number}\"\nname = \"Sam Sample\"\nemail = \"sam@example.com\"\npassword-hash = \"{phc}\"\n"
        )
    };
    Ok((0..USERS).map(user).collect())
}

fn authorize(scope: &str) -> String {
    format!(
        "/authorize?client_id=web&redirect_uri={}&response_type=code&scope={}&state=af0ifjsldkj\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        encode(CALLBACK),
        encode(scope)
    )
}

fn exchange() -> String {
    format!("grant_type=authorization_code&redirect_uri={}&code_verifier={VERIFIER}&code=", encode(CALLBACK))
}

impl Target for Claviger {
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.address]
    }

    fn pids(&self) -> Vec<u32> {
        vec![self.running.pid]
    }

    fn script(&self, flow: Flow, connections: usize) -> Result<Script> {
        let once = |request: String| Script::Cycle { requests: vec![request], status: 200 };
        let head = || token_head("/token", &self.host, Some(&self.basic("web")));
        Ok(match flow {
            Flow::CcEs256 => once(self.credentials("es256")),
            Flow::CcEddsa => once(self.credentials("eddsa")),
            Flow::CcRs256 => once(self.credentials("rs256")),
            Flow::Opaque => once(self.credentials("opaque")),
            Flow::Refresh => {
                let tokens = (0..connections.max(CHAINS)).map(|_| member(&self.grant("orders.read")?, "refresh_token"));
                Script::Refresh {
                    head: head(),
                    body: "grant_type=refresh_token&refresh_token=".to_owned(),
                    tokens: tokens.collect::<Result<_>>()?,
                }
            }
            Flow::Code => self.code("orders.read")?,
            Flow::CodeOpenid => self.code("openid orders.read")?,
            Flow::Dpop => Script::Proven {
                head: token_head("/token", &self.host, Some(&self.basic("es256"))),
                body: "grant_type=client_credentials&scope=orders.read".to_owned(),
                proof: Proof::Dpop { url: format!("http://{}/token", self.host) },
            },
            Flow::PrivateKeyJwt => Script::Proven {
                head: token_head("/token", &self.host, None),
                body: ASSERTED.to_owned(),
                proof: Proof::Assertion { client: "asserted".to_owned(), audience: format!("http://{}", self.host) },
            },
            Flow::Introspect => {
                let request =
                    || Ok(self.post("/introspect", Some("api"), &format!("token={}", self.access_token("opaque")?)));
                Script::Cycle { requests: (0..TOKENS).map(|_| request()).collect::<Result<_>>()?, status: 200 }
            }
            Flow::Userinfo => {
                let request = || {
                    let token = member(&self.grant("openid")?, "access_token")?;
                    let line = format!("Authorization: Bearer {token}");
                    Ok(http::request("GET", "/userinfo", &self.host, &[&line], ""))
                };
                Script::Cycle { requests: (0..TOKENS).map(|_| request()).collect::<Result<_>>()?, status: 200 }
            }
            Flow::Discovery => once(http::request("GET", "/.well-known/openid-configuration", &self.host, &[], "")),
            Flow::Jwks => once(http::request("GET", "/jwks", &self.host, &[], "")),
            Flow::Password => {
                let password = encode(PASSWORD);
                let body =
                    |user| format!("grant_type=password&username=user-{user}&password={password}&scope=orders.read");
                let requests = (0..USERS).map(|user| self.post("/token", Some("password"), &body(user)));
                Script::Cycle { requests: requests.collect(), status: 200 }
            }
        })
    }
}
