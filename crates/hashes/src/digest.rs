//! Plain digests, with a salt before or after: the weakest there is. Django's and MySQL's say what they are.

use crate::encoding::{base64, hex, same};
use crate::{Check, Read, Refused, found};
use aws_lc_rs::digest;
use md5::Digest as _;

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Of all parts, one after the other.
    pub(crate) fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => {
                let mut md5 = md5::Md5::new();
                for part in parts {
                    md5.update(part);
                }
                return md5.finalize().to_vec();
            }
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        let mut context = digest::Context::new(algorithm);
        for part in parts {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }

    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// Where the salt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Nowhere,
    First,
    Last,
}

pub(crate) struct Salted {
    digest: Digest,
    place: Place,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Salted {
    pub(crate) fn new(digest: Digest, place: Place, salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, Refused> {
        if hash.len() != digest.length() {
            return Err(Refused::Malformed { family: "plain", why: "its length is that of another digest" });
        }
        Ok(Self { digest, place, salt, hash })
    }

    /// With the digest in hexadecimal digits or in base64.
    pub(crate) fn spelled(digest: Digest, place: Place, salt: Vec<u8>, text: &str) -> Result<Self, Refused> {
        let hash = if text.trim().len() == digest.length() * 2 { hex(text) } else { base64(text) };
        let hash = hash.ok_or(Refused::Malformed { family: "plain", why: "it is neither hexadecimal nor base64" })?;
        Self::new(digest, place, salt, hash)
    }
}

impl Check for Salted {
    fn is_of(&self, password: &str) -> bool {
        let password = password.as_bytes();
        let out = match self.place {
            Place::Nowhere => self.digest.of(&[password]),
            Place::First => self.digest.of(&[&self.salt, password]),
            Place::Last => self.digest.of(&[password, &self.salt]),
        };
        same(&out, &self.hash)
    }
}

/// MySQL's `PASSWORD()`: SHA-1 of SHA-1.
struct MySql(Vec<u8>);

impl Check for MySql {
    fn is_of(&self, password: &str) -> bool {
        same(&Digest::Sha1.of(&[&Digest::Sha1.of(&[password.as_bytes()])]), &self.0)
    }
}

/// `*` and 40 digits (MySQL); `md5$salt$hex`, `sha1$salt$hex` (Django).
pub(crate) fn read(text: &str) -> Read {
    if let Some(digits) = text.strip_prefix('*') {
        let wrong = Refused::Malformed { family: "MySQL", why: "it is an asterisk and 40 hexadecimal digits" };
        return found(hex(digits).filter(|hash| hash.len() == 20).map(MySql).ok_or(wrong));
    }
    let (digest, rest) = text.split_once('$')?;
    let digest = match digest {
        "md5" | "unsalted_md5" => Digest::Md5,
        "sha1" | "unsalted_sha1" => Digest::Sha1,
        _ => return None,
    };
    let (salt, hash) = rest.split_once('$')?;
    found(Salted::spelled(digest, Place::First, salt.as_bytes().to_vec(), hash))
}
