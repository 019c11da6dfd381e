//! Passkeys (Web Authentication): what a browser is asked, what is kept of a passkey, and whether one was shown.
//!
//! A question is bound to one browser, one realm and one ceremony, and travels sealed with its page; nothing is stored until it is
//! answered. Its answer uses it up, in the same transaction in which the passkey's counter moves on. Whose a passkey is, is looked up in the
//! realm: two realms on one host are one relying party to browsers, and take nothing of each other.

pub(crate) mod challenge;
pub(crate) mod form;
pub(crate) mod kept;
pub(crate) mod prove;
