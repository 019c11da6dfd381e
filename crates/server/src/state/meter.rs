//! The legacy meter: who still uses what the standards have left behind. Counted in memory, written in batches by a job.

use claviger_core::dialect::Legacy;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A client of a realm and what it used.
pub(crate) type Use = (String, String, Legacy);

/// Counts uses of legacy behaviours since they were last taken.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<HashMap<Use, u64>>);

impl Meter {
    /// Counts one use.
    pub(crate) fn count(&self, realm: &str, client: &str, legacy: Legacy) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *uses.entry((realm.to_owned(), client.to_owned(), legacy)).or_default() += 1;
    }

    /// Takes what has been counted.
    pub(crate) fn take(&self) -> Vec<(Use, u64)> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *uses).into_iter().collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, counted: Vec<(Use, u64)>) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, n) in counted {
            *uses.entry(key).or_default() += n;
        }
    }
}
