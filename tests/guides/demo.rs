//! The demo, as anybody starts it; one for all tests that run at the same time, ended by its process id with the last.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A running demo.
pub struct Demo {
    child: Child,
    base: u16,
    manifest: serde_json::Value,
    folder: PathBuf,
}

static RUNNING: Mutex<Weak<Demo>> = Mutex::new(Weak::new());

impl Demo {
    /// The running demo, started if there is none.
    pub fn get() -> Arc<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let demo = Arc::new(Self::start());
            *running = Arc::downgrade(&demo);
            demo
        })
    }

    fn start() -> Self {
        let base = free_ports();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("guides-{}-{base}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = folder.join("manifest.json");
        let child = Command::new(env!("CARGO_BIN_EXE_claviger"))
            .args(["demo", "--port-base", &base.to_string(), "--manifest"])
            .arg(&manifest)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut demo = Self { child, base, manifest: serde_json::Value::Null, folder };
        demo.manifest = demo.await_manifest(&manifest);
        demo
    }

    fn await_manifest(&mut self, path: &PathBuf) -> serde_json::Value {
        let patience = Instant::now() + Duration::from_mins(2);
        while Instant::now() < patience {
            if let Ok(text) = std::fs::read(path) {
                return serde_json::from_slice(&text).unwrap();
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the demo ended with {status}: {}", self.said());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the demo is not ready: {}", self.said());
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.join("stderr")).unwrap_or_default()
    }

    /// The port of a realm, or of the API host of one.
    pub fn port(&self, name: &str) -> u16 {
        let order = [
            "integrator",
            "audaconnect",
            "jim2",
            "blastiq",
            "aurora-dev",
            "aurora-live",
            "billit-sandbox",
            "billit-sandbox-api",
            "billit-live",
            "billit-live-api",
            "standard",
        ];
        self.base + u16::try_from(order.iter().position(|known| *known == name).unwrap()).unwrap()
    }

    /// A client's secret, from the manifest.
    pub fn secret(&self, realm: &str, client: &str) -> String {
        let clients = self.manifest["realms"][realm]["clients"].as_array().unwrap();
        let client =
            clients.iter().find(|c| c["id"] == client).unwrap_or_else(|| panic!("no client {client} in {realm}"));
        client["secret"].as_str().unwrap().to_owned()
    }

    /// A user's password, from the manifest.
    pub fn password(&self, realm: &str, username: &str) -> String {
        let users = self.manifest["realms"][realm]["users"].as_array().unwrap();
        users.iter().find(|u| u["username"] == username).unwrap()["password"].as_str().unwrap().to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The first of twenty ports in a row that are free now.
fn free_ports() -> u16 {
    // Below the ports that the system gives to connections.
    let start = 10_240 + u16::try_from(std::process::id() % 640).unwrap() * 32;
    (0..100)
        .map(|i| start + i * 20)
        .find(|base| (*base..*base + 20).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()))
        .expect("twenty free ports")
}
