//! Names for requests: unique, not guessable from one another at a glance, and almost free.

use claviger_core::crypto::entropy::random_bytes;
use http::HeaderValue;
use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The name of one request in logs and in `X-Request-Id`. No secret: it must be unique, not unpredictable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u64);

/// Random at the start, so that two processes do not count alike.
static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(u64::from_le_bytes(random_bytes())));

impl RequestId {
    /// The next one.
    pub fn next() -> Self {
        // SplitMix64: a bijection, so that no two of 2^64 are alike and neighbours look nothing like each other.
        let mut mixed = NEXT.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self(mixed ^ (mixed >> 31))
    }

    /// For the answer's header.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_bytes(&self.text()).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }

    /// Thirteen characters of Crockford's base 32, lower case: no vowels that make words, none that look alike.
    fn text(self) -> [u8; 13] {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut rest = self.0;
        std::array::from_fn(|_| {
            let digit = usize::try_from(rest & 31).unwrap_or_default();
            rest >>= 5;
            DIGITS.get(digit).copied().unwrap_or(b'0')
        })
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;
    use std::collections::HashSet;

    #[test]
    fn no_two_are_alike_and_a_header_can_carry_them() {
        let ids: HashSet<String> = (0..10_000).map(|_| RequestId::next().to_string()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 13 && id.bytes().all(|b| b.is_ascii_alphanumeric())));
        let id = RequestId::next();
        assert_eq!(id.header(), id.to_string());
    }
}
