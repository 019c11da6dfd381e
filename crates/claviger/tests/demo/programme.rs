//! A partner programme from its first owner to a suspended app, by commands at a server alone, and by the admin API alone. Each person
//! signs in and acts with a token of their own; what only a person does (a password, an approval of a code, a one-time link) is done by plain
//! requests for the pages.

use crate::desk::{Desk, json_of, link, nothing};
use crate::login::{code_of, command, submit};
use crate::support::{Browser, http};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The realm of the apps: its dialect has old behaviours that can end.
const REALM: &str = "audaconnect";
/// How long is waited before something is looked for once more.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, PartialEq)]
enum Face {
    Commands,
    Api,
}

struct Person {
    name: String,
    mail: String,
    password: String,
    browser: Browser,
    token: String,
}

impl Person {
    fn new(role: &str) -> Self {
        let mail = format!("{role}@vendor.example");
        let password = format!("a good password of {role}");
        Self { name: role.to_owned(), mail, password, browser: Browser::new(), token: String::new() }
    }

    /// Chooses a password behind a link.
    async fn choose_password(&mut self, link: &str) {
        let page = self.browser.get(link).await;
        let form = page.forms().into_iter().find(|form| form.fields.iter().any(|(name, _)| name.contains("password")));
        let form = form.unwrap_or_else(|| panic!("no password is asked for: {}", page.text()));
        let names = form.fields.iter().map(|(name, _)| name.clone()).filter(|name| name.contains("password"));
        let names: Vec<String> = names.collect();
        let given: Vec<_> = names.iter().map(|name| (name.as_str(), self.password.as_str())).collect();
        let page = self.browser.submit(&page, &form, &given).await;
        assert_eq!(page.status, 200, "{}", page.text());
    }

    /// Allows a device, with a second factor that is set up on the way.
    async fn allow(&mut self, address: &str) {
        let browser = &mut self.browser;
        let page = browser.get(address).await;
        let page = submit(browser, &page, "user_code", &[]).await;
        let page = submit(browser, &page, "decision", &[("decision", "continue")]).await;
        let given = [("username", self.name.as_str()), ("password", self.password.as_str())];
        let page = submit(browser, &page, "username", &given).await;
        let code = code_of(&page);
        let page = submit(browser, &page, "code", &[("act", "set-up"), ("code", &code)]).await;
        let page = submit(browser, &page, "act", &[("act", "go-on")]).await;
        let page = submit(browser, &page, "decision", &[("decision", "allow")]).await;
        assert_eq!(page.status, 200, "{}", page.text());
    }
}

struct Walk {
    desk: Desk,
    face: Face,
}

impl Walk {
    /// Does something with a token: by a command in a realm, or by a call below that realm; what it says, of lists the items.
    async fn act(&self, who: &Person, args: &[&str], (method, path, body): (Method, &str, Value)) -> Value {
        if self.face == Face::Commands {
            let args = [args, &["-o", "json"]].concat();
            return json_of(&args, &self.desk.at(&self.desk.server, &who.token, &args));
        }
        let body = Some(&body).filter(|body| !body.is_null());
        let (status, mut said) = self.desk.call(&who.token, method, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {said}");
        said.get_mut("items").map(Value::take).unwrap_or(said)
    }

    /// The same in the realm of the apps.
    async fn in_realm(&self, who: &Person, args: &[&str], (method, path, body): (Method, String, Value)) -> Value {
        self.act(who, &[args, &["--realm", REALM]].concat(), (method, &path, body)).await
    }

    /// Signs in: `claviger login`, or the device grant of the admin API's realm (RFC 8628).
    async fn sign_in(&self, who: &mut Person) {
        if self.face == Face::Api {
            let form = [
                ("client_id", "claviger-cli"),
                (
                    "scope",
                    "offline_access apps:read apps:write apps:approve secrets:read \
                secrets:write users:read users:write realms:read log:read legacy:read audit:read roles:read roles:write",
                ),
            ];
            let asked =
                http().post(format!("{}/device_authorization", self.desk.server)).form(&form).send().await.unwrap();
            let asked: Value = asked.json().await.unwrap();
            who.allow(asked["verification_uri_complete"].as_str().unwrap_or_else(|| panic!("{asked}"))).await;
            let form = [
                ("client_id", "claviger-cli"),
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", asked["device_code"].as_str().unwrap()),
            ];
            let given = http().post(self.desk.demo.endpoint("admin", "token")).form(&form).send().await.unwrap();
            let given: Value = given.json().await.unwrap();
            given["access_token"].as_str().unwrap_or_else(|| panic!("{given}")).clone_into(&mut who.token);
            return;
        }
        let folder = self.desk.demo.folder.0.join(&who.name);
        std::fs::create_dir(&folder).unwrap();
        let mut login = command(&folder, &["login", "--server", &self.desk.server]);
        let mut login = login.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(login.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("or open ") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "no address");
        }
        who.allow(line.trim_start_matches("or open ").trim()).await;
        let ended = tokio::task::spawn_blocking(move || {
            let mut rest = String::new();
            said.read_to_string(&mut rest).unwrap();
            (login.wait().unwrap(), rest)
        });
        let (status, rest) = ended.await.unwrap();
        assert!(status.success(), "{rest}");
        let kept = std::fs::read(folder.join("config/claviger/login.json")).unwrap();
        let kept: Value = serde_json::from_slice(&kept).unwrap();
        kept["servers"][&self.desk.server]["access_token"].as_str().unwrap().clone_into(&mut who.token);
    }

