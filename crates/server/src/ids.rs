//! Ids of rows: `UUIDv7` (RFC 9562 5.7), so that rows that are made together lie together.

use claviger_core::crypto::entropy::random_bytes;
use claviger_core::token::Id;

/// A new id: 48 bits of `now` (milliseconds), version and variant, 74 random bits.
pub(crate) fn new(now: i64) -> Id {
    stamp(now, random_bytes())
}

/// A new id and 32 random bytes with it, from one draw.
pub(crate) fn new_with_secret(now: i64) -> (Id, [u8; 32]) {
    let bytes: [u8; 48] = random_bytes();
    let (id, secret) = bytes.split_at(16);
    let mut random = [0; 16];
    random.copy_from_slice(id);
    let mut rest = [0; 32];
    rest.copy_from_slice(secret);
    (stamp(now, random), rest)
}

fn stamp(now: i64, mut id: Id) -> Id {
    let time = now.max(0).to_be_bytes();
    id[..6].copy_from_slice(&time[2..]);
    id[6] = 0x70 | (id[6] & 0x0F);
    id[8] = 0x80 | (id[8] & 0x3F);
    id
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_uuid_v7_in_the_order_of_time() {
        let (a, b) = (super::new(1_700_000_000_000), super::new(1_700_000_000_001));
        assert!(a < b);
        let text = uuid::Uuid::from_bytes(a);
        assert_eq!(text.get_version_num(), 7);
        assert_ne!(super::new_with_secret(1).1, super::new_with_secret(1).1);
    }
}
