//! What strangers can make a server keep, or send.

use anyhow::Result;

use super::super::Kind;
use super::super::deployment::{Deployment, Node};
use super::super::peer::{Wire, authorize};
use super::Attack;
use super::target::{deployment, from, serve, side_by_side, stranger};
use super::toll::{Toll, number};
use claviger_testing::browser::encode;
use claviger_testing::http;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "authorize-storm",
        about: "16,000 requests to /authorize from browsers that sign nobody in",
        bound: "no row, 1 MiB of the database, 36 MiB of the request log, 32 MiB of memory",
        run: storm,
    },
    Attack {
        name: "revoke-storm",
        about: "thousands of invented tokens at /revoke and /introspect, by a client with its secret",
        bound: "no row, 1 MiB of the database, 36 MiB of the request log, 32 MiB of memory",
        run: revocations,
    },
    Attack {
        name: "error-page",
        about: "requests of 65 KB that are refused",
        bound: "16 KiB for an error page, 32 KiB for a sign-in page",
        run: error_page,
    },
];

/// What a server keeps.
pub(super) struct Kept {
    pub(super) rows: i64,
    pub(super) bytes: i64,
    /// Of the request log, which has bounds of its own for each app and realm.
    pub(super) logged: i64,
    pub(super) memory: u64,
}

/// What the log may keep of an app's calls: 8 MiB that went well and as much that were refused, an eighth more for a moment, and as
/// much again for indexes and the file's own journal; in KiB.
const LOGGED: f64 = 36.0 * 1024.0;

/// Rows of what strangers can reach.
const ROWS: &str = "SELECT (SELECT count(*) FROM answered) + (SELECT count(*) FROM code) + (SELECT count(*) FROM session) \
    + (SELECT count(*) FROM grants) + (SELECT count(*) FROM access_token) + (SELECT count(*) FROM revocation) \
    + (SELECT count(*) FROM consent)";

pub(super) fn kept(toll: &Toll<'_>, deployment: &Deployment, node: &Node) -> Result<Kept> {
    let (bytes, logged) = match toll.kind {
        Kind::Sqlite => {
            let (mut bytes, mut logged) = (0, 0);
            for entry in std::fs::read_dir(deployment.folder.join("data"))? {
                let entry = entry?;
                let is_log = entry.file_name().to_string_lossy().contains(".requests.db");
                *(if is_log { &mut logged } else { &mut bytes }) += i64::try_from(entry.metadata()?.len())?;
            }
            (bytes, logged)
        }
        Kind::Postgres => {
            let all = deployment.count(toll.lab, "SELECT pg_database_size(current_database())")?;
            let log = "SELECT pg_total_relation_size('request_line') + pg_total_relation_size('request_use')";
            let logged = deployment.count(toll.lab, log)?;
            (all - logged, logged)
        }
    };
    let memory = claviger_testing::process::pss_kib(node.running.pid)?;
    Ok(Kept { rows: deployment.count(toll.lab, ROWS)?, bytes, logged, memory })
}

/// Sends requests side by side, and counts what is kept of them.
fn storm_of(toll: &mut Toll<'_>, what: &str, all: usize, request: impl Fn(usize) -> String + Sync) -> Result<()> {
    const THREADS: usize = 8;
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let send = |from: usize, to: usize| {
        side_by_side(THREADS, |thread| {
            let mut wire = Wire::open(node.peer.address)?;
            for number in (from..to).skip(thread).step_by(THREADS) {
                wire.ask(&request(number))?;
            }
            Ok(0)
        })
    };
    // The first requests make what every server keeps: keys, templates, connections.
    send(0, 400)?;
    let before = kept(toll, &deployment, &node)?;
    send(400, 400 + all)?;
    let after = kept(toll, &deployment, &node)?;
    let more = |after: i64, before: i64| number(usize::try_from(after - before).unwrap_or(0));
    toll.at_most(0.0, more(after.rows, before.rows), format!("rows of {all} {what}"));
    toll.at_most(1024.0, more(after.bytes, before.bytes) / 1024.0, "KiB of the database");
    toll.at_most(LOGGED, number(usize::try_from(after.logged)?) / 1024.0, "KiB of the request log");
    let memory = usize::try_from(after.memory.saturating_sub(before.memory))?;
    toll.at_most(32.0, number(memory) / 1024.0, "MiB of memory");
    Ok(())
}

const HOST: &str = "localhost:7001";

fn storm(toll: &mut Toll<'_>) -> Result<()> {
    let all = toll.attempts(16_000, 6_000);
    storm_of(toll, "requests to /authorize", all, |number| {
        let target = format!("{}&nonce=n{number}", authorize("web", "openid orders.read"));
        http::request("GET", &target, HOST, &[&from(&stranger(number))], "")
    })
}

fn revocations(toll: &mut Toll<'_>) -> Result<()> {
    let all = toll.attempts(16_000, 4_000);
    storm_of(toll, "invented tokens", all, |number| {
        let path = if number.is_multiple_of(2) { "/revoke" } else { "/introspect" };
        let (name, client) = if number.is_multiple_of(2) { ("cvr", "web") } else { ("cva", "api") };
        let body = format!("token={name}_{number:043}");
        let basic = http::basic(client, super::super::peer::SECRET);
        http::request("POST", path, HOST, &[&basic, &from(&stranger(number))], &body)
    })
}

fn error_page(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let peer = &node.peer;
    let hostile = "<\"&'>".repeat(13_000);
    let cut = |length: usize| encode(hostile.get(..length).unwrap_or(&hostile));
    let mut largest = 0;
    for (name, length) in
        [("redirect_uri", 20_000), ("redirect_uri", 8_000), ("client_id", 8_000), ("state", 20_000), ("scope", 8_000)]
    {
        let body = format!("client_id=web&response_type=code&{name}={}", cut(length));
        let answer = peer.send(&http::request("POST", "/authorize", &peer.host, &[], &body))?;
        largest = largest.max(answer.body.len() + answer.head.len());
    }
    for path in ["/token", "/revoke", "/introspect"] {
        let body = format!("client_id={0}&grant_type={0}&token=x", cut(8_000));
        let answer = peer.send(&http::request("POST", path, &peer.host, &[], &body))?;
        largest = largest.max(answer.body.len() + answer.head.len());
    }
    toll.at_most(16.0 * 1024.0, number(largest), "bytes of the largest error");
    let body = format!("username={}&password=x", cut(8_000));
    let answer = peer.send(&http::request("POST", "/-/sign-in", &peer.host, &[], &body))?;
    toll.at_most(32.0 * 1024.0, number(answer.body.len() + answer.head.len()), "bytes of a sign-in page");
    Ok(())
}
