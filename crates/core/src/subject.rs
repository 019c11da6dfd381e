//! Pairwise subjects (OpenID Connect Core 8.1): a user has one name for each sector, and nobody else can tell that two of them are
//! one person.
//!
//! A name is the user's id, encrypted as the standard's third example has it: always to the same, because the nonce is a MAC of
//! sector and user (as in RFC 5297). So nothing is stored, and whoever has the realm's keys finds the user by the name. It begins
//! with a character that no client's id has, and so is never one.

use crate::crypto::{CryptoError, HmacKey, SealKey, derive};
use crate::jose::{base64url, from_base64url};
use std::fmt;

/// The first character of every pairwise name.
const MARK: char = '~';
/// The purpose of what is sealed.
const PURPOSE: &[u8] = b"pairwise subject";

/// The keys of one realm.
pub struct Subjects {
    mac: HmacKey,
    seal: SealKey,
}

impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subjects(***)")
    }
}

impl Subjects {
    /// Those of a realm, from the server's salt.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn new(salt: &[u8; 32], realm: &str) -> Result<Self, CryptoError> {
        let of_realm = derive(salt, &format!("pairwise subjects of {realm}"));
        let seal = SealKey::new(&derive(&of_realm, "pairwise subjects: names"))?;
        Ok(Self { mac: HmacKey::new(derive(&of_realm, "pairwise subjects: sectors").as_slice()), seal })
    }

    /// How a user is named in a sector.
    ///
    /// # Errors
    /// The library fails.
    pub fn name(&self, sector: &str, user: &str) -> Result<String, CryptoError> {
        let length = u64::try_from(sector.len()).unwrap_or(u64::MAX).to_be_bytes();
        let tag = self.mac.sign_parts(&[&length, sector.as_bytes(), user.as_bytes()]);
        let sealed = self.seal.seal_always_alike(&tag, PURPOSE, user.as_bytes())?;
        Ok(format!("{MARK}{}", base64url(&sealed)))
    }

    /// The user whom a name is of, in whatever sector; `None` where it is none of this realm's names.
    pub fn user(&self, name: &str) -> Option<String> {
        let sealed = from_base64url(name.strip_prefix(MARK)?)?;
        let opened = self.seal.open(PURPOSE, &sealed).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

/// Whether a subject could be a pairwise name.
pub fn is_pairwise(subject: &str) -> bool {
    subject.starts_with(MARK)
}

#[cfg(test)]
mod tests {
    use super::{Subjects, is_pairwise};

    #[test]
    fn a_name_is_of_one_user_in_one_sector_of_one_realm() {
        let subjects = Subjects::new(&[1; 32], "r").unwrap();
        let name = subjects.name("app.example", "u1").unwrap();
        assert_eq!(name, Subjects::new(&[1; 32], "r").unwrap().name("app.example", "u1").unwrap(), "it stays");
        assert!(is_pairwise(&name) && name.len() <= 255 && name.is_ascii(), "{name}");
        for (realm, salt, sector, user) in [
            ("r", 1, "other.example", "u1"),
            ("r", 1, "app.example", "u2"),
            ("s", 1, "app.example", "u1"),
            ("r", 2, "app.example", "u1"),
            ("r", 1, "app.exampleu", "1"),
        ] {
            let other = Subjects::new(&[salt; 32], realm).unwrap();
            assert_ne!(other.name(sector, user).unwrap(), name);
            if (realm, salt) != ("r", 1) {
                assert_eq!(other.user(&name), None);
            }
        }
        assert_eq!(subjects.user(&name).as_deref(), Some("u1"));
        let other = subjects.name("other.example", "u1").unwrap();
        assert_eq!(subjects.user(&other).as_deref(), Some("u1"));
        for wrong in ["", "u1", "~", "~AAAA", name.get(1..).unwrap(), &format!("{name}A"), &name.to_lowercase()] {
            assert_eq!(subjects.user(wrong), None, "{wrong}");
        }
    }
}
