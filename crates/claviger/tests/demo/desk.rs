//! The demo as its operators see it: commands on its database, commands and calls at its server, its mails.

use crate::login::command;
use crate::support::{Demo, http};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

pub struct Desk {
    pub demo: Demo,
    /// Where its database, its master key and its mails are.
    pub data: PathBuf,
    /// The issuer of its admin realm.
    pub server: String,
}

impl Desk {
    pub fn start() -> Self {
        let demo = Demo::start();
        let data = PathBuf::from(demo.manifest["mails"].as_str().unwrap()).parent().unwrap().to_owned();
        let server = demo.realm("admin")["issuer"].as_str().unwrap().to_owned();
        Self { demo, data, server }
    }

    /// A command on the database.
    pub fn here(&self, args: &[&str]) -> Output {
        let mut command = command(&self.data, args);
        command.args(["--database", &format!("sqlite://{}/claviger.db", self.data.display())]);
        command.env("CLAVIGER_MASTER_KEY__FILE", self.data.join("master.key")).output().unwrap()
    }

    /// The same, which goes well and prints JSON.
    pub fn json_here(&self, args: &[&str]) -> Value {
        json_of(args, &self.here(&[args, &["-o", "json"]].concat()))
    }

    /// A command at a server (this one, or whoever stands before it) with a token.
    pub fn at(&self, server: &str, token: &str, args: &[&str]) -> Output {
        let mut command = command(&self.demo.folder.0, args);
        command.args(["--server", server]).env("CLAVIGER_ACCESS_TOKEN", token).output().unwrap()
    }

    /// A token of the program that acts for itself, with every permission that it may have.
    pub async fn token(&self) -> String {
        let (id, secret) = self.demo.client("admin", "demo-automation");
        let request = http().post(self.demo.endpoint("admin", "token")).basic_auth(id, Some(secret));
        let said: Value =
            request.form(&[("grant_type", "client_credentials")]).send().await.unwrap().json().await.unwrap();
        said["access_token"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    /// A call of the admin API: its status and what it says.
    pub async fn call(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = http().request(method, format!("{}/admin/v1{path}", self.server));
        let request = request.bearer_auth(token).header("if-match", "*");
        let answer = if let Some(body) = body { request.json(body) } else { request }.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// The newest mail to this address that says this, once it is there.
    pub fn mail(&self, to: &str, words: &str) -> String {
        let began = Instant::now();
        loop {
            let mut names: Vec<_> = std::fs::read_dir(self.data.join("mails"))
                .map(|folder| folder.map(|entry| entry.unwrap().path()).collect())
                .unwrap_or_default();
            names.sort();
            let mails = names.iter().rev().filter(|name| name.extension().is_some_and(|end| end == "eml"));
            let read = mails.map(|name| decoded(&std::fs::read_to_string(name).unwrap()));
            if let Some(mail) = read.into_iter().find(|mail| mail.contains(to) && mail.contains(words)) {
                return mail;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "no mail to {to} that says {words}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// What a command printed that went well.
pub fn json_of(args: &[&str], output: &Output) -> Value {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"))
}

/// A mail without its quoted-printable (RFC 2045 6.7).
fn decoded(mail: &str) -> String {
    let joined = mail.replace("=\r\n", "").replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'=') {
            bytes.push(byte);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The address in a text that begins somewhere and holds this.
pub fn link(text: &str, with: &str) -> String {
    let is_part = |c: char| !c.is_whitespace() && !['"', '<', '>'].contains(&c);
    let mut all = text.match_indices("http").map(|(at, _)| text[at..].split(|c| !is_part(c)).next().unwrap());
    all.find(|url| url.contains(with)).unwrap_or_else(|| panic!("no link with {with}: {text}")).to_owned()
}

/// Nothing, as a body.
pub fn nothing() -> Value {
    json!({})
}
