//! Writing lines, within the transaction of what they tell.

use super::act::{Act, Audit, Subject};
use super::chain::{self, ACTOR, Line, SEQUENCE, SUBJECT};
use super::values::Values;
use crate::events::{self, Event};
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Hash, changes};
use claviger_core::crypto::entropy::random_bytes;

/// Where the lines of a transaction go; nowhere for what is no act of an operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuditLog<'a> {
    audit: Option<&'a Audit>,
    /// In place of the handle's act.
    act: Option<Act>,
}

impl<'a> AuditLog<'a> {
    /// Opens the log before anything else is looked at: from here until the transaction ends no other act is under way, in
    /// any process. So what is read as "before" is what the act changes, and a transaction that waits here holds nothing that the
    /// other act could want.
    pub(crate) async fn open(tx: &mut impl Tx, audit: Option<&'a Audit>) -> Result<Self, Fault> {
        if audit.is_some() {
            tx.execute(Statement::HoldNumber, values![SEQUENCE]).await?;
        }
        if let Some(expected) = audit.and_then(|audit| audit.expected.as_ref()) {
            expected.hold(tx).await?;
        }
        Ok(Self { audit, act: None })
    }

    /// The same log, for an act that is a part of the one that its handle is for.
    pub(crate) const fn of(self, act: Act) -> Self {
        Self { act: Some(act), ..self }
    }

    /// Whether anything is written: what only the log wants to know is not read otherwise.
    pub(crate) const fn is_kept(&self) -> bool {
        self.audit.is_some()
    }

    /// Writes a line: to what the act was done (its realm is empty for the whole database), and what it changed.
    pub(crate) async fn write(
        &self,
        tx: &mut impl Tx,
        realm: &str,
        subject: &Subject,
        changed: Values,
        now: i64,
    ) -> Result<(), Fault> {
        let Some(Audit { actor, act, .. }) = self.audit else { return Ok(()) };
        let number = changes::next(tx, SEQUENCE).await?;
        let previous: Option<Hash> =
            tx.optional(Statement::AuditDigest, values![number - 1], |row| row.array(0)).await?;
        let (name, personal) = (clean(&actor.name), changed.personal()?);
        let mut line = Line {
            number,
            at: now,
            realm: clean(realm),
            way: actor.way.name().to_owned(),
            act: self.act.unwrap_or(*act).name().to_owned(),
            subject_kind: subject.kind.name().to_owned(),
            subject: clean(&subject.id),
            reference: clean(&actor.reference),
            before: text(changed.before.as_ref())?,
            after: text(changed.after.as_ref())?,
            actor_digest: None,
            personal_digest: None,
        };
        let actor_digest = put_part(tx, number, ACTOR, &name).await?;
        line.actor_digest = Some(actor_digest);
        if let Some(personal) = personal {
            line.personal_digest = Some(put_part(tx, number, SUBJECT, &personal).await?);
        }
        // A line before this one that is not there is found by whoever walks along the chain; it stops no act.
        let digest = chain::digest(&previous.unwrap_or_default(), &line);
        let params = values![
            number,
            line.at,
            &line.realm,
            &line.way,
            &line.act,
            &line.subject_kind,
            &line.subject,
            &line.reference,
            &line.before,
            &line.after,
            line.actor_digest.as_ref().map(Hash::as_slice),
            line.personal_digest.as_ref().map(Hash::as_slice),
            &digest,
        ];
        tx.execute(Statement::AddAudit, params).await?;
        match events::of_act(self.act.unwrap_or(*act), subject, &changed) {
            Some(event) => events::raise(tx, realm, &event, now).await,
            None => Ok(()),
        }
    }

    /// Tells webhooks what their line in the log does not say by itself.
    pub(crate) async fn raise(&self, tx: &mut impl Tx, realm: &str, events: &[Event], now: i64) -> Result<(), Fault> {
        if self.is_kept() {
            for event in events {
                events::raise(tx, realm, event, now).await?;
            }
        }
        Ok(())
    }
}

/// Keeps a part that can be erased; what the line holds of it.
async fn put_part(tx: &mut impl Tx, number: i64, part: &'static str, text: &str) -> Result<Hash, Fault> {
    // Without the salt, which goes with the part, nobody can try names until one fits.
    let salt: [u8; 32] = random_bytes();
    tx.execute(Statement::AddAuditPart, values![number, part, &salt, text]).await?;
    Ok(chain::part_digest(&salt, text))
}

/// PostgreSQL holds no zero byte in a text; the digest is of what it holds.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn text(value: Option<&serde_json::Value>) -> Result<Option<String>, Fault> {
    value.map(|value| serde_json::to_string(value).map_err(Fault::from)).transpose()
}
