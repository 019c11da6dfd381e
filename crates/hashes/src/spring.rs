//! Spring Security: a word in braces, and a hash behind it that mostly does not say what it is.

use crate::encoding::{base64, hex};
use crate::pbkdf2::{self, Prf};
use crate::scrypt;
use crate::{Check, Read, Refused, argon, bcrypt, found};

/// A word that no directory uses.
pub(crate) fn read(text: &str) -> Read {
    let (name, rest) = text.strip_prefix('{')?.split_once('}')?;
    match name {
        "bcrypt" => bcrypt::read(rest).or_else(|| nothing("bcrypt")),
        "argon2" | "argon2@SpringSecurity_v5_8" => argon::read(rest).or_else(|| nothing("Argon2")),
        "pbkdf2" => found(derived(rest, Prf::Sha1, 8, 185_000)),
        "pbkdf2@SpringSecurity_v5_8" => found(derived(rest, Prf::Sha256, 16, 310_000)),
        "scrypt" | "scrypt@SpringSecurity_v5_8" => found(costs_first(rest)),
        _ => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the reader answers it")]
fn nothing(family: &'static str) -> Option<Result<Box<dyn Check>, Refused>> {
    Some(Err(Refused::Malformed { family, why: "what stands behind the word is something else" }))
}

/// Salt and derived key in hexadecimal digits; the rounds are the version's.
fn derived(text: &str, prf: Prf, salt: usize, rounds: u32) -> Result<pbkdf2::Hash, Refused> {
    let bytes = hex(text).or_else(|| base64(text)).unwrap_or_default();
    let (salt, key) = bytes.split_at_checked(salt).unzip();
    pbkdf2::Hash::new(Some(prf), Some(rounds), salt.map(<[u8]>::to_vec), key.map(<[u8]>::to_vec))
}

/// `$e0801$salt$hash`: the power of N, r and p in hexadecimal digits.
fn costs_first(text: &str) -> Result<scrypt::Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", costs, salt, hash] = parts.as_slice() else {
        return Err(Refused::Malformed { family: "scrypt", why: "it has costs, a salt and a hash" });
    };
    let costs = u32::from_str_radix(costs, 16).ok().map(|costs| [costs >> 16, costs >> 8 & 0xff, costs & 0xff]);
    scrypt::Hash::new(costs, base64(salt), base64(hash))
}
