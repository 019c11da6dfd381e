//! Bringing files into the database: everything or nothing.

use crate::store::write;
use crate::tx::End::Keep;
use crate::{ClientSecret, Fault, Masked, Store, clients, realms, users};
use claviger_core::user::Organisation;
use claviger_core::{Client, Realm, User};

/// Something to write; as the method of the same name.
#[derive(Debug, Clone)]
pub enum Put {
    /// [`Store::put_realm`].
    Realm(Box<Realm>),
    /// [`Store::put_client`].
    Client {
        /// The realm's id.
        realm: String,
        /// The client.
        client: Box<Client>,
    },
    /// [`Store::put_secret`].
    Secret {
        /// The realm's id.
        realm: String,
        /// The client's id.
        client: String,
        /// The secret; its id stays the same however often it is applied.
        secret: ClientSecret,
    },
    /// [`Store::put_user`].
    User {
        /// The realm's id.
        realm: String,
        /// The user.
        user: Box<User>,
        /// `None`: the one they have stays.
        password_hash: Option<Masked<String>>,
    },
    /// [`Store::put_organisation`].
    Organisation {
        /// The realm's id.
        realm: String,
        /// The organisation.
        organisation: Organisation,
    },
}

impl Store {
    /// Writes everything in one transaction; how many of them changed anything.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn apply(&self, puts: Vec<Put>, now: i64) -> Result<usize, Fault> {
        write!(self, Several, |tx| {
            let mut changed = 0;
            for put in &puts {
                let news = match put {
                    Put::Realm(realm) => realms::put(tx, realm, now).await?,
                    Put::Client { realm, client } => clients::put(tx, realm, client, now).await?,
                    Put::Secret { realm, client, secret } => {
                        clients::put_secret(tx, realm, client, secret, now).await?
                    }
                    Put::User { realm, user, password_hash } => {
                        users::put(tx, realm, user, password_hash.as_ref(), now).await?
                    }
                    Put::Organisation { realm, organisation } => {
                        users::put_organisation(tx, realm, organisation, now).await?
                    }
                };
                changed += usize::from(news);
            }
            Ok(Keep(changed))
        })
    }
}
