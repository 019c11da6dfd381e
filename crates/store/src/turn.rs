//! Whose turn it is: an intention that waits is either begun or taken back, never both.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by whoever asked for something and whoever does it. The first of them to take it decides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Whether the other one has not taken it before: who does it may begin, or who asked for it has taken it back.
    pub(crate) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}
