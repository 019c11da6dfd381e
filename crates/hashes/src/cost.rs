//! What a hash may ask for at most. Each bound is above what the programs in question choose by default, and below what would
//! tie a thread up for longer than a few seconds.

use crate::Refused;

/// Memory, in KiB: Django's Argon2 takes 100 MiB.
pub const MEMORY_KIB: u64 = 128 * 1024;
/// Memory times passes of Argon2, in KiB.
pub const ARGON2_WORK: u64 = 1024 * 1024;
/// Lanes of Argon2.
pub const ARGON2_LANES: u64 = 16;
/// The cost of bcrypt: 2^14 rounds.
pub const BCRYPT: u64 = 14;
/// Rounds of PBKDF2, for each block of its output.
pub const PBKDF2: u64 = 5_000_000;
/// N x r x p of scrypt and yescrypt.
pub const SCRYPT: u64 = 1 << 20;
/// Rounds of the SHA-2 crypts.
pub const SHA_CRYPT: u64 = 1_000_000;
/// Rounds of phpass and Drupal, as a power of two.
pub const PHPASS: u64 = 20;

/// Whether so much is taken.
///
/// # Errors
/// It is more than `most`.
pub(crate) fn bounded(family: &'static str, what: &'static str, given: u64, most: u64) -> Result<(), Refused> {
    if given <= most { Ok(()) } else { Err(Refused::TooCostly { family, what, given, most }) }
}
