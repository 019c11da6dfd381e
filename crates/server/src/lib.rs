//! The server: HTTP, pages, jobs, and what the one program is made of.

pub mod http;
