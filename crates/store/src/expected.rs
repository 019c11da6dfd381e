//! What an act rests on: the thing as whoever acts saw it. Compared within the transaction of the act, so that of two who saw the
//! same and change it at once one is told that it was changed meanwhile.
//!
//! A caller asks [`Store::as_it_is`] before it looks at a thing and decides, and acts through the handle of [`Store::expecting`]. The
//! transaction of the act holds the rows, and compares them, before anything is written. Every act holds the log of acts from its
//! beginning on, so no other act comes between; what changes a thing without being an act waits for its rows.

use crate::audit::act::{Expected, Pending, Subject, SubjectKind};
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Hash, Store};
use claviger_core::crypto::sha256;
use std::sync::Arc;

impl Store {
    /// A thing as it is now: an app, a user (by id), an organisation, a webhook (whatever its realm). None for
    /// what nothing rests on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn as_it_is(&self, realm: &str, subject: &Subject) -> Result<Option<Expected>, Fault> {
        let Some([seen, _]) = statements(subject.kind) else { return Ok(None) };
        let state = read!(self, |tx| { state(tx, seen, realm, subject).await })?;
        Ok(Some(Expected { realm: realm.to_owned(), subject: subject.clone(), state }))
    }

    /// A handle on the same database: its first act is done only where the thing is as it was seen, and is [`Fault::Changed`] otherwise.
    #[must_use]
    pub fn expecting(&self, expected: Expected) -> Self {
        Self { expected: Some(Arc::new(Pending::of(expected))), ..self.clone() }
    }
}

impl Expected {
    /// Holds the thing until the transaction ends.
    ///
    /// # Errors
    /// [`Fault::Changed`] where it is not as it was seen.
    pub(crate) async fn hold(&self, tx: &mut impl Tx) -> Result<(), Fault> {
        let Some([_, held]) = statements(self.subject.kind) else { return Ok(()) };
        if state(tx, held, &self.realm, &self.subject).await? == self.state {
            return Ok(());
        }
        Err(Fault::Changed(self.subject.to_string()))
    }
}

/// What reads a kind of thing, and what holds it as well.
const fn statements(kind: SubjectKind) -> Option<[Statement; 2]> {
    match kind {
        SubjectKind::App => Some([Statement::ExpectedApp, Statement::HoldExpectedApp]),
        SubjectKind::User => Some([Statement::ExpectedUser, Statement::HoldExpectedUser]),
        SubjectKind::Organisation => Some([Statement::ExpectedOrganisation, Statement::HoldExpectedOrganisation]),
        SubjectKind::Webhook => Some([Statement::ExpectedWebhook, Statement::HoldExpectedWebhook]),
        _ => None,
    }
}

async fn state(tx: &mut impl Tx, statement: Statement, realm: &str, subject: &Subject) -> Result<Hash, Fault> {
    let columns = |row: &crate::value::Row<'_>| Ok([row.string(0)?, row.string(1)?]);
    let mut rows = tx.query(statement, values![realm, &subject.id], columns).await?;
    if subject.kind == SubjectKind::Organisation {
        rows.extend(tx.query(Statement::ExpectedRules, values![realm, &subject.id], columns).await?);
    }
    Ok(sha256(&serde_json::to_vec(&rows)?))
}
