//! phpass: `$P$` (WordPress and others), `$H$` (phpBB), and Drupal's `$S$`. A digest of salt and password, then of digest and
//! password, over and over.

use crate::cost::{self, bounded};
use crate::digest::Digest;
use crate::encoding::{crypt_bytes, crypt_digit, same, to_hex};
use crate::{Check, Read, Refused, found};

struct Hash {
    digest: Digest,
    rounds: u64,
    salt: String,
    hash: Vec<u8>,
    /// Drupal: of the MD5 of a password that came from Drupal 6.
    of_md5: bool,
}

/// What begins with one of the marks.
pub(crate) fn read(text: &str) -> Read {
    let (of_md5, marked) =
        text.strip_prefix("U$").map_or((false, text), |rest| (true, rest.strip_prefix('$').unwrap_or(rest)));
    let (digest, rest) = match marked.trim_start_matches('$').split_once('$')? {
        ("P" | "H", rest) => (Digest::Md5, rest),
        ("S", rest) => (Digest::Sha512, rest),
        _ => return None,
    };
    (of_md5 || text.starts_with('$')).then(|| parse(digest, rest, of_md5)).and_then(found)
}

fn parse(digest: Digest, rest: &str, of_md5: bool) -> Result<Hash, Refused> {
    const NAME: &str = "phpass";
    let wrong = |why| Refused::Malformed { family: NAME, why };
    let power = rest.bytes().next().and_then(crypt_digit).ok_or_else(|| wrong("a letter says how many rounds"))?;
    bounded(NAME, "rounds, as a power of two,", power.into(), cost::PHPASS)?;
    let (salt, hash) =
        rest.get(1..9).zip(rest.get(9..)).ok_or_else(|| wrong("it has eight letters of salt and a hash"))?;
    // Drupal cuts the text off, within a byte.
    let whole = hash.get(..hash.len() - usize::from(hash.len() % 4 == 1)).unwrap_or(hash);
    let hash = crypt_bytes(whole).filter(|hash| hash.len() >= 16).ok_or_else(|| wrong("its hash cannot be read"))?;
    if hash.len() > digest.of(&[]).len() {
        return Err(wrong("its hash is too long"));
    }
    Ok(Hash { digest, rounds: 1 << power, salt: salt.to_owned(), hash, of_md5 })
}

impl Check for Hash {
    fn is_of(&self, password: &str) -> bool {
        let of_md5 = self.of_md5.then(|| to_hex(&Digest::Md5.of(&[password.as_bytes()])));
        let password = of_md5.as_deref().unwrap_or(password).as_bytes();
        let mut out = self.digest.of(&[self.salt.as_bytes(), password]);
        for _ in 0..self.rounds {
            out = self.digest.of(&[&out, password]);
        }
        same(out.get(..self.hash.len()).unwrap_or_default(), &self.hash)
    }
}
