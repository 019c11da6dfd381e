//! What belongs to a browser: sessions, requests that a person has answered, and what people consented to.

use crate::logouts::{self, Ending, SignedInTo};
use crate::precondition::{Precondition, SessionPrecondition};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::users::read_user_at;
use crate::value::{Row, values};
use crate::{Fault, Hash, Id, Store};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::sign_in::How;
use claviger_core::{ScopeSet, User};

/// A browser in which somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The SHA-256 of its cookie.
    pub hash: Hash,
    /// The realm.
    pub realm: String,
    /// Who signed in.
    pub user: String,
    /// When it began.
    pub created_at: i64,
    /// When the user last proved who they are (`auth_time`).
    pub auth_time: i64,
    /// When it was last used.
    pub last_seen_at: i64,
    /// When it is over: the nearer of the idle and the absolute limit.
    pub expires_at: i64,
    /// How they signed in; none: with a password.
    pub how: Option<Box<How>>,
}

/// An authorization request that was answered: nobody answers it again, and whoever sends the same form twice is told the
/// same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// The request's, which it had while it waited.
    pub id: Id,
    /// The realm.
    pub realm: String,
    /// The answer, sealed by its owner.
    pub sealed: Vec<u8>,
    /// When the request would have been over, answered or not; it need not be remembered any longer.
    pub expires_at: i64,
}

/// What a user lets a client do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Every scope consented to.
    pub scope: ScopeSet,
    /// The organisations chosen last.
    pub organisations: Vec<String>,
    /// When it was last changed.
    pub updated_at: i64,
    /// When it ends by itself, because its user said so.
    pub until: Option<i64>,
}

impl Consent {
    /// Whether it is not over at `now`.
    pub fn stands(&self, now: i64) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Who is signed in, and what they let a client do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Whose it is, as they are now; they may be disabled.
    pub user: User,
    /// What they let the client do, if they were asked.
    pub consent: Option<Consent>,
    precondition: Precondition,
}

impl SignedIn {
    /// The user and their consent, as a condition: see [`Redeem`](crate::Redeem).
    pub fn precondition(&self) -> Precondition {
        self.precondition
    }

    /// All of it, as a condition: see [`Approval`](crate::Approval).
    pub fn session_precondition(&self) -> SessionPrecondition {
        SessionPrecondition { session: self.session.hash, versions: self.precondition }
    }
}

/// A consent that is being given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentGrant {
    /// The realm.
    pub realm: String,
    /// Who gives it.
    pub user: String,
    /// To whom.
    pub client: String,
    /// Added to what was consented to before.
    pub scope: ScopeSet,
    /// Replaces what was chosen before: who leaves out a company means it.
    pub organisations: Vec<String>,
    /// When it ends by itself; replaces what was chosen before.
    pub until: Option<i64>,
}

impl Store {
    /// Begins a session, if the user is still as they were when their password was found right; whether it did.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn create_session(&self, session: Session, backed_by: Precondition) -> Result<bool, Fault> {
        write!(self, Single, |tx| { Ok(Keep(create(tx, &session, backed_by).await?)) })
    }

    /// The same in the place of another session, which ends in any case. What that one signed in to is the new one's where the
    /// user is the same, and is told of its end otherwise.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn replace_session(&self, old: &Hash, session: Session, backed_by: Precondition) -> Result<bool, Fault> {
        let old = *old;
        write!(self, Several, |tx| {
            let begun = create(tx, &session, backed_by).await?;
            if begun {
                logouts::hand_over(tx, &old, &session.hash).await?;
            }
            tx.execute(Statement::EndSession, values![&old]).await?;
            logouts::tell(tx, Ending::Session(&old), session.created_at).await?;
            Ok(Keep(begun))
        })
    }

    /// The session of a cookie, unless it is over.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn session(&self, hash: &Hash, now: i64) -> Result<Option<Session>, Fault> {
        read!(self, |tx| { tx.optional(Statement::Session, values![hash, now], read_session).await })
    }

    /// The session of a cookie with its user, and what they let a client do (`client` may be empty: then nothing), all
    /// as of one moment. None where the session is over.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn signed_in(&self, hash: &Hash, client: &str, now: i64) -> Result<Option<SignedIn>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::SignedIn, values![hash, client, now], |row| {
                let user = read_user_at(row, 8)?.ok_or_else(|| Fault::other("a user without a document"))?;
                let (session, consent) = (read_session(row)?, read_consent_at(row, 11, 16)?);
                Ok(SignedIn { session, user: user.user, consent, precondition: Precondition::read(row, 14, 15)? })
            })
            .await
        })
    }

    /// Moves a session's idle limit; whether it is not over. A write: to be called once a minute, not once a request.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn touch_session(&self, hash: &Hash, now: i64, expires_at: i64) -> Result<bool, Fault> {
        let hash = *hash;
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::TouchSession, values![&hash, now, expires_at]).await? > 0))
        })
    }

    /// Ends a session; `None` where there was none, else the clients that it signed in to and that want to hear of it. Those
    /// that are called, are from the outbox.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn end_session(&self, hash: &Hash, now: i64) -> Result<Option<Vec<SignedInTo>>, Fault> {
        let hash = *hash;
        write!(self, Several, |tx| {
            let ended = tx.execute(Statement::EndSession, values![&hash]).await? > 0;
            let told = logouts::tell(tx, Ending::Session(&hash), now).await?;
            Ok(Keep(ended.then_some(told)))
        })
    }

    /// Ends every session of a user; how many there were.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn end_sessions_of_user(&self, realm: &str, user: &str, now: i64) -> Result<u64, Fault> {
        let (realm, user) = (realm.to_owned(), user.to_owned());
        write!(self, Several, |tx| { Ok(Keep(logouts::end_of_user(tx, &realm, &user, now).await?)) })
    }

    /// Ends an authorization request with an answer for which nothing else is stored; true for one caller only.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_answered(&self, answered: Answered) -> Result<bool, Fault> {
        write!(self, Single, |tx| { Ok(Keep(put_answered(tx, &answered).await?)) })
    }

    /// How a request was answered, as long as that is remembered.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn answered(&self, id: &Id) -> Result<Option<Answered>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::Answered, values![id], |row| {
                Ok(Answered {
                    id: row.array(0)?,
                    realm: row.string(1)?,
                    sealed: row.bytes(2)?.to_vec(),
                    expires_at: row.int(3)?,
                })
            })
            .await
        })
    }

    /// What a user lets a client do.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn consent(&self, realm: &str, user: &str, client: &str) -> Result<Option<Consent>, Fault> {
        read!(self, |tx| {
            let found =
                tx.optional(Statement::Consent, values![realm, user, client], |row| read_consent_at(row, 0, 3)).await?;
            Ok(found.flatten())
        })
    }

    /// Remembers a consent: its scopes are added to those of before, its organisations replace them.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn grant_consent(&self, consent: ConsentGrant, now: i64) -> Result<(), Fault> {
        write!(self, Several, |tx| { Ok(Keep(grant_consent(tx, &consent, now).await?)) })
    }

    /// Forgets a consent; whether there was one. The grants that came of it go on: revoke them as well.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn withdraw_consent(&self, realm: &str, user: &str, client: &str) -> Result<bool, Fault> {
        let (realm, user, client) = (realm.to_owned(), user.to_owned(), client.to_owned());
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::WithdrawConsent, values![&realm, &user, &client]).await? > 0))
        })
    }
}

