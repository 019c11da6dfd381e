//! ASP.NET Identity, versions 2 and 3, and the Membership provider before it.
//!
//! Version 2: 0x00, 16 bytes of salt, 32 of PBKDF2 with HMAC-SHA-1 and 1000 rounds. Version 3: 0x01, then in big endian the
//! function (0 SHA-1, 1 SHA-256, 2 SHA-512), the rounds and the length of the salt; the salt; the derived key. All in base64.

use crate::digest::Digest;
use crate::encoding::{base64, same};
use crate::pbkdf2::{Hash, Prf};
use crate::{Check, Read, Refused, found};
use aws_lc_rs::hmac;

const NAME: &str = "ASP.NET Identity";

/// Base64 that begins with a version and is as long as it says.
pub(crate) fn read(text: &str) -> Read {
    let bytes = base64(text)?;
    match bytes.split_first()? {
        (0, rest) => version_2(rest),
        (1, rest) => version_3(rest),
        _ => None,
    }
}

fn version_2(rest: &[u8]) -> Read {
    let (salt, key) = rest.split_at_checked(16).filter(|(_, key)| key.len() == 32)?;
    found(Hash::new(Some(Prf::Sha1), Some(1000), Some(salt.to_vec()), Some(key.to_vec())))
}

fn version_3(rest: &[u8]) -> Read {
    let (prf, rest) = rest.split_first_chunk()?;
    let (rounds, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (salt, key) = rest.split_at_checked(length)?;
    let prf = match u32::from_be_bytes(*prf) {
        0 => Prf::Sha1,
        1 => Prf::Sha256,
        2 => Prf::Sha512,
        _ => return found::<Hash>(Err(Refused::Malformed { family: NAME, why: "its function is 0, 1 or 2" })),
    };
    found(Hash::new(Some(prf), Some(u32::from_be_bytes(*rounds)), Some(salt.to_vec()), Some(key.to_vec())))
}

/// What the Membership provider made of salt and password, both as UTF-16 in little endian.
pub(crate) struct Membership {
    pub(crate) hmac: bool,
    pub(crate) salt: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

impl Check for Membership {
    fn is_of(&self, password: &str) -> bool {
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if !self.hmac {
            return same(&Digest::Sha1.of(&[&self.salt, &password]), &self.hash);
        }
        // The key has 64 bytes: the salt over and over.
        let key: Vec<u8> = self.salt.iter().copied().cycle().take(64).collect();
        same(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &password).as_ref(), &self.hash)
    }
}
