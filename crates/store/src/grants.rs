//! Grants: what a client may go on doing, and how that ends.

use crate::endings::{Whose, end_some, revoke, revoke_whole};
use crate::precondition::Precondition;
use crate::sessions::{Consent, read_consent_at};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::users::{StoredUser, read_user_at};
use crate::value::{Row, values};
use crate::{Fault, Id, Masked, Store};

/// A grant that begins.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The family of all tokens that come of it; the code's id where it came of one.
    pub id: Id,
    /// The realm.
    pub realm: String,
    /// To whom it was given. Must be active, else nothing is issued.
    pub client: String,
    /// The user it acts for. Must exist and not be disabled, else nothing is issued.
    pub user: Option<String>,
    /// How it came about, as its owner spells it (`authorization_code`, `password`, ..).
    pub flow: String,
    /// Scope, audience, organisations and so on, as their owner writes them.
    pub doc: String,
    /// Goes into the MAC of its refresh tokens.
    pub nonce: Masked<[u8; 16]>,
    /// The generation of the first refresh token.
    pub generation: u32,
    /// How its refresh tokens turn over, as its owner spells it.
    pub turnover: String,
    /// When it began.
    pub created_at: i64,
    /// When it is over unless it is refreshed before.
    pub idle_expires_at: i64,
    /// When it is over however often it is refreshed.
    pub expires_at: i64,
}

/// The answer to the last refresh, for a client that did not receive it.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Sealed under a key that only the refresh token it answered gives.
    pub sealed: Masked<Vec<u8>>,
    /// Until when it may be given again.
    pub until: i64,
    /// The generation of the refresh token it answered.
    pub generation: u32,
}

/// A grant as it is stored.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// As it began, but with the present `generation` and `idle_expires_at`.
    pub grant: NewGrant,
    /// When it was last refreshed, or began.
    pub refreshed_at: i64,
    /// When and why it was revoked.
    pub revoked: Option<(i64, String)>,
    /// The answer to the last refresh.
    pub replay: Option<Replay>,
}

impl GrantRow {
    /// Whether a refresh token of it may still be used.
    pub fn is_live(&self, now: i64) -> bool {
        self.revoked.is_none() && self.grant.idle_expires_at > now && self.grant.expires_at > now
    }
}

/// A grant with what it rests on.
#[derive(Debug, Clone)]
pub struct GrantWithUser {
    /// The grant.
    pub row: GrantRow,
    /// Its user, if it has one and they exist.
    pub user: Option<StoredUser>,
    /// What the user lets the client do, if they were asked.
    pub consent: Option<Consent>,
    /// The last two, for [`Rotate`](crate::Rotate).
    pub precondition: Precondition,
}

impl Store {
    /// A grant, also when it is over or revoked; those over for long are forgotten ([`Store::purge`]).
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn grant(&self, id: &Id) -> Result<Option<GrantRow>, Fault> {
        read!(self, |tx| { tx.optional(Statement::Grant, values![id], read_grant).await })
    }

    /// As [`Store::grant`], with its user and their consent, all as of one moment.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn grant_with_user(&self, id: &Id) -> Result<Option<GrantWithUser>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::GrantWithUser, values![id], |row| {
                Ok(GrantWithUser {
                    row: read_grant(row)?,
                    user: read_user_at(row, 18)?,
                    consent: read_consent_at(row, 21, 26)?,
                    precondition: Precondition::read(row, 24, 25)?,
                })
            })
            .await
        })
    }

    /// Ends a grant: its refresh tokens, its access tokens of either format, its seats. Does nothing the second time;
    /// whether it was live. Also for a code whose exchange left no grant: the tokens that carry its id are revoked.
    /// `tokens_until` is when the last access token of it expires.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn revoke_grant(
        &self,
        realm: &str,
        id: &Id,
        reason: &'static str,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        let (realm, id) = (realm.to_owned(), *id);
        write!(self, Several, |tx| { Ok(Keep(revoke(tx, &realm, &id, reason, now, tokens_until).await?)) })
    }

    /// Ends every grant of a client and revokes every token it was given until `now`; how many grants ended.
    ///
    /// # Errors
    /// The store cannot write. What was done until then stays done; to be called again.
    pub async fn revoke_all_of_client(
        &self,
        realm: &str,
        client: &str,
        now: i64,
        tokens_until: i64,
    ) -> Result<u64, Fault> {
        self.revoke_all(Whose::Client, realm, client, now, tokens_until).await
    }

    /// Ends every grant of a user and revokes every token that acts for them and was given out until `now`; how many
    /// grants ended.
    ///
    /// # Errors
    /// The store cannot write. What was done until then stays done; to be called again.
    pub async fn revoke_all_of_user(&self, realm: &str, user: &str, now: i64, tokens_until: i64) -> Result<u64, Fault> {
        self.revoke_all(Whose::User, realm, user, now, tokens_until).await
    }

    async fn revoke_all(&self, whose: Whose, realm: &str, id: &str, now: i64, tokens_until: i64) -> Result<u64, Fault> {
        let ended = self.end_all(whose, realm, id, "revoked", now, tokens_until).await?;
        let (realm, id) = (realm.to_owned(), id.to_owned());
        write!(self, Several, |tx| {
            // Those that came about between the transactions above and this one end as well.
            let last = end_some(tx, whose, &realm, &id, "revoked", now, tokens_until).await?;
            revoke_whole(tx, whose, &realm, &id, now, now, tokens_until).await?;
            Ok(Keep(ended + last))
        })
    }
}

pub(crate) fn read_grant(row: &Row<'_>) -> Result<GrantRow, Fault> {
    let replay = match (row.bytes_or_null(15)?, row.int_or_null(16)?) {
        (Some(sealed), Some(until)) => {
            Some(Replay { sealed: Masked(sealed.to_vec()), until, generation: row.small(17)? })
        }
        _ => None,
    };
    Ok(GrantRow {
        grant: NewGrant {
            id: row.array(0)?,
            realm: row.string(1)?,
            client: row.string(2)?,
            user: row.string_or_null(3)?,
            flow: row.string(4)?,
            doc: row.string(5)?,
            nonce: Masked(row.array(6)?),
            generation: row.small(7)?,
            turnover: row.string(8)?,
            created_at: row.int(9)?,
            idle_expires_at: row.int(11)?,
            expires_at: row.int(12)?,
        },
        refreshed_at: row.int(10)?,
        revoked: match row.int_or_null(13)? {
            Some(at) => Some((at, row.string_or_null(14)?.unwrap_or_default())),
            None => None,
        },
        replay,
    })
}
