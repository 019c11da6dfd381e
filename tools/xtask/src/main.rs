//! The project's own commands: `cargo xtask test`, `cargo xtask deny`, `cargo xtask bench`, `cargo xtask faults`.
//!
//! `test` runs everything that must pass before a change is done, step by step (see [`steps`]). `deny` is one of its steps by
//! itself. `bench` and `faults` are programs of their own, in `tools/`, which are built only when they are asked for.

mod dependencies;
mod fuzz;
mod heard;
mod layout;
mod steps;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must pass: format, lints, layout, dependencies, tests, faults, client libraries, a browser.
    Test(steps::Args),
    /// Licences, bans and sources of the dependencies (cargo-deny).
    Deny,
    /// Speed and memory of the release server beside programs that do the least possible (`tools/bench`).
    #[command(disable_help_flag = true)]
    Bench(Rest),
    /// Inject faults into running servers, and check what must hold after each (`tools/faults`).
    #[command(disable_help_flag = true)]
    Faults(Rest),
}

/// What is handed on to another program.
#[derive(clap::Args)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Test(args) => steps::run(&args),
        Task::Deny => dependencies::deny().map(|()| true),
        Task::Bench(rest) => start("bench", &rest.arguments),
        Task::Faults(rest) => start("faults", &rest.arguments),
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

/// Builds one of the project's other tools and runs it; whether it succeeded.
///
/// # Errors
/// Cargo cannot be started.
fn start(package: &str, arguments: &[OsString]) -> Result<bool> {
    let status = other(package, arguments)?.status().context("cannot start cargo")?;
    Ok(status.success())
}

/// The command that builds one of the project's other tools and runs it.
///
/// # Errors
/// The folder of whoever asks is gone.
fn other(package: &str, arguments: &[OsString]) -> Result<Command> {
    let mut cargo = claviger_testing::cargo();
    // In the folder of whoever asks: the arguments may name files.
    cargo.current_dir(std::env::current_dir()?);
    cargo.args(["run", "--quiet", "--manifest-path"]).arg(claviger_testing::root().join("Cargo.toml"));
    cargo.args(["--package", package, "--"]).args(arguments);
    Ok(cargo)
}
