//! Group 3: PostgreSQL is killed, cut off, silent or slow while clients go on.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::deployment::{Deployment, Node};
use super::peer::{Peer, TIMEOUT};
use super::proxy::{Mode, Proxy};
use super::trial::Trial;
use super::workload::{Event, Outcome, What, Workload};
use super::{Entry, Kind};

const POSTGRES: &[Kind] = &[Kind::Postgres];

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    ("pg-immediate", POSTGRES, "PostgreSQL ends as by `pg_ctl stop -m immediate`, and comes back", immediate),
    ("pg-kill", POSTGRES, "SIGKILL of every process of PostgreSQL, and it comes back", kill),
    ("pg-cut", POSTGRES, "every connection to the database is cut, again and again", cut),
    (
        "pg-in-doubt",
        POSTGRES,
        "the connection is cut at every message of a flow: done once, or asked again",
        super::kills::in_doubt,
    ),
    ("pg-refuse", POSTGRES, "nobody listens where the database was", refuse),
    ("pg-half-open", POSTGRES, "connections to the database stay open and nothing passes", half_open),
    ("pg-slow", POSTGRES, "every answer of the database takes a quarter of a second longer", slow),
    ("seen-by-all", POSTGRES, "what one server is told, three know within a second", super::propagation::seen_by_all),
    (
        "cut-off-node",
        POSTGRES,
        "a server that was cut off knows what was revoked before it serves",
        super::propagation::cut_off,
    ),
];

/// Servers on the database, and clients at each.
const SERVERS: usize = 2;
const CLIENTS: usize = 3;

/// After so long without being served the injury is taken not to heal by itself.
const HEALED: Duration = Duration::from_secs(20);

/// What public facts may take while the database is gone.
const FACTS: Duration = Duration::from_secs(1);

fn immediate(trial: &mut Trial<'_>) -> Result<()> {
    injure(
        trial,
        Gone::ForSure,
        Duration::from_millis(1500),
        |at| Ok(at.trial_cluster()?.stop_immediate()?),
        |at| Ok(at.trial_cluster()?.restart()?),
    )
}

fn kill(trial: &mut Trial<'_>) -> Result<()> {
    injure(
        trial,
        Gone::ForSure,
        Duration::from_millis(1500),
        |at| Ok(at.trial_cluster()?.kill9()?),
        |at| Ok(at.trial_cluster()?.restart()?),
    )
}

fn cut(trial: &mut Trial<'_>) -> Result<()> {
    let often = |at: &Injury<'_>| {
        for _ in 0..10 {
            at.proxy.cut();
            std::thread::sleep(Duration::from_millis(37));
        }
        Ok(())
    };
    injure(trial, Gone::Perhaps, Duration::ZERO, often, |_| Ok(()))
}

fn refuse(trial: &mut Trial<'_>) -> Result<()> {
    let gone = |at: &Injury<'_>| {
        at.proxy.set(Mode::Refuse);
        at.proxy.cut();
        Ok(())
    };
    injure(trial, Gone::ForSure, Duration::from_secs(2), gone, heal)
}

fn half_open(trial: &mut Trial<'_>) -> Result<()> {
    let silent = |at: &Injury<'_>| {
        at.proxy.set(Mode::HalfOpen);
        Ok(())
    };
    let hold = trial.lab.rounds(8, 6);
    injure(trial, Gone::ForSure, Duration::from_secs(hold), silent, heal)
}

fn slow(trial: &mut Trial<'_>) -> Result<()> {
    let slowly = |at: &Injury<'_>| {
        at.proxy.set(Mode::Delay(Duration::from_millis(125)));
        Ok(())
    };
    injure(trial, Gone::Perhaps, Duration::from_secs(3), slowly, heal)
}

#[expect(clippy::unnecessary_wraps, reason = "other ways of healing can fail")]
fn heal(at: &Injury<'_>) -> Result<()> {
    at.proxy.heal();
    Ok(())
}

/// Whether the servers are to say that they are not ready.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    ForSure,
    Perhaps,
}

