//! `claviger demo`, as the program that people start: what it prints works, the sample integrator can be clicked through
//! for every vendor, the sample APIs let in whom they should, and it stops and fails as it ought to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod alike;
mod apis;
mod connect;
mod desk;
mod lines;
mod login;
mod lost;
mod mcp;
mod programme;
mod start;
mod support;
