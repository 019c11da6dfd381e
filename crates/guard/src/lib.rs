//! For APIs: who is calling, and may they?
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use claviger_guard::Guard;
//!
//! let guard = Guard::builder("https://login.example.com")
//!     .audience("https://api.example.com")
//!     .credentials("orders-api", "the secret of the API's own client")
//!     .build()?;
//! let layer = guard.layer().require_scope("orders");
//! // axum: Router::new().route("/v1/orders", get(orders)).layer(layer), and the handler takes Extension<Caller>.
//! # let _ = layer;
//! # Ok(())
//! # }
//! ```
//!
//! A request goes through these steps; the first that fails answers it.
//! 1. `bearer`: find the one token, in the headers where this API looks for it (RFC 6750 section 2.1).
//! 2. Three parts make it a JWT (RFC 9068): signature by the issuer's published keys (`keys`), issuer, audience, time.
//!    Nothing leaves the process for that, except when the keys are new or old.
//! 3. Anything else is a reference: the issuer is asked what it means (`introspection`, RFC 7662), and the answer is
//!    remembered for a moment.
//! 4. Either may have been revoked since: the issuer tells it in a feed that is followed in the background
//!    (`revocations`).
//! 5. A token that is bound to a key comes with a proof of that key (`dpop`, RFC 9449 section 7), one that is bound to a
//!    certificate with that certificate (`certificate`, RFC 8705 section 3).
//! 6. The layer's own demands: scopes, no tokens from the implicit flow, and a sign-in that is strong and recent enough (RFC 9470).
//!
//! An API that says of itself what it is ([`ProtectedResource`], RFC 9728) names that in each refusal, and the layer serves it.
//!
//! What is wrong is a [`Rejection`], spelled as RFC 6750 section 3 has it or with the vendor's codes ([`Vocabulary`]).

mod bearer;
mod builder;
mod caller;
mod certificate;
mod clock;
mod dpop;
mod forward;
mod guard;
mod introspection;
mod issuer;
mod keys;
mod layer;
mod protected_resource;
mod rejection;
mod revocations;

pub use builder::{BuildError, GuardBuilder};
pub use caller::{Caller, CallerKind};
pub use certificate::ClientCertificate;
pub use clock::{Clock, SystemClock};
pub use forward::{CHECK, PASSED_ON};
pub use guard::{Guard, Needs};
pub use layer::{GuardLayer, GuardService, ResponseFuture};
pub use protected_resource::{ProtectedResource, ResourceMetadata};
pub use rejection::Rejection;

/// What is wrong with a request.
pub use claviger_core::bearer::Reason;

/// How an API spells what is wrong with a token; data of the dialect.
pub use claviger_core::dialect::ErrorVocabulary as Vocabulary;

/// The examples of the README are compiled as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
