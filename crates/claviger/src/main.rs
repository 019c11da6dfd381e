//! The one program: the command line, its configuration, and the server put together.

mod cli;
mod config;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
