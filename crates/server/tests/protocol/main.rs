//! The acceptance tests of the protocol: what the standards ask of an authorization server, one test for each
//! requirement, against a server that runs in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod as_documented;
mod authorization_endpoint;
mod bad_input;
mod client_methods;
mod compromise;
mod device;
mod diagnosis;
mod grants;
mod http2;
mod introspection;
mod languages;
mod names;
mod never_list;
mod nodes;
mod openid;
mod organisations;
mod people;
mod pkce_and_codes;
mod proxy_protocol;
mod pushed;
mod races;
mod recall;
mod refresh;
mod request_objects;
mod requests;
mod resource_and_metadata;
mod seats;
mod story;
mod strangers;
mod tls;
mod token_endpoint;
mod waiting;
