//! Whom a name means: users found by what they type, and names that came to be one.
//!
//! The form in which names are compared has changed once. A name is first looked up as it was compared before, so that of two
//! users whose names are one in the present form each goes on signing in by their own spelling; neither is changed.

use crate::precondition::Precondition;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::users::{read_to_verify, read_user};
use crate::value::values;
use crate::{Fault, Store, StoredUser};
use claviger_core::User;

/// The sequence that says which form all names have that can have it.
const NAMES: &str = "names";
/// The present one.
const FORM: i64 = 1;

/// A user whose name is another user's in the present form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The realm.
    pub realm: String,
    /// The user, who is found by their own spelling only.
    pub id: String,
    /// Their name.
    pub username: String,
    /// The user who has the name in its present form.
    pub other: Option<User>,
}

/// Where a walk over all users stands: the last realm and user that were looked at.
pub type Place = (String, String);

/// A row of a walk over all users.
struct Keys {
    realm: String,
    id: String,
    username_key: String,
    user: User,
}

impl Store {
    /// A user by the name that somebody typed.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn user_by_username(&self, realm: &str, typed: &str) -> Result<Option<StoredUser>, Fault> {
        Ok(read!(self, |tx| { by_name(tx, realm, typed).await })?.map(|(user, _)| user))
    }

    /// A user by what somebody typed to sign in: their name, or else the confirmed e-mail address of just one user.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn user_by_login(&self, realm: &str, typed: &str) -> Result<Option<StoredUser>, Fault> {
        Ok(self.login_to_verify(realm, typed).await?.map(|(user, _)| user))
    }

    /// The same, and a condition for what rests on this very password: see [`Issue`](crate::Issue).
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn login_to_verify(&self, realm: &str, typed: &str) -> Result<Option<(StoredUser, Precondition)>, Fault> {
        read!(self, |tx| {
            let named = by_name(tx, realm, typed).await?;
            if named.is_some() || !typed.contains('@') {
                return Ok(named);
            }
            let key = User::username_key(typed);
            let mut found = tx.query(Statement::UsersByEmail, values![realm, &key], read_to_verify).await?;
            Ok(if found.len() == 1 { found.pop() } else { None })
        })
    }

    /// The one user with this confirmed e-mail address.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn user_by_email(&self, realm: &str, email: &str) -> Result<Option<StoredUser>, Fault> {
        let key = User::username_key(email);
        let mut found =
            read!(self, |tx| { tx.query(Statement::UsersByEmail, values![realm, &key], read_to_verify).await })?;
        Ok(if found.len() == 1 { found.pop().map(|(user, _)| user) } else { None })
    }

    /// Whether all names have the present form that can have it.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn names_are_up_to_date(&self) -> Result<bool, Fault> {
        Ok(read!(self, |tx| { crate::changes::last(tx, NAMES).await })? >= FORM)
    }

    /// Gives names the form in which they are compared now, at most `limit` users behind `after`; where to go on, or
    /// none at the end. A name that another user has in that form stays as it is.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn bring_names_up_to_date(&self, after: &Place, limit: i64) -> Result<Option<Place>, Fault> {
        let after = after.clone();
        write!(self, Several, |tx| {
            let page = keys_after(tx, &after, limit).await?;
            for Keys { realm, id, username_key, user } in &page {
                let (key, email) = (User::username_key(&user.username), user.email_key());
                if key != *username_key {
                    tx.execute(Statement::SetUserKeys, values![realm, id, &key, &email, username_key]).await?;
                }
            }
            if page.is_empty() {
                tx.execute(Statement::RaiseNumber, values![NAMES, FORM]).await?;
            }
            Ok(Keep(page.into_iter().next_back().map(|last| (last.realm, last.id))))
        })
    }

    /// The users among the next `limit` behind `after` whose names are somebody else's in the present form, and where to go on.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn names_alike(&self, after: &Place, limit: i64) -> Result<(Vec<Alike>, Option<Place>), Fault> {
        read!(self, |tx| {
            let (mut alike, mut last) = (Vec::new(), None);
            for Keys { realm, id, username_key, user } in keys_after(tx, after, limit).await? {
                let key = User::username_key(&user.username);
                if key != username_key {
                    let other = tx.optional(Statement::UserByUsername, values![&realm, &key], read_user).await?;
                    let (realm, id) = (realm.clone(), id.clone());
                    alike.push(Alike { realm, id, username: user.username, other: other.map(|other| other.user) });
                }
                last = Some((realm, id));
            }
            Ok((alike, last))
        })
    }
}

async fn keys_after(tx: &mut impl Tx, after: &Place, limit: i64) -> Result<Vec<Keys>, Fault> {
    tx.query(Statement::UserKeysAfter, values![&after.0, &after.1, limit], |row| {
        let user = serde_json::from_str(row.text(3)?)?;
        Ok(Keys { realm: row.string(0)?, id: row.string(1)?, username_key: row.string(2)?, user })
    })
    .await
}

async fn by_name(tx: &mut impl Tx, realm: &str, typed: &str) -> Result<Option<(StoredUser, Precondition)>, Fault> {
    let (former, key) = (User::former_username_key(typed), User::username_key(typed));
    let found = tx.optional(Statement::UserByUsername, values![realm, &former], read_to_verify).await?;
    if found.is_some() || former == key {
        return Ok(found);
    }
    tx.optional(Statement::UserByUsername, values![realm, &key], read_to_verify).await
}
