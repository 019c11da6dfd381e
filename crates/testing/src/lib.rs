//! What several crates need in their tests. A failure here is a failure of the test: it panics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod folder;
pub mod html;
