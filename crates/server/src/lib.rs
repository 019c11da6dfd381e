//! The server: HTTP, pages, jobs, and what the one program is made of.

pub mod admin;
pub mod api;
pub mod certificate;
mod console;
mod failure;
pub mod http;
mod ids;
mod issue;
pub mod jobs;
pub mod mail;
mod outbound;
pub mod outbox;
pub mod pages;
mod people;
mod portal;
mod protocol;
mod router;
pub mod server;
pub mod state;
pub mod telemetry;
pub mod webhooks;

pub use router::Service;
pub use state::{State, brakes, clock, hashing, keys, leaked, master_key, master_keys, secrets};
