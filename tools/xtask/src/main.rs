//! The project's own tools: `cargo xtask bench`, `cargo xtask faults`, `cargo xtask test`, `cargo xtask deny`.
//!
//! `bench` measures the release server beside bare servers (see [`mod@bench`]), `faults` kills and starves servers and
//! checks what must hold (see [`faults`]), `test` runs everything that must pass before a change is done (see [`steps`]),
//! `deny` checks the dependencies.

mod bench;
mod demo;
mod deny;
mod faults;
mod http;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// The project's own tools.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, clippy, unit, property and integration tests, guides, clients.
    Test(steps::Args),
    /// Speed and memory of the release server beside bare servers that do the least possible.
    Bench(bench::Args),
    /// Kill, starve and mislead real servers, and check what must hold after each.
    Faults(faults::Args),
    /// Licences, bans and sources of the dependencies (cargo-deny).
    Deny,
    /// The bare servers, run by `bench` as a process of their own.
    #[command(hide = true)]
    BenchBare(bench::bare::Args),
    /// The load client, run by `bench` as a process of its own; its plan comes on standard input.
    #[command(hide = true)]
    BenchLoad,
    /// The bare statements of a flow, run by `bench` as a process of their own; as above.
    #[command(hide = true)]
    BenchLoop,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Test(args) => steps::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Faults(args) => faults::run(&args),
        Task::Deny => deny::run(),
        Task::BenchBare(args) => bench::bare::run(&args).map(|()| true),
        Task::BenchLoad => bench::load::run().map(|()| true),
        Task::BenchLoop => bench::postgres::loops::run().map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The checkout's root: the folder above this crate.
fn root() -> Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("the xtask crate has no parent folder")?;
    Ok(root.to_path_buf())
}
