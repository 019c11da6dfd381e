//! bcrypt: `$2a$`, `$2b$`, `$2y$`, and what others put before it so that more than 72 bytes count: Django, passlib, WordPress.

use crate::cost::{self, bounded};
use crate::digest::Digest;
use crate::encoding::{base64_bcrypt, same, to_base64, to_hex};
use crate::{Check, Read, Refused, found};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

const NAME: &str = "bcrypt";
/// What counts of a password.
const COUNTED: usize = 72;

struct Hash {
    before: Before,
    cost: u32,
    salt: [u8; 16],
    hash: Vec<u8>,
}

/// What is done to a password before bcrypt.
enum Before {
    Nothing,
    /// Django's `bcrypt_sha256`: the digest in hexadecimal digits.
    Sha256Hex,
    /// passlib's first `bcrypt-sha256`: the digest in base64.
    Sha256Base64,
    /// Its second: a MAC in base64, with the salt as it is spelled for a key.
    HmacBase64(String),
    /// WordPress 6.8: a MAC in base64 of the password without spaces at its ends.
    WordPress,
}

/// `$2b$12$` and 53 letters, alone or within.
pub(crate) fn read(text: &str) -> Read {
    let (before, plain) = if let Some(rest) = text.strip_prefix("bcrypt_sha256$") {
        (Before::Sha256Hex, rest)
    } else if let Some(rest) = text.strip_prefix("bcrypt$") {
        (Before::Nothing, rest)
    } else if let Some(rest) = text.strip_prefix("$wp$2y$") {
        return found(parse(Before::WordPress, &format!("$2y${rest}")));
    } else if let Some(rest) = text.strip_prefix("$bcrypt-sha256$") {
        return found(passlib(rest));
    } else {
        (Before::Nothing, text)
    };
    plain.starts_with("$2").then(|| parse(before, plain)).and_then(found)
}

fn wrong(why: &'static str) -> Refused {
    Refused::Malformed { family: NAME, why }
}

fn parse(before: Before, text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", version, cost, rest] = parts.as_slice() else { return Err(wrong("it is $2b$, a cost and 53 letters")) };
    match *version {
        "2a" | "2b" | "2y" => {}
        "2x" => {
            return Err(Refused::Unsupported("$2x$ marks hashes of a faulty bcrypt; those users need new passwords"));
        }
        _ => return Err(wrong("it begins with $2a$, $2b$ or $2y$")),
    }
    let cost: u32 = cost.parse().map_err(|_| wrong("its cost is no number"))?;
    bounded(NAME, "cost", cost.into(), cost::BCRYPT)?;
    let (salt, hash) = rest.split_at_checked(22).ok_or_else(|| wrong("it has 22 letters of salt and 31 of hash"))?;
    let salt = base64_bcrypt(salt).and_then(|salt| salt.try_into().ok());
    let hash = base64_bcrypt(hash).filter(|hash| hash.len() == 23);
    match (salt, hash) {
        (Some(salt), Some(hash)) if cost >= 4 => Ok(Hash { before, cost, salt, hash }),
        _ => Err(wrong("it has 22 letters of salt and 31 of hash, and a cost of 4 at least")),
    }
}

/// `v=2,t=2b,r=12$salt$hash`, before that `2b,12$salt$hash`.
fn passlib(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [params, salt, hash] = parts.as_slice() else { return Err(wrong("it has parameters, a salt and a hash")) };
    let params: Vec<&str> = params.split(',').collect();
    let (before, cost) = match params.as_slice() {
        ["v=2", _, rounds] => (Before::HmacBase64((*salt).to_owned()), rounds.trim_start_matches("r=")),
        [_, rounds] => (Before::Sha256Base64, *rounds),
        _ => return Err(wrong("its parameters are v=2,t=2b,r=12")),
    };
    parse(before, &format!("$2b${cost}${salt}{hash}"))
}

impl Check for Hash {
    fn is_of(&self, password: &str) -> bool {
        let prepared = self.before.apply(password);
        // A C string: with its end, as far as that counts.
        let mut counted = Zeroizing::new(Vec::with_capacity(COUNTED));
        counted.extend(prepared.bytes().chain([0]).take(COUNTED));
        let out = bcrypt::bcrypt(self.cost, self.salt, &counted);
        same(out.get(..23).unwrap_or_default(), &self.hash)
    }
}

impl Before {
    fn apply(&self, password: &str) -> Zeroizing<String> {
        let hmac = |algorithm, key: &[u8], password: &str| {
            to_base64(hmac::sign(&hmac::Key::new(algorithm, key), password.as_bytes()).as_ref())
        };
        Zeroizing::new(match self {
            Self::Nothing => password.to_owned(),
            Self::Sha256Hex => to_hex(&Digest::Sha256.of(&[password.as_bytes()])),
            Self::Sha256Base64 => to_base64(&Digest::Sha256.of(&[password.as_bytes()])),
            Self::HmacBase64(salt) => hmac(hmac::HMAC_SHA256, salt.as_bytes(), password),
            Self::WordPress => {
                hmac(hmac::HMAC_SHA384, b"wp-sha384", password.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b']))
            }
        })
    }
}
