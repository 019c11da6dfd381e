//! A store against a simple model: whatever is done to it in whatever order, it answers as the maps of [`model`] do, and
//! what can be seen of it afterwards is what they hold.
//!
//! A sequence that goes wrong is made as short as it gets and printed. `CLAVIGER_MODEL_CASES` is the number of sequences
//! (100 on SQLite, 12 on PostgreSQL), `CLAVIGER_MODEL_STEPS` how long they get (40).
//!
//! [`together`] is about what happens at once: many tasks at the same codes, grants and seats, and a history to check.
//! `CLAVIGER_MODEL_ROUNDS` is how often (20 on SQLite, 8 on PostgreSQL), `CLAVIGER_MODEL_SEED` begins with the round that was printed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod history;
mod model;
mod observe;
mod operations;
mod together;
mod world;

use claviger_store::{Options, Store};
use operations::Op;
use proptest::test_runner::{Config, TestError, TestRunner};
use world::{Outcome, World, failed, wrong};

/// A whole number out of the environment.
pub(crate) fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The URL of a fresh database: in nowhere, or on a real PostgreSQL.
pub(crate) fn fresh(on_postgres: bool) -> String {
    if on_postgres {
        claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap()
    } else {
        "sqlite::memory:".into()
    }
}

/// Patience for a machine that does much beside these tests.
pub(crate) fn options() -> Options {
    Options { patience: std::time::Duration::from_secs(30), ..Options::default() }
}

/// Does a sequence to a fresh store.
async fn run(url: &str, steps: &[Op]) -> Outcome {
    let store = Store::connect(url, &options()).await.map_err(failed)?;
    let mut world = World::set_up(store).await?;
    world.observe().await?;
    for (number, op) in steps.iter().enumerate() {
        let told = |error| wrong(format!("step {}, {op:?}: {error}", number + 1));
        Box::pin(world.step(*op)).await.map_err(told)?;
        world.observe().await.map_err(told)?;
    }
    world.finish().await.map_err(|error| wrong(format!("at the end: {error}")))
}

/// Tries many sequences, and shows the shortest that goes wrong.
fn try_sequences(on_postgres: bool, cases: u32, shorter: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = setting("CLAVIGER_MODEL_CASES", cases);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: shorter, ..Config::default() };
    let length = usize::try_from(setting("CLAVIGER_MODEL_STEPS", 40)).unwrap();
    let sequences = proptest::collection::vec(operations::op(), 1..=length);
    let outcome =
        TestRunner::new(config).run(&sequences, |steps| runtime.block_on(Box::pin(run(&fresh(on_postgres), &steps))));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => {
            let lines: Vec<String> = steps.iter().map(|op| format!("    Op::{op:?},")).collect();
            panic!("{reason}\nafter the steps\n{}", lines.join("\n"));
        }
        Err(TestError::Abort(reason)) => panic!("no sequence was tried: {reason}"),
    }
}

#[test]
fn sqlite_does_as_the_model() {
    try_sequences(false, 100, 4_000);
}

#[test]
fn postgresql_does_as_the_model() {
    try_sequences(true, 12, 400);
}
