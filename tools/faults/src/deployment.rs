//! A database with the realms that are injured, and the servers on it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::peer::{Peer, SECRET};
use super::{Kind, Lab};
use claviger_testing::http;
use claviger_testing::process::{Processes, Running};

const CONFIG: &str = include_str!("../files/claviger.toml");
const REALM: &str = include_str!("../files/realm.toml");
const SHORT_LIVED: &str = include_str!("../files/short-lived.toml");
const DIALECT: &str = include_str!("../files/dialect.toml");

/// Ports that stand in the realms' names; nothing listens there.
const PORT: u16 = 7001;
const SHORT_LIVED_PORT: u16 = 7002;

/// Apps that nobody has consented to yet.
pub(crate) const NEW_CLIENTS: usize = 240;

/// Users beside the one who signs in.
pub(crate) const USERS: usize = 16;

/// How long a server may take until its first answer.
const START: Duration = Duration::from_secs(30);

/// The password of every user.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A folder with configuration, master key and database.
pub(crate) struct Deployment {
    /// Where it all lies.
    pub(crate) folder: PathBuf,
    /// The database's URL, past any proxy.
    pub(crate) url: String,
    binary: PathBuf,
    processes: Processes,
}

impl Deployment {
    /// A fresh one with the realms applied, on the store of this kind.
    ///
    /// # Errors
    /// The program refuses its files.
    pub(crate) fn new(lab: &Lab, kind: Kind) -> Result<Self> {
        let deployment = Self::empty(lab, kind)?;
        deployment.apply()?;
        Ok(deployment)
    }

    /// A fresh one whose database is not there yet, or empty.
    ///
    /// # Errors
    /// The folder cannot be made, or PostgreSQL does not start.
    pub(crate) fn empty(lab: &Lab, kind: Kind) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = lab.folder.join(format!("deployment-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}", folder.join("data/claviger.db").display()),
            Kind::Postgres => lab.cluster()?.fresh_database()?,
        };
        Self::at(lab, folder, url)
    }

    /// One in this folder, whose database has this URL.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn at(lab: &Lab, folder: PathBuf, url: String) -> Result<Self> {
        for part in ["realms", "dialects", "data", "mail"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        let spell = |text: &str| {
            let text =
                text.replace("{PORT}", &PORT.to_string()).replace("{SHORT_LIVED}", &SHORT_LIVED_PORT.to_string());
            text.replace("{SECRET}", SECRET).replace("{URL}", &url)
        };
        std::fs::write(folder.join("claviger.toml"), spell(CONFIG))?;
        std::fs::write(folder.join("dialects/faults.toml"), DIALECT)?;
        std::fs::write(folder.join("realms/faults.toml"), spell(REALM) + &new_clients() + &users())?;
        std::fs::write(folder.join("realms/short-lived.toml"), spell(SHORT_LIVED))?;
        let key = folder.join("master.key");
        std::fs::write(&key, "3b9f0c71a4d25e8810f7c6b29d43ea5567180b2cf9de34a1c05b7e962d8f41ac")?;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
        // Empty: `apply` makes its tables, and would not make the file itself unasked. Where its folder is not there yet, the
        // program is to make both.
        let database = url.strip_prefix("sqlite://").filter(|file| Path::new(file).parent().is_some_and(Path::is_dir));
        if let Some(database) = database {
            std::fs::File::options().create(true).append(true).open(database)?;
            std::fs::set_permissions(database, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(Self { folder, url, binary: lab.binary.clone(), processes: lab.processes.clone() })
    }

    /// Brings the realms in.
    ///
    /// # Errors
    /// The program refuses them.
    pub(crate) fn apply(&self) -> Result<()> {
        let realms = self.folder.join("realms");
        self.run(&["apply", &realms.to_string_lossy()]).map(drop)
    }

    /// The same data, served by another program.
    pub(crate) fn with_binary(&self, binary: &Path) -> Self {
        Self {
            folder: self.folder.clone(),
            url: self.url.clone(),
            binary: binary.to_path_buf(),
            processes: self.processes.clone(),
        }
    }

    /// The database's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("data/claviger.db")
    }

    /// `claviger` with these arguments and this deployment's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--config").arg(self.folder.join("claviger.toml")).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end, whatever that is.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = self.command(arguments);
        command.output().with_context(|| format!("cannot start claviger {}", arguments.join(" ")))
    }

    /// Runs a command that must succeed; what it prints.
    ///
    /// # Errors
    /// It fails; the message quotes what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.try_run(arguments)?;
        if !output.status.success() {
            bail!("claviger {}: {}: {}", arguments.join(" "), output.status, text(&output.stderr));
        }
        Ok(text(&output.stdout))
    }

    /// Starts a server and waits for its first answer.
    ///
    /// # Errors
    /// It ends, or does not answer in time; the message quotes its log.
    pub(crate) fn serve(&self) -> Result<Node> {
        self.serve_with(&[])
    }

    /// As [`Deployment::serve`], with more in its environment.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn serve_with(&self, environment: &[(&str, &str)]) -> Result<Node> {
        Self::until_it_answers(self.start(environment)?)
    }

    /// As [`Deployment::serve_with`], with a hard limit of open files.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn serve_limited(&self, files: usize, environment: &[(&str, &str)]) -> Result<Node> {
        let command = under(&format!("ulimit -n {files}"), &self.command(&["serve"]));
        Self::until_it_answers(self.start_as(command, environment)?)
    }

    /// As [`Deployment::serve`], where files are open to everybody unless the program says otherwise.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn serve_openly(&self) -> Result<Node> {
        let command = under("umask 0", &self.command(&["serve"]));
        Self::until_it_answers(self.start_as(command, &[])?)
    }

    fn until_it_answers(node: Node) -> Result<Node> {
        let started = node.started;
        while !node.peer.discovery().is_ok_and(|answer| answer.status == 200) {
            if !node.running.lives() || started.elapsed() > START {
                bail!("claviger serve does not answer: {}", tail(&node.log()));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(node)
    }

    /// The servers that are raced for: one on SQLite, three on PostgreSQL.
    ///
    /// # Errors
    /// One does not start.
    pub(crate) fn serve_for_race(&self, kind: Kind) -> Result<Vec<Node>> {
        let servers = if kind == Kind::Sqlite { 1 } else { 3 };
        (0..servers).map(|_| self.serve()).collect()
    }

    /// Starts a server and does not wait.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(&self, environment: &[(&str, &str)]) -> Result<Node> {
        self.start_as(self.command(&["serve"]), environment)
    }

    fn start_as(&self, mut command: Command, environment: &[(&str, &str)]) -> Result<Node> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (port, management) = (free_port()?, free_port()?);
        let log = self.folder.join(format!("serve-{}.log", COUNT.fetch_add(1, Ordering::Relaxed)));
        let file = std::fs::File::create(&log)?;
        command.env("CLAVIGER_SERVER__LISTEN", format!("[\"127.0.0.1:{port}\"]"));
        command.env("CLAVIGER_SERVER__MANAGEMENT", format!("127.0.0.1:{management}"));
        command.envs(environment.iter().copied()).stdout(file.try_clone()?).stderr(file);
        let started = Instant::now();
        let running = self.processes.start(&mut command)?;
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Node {
            running,
            started,
            peer: Peer { address: address(port), host: format!("localhost:{PORT}"), management: address(management) },
            log,
        })
    }

    /// A number out of the database.
    ///
    /// # Errors
    /// The statement fails.
    pub(crate) fn count(&self, lab: &Lab, sql: &str) -> Result<i64> {
        if self.url.starts_with("sqlite:") {
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
            let connection = rusqlite::Connection::open_with_flags(self.file(), flags)?;
            return Ok(connection.query_row(sql, [], |row| row.get(0))?);
        }
        let printed = lab.cluster()?.psql_at(&self.url, sql)?;
        printed.trim().parse().with_context(|| format!("not a number: {printed}"))
    }

    /// Changes the database behind the program's back.
    ///
    /// # Errors
    /// The statement fails.
    pub(crate) fn change(&self, lab: &Lab, sql: &str) -> Result<()> {
        if self.url.starts_with("sqlite:") {
            return Ok(rusqlite::Connection::open(self.file())?.execute_batch(sql)?);
        }
        lab.cluster()?.psql_at(&self.url, sql)?;
        Ok(())
    }

    /// Who holds a pool's seats, as the command line says it.
    ///
    /// # Errors
    /// The command fails.
    pub(crate) fn seats(&self, realm: &str, pool: &str) -> Result<Vec<String>> {
        let printed = self.run(&["seat", "list", "--realm", realm, "--pool", pool, "--output", "json"])?;
        let list: serde_json::Value = serde_json::from_str(&printed).with_context(|| format!("not JSON: {printed}"))?;
        let rows = list.as_array().context("`claviger seat list` prints no list")?;
        Ok(rows.iter().filter_map(|row| row.get("holder")?.as_str().map(str::to_owned)).collect())
    }
}

