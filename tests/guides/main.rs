//! The five guides, request by request: the bytes as they are printed (host and credentials replaced), sent over a plain
//! socket to the running demo, and the answer that the guide shows. Tests are named by the promise that they hold
//! (A1 … L8, `docs/contracts/`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod audaconnect;
mod aurora;
mod billit;
mod blastiq;
mod demo;
mod jim2;
mod wire;
