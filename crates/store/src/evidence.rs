//! What people agreed to, as they were shown it: kept while the consent stands, and for as long after as the realm said when it
//! was given.

use crate::overview::{Of, range, username};
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::{Row, values};
use crate::{Fault, Id, Store};

/// What somebody agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// A new one.
    pub id: Id,
    /// The realm.
    pub realm: String,
    /// Who agreed.
    pub user: String,
    /// To what app.
    pub client: String,
    /// What was on the page: the sentences, their language, the companies; as its owner writes it.
    pub doc: String,
    /// From where.
    pub address: String,
    /// When.
    pub at: i64,
    /// How long it is kept after the consent was taken back, in milliseconds.
    pub kept: i64,
}

/// The same, as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// Its id.
    pub id: Id,
    /// Who agreed.
    pub user: String,
    /// What people call them.
    pub username: Option<String>,
    /// To what app.
    pub client: String,
    /// What was on the page.
    pub doc: String,
    /// From where.
    pub address: String,
    /// When.
    pub at: i64,
    /// When the consent was taken back.
    pub ended_at: Option<i64>,
    /// When the evidence is forgotten; none while the consent stands.
    pub expires_at: Option<i64>,
}

impl Store {
    /// What users agreed to, behind `after` (none: from the first), by user and time, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_evidence(
        &self,
        realm: &str,
        of: &Of,
        after: Option<&EvidenceLine>,
        limit: i64,
    ) -> Result<Vec<EvidenceLine>, Fault> {
        let (user, id) = after.map_or(("", [].as_slice()), |line| (line.user.as_str(), line.id.as_slice()));
        let (from, to) = range(of, user);
        read!(self, |tx| {
            let params = values![realm, from, id, to, of.app.as_deref(), limit];
            tx.query(Statement::Evidence, params, read_line).await
        })
    }
}

/// Keeps what was agreed to, within the transaction of the consent.
pub(crate) async fn put(tx: &mut impl Tx, evidence: &Evidence) -> Result<(), Fault> {
    let Evidence { id, realm, user, client, doc, address, at, kept } = evidence;
    let params = values![id, realm, user, client, doc, address, *at, *kept, i64::MAX];
    tx.execute(Statement::AddEvidence, params).await.map(drop)
}

fn read_line(row: &Row<'_>) -> Result<EvidenceLine, Fault> {
    let ended_at = row.int_or_null(6)?;
    let expires_at = row.int(7)?;
    Ok(EvidenceLine {
        id: row.array(0)?,
        user: row.string(1)?,
        client: row.string(2)?,
        doc: row.string(3)?,
        address: row.string(4)?,
        at: row.int(5)?,
        ended_at,
        expires_at: ended_at.map(|_| expires_at),
        username: username(row, 8)?,
    })
}
