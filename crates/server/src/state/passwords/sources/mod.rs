//! Users who have no password here: somebody else says whether what they type is right, and who they are. The vendor is called
//! ([`call`]), or a directory is asked ([`directory`]).
//!
//! Whoever is found right is a user of the realm from then on, with what is said of them.

mod adopt;
mod call;
mod directory;
mod profile;

use super::Passwords;
use claviger_core::User;
use claviger_core::realm::{CheckMode, Realm};
use claviger_core::token::Plain;
use claviger_store::{Masked, Precondition};
pub(crate) use profile::Profile;

/// What the vendor's secret is sealed for.
pub(crate) const USER_CHECK: &str = "user check";
/// What the directory's password is sealed for.
pub(crate) const DIRECTORY: &str = "directory";

/// Why nobody can say whether a password is right: for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unsaid(pub(crate) String);

/// A user whom somebody else found right.
#[derive(Debug)]
pub(crate) struct Adopted {
    /// Who it is, as they are stored now.
    pub(crate) user: User,
    /// The hash of their password that is kept; none where it stays where it is.
    pub(crate) hash: Option<Masked<String>>,
    /// The condition for what rests on it.
    pub(crate) precondition: Precondition,
}

/// Whether a realm asks somebody.
pub(crate) const fn are_asked(realm: &Realm) -> bool {
    realm.user_check.is_some() || realm.directory.is_some()
}

/// Whether the password is known here from then on.
pub(crate) fn is_kept(realm: &Realm) -> bool {
    realm.user_check.as_ref().is_some_and(|check| check.mode == CheckMode::Once)
}

impl Passwords<'_> {
    /// What is known elsewhere of whoever typed this; `None` where it is nobody's.
    pub(super) async fn ask(&self, typed: &str, password: &Plain) -> Result<Option<Profile>, Unsaid> {
        // A bind without a password succeeds as nobody (RFC 4513 5.1.2).
        if password.expose().is_empty() || typed.trim().is_empty() || typed.contains('\0') {
            return Ok(None);
        }
        let realm = self.realm;
        let secret = |purpose: &str, sealed: &str| {
            let lost = || Unsaid(format!("the secret of the {purpose} is missing or cannot be opened; apply it again"));
            self.secrets.open_realm_secret(&realm.id, purpose, sealed).ok_or_else(lost)
        };
        if let Some(check) = &realm.user_check {
            let secret = secret(USER_CHECK, &check.sealed_secret)?;
            return call::ask(self.outbound, check, &secret, typed, password).await;
        }
        if let Some(directory) = &realm.directory {
            let bind = match &directory.bind_dn {
                Some(dn) => Some((dn.clone(), secret(DIRECTORY, &directory.sealed_secret)?)),
                None => None,
            };
            return directory::ask(directory, bind.as_ref(), typed.trim(), password).await;
        }
        Ok(None)
    }
}
