//! Group 8: what an operator does is done or not done, whenever the command is killed, and doing it again ends it.
//!
//! A server runs beside the commands; what it must know at once is asked of it, what must survive is asked of a new one.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context, Result};

use super::deployment::{Deployment, Node, PASSWORD, USERS};
use super::killer::Killer;
use super::peer::{Peer, Tokens};
use super::trial::Trial;
use super::{BOTH, Entry, Kind};
use claviger_testing::browser::encode;
use claviger_testing::http::member;

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    (
        "kill-master-key",
        BOTH,
        "SIGKILL at every write of `claviger master-key rotate`: both keys read all; again ends it",
        |trial| sweep(trial, MasterKey::new),
    ),
    ("kill-token-key", BOTH, "SIGKILL at every write of `claviger token-key rotate`: refresh tokens go on", |trial| {
        sweep(trial, TokenKey::new)
    }),
    (
        "kill-key-revoke",
        BOTH,
        "SIGKILL at every write of `claviger key revoke`: in the set and good, or neither",
        |trial| sweep(trial, Revoke::new),
    ),
    (
        "kill-password",
        BOTH,
        "SIGKILL at every write of `claviger user password`: one password, and what it gave",
        |trial| sweep(trial, Password::new),
    ),
    ("kill-disable", BOTH, "SIGKILL at every write of an `apply` that disables a user: all or nothing", |trial| {
        sweep(trial, Disable::new)
    }),
    (
        "gave-up",
        BOTH,
        "the database is locked for 2 and 7 s: what was answered with 503 was not done",
        super::gave_up::run,
    ),
];

/// Points at most.
const POINTS: u32 = 1500;

/// A command that is killed, with its deployment.
trait Act {
    /// Where it runs.
    fn deployment(&self) -> &Deployment;
    /// Makes ready for one more time; the command.
    fn prepare(&mut self, trial: &Trial<'_>) -> Result<Vec<String>>;
    /// Looks at what is left, ends what was begun, and looks again.
    fn check(&mut self, trial: &mut Trial<'_>, came_through: bool) -> Result<()>;
}

/// Kills the command at one point after the other, until it comes through.
fn sweep<A: Act>(trial: &mut Trial<'_>, make: fn(&Trial<'_>) -> Result<A>) -> Result<()> {
    let killer = Killer::new(trial)?;
    let mut act = make(trial)?;
    let line = act.prepare(trial)?;
    let stride = killer.rehearse(trial, act.deployment(), &borrowed(&line))?;
    act.check(trial, true)?;
    let mut nth = 1;
    loop {
        let line = act.prepare(trial)?;
        let came_through = killer.strike(trial, act.deployment(), &borrowed(&line), nth)?;
        act.check(trial, came_through)?;
        trial.round();
        nth += stride;
        if came_through || nth > POINTS {
            return Ok(());
        }
    }
}

fn borrowed(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

fn owned(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

/// A server beside the commands, and a grant whose tokens must go on.
struct Beside {
    deployment: Deployment,
    node: Node,
    /// Started since; SQLite has one server at a time.
    other: Option<Node>,
    tokens: Tokens,
}

impl Beside {
    fn new(trial: &Trial<'_>) -> Result<Self> {
        let deployment = Deployment::new(trial.lab, trial.kind)?;
        let node = deployment.serve()?;
        let tokens = Tokens::of(&node.peer.credentials("machine", "orders.read")?.expect(200, "a first grant")?)?;
        Ok(Self { deployment, node, other: None, tokens })
    }

    /// A server that knows nothing but what is stored.
    fn fresh(&mut self, trial: &Trial<'_>) -> Result<Peer> {
        if trial.kind == Kind::Postgres {
            self.other = None;
            return Ok(self.other.insert(self.deployment.serve()?).peer.clone());
        }
        self.node.running.kill();
        self.node = self.deployment.serve()?;
        Ok(self.node.peer.clone())
    }

    /// At this server every secret, token and signing key can be read.
    fn all_is_read(&mut self, trial: &mut Trial<'_>, peer: &Peer, when: &str) -> Result<()> {
        let active = peer.is_active(&self.tokens.access)?;
        trial.must(active, || format!("{when}: the access token is not active"));
        let refreshed = peer.refresh("machine", self.tokens.refresh()?)?;
        trial.must(refreshed.status == 200, || format!("{when}: a refresh: {} {}", refreshed.status, refreshed.body));
        if refreshed.status == 200 {
            self.tokens = Tokens::of(&refreshed)?;
        }
        let signed = peer.credentials("signed", "orders.read")?;
        trial.must(signed.status == 200, || format!("{when}: a signed token: {} {}", signed.status, signed.body));
        Ok(())
    }

    fn both_read_all(&mut self, trial: &mut Trial<'_>, when: &str) -> Result<()> {
        let peer = self.node.peer.clone();
        self.all_is_read(trial, &peer, &format!("{when}, at the server beside"))?;
        let fresh = self.fresh(trial)?;
        self.all_is_read(trial, &fresh, &format!("{when}, at a new server"))
    }
}

struct MasterKey {
    beside: Beside,
    old: String,
    new: String,
    number: u64,
}

impl MasterKey {
    fn new(trial: &Trial<'_>) -> Result<Self> {
        let beside = Beside::new(trial)?;
        let old = std::fs::read_to_string(beside.deployment.folder.join("master.key"))?.trim().to_owned();
        Ok(Self { beside, new: old.clone(), old, number: 0 })
    }

    fn write(&self, lines: &str) -> Result<()> {
        let file = self.beside.deployment.folder.join("master.key");
        let next = file.with_extension("next");
        std::fs::write(&next, lines)?;
        std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o600))?;
        Ok(std::fs::rename(next, file)?)
    }
}

impl Act for MasterKey {
    fn deployment(&self) -> &Deployment {
        &self.beside.deployment
    }

