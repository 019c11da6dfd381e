//! The server: HTTP, pages, jobs, and what the one program is made of.

pub mod brakes;
pub mod clock;
pub mod files;
pub mod hashing;
pub mod http;
pub mod keys;
pub mod master_key;
pub mod pages;
pub mod secrets;
