//! The server: HTTP, pages, jobs, and what the one program is made of.

pub mod admin;
mod app;
pub mod brakes;
mod browser;
mod clients;
pub mod clock;
mod endpoints;
mod failure;
pub mod follow;
pub mod hashing;
mod health;
pub mod http;
mod ids;
mod issue;
pub mod jobs;
pub mod keys;
pub mod mail;
pub mod management;
pub mod master_key;
mod meter;
pub mod pages;
mod recall;
mod revoked;
pub mod secrets;
pub mod server;
mod sites;

pub use app::{App, Service};
