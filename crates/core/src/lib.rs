//! The OAuth 2.0 and OpenID Connect protocol: parse, decide, encode.
//!
//! Nothing here waits, reads a clock, or touches a network, a file or a database. A function that needs the time takes
//! `now` (milliseconds since the epoch), and everything that a peer can do wrong is a variant of [`Refusal`].
//!
//! A token request passes through the modules in this order: [`params`] → [`client_auth`] → [`token_request`] →
//! [`grant`] → [`answer`]. An authorization request: [`params`] → [`authorize`] → [`answer`]. What protects an API spells its
//! refusals with [`bearer`]; what a client may be at all is decided in [`client::rules`].

pub mod actor;
pub mod answer;
pub mod assertion;
pub mod audience;
pub mod authority;
pub mod authorize;
pub mod bearer;
pub mod brand;
pub mod claim_map;
pub mod claim_rule;
pub mod claims;
pub mod claims_request;
pub mod client;
pub mod client_assertion;
pub mod client_auth;
pub mod confirmation;
pub mod crypto;
pub mod dialect;
pub mod document_id;
pub mod dpop;
pub mod dpop_challenge;
pub mod grant;
pub mod grant_type;
pub mod granted;
pub mod jose;
pub mod limits;
pub mod logout;
pub mod metadata;
pub mod mutual_tls;
pub mod object_algorithm;
pub mod openid_provider;
pub mod params;
pub mod password;
pub mod permission;
pub mod pkce;
pub mod precis;
pub mod profile;
pub mod profile_rules;
pub mod realm;
pub mod redirect;
pub mod refusal;
pub mod registration;
pub mod request_object;
pub mod response;
pub mod revocation;
pub mod rule;
pub mod scope;
pub mod sign_in;
pub mod span;
pub mod step_up;
pub mod subject;
pub mod text;
pub mod token;
pub mod token_claims;
pub mod token_exchange;
pub mod token_request;
pub mod told;
pub mod totp;
pub mod unique;
pub mod user;
pub mod user_code;
pub mod webauthn;

pub use client::Client;
pub use dialect::Dialect;
pub use params::Params;
pub use realm::Realm;
pub use refusal::Refusal;
pub use scope::ScopeSet;
pub use user::User;
