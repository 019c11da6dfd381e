//! Nonces for proofs (RFC 9449 8): computed from a key and the time, so that nothing is stored and every server that has the key
//! knows those of the others.

use crate::crypto::HmacKey;
use crate::jose::{base64url, from_base64url};
use subtle::ConstantTimeEq;

/// A new nonce is given out so often, in milliseconds; it is good until the end of the period after its own.
pub(super) const PERIOD: i64 = 150_000;
const TAG: usize = 16;

/// Makes and recognises nonces.
#[derive(Debug, Clone)]
pub struct NonceKey(HmacKey);

impl NonceKey {
    /// From secret bytes; 32 are right.
    pub fn new(key: &[u8]) -> Self {
        Self(HmacKey::new(key))
    }

    /// The nonce that `place` (a realm, an API) gives out now.
    pub fn make(&self, place: &str, now: i64) -> String {
        let period = now.div_euclid(PERIOD);
        base64url(&[period.to_be_bytes().as_slice(), &self.tag(place, period)].concat())
    }

    /// Whether a nonce is of this place and of now: of this period, of the one before, or of the next, which another server whose
    /// clock is ahead may be in.
    pub fn is_good(&self, nonce: &str, place: &str, now: i64) -> bool {
        let Some(bytes) = from_base64url(nonce) else { return false };
        let Some((period, tag)) = bytes.split_first_chunk::<8>() else { return false };
        let (period, current) = (i64::from_be_bytes(*period), now.div_euclid(PERIOD));
        let is_ours: bool = self.tag(place, period).ct_eq(tag).into();
        is_ours && (current.saturating_sub(1)..=current.saturating_add(1)).contains(&period)
    }

    fn tag(&self, place: &str, period: i64) -> [u8; TAG] {
        let whole = self.0.sign_parts(&[&period.to_be_bytes(), place.as_bytes()]);
        whole.first_chunk::<TAG>().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{NonceKey, PERIOD};

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn a_nonce_is_good_for_its_period_and_the_next() {
        let (key, same) = (NonceKey::new(&[1; 32]), NonceKey::new(&[1; 32]));
        let nonce = key.make("r", NOW);
        assert_eq!(nonce, same.make("r", NOW));
        assert!(same.is_good(&nonce, "r", NOW) && same.is_good(&nonce, "r", NOW + PERIOD));
        assert!(same.is_good(&key.make("r", NOW + PERIOD), "r", NOW), "another server's clock is ahead");
        assert!(!same.is_good(&nonce, "r", NOW + 2 * PERIOD) && !same.is_good(&nonce, "r", NOW - 2 * PERIOD));
        assert_ne!(nonce, key.make("r", NOW + PERIOD));
    }

    #[test]
    fn nothing_else_is_one() {
        let key = NonceKey::new(&[1; 32]);
        let nonce = key.make("r", NOW);
        assert!(!key.is_good(&nonce, "other", NOW));
        assert!(!NonceKey::new(&[2; 32]).is_good(&nonce, "r", NOW));
        for bad in ["", "AAAA", &nonce[1..], &format!("{nonce}A"), &format!("{nonce}="), &nonce.replace('_', "-")] {
            assert!(*bad == nonce || !key.is_good(bad, "r", NOW), "{bad}");
        }
    }
}
