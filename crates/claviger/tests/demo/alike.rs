//! Each command prints the same at the server as on the database, in every format; and what is changed at one is seen at the other.

use crate::connect::connect;
use crate::desk::{Desk, json_of};
use crate::support::{Browser, http};
use serde_json::{Value, json};

const FORMATS: [&str; 5] = ["table", "json", "yaml", "csv", "id"];

/// Somebody connected an app and holds a seat, so that there is something of everything.
async fn used(desk: &Desk) {
    connect(&desk.demo, &mut Browser::new(), "standard", "standard", &[]).await;
    let (id, _) = desk.demo.client("jim2", "AliceClient");
    let password = desk.demo.password("jim2", "alice");
    let form = [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", password.as_str())];
    let answer = http().post(desk.demo.endpoint("jim2", "token")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

fn id_of(desk: &Desk, args: &[&str]) -> String {
    desk.json_here(args)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_commands_print_is_the_same_on_the_database_and_at_the_server() {
    let desk = Desk::start();
    used(&desk).await;
    for args in [
        &["role", "give", "--app", "demo-automation", "owner", "--realm", "admin"][..],
        &["role", "give", "rita", "reviewer", "--over", "standard", "--realm", "admin"],
        &["organisation", "add", "acme", "--name", "Acme Ltd", "--kind", "company", "--realm", "standard"],
        &["user", "add", "carl", "--no-password", "--realm", "standard"],
        &["member", "add", "acme", "carl", "--role", "admin", "--realm", "standard"],
        &["organisation", "block", "acme", "demo-web", "--realm", "standard"],
        &["organisation", "only-listed", "acme", "--realm", "standard"],
        &[
            "legacy",
            "set-deadline",
            "raw-basic",
            "--app",
            "demo-nightly",
            "--ends",
            "2999-03-01",
            "--realm",
            "audaconnect",
        ],
        &["app", "create", "--id", "waits", "--name", "Waits", "--realm", "standard"],
        &["app", "edit", "waits", "--token-calls-per-minute", "30", "--realm", "standard"],
        &["app", "ask", "waits", "What for?", "--realm", "standard"],
        &["user", "add", "petra", "--no-password", "--realm", "partners"],
        &["announcement", "add", "Maintenance on Sunday.", "--realm", "partners"],
    ] {
        desk.json_here(args);
    }
    let team = id_of(&desk, &["team", "add", "Fleet", "--owner", "petra", "--realm", "partners"]);
    let hook = id_of(&desk, &["webhook", "add", "https://hooks.invalid/claviger", "--realm", "standard"]);
    assert_eq!(desk.here(&["webhook", "test", &hook]).status.code(), Some(7), "nobody is there");
    let token = desk.token().await;
    let (team, hook) = (team.as_str(), hook.as_str());
    for (realm, command) in [
        ("standard", &["app", "list"][..]),
        ("standard", &["app", "show", "demo-web"]),
        ("standard", &["app", "show", "waits"]),
        ("audaconnect", &["app", "show", "demo-workshop"]),
        ("standard", &["app", "queue"]),
        ("standard", &["app", "timeline", "waits"]),
        ("standard", &["organisation", "list"]),
        ("standard", &["organisation", "apps", "acme"]),
        ("standard", &["member", "list", "acme"]),
        ("standard", &["grant", "list"]),
        ("standard", &["grant", "list", "--user", "alice"]),
        ("standard", &["consent", "list"]),
        ("standard", &["consent", "evidence"]),
        ("standard", &["session", "list"]),
        ("jim2", &["seat", "list"]),
        ("standard", &["realm", "show", "standard"]),
        ("jim2", &["realm", "show", "jim2"]),
        ("standard", &["realm", "list"]),
        ("standard", &["realm", "branding"]),
        ("standard", &["realm", "export", "standard"]),
        ("standard", &["scope", "list"]),
        ("standard", &["webhook", "list"]),
        ("standard", &["webhook", "deliveries", hook]),
        ("standard", &["webhook", "events"]),
        ("audaconnect", &["legacy"]),
        ("audaconnect", &["legacy", "deadlines"]),
        ("partners", &["team", "list"]),
        ("partners", &["team", "show", team]),
        ("partners", &["announcement", "list"]),
        ("admin", &["role", "list"]),
        ("standard", &["user", "show", "alice"]),
        ("standard", &["key", "list"]),
    ] {
        for format in FORMATS {
            let args = [command, &["--realm", realm, "-o", format]].concat();
            let (here, there) = (desk.here(&args), desk.at(&desk.server, &token, &args));
            let (out, err) = (String::from_utf8_lossy(&there.stdout), String::from_utf8_lossy(&there.stderr));
            assert_eq!(String::from_utf8_lossy(&here.stdout), out, "{args:?}: {err}");
            assert_eq!((here.status.code(), there.status.code()), (Some(0), Some(0)), "{args:?}: {err}");
        }
    }
}

/// Both places.
struct Both {
    desk: Desk,
    token: String,
}

impl Both {
    async fn new() -> Self {
        let desk = Desk::start();
        used(&desk).await;
        desk.json_here(&["role", "give", "--app", "demo-automation", "owner", "--realm", "admin"]);
        let token = desk.token().await;
        Self { desk, token }
    }

    fn at(&self, realm: &str, args: &[&str]) -> Value {
        let args = [args, &["--realm", realm, "-o", "json"]].concat();
        json_of(&args, &self.desk.at(&self.desk.server, &self.token, &args))
    }

    fn here(&self, realm: &str, args: &[&str]) -> Value {
        self.desk.json_here(&[args, &["--realm", realm]].concat())
    }
}

/// What is done at the server is what the same command would have done on the database: its answer, and what is there then.
#[tokio::test]
async fn apps_organisations_and_webhooks_are_changed_at_the_server() {
    let both = Both::new().await;
    let (standard, here) =
        (|args: &[&str]| both.at("standard", args), |realm: &str, args: &[&str]| both.here(realm, args));

    standard(&[
        "app",
        "create",
        "--id",
        "new",
        "--name",
        "New",
        "--redirect-uri",
        "https://new.example/cb",
        "--require-pkce",
        "--subject-type",
        "pairwise",
        "--scope",
        "notes:read",
    ]);
    let edited = standard(&[
        "app",
        "edit",
        "new",
        "--add-redirect-uri",
        "https://new.example/two",
        "--access-token-ttl",
        "5m",
        "--token-calls-per-minute",
        "30",
        "--token-endpoint-auth-method",
        "client_secret_basic",
    ]);
    let changed: Vec<_> = edited["fields"].as_array().unwrap().iter().map(|field| field["field"].clone()).collect();
    assert!(changed.contains(&json!("redirect-uris")) && changed.contains(&json!("access-token-ttl")), "{changed:?}");
    let client = here("standard", &["app", "show", "new"])["client"].clone();
    assert_eq!(client, edited["client"]);
    assert_eq!(
        (&client["pkce"], &client["identity"]["subject_type"]),
        (&json!("required"), &json!("pairwise")),
        "{client}"
    );
    assert_eq!(client["limits"]["token_calls_per_minute"], 30, "{client}");
    standard(&["app", "edit", "new", "--access-token-ttl", "realm", "--token-calls-per-minute", "realm"]);
    let client = here("standard", &["app", "show", "new"])["client"].clone();
    assert!(client["access_token_ttl"].is_null() && client["limits"]["token_calls_per_minute"].is_null(), "{client}");
    assert_eq!(standard(&["app", "answer", "new", "For the harbour."])["answered"], "For the harbour.");
    let said = here("standard", &["app", "timeline", "new"]);
    assert!(said.as_array().unwrap().iter().any(|one| one["kind"] == "answer"), "{said}");

    standard(&["user", "add", "carl", "--no-password", "--email", "carl@acme.example"]);
    standard(&["organisation", "add", "acme"]);
    let renamed = standard(&["organisation", "edit", "acme", "--name", "Acme Ltd"]);
    assert_eq!(renamed["state"], "name: \"acme\" -> \"Acme Ltd\"");
    let joined = standard(&["member", "add", "acme", "carl", "--role", "admin"]);
    assert_eq!(joined["user"]["organisations"], json!(["acme"]), "{joined}");
    assert!(!joined["changed"]["fields"].as_array().unwrap().is_empty());
    standard(&["organisation", "block", "acme", "demo-web"]);
    let apps = here("standard", &["organisation", "apps", "acme"]);
    assert_eq!((&apps[0]["app"], &apps[0]["rule"]), (&json!("demo-web"), &json!("blocked")));
    standard(&["member", "remove", "acme", "carl", "--yes"]);
    standard(&["organisation", "remove", "acme", "--yes"]);
    assert_eq!(here("standard", &["organisation", "list"]), json!([]));

    let hook = standard(&["webhook", "add", "https://hooks.invalid/claviger", "--event", "app.approved"]);
    let id = hook["id"].as_str().unwrap();
    assert!(hook["secret"].as_str().unwrap().starts_with("whsec_"), "{hook}");
    assert_eq!(standard(&["webhook", "edit", id, "--active", "false"])["state"], "disabled");
    assert_ne!(standard(&["webhook", "rotate-secret", id])["secret"], hook["secret"]);
    assert_eq!(standard(&["webhook", "remove", id, "--yes"])["removed"], true);
}

#[tokio::test]
async fn what_was_given_ends_and_partners_are_told_at_the_server() {
    let both = Both::new().await;
    let at = |realm: &str, args: &[&str]| both.at(realm, args);
    let here = |realm: &str, args: &[&str]| both.here(realm, args);
    let (standard, desk, token) = (|args: &[&str]| both.at("standard", args), &both.desk, &both.token);
    let consents = here("standard", &["consent", "list"]).as_array().unwrap().len();
    let withdrawn = standard(&["consent", "withdraw", "--user", "alice", "--app", "demo-web", "--yes"]);
    assert_eq!(withdrawn["consents_withdrawn"], 1, "{consents}: {withdrawn}");
    let sessions = here("standard", &["session", "list"]).as_array().unwrap().len();
    assert_eq!(standard(&["session", "end", "--all", "--yes"])["sessions_ended"], sessions);
    let seat = here("jim2", &["seat", "list"])[0].clone();
    let (pool, holder) = (seat["pool"].as_str().unwrap(), seat["holder"].as_str().unwrap());
    assert_eq!(at("jim2", &["seat", "release", pool, holder, "--yes"])["sessions_ended"], 1);
    assert_eq!(at("jim2", &["grant", "revoke", "--all", "--yes"])["grants_ended"], 0, "it ended with its seat");

    let deadline = ["legacy", "set-deadline", "raw-basic", "--all", "--ends", "2999-03-01", "--note", "Encode it."];
    assert_eq!(at("audaconnect", &deadline)["apps"], 2);
    at("audaconnect", &["legacy", "remove-deadline", "raw-basic", "--app", "demo-workshop"]);
    let left = here("audaconnect", &["legacy", "deadlines"]);
    assert_eq!((left.as_array().unwrap().len(), &left[0]["client_id"]), (1, &json!("demo-nightly")));
    assert_eq!(at("audaconnect", &["legacy", "remove-deadline", "raw-basic", "--all"])["apps"], 1);
    assert_eq!(here("audaconnect", &["legacy", "deadlines"]), json!([]));
    let branded = standard(&["realm", "branding", "--name", "Notes"]);
    assert_eq!(branded["name"], json!({ "value": "Notes", "from": "here" }));
    assert_eq!(here("standard", &["realm", "branding"]), branded);

    at("partners", &["user", "add", "petra", "--no-password", "--email", "petra@fleet.example", "--email-verified"]);
    let team = at("partners", &["team", "add", "Fleet", "--owner", "petra"]);
    let shown = here("partners", &["team", "show", team["id"].as_str().unwrap()]);
    assert_eq!(shown["members"], json!(["petra (owner)"]));
    let told = at("partners", &["announcement", "add", "Soon.", "--scope", "notes:read", "--for", "5d"]);
    assert_eq!(told["about"], "scope notes:read");
    at("partners", &["announcement", "remove", told["id"].as_str().unwrap()]);
    assert_eq!(here("partners", &["announcement", "list"]), json!([]));

    let mut states = Vec::new();
    for (act, args) in [("give", &[][..]), ("give", &[]), ("take", &["--yes"])] {
        let args = [&["role", act, "rita", "auditor", "--realm", "admin"], args].concat();
        let ran = desk.at(&desk.server, token, &args);
        states.push(String::from_utf8_lossy(&ran.stdout).lines().last().unwrap_or_default().to_owned());
    }
    assert_eq!(states, ["state  given", "state  held before", "state  taken"]);

    // But for when it was asked, and the id that a token has for itself.
    for args in [&["--app", "demo-batch"][..], &["--app", "demo-web", "--user", "alice", "--scope", "openid profile"]] {
        let args = [&["token", "evaluate"], args].concat();
        let (mut here, mut there) = (here("standard", &args), standard(&args));
        for claims in [&mut here, &mut there] {
            for token in ["access_token", "id_token"] {
                let of = claims[token].as_object_mut().into_iter();
                of.for_each(|claims| {
                    claims.retain(|name, _| !["jti", "iat", "exp", "auth_time"].contains(&name.as_str()));
                });
            }
        }
        assert_eq!(here, there);
    }

    // What is only for the database says why.
    for args in [
        &["db", "status"][..],
        &["master-key", "rotate"],
        &["user", "import", "x.csv"],
        &["audit", "verify"],
        &["role", "first-owner", "--username", "x", "--email", "x@x.example"],
        &["mail", "list"],
        &["secret", "add", "demo-batch", "--import", "x"],
    ] {
        let ran = desk.at(&desk.server, token, &[args, &["--realm", "standard"]].concat());
        let err = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains("works on the database") && err.contains("--database"), "{args:?}: {err}");
    }
}

/// Without an app the log is that of the realm; what is behind a call, and what comes.
#[tokio::test]
async fn the_request_log_of_a_whole_realm_is_listed_at_the_server() {
    let desk = Desk::start();
    let token = desk.token().await;
    for id in ["demo-batch", "demo-vault"] {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", "wrong")];
        assert_eq!(
            http().post(desk.demo.endpoint("standard", "token")).form(&form).send().await.unwrap().status(),
            401
        );
    }
    let list = |more: &[&str]| {
        let args = [&["log", "list", "--errors", "--realm", "standard", "-o", "json"], more].concat();
        json_of(&args, &desk.at(&desk.server, &token, &args)).as_array().unwrap().clone()
    };
    let began = std::time::Instant::now();
    let mut found = list(&[]);
    while found.len() < 2 {
        assert!(began.elapsed().as_secs() < 60, "{found:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
        found = list(&[]);
    }
    let apps: Vec<&Value> = found.iter().map(|call| &call["app"]).collect();
    assert_eq!(apps, ["demo-vault", "demo-batch"], "the newest first");
    let before = found[0]["id"].as_str().unwrap();
    assert_eq!(list(&["--before", before]), found[1..]);
    assert_eq!(list(&["--app", "demo-batch"]), found[1..]);
    assert_eq!(list(&["--nameless"]), Vec::<Value>::new());
    let of_realm = ["log", "list", "--errors", "--realm", "standard", "-o", "id"];
    assert_eq!(desk.here(&of_realm).stdout, desk.at(&desk.server, &token, &of_realm).stdout);

    // What comes is told as it comes: one whole line of JSON for each call.
    let mut follow =
        crate::login::command(&desk.demo.folder.0, &["log", "list", "--follow", "--since", "1d", "--errors"]);
    let mut follow = follow
        .args(["--realm", "standard", "-o", "json", "--server", &desk.server])
        .env("CLAVIGER_ACCESS_TOKEN", &token)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(follow.stdout.take().unwrap()));
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap()["app"].clone();
    assert_eq!((next(), next()), (json!("demo-batch"), json!("demo-vault")), "the oldest first");
    let form = [("grant_type", "client_credentials"), ("client_id", "demo-vault"), ("client_secret", "wrong again")];
    assert_eq!(http().post(desk.demo.endpoint("standard", "token")).form(&form).send().await.unwrap().status(), 401);
    assert_eq!(next(), "demo-vault");
    follow.kill().unwrap();
    follow.wait().unwrap();
}

/// Realm files are planned and applied at a server as at its database.
#[tokio::test]
async fn realm_files_are_brought_to_a_server() {
    let both = Both::new().await;
    let file = both.desk.demo.folder.0.join("assistants.toml");
    let exported = both.desk.at(&both.desk.server, &both.token, &["realm", "export", "assistants"]);
    let text = String::from_utf8(exported.stdout).unwrap();
    assert!(text.contains("name = \"Assistants (demo)\""), "{text}");
    std::fs::write(&file, text.replace("name = \"Assistants (demo)\"", "name = \"Helpers ${of}\"")).unwrap();
    let file = file.display().to_string();
    for format in ["table", "json", "csv"] {
        let args = ["plan", &file, "--set", "of=ours", "-o", format];
        let (here, there) = (both.desk.here(&args), both.desk.at(&both.desk.server, &both.token, &args));
        let texts = [&here, &there].map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned());
        assert_eq!((here.status.code(), there.status.code()), (Some(10), Some(10)), "{texts:?} {there:?}");
        assert!(texts[0] == texts[1] && texts[0].contains("Helpers ours"), "{texts:?}");
    }
    let at = |args: &[&str]| both.desk.at(&both.desk.server, &both.token, args);
    let applied = json_of(&["apply"], &at(&["apply", &file, "--set", "of=ours", "-o", "json"]));
    assert_eq!((&applied["changed"], &applied["dry_run"]), (&json!(["realm assistants"]), &json!(false)), "{applied}");
    assert_eq!(at(&["plan", &file, "--set", "of=ours"]).status.code(), Some(0));
    assert_eq!(both.here("assistants", &["realm", "show", "assistants"])["name"], "Helpers ours");

    // What is wrong is told as without a server; what the server would have to read from its own machine it refuses.
    std::fs::write(&file, "[realm]\nid = 3\n").unwrap();
    let (here, there) = (both.desk.here(&["plan", &file]), at(&["plan", &file]));
    assert_eq!((here.status.code(), &here.stderr), (there.status.code(), &there.stderr));
    let create = at(&["apply", &file, "--create"]);
    assert_eq!(create.status.code(), Some(2), "{}", String::from_utf8_lossy(&create.stderr));
}

/// A user is changed at a server as in its database.
#[tokio::test]
async fn a_user_is_changed_at_a_server() {
    let both = Both::new().await;
    let add = ["user", "add", "petra", "--no-password", "--email", "petra@fleet.example", "--email-verified"];
    both.at("partners", &add);
    let changed = both.at("partners", &["user", "edit", "petra", "--name", "Petra", "--email", "p@fleet.example"]);
    assert!(changed["user"]["name"] == "Petra" && changed["user"]["email_verified"] != true, "{changed}");
    assert!(changed["changed"][0].as_str().unwrap().contains("p@fleet.example"), "{changed}");
    assert_eq!(
        both.at("partners", &["user", "edit", "petra", "--disable", "--yes"])["changed"],
        json!(["state: disabled"])
    );
    let shown = both.here("partners", &["user", "show", "petra"]);
    assert_eq!((&shown["name"], &shown["email"]), (&json!("Petra"), &json!("p@fleet.example")), "{shown}");
    let file = both.desk.demo.folder.0.join("password");
    std::fs::write(&file, "a good long password\n").unwrap();
    let set = both.at("partners", &["user", "password", "petra", "--file", file.to_str().unwrap()]);
    assert_eq!(set["state"], "password set");
    for (args, code, said) in [
        (&["user", "edit", "petra"][..], 2, "nothing of `petra` would be different"),
        (&["user", "edit", "petra", "--administrator", "true"], 2, "works on the database"),
        (&["user", "edit", "petra", "--rename", "paula"], 6, "paula"),
        (&["user", "edit", "paula", "--name", "P"], 6, "file"),
    ] {
        let ran = both.desk.at(&both.desk.server, &both.token, &[args, &["--realm", "partners"]].concat());
        let err = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
}
