//! Authorization codes and opaque access tokens: rows keyed by the id inside of the token, holding its hash.

use crate::precondition::{Precondition, SessionPrecondition};
use crate::sessions::{Consent, read_consent_at};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::users::{StoredUser, read_user_at};
use crate::value::{Row, Value, values};
use crate::{Fault, Hash, Id, Masked, Store};

/// An authorization code that is being given out (RFC 6749 4.1.2).
#[derive(Debug, Clone)]
pub struct NewCode {
    /// Inside of the code; becomes the grant's id.
    pub id: Id,
    /// SHA-256 of the whole code.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// To whom it was given.
    pub client: String,
    /// Who gave it.
    pub user: Option<String>,
    /// Everything it is bound to, as its owner writes it.
    pub doc: String,
    /// When it is over.
    pub expires_at: i64,
}

/// A code as it is stored.
#[derive(Debug, Clone)]
pub struct CodeRow {
    /// As it was given out.
    pub code: NewCode,
    /// When it was exchanged.
    pub redeemed_at: Option<i64>,
    /// The user who gave it, as they are now.
    pub user: Option<StoredUser>,
    /// What they let the client do, as it is now.
    pub consent: Option<Consent>,
    /// Both, as a condition: see [`Redeem`](crate::Redeem).
    pub precondition: Precondition,
}

/// An opaque access token that is being given out.
#[derive(Debug, Clone)]
pub struct NewAccessToken {
    /// Inside of the token.
    pub id: Id,
    /// SHA-256 of the whole token.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// To whom it was given.
    pub client: String,
    /// The user it acts for.
    pub user: Option<String>,
    /// The grant it came of.
    pub grant: Option<Id>,
    /// Scope, audience, organisations, flow, as their owner writes them.
    pub doc: String,
    /// When it was given out.
    pub issued_at: i64,
    /// When it is over.
    pub expires_at: i64,
}

/// An opaque access token as it is stored.
#[derive(Debug, Clone)]
pub struct AccessTokenRow {
    /// As it was given out.
    pub token: NewAccessToken,
    /// By itself, with its grant, with all tokens of its client, or with all of its user.
    pub revoked: bool,
}

impl Store {
    /// Keeps a code that is about to be given out.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_code(&self, code: NewCode) -> Result<(), Fault> {
        write!(self, Single, |tx| { Ok(Keep(put_code(tx, &code, None, 0).await.map(drop)?)) })
    }

    /// A code by the id inside of it, with its user, whether it was exchanged, is over, or neither.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn code(&self, id: &Id) -> Result<Option<CodeRow>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::Code, values![id], |row| {
                Ok(CodeRow {
                    code: NewCode {
                        id: row.array(0)?,
                        hash: Masked(row.array(1)?),
                        realm: row.string(2)?,
                        client: row.string(3)?,
                        doc: row.string(4)?,
                        expires_at: row.int(5)?,
                        user: row.string_or_null(6)?,
                    },
                    redeemed_at: row.int_or_null(7)?,
                    user: read_user_at(row, 8)?,
                    consent: read_consent_at(row, 11, 16)?,
                    precondition: Precondition::read(row, 14, 15)?,
                })
            })
            .await
        })
    }

    /// An opaque access token by the id inside of it, also when it is over or revoked. Expired ones are forgotten after
    /// a while ([`Store::purge`]).
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn access_token(&self, id: &Id) -> Result<Option<AccessTokenRow>, Fault> {
        read!(self, |tx| { tx.optional(Statement::AccessToken, values![id], read_access_token).await })
    }

    /// Revokes one opaque access token; whether it was not revoked before. One that is a JWT is revoked by its `jti`:
    /// [`Store::revoke`].
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn revoke_access_token(&self, id: &Id, now: i64) -> Result<bool, Fault> {
        let id = *id;
        write!(self, Single, |tx| { Ok(Keep(tx.execute(Statement::RevokeAccessToken, values![&id, now]).await? > 0)) })
    }
}

/// As [`Store::put_code`]; false, and nothing is written, where what it rests on is not so at `now`, or the code is there.
pub(crate) async fn put_code(
    tx: &mut impl Tx,
    code: &NewCode,
    session: Option<&SessionPrecondition>,
    now: i64,
) -> Result<bool, Fault> {
    Ok(tx.execute(Statement::PutCode, &code_values(code, session, now)).await? > 0)
}

pub(crate) fn code_values<'v>(
    code: &'v NewCode,
    session: Option<&'v SessionPrecondition>,
    now: i64,
) -> [Value<'v>; 11] {
    let NewCode { id, hash, realm, client, user, doc, expires_at } = code;
    let hash_of_session = session.map(|session| session.session.as_slice());
    let [person, consent] = session.map_or([Value::Null; 2], |session| session.versions.values());
    *values![id, hash, realm, client, doc, *expires_at, user, hash_of_session, person, consent, now]
}

/// Keeps an access token that is about to be given out.
pub(crate) async fn put_access_token(tx: &mut impl Tx, token: &NewAccessToken) -> Result<(), Fault> {
    tx.execute(Statement::AddAccessToken, &access_token_values(token)).await?;
    Ok(())
}

pub(crate) fn access_token_values(token: &NewAccessToken) -> [Value<'_>; 9] {
    let NewAccessToken { id, hash, realm, client, user, grant, doc, issued_at, expires_at } = token;
    *values![id, hash, realm, client, user, grant, doc, *issued_at, *expires_at]
}

fn read_access_token(row: &Row<'_>) -> Result<AccessTokenRow, Fault> {
    Ok(AccessTokenRow {
        token: NewAccessToken {
            id: row.array(0)?,
            hash: Masked(row.array(1)?),
            realm: row.string(2)?,
            client: row.string(3)?,
            user: row.string_or_null(4)?,
            grant: row.array_or_null(5)?,
            doc: row.string(6)?,
            issued_at: row.int(7)?,
            expires_at: row.int(8)?,
        },
        revoked: row.flag(9)?,
    })
}
