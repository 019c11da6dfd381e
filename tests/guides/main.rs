//! The five guides, request by request: the bytes as they are printed (host and credentials replaced), sent over a plain
//! socket to the running demo, and the answer that the guide shows. A test's comment names
//! the promises that it checks, by their numbers in `docs/contracts/` (A1 to L8).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod audaconnect;
mod aurora;
mod billit;
mod blastiq;
mod demo;
mod generated;
mod jim2;
mod wire;