    fn prepare(&mut self, _: &Trial<'_>) -> Result<Vec<String>> {
        self.number += 1;
        self.new = format!("{:064x}", u128::from(self.number) << 64 | 0x5eed);
        self.write(&format!("{}\n{}\n", self.old, self.new))?;
        Ok(owned(&["master-key", "rotate", "--yes"]))
    }

    fn check(&mut self, trial: &mut Trial<'_>, _: bool) -> Result<()> {
        self.beside.both_read_all(trial, "with both keys")?;
        let again = self.beside.deployment.try_run(&["master-key", "rotate", "--yes"])?;
        trial.must(again.status.success(), || {
            format!("doing it again: {}: {}", again.status, String::from_utf8_lossy(&again.stderr))
        });
        self.write(&format!("{}\n", self.new))?;
        self.beside.both_read_all(trial, "with the new key alone")?;
        self.old.clone_from(&self.new);
        Ok(())
    }
}

/// After 15 changes the command refuses; so each deployment has fewer.
const CHANGES: u32 = 12;

struct TokenKey {
    beside: Beside,
    changes: u32,
}

impl TokenKey {
    fn new(trial: &Trial<'_>) -> Result<Self> {
        Ok(Self { beside: Beside::new(trial)?, changes: 0 })
    }
}

impl Act for TokenKey {
    fn deployment(&self) -> &Deployment {
        &self.beside.deployment
    }

    fn prepare(&mut self, trial: &Trial<'_>) -> Result<Vec<String>> {
        self.changes += 1;
        if self.changes > CHANGES {
            *self = Self { beside: Beside::new(trial)?, changes: 1 };
        }
        Ok(owned(&["token-key", "rotate", "--yes"]))
    }

    fn check(&mut self, trial: &mut Trial<'_>, _: bool) -> Result<()> {
        self.beside.both_read_all(trial, "with whichever token keys there are")
    }
}

struct Revoke {
    beside: Beside,
    kid: String,
    token: String,
}

impl Revoke {
    fn new(trial: &Trial<'_>) -> Result<Self> {
        Ok(Self { beside: Beside::new(trial)?, kid: String::new(), token: String::new() })
    }

    fn is_published(&self) -> Result<bool> {
        let keys = self.beside.node.peer.jwks()?.expect(200, "the key set")?;
        Ok(keys.body.contains(&self.kid))
    }

    fn is_good(&self) -> Result<bool> {
        self.beside.node.peer.is_signed_active(&self.token)
    }

    /// Until the server beside has heard of it, if there is something to hear.
    fn until(&self, wanted: bool) -> Result<bool> {
        let began = std::time::Instant::now();
        while began.elapsed() < std::time::Duration::from_secs(2) {
            if self.is_published()? == wanted && self.is_good()? == wanted {
                return Ok(true);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Ok(false)
    }
}

impl Act for Revoke {
    fn deployment(&self) -> &Deployment {
        &self.beside.deployment
    }

    fn prepare(&mut self, _: &Trial<'_>) -> Result<Vec<String>> {
        let signed = self.beside.node.peer.credentials("signed", "orders.read")?.expect(200, "a signed token")?;
        self.token = member(&signed.json()?, "access_token")?;
        self.kid = kid(&self.token)?;
        Ok(owned(&["key", "revoke", &self.kid, "--realm", "faults", "--yes"]))
    }

    fn check(&mut self, trial: &mut Trial<'_>, came_through: bool) -> Result<()> {
        let revoked = "SELECT count(*) FROM signing_key WHERE removed_at IS NOT NULL AND kid = ";
        let done = self.beside.deployment.count(trial.lab, &format!("{revoked}'{}'", self.kid))? == 1;
        trial.must(done || !came_through, || "a revocation that ended well was not kept".to_owned());
        let told = self.until(!done)?;
        trial.must(told, || format!("revoked: {done}; in the set or good beside: {:?}", self.is_good()));
        if !done {
            self.beside.deployment.run(&["key", "revoke", &self.kid, "--realm", "faults", "--yes"])?;
            let told = self.until(false)?;
            trial.must(told, || "revoked again, and still in the set or good".to_owned());
        }
        self.beside.both_read_all(trial, "after the revocation")
    }
}

/// The key that a token names.
fn kid(token: &str) -> Result<String> {
    use base64::Engine as _;
    let head = token.split('.').next().context("not a signed token")?;
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head)?;
    member(&serde_json::from_slice(&head)?, "kid")
}

/// A log-in with a user's password.
fn log_in(peer: &Peer, username: &str, password: &str) -> Result<Option<Tokens>> {
    let body = format!("grant_type=password&username={username}&password={}&scope=orders.read", encode(password));
    let answer = peer.send(&peer.post("/token", "old", &body))?;
    if answer.status == 200 { Ok(Some(Tokens::of(&answer)?)) } else { Ok(None) }
}

struct Password {
    beside: Beside,
    /// Of each user in turn, so that the wrong ones are too few to be braked.
    passwords: Vec<String>,
    new: String,
    number: usize,
    given: Option<Tokens>,
}

impl Password {
    fn new(trial: &Trial<'_>) -> Result<Self> {
        let (beside, passwords) = (Beside::new(trial)?, vec![PASSWORD.to_owned(); USERS]);
        Ok(Self { beside, passwords, new: String::new(), number: 0, given: None })
    }

