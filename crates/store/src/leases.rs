//! Leases: of several servers one does a job, and another goes on when it dies.
//!
//! They run by the database's clock, so the servers' own need not agree. A lease says who should work and is no lock: what
//! is done under it must do no harm when two do it.

use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Id, Store};

impl Store {
    /// Takes the lease `name` for `holder`, or prolongs it, for `ttl` milliseconds from now; whether it is the holder's now.
    /// All who ask for one lease ask for the same time: one that ends later than that is of a clock that was set back,
    /// and counts as over.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn take_lease(&self, name: &'static str, holder: &Id, ttl: i64) -> Result<bool, Fault> {
        let holder = *holder;
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::TakeLease, values![name, &holder, ttl]).await? > 0))
        })
    }

    /// Gives the lease back, if `holder` has it, so that another need not wait for its end; whether it had it.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn release_lease(&self, name: &'static str, holder: &Id) -> Result<bool, Fault> {
        let holder = *holder;
        write!(self, Single, |tx| { Ok(Keep(tx.execute(Statement::ReleaseLease, values![name, &holder]).await? > 0)) })
    }
}
