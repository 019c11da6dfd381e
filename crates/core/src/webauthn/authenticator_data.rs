//! What an authenticator says and signs (section 6.1).

use super::cbor::Reader;
use super::key::CredentialKey;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// The longest id of a credential, in bytes (section 7.1, step 25).
const LONGEST_ID: usize = 1023;

/// Authenticator data.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    pub(super) party_hash: &'a [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    pub(super) credential: Option<NewCredential<'a>>,
}

/// A credential that was just made.
#[derive(Debug)]
pub(super) struct NewCredential<'a> {
    pub(super) id: &'a [u8],
    /// `None`: of a kind that was not asked for.
    pub(super) key: Option<CredentialKey>,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of it; `None` where it is not what the section says, or something is left over.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (party_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (&[flags], rest) = rest.split_first_chunk::<1>()?;
        let (counter, rest) = rest.split_first_chunk::<4>()?;
        let (credential, rest) = if flags & HAS_CREDENTIAL == 0 { (None, rest) } else { credential(rest)? };
        let mut reader = Reader::new(rest);
        if flags & HAS_EXTENSIONS != 0 {
            reader.map(|_, _| {})?;
        }
        let data = Self { party_hash, flags, counter: u32::from_be_bytes(*counter), credential };
        (reader.rest().is_empty() && (data.is_backup_eligible() || !data.is_backed_up())).then_some(data)
    }

    pub(super) const fn is_user_present(&self) -> bool {
        self.flags & USER_PRESENT != 0
    }

    pub(super) const fn is_user_verified(&self) -> bool {
        self.flags & USER_VERIFIED != 0
    }

    pub(super) const fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(super) const fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

/// Attested credential data (section 6.5.1), and what stands behind it.
fn credential(bytes: &[u8]) -> Option<(Option<NewCredential<'_>>, &[u8])> {
    let (_aaguid, rest) = bytes.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (id, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    if id.is_empty() || id.len() > LONGEST_ID {
        return None;
    }
    let mut reader = Reader::new(rest);
    let key = CredentialKey::read(&mut reader);
    // A key that was not understood is read once more for where it ends.
    let mut reader = Reader::new(rest);
    reader.map(|_, _| {})?;
    Some((Some(NewCredential { id, key }), reader.rest()))
}
