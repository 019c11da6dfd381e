//! The log of what operators did.

use super::{Act, Admin, AdminError, Subject};
use claviger_core::Realm;
use claviger_store::{AuditFilter, AuditLine, AuditVerified, Store};

/// The lines that pass the filter: the newest `limit` of them, from the oldest to the newest.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, filter: &AuditFilter, limit: usize) -> Result<Vec<AuditLine>, AdminError> {
    const PAGE: usize = 1000;
    let mut all: Vec<AuditLine> = Vec::new();
    while all.len() < limit {
        let below = all.last().map_or(i64::MAX, |line| line.number);
        let wanted = PAGE.min(limit - all.len());
        let page = store.audit_lines(filter, below, i64::try_from(wanted).unwrap_or(i64::MAX)).await?;
        let last = page.len() < wanted;
        all.extend(page);
        if last {
            break;
        }
    }
    all.reverse();
    Ok(all)
}

/// Walks along the chain, and says where it breaks.
///
/// # Errors
/// The store cannot be read.
pub async fn verify(store: &Store) -> Result<AuditVerified, AdminError> {
    Ok(store.verify_audit().await?)
}

/// Erases the personal values of every line about a subject; how many lines had some. The lines stay, and the chain is whole.
///
/// # Errors
/// No line about it has any, or the store cannot write.
pub async fn erase(admin: &Admin<'_>, realm: &Realm, subject: &Subject) -> Result<u64, AdminError> {
    match admin.act(Act::AuditErase).erase_personal(&realm.id, subject, admin.now).await? {
        0 => Err(AdminError::NothingToErase(subject.to_string())),
        erased => Ok(erased),
    }
}
