//! Identities that are mistaken for others, and rights that outlive what gave them.

use std::process::Output;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::super::deployment::{Deployment, Node, PASSWORD};
use super::super::peer::{Peer, SECRET, Tokens, active};
use super::Attack;
use super::target::{deployment, realm_file, serve};
use super::toll::{Toll, number};
use claviger_testing::browser::{Browser, encode};
use claviger_testing::http::{self, basic, member};

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "client-is-user",
        about: "registers an app under a user's id, and a user under an app's",
        bound: "none is made; a client's token says that its subject is a client",
        run: client_is_user,
    },
    Attack {
        name: "old-password",
        about: "goes on with the refresh token of a password that was changed, or of a user who was disabled",
        bound: "no token, and the access token is over within a second",
        run: old_password,
    },
    Attack {
        name: "late-link",
        about: "opens the one-time link of a secret that was retired, of an app that was stopped or removed",
        bound: "no secret is shown",
        run: late_link,
    },
    Attack {
        name: "names",
        about: "names with controls and bidirectional controls, in files, on the command line, and in the database already",
        bound: "none is taken, none reaches a terminal or a page",
        run: names,
    },
];

fn client_is_user(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let mut made = 0;
    let create = ["app", "create", "--name", "Not Ada", "--id", "u-ada", "--approve", "--scope", "orders.read"];
    made += usize::from(deployment.try_run(&create)?.status.success());
    let user = "\n[[user]]\nid = \"web\"\nusername = \"not-web\"\n";
    made += usize::from(apply_with(&deployment, user)?.status.success());
    let client = format!(
        "\n[[client]]\nid = \"u-grace\"\nname = \"Not Grace\"\ngrants = [\"client_credentials\"]\n\
         scope = \"orders.read\"\naudiences = [\"https://signed.example\"]\nsecret = \"{SECRET}\"\n"
    );
    made += usize::from(apply_with(&deployment, &client)?.status.success());
    toll.never(made, "apps and users made under each other's id");
    let token =
        member(&node.peer.credentials("signed", "orders.read")?.expect(200, "a token")?.json()?, "access_token")?;
    let kind = member(&claims(&token)?, "sub_type")?;
    toll.never(usize::from(kind != "client"), "client's tokens that do not say so");
    Ok(())
}

fn claims(token: &str) -> Result<serde_json::Value> {
    use base64::Engine as _;
    let part = token.split('.').nth(1).context("not a signed token")?;
    Ok(serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part)?)?)
}

/// Applies the realm's file with something added; the file stays as it was.
fn apply_with(deployment: &Deployment, text: &str) -> Result<Output> {
    let file = realm_file(deployment);
    let before = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("{before}{text}"))?;
    let output = deployment.try_run(&["apply", &file.to_string_lossy()]);
    std::fs::write(&file, before)?;
    output
}

fn old_password(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let peer = &node.peer;
    let by_password = log_in(peer, "ada")?;
    let stands_for = Tokens::of(&peer.send(&partner(peer))?.expect(200, "the client whose secret is the password")?)?;
    for (username, password) in [("ada", "another horse"), ("partner-user", "another horse")] {
        let file = deployment.folder.join("new-password");
        std::fs::write(&file, password)?;
        deployment.run(&["user", "password", username, "--file", &file.to_string_lossy()])?;
    }
    over(toll, peer, "old", &by_password, SECRET, "after the password was changed")?;
    over(
        toll,
        peer,
        "partner",
        &stands_for,
        PASSWORD,
        "of a client, after the password that is its secret was changed",
    )?;
    over(toll, peer, "partner", &stands_for, "another horse", "of that client, with its new secret")?;
    let disabled = log_in(peer, "grace")?;
    let file = realm_file(&deployment);
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text.replace("username = \"grace\"", "username = \"grace\"\ndisabled = true"))?;
    deployment.run(&["apply", &file.to_string_lossy()])?;
    over(toll, peer, "old", &disabled, SECRET, "after `apply` disabled the user")
}

fn log_in(peer: &Peer, username: &str) -> Result<Tokens> {
    let body = format!("grant_type=password&username={username}&password={}", encode(PASSWORD));
    Tokens::of(&peer.send(&peer.post("/token", "old", &body))?.expect(200, "a log-in")?)
}

fn partner(peer: &Peer) -> String {
    let basic = basic("partner", PASSWORD);
    http::request("POST", "/token", &peer.host, &[&basic], "grant_type=client_credentials")
}

/// Nothing of these tokens is good any more.
fn over(toll: &mut Toll<'_>, peer: &Peer, client: &str, tokens: &Tokens, secret: &str, when: &str) -> Result<()> {
    let body = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh()?);
    let refreshed = peer.send(&http::request("POST", "/token", &peer.host, &[&basic(client, secret)], &body))?;
    toll.never(usize::from(refreshed.status == 200), format!("refreshes {when}"));
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(3) && active(&introspect(peer, &tokens.access)?)? {
        std::thread::sleep(Duration::from_millis(10));
    }
    toll.takes_at_most(
        1000.0,
        super::work::milliseconds(since),
        format!("ms that the access token stayed good {when}"),
    );
    Ok(())
}

fn introspect(peer: &Peer, token: &str) -> Result<http::Answer> {
    peer.send(&peer.introspect_request(token))
}

