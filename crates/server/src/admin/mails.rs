//! Mails: which wait, which were refused and why.

use super::{Act, Admin, AdminError};
use claviger_core::claims::id_from_text;
use claviger_store::{MAIL_TOPIC, ParcelLine, Store};

/// The mails that are remembered, from the oldest to the newest: all that were not sent, and those that were within a week.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store) -> Result<Vec<ParcelLine>, AdminError> {
    const PAGE: i64 = 500;
    let mut all: Vec<ParcelLine> = Vec::new();
    loop {
        let page = store.list_parcels(MAIL_TOPIC, all.last().map(|mail| &mail.id), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Has a mail tried again at once that waits, was refused or was given up.
///
/// # Errors
/// There is no such mail, it was sent, or the store cannot write.
pub async fn retry(admin: &Admin<'_>, id: &str) -> Result<(), AdminError> {
    let unknown = || AdminError::NoSuchMail(id.to_owned());
    let parsed = id_from_text(id).ok_or_else(unknown)?;
    if admin.act(Act::MailRetry).retry_mail(&parsed, admin.now).await? { Ok(()) } else { Err(unknown()) }
}
