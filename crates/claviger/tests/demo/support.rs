//! A running demo, and a browser that is a cookie jar.

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// A folder that goes away.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let name = format!("claviger-demo-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Demo {
    child: Child,
    pub base: u16,
    pub manifest: Value,
    pub printed: String,
    /// The demo's temporary files are made in here.
    pub folder: Folder,
}

/// The command with its temporary files in `folder`.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.arg("demo").args(arguments).env("TMPDIR", folder).stdin(Stdio::null());
    command
}

impl Demo {
    pub fn start() -> Self {
        Self::start_with(Folder::new(), &[])
    }

    pub fn start_with(folder: Folder, arguments: &[&str]) -> Self {
        claviger_testing::slapd::provide().unwrap();
        // Another test may take a port between the look and the start.
        let mut tries = 0..5;
        let mut folder = Some(folder);
        loop {
            let base = free_base();
            match Self::try_start(&mut folder, base, arguments) {
                Ok(demo) => return demo,
                Err(log) if log.contains("cannot listen") && tries.next().is_some() => {}
                Err(log) => panic!("the demo did not start: {log}"),
            }
        }
    }

    /// On ports that were free a moment ago.
    pub fn start_at(base: u16, folder: Folder, arguments: &[&str]) -> Self {
        Self::try_start(&mut Some(folder), base, arguments).unwrap_or_else(|log| panic!("{log}"))
    }

    fn try_start(folder: &mut Option<Folder>, base: u16, arguments: &[&str]) -> Result<Self, String> {
        let path = folder.as_ref().unwrap().0.clone();
        let (manifest, out, log) = (path.join("manifest.json"), path.join("out"), path.join("log"));
        let port = base.to_string();
        let mut child = command(&path, &["--port-base", &port, "--manifest", manifest.to_str().unwrap()])
            .args(arguments)
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let logged = || std::fs::read_to_string(&log).unwrap();
        while !logged().contains("ready after") {
            if child.try_wait().unwrap().is_some() {
                return Err(logged());
            }
            if started.elapsed() > Duration::from_mins(1) {
                let _ = child.kill();
                return Err(format!("not ready within a minute: {}", logged()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self {
            child,
            base,
            manifest: serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap(),
            printed: std::fs::read_to_string(&out).unwrap(),
            folder: folder.take().unwrap(),
        })
    }

    pub fn integrator(&self) -> &str {
        self.manifest["integrator"].as_str().unwrap()
    }

    pub fn realm(&self, id: &str) -> &Value {
        let realm = &self.manifest["realms"][id];
        assert!(realm.is_object(), "no realm {id}");
        realm
    }

    pub fn endpoint(&self, realm: &str, name: &str) -> String {
        self.realm(realm)["endpoints"][name].as_str().unwrap().to_owned()
    }

    pub fn api(&self, realm: &str, name: &str) -> String {
        let apis = self.realm(realm)["apis"].as_array().unwrap();
        let api = apis.iter().find(|api| api["name"] == name).unwrap_or_else(|| panic!("{realm} has no API {name}"));
        api["url"].as_str().unwrap().to_owned()
    }

    /// Id and secret of a client.
    pub fn client(&self, realm: &str, id: &str) -> (String, String) {
        let clients = self.realm(realm)["clients"].as_array().unwrap();
        let client = clients.iter().find(|client| client["id"] == id).unwrap();
        (id.to_owned(), client["secret"].as_str().unwrap_or_default().to_owned())
    }

    pub fn password(&self, realm: &str, username: &str) -> String {
        let users = self.realm(realm)["users"].as_array().unwrap();
        users.iter().find(|user| user["username"] == username).unwrap()["password"].as_str().unwrap().to_owned()
    }

    /// Sends a signal and waits for the end.
    pub fn end(&mut self, signal: Signal) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = self.child.wait().unwrap();
        (status, asked.elapsed())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port from which on as many are free as the demo takes. Each process looks somewhere else first.
pub fn free_base() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 600).unwrap() * 24;
    (0..600)
        .map(|_| 12_000 + first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed) * 24) % 14_400)
        .find(|base| (*base..base + 20).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()))
        .expect("twenty free ports")
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// What a form holds.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// Boxes and radio buttons: name and value.
    pub choices: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub url: String,
    pub html: String,
}

