//! The acceptance tests of the protocol: what the standards ask of an authorization server, one test for each
//! requirement, against a server that runs in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod access_tokens;
mod answers;
mod as_documented;
mod assertion_grant;
mod assertions;
mod authorization_endpoint;
mod bad_input;
mod claims;
mod client_documents;
mod client_methods;
mod compromise;
mod device;
mod diagnosis;
mod directory;
mod documented_exchange;
mod dpop;
mod dpop_nonces;
mod encrypted_requests;
mod fapi2;
mod foreign_hashes;
mod grants;
mod http2;
mod identity_providers;
mod integrator;
mod introspection;
mod issuer_in_answers;
mod languages;
mod login_app;
mod logout;
mod made_claims;
mod mails;
mod mixed_issuers;
mod mutual_tls;
mod named_addresses;
mod names;
mod never_list;
mod nodes;
mod objects_by_secret;
mod openid;
mod organisations;
mod pairwise;
mod passwords;
mod people;
mod pkce_and_codes;
mod protection;
mod proxy_protocol;
mod pushed;
mod races;
mod recall;
mod refresh;
mod registered_clients;
mod registration;
mod request_objects;
mod requests;
mod resource_and_metadata;
mod seats;
mod second_factor;
mod story;
mod strangers;
mod tls;
mod token_endpoint;
mod token_exchange;
mod token_exchange_refused;
mod user_check;
mod userinfo;
mod waiting;
