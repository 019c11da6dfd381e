//! crypt(3): `$1$` and `$apr1$` (MD5), `$5$` and `$6$` (SHA-2), `$y$` (yescrypt).

use crate::cost::{self, bounded};
use crate::digest::Digest;
use crate::encoding::{crypt_bytes, same, to_crypt};
use crate::{Check, Read, Refused, found};
use sha_crypt::{Params, sha256_crypt, sha512_crypt};

/// What begins with one of the marks.
pub(crate) fn read(text: &str) -> Read {
    let (mark, rest) = text.strip_prefix('$')?.split_once('$')?;
    match mark {
        "1" => found(Md5::parse("$1$", rest)),
        "apr1" => found(Md5::parse("$apr1$", rest)),
        "5" => found(Sha2::parse(false, rest)),
        "6" => found(Sha2::parse(true, rest)),
        "y" => found(Yescrypt::parse(rest)),
        _ => None,
    }
}

/// 1000 rounds of MD5, of FreeBSD and of Apache.
struct Md5 {
    mark: &'static str,
    salt: String,
    hash: String,
}

impl Md5 {
    fn parse(mark: &'static str, rest: &str) -> Result<Self, Refused> {
        match rest.split_once('$') {
            Some((salt, hash)) if hash.len() == 22 && salt.len() <= 8 => {
                Ok(Self { mark, salt: salt.to_owned(), hash: hash.to_owned() })
            }
            _ => {
                Err(Refused::Malformed { family: "MD5 crypt", why: "it has a salt of eight letters and a hash of 22" })
            }
        }
    }

    fn first(&self, password: &[u8]) -> Vec<u8> {
        let salt = self.salt.as_bytes();
        let mixed = Digest::Md5.of(&[password, salt, password]);
        let mut parts: Vec<&[u8]> = vec![password, self.mark.as_bytes(), salt];
        for at in (0..password.len()).step_by(16) {
            parts.push(mixed.get(..(password.len() - at).min(16)).unwrap_or_default());
        }
        let mut bits = password.len();
        while bits > 0 {
            parts.push(if bits & 1 == 1 { &[0] } else { password.get(..1).unwrap_or_default() });
            bits >>= 1;
        }
        Digest::Md5.of(&parts)
    }
}

impl Check for Md5 {
    fn is_of(&self, password: &str) -> bool {
        let (password, salt) = (password.as_bytes(), self.salt.as_bytes());
        let mut out = self.first(password);
        for round in 0..1000 {
            let odd = round & 1 == 1;
            let mut parts: Vec<&[u8]> = vec![if odd { password } else { &out }];
            if round % 3 != 0 {
                parts.push(salt);
            }
            if round % 7 != 0 {
                parts.push(password);
            }
            parts.push(if odd { &out } else { password });
            out = Digest::Md5.of(&parts);
        }
        let groups = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];
        let mut text = String::with_capacity(22);
        for group in groups {
            to_crypt(number(&out, group), 4, &mut text);
        }
        to_crypt(out.get(11).copied().unwrap_or_default().into(), 2, &mut text);
        same(text.as_bytes(), self.hash.as_bytes())
    }
}

/// Three bytes as a number, the first the most significant.
fn number(bytes: &[u8], places: [usize; 3]) -> u32 {
    places.iter().fold(0, |number, place| number << 8 | u32::from(bytes.get(*place).copied().unwrap_or_default()))
}

/// SHA-256 or SHA-512, as Drepper specified it.
struct Sha2 {
    long: bool,
    params: Params,
    salt: String,
    hash: String,
}

impl Sha2 {
    fn parse(long: bool, rest: &str) -> Result<Self, Refused> {
        const NAME: &str = "SHA-2 crypt";
        let wrong = |why| Refused::Malformed { family: NAME, why };
        let (rounds, rest) = match rest.strip_prefix("rounds=").and_then(|rest| rest.split_once('$')) {
            Some((rounds, rest)) => {
                (rounds.parse().map_err(|_| wrong("its rounds are no number that could be"))?, rest)
            }
            None => (5000_u32, rest),
        };
        bounded(NAME, "rounds", rounds.into(), cost::SHA_CRYPT)?;
        let params = Params::new(rounds.max(1000)).map_err(|_| wrong("its rounds are too few"))?;
        let (salt, hash) = rest.split_once('$').ok_or_else(|| wrong("it has a salt and a hash"))?;
        if hash.len() != if long { 86 } else { 43 } {
            return Err(wrong("its hash has 43 letters behind $5$, and 86 behind $6$"));
        }
        Ok(Self { long, params, salt: salt.to_owned(), hash: hash.to_owned() })
    }
}

impl Check for Sha2 {
    fn is_of(&self, password: &str) -> bool {
        let (password, salt) = (password.as_bytes(), self.salt.as_bytes());
        let mut text = String::with_capacity(86);
        if self.long {
            let out = sha512_crypt(password, salt, self.params);
            let mut group = [0, 21, 42];
            for _ in 0..21 {
                to_crypt(number(&out, group), 4, &mut text);
                let [one, two, three] = group;
                group = [two + 1, three + 1, one + 1];
            }
            to_crypt(out.last().copied().unwrap_or_default().into(), 2, &mut text);
        } else {
            let out = sha256_crypt(password, salt, self.params);
            let mut group = [0, 10, 20];
            for _ in 0..10 {
                to_crypt(number(&out, group), 4, &mut text);
                let [one, two, three] = group;
                group = [three + 1, one + 1, two + 1];
            }
            to_crypt(number(&out, [usize::MAX, 31, 30]), 3, &mut text);
        }
        same(text.as_bytes(), self.hash.as_bytes())
    }
}

/// yescrypt, with the parameters that crypt(3) gives it.
struct Yescrypt {
    params: yescrypt::Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Yescrypt {
    fn parse(rest: &str) -> Result<Self, Refused> {
        const NAME: &str = "yescrypt";
        let wrong = |why| Refused::Malformed { family: NAME, why };
        let parts: Vec<&str> = rest.split('$').collect();
        let [params, salt, hash] = parts.as_slice() else { return Err(wrong("it has parameters, a salt and a hash")) };
        if params.len() != 3 {
            return Err(Refused::Unsupported("this yescrypt hash has parameters that crypt(3) does not give"));
        }
        let params: yescrypt::Params = params.parse().map_err(|_| wrong("its parameters cannot be read"))?;
        let work = params.n().saturating_mul(params.r().into());
        bounded(NAME, "memory in KiB", work / 8, cost::MEMORY_KIB)?;
        bounded(NAME, "N x r", work, cost::SCRYPT)?;
        let salt = crypt_bytes(salt).ok_or_else(|| wrong("its salt cannot be read"))?;
        let hash = crypt_bytes(hash).filter(|hash| hash.len() == 32).ok_or_else(|| wrong("its hash has 43 letters"))?;
        Ok(Self { params, salt, hash })
    }
}

impl Check for Yescrypt {
    fn is_of(&self, password: &str) -> bool {
        let mut out = [0; 32];
        yescrypt::yescrypt(password.as_bytes(), &self.salt, &self.params, &mut out).is_ok() && same(&out, &self.hash)
    }
}
