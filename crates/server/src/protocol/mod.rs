//! The protocol's endpoints. Each is a function from a site and a request to an answer.

mod assertion;
pub(crate) mod authenticate;
pub(crate) mod authorization;
pub(crate) mod bearer;
mod call;
mod certificate;
pub(crate) mod device_authorization;
mod device_poll;
pub(crate) mod documents;
mod exchange;
mod id_token;
pub(crate) mod introspection;
pub(crate) mod login_app;
pub(crate) mod logoff;
pub(crate) mod metadata;
mod possession;
pub(crate) mod pushed;
pub(crate) mod read;
mod refresh;
pub(crate) mod registration;
mod request_object;
pub(crate) mod revocation;
pub(crate) mod revocations;
pub(crate) mod revoke;
pub(crate) mod token;
mod token_exchange;
pub(crate) mod userinfo;