impl Page {
    pub fn forms(&self) -> Vec<Form> {
        self.html.split("<form ").skip(1).map(|text| form(text.split("</form>").next().unwrap())).collect()
    }

    /// The form that has a field or a button of this name.
    pub fn form(&self, name: &str) -> Option<Form> {
        let place = self
            .html
            .split("<form ")
            .skip(1)
            .position(|text| text.split("</form>").next().unwrap().contains(&format!("name=\"{name}\"")))?;
        self.forms().into_iter().nth(place)
    }

    /// The form that posts to an address with this end.
    pub fn button(&self, end: &str) -> Option<Form> {
        self.forms().into_iter().find(|form| form.action.ends_with(end))
    }

    /// What people read: no tags, no references.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut inside = false;
        for c in self.html.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                _ if !inside => text.push(c),
                _ => {}
            }
        }
        unescape(&text)
    }
}

fn form(text: &str) -> Form {
    let mut form =
        Form { action: attribute(text, "action").unwrap_or_default(), fields: Vec::new(), choices: Vec::new() };
    for input in text.split("<input ").skip(1) {
        let input = &input[..input.find('>').unwrap()];
        let Some(name) = attribute(input, "name") else { continue };
        let value = attribute(input, "value").unwrap_or_default();
        match attribute(input, "type").as_deref() {
            Some("checkbox" | "radio") => form.choices.push((name, value)),
            _ => form.fields.push((name, value)),
        }
    }
    form
}

fn attribute(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("{name}=\""))? + name.len() + 2;
    Some(unescape(&text[start..start + text[start..].find('"')?]))
}

fn unescape(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&#x2f;", "/"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A browser: on one machine all ports share their cookies.
pub struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
    /// What stood behind the `#` of the last redirect.
    pub fragment: Option<String>,
}

impl Browser {
    pub fn new() -> Self {
        Self { http: http(), cookies: BTreeMap::new(), fragment: None }
    }

    /// Follows redirects.
    pub async fn get(&mut self, url: &str) -> Page {
        self.go(url, None).await
    }

    pub async fn submit(&mut self, page: &Page, form: &Form, more: &[(&str, &str)]) -> Page {
        let mut fields: Vec<(String, String)> = form.fields.clone();
        for (name, value) in more {
            fields.retain(|(known, _)| known != name || more.iter().filter(|(n, _)| n == name).count() > 1);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let url = reqwest::Url::parse(&page.url).unwrap().join(&form.action).unwrap();
        self.go(url.as_str(), Some(&fields)).await
    }

    async fn go(&mut self, url: &str, fields: Option<&[(String, String)]>) -> Page {
        let (mut url, mut fields) = (url.to_owned(), fields);
        for _ in 0..10 {
            let mut request = match fields.take() {
                Some(fields) => self.http.post(&url).form(fields),
                None => self.http.get(&url),
            };
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if !cookies.is_empty() {
                request = request.header(COOKIE, cookies.join("; "));
            }
            let answer = request.send().await.unwrap();
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                if value.is_empty() {
                    self.cookies.remove(name);
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let status = answer.status().as_u16();
            let Some(to) = answer.headers().get(LOCATION) else {
                return Page { status, url, html: answer.text().await.unwrap() };
            };
            assert_eq!(status, 303, "{url}");
            let mut next = reqwest::Url::parse(&url).unwrap().join(to.to_str().unwrap()).unwrap();
            self.fragment = next.fragment().map(str::to_owned);
            next.set_fragment(None);
            url = next.into();
        }
        panic!("redirects in a circle at {url}");
    }
}
