use proptest::prelude::*;

use super::*;

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[test]
fn sha256_knows_the_standards_example() {
    assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn hmac_knows_rfc_4231_case_2() {
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")), expected);
    let key = HmacKey::new(b"Jefe");
    assert_eq!(hex(&key.sign_parts(&[b"what do ya ", b"want for nothing?"])), expected);
    assert!(key.verify(b"what do ya want for nothing?", &key.sign(b"what do ya want for nothing?")));
    assert!(!key.verify(b"something else", &key.sign(b"what do ya want for nothing?")));
}

#[test]
fn derived_keys_differ_by_label_and_by_master_and_stay_the_same() {
    let one = derive(&[7; 32], "signing keys");
    assert_eq!(*one, *derive(&[7; 32], "signing keys"));
    assert_ne!(*one, *derive(&[7; 32], "token keys"));
    assert_ne!(*one, *derive(&[8; 32], "signing keys"));
    // HKDF is two HMACs when 32 bytes are wanted (RFC 5869, 2.2 and 2.3): extract, then T(1).
    let prk = hmac_sha256(b"claviger", &[7; 32]);
    assert_eq!(*one, hmac_sha256(&prk, b"signing keys\x01"));
}

#[test]
fn random_bytes_are_not_the_same_twice() {
    assert_ne!(entropy::random_bytes::<32>(), entropy::random_bytes::<32>());
    assert_ne!(entropy::random_bytes::<32>(), [0; 32]);
}

#[test]
fn nothing_shows_a_key() {
    assert_eq!(format!("{:?}", HmacKey::new(b"secret")), "HmacKey(***)");
    assert_eq!(format!("{:?}", SealKey::new(&[1; 32]).unwrap()), "SealKey(***)");
}

#[test]
fn sealing_the_same_twice_looks_different() {
    let key = SealKey::new(&[1; 32]).unwrap();
    assert_ne!(key.seal(b"", b"x").unwrap(), key.seal(b"", b"x").unwrap());
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_only_then(
        plain in prop::collection::vec(any::<u8>(), 0..300),
        associated in prop::collection::vec(any::<u8>(), 0..40),
        flip in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let key = SealKey::new(&[3; 32]).unwrap();
        let sealed = key.seal(&associated, &plain).unwrap();
        prop_assert_eq!(sealed.len(), plain.len() + SealKey::OVERHEAD);
        let opened = key.open(&associated, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());

        let mut changed = sealed.clone();
        changed[flip.index(sealed.len())] ^= 1 << bit;
        prop_assert_eq!(key.open(&associated, &changed).unwrap_err(), CryptoError::Open);
        prop_assert_eq!(key.open(b"another row, surely", &sealed).unwrap_err(), CryptoError::Open);
        prop_assert!(SealKey::new(&[4; 32]).unwrap().open(&associated, &sealed).is_err());
    }

    #[test]
    fn rubbish_never_opens(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(SealKey::new(&[3; 32]).unwrap().open(b"", &bytes).is_err());
    }
}