fn late_link(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let acts: [(&str, &[&str]); 4] = [
        ("untouched", &[]),
        ("retired", &["secret", "retire"]),
        ("stopped", &["app", "suspend"]),
        ("removed", &["app", "delete"]),
    ];
    for (what, act) in acts {
        let id = format!("late-{what}");
        let owner = format!("{id}@owner.example");
        deployment.run(&[
            "app",
            "create",
            "--name",
            "Late",
            "--id",
            &id,
            "--owner",
            &owner,
            "--scope",
            "orders.read",
            "--approve",
        ])?;
        let link = link_to(&deployment, &node, &owner)?;
        if let [noun, verb] = act {
            let mut command = vec![*noun, *verb, id.as_str()];
            let secret = only_secret(&deployment, &id)?;
            if *verb == "retire" {
                command.push(&secret);
            }
            command.push("--yes");
            deployment.run(&command)?;
        }
        let shown = reveal(&node.peer, &link)?;
        // The first shows its secret: what is not shown below is not shown for a reason.
        if what == "untouched" {
            toll.never(usize::from(!shown), "links that do not show a secret that is good");
        } else {
            toll.never(usize::from(shown), format!("secrets shown after they were {what}"));
        }
    }
    Ok(())
}

/// The link in the mail to somebody, as a path.
fn link_to(deployment: &Deployment, node: &Node, owner: &str) -> Result<String> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        for entry in std::fs::read_dir(deployment.folder.join("mail"))? {
            // Quoted-printable breaks long lines with `=`, and spells `=` itself as `=3D`.
            let text = std::fs::read_to_string(entry?.path()).unwrap_or_default();
            let text = text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
            if text.contains(owner)
                && let Some(at) = text.find("/-/secret?link=")
            {
                let rest = text.get(at..).unwrap_or_default();
                let end = rest.find(|c: char| c.is_whitespace() || "\"<>&".contains(c)).unwrap_or(rest.len());
                return Ok(rest.get(..end).unwrap_or_default().to_owned());
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("no mail to {owner} within 20 s: {}", super::super::deployment::tail(&node.log()))
}

fn only_secret(deployment: &Deployment, id: &str) -> Result<String> {
    let printed = deployment.run(&["secret", "list", id, "--output", "json"])?;
    let list: serde_json::Value = serde_json::from_str(&printed)?;
    member(list.get(0).context("no secret")?, "id")
}

/// Whether the page behind a link shows a secret, once its button is pressed.
fn reveal(peer: &Peer, link: &str) -> Result<bool> {
    let mut browser = Browser::new(peer.address, &peer.host);
    let page = browser.page(link)?;
    if page.body.contains("cvs_") {
        return Ok(true);
    }
    let Some(request) = browser.first_form(&page, link) else { return Ok(false) };
    Ok(peer.send(&request)?.body.contains("cvs_"))
}

/// Characters that steer a terminal or turn the text around them.
const STEERING: [char; 8] = ['\u{1b}', '\u{9b}', '\u{7}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{8}', '\u{2028}'];

fn names(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let mut taken = 0;
    for (n, c) in STEERING.into_iter().enumerate() {
        let (id, name) = (format!("steering-{n}"), format!("App{c}[2J"));
        taken += usize::from(deployment.try_run(&["app", "create", "--name", &name, "--id", &id])?.status.success());
        let escaped = format!("\\u{:04X}", u32::from(c));
        let user = format!("\n[[user]]\nusername = \"steering-{n}\"\nname = \"A{escaped}da\"\n");
        taken += usize::from(apply_with(&deployment, &user)?.status.success());
        let client =
            format!("\n[[client]]\nid = \"c-{n}\"\nname = \"A{escaped}pp\"\ngrants = [\"client_credentials\"]\n");
        taken += usize::from(apply_with(&deployment, &client)?.status.success());
    }
    toll.never(taken, "names with controls taken by the command line and by realm files");
    // As if an older release had let them in.
    for (n, c) in STEERING.into_iter().enumerate() {
        let escaped = if u32::from(c) < 0x20 { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
        let sql = |table: &str, name: &str| {
            format!("UPDATE {table} SET doc = replace(doc, '{name}', '{name}{escaped}') WHERE doc LIKE '%{name}%'")
        };
        deployment
            .change(toll.lab, &sql("client", ["A web app", "A service"].get(n % 2).copied().unwrap_or_default()))?;
        deployment.change(toll.lab, &sql("users", "\"username\":\"ada"))?;
    }
    let mut steering = 0;
    for line in [
        vec!["app", "list"],
        vec!["app", "show", "web"],
        vec!["app", "show", "signed"],
        vec!["user", "list"],
        vec!["app", "list", "--output", "csv"],
        vec!["audit", "list"],
    ] {
        let output = deployment.try_run(&line)?;
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        steering += printed.chars().filter(|c| STEERING.contains(c)).count();
    }
    toll.at_most(0.0, number(steering), "controls printed of names that are stored already");
    let node = serve(&deployment)?;
    let mut browser = Browser::new(node.peer.address, &node.peer.host);
    let page = browser.page(&super::super::peer::authorize("web", "openid"))?;
    let raw = page.body.chars().filter(|c| STEERING.contains(c)).count();
    toll.at_most(0.0, number(raw), "controls on a page of names that are stored already");
    Ok(())
}
