//! A user's approval of an authorization request.

use crate::evidence::{self, Evidence};
use crate::logouts::{self, SignedInTo};
use crate::outbox::{self, Parcel};
use crate::postgres::Combined;
use crate::precondition::SessionPrecondition;
use crate::retry::Retry;
use crate::sessions::{self, Answered, ConsentGrant};
use crate::statements::Statement;
use crate::store::{Engine, write};
use crate::tokens::{NewAccessToken, NewCode, code_values, put_access_token, put_code};
use crate::tx::{End, End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Store};
use std::sync::Arc;

/// What an authorization request comes to; all of it or nothing.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// Now, in milliseconds.
    pub now: i64,
    /// The waiting request that this answers; answered once only.
    pub answers: Option<Answered>,
    /// The consent to remember.
    pub consent: Option<ConsentGrant>,
    /// What was agreed to, as it was shown.
    pub evidence: Option<Evidence>,
    /// The code that is given out.
    pub code: Option<NewCode>,
    /// Who gives the code, where that was read a while ago and must still be current.
    pub precondition: Option<SessionPrecondition>,
    /// The opaque access token that is given out (implicit grant).
    pub access: Option<NewAccessToken>,
    /// Who is told that this was answered.
    pub ping: Option<Parcel>,
    /// The client wants to hear when the session ends.
    pub signed_in_to: Option<SignedInTo>,
}

impl Store {
    /// Ends an authorization request with what it comes to. False where the request no longer waits: it was approved
    /// or denied before; or where what it rests on is not so. Nothing was given out then.
    ///
    /// # Errors
    /// The store cannot write. Nothing was given out then, or nobody was told.
    pub async fn approve(&self, approval: Approval) -> Result<bool, Fault> {
        let approval = Arc::new(approval);
        let mut retry = Retry::new(self.patience());
        loop {
            let outcome = self.approve_once(&approval, retry.is_first()).await;
            if let Some(settled) = retry.settle(outcome).await {
                return settled;
            }
        }
    }

    async fn approve_once(&self, approval: &Arc<Approval>, first: bool) -> Result<bool, Fault> {
        let several = approval.answers.is_some()
            || approval.consent.is_some()
            || approval.access.is_some()
            || approval.ping.is_some()
            || approval.signed_in_to.is_some();
        if let (Engine::Postgres(engine), Some(code), false, true) = (&*self.engine, &approval.code, several, first) {
            let values = code_values(code, approval.precondition.as_ref(), approval.now);
            if engine.write_batched(Combined::PutCodes, &code.id, &[&values]).await? {
                return Ok(true);
            }
        }
        let owned = Arc::clone(approval);
        if several {
            write!(self, Several, |tx| { run(tx, &owned).await })
        } else {
            write!(self, Single, |tx| { run(tx, &owned).await })
        }
    }
}

/// Safe to be run again with the same [`Approval`] after nobody heard how the first time ended.
async fn run(tx: &mut impl Tx, approval: &Approval) -> Result<End<bool>, Fault> {
    if let Some(answered) = &approval.answers
        && !sessions::put_answered(tx, answered).await?
    {
        // Unless it was this approval, and the database went away before it said so.
        return Ok(Undo(is_done(tx, approval).await?));
    }
    if let Some(consent) = &approval.consent {
        sessions::grant_consent(tx, consent, approval.now).await?;
    }
    if let Some(evidence) = &approval.evidence {
        evidence::put(tx, evidence).await?;
    }
    if let Some(code) = &approval.code
        && !put_code(tx, code, approval.precondition.as_ref(), approval.now).await?
    {
        return Ok(Undo(is_done(tx, approval).await?));
    }
    if let Some(token) = &approval.access {
        put_access_token(tx, token).await?;
    }
    if let Some(parcel) = &approval.ping {
        outbox::hand_in(tx, parcel, approval.now).await?;
    }
    if let Some(to) = &approval.signed_in_to {
        logouts::put(tx, to).await?;
    }
    Ok(Keep(true))
}

/// Whether the code, or the token, of this very approval is there already.
async fn is_done(tx: &mut impl Tx, approval: &Approval) -> Result<bool, Fault> {
    let code = match &approval.code {
        Some(code) => tx.optional(Statement::IsMyCode, values![&code.id, &code.hash], |_| Ok(())).await?,
        None => None,
    };
    let token = match &approval.access {
        Some(token) => tx.optional(Statement::IsMyToken, values![&token.id, &token.hash], |_| Ok(())).await?,
        None => None,
    };
    Ok(code.is_some() || token.is_some())
}
