//! A real PostgreSQL for tests: in a folder of its own, on a port of its own, gone with the process that started it.
//!
//! ```no_run
//! use claviger_testing::postgres::Cluster;
//!
//! let url = Cluster::shared()?.fresh_database()?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`Cluster::shared`] starts one cluster a process. With `CLAVIGER_TEST_POSTGRES` set to the URL of a database in which
//! databases may be made, that cluster is used, and none is started.
//!
//! A shell, the *keeper*, is the parent of the postmaster. It does what the lines on its standard input say; when
//! that closes, because the cluster is dropped or this process is killed, it ends the postmaster and removes the folder.

use std::fs;
use std::io::{self, BufRead, BufReader, Error, Result, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::process::{children, lives};

/// The keeper's program. `$1` is the folder, `$2` the server's program, the rest its arguments.
const KEEPER: &str = r#"
dir=$1; server=$2; shift 2
pid=
end() {
    [ -n "$pid" ] || return 0
    kill -s "$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
}
while read -r word rest; do
    case $word in
        start) "$server" "$@" >>"$dir/log" 2>&1 </dev/null & pid=$!; echo "$pid" ;;
        signal) end "$rest"; echo done ;;
        kill) end KILL; [ -z "$rest" ] || kill -s KILL $rest 2>/dev/null; echo done ;;
    esac
done
end QUIT
rm -rf "$dir"
"#;

/// How long a start may take, the recovery after a crash included.
const START: Duration = Duration::from_mins(1);

/// The database in which the others are made.
const ADMIN: &str = "postgres";

/// A PostgreSQL that tests may use, and those that injure it may kill.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Started here.
    Own { port: u16, folder: PathBuf, keeper: Mutex<Keeper> },
    /// Given by its URL, up to the database's name, and what follows the name.
    Given { before: String, database: String, after: String },
}

/// The parent of the postmaster, and the postmaster's process id while there is one.
#[derive(Debug)]
struct Keeper {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    postmaster: Option<u32>,
}

impl Cluster {
    /// A cluster that forgets what was committed if the machine loses power: for what asks only whether statements do
    /// what they should.
    ///
    /// # Errors
    /// PostgreSQL is not there and cannot be installed, or does not start.
    pub fn fast() -> Result<Self> {
        Self::with(false, &[])
    }

    /// A cluster that writes its log to the disk before it answers a commit: for what injures or measures it.
    ///
    /// # Errors
    /// As [`Cluster::fast`].
    pub fn durable() -> Result<Self> {
        Self::with(true, &[])
    }

    /// A cluster with further settings, like `work_mem=64MB`; the last of a name counts.
    ///
    /// # Errors
    /// As [`Cluster::fast`].
    pub fn with(durable: bool, settings: &[&str]) -> Result<Self> {
        let programs = programs()?;
        let folder = fresh_folder()?;
        let made = Self::begin(programs, folder.clone(), durable, settings);
        if made.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        made
    }

    fn begin(programs: PathBuf, folder: PathBuf, durable: bool, settings: &[&str]) -> Result<Self> {
        let user = Owner::find()?;
        if let Some(owner) = &user {
            std::os::unix::fs::chown(&folder, Some(owner.user), Some(owner.group))?;
        }
        let data = folder.join("data");
        let mut initdb = as_owner(user.as_ref(), &programs.join("initdb"));
        initdb.arg("--pgdata").arg(&data).args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        run(initdb.args(["--locale=C", "--no-sync", "--no-instructions"]).current_dir(&folder))?;

        let port = free_port()?;
        let mut server = vec![
            format!("-p{port}"),
            format!("-D{}", data.display()),
            format!("-k{}", folder.display()),
            "-clisten_addresses=127.0.0.1".to_owned(),
            "-cmax_connections=200".to_owned(),
            "-cshared_buffers=32MB".to_owned(),
            "-clog_min_messages=warning".to_owned(),
            format!("-cfsync={}", if durable { "on" } else { "off" }),
            format!("-cfull_page_writes={}", if durable { "on" } else { "off" }),
        ];
        server.extend(settings.iter().map(|setting| format!("-c{setting}")));
        let mut keeper = as_owner(user.as_ref(), Path::new("sh"));
        keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(programs.join("postgres")).args(server);
        // A group of its own: what interrupts the tests must not interrupt it before it has tidied up.
        keeper.process_group(0).current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = keeper.stderr(Stdio::null()).spawn()?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().ok_or_else(|| Error::other("the keeper has no standard output"))?;
        let keeper = Keeper { child, orders, answers: BufReader::new(answers), postmaster: None };
        let cluster = Self { programs, place: Place::Own { port, folder, keeper: Mutex::new(keeper) } };
        cluster.restart()?;
        Ok(cluster)
    }

