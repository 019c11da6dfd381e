//! Group 5: clocks that step while a server runs, and servers that do not agree what time it is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::clock::Clock;
use super::deployment::{Deployment, Node};
use super::peer::{Peer, Tokens};
use super::trial::Trial;
use super::{BOTH, Entry, Kind};
use claviger_testing::http::member;

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    ("clock-hour", BOTH, "the clock steps by an hour, forward and back: nothing that was over comes back", hour),
    ("clock-second", BOTH, "the clock steps by a second, forward and back", second),
    ("clock-skew", &[Kind::Postgres], "three servers whose clocks are an hour apart serve one client in turn", skew),
];

const HOUR: i64 = 3600;

/// How far from the true time a token may be on a server that goes by the database's clock.
const EXACT: i64 = 3;

fn hour(trial: &mut Trial<'_>) -> Result<()> {
    let short = [HOUR, 0];
    steps(trial, if trial.lab.short { &short } else { &[HOUR, 0, -HOUR, 0] })
}

fn second(trial: &mut Trial<'_>) -> Result<()> {
    let short = [1, 0];
    steps(trial, if trial.lab.short { &short } else { &[1, 0, -1, 0] })
}

/// What must stay over, and what must go on.
struct Witnesses {
    expired: String,
    expired_refresh: String,
    revoked: String,
    spent: String,
    live: Tokens,
}

fn steps(trial: &mut Trial<'_>, steps: &[i64]) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let clock = Clock::new(&deployment.folder, "clock", 0)?;
    let environment = clock.environment();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut node = deployment.serve_with(&environment)?;
    let cookies = node.peer.sign_in()?;
    let mut witnesses = witnesses(trial, &node, &cookies)?;
    let shared = trial.kind == Kind::Postgres;
    for _ in 0..trial.lab.rounds(2, 1) {
        for seconds in steps {
            let short =
                Tokens::of(&node.short_lived().credentials("machine", "orders.read")?.expect(200, "a short token")?)?;
            let claimed = Instant::now();
            let code = node.peer.code(&cookies);
            clock.step_to(*seconds)?;
            let stepped = Instant::now();
            sees(&node, *seconds)?;
            // Anything that is asked right after the step.
            let refreshed = node.peer.refresh("web", witnesses.live.refresh()?)?;
            trial.must(refreshed.status == 200, || format!("a live grant: {} {}", refreshed.status, refreshed.body));
            if refreshed.status != 200 {
                bail!("the chain is broken, nothing more to see");
            }
            trial.recovered(stepped.elapsed());
            witnesses.live = Tokens::of(&refreshed)?;
            let active = node.peer.is_active(&witnesses.live.access)?;
            trial.must(active, || "a token is not active right after it was given out".to_owned());
            signed(trial, &node.peer, shared)?;
            over(trial, &node, &witnesses)?;
            if shared {
                // The database's clock has not stepped, so nothing has become older or younger.
                let code = code.context("a code before the step")?;
                let exchanged = node.peer.exchange(&code)?;
                trial.must(exchanged.status == 200, || format!("a code of before the step: {}", exchanged.body));
                let early =
                    claimed.elapsed() > Duration::from_secs(1) || node.short_lived().is_active(&short.access)?;
                trial.must(early, || "a token of before the step was over too early".to_owned());
            }
            std::thread::sleep(Duration::from_millis(2200).saturating_sub(claimed.elapsed()));
            if shared {
                trial.must(!node.short_lived().is_active(&short.access)?, || "a token outlived its time".to_owned());
            }
            trial.round();
        }
        // What is over stays over, whoever asks, also after a restart in a false time.
        node.kill();
        clock.step_to(-HOUR)?;
        node = deployment.serve_with(&environment)?;
        over(trial, &node, &witnesses)?;
        clock.step_to(0)?;
    }
    Ok(())
}

fn witnesses(trial: &mut Trial<'_>, node: &Node, cookies: &str) -> Result<Witnesses> {
    let short_lived = node.short_lived();
    let short = Tokens::of(&short_lived.credentials("machine", "orders.read")?.expect(200, "a short token")?)?;
    let revoked = Tokens::of(&node.peer.credentials("machine", "orders.read")?.expect(200, "a token")?)?;
    let request = node.peer.revoke_request("machine", revoked.refresh()?);
    node.peer.send(&request)?.expect(200, "a revocation")?;
    let spent = node.peer.code(cookies)?;
    node.peer.exchange(&spent)?.expect(200, "an exchange")?;
    let code = node.peer.code(cookies)?;
    let live = Tokens::of(&node.peer.exchange(&code)?.expect(200, "an exchange")?)?;
    std::thread::sleep(Duration::from_millis(4300));
    trial.must(!short_lived.is_active(&short.access)?, || "a token of 2 s lives after 4 s".to_owned());
    let expired_refresh = short.refresh()?.to_owned();
    Ok(Witnesses { expired: short.access, expired_refresh, revoked: revoked.access, spent, live })
}

