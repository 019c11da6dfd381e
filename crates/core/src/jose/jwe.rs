//! Encrypted tokens: JWE (RFC 7516) in its compact form, with the algorithms of RFC 7518.
//!
//! 1. [`EncryptingKeys`] are a client's public keys; [`encrypt()`] makes a token that only the client can read.
//! 2. [`DecryptingKey`] is one of our own; [`decrypt()`] reads what was encrypted to it.
//!
//! Content is always authenticated, keys are encrypted with RSA-OAEP or agreed on with ECDH-ES on P-256. Passwords, shared
//! keys, `RSA1_5` and compression are not representable.

mod agree;
mod content;
mod decrypt;
mod encrypt;
mod names;
mod private;
mod public;

pub use decrypt::{Decrypted, JweError, MAX_ENCRYPTED_LEN, decrypt, is_encrypted};
pub use encrypt::{Inside, encrypt};
pub use names::{ContentEncryption, KeyManagement, UnknownEncryption};
pub use private::DecryptingKey;
pub use public::{EncryptingKey, EncryptingKeys};

#[cfg(test)]
mod tests;
