//! An app's authorization requests, as options.

use clap::Args;
use claviger_core::client::Requests;
use claviger_core::jose::Algorithm;
use claviger_core::request_object::ObjectAlgorithm;

/// How its authorization requests come.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// An address at which its request objects may lie; may be repeated
    #[arg(long, value_name = "URL")]
    request_uri: Vec<String>,
    /// What signs its request objects: ES256, RS256, PS256, EdDSA; HS256, with its secret (`client_secret_jwt`); `none`: nothing does
    #[arg(long, value_name = "ALGORITHM")]
    request_object_signing_alg: Option<ObjectAlgorithm>,
    /// Its authorization requests must be signed
    #[arg(long)]
    require_signed_request_object: bool,
    /// Its authorization requests must be pushed
    #[arg(long)]
    require_pushed_authorization_requests: bool,
}

impl RequestArgs {
    /// As a new app has them; `answers`: what signs the answers to them.
    pub(super) fn requests(self, answers: Option<Algorithm>) -> Requests {
        Requests {
            authorization_signed_response_alg: answers,
            request_uris: self.request_uri,
            request_object_signing_alg: self.request_object_signing_alg,
            require_signed_request_object: self.require_signed_request_object,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests,
            ..Requests::default()
        }
    }
}
