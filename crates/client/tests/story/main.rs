//! The token manager against servers that say what each test wants to hear.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asking;
mod code;
mod dpop;
mod failing;
mod refreshing;
mod server;
mod sharing;
mod unauthorized;
