//! What directories store (RFC 2307): `{SSHA}` and others, the salt behind the digest; `{CRYPT}` and what others put behind a word.

use crate::digest::{Digest, Place, Salted};
use crate::encoding::base64;
use crate::{Check, Read, Refused, detect, found};

/// A word in braces, in either case.
pub(crate) fn read(text: &str) -> Read {
    let (scheme, rest) = text.strip_prefix('{')?.split_once('}')?;
    let (digest, salted) = match scheme.to_ascii_uppercase().as_str() {
        "SSHA" => (Digest::Sha1, true),
        "SSHA256" => (Digest::Sha256, true),
        "SSHA384" => (Digest::Sha384, true),
        "SSHA512" => (Digest::Sha512, true),
        "SMD5" => (Digest::Md5, true),
        "SHA" => (Digest::Sha1, false),
        "SHA256" => (Digest::Sha256, false),
        "SHA384" => (Digest::Sha384, false),
        "SHA512" => (Digest::Sha512, false),
        "MD5" => (Digest::Md5, false),
        "CRYPT" | "BCRYPT" | "ARGON2" | "BLF-CRYPT" | "SHA512-CRYPT" | "SHA256-CRYPT" | "MD5-CRYPT" => {
            return Some(within(rest));
        }
        _ => return None,
    };
    found(parse(digest, salted, rest))
}

fn parse(digest: Digest, salted: bool, text: &str) -> Result<Salted, Refused> {
    let wrong = |why| Refused::Malformed { family: "LDAP", why };
    let bytes = base64(text).ok_or_else(|| wrong("it is not base64"))?;
    let (hash, salt) = bytes.split_at_checked(digest.length()).ok_or_else(|| wrong("it is too short"))?;
    if salt.is_empty() == salted {
        return Err(wrong("it has a salt and says that it has none, or the other way round"));
    }
    Salted::new(digest, if salted { Place::Last } else { Place::Nowhere }, salt.to_vec(), hash.to_vec())
}

/// What says itself what it is.
fn within(text: &str) -> Result<Box<dyn Check>, Refused> {
    if text.starts_with('$') {
        return detect(text);
    }
    Err(Refused::Unsupported("traditional crypt(3) has eight characters and DES; those users need new passwords"))
}
