//! scrypt (RFC 7914): PHC strings, `$7$`, Django, Werkzeug, Spring; and Firebase's, which encrypts a key with what comes out.

use crate::cost::{self, bounded};
use crate::encoding::{base64, crypt_bytes, crypt_digit, crypt_number, hex, same};
use crate::given::Firebase as Project;
use crate::{Check, Read, Refused, found};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use scrypt::Params;
use zeroize::Zeroizing;

const NAME: &str = "scrypt";

pub(crate) struct Hash {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// What begins with `$scrypt$`, `$7$`, `scrypt$` (Django) or `scrypt:` (Werkzeug).
pub(crate) fn read(text: &str) -> Read {
    if let Some(rest) = text.strip_prefix("$scrypt$") {
        return found(phc(rest));
    }
    if let Some(rest) = text.strip_prefix("$7$") {
        return found(seven(rest));
    }
    if let Some(rest) = text.strip_prefix("scrypt$") {
        return found(django(rest));
    }
    text.strip_prefix("scrypt:").map(werkzeug).and_then(found)
}

fn wrong(why: &'static str) -> Refused {
    Refused::Malformed { family: NAME, why }
}

/// `ln=16,r=8,p=1$salt$hash`.
fn phc(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [params, salt, hash] = parts.as_slice() else { return Err(wrong("it has parameters, a salt and a hash")) };
    let number =
        |name: &str| params.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    let costs = number("ln").zip(number("r")).zip(number("p"));
    Hash::new(costs.map(|((ln, r), p)| [ln, r, p]), base64(salt), base64(hash))
}

/// A letter for N, five for r and five for p, the salt as it stands, the hash.
fn seven(text: &str) -> Result<Hash, Refused> {
    let (head, hash) = text.rsplit_once('$').ok_or_else(|| wrong("it has a salt and a hash"))?;
    let costs = head.as_bytes().get(..11).and_then(|letters| {
        let (first, rest) = letters.split_first()?;
        let (r, p) = rest.split_at_checked(5)?;
        Some([crypt_digit(*first)?, crypt_number(r)?, crypt_number(p)?])
    });
    let salt = head.as_bytes().get(11..).map(<[u8]>::to_vec);
    Hash::new(costs, salt, crypt_bytes(hash))
}

/// `16384$salt$8$5$hash`.
fn django(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [n, salt, r, p, hash] = parts.as_slice() else { return Err(wrong("it has N, a salt, r, p and a hash")) };
    Hash::new(costs([n, r, p]), Some(salt.as_bytes().to_vec()), base64(hash))
}

/// `32768:8:1$salt$hex`.
fn werkzeug(text: &str) -> Result<Hash, Refused> {
    let parts: Vec<&str> = text.split('$').collect();
    let [method, salt, hash] = parts.as_slice() else { return Err(wrong("it has N, r and p, a salt and a hash")) };
    let numbers: Vec<&str> = method.split(':').collect();
    let numbers = <[&str; 3]>::try_from(numbers).ok().and_then(costs);
    Hash::new(numbers, Some(salt.as_bytes().to_vec()), hex(hash))
}

/// N, r and p, with the power of N.
fn costs([n, r, p]: [&str; 3]) -> Option<[u32; 3]> {
    let n: u64 = n.parse().ok()?;
    n.is_power_of_two().then(|| Some([n.ilog2(), r.parse().ok()?, p.parse().ok()?]))?
}

impl Hash {
    /// `costs`: the power of N, r, p.
    pub(crate) fn new(costs: Option<[u32; 3]>, salt: Option<Vec<u8>>, hash: Option<Vec<u8>>) -> Result<Self, Refused> {
        let params = params(NAME, costs.ok_or_else(|| wrong("N is a power of two, r and p are numbers"))?)?;
        let (Some(salt), Some(hash)) = (salt, hash) else { return Err(wrong("salt or hash cannot be read")) };
        if !(16..=256).contains(&hash.len()) {
            return Err(wrong("its hash has 16 to 256 bytes"));
        }
        Ok(Self { params, salt, hash })
    }
}

/// Bounded.
fn params(family: &'static str, [log_n, r, p]: [u32; 3]) -> Result<Params, Refused> {
    let log =
        u8::try_from(log_n).ok().filter(|log| (1..=40).contains(log)).ok_or_else(|| wrong("N is out of all bounds"))?;
    let memory = (1_u64 << log).saturating_mul(r.into()) / 8;
    bounded(family, "memory in KiB", memory, cost::MEMORY_KIB)?;
    bounded(family, "N x r x p", (1_u64 << log).saturating_mul(r.into()).saturating_mul(p.into()), cost::SCRYPT)?;
    Params::new(log, r, p).map_err(|_| wrong("N, r and p contradict each other"))
}

impl Check for Hash {
    fn is_of(&self, password: &str) -> bool {
        let mut out = vec![0; self.hash.len()];
        let hashed = scrypt::scrypt(password.as_bytes(), &self.salt, &self.params, &mut out);
        hashed.is_ok() && same(&out, &self.hash)
    }
}

/// Firebase: what comes out is the key that the project's signer key is encrypted with (AES-256-CTR from zero).
pub(crate) struct Firebase {
    params: Params,
    salt: Vec<u8>,
    signer_key: Zeroizing<Vec<u8>>,
    hash: Vec<u8>,
}

impl Firebase {
    pub(crate) fn new(project: &Project, salt: Vec<u8>, hash: &str) -> Result<Self, Refused> {
        const NAME: &str = "Firebase scrypt";
        let params = params(NAME, [project.mem_cost.into(), project.rounds, 1])?;
        let wrong = |why| Refused::Malformed { family: NAME, why };
        let signer_key = base64(&project.signer_key).ok_or_else(|| wrong("the signer key is not base64"))?;
        let separator = base64(&project.salt_separator).ok_or_else(|| wrong("the salt separator is not base64"))?;
        let hash = base64(hash).filter(|hash| hash.len() == signer_key.len() && hash.len() >= 16);
        let hash = hash.ok_or_else(|| wrong("it is not as long as the signer key"))?;
        Ok(Self { params, salt: [salt, separator].concat(), signer_key: Zeroizing::new(signer_key), hash })
    }
}

impl Check for Firebase {
    fn is_of(&self, password: &str) -> bool {
        let mut key = Zeroizing::new([0; 64]);
        if scrypt::scrypt(password.as_bytes(), &self.salt, &self.params, key.as_mut_slice()).is_err() {
            return false;
        }
        encrypted(&key, &self.signer_key).is_some_and(|out| same(&out, &self.hash))
    }
}

fn encrypted(key: &[u8; 64], plain: &[u8]) -> Option<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, key.get(..32)?).ok()?;
    let mut out = plain.to_vec();
    let zero = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    EncryptingKey::ctr(key).ok()?.less_safe_encrypt(&mut out, zero).ok()?;
    Some(out)
}
