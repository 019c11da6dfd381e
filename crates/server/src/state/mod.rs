//! What a running server holds.

pub mod brakes;
pub(crate) mod clients;
pub mod clock;
pub mod followed;
pub mod hashing;
pub(crate) mod health;
pub mod keys;
pub mod master_key;
pub mod master_keys;
pub(crate) mod meter;
pub(crate) mod recall;
pub(crate) mod revoked;
pub mod secrets;
pub(crate) mod sites;