    fn who(&self) -> String {
        format!("user-{}", self.number % USERS)
    }

    fn old(&self) -> String {
        self.passwords.get(self.number % USERS).cloned().unwrap_or_default()
    }
}

impl Act for Password {
    fn deployment(&self) -> &Deployment {
        &self.beside.deployment
    }

    fn prepare(&mut self, _: &Trial<'_>) -> Result<Vec<String>> {
        self.number += 1;
        self.given = log_in(&self.beside.node.peer, &self.who(), &self.old())?;
        self.new = format!("password number {}", self.number);
        let file = self.beside.deployment.folder.join("password");
        std::fs::write(&file, &self.new)?;
        let file = file.to_string_lossy();
        Ok(owned(&["user", "password", &self.who(), "--file", &file, "--realm", "faults"]))
    }

    fn check(&mut self, trial: &mut Trial<'_>, came_through: bool) -> Result<()> {
        let given = self.given.take().context("the password of before does not work")?;
        let fresh = self.beside.fresh(trial)?;
        let is_new = log_in(&fresh, &self.who(), &self.new)?.is_some();
        let is_old = log_in(&fresh, &self.who(), &self.old())?.is_some();
        trial.must(is_new != is_old, || format!("the new password works: {is_new}, the old one: {is_old}"));
        trial.must(is_new || !came_through, || "a change that ended well was not kept".to_owned());
        let refreshed = fresh.refresh("old", given.refresh()?)?.status == 200;
        trial.must(refreshed == is_old, || format!("the old password works: {is_old}, what it gave: {refreshed}"));
        if let Some(password) = self.passwords.get_mut(self.number % USERS).filter(|_| is_new) {
            password.clone_from(&self.new);
        }
        Ok(())
    }
}

struct Disable {
    beside: Beside,
    given: Option<Tokens>,
}

/// As the command line says it.
fn is_disabled(deployment: &Deployment) -> Result<bool> {
    let printed = deployment.run(&["user", "list", "--realm", "faults", "--output", "json"])?;
    let list: serde_json::Value = serde_json::from_str(&printed)?;
    let users = list.as_array().context("`claviger user list` prints no list")?;
    let found = users.iter().find(|user| user.get("username").is_some_and(|name| name == Disable::WHO));
    Ok(found.and_then(|user| user.get("disabled")?.as_bool()).unwrap_or(false))
}

impl Disable {
    const WHO: &'static str = "user-2";

    fn new(trial: &Trial<'_>) -> Result<Self> {
        let beside = Beside::new(trial)?;
        let file = beside.deployment.folder.join("realms/faults.toml");
        let text = std::fs::read_to_string(&file)?;
        let name = format!("username = \"{}\"\n", Self::WHO);
        std::fs::write(&file, text.replace(&name, &format!("{name}disabled = true\n")))?;
        Ok(Self { beside, given: None })
    }
}

impl Act for Disable {
    fn deployment(&self) -> &Deployment {
        &self.beside.deployment
    }

    fn prepare(&mut self, trial: &Trial<'_>) -> Result<Vec<String>> {
        let deployment = &self.beside.deployment;
        if is_disabled(deployment)? {
            deployment.run(&["user", "enable", Self::WHO, "--realm", "faults"])?;
        }
        self.given = log_in(&self.beside.fresh(trial)?, Self::WHO, PASSWORD)?;
        let file = self.beside.deployment.folder.join("realms/faults.toml");
        Ok(owned(&["apply", &file.to_string_lossy()]))
    }

    fn check(&mut self, trial: &mut Trial<'_>, came_through: bool) -> Result<()> {
        let given = self.given.take().context("a user who was enabled cannot log in")?;
        let disabled = is_disabled(&self.beside.deployment)?;
        trial.must(disabled || !came_through, || "a file that was applied did not disable the user".to_owned());
        let fresh = self.beside.fresh(trial)?;
        let refreshed = fresh.refresh("old", given.refresh()?)?.status == 200;
        trial.must(refreshed != disabled, || format!("disabled: {disabled}, and what they were given: {refreshed}"));
        Ok(())
    }
}
