//! What is over leaves, a few rows in each transaction, so that what is stored grows with what is live.

use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Store};

/// Access tokens and codes that are over are still told apart from unknown ones for so long.
const REMEMBERED: i64 = 3_600_000;

/// Changes, sent mails and closed parcels are kept for so long.
const KEPT: i64 = 7 * 86_400_000;

/// What leaves, and how long after its end.
const SUBJECTS: [(Statement, i64); 28] = [
    (Statement::PurgeTeamInvitations, 0),
    (Statement::PurgeActivity, 0),
    (Statement::EndOverEvidence, 0),
    (Statement::PurgeConsents, 0),
    (Statement::PurgeEvidence, 0),
    (Statement::PurgeBackchannel, REMEMBERED),
    (Statement::PurgeBrowsers, 0),
    (Statement::PurgeUserLinks, 0),
    (Statement::PurgeSeats, 0),
    (Statement::PurgePending, 0),
    (Statement::PurgeAnswered, 0),
    (Statement::PurgeSpent, 0),
    (Statement::PurgeApiAnswers, 0),
    (Statement::PurgeFailures, 0),
    (Statement::PurgeSessions, 0),
    (Statement::PurgeDevices, REMEMBERED),
    (Statement::PurgeSignedInTo, 0),
    (Statement::PurgeLinks, REMEMBERED),
    (Statement::PurgeCodes, REMEMBERED),
    (Statement::PurgeTokens, REMEMBERED),
    (Statement::PurgeGrants, REMEMBERED),
    (Statement::PurgeRevocations, REMEMBERED),
    (Statement::PurgeMails, KEPT),
    (Statement::PurgeInitialTokens, KEPT),
    (Statement::PurgeParcels, KEPT),
    (Statement::PurgeGivenUp, KEPT),
    (Statement::PurgeChanges, KEPT),
    (Statement::PurgeDeliveries, 0),
];

/// A sweep under way: which kinds may have more that is over.
#[derive(Debug)]
pub struct Sweep {
    due: Vec<Due>,
}

/// A kind that may have more.
#[derive(Debug, Clone, Copy)]
struct Due {
    statement: Statement,
    remembered: i64,
    /// What ended before this has left.
    from: i64,
}

impl Due {
    /// Whether this is a kind of which there may be so many that a batch goes on where the last one stopped.
    fn goes_on(self) -> bool {
        matches!(self.statement, Statement::PurgeCodes | Statement::PurgeTokens | Statement::PurgeGrants)
    }

    /// Removes one batch; how many rows left, or turned out to be in use, and where the next batch begins.
    async fn batch(self, tx: &mut impl Tx, before: i64, limit: i64) -> Result<(u64, i64), Fault> {
        if !self.goes_on() {
            return Ok((tx.execute(self.statement, values![before, limit]).await?, self.from));
        }
        let ends = tx.query(self.statement, values![before, limit, self.from], |row| row.int(0)).await?;
        let mut gone = u64::try_from(ends.len()).map_err(Fault::other)?;
        if self.statement == Statement::PurgeGrants {
            gone += tx.execute(Statement::RecheckGrants, values![before, limit, self.from]).await?;
        }
        Ok((gone, ends.into_iter().max().unwrap_or(self.from)))
    }
}

impl Sweep {
    /// One that looks at everything.
    pub fn of_everything() -> Self {
        let due = |(statement, remembered)| Due { statement, remembered, from: i64::MIN };
        Self { due: SUBJECTS.map(due).to_vec() }
    }

    /// Whether there is nothing more to be found.
    pub fn is_done(&self) -> bool {
        self.due.is_empty()
    }
}

impl Store {
    /// Removes what is over, at most `limit` rows of each kind, each kind in a transaction of its own; how many rows
    /// left, or turned out to be in use. While that is `limit` or more, there may be more of them.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn purge(&self, now: i64, limit: i64) -> Result<u64, Fault> {
        self.sweep(&mut Sweep::of_everything(), now, limit).await
    }

    /// As [`Store::purge`], of the kinds that a sweep has not come to the end of: a million tokens that leave cost nothing
    /// for the kinds beside them.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn sweep(&self, sweep: &mut Sweep, now: i64, limit: i64) -> Result<u64, Fault> {
        let (mut gone, mut more) = (0, Vec::new());
        for due in std::mem::take(&mut sweep.due) {
            let before = now.saturating_sub(due.remembered);
            let (of_kind, from) = write!(self, Several, |tx| { due.batch(tx, before, limit).await.map(Keep) })?;
            if i64::try_from(of_kind).is_ok_and(|count| count >= limit) {
                more.push(Due { from, ..due });
            }
            gone += of_kind;
        }
        sweep.due = more;
        Ok(gone)
    }
}
