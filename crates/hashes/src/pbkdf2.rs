//! PBKDF2 (RFC 8018 5.2): PHC strings, passlib, Django, Werkzeug, and with salt and rounds in columns.

use crate::cost::{self, bounded};
use crate::encoding::{base64, hex, same};
use crate::{Check, Read, Refused, found};
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512};
use std::num::NonZeroU32;

const NAME: &str = "PBKDF2";

/// The function within.
#[derive(Clone, Copy)]
pub(crate) enum Prf {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

pub(crate) struct Hash {
    prf: Prf,
    rounds: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// What begins with `$pbkdf2`, `pbkdf2_` (Django), `pbkdf2:` (Werkzeug) or `{PBKDF2` (passlib for directories).
pub(crate) fn read(text: &str) -> Read {
    if let Some(rest) = text.strip_prefix("$pbkdf2") {
        return found(phc(rest));
    }
    if let Some(rest) = text.strip_prefix("{PBKDF2") {
        let (name, rest) = rest.split_once('}')?;
        return found(phc(&format!("{}${rest}", name.to_ascii_lowercase())));
    }
    if let Some(rest) = text.strip_prefix("pbkdf2_") {
        return found(django(rest));
    }
    text.strip_prefix("pbkdf2:").map(werkzeug).and_then(found)
}

fn wrong(why: &'static str) -> Refused {
    Refused::Malformed { family: NAME, why }
}

/// `-sha256$i=600000,l=32$salt$hash`, or passlib's `-sha256$29000$salt$hash`; without a function it is SHA-1.
fn phc(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [prf, params, salt, hash] = parts.as_slice() else { return Err(wrong("it has rounds, a salt and a hash")) };
    let prf = if prf.is_empty() { Some(Prf::Sha1) } else { prf.strip_prefix('-').and_then(Prf::named) };
    let rounds = params.split(',').find_map(|pair| pair.strip_prefix("i=")).unwrap_or(params);
    Hash::new(prf, rounds.parse().ok(), base64(salt), base64(hash))
}

/// `sha256$1000000$salt$hash`: the salt is its own text.
fn django(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [prf, rounds, salt, hash] = parts.as_slice() else { return Err(wrong("it has rounds, a salt and a hash")) };
    Hash::new(Prf::named(prf), rounds.parse().ok(), Some(salt.as_bytes().to_vec()), base64(hash))
}

/// `sha256:1000000$salt$hex`.
fn werkzeug(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [method, salt, hash] = parts.as_slice() else { return Err(wrong("it has a method, a salt and a hash")) };
    let (prf, rounds) = method.split_once(':').ok_or_else(|| wrong("its rounds are missing"))?;
    Hash::new(Prf::named(prf), rounds.parse().ok(), Some(salt.as_bytes().to_vec()), hex(hash))
}

impl Prf {
    /// By its usual name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    const fn output(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl Hash {
    /// From its parts, as far as they could be read.
    pub(crate) fn new(
        prf: Option<Prf>,
        rounds: Option<u32>,
        salt: Option<Vec<u8>>,
        hash: Option<Vec<u8>>,
    ) -> Result<Self, Refused> {
        let prf = prf.ok_or_else(|| wrong("its function is one of sha1, sha256, sha384 and sha512"))?;
        let rounds = rounds.and_then(NonZeroU32::new).ok_or_else(|| wrong("its rounds are no number that could be"))?;
        let salt = salt.ok_or_else(|| wrong("its salt cannot be read"))?;
        let hash = hash
            .filter(|hash| (16..=256).contains(&hash.len()))
            .ok_or_else(|| wrong("its hash has 16 to 256 bytes"))?;
        let blocks = u64::try_from(hash.len().div_ceil(prf.output())).unwrap_or(u64::MAX);
        bounded(NAME, "rounds", u64::from(rounds.get()).saturating_mul(blocks), cost::PBKDF2)?;
        Ok(Self { prf, rounds, salt, hash })
    }
}

impl Check for Hash {
    fn is_of(&self, password: &str) -> bool {
        let algorithm = match self.prf {
            Prf::Sha1 => PBKDF2_HMAC_SHA1,
            Prf::Sha256 => PBKDF2_HMAC_SHA256,
            Prf::Sha384 => PBKDF2_HMAC_SHA384,
            Prf::Sha512 => PBKDF2_HMAC_SHA512,
        };
        let mut out = vec![0; self.hash.len()];
        pbkdf2::derive(algorithm, self.rounds, &self.salt, password.as_bytes(), &mut out);
        same(&out, &self.hash)
    }
}
