//! The server: HTTP, pages, jobs, and what the one program is made of.

pub mod files;
pub mod http;
pub mod pages;