/// A running server.
pub(crate) struct Node {
    /// Its process; it ends at once when dropped.
    pub(crate) running: Running,
    /// Where it is asked.
    pub(crate) peer: Peer,
    /// When its process was started.
    pub(crate) started: Instant,
    log: PathBuf,
}

impl Node {
    /// The status of `/readyz`; none if it does not answer.
    pub(crate) fn ready(&self) -> Option<u16> {
        let request = http::request("GET", "/readyz", &self.management().to_string(), &[], "");
        http::send(self.management(), &request).ok().map(|answer| answer.status)
    }

    /// Where `/livez` and `/readyz` are.
    pub(crate) fn management(&self) -> SocketAddr {
        self.peer.management
    }

    /// The realm whose tokens are soon over, at this server.
    pub(crate) fn short_lived(&self) -> Peer {
        Peer { host: format!("localhost:{SHORT_LIVED_PORT}"), ..self.peer.clone() }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

/// A command after a line of the shell, like `umask 0`.
pub(crate) fn under(line: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{line}; exec \"$0\" \"$@\"")]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell.stdin(Stdio::null());
    shell
}

/// The end of a text, as much as a message can carry.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(6)..).unwrap_or_default().join("\n")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn new_clients() -> String {
    let one = |number| {
        format!(
            "\n[[client]]\nid = \"new-client-{number}\"\nname = \"New client {number}\"\n\
             grants = [\"authorization_code\", \"refresh_token\"]\nredirect-uris = [\"https://client.example/callback\"]\n\
             scope = \"orders.read\"\naudiences = [\"https://opaque.example\"]\nsecret = \"{SECRET}\"\n"
        )
    };
    (0..NEW_CLIENTS).map(one).collect()
}

fn users() -> String {
    let one = |number| {
        format!(
            "\n[[user]]\nid = \"u{number}\"\nusername = \"user-{number}\"\nname = \"Sam Sample\"\npassword = \"{PASSWORD}\"\n"
        )
    };
    (0..USERS).map(one).collect()
}

/// A port that nothing listens on, below those that the kernel gives to connections.
pub(crate) fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 30_000 + u16::try_from(std::process::id() % 20).unwrap_or_default() * 100;
    for _ in 0..2000 {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 700;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port above {base}")
}
