//! Argon2 i, d and id: PHC strings, and Django's, which have a word in front.

use crate::cost::{self, bounded};
use crate::encoding::{base64, same};
use crate::{Check, Read, Refused, found};
use argon2::{Algorithm, Argon2, Params, Version};

const NAME: &str = "Argon2";

pub(crate) struct Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, or with `argon2` before it.
pub(crate) fn read(text: &str) -> Read {
    let phc = text.strip_prefix("argon2").filter(|rest| rest.starts_with("$argon2")).unwrap_or(text);
    phc.starts_with("$argon2").then(|| parse(phc)).and_then(found)
}

fn parse(phc: &str) -> Result<Hash, Refused> {
    let wrong = |why| Refused::Malformed { family: NAME, why };
    let mut parts = phc.split('$').skip(1);
    let algorithm = match parts.next() {
        Some("argon2i") => Algorithm::Argon2i,
        Some("argon2d") => Algorithm::Argon2d,
        Some("argon2id") => Algorithm::Argon2id,
        _ => return Err(wrong("it is one of argon2i, argon2d and argon2id")),
    };
    let rest: Vec<&str> = parts.collect();
    let (version, rest) = match rest.split_first() {
        Some((first, rest)) if first.starts_with("v=") => (*first, rest),
        _ => ("v=16", rest.as_slice()),
    };
    let version = match version {
        "v=19" => Version::V0x13,
        "v=16" => Version::V0x10,
        _ => return Err(wrong("its version is 16 or 19")),
    };
    let [params, salt, hash] = rest else { return Err(wrong("it has parameters, a salt and a hash")) };
    let number =
        |name: &str| params.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    let (Some(memory), Some(passes), Some(lanes)) = (number("m"), number("t"), number("p")) else {
        return Err(wrong("its parameters are m, t and p"));
    };
    let (Some(salt), Some(hash)) = (base64(salt), base64(hash)) else { return Err(wrong("salt and hash are base64")) };
    Hash::new(algorithm, version, [memory, passes, lanes], salt, hash)
}

impl Hash {
    /// `costs`: memory in KiB, passes, lanes.
    pub(crate) fn new(
        algorithm: Algorithm,
        version: Version,
        costs: [u32; 3],
        salt: Vec<u8>,
        hash: Vec<u8>,
    ) -> Result<Self, Refused> {
        let [memory, passes, lanes] = costs;
        bounded(NAME, "memory in KiB", memory.into(), cost::MEMORY_KIB)?;
        bounded(NAME, "memory in KiB times passes", u64::from(memory) * u64::from(passes), cost::ARGON2_WORK)?;
        bounded(NAME, "lanes", lanes.into(), cost::ARGON2_LANES)?;
        let wrong = |why| Refused::Malformed { family: NAME, why };
        if hash.len() < 16 || hash.len() > 128 || salt.len() < 8 {
            return Err(wrong("a salt has 8 bytes at least, a hash 16 to 128"));
        }
        let params = Params::new(memory, passes, lanes, Some(hash.len()))
            .map_err(|_| wrong("its costs contradict each other"))?;
        Ok(Self { algorithm, version, params, salt, hash })
    }
}

impl Check for Hash {
    fn is_of(&self, password: &str) -> bool {
        let mut out = vec![0; self.hash.len()];
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        argon2.hash_password_into(password.as_bytes(), &self.salt, &mut out).is_ok() && same(&out, &self.hash)
    }
}
