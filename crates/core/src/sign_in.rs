//! How people sign in: what a realm asks for beside a password, and how somebody did sign in (OpenID Connect Core 2,
//! RFC 8176, RFC 9470).
//!
//! A sign-in has one of two levels: a password alone, or two factors. A passkey that knew its user is both of them: what somebody
//! has, and what they know or are. A realm has a word for each level (`acr`). What was proved is kept with the session, and tokens tell it.

mod demanded;
mod how;
mod policy;

pub use demanded::Demanded;
pub use how::{How, PasskeyUse, Proof, Proved};
pub use policy::{Demand, FactorKind, OrganisationSignIn, SignInPolicy};

#[cfg(test)]
mod tests;