/// Nothing that was over comes back.
fn over(trial: &mut Trial<'_>, node: &Node, witnesses: &Witnesses) -> Result<()> {
    trial.must(!node.short_lived().is_active(&witnesses.expired)?, || "an expired token came back".to_owned());
    let refreshed = node.short_lived().refresh("machine", &witnesses.expired_refresh)?;
    trial.must(refreshed.status == 400, || format!("an expired grant came back: {}", refreshed.body));
    trial.must(!node.peer.is_active(&witnesses.revoked)?, || "a revoked token came back".to_owned());
    let replayed = node.peer.exchange(&witnesses.spent)?;
    trial.must(replayed.status == 400, || format!("a spent code came back: {}", replayed.body));
    Ok(())
}

/// A signed token is good at once; with the database's clock its times are true whatever this machine's clock says.
fn signed(trial: &mut Trial<'_>, peer: &Peer, exact: bool) -> Result<()> {
    let answer = peer.credentials("signed", "orders.read")?.expect(200, "a signed token")?;
    let token = member(&answer.json()?, "access_token")?;
    trial.must(peer.is_signed_active(&token)?, || "a signed token is not active".to_owned());
    let off = issued_at(&token)? - now()?;
    trial.must(!exact || off.abs() <= EXACT, || format!("a token's `iat` is off by {off} s"));
    Ok(())
}

fn issued_at(token: &str) -> Result<i64> {
    let payload = token.split('.').nth(1).context("not a signed token")?;
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    claims.get("iat").and_then(serde_json::Value::as_i64).context("no iat")
}

fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

/// The process really goes by the false time: the lines of its log say so.
fn sees(node: &Node, seconds: i64) -> Result<()> {
    // A refusal is logged.
    node.peer.exchange("unknown")?.expect(400, "an unknown code")?;
    let log = node.log();
    let line = log.lines().rev().find(|line| line.contains("refused")).context("the log has no line of a refusal")?;
    let said = seconds_of_day(line)?;
    // The day may have changed in between; a step of one second is within what rounding does.
    let off = (said - now()?.rem_euclid(86_400) - seconds + 43_200).rem_euclid(86_400) - 43_200;
    if off.abs() > 1 {
        bail!("the server does not see that its clock was set by {seconds} s: it says {line}");
    }
    Ok(())
}

/// `2026-11-21T08:49:37.5Z  INFO ...`: the time in it.
fn seconds_of_day(line: &str) -> Result<i64> {
    let (_, rest) = line.split_once('T').context("not a line of a log")?;
    let time = rest.split(['.', 'Z']).next().unwrap_or_default();
    time.split(':').try_fold(0, |sum, part| Ok(sum * 60 + part.parse::<i64>()?))
}

fn skew(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let mut nodes = Vec::new();
    for (name, seconds) in [("fast", HOUR), ("true", 0), ("slow", -HOUR)] {
        let environment = Clock::new(&deployment.folder, name, seconds)?.environment();
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let node = deployment.serve_with(&environment)?;
        sees(&node, seconds)?;
        nodes.push(node);
    }
    let peers: Vec<Peer> = nodes.iter().map(|node| node.peer.clone()).collect();
    let cookies = peers.first().context("no server")?.sign_in()?;
    let mut at = peers.iter().cycle();
    let mut next = move || at.next().context("no server");
    for _ in 0..trial.lab.rounds(200, 6) {
        let code = next()?.code(&cookies)?;
        let exchanged = next()?.exchange(&code)?;
        trial.must(exchanged.status == 200, || format!("a code of another server: {}", exchanged.body));
        if exchanged.status != 200 {
            continue;
        }
        let first = Tokens::of(&exchanged)?;
        let refreshed = next()?.refresh("web", first.refresh()?)?;
        trial.must(refreshed.status == 200, || format!("a grant of another server: {}", refreshed.body));
        let last = if refreshed.status == 200 { Tokens::of(&refreshed)? } else { first };
        trial.must(next()?.is_active(&last.access)?, || "a token of another server is not active".to_owned());
        let peer = next()?;
        peer.send(&peer.revoke_request("web", last.refresh()?))?.expect(200, "a revocation")?;
        trial.must(!next()?.is_active(&last.access)?, || "a token that another server revoked is active".to_owned());
        signed(trial, next()?, true)?;
        trial.round();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_s_time_is_read() {
        assert_eq!(seconds_of_day("2026-11-21T08:49:37.123456Z  INFO x: refused").unwrap(), 8 * 3600 + 49 * 60 + 37);
        assert!(seconds_of_day("yesterday").is_err());
    }
}
