//! The pages in front of people, and what their forms do.

pub(crate) mod about;
pub(crate) mod accounts;
pub(crate) mod arrive;
pub(crate) mod back;
pub(crate) mod browser;
pub(crate) mod check_session;
pub(crate) mod consent;
pub(crate) mod device;
pub(crate) mod end_session;
pub(crate) mod factor;
pub(crate) mod flow;
pub(crate) mod hint;
pub(crate) mod home;
pub(crate) mod notice;
pub(crate) mod page;
pub(crate) mod password;
mod sealed;
pub(crate) mod second_factor;
pub(crate) mod secret;
pub(crate) mod security;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod sign_in;
pub(crate) mod switch;
pub(crate) mod waiting;