    /// What the guide's line for a token of the app itself prints, run with this secret.
    async fn by_the_guide(&self, id: &str, secret: &str) -> String {
        let token = reqwest::Url::parse(&self.desk.demo.endpoint(REALM, "token")).unwrap();
        let url = token.join(&format!("/guide.md?client_id={id}")).unwrap();
        let guide = http().get(url).send().await.unwrap().text().await.unwrap();
        let lines: Vec<&str> = guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        let line = lines.into_iter().find(|line| line.contains("grant_type=client_credentials"));
        let line = line.unwrap_or_else(|| panic!("the guide has no such line: {guide}")).to_owned();
        let ran = std::process::Command::new("bash").args(["-c", &line]).env("CLIENT_SECRET", secret).output().unwrap();
        String::from_utf8_lossy(&ran.stdout).into_owned()
    }

    /// The same until it prints this: other servers and other parts of this one notice within a moment.
    async fn until(&self, id: &str, secret: &str, word: &str) {
        let began = Instant::now();
        loop {
            let said = self.by_the_guide(id, secret).await;
            if said.contains(word) {
                return;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{word}: {said}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// An owner by the one-time link, and a reviewer whom they invite; both sign in.
    async fn people(&self) -> (Person, Person) {
        let (mut owner, mut reviewer) = (Person::new("first"), Person::new("reviewer"));
        let made = self.desk.json_here(&[
            "role",
            "first-owner",
            "--realm",
            "admin",
            "--username",
            &owner.name,
            "--email",
            &owner.mail,
            "--force",
        ]);
        owner.choose_password(made["link"].as_str().unwrap()).await;
        self.sign_in(&mut owner).await;

        let (name, mail) = (reviewer.name.clone(), reviewer.mail.clone());
        let add = ["user", "add", &name, "--email", &mail, "--email-verified", "--no-password", "--realm", "admin"];
        let body = json!({ "username": name, "email": mail, "email_verified": true });
        self.act(&owner, &add, (Method::POST, "/realms/admin/users", body)).await;
        let body = json!({ "holder": name, "role": "reviewer", "over": REALM });
        let give = ["role", "give", &name, "reviewer", "--over", REALM, "--realm", "admin"];
        self.act(&owner, &give, (Method::POST, "/roles/give", body)).await;
        let path = format!("/realms/admin/users/{name}/invite");
        self.act(&owner, &["user", "invite", &name, "--realm", "admin"], (Method::POST, &path, nothing())).await;
        reviewer.choose_password(&link(&self.desk.mail(&mail, "/-/link"), "/-/link")).await;
        self.sign_in(&mut reviewer).await;
        (owner, reviewer)
    }

    /// Whoever only reviews stops nothing.
    async fn may_not_suspend(&self, reviewer: &Person, id: &str) {
        if self.face == Face::Commands {
            let ran =
                self.desk.at(&self.desk.server, &reviewer.token, &["app", "suspend", id, "--yes", "--realm", REALM]);
            assert_eq!(ran.status.code(), Some(4), "{}", String::from_utf8_lossy(&ran.stderr));
        } else {
            let path = format!("/realms/{REALM}/apps/{id}/suspend");
            let (status, said) = self.desk.call(&reviewer.token, Method::POST, &path, Some(&nothing())).await;
            assert_eq!(status, 403, "{said}");
        }
    }
}

/// The app, and whom its mails go to.
const ID: &str = "fleet";
const PARTNER: &str = "petra@fleet.example";

/// A call below the app.
fn at(below: &str) -> String {
    format!("/realms/{REALM}/apps/{ID}{below}")
}

fn post(below: &str, body: Value) -> (Method, String, Value) {
    (Method::POST, at(below), body)
}

fn get(below: &str) -> (Method, String, Value) {
    (Method::GET, at(below), Value::Null)
}

async fn programme(face: Face) {
    let walk = Walk { desk: Desk::start(), face };
    let (owner, reviewer) = walk.people().await;
    decided(&walk, &owner, &reviewer).await;
    let first = used(&walk, &owner).await;
    let second = rotated(&walk, &owner, &first).await;
    ended(&walk, &owner, &second).await;
    told(&walk, &owner, &reviewer).await;
}

/// Registered, asked about, answered, approved; the reviewer acts with their own token.
async fn decided(walk: &Walk, owner: &Person, reviewer: &Person) {
    let body = json!({ "id": ID, "name": "Fleet", "owner_email": PARTNER, "scope": "BMS.Basic",
        "grants": ["client_credentials"], "legacy": ["raw-basic"] });
    let create = [
        "app",
        "create",
        "--id",
        ID,
        "--name",
        "Fleet",
        "--owner",
        PARTNER,
        "--scope",
        "BMS.Basic",
        "--grant",
        "client_credentials",
        "--legacy",
        "raw-basic",
    ];
    let made = walk.in_realm(owner, &create, (Method::POST, format!("/realms/{REALM}/apps"), body)).await;
    assert_eq!(made["status"], "pending");
    let waiting = walk
        .in_realm(reviewer, &["app", "queue"], (Method::GET, format!("/realms/{REALM}/waiting-apps"), Value::Null))
        .await;
    assert!(waiting.as_array().unwrap().iter().any(|one| one["name"] == "Fleet"), "{waiting}");
    walk.in_realm(
        reviewer,
        &["app", "ask", ID, "Which fleet is it?"],
        post("/question", json!({ "text": "Which fleet is it?" })),
    )
    .await;
    walk.desk.mail(PARTNER, "Which fleet is it?");
    let answer = "That of the harbour.";
    walk.in_realm(owner, &["app", "answer", ID, answer], post("/answer", json!({ "text": answer }))).await;
    let said = walk.in_realm(reviewer, &["app", "timeline", ID], get("/timeline")).await;
    assert!(said.as_array().unwrap().iter().any(|one| one["kind"] == "answer" && one["text"] == answer), "{said}");
    walk.in_realm(reviewer, &["app", "approve", ID], post("/approve", nothing())).await;
    walk.may_not_suspend(reviewer, ID).await;
}

/// The secret is there once, behind the mailed link; it works in the guide's line; a mistake is found with how to mend it. The secret.
async fn used(walk: &Walk, owner: &Person) -> String {
    let mut browser = Browser::new();
    let page = browser.get(&link(&walk.desk.mail(PARTNER, "/-/secret?link="), "/-/secret?link=")).await;
    let form = page.forms().into_iter().next().unwrap_or_else(|| panic!("{}", page.text()));
    let shown = browser.submit(&page, &form, &[]).await.text();
    let first =
        shown.split_whitespace().find(|word| word.starts_with("cvs_")).unwrap_or_else(|| panic!("{shown}")).to_owned();
    walk.until(ID, &first, "\"access_token\"").await;

    // A mistake, found with how to mend it.
    assert!(walk.by_the_guide(ID, "cvs_mistyped").await.contains("invalid_client"));
    let errors = (Method::GET, format!("/realms/{REALM}/log/errors?app={ID}"), Value::Null);
    let began = Instant::now();
    let found = loop {
        let groups = walk.in_realm(owner, &["log", "errors", "--app", ID], errors.clone()).await;
        if let Some(found) = groups.as_array().unwrap().iter().find(|one| one["error"] == "invalid_client") {
            break found.clone();
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{groups}");
        tokio::time::sleep(LOOK).await;
    };
    assert!(!found["mend"].as_str().unwrap().is_empty(), "{found}");
    let reference = found["reference"].as_str().unwrap();
    let replay = (Method::GET, format!("/realms/{REALM}/log/calls/{reference}/replay"), Value::Null);
    let replayed = walk.in_realm(owner, &["log", "replay", reference], replay).await;
    assert!(replayed["checks"].as_array().unwrap().iter().any(|check| check["outcome"] == "failed"), "{replayed}");
    first
}

/// Another secret, while the last use of the first is seen; then the first is stopped. The second.
async fn rotated(walk: &Walk, owner: &Person, first: &str) -> String {
    let second = walk
        .in_realm(owner, &["secret", "add", ID, "--label", "second"], post("/secrets", json!({ "label": "second" })))
        .await;
    let second = second["secret"].as_str().unwrap().to_owned();
    let began = Instant::now();
    let old = loop {
        let secrets = walk.in_realm(owner, &["secret", "list", ID], get("/secrets")).await;
        let secrets = secrets.as_array().unwrap();
        let newer = secrets.iter().find(|one| one["label"] == "second").unwrap();
        assert!(newer["last_used_at"].is_null(), "{newer}");
        if let Some(used) = secrets.iter().find(|one| one["last_used_at"].is_string()) {
            break used["id"].as_str().unwrap().to_owned();
        }
        assert!(began.elapsed() < Duration::from_mins(2), "no use was noted: {secrets:?}");
        tokio::time::sleep(LOOK).await;
    };
    walk.until(ID, &second, "\"access_token\"").await;
    walk.in_realm(
        owner,
        &["secret", "retire", ID, &old, "--yes"],
        (Method::DELETE, at(&format!("/secrets/{old}")), Value::Null),
    )
    .await;
    walk.until(ID, first, "invalid_client").await;
    second
}

/// Told of the deadline of this very app; and stopped.
async fn ended(walk: &Walk, owner: &Person, second: &str) {
    let set =
        ["legacy", "set-deadline", "raw-basic", "--app", ID, "--ends", "2999-03-01", "--note", "Encode the secret."];
    let body = json!({ "ends_at": "2999-03-01T00:00:00Z", "note": "Encode the secret." });
    walk.in_realm(owner, &set, (Method::PUT, at("/legacy-deadlines/raw-basic"), body)).await;
    let told = walk.desk.mail(PARTNER, "Encode the secret.");
    assert!(told.contains("2999-03-01") && told.contains("Fleet"), "{told}");
    walk.in_realm(owner, &["app", "suspend", ID, "--yes"], post("/suspend", nothing())).await;
    walk.until(ID, second, "invalid_client").await;
}

/// Who did what, by name.
async fn told(walk: &Walk, owner: &Person, reviewer: &Person) {
    let query = format!("/audit?realm={REALM}&subject=app/{ID}");
    let lines = walk
        .in_realm(owner, &["audit", "list", "--subject", &format!("app/{ID}")], (Method::GET, query, Value::Null))
        .await;
    let by = |what: &str| {
        lines.as_array().unwrap().iter().find(|line| line["act"] == what).map(|line| line["actor"].clone())
    };
    for (what, who) in [("app.create", owner), ("app.ask", reviewer), ("app.approve", reviewer), ("app.suspend", owner)]
    {
        assert_eq!(by(what), Some(json!(who.name)), "{what}: {lines}");
    }
}

#[tokio::test]
async fn a_partner_programme_by_commands_alone() {
    programme(Face::Commands).await;
}

#[tokio::test]
async fn a_partner_programme_by_the_admin_api_alone() {
    programme(Face::Api).await;
}
