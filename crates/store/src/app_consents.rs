//! What people allowed on the vendor's own consent page, as its app said it, and how long it need not ask again.
//!
//! What counts for tokens is the consent itself ([`crate::Consent`]); where that was taken back, this says nothing.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};

/// What a user allowed a client on the vendor's own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppConsent {
    /// The realm.
    pub realm: String,
    /// The user.
    pub user: String,
    /// The client.
    pub client: String,
    /// What the app said, as its owner writes it.
    pub doc: String,
    /// Until then the app need not ask again, in milliseconds; zero: it asks each time.
    pub remembered_until: i64,
}

impl Store {
    /// Keeps what was allowed, in the place of what was before.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_app_consent(&self, consent: AppConsent) -> Result<(), Fault> {
        write!(self, Single, |tx| {
            let AppConsent { realm, user, client, doc, remembered_until } = &consent;
            tx.execute(Statement::PutAppConsent, values![realm, user, client, doc, *remembered_until]).await?;
            Ok(Keep(()))
        })
    }

    /// What a user allowed a client there.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn app_consent(&self, realm: &str, user: &str, client: &str) -> Result<Option<AppConsent>, Fault> {
        read!(self, |tx| { tx.optional(Statement::AppConsent, values![realm, user, client], read_row).await })
    }

    /// Everything that a user allowed there, by client.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn app_consents(&self, realm: &str, user: &str) -> Result<Vec<AppConsent>, Fault> {
        read!(self, |tx| { tx.query(Statement::AppConsents, values![realm, user], read_row).await })
    }

    /// Forgets what a user allowed a client there; whether there was anything.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn forget_app_consent(&self, realm: &str, user: &str, client: &str) -> Result<bool, Fault> {
        let [realm, user, client] = [realm, user, client].map(str::to_owned);
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::DeleteAppConsent, values![&realm, &user, &client]).await? > 0))
        })
    }
}

fn read_row(row: &Row<'_>) -> Result<AppConsent, Fault> {
    Ok(AppConsent {
        realm: row.string(0)?,
        user: row.string(1)?,
        client: row.string(2)?,
        doc: row.string(3)?,
        remembered_until: row.int(4)?,
    })
}
