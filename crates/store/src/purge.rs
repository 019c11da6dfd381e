//! What is over leaves, a few rows in each transaction, so that what is stored grows with what is live.

use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Store};

/// Access tokens and codes that are over are still told apart from unknown ones for so long.
const REMEMBERED: i64 = 3_600_000;

/// Changes and sent mails are kept for so long.
const KEPT: i64 = 7 * 86_400_000;

/// What leaves, and how long after its end.
const SUBJECTS: [(Statement, i64); 11] = [
    (Statement::PurgeSeats, 0),
    (Statement::PurgePending, 0),
    (Statement::PurgeFailures, 0),
    (Statement::PurgeSessions, 0),
    (Statement::PurgeLinks, REMEMBERED),
    (Statement::PurgeCodes, REMEMBERED),
    (Statement::PurgeTokens, REMEMBERED),
    (Statement::PurgeGrants, REMEMBERED),
    (Statement::PurgeRevocations, REMEMBERED),
    (Statement::PurgeMails, KEPT),
    (Statement::PurgeChanges, KEPT),
];

impl Store {
    /// Removes what is over, at most `limit` rows of each kind, each kind in a transaction of its own; how many rows
    /// left, or turned out to be in use. While that is `limit` or more, there may be more of them.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn purge(&self, now: i64, limit: i64) -> Result<u64, Fault> {
        let mut gone = 0;
        for (statement, remembered) in SUBJECTS {
            let before = now.saturating_sub(remembered);
            gone += write!(self, Several, |tx| {
                let mut gone = tx.execute(statement, values![before, limit]).await?;
                if statement == Statement::PurgeGrants {
                    gone += tx.execute(Statement::RecheckGrants, values![before, limit]).await?;
                }
                Ok(Keep(gone))
            })?;
        }
        Ok(gone)
    }
}
