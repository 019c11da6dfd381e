//! What is particular to a PostgreSQL: it is across a network, which goes away, and several servers share it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../contract/fixtures.rs"]
#[allow(dead_code, reason = "shared by many tests")]
mod fixtures;

mod cut_off;
mod proxy;
mod schema;
mod tls;
mod together;
