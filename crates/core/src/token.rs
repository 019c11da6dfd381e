//! The tokens and codes that Claviger makes, as text: how they are spelled, and how one is recognised again.
//!
//! A plain token can be shown once or hashed, nothing else; it prints as `***`. Codes and opaque access tokens carry the
//! id of their row, so that they are found by primary key, and 256 random bits of which only the hash is stored.
//!
//! A refresh token is not stored at all. It is `version | grant id | generation | tag`, where the tag is an HMAC under the
//! server's token key over the grant's id, generation and own random nonce. Thus every generation that a grant ever had can
//! be told from a forgery with one row a grant, and rotation writes one number.

use crate::crypto::{HmacKey, SealKey, sha256};
use crate::jose::{base64url, from_base64url};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The 16 bytes by which rows are keyed: a `UUIDv7`, so that newer rows sort behind older ones.
pub type Id = [u8; 16];

/// A secret text: a token, a code, a password. Prints as `***`, is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain(Zeroizing<String>);

impl Plain {
    /// Takes a secret in.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself; for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it: SHA-256, which is enough for 256 random bits.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Plain {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

/// A text that somebody sent where a name belongs, as far as it may be shown: what looks like a token, a code or a secret of
/// ours is not repeated.
pub fn unless_secret(text: &str) -> &str {
    let is_ours =
        matches!(text.as_bytes(), [b'c', b'v', b'a' | b'b' | b'c' | b'd' | b'i' | b'l' | b'm' | b'r' | b's', b'_', ..]);
    let is_jwt = text.starts_with("eyJ") && text.contains('.');
    if is_ours || is_jwt { "(a secret)" } else { text }
}

/// What an id-carrying token is for; its prefix tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An authorization code: `cvc_`.
    Code,
    /// A device code: `cvd_`.
    Device,
    /// What a client polls with whose user is elsewhere (`auth_req_id`): `cvb_`.
    Backchannel,
    /// An opaque access token: `cva_`.
    Access,
    /// A one-time link: `cvl_`.
    Link,
    /// What a client manages its registration with (RFC 7592): `cvm_`.
    Registration,
    /// What lets a client register itself (RFC 7591 3): `cvi_`.
    InitialAccess,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Code => "cvc_",
            Self::Device => "cvd_",
            Self::Backchannel => "cvb_",
            Self::Access => "cva_",
            Self::Link => "cvl_",
            Self::Registration => "cvm_",
            Self::InitialAccess => "cvi_",
        }
    }
}

/// Spells a token of `kind` from its row's id and 32 random bytes.
pub fn mint(kind: Kind, id: &Id, secret: &[u8; 32]) -> Plain {
    let bytes = Zeroizing::new([&id[..], &secret[..]].concat());
    Plain::new(format!("{}{}", kind.prefix(), base64url(&bytes)))
}

/// The row's id that a token of `kind` names; `None` if it is no such token. Whether the token is genuine is known when
/// its hash is compared with the row's ([`hash_is`]).
pub fn row_id(kind: Kind, text: &str) -> Option<Id> {
    let body = text.strip_prefix(kind.prefix())?;
    if body.len() != 64 {
        return None;
    }
    from_base64url(body)?.first_chunk::<16>().copied()
}

/// Whether `stored` is the hash of `presented`, in constant time.
pub fn hash_is(presented: &str, stored: &[u8]) -> bool {
    sha256(presented.as_bytes()).ct_eq(stored).into()
}

const REFRESH_PREFIX: &str = "cvr_";
const REFRESH_VERSION: u8 = 1;
const REFRESH_BYTES: usize = 1 + 16 + 4 + 32;

/// A refresh token's text, taken apart but not yet believed.
#[derive(Clone)]
pub struct PresentedRefresh {
    /// The grant that it names.
    pub grant: Id,
    /// Which of the grant's refresh tokens it is, from 0.
    pub generation: u32,
    tag: [u8; 32],
}

