//! The token manager against servers that say what each test wants to hear.

mod asking;
mod failing;
mod refreshing;
mod server;
mod sharing;
mod unauthorized;
