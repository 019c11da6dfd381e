//! Passkeys (Web Authentication Level 3): what a browser is asked for, and what it hands in, read and checked.
//!
//! A relying party is a realm, by the host of its issuer. Only the attestation `none` is asked for: who made an authenticator is
//! nobody's business here, and so the statement about it is not looked at. What is read is bounded before it is parsed, and all of it
//! is parsed without copying what it is made of.
//!
//! [`Ceremony::register`] and [`Ceremony::authenticate`] are sections 7.1 and 7.2 but for what a database is needed for: whose a
//! credential is, and whether its counter moved on.

mod answer;
mod authenticator_data;
mod cbor;
mod ceremony;
mod key;
mod options;
mod party;
mod problem;

pub use answer::{Assertion, LONGEST_ANSWER, Registration};
pub use ceremony::{Ceremony, Credential, Registered, Shown};
pub use key::CredentialKey;
pub use options::{Person, creation_options, request_options};
pub use party::{RelyingParty, user_handle};
pub use problem::Problem;

#[cfg(test)]
mod tests;
