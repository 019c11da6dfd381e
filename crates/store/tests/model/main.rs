//! A store against a simple model: whatever is done to it in whatever order, it answers as the maps of [`model`] do, and
//! what can be seen of it afterwards is what they hold.
//!
//! A sequence that goes wrong is made as short as it gets and printed. `CLAVIGER_MODEL_CASES` is the number of sequences
//! (64 on SQLite, 12 on PostgreSQL), `CLAVIGER_MODEL_STEPS` how long they get (40).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod model;
mod observe;
mod operations;
mod world;

use claviger_store::{Options, Store};
use operations::Op;
use proptest::test_runner::{Config, TestError, TestRunner};
use world::{Outcome, World, wrong};

/// A whole number out of the environment.
pub(crate) fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Does a sequence to a fresh store.
async fn run(store: Store, steps: &[Op]) -> Outcome {
    let mut world = World::furnish(store).await?;
    world.observe().await?;
    for (number, op) in steps.iter().enumerate() {
        let told = |error| wrong(format!("step {}, {op:?}: {error}", number + 1));
        Box::pin(world.step(*op)).await.map_err(told)?;
        world.observe().await.map_err(told)?;
    }
    world.finish().await.map_err(|error| wrong(format!("at the end: {error}")))
}

/// Tries many sequences, and shows the shortest that goes wrong.
fn try_sequences(cases: u32, fresh: impl Fn() -> Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let length = usize::try_from(setting("CLAVIGER_MODEL_STEPS", 40)).unwrap();
    let sequences = proptest::collection::vec(operations::op(), 1..=length);
    let outcome = TestRunner::new(config).run(&sequences, |steps| runtime.block_on(Box::pin(run(fresh(), &steps))));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => {
            let lines: Vec<String> = steps.iter().map(|op| format!("    Op::{op:?},")).collect();
            panic!("{reason}\nafter the steps\n{}", lines.join("\n"));
        }
        Err(TestError::Abort(reason)) => panic!("no sequence was tried: {reason}"),
    }
}

fn sqlite() -> Store {
    Store::open("sqlite::memory:", &Options::default()).unwrap()
}

#[test]
fn sqlite_does_as_the_model() {
    try_sequences(setting("CLAVIGER_MODEL_CASES", 64), sqlite);
}