/// What is at hand to injure with.
struct Injury<'a> {
    cluster: Option<&'a claviger_testing::postgres::Cluster>,
    proxy: &'a Proxy,
}

impl<'a> Injury<'a> {
    fn trial_cluster(&self) -> Result<&'a claviger_testing::postgres::Cluster> {
        self.cluster.context("no PostgreSQL")
    }
}

fn injure(
    trial: &mut Trial<'_>,
    gone: Gone,
    hold: Duration,
    injure: impl Fn(&Injury<'_>) -> Result<()>,
    heal: impl Fn(&Injury<'_>) -> Result<()>,
) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let cluster = trial.lab.cluster()?;
    let proxy = Proxy::start(cluster.port().context("PostgreSQL without a port")?)?;
    let url = proxy.url(&deployment.url)?;
    let nodes =
        (0..SERVERS).map(|_| deployment.serve_with(&[("CLAVIGER_DATABASE__URL", &url)])).collect::<Result<Vec<_>>>()?;
    let at = Injury { cluster: Some(cluster), proxy: &proxy };
    // What other cases wrote is not what this one recovers from.
    cluster.psql("CHECKPOINT")?;
    let rounds = trial.lab.rounds(6, 1);
    under_load(trial, &nodes, rounds, gone == Gone::ForSure, hold, || injure(&at), || heal(&at))
}

/// Injures and heals under load, again and again; what must hold meanwhile and after.
///
/// # Errors
/// The injury cannot be done, or a server does not answer afterwards.
pub(crate) fn under_load(
    trial: &mut Trial<'_>,
    nodes: &[Node],
    rounds: u64,
    goes_unready: bool,
    hold: Duration,
    injure: impl Fn() -> Result<()>,
    heal: impl Fn() -> Result<()>,
) -> Result<()> {
    let peers: Vec<Peer> = nodes.iter().map(|node| node.peer.clone()).collect();
    let workload = Workload::start(&peers, CLIENTS)?;
    let (mut longest, mut unavailable) = (Duration::ZERO, 0_usize);
    for _ in 0..rounds {
        // Not at the same moment of the clients' turns.
        std::thread::sleep(Duration::from_millis(300 + trial.chance(100)));
        workload.take();
        let began = Instant::now();
        injure()?;
        let mut unready = vec![false; nodes.len()];
        while began.elapsed() < hold {
            for (node, unready) in nodes.iter().zip(&mut unready) {
                *unready |= node.ready() == Some(503);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        heal()?;
        let healed = Instant::now();
        if goes_unready {
            let said = unready.iter().all(|unready| *unready);
            trial.must_in_time(said, || format!("readiness never said so in {} ms", hold.as_millis()));
        }
        while !(workload.all_serve(nodes.len(), healed) && nodes.iter().all(|node| node.ready() == Some(200))) {
            if healed.elapsed() > HEALED {
                trial.must_in_time(false, || {
                    format!("not every server serves and is ready {} s after", HEALED.as_secs())
                });
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        trial.recovered(healed.elapsed());
        for event in workload.take() {
            longest = longest.max(event.took);
            unavailable += usize::from(event.outcome == Outcome::Unavailable);
            bounded(trial, &event);
        }
        trial.round();
    }
    trial.note(format!("{unavailable} answered 503, longest wait {} ms", longest.as_millis()));
    workload.end(trial, peers.first().context("no server")?)
}

/// Every wait is bounded, and what needs no database goes on.
fn bounded(trial: &mut Trial<'_>, event: &Event) {
    let seen = || format!("{:?} after {} ms: {:?}", event.what, event.took.as_millis(), event.outcome);
    match event.what {
        What::Facts => trial.must_in_time(event.outcome == Outcome::Served && event.took <= FACTS, seen),
        What::Durable | What::Authorize => {
            trial.must_in_time(event.took < TIMEOUT && event.outcome != Outcome::Lost, seen);
            trial.must(!matches!(&event.outcome, Outcome::Other(text) if text.starts_with('5')), seen);
        }
    }
}
