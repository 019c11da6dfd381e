//! The same commands at a database and at a running server: what they print, how they fail; and a partner programme by commands alone,
//! and by the admin API alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use claviger_core::permission::Permission;
use program::{Home, Ran, Serving};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SECRET: &str = "a-secret-of-the-tests-that-is-long-enough";

/// A server with a realm `example` and its administrators' realm, whose client `robot` is an owner.
struct World {
    home: Home,
    serving: Serving,
    url: String,
    token: String,
}

impl World {
    fn new() -> Self {
        let home = Home::applied();
        let serving = Serving::start(&home);
        let url = format!("http://127.0.0.1:{}", serving.port);
        let example = home.read("realms/example.toml");
        let (before, after) = example.split_once(", \"127.0.0.1:").unwrap();
        home.write("realms/example.toml", &format!("{before}]{}", after.split_once(']').unwrap().1));
        let scope = Permission::ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(" ");
        let authority = url.strip_prefix("http://").unwrap();
        home.write(
            "realms/admin.toml",
            &format!(
                "[realm]\nid = \"admin\"\nname = \"Administration\"\ndialect = \"standard\"\nissuer = \"{url}\"\n\
                 authorities = [\"{authority}\"]\n\n[administration]\nrealms = [\"*\"]\n\n\
                 [sign-in]\nsecond-factor = \"optional\"\n\n\
                 [[client]]\nid = \"robot\"\nname = \"Robot\"\nsecret = \"{SECRET}\"\ngrants = [\"client_credentials\"]\n\
                 scope = \"{scope}\"\naudiences = [\"{url}/admin/v1\"]\n"
            ),
        );
        home.ok(&["apply", "realms/"]);
        home.ok(&["role", "give", "--app", "robot", "owner", "--realm", "admin"]);
        let mut world = Self { home, serving, url, token: String::new() };
        let began = Instant::now();
        // The server notices what was applied.
        while world.token.is_empty() {
            let body = format!("grant_type=client_credentials&client_id=robot&client_secret={SECRET}");
            let said = world.form("/token", &body).1;
            said["access_token"].as_str().unwrap_or_default().clone_into(&mut world.token);
            assert!(began.elapsed() < Duration::from_mins(1), "no token");
            std::thread::sleep(Duration::from_millis(20));
        }
        world
    }

    fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.json().await.unwrap_or_default())
        })
    }

    fn form(&self, path: &str, body: &str) -> (u16, Value) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url));
        Self::send(request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned()))
    }

    /// A token of the realm `example`.
    fn ask_token(&self, client: &str, secret: &str) -> (u16, Value) {
        let request = reqwest::Client::new().post(format!("http://localhost:{}/token", self.serving.port));
        Self::send(request.basic_auth(client, Some(secret)).form(&[("grant_type", "client_credentials")]))
    }

    fn at_server(&self, args: &[&str]) -> Ran {
        let mut command = self.home.command(args);
        command.args(["--server", &self.url]).env("CLAVIGER_ACCESS_TOKEN", &self.token);
        Ran(command.output().unwrap())
    }

    fn ok_at(&self, server: bool, args: &[&str]) -> Ran {
        if !server {
            return self.home.ok(args);
        }
        let ran = self.at_server(args);
        assert_eq!(ran.code(), 0, "{args:?}: {}{}", ran.out(), ran.err());
        ran
    }

    /// Waits until an app's call is refused, or served.
    fn until(&self, client: &str, secret: &str, status: u16) -> Value {
        let began = Instant::now();
        loop {
            let (is, said) = self.ask_token(client, secret);
            if is == status {
                return said;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{is} {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// An app is registered, asked about, approved; it makes a mistake, which is found; its secret is replaced; it is stopped.
fn programme(world: &World, server: bool) {
    let realm = ["--realm", "example"];
    let run = |args: &[&str]| world.ok_at(server, &[args, &realm].concat());
    let json = |args: &[&str]| run(&[args, &["-o", "json"]].concat()).json();
    let id = if server { "partner-at-server" } else { "partner-at-database" };
    let made = json(&[
        "app",
        "create",
        "--id",
        id,
        "--name",
        "Partner",
        "--owner",
        "dev@partner.example",
        "--scope",
        "orders:read",
    ]);
    assert_eq!(made["status"], "pending");
    assert_eq!(json(&["app", "queue"])[0]["client_id"], id);
    let asked = json(&["app", "ask", id, "What is it for?"]);
    assert_eq!((&asked["asked"], &asked["mail"]), (&json!("What is it for?"), &json!("dev@partner.example")));
    let approved = json(&["app", "approve", id]);
    assert_eq!((&approved["status"], &approved["mail"]["to"]), (&json!("active"), &json!("dev@partner.example")));
    assert!(approved["addresses"]["Token endpoint"].as_str().unwrap().ends_with("/token"), "{approved}");
    let said: Vec<_> =
        json(&["app", "timeline", id]).as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert!(said.contains(&json!("question")) && said.contains(&json!("approved")), "{said:?}");
    let first = json(&["secret", "add", id, "--label", "first"]);
    let first = (first["id"].as_str().unwrap().to_owned(), first["secret"].as_str().unwrap().to_owned());
    world.until(id, &first.1, 200);
    let reference = world.until(id, "wrong", 401)["reference"].as_str().map(str::to_owned);
    let began = Instant::now();
    let found = loop {
        let groups = json(&["log", "errors", "--app", id]);
        if let Some(found) = groups.as_array().unwrap().iter().find(|one| one["kind"] == "wrong_client").cloned() {
            break found;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{groups}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(!found["mend"].as_str().unwrap().is_empty(), "{found}");
    let reference = reference.unwrap_or_else(|| found["reference"].as_str().unwrap().to_owned());
    assert!(run(&["log", "replay", &reference]).out().contains("failed"));
    // The secret that the approval made was not used: it makes place for the second.
    let secrets = json(&["secret", "list", id]);
    let unused = secrets.as_array().unwrap().iter().find(|one| one["id"] != *first.0).unwrap()["id"].clone();
    run(&["secret", "retire", id, unused.as_str().unwrap(), "--yes"]);
    let second = json(&["secret", "add", id, "--label", "second"])["secret"].as_str().unwrap().to_owned();
    world.until(id, &second, 200);
    let began = Instant::now();
    loop {
        let secrets = json(&["secret", "list", id]);
        let old = secrets.as_array().unwrap().iter().find(|one| one["id"] == *first.0).unwrap().clone();
        if old["last_used_at"].is_string() {
            break;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "no use was noted: {secrets}");
        std::thread::sleep(Duration::from_millis(100));
    }
    run(&["secret", "retire", id, &first.0, "--yes"]);
    world.until(id, &first.1, 401);
    assert_eq!(json(&["app", "suspend", id, "--yes"])["status"], "suspended");
    world.until(id, &second, 401);
    let way = if server { "api" } else { "cli" };
    let acts = json(&["audit", "list", "--subject", &format!("app/{id}")]);
    let acts: Vec<_> = acts.as_array().unwrap().iter().map(|one| (one["act"].clone(), one["way"].clone())).collect();
    for act in ["app.create", "app.ask", "app.approve", "app.suspend"] {
        assert!(acts.contains(&(json!(act), json!(way))), "{act}: {acts:?}");
    }
}

#[test]
fn a_partner_programme_by_commands_alone_at_the_database_and_at_the_server() {
    let world = World::new();
    programme(&world, false);
    programme(&world, true);
    // What was done is told alike at both.
    for command in [
        &["realm", "list"][..],
        &["app", "list", "--realm", "example"],
        &["app", "list", "--status", "suspended", "--realm", "example"],
        &["app", "queue", "--realm", "example"],
        &["app", "timeline", "partner-at-server", "--realm", "example"],
        &["secret", "list", "partner-at-server", "--realm", "example"],
        &["user", "list", "--realm", "example"],
        &["user", "show", "ada", "--realm", "example"],
        &["key", "list", "--realm", "example"],
        &["log", "errors", "--app", "partner-at-server", "--realm", "example", "--since", "1d"],
        &["audit", "list", "--realm", "example"],
    ] {
        for format in ["table", "json", "yaml", "csv", "id"] {
            let args = [command, &["-o", format]].concat();
            let (here, there) = (world.home.ok(&args), world.ok_at(true, &args));
            // Logs tell milliseconds at the database.
            let has_times = command[0] == "audit" || ["json", "yaml"].contains(&format);
            if ["log", "audit"].contains(&command[0]) && has_times && format != "id" {
                continue;
            }
            assert_eq!(here.out(), there.out(), "{args:?}");
        }
    }
    // Failures end alike.
    for (code, args) in [
        (5, &["app", "approve", "no-such", "--realm", "example"][..]),
        (5, &["user", "show", "no-such", "--realm", "example"]),
        (6, &["app", "approve", "partner-at-server", "--realm", "example"]),
        (2, &["app", "create", "--name", "X", "--redirect-uri", "http://evil.example/*", "--realm", "example"]),
    ] {
        let (here, there) = (world.home.run(args), world.at_server(args));
        assert_eq!((here.code(), there.code()), (code, code), "{args:?}: {} | {}", here.err(), there.err());
    }
    // What is for the database alone says so, and nothing is done.
    for args in [&["db", "status"][..], &["master-key", "rotate"], &["mail", "list"], &["serve"]] {
        let ran = world.at_server(args);
        assert_eq!(ran.code(), 2, "{args:?}: {}", ran.err());
        assert!(ran.err().contains("works on the database"), "{args:?}: {}", ran.err());
    }
    let mut stranger = world.home.command(&["app", "list", "--server", &world.url]);
    let ran = Ran(stranger.env("XDG_CONFIG_HOME", world.home.0.join("nobody")).output().unwrap());
    assert_eq!(ran.code(), 4, "{}", ran.err());
    assert!(ran.err().contains(&format!("claviger login --server {}", world.url)), "{}", ran.err());
}
