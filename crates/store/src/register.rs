//! A new client that must not be there yet, unlike one that a file puts in place.

use crate::app_events::{EventKind, decided};
use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Store};
use claviger_core::Client;
use claviger_core::client::ClientStatus;

impl Store {
    /// Writes a client that is new; false, and nothing written, where the realm has one of this id.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a user of the realm has the id; the store cannot write.
    pub async fn register_client(&self, realm: &str, client: &Client, now: i64) -> Result<bool, Fault> {
        let (realm, client, audit) = (realm.to_owned(), client.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let doc = serde_json::to_string(&Client { status: ClientStatus::Active, ..client.clone() })?;
            let params = values![&realm, &client.id, client.status.name(), &doc, now];
            let registered =
                tx.execute(Statement::RegisterClient, params).await.map_err(|fault| fault.of_id(&client.id))? > 0;
            if registered {
                note(tx, ChangeKind::Client, &realm, &client.id, now).await?;
                let subject = Subject::new(SubjectKind::App, &client.id);
                log.write(tx, &realm, &subject, Values::of_app(None, Some(&client))?, now).await?;
                if client.status == ClientStatus::Pending {
                    let of = (&*realm, &*client.id);
                    decided(tx, of, EventKind::Requested, (audit.as_deref(), ""), now).await?;
                }
            }
            Ok(Keep(registered))
        })
    }
}
