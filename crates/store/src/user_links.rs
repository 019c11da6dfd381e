//! Links that people get by mail: to choose a password, or to show that an address is theirs. Each works once.

use crate::changes::{ChangeKind, note};
use crate::mail::queue;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::users::{self, ByPassword};
use crate::value::{Row, values};
use crate::{Fault, Hash, Mail, Masked, Store};
use claviger_core::User;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Another password, because the present one is forgotten.
    Reset,
    /// The first password.
    FirstLogin,
    /// An address.
    Email,
}

impl LinkKind {
    const ALL: [Self; 3] = [Self::Reset, Self::FirstLogin, Self::Email];

    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::FirstLogin => "first-login",
            Self::Email => "email",
        }
    }
}

/// A link of a user.
#[derive(Debug, Clone)]
pub struct UserLink {
    /// SHA-256 of what is in the link.
    pub hash: Masked<Hash>,
    /// The realm.
    pub realm: String,
    /// The user.
    pub user: String,
    /// What it is for.
    pub kind: LinkKind,
    /// The address that it is about; empty for a password.
    pub email: String,
    /// When it is over.
    pub expires_at: i64,
}

/// What came of a link to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// The address is theirs from now on; who they were before.
    Done(Box<User>),
    /// The link was used or is over.
    Gone,
}

impl Store {
    /// Queues a mail with a link in it. Of several to addresses the newest is good; of several to choose a password each, so that
    /// nobody who asks for another one keeps the user from theirs.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn send_user_link(&self, link: UserLink, mail: Mail, now: i64) -> Result<(), Fault> {
        write!(self, Several, |tx| {
            let UserLink { hash, realm, user, kind, email, expires_at } = &link;
            if *kind == LinkKind::Email {
                tx.execute(Statement::ForgetEmailLinks, values![realm, user]).await?;
            }
            tx.execute(Statement::PutUserLink, values![hash, realm, user, kind.name(), email, *expires_at]).await?;
            Ok(Keep(queue(tx, &mail, now).await?))
        })
    }

    /// Keeps a link that goes another way than by mail.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_user_link(&self, link: UserLink) -> Result<(), Fault> {
        write!(self, Several, |tx| {
            let UserLink { hash, realm, user, kind, email, expires_at } = &link;
            tx.execute(Statement::PutUserLink, values![hash, realm, user, kind.name(), email, *expires_at]).await?;
            Ok(Keep(()))
        })
    }

    /// A link that was not used and is not over.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn user_link(&self, hash: &Hash, now: i64) -> Result<Option<UserLink>, Fault> {
        Ok(read!(self, |tx| { tx.optional(Statement::UserLink, values![hash, now], read_link).await })?.flatten())
    }

    /// Uses a link up, and sets the password that was chosen; what the old one gave ends. True for one caller only.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn set_password_by_link(
        &self,
        link: &UserLink,
        password: Masked<String>,
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        let link = link.clone();
        write!(self, Several, |tx| {
            if tx.execute(Statement::UseUserLink, values![&link.hash, now]).await? == 0 {
                return Ok(Undo(false));
            }
            let (realm, user) = (&link.realm, &link.user);
            let known = tx.execute(Statement::SetPassword, values![realm, user, password.as_str(), now]).await? > 0;
            if !known {
                return Ok(Undo(false));
            }
            ByPassword::default().end(tx, realm, user, now, tokens_until).await?;
            note(tx, ChangeKind::User, realm, user, now).await?;
            Ok(Keep(true))
        })
    }

    /// Uses a link up, and makes its address the user's; one caller only does.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn move_email_by_link(&self, link: &UserLink, now: i64) -> Result<Moved, Fault> {
        let link = link.clone();
        write!(self, Several, |tx| {
            if tx.execute(Statement::UseUserLink, values![&link.hash, now]).await? == 0 {
                return Ok(Undo(Moved::Gone));
            }
            let Some(stored) = users::find(tx, &link.realm, &link.user).await? else { return Ok(Undo(Moved::Gone)) };
            let before = stored.user;
            let mut after = User { email: Some(link.email.clone()), email_verified: true, ..before.clone() };
            after.details.updated_at = Some(now / 1000);
            users::put(tx, &link.realm, &after, None, now).await?;
            // Whoever reads the old address must not choose a password with what was sent there.
            tx.execute(Statement::ForgetPasswordLinks, values![&link.realm, &link.user]).await?;
            Ok(Keep(Moved::Done(Box::new(before))))
        })
    }
}

fn read_link(row: &Row<'_>) -> Result<Option<UserLink>, Fault> {
    let kind = row.text(3)?;
    let Some(kind) = LinkKind::ALL.into_iter().find(|known| known.name() == kind) else { return Ok(None) };
    Ok(Some(UserLink {
        hash: Masked(row.array(0)?),
        realm: row.string(1)?,
        user: row.string(2)?,
        kind,
        email: row.string(4)?,
        expires_at: row.int(5)?,
    }))
}
