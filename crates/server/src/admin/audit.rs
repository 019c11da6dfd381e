//! The log of what operators did.

use super::{Act, Admin, AdminError, Subject};
use claviger_core::Realm;
use claviger_store::{AuditFilter, AuditLine, AuditVerified, Store};
use serde::Serialize;
use std::fmt::Write as _;

/// A line as it is shown and passed on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// When (RFC 3339).
    pub time: String,
    /// The realm; empty: the whole database.
    pub realm: String,
    /// Who; none once that is erased.
    pub actor: Option<String>,
    /// By what way.
    pub way: String,
    /// What.
    pub act: String,
    /// To what, as `KIND/ID`.
    pub subject: String,
    /// What changed, as it was before.
    pub before: Option<serde_json::Value>,
    /// The same, as it is since.
    pub after: Option<serde_json::Value>,
    /// What describes a person.
    pub personal: Option<serde_json::Value>,
    /// Of the request or command.
    pub reference: String,
    /// Of this line and all before it, in hex.
    pub digest: String,
}

impl From<AuditLine> for Shown {
    fn from(line: AuditLine) -> Self {
        // What is no JSON was not written by this program; it is shown as it is.
        let json = |text: Option<String>| text.map(|text| serde_json::from_str(&text).unwrap_or(text.into()));
        Self {
            number: line.number,
            time: jiff::Timestamp::from_millisecond(line.at).map(|at| at.to_string()).unwrap_or_default(),
            realm: line.realm,
            actor: line.actor,
            way: line.way,
            act: line.act,
            subject: format!("{}/{}", line.subject_kind, line.subject),
            before: json(line.before),
            after: json(line.after),
            personal: json(line.personal),
            reference: line.reference,
            digest: hex(&line.digest),
        }
    }
}

/// A digest, as it is shown.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        // A String takes every write.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The lines behind number `after` that pass the filter, from the oldest to the newest, at most a thousand: a page of all there
/// are.
///
/// # Errors
/// The store cannot be read.
pub async fn onward(store: &Store, filter: &AuditFilter, after: i64) -> Result<Vec<AuditLine>, AdminError> {
    Ok(store.audit_onward(filter, after, 1000).await?)
}

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
