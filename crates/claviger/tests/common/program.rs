//! The program as its users run it, in a folder of its own.

#![allow(dead_code, reason = "every test takes what it needs of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// A folder with a configuration, removed at the end.
pub struct Home(pub PathBuf);

impl Home {
    pub fn empty() -> Self {
        let path = std::env::temp_dir().join(format!("claviger-cli-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// As `claviger init` and `claviger apply` leave it.
    pub fn applied() -> Self {
        let home = Self::empty();
        home.ok(&["init"]);
        home.ok(&["apply", "realms/"]);
        home
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        command.current_dir(&self.0).args(args).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLAVIGER_")) {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran(self.command(args).output().unwrap())
    }

    pub fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code(), 0, "{args:?}: {}{}", ran.out(), ran.err());
        ran
    }

    /// It fails with this code, says `why` on stderr, and nothing on stdout.
    pub fn fails(&self, code: i32, args: &[&str], why: &str) {
        let ran = self.run(args);
        assert_eq!(ran.code(), code, "{args:?}: {}{}", ran.out(), ran.err());
        assert!(ran.err().contains(why), "{args:?}: {}", ran.err());
        assert_eq!(ran.out(), "", "{args:?}");
    }

    pub fn with_stdin(&self, args: &[&str], input: &str) -> Ran {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran(child.wait_with_output().unwrap())
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap()
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.out()))
    }
}

/// A running `claviger serve`.
pub struct Serving {
    pub child: Child,
    pub port: u16,
    pub management: u16,
    /// What it said before it served.
    pub log: String,
    /// What it has said since.
    said: Arc<Mutex<String>>,
}

impl Serving {
    pub fn start(home: &Home) -> Self {
        Self::start_as(home, home.command(&["serve"]))
    }

    /// The same behind a line of the shell: a limit, a umask.
    pub fn start_after(home: &Home, line: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{line}; exec \"$0\" serve"), env!("CARGO_BIN_EXE_claviger")]);
        command.current_dir(&home.0).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLAVIGER_")) {
            command.env_remove(name);
        }
        Self::start_as(home, command)
    }

    fn start_as(home: &Home, command: Command) -> Self {
        let (port, management) = (free_port(), free_port());
        let config = home.read("claviger.toml");
        let config = config.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
        home.write("claviger.toml", &config.replace("127.0.0.1:9090", &format!("127.0.0.1:{management}")));
        let realm = home.read("realms/example.toml").replace("localhost:8080", &format!("localhost:{port}"));
        home.write("realms/example.toml", &realm);
        home.ok(&["apply", "realms/"]);
        Self::of(command, port, management)
    }

    /// A server that listens on these ports.
    pub fn of(mut command: Command, port: u16, management: u16) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let (mut line, mut said) = (String::new(), String::new());
        while !line.contains("serving") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the server ended: {said}");
            said.push_str(&line);
        }
        let later = Arc::new(Mutex::new(String::new()));
        let to = Arc::clone(&later);
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                to.lock().unwrap().extend([line.as_str(), "\n"]);
            }
        });
        Self { child, port, management, log: said, said: later }
    }

    /// The first line of its log, as JSON, that holds all of these texts; it may still be on its way.
    pub fn line(&self, with: &[&str]) -> serde_json::Value {
        let began = std::time::Instant::now();
        loop {
            let said = self.said.lock().unwrap().clone();
            if let Some(line) = said.lines().find(|line| with.iter().all(|text| line.contains(text))) {
                return serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            }
            assert!(began.elapsed().as_secs() < 10, "no line with {with:?} in {said}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// How many lines of its log hold this text until now.
    pub fn count(&self, text: &str) -> usize {
        self.said.lock().unwrap().lines().filter(|line| line.contains(text)).count()
    }

    /// Sends it SIGHUP.
    pub fn hang_up(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// An answer, head and body, to a request for a host.
    pub fn ask(port: u16, host: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The status and body of an answer.
    pub fn post(&self, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}",
            self.port
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    pub fn token(&self, client: &str, secret: &str) -> u16 {
        self.post("/token", &format!("grant_type=client_credentials&client_id={client}&client_secret={secret}")).0
    }

    /// The status of a GET at a port.
    pub fn get(port: u16, path: &str) -> u16 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Waits until the server has noticed what another process wrote.
    pub fn eventually(&self, client: &str, secret: &str, expected: bool) {
        let began = std::time::Instant::now();
        while (self.token(client, secret) == 200) != expected {
            assert!(began.elapsed().as_secs() < 10, "the server did not notice");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Asks it to end; its exit code.
    pub fn stop(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
