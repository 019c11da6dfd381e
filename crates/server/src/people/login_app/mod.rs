//! The vendor's own pages in the place of ours: where a browser leaves for them, and how it comes back.
//!
//! 1. [`leave`] sends it to the sign-in page with a challenge ([`challenge`]), in which the whole request travels sealed: nothing is
//!    stored before somebody has signed in. 2. The page's app asks what the challenge is about, and answers it
//!    ([`crate::protocol::login_app`]); that answer is stored, once. 3. The browser comes [`back`] with what names the answer, and
//!    goes on to the consent page in the same way, and from there to the client.

pub(crate) mod back;
pub(crate) mod challenge;
pub(crate) mod leave;
pub(crate) mod said;
