//! The pages in front of people, and what their forms do.

pub(crate) mod back;
pub(crate) mod browser;
pub(crate) mod consent;
pub(crate) mod end_session;
pub(crate) mod flow;
pub(crate) mod hint;
pub(crate) mod password;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod sign_in;
pub(crate) mod waiting;