impl fmt::Debug for PresentedRefresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedRefresh(generation {}, ***)", self.generation)
    }
}

impl PresentedRefresh {
    /// Takes a refresh token apart; `None` if it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(REFRESH_PREFIX)?;
        if body.len() != REFRESH_BYTES.div_ceil(3) * 4 - 1 {
            return None;
        }
        let bytes = from_base64url(body)?;
        let (version, rest) = bytes.split_first()?;
        let (grant, rest) = rest.split_first_chunk::<16>()?;
        let (generation, tag) = rest.split_first_chunk::<4>()?;
        let tag = *<&[u8; 32]>::try_from(tag).ok()?;
        (*version == REFRESH_VERSION).then_some(Self {
            grant: *grant,
            generation: u32::from_be_bytes(*generation),
            tag,
        })
    }
}

/// Makes and recognises refresh tokens.
#[derive(Clone, Debug)]
pub struct RefreshKey(HmacKey);

impl RefreshKey {
    /// From 32 secret bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(HmacKey::new(key))
    }

    /// The refresh token of a grant's generation. `nonce`: the grant's own random bytes.
    pub fn mint(&self, grant: &Id, generation: u32, nonce: &[u8; 16]) -> Plain {
        let tag = self.tag(grant, generation, nonce);
        let bytes = Zeroizing::new([&[REFRESH_VERSION], &grant[..], &generation.to_be_bytes(), &tag].concat());
        Plain::new(format!("{REFRESH_PREFIX}{}", base64url(&bytes)))
    }

    /// Whether a presented token is one that [`Self::mint`] made for this grant, in constant time.
    pub fn is_genuine(&self, presented: &PresentedRefresh, nonce: &[u8; 16]) -> bool {
        self.tag(&presented.grant, presented.generation, nonce).ct_eq(&presented.tag).into()
    }

    fn tag(&self, grant: &Id, generation: u32, nonce: &[u8; 16]) -> [u8; 32] {
        self.0.sign_parts(&[grant, &generation.to_be_bytes(), nonce])
    }
}

/// Seals the answer to a refresh, so that a retry with the same token gets the very same bytes; only the holder of that
/// token can open it.
pub fn replay_key(refresh_token: &str) -> Option<SealKey> {
    let key = crate::crypto::hmac_sha256(b"claviger: answer of a refresh", refresh_token.as_bytes());
    SealKey::new(&key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_names_its_row_and_only_its_kind() {
        let token = mint(Kind::Code, &[7; 16], &[9; 32]);
        assert_eq!(row_id(Kind::Code, token.expose()), Some([7; 16]));
        assert_eq!(row_id(Kind::Access, token.expose()), None);
        assert!(hash_is(token.expose(), &token.hash()));
        assert!(!hash_is(&token.expose().replace('C', "D"), &token.hash()));
        assert_eq!(format!("{token:?} {token}"), "*** ***");
    }

    #[test]
    fn every_generation_of_a_grant_is_told_from_a_forgery() {
        let key = RefreshKey::new(&[1; 32]);
        for generation in [0, 1, 77, u32::MAX] {
            let token = key.mint(&[3; 16], generation, &[4; 16]);
            let presented = PresentedRefresh::parse(token.expose()).unwrap();
            assert_eq!((presented.grant, presented.generation), ([3; 16], generation));
            assert!(key.is_genuine(&presented, &[4; 16]));
            assert!(!key.is_genuine(&presented, &[5; 16]));
            assert!(!RefreshKey::new(&[2; 32]).is_genuine(&presented, &[4; 16]));
            let other = PresentedRefresh { generation: generation.wrapping_add(1), ..presented };
            assert!(!key.is_genuine(&other, &[4; 16]));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(cv[acr]_)?\\PC{0,90}") {
            let _ = PresentedRefresh::parse(&text);
            let _ = row_id(Kind::Code, &text);
        }
    }
}