/// As [`Store::create_session`].
async fn create(tx: &mut impl Tx, session: &Session, backed_by: Precondition) -> Result<bool, Fault> {
    let Session { hash, realm, user, created_at, auth_time, last_seen_at, expires_at, how } = session;
    let [version, _] = backed_by.values();
    let how = how.as_ref().map(serde_json::to_string).transpose()?;
    let params = values![hash, realm, user, *created_at, *auth_time, *last_seen_at, *expires_at, version, &how];
    Ok(tx.execute(Statement::CreateSession, params).await? > 0)
}

/// As [`Store::put_answered`].
pub(crate) async fn put_answered(tx: &mut impl Tx, answered: &Answered) -> Result<bool, Fault> {
    let Answered { id, realm, sealed, expires_at } = answered;
    Ok(tx.execute(Statement::PutAnswered, values![id, realm, sealed, *expires_at]).await? > 0)
}

/// As [`Store::grant_consent`]. The first statement holds the row, so that two at once lose neither's scopes.
pub(crate) async fn grant_consent(tx: &mut impl Tx, consent: &ConsentGrant, now: i64) -> Result<(), Fault> {
    let ConsentGrant { realm, user, client, scope, organisations, until } = consent;
    let (text, organisations) = (scope.to_string(), serde_json::to_string(organisations)?);
    let version = i64::from(u32::from_le_bytes(random_bytes())) << 16;
    let params = values![realm, user, client, &text, &organisations, now, version, *until];
    let before = tx.optional(Statement::LockConsent, params, |row| row.string(0)).await?.unwrap_or_default();
    let mut merged = ScopeSet::parse(&before).map_err(Fault::other)?;
    if !scope.is_subset(&merged) {
        merged.extend(scope);
        tx.execute(Statement::WidenConsent, values![realm, user, client, &merged.to_string()]).await?;
    }
    Ok(())
}

/// The consent in three columns from `first` on, and when it ends in another; none where a join found none.
pub(crate) fn read_consent_at(row: &Row<'_>, first: usize, until: usize) -> Result<Option<Consent>, Fault> {
    let Some(scope) = row.text_or_null(first)? else { return Ok(None) };
    Ok(Some(Consent {
        scope: ScopeSet::parse(scope).map_err(Fault::other)?,
        organisations: serde_json::from_str(row.text(first + 1)?)?,
        updated_at: row.int(first + 2)?,
        until: row.int_or_null(until)?,
    }))
}

pub(crate) fn read_session(row: &Row<'_>) -> Result<Session, Fault> {
    Ok(Session {
        hash: row.array(0)?,
        realm: row.string(1)?,
        user: row.string(2)?,
        created_at: row.int(3)?,
        auth_time: row.int(4)?,
        last_seen_at: row.int(5)?,
        expires_at: row.int(6)?,
        how: row.text_or_null(7)?.map(serde_json::from_str).transpose()?,
    })
}