    /// The cluster of this process: that of `CLAVIGER_TEST_POSTGRES`, or a fast one, started when it is first asked for.
    ///
    /// # Errors
    /// As [`Cluster::fast`], or the cluster that was named does not answer.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<std::result::Result<Cluster, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            match std::env::var("CLAVIGER_TEST_POSTGRES") {
                Ok(url) if !url.is_empty() => Self::given(&url),
                _ => Self::fast(),
            }
            .map_err(|error| error.to_string())
        });
        shared.as_ref().map_err(|text| Error::other(text.clone()))
    }

    /// A cluster that runs already; `url` names a database in which databases may be made.
    ///
    /// # Errors
    /// The URL cannot be read, or the cluster does not answer.
    pub fn given(url: &str) -> Result<Self> {
        let wrong = || Error::other("CLAVIGER_TEST_POSTGRES is not like postgres://user@host:5432/database");
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (authority, path) = rest.split_once('/').ok_or_else(wrong)?;
        let (database, after) = path.split_once('?').map_or((path, String::new()), |(a, b)| (a, format!("?{b}")));
        let place = Place::Given { before: format!("{scheme}://{authority}/"), database: database.to_owned(), after };
        let cluster = Self { programs: programs()?, place };
        cluster.psql("SELECT 1")?;
        Ok(cluster)
    }

    /// The URL of a database of it.
    pub fn url(&self, database: &str) -> String {
        match &self.place {
            Place::Own { port, .. } => format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable"),
            Place::Given { before, after, .. } => format!("{before}{database}{after}"),
        }
    }

    /// Makes an empty database with a name that no other has; its URL.
    ///
    /// # Errors
    /// The cluster refuses the statements.
    pub fn fresh_database(&self) -> Result<String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("claviger_test_{}_{count}", std::process::id());
        // A cluster that outlives its tests may hold the name of an earlier process.
        self.psql(&format!("DROP DATABASE IF EXISTS {name}"))?;
        self.psql(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(self.url(&name))
    }

    /// Runs SQL in the administrative database; what it prints, columns parted by `|`.
    ///
    /// # Errors
    /// The statement fails.
    pub fn psql(&self, sql: &str) -> Result<String> {
        let database = match &self.place {
            Place::Own { .. } => ADMIN,
            Place::Given { database, .. } => database,
        };
        self.psql_at(&self.url(database), sql)
    }

    /// Runs SQL in the database of this URL; what it prints, columns parted by `|`.
    ///
    /// # Errors
    /// The statement fails.
    pub fn psql_at(&self, url: &str, sql: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--dbname", url]);
        run(psql.args(["--command", sql]).stdin(Stdio::null()))
    }

    /// The port it listens on at 127.0.0.1; none if it was not started here.
    pub fn port(&self) -> Option<u16> {
        match &self.place {
            Place::Own { port, .. } => Some(*port),
            Place::Given { .. } => None,
        }
    }

    /// What the server has written to its log.
    pub fn log(&self) -> String {
        match &self.place {
            Place::Own { folder, .. } => fs::read_to_string(folder.join("log")).unwrap_or_default(),
            Place::Given { .. } => String::new(),
        }
    }

    /// Ends it as `pg_ctl stop -m immediate` does: no checkpoint, every connection dropped.
    ///
    /// # Errors
    /// It was not started here.
    pub fn stop_immediate(&self) -> Result<()> {
        self.order(|keeper| {
            keeper.ask("signal QUIT")?;
            keeper.postmaster = None;
            Ok(())
        })
    }

    /// Ends it as `pg_ctl stop -m fast` does: transactions rolled back, a checkpoint.
    ///
    /// # Errors
    /// It was not started here.
    pub fn stop(&self) -> Result<()> {
        self.order(|keeper| {
            keeper.ask("signal INT")?;
            keeper.postmaster = None;
            Ok(())
        })
    }

    /// Kills the postmaster and every process of its with SIGKILL.
    ///
    /// # Errors
    /// It was not started here.
    pub fn kill9(&self) -> Result<()> {
        self.order(|keeper| {
            let Some(postmaster) = keeper.postmaster.take() else {
                return Ok(());
            };
            let children: Vec<u32> = children(postmaster)?;
            let list: Vec<String> = children.iter().map(u32::to_string).collect();
            keeper.ask(&format!("kill {}", list.join(" ")))?;
            let started = Instant::now();
            while children.iter().any(|pid| lives(*pid)) && started.elapsed() < START {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        })
    }

    /// Starts it again on the same data and port, and waits until it answers. What still runs is ended first.
    ///
    /// # Errors
    /// It was not started here, or does not start again.
    pub fn restart(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            let pid = self.order(|keeper| {
                if keeper.postmaster.take().is_some() {
                    keeper.ask("signal INT")?;
                }
                let pid = keeper.ask("start")?;
                let pid = pid.parse().map_err(|_| Error::other(format!("the keeper said {pid:?}")))?;
                keeper.postmaster = Some(pid);
                Ok(pid)
            })?;
            while lives(pid) && started.elapsed() < START {
                if self.answers() {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            // A process of the one before may still hold its memory for a moment.
            if started.elapsed() > START || !self.log().contains("shared memory block") {
                return Err(Error::other(format!("PostgreSQL does not start: {}", self.log())));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether it takes connections.
    pub fn answers(&self) -> bool {
        let Place::Own { port, .. } = &self.place else {
            return true;
        };
        let mut command = Command::new(self.programs.join("pg_isready"));
        command.args(["--quiet", "--host=127.0.0.1", "--timeout=5", &format!("--port={port}")]);
        command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn order<T>(&self, work: impl FnOnce(&mut Keeper) -> Result<T>) -> Result<T> {
        match &self.place {
            Place::Own { keeper, .. } => work(&mut keeper.lock().unwrap_or_else(PoisonError::into_inner)),
            Place::Given { .. } => Err(Error::other("this cluster was not started here, so it is not stopped here")),
        }
    }
}

impl Keeper {
    /// Gives an order and waits for the answer.
    fn ask(&mut self, order: &str) -> Result<String> {
        let orders = self.orders.as_mut().ok_or_else(|| Error::other("the keeper takes no orders"))?;
        writeln!(orders, "{order}")?;
        orders.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(Error::other("the keeper is gone"));
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whom the server runs as where this process is root, which PostgreSQL refuses to be.
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn find() -> Result<Option<Self>> {
        let number = |arguments: &[&str]| -> Result<u32> {
            let text = run(Command::new("id").args(arguments))?;
            text.parse().map_err(|_| Error::other(format!("id said {text:?}")))
        };
        if number(&["-u"])? != 0 {
            return Ok(None);
        }
        Ok(Some(Self { user: number(&["-u", "postgres"])?, group: number(&["-g", "postgres"])? }))
    }
}

/// A command, as the owner if there is one.
fn as_owner(owner: Option<&Owner>, program: &Path) -> Command {
    let Some(owner) = owner else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={}", owner.user), format!("--regid={}", owner.group)]);
    command.arg("--clear-groups").arg("--").arg(program);
    command
}

/// The folder with PostgreSQL's programs; they are installed if this process may do that.
fn programs() -> Result<PathBuf> {
    static LOOKING: Mutex<()> = Mutex::new(());
    let _one = LOOKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = installed() {
        return Ok(found);
    }
    if run(Command::new("id").arg("-u")).is_ok_and(|user| user == "0") {
        let apt = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(["-o", "DPkg::Lock::Timeout=120", "-y"]).args(arguments);
            let _ = command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        };
        apt(&["install", "postgresql"]);
        if installed().is_none() {
            apt(&["update"]);
            apt(&["install", "postgresql"]);
        }
    }
    installed().ok_or_else(|| {
        let text =
            "initdb and postgres are neither on PATH nor in /usr/lib/postgresql/*/bin: apt-get install postgresql";
        Error::new(io::ErrorKind::NotFound, text)
    })
}

/// Debian keeps the programs of each version in a folder off the PATH; the newest is taken.
fn installed() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|(_, folder)| folder);
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.chain(std::env::split_paths(&path).collect::<Vec<_>>()).find(complete)
}

/// A new folder which only its owner reads.
fn fresh_folder() -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("claviger-pg-{}-{count}", std::process::id()));
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
}

/// A port that is free, below those that the kernel gives to connections: while the server is stopped, nothing takes it.
fn free_port() -> Result<u16> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..1000 {
        let spread = std::process::id().wrapping_mul(37).wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(20_000 + spread % 10_000).unwrap_or(20_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::other("no free port between 20000 and 30000"))
}

/// Runs a command; what it prints, without the last line's end.
fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Error::new(error.kind(), format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(Error::other(format!("{name}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_survives_a_kill_and_leaves_nothing() {
        let cluster = Cluster::durable().unwrap();
        let url = cluster.fresh_database().unwrap();
        assert_ne!(url, cluster.fresh_database().unwrap());
        cluster.psql_at(&url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").unwrap();
        cluster.kill9().unwrap();
        assert!(!cluster.answers());
        cluster.restart().unwrap();
        assert_eq!(cluster.psql_at(&url, "SELECT n FROM kept").unwrap(), "7");
        cluster.stop_immediate().unwrap();
        assert!(!cluster.answers());
        cluster.restart().unwrap();
        assert_eq!(cluster.psql_at(&url, "SELECT n FROM kept").unwrap(), "7");
        let Place::Own { folder, keeper, .. } = &cluster.place else { panic!("not started here") };
        let (folder, pid) = (folder.clone(), keeper.lock().unwrap().postmaster.unwrap());
        drop(cluster);
        assert!(!folder.exists());
        assert!(!lives(pid));
    }

    #[test]
    fn a_given_url_is_taken_apart() {
        let own = Cluster::fast().unwrap();
        let given = Cluster::given(&own.url("postgres")).unwrap();
        assert_eq!(given.url("x"), own.url("x"));
        let url = given.fresh_database().unwrap();
        assert_eq!(given.psql_at(&url, "SELECT 1").unwrap(), "1");
        assert!(given.restart().is_err());
        assert!(Cluster::given("nonsense").is_err());
    }
}
