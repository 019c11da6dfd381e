//! A label and its value.

use serde::Serialize;

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub value: String,
}

impl Pair {
    /// A pair of both.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}
