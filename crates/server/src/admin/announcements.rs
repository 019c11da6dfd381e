//! What the partners of a realm are told: all of them, or those whose apps something concerns.

use super::{Act, Admin, AdminError, Broken, reviews};
use crate::ids;
use claviger_core::claims::id_text;
use claviger_core::dialect::Legacy;
use claviger_core::{Client, Realm};
use claviger_store::{AboutKind, Announcement, Store};

/// How many there are at most.
const MOST: i64 = 500;

/// Whom an announcement concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Every partner.
    All,
    /// Those whose apps may have this scope.
    Scope(String),
    /// Those whose apps have this legacy behaviour.
    Legacy(Legacy),
}

/// Writes an announcement, shown from one time to another, in milliseconds.
///
/// # Errors
/// It says nothing, or ends before it begins; the realm has no portal; the store cannot write.
pub async fn add(
    admin: &Admin<'_>,
    realm: &Realm,
    about: &About,
    text: &str,
    (from_at, until_at): (i64, i64),
) -> Result<Announcement, AdminError> {
    super::partner_apps::portal(realm)?;
    if until_at <= from_at {
        return Err(AdminError::invalid("until", &Broken::EndsFirst));
    }
    let (about_kind, about) = match about {
        About::All => (AboutKind::All, String::new()),
        About::Scope(name) => (AboutKind::Scope, name.clone()),
        About::Legacy(legacy) => (AboutKind::Legacy, legacy.name().to_owned()),
    };
    let new = Announcement {
        id: id_text(&ids::new(admin.now)),
        about_kind,
        about,
        words: reviews::said(text)?.to_owned(),
        from_at,
        until_at,
        created_at: admin.now,
    };
    admin.act(Act::AnnouncementAdd).add_announcement(&realm.id, &new).await?;
    Ok(new)
}

/// The announcements of a realm, in the order in which they were written; those that are over are among them.
///
/// # Errors
/// The realm has no portal, or the store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<Announcement>, AdminError> {
    super::partner_apps::portal(realm)?;
    Ok(store.announcements(&realm.id, "", MOST).await?)
}

/// Removes an announcement.
///
/// # Errors
/// There is none, or the store cannot write.
pub async fn remove(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let removed = admin.act(Act::AnnouncementRemove).delete_announcement(&realm.id, id, admin.now).await?;
    if removed { Ok(()) } else { Err(AdminError::NoSuchAnnouncement(id.to_owned())) }
}

/// Whether an announcement is to be shown now to whoever has these apps.
pub fn concerns(announcement: &Announcement, apps: &[Client], now: i64) -> bool {
    let about = &announcement.about;
    let is_about = match announcement.about_kind {
        AboutKind::Scope => apps.iter().any(|app| app.scope.contains(about)),
        AboutKind::Legacy => apps.iter().any(|app| app.legacy.iter().any(|legacy| legacy.name() == about)),
        _ => true,
    };
    is_about && announcement.from_at <= now && now < announcement.until_at
}
