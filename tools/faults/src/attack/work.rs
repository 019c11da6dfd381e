//! Work that grows faster than what it is asked for: each input at two sizes, the second twice the first.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::super::deployment::{Deployment, Node};
use super::super::peer::{Wire, authorize};
use super::Attack;
use super::target::{deployment, serve};
use super::toll::{Toll, number};
use claviger_testing::http;
use claviger_testing::process::{children_microseconds, cpu_exact};

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "long-requests",
        about: "thousands of scope tokens, parameters, prompts, cookies, hops, at /authorize, /token and others",
        bound: "at twice the size at most three times the server's processor time, and 20 ms for the longest",
        run: long_requests,
    },
    Attack {
        name: "realm-file",
        about: "a realm file with 200,000 unknown keys, tables, references that lead nowhere",
        bound: "at twice the size at most three times the processor time",
        run: realm_file,
    },
];

/// Twice the size takes twice the work, and some more for the machine.
const RATIO: f64 = 3.0;

/// A kind of request, by the number of its parts.
type Kind = (&'static str, usize, fn(usize, &str) -> String);

/// The larger of the two sizes of each; a body ends at 64 KiB, a head at 32 KiB.
const KINDS: &[Kind] = &[
    ("scope tokens at /token", 8_000, |n, host| form("/token", host, &format!("scope={}", "read%20".repeat(n)))),
    ("scope tokens at /authorize", 8_000, |n, host| {
        form("/authorize", host, &format!("client_id=web&scope={}", "a1%20".repeat(n)))
    }),
    ("different scopes at /authorize", 1_000, |n, host| {
        let scopes = each(n, |n| format!("s{n}%20"));
        http::request("GET", &format!("{}&scope={scopes}", authorize("web", "x")), host, &[], "")
    }),
    ("prompts", 3_000, |n, host| {
        http::request("GET", &format!("{}&prompt={}", authorize("web", "openid"), "x%20".repeat(n)), host, &[], "")
    }),
    ("parameters", 8_000, |n, host| {
        let many = each(n, |n| format!("&p{n}=1"));
        form("/token", host, &format!("grant_type=client_credentials{many}"))
    }),
    ("times the same parameter", 4_000, |n, host| form("/token", host, &"resource=a&".repeat(n))),
    ("escapes in a redirect URI", 8_000, |n, host| {
        form("/authorize", host, &format!("client_id=web&redirect_uri={}", "%3C%22".repeat(n)))
    }),
    ("cookies", 4_000, |n, host| {
        let line = format!("Cookie: {}", "a=b; ".repeat(n));
        http::request("GET", "/-/sign-in", host, &[&line], "")
    }),
    ("languages", 3_000, |n, host| {
        let line = format!("Accept-Language: {}", "en;q=0.1,".repeat(n));
        http::request("GET", "/-/sign-in", host, &[&line], "")
    }),
    ("hops of proxies", 2_500, |n, host| {
        let line = format!("X-Forwarded-For: {}", "10.0.0.1, ".repeat(n));
        http::request("GET", "/-/sign-in", host, &[&line], "")
    }),
    ("levels of JSON", 30_000, |n, host| {
        let body = format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        let head = format!("POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
    }),
];

/// One text of many.
fn each(count: usize, part: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    (0..count).for_each(|number| text.push_str(&part(number)));
    text
}

fn form(path: &str, host: &str, body: &str) -> String {
    http::request("POST", path, host, &[], body)
}

fn long_requests(toll: &mut Toll<'_>) -> Result<()> {
    let times = toll.attempts(400, 60);
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    for (what, most, request) in KINDS {
        let host = &node.peer.host;
        let (half, whole) = (request(most / 2, host), request(*most, host));
        // What is slow at first is not the size's fault.
        cost_of(&node, &half, 3)?;
        let (few, many) = (cost_of(&node, &half, times)?, cost_of(&node, &whole, times)?);
        // Below that the clock's own grain and the machine's other work are what is seen.
        toll.takes_at_most(RATIO, many / few.max(0.3), format!("times the work for {most} {what} as for {}", most / 2));
        toll.takes_at_most(20.0, many, format!("ms for {most} {what}"));
    }
    Ok(())
}

/// Milliseconds of the server's processor for one of these requests.
fn cost_of(node: &Node, request: &str, times: usize) -> Result<f64> {
    let before = cpu_exact(node.running.pid)?;
    let mut wire = Wire::open(node.peer.address)?;
    for _ in 0..times {
        // Failed authentication is answered late, so many wait beside one another where that is so.
        if wire.ask(request).is_err() {
            wire = Wire::open(node.peer.address)?;
        }
    }
    let used = cpu_exact(node.running.pid)?.saturating_sub(before);
    Ok(number(usize::try_from(used)?) / 1000.0 / number(times))
}

/// A kind of wrong realm file, by the number of its mistakes.
type Wrong = (&'static str, fn(usize) -> String);

const WRONG: &[Wrong] = &[
    ("unknown keys of the file", |n| each(n, |n| format!("unknown-{n} = 1\n")) + GOOD),
    ("unknown keys of the realm", |n| format!("{GOOD}{}", each(n, |n| format!("unknown-{n} = 1\n")))),
    ("unknown tables", |n| format!("{GOOD}{}", each(n, |n| format!("[unknown-{n}]\na = 1\n")))),
    ("unknown lists of tables", |n| format!("{GOOD}{}", "[[unknown]]\na = 1\n".repeat(n))),
    ("users of unknown organisations", |n| {
        let user = |n| format!("[[user]]\nusername = \"user-{n}\"\norganisations = [\"o{n}\"]\n");
        format!("{GOOD}{}", each(n, user))
    }),
    ("users of one name", |n| format!("{GOOD}{}", "[[user]]\nusername = \"ada\"\n".repeat(n))),
];

const GOOD: &str = "[realm]\nid = \"r\"\nname = \"R\"\ndialect = \"standard\"\nissuer = \"http://localhost:7009\"\n\
                    authorities = [\"localhost:7009\"]\n";

fn realm_file(toll: &mut Toll<'_>) -> Result<()> {
    let most = toll.attempts(200_000, 40_000);
    let deployment = deployment(toll)?;
    for (what, text) in WRONG {
        let (few, _) = apply(&deployment, &text(most / 2))?;
        let (many, printed) = apply(&deployment, &text(most))?;
        // Starting the program takes some time, whatever is in the file, and the clock counts in hundredths of a second.
        toll.takes_at_most(RATIO, many / few.max(0.1), format!("times the work for {most} {what} as for {}", most / 2));
        toll.at_most(100.0, printed, format!("KiB printed of {most} {what}"));
    }
    Ok(())
}

/// Seconds of the processor that refusing a realm file takes, and the KiB that it prints.
fn apply(deployment: &Deployment, text: &str) -> Result<(f64, f64)> {
    let file = deployment.folder.join("wrong.toml");
    std::fs::write(&file, text)?;
    let before = children_microseconds()?;
    let output = deployment.try_run(&["apply", "--dry-run", &file.to_string_lossy()])?;
    let used = children_microseconds()?.saturating_sub(before);
    let refused = (!output.status.success()).then_some(()).context("a wrong realm file was taken");
    refused?;
    let printed = number(output.stdout.len() + output.stderr.len()) / 1024.0;
    Ok((number(usize::try_from(used)?) / 1_000_000.0, printed))
}

/// How long something took, in milliseconds.
pub(super) fn milliseconds(since: Instant) -> f64 {
    Duration::as_secs_f64(&since.elapsed()) * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_fits_into_what_a_server_reads() {
        for (what, most, request) in KINDS {
            let request = request(*most, "h");
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.len() < 32 * 1024 && body.len() <= 64 * 1024, "{what}: {} and {}", head.len(), body.len());
            assert!(request.len() > 5_000, "{what}");
        }
    }
}
