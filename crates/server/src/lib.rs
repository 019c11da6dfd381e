//! The server: HTTP, pages, jobs, and what the one program is made of.

mod app;
pub mod apps;
pub mod brakes;
mod browser;
pub mod cli;
mod clients;
pub mod clock;
pub mod config;
pub mod demo;
mod endpoints;
mod failure;
pub mod files;
pub mod follow;
pub mod hashing;
mod health;
pub mod http;
mod ids;
mod issue;
pub mod jobs;
pub mod keys;
pub mod mail;
mod management;
pub mod master_key;
mod meter;
pub mod pages;
mod recall;
mod revoked;
pub mod secrets;
pub mod server;
mod sites;

pub use app::{App, Service};
