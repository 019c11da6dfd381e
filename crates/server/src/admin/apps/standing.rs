//! An app of a team of partners is stopped, served again or removed, and the team is told by mail: in the same transaction, so that
//! nobody is told of what did not happen.

use super::{find, resume, set_status, suspend};
use crate::admin::partner_letters::{Desk, to_team};
use crate::admin::{Act, Admin, AdminError};
use crate::pages::mails::PortalMailKind;
use claviger_core::Realm;
use claviger_core::client::ClientStatus;

/// As [`suspend`]; the team is told where the app was served before.
///
/// # Errors
/// As [`suspend`].
pub async fn suspend_and_tell(admin: &Admin<'_>, desk: Desk<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let client = find(admin.store, realm, id).await?;
    if client.status != ClientStatus::Active {
        return suspend(admin, realm, id).await;
    }
    let mails = to_team(desk, admin.store, (realm, &client), PortalMailKind::Suspended, admin.now).await?;
    set_status(admin, realm, id, (ClientStatus::Suspended, mails), Act::AppSuspend).await
}

/// As [`resume`]; the team is told.
///
/// # Errors
/// As [`resume`].
pub async fn resume_and_tell(admin: &Admin<'_>, desk: Desk<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let client = find(admin.store, realm, id).await?;
    if client.status != ClientStatus::Suspended {
        return resume(admin, realm, id).await;
    }
    let mails = to_team(desk, admin.store, (realm, &client), PortalMailKind::Resumed, admin.now).await?;
    set_status(admin, realm, id, (ClientStatus::Active, mails), Act::AppResume).await
}

/// As [`delete`](super::delete); the team is told.
///
/// # Errors
/// As [`delete`](super::delete).
pub async fn delete_and_tell(admin: &Admin<'_>, desk: Desk<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let client = find(admin.store, realm, id).await?;
    let mails = to_team(desk, admin.store, (realm, &client), PortalMailKind::Ended, admin.now).await?;
    let (store, until) = (admin.act(Act::AppDelete), admin.now + realm.longest_token());
    let deleted = store.delete_client_and_tell((&realm.id, id), mails, admin.now, until).await?;
    if deleted { Ok(()) } else { Err(AdminError::NoSuchApp(id.to_owned())) }
}
