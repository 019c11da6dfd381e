//! What an app's owner has to be told by mail: that it was turned down, and an approval whose mail was lost.

use super::{Approved, Given, approved, find, given, letters};
use crate::admin::{Act, Admin, AdminError};
use crate::ids;
use crate::pages::Pages;
use crate::secrets::Secrets;
use claviger_core::Realm;
use claviger_core::client::ClientStatus;
use claviger_core::token::Id;
use claviger_store::Edited;

/// Turns an app down that waits, and queues the mail that tells its owner; the mail's id, where there is one. `reason` is
/// part of the mail.
///
/// # Errors
/// There is no such app, it does not wait, or the store cannot write.
pub async fn reject(
    admin: &Admin<'_>,
    secrets: &Secrets,
    pages: &Pages,
    realm: &Realm,
    id: &str,
    reason: Option<&str>,
) -> Result<Option<Id>, AdminError> {
    let client = find(admin.store, realm, id).await?;
    if client.status != ClientStatus::Pending {
        return Err(AdminError::WrongStatus { app: client.id, is: client.status });
    }
    let letter = letters::rejection(pages, realm, &client, reason);
    let mail = letter.map(|letter| letter.queued(secrets, ids::new(admin.now))).transpose()?;
    let mail_id = mail.as_ref().map(|mail| mail.id);
    let until = admin.now + realm.longest_token();
    let said = (reason.unwrap_or_default(), mail);
    match admin.act(Act::AppReject).reject_client(&realm.id, id, said, admin.now, until).await? {
        Edited::Done => Ok(mail_id),
        Edited::Changed => Err(AdminError::ChangedMeanwhile(format!("the app `{}`", client.id))),
        Edited::Same | Edited::NameTaken => Err(AdminError::NoSuchApp(client.id)),
    }
}

/// Sends the mail of an approval once more: an app with secrets gets another one behind another link, and a link that nobody
/// opened works no more, nor does the secret behind it.
///
/// # Errors
/// There is no such app, it is not active, the link was opened, two secrets are live, or the store cannot write.
pub async fn resend(
    admin: &Admin<'_>,
    secrets: &Secrets,
    pages: &Pages,
    realm: &Realm,
    id: &str,
) -> Result<Approved, AdminError> {
    let client = find(admin.store, realm, id).await?;
    if client.status != ClientStatus::Active {
        return Err(AdminError::NotApproved { app: client.id, is: client.status });
    }
    let links = admin.store.links_of(&realm.id, id).await?;
    if let Some(used_at) = links.iter().filter_map(|link| link.used_at).max() {
        return Err(AdminError::LinkUsed { app: client.id, used_at });
    }
    let Given { secret, mail, link } = given(secrets, pages, realm, &client, "resent", admin.now)?;
    let mail_id = mail.as_ref().map(|mail| mail.id);
    let added = admin.act(Act::AppResend).resend_approval(&realm.id, id, secret, mail, admin.now).await?;
    approved(added, client, mail_id, link)
}
