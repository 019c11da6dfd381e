//! The spellings of bytes that the families use, and the comparison.

use base64::Engine;
use base64::alphabet::{BCRYPT, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq;

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, TOLERANT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, TOLERANT);
const BASE64_BCRYPT: GeneralPurpose = GeneralPurpose::new(&BCRYPT, TOLERANT);

/// The alphabet of crypt(3).
const CRYPT: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Base64 of either alphabet, with padding or without; also passlib's, which has a dot for the plus.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.contains(['-', '_']) {
        return BASE64_URL.decode(text).ok();
    }
    BASE64.decode(text.replace('.', "+")).ok()
}

/// What a base64 alphabet of bcrypt's own spells.
pub(crate) fn base64_bcrypt(text: &str) -> Option<Vec<u8>> {
    BASE64_BCRYPT.decode(text).ok()
}

/// Standard base64 with padding, of what is hashed once more.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Hexadecimal digits of either case.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// Lower case hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // A String takes every write.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// What a letter of crypt(3) stands for.
pub(crate) fn crypt_digit(letter: u8) -> Option<u32> {
    CRYPT.iter().position(|known| *known == letter).and_then(|at| u32::try_from(at).ok())
}

/// A number in letters of crypt(3), the least significant first.
pub(crate) fn crypt_number(letters: &[u8]) -> Option<u32> {
    letters.iter().rev().try_fold(0_u32, |number, letter| number.checked_mul(64)?.checked_add(crypt_digit(*letter)?))
}

/// `count` letters of crypt(3) of a number, the least significant first.
pub(crate) fn to_crypt(mut number: u32, count: usize, out: &mut String) {
    for _ in 0..count {
        let letter = CRYPT.get((number & 63) as usize).copied().unwrap_or(b'.');
        out.push(char::from(letter));
        number >>= 6;
    }
}

/// Bytes in letters of crypt(3), three bytes in four letters, the least significant first: phpass, scrypt, yescrypt.
pub(crate) fn crypt_bytes(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for letters in text.as_bytes().chunks(4) {
        let number = crypt_number(letters)?;
        let [one, two, three, _] = number.to_le_bytes();
        let whole = match letters.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        out.extend([one, two, three].into_iter().take(whole));
    }
    Some(out)
}

/// Whether two digests are the same, in constant time.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
