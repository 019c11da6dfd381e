//! Who administers the demo: the roles that `claviger role give` would give.

use claviger_core::permission::Role;
use claviger_core::realm::EVERY_REALM;
use claviger_files::realm::RealmFile;
use claviger_server::admin::Admin;
use claviger_server::admin::roles::{Gift, give, holder};
use claviger_store::HolderKind;

/// The people, for the lines.
pub(super) const PEOPLE: &str =
    "olga / demo-olga-admin (owner), rita / demo-rita-admin (reviewer), aldo / demo-aldo-admin (auditor)";

/// What each is.
const ROLES: [(HolderKind, &str, Role); 5] = [
    (HolderKind::User, "olga", Role::Owner),
    (HolderKind::User, "rita", Role::Reviewer),
    (HolderKind::User, "aldo", Role::Auditor),
    (HolderKind::Client, "demo-automation", Role::Operator),
    (HolderKind::Client, "demo-report", Role::Auditor),
];

/// Gives everybody of the admin realm their role over all realms.
///
/// # Errors
/// The database cannot be written.
pub(super) async fn give_roles(admin: &Admin<'_>, files: &[RealmFile]) -> anyhow::Result<()> {
    for file in files.iter().filter(|file| file.realm.is_admin()) {
        for (kind, name, role) in ROLES {
            let holder = holder(admin.store, &file.realm, kind, name).await?;
            let (over, organisation) = (EVERY_REALM.to_owned(), String::new());
            give(admin, &file.realm, Gift { holder, role, over, organisation }).await?;
        }
    }
    Ok(())
}
