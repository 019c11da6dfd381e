//! The examples of the standards and the vectors of Wycheproof, with our own code under test. What is encrypted stands with the tests of
//! [`jwe`](super::jwe).

pub(super) mod der;
mod rfc7515;
mod rfc7517;
pub(super) mod rfc7520;
mod rfc8037;
mod wycheproof;
