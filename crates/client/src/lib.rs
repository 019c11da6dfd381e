//! For integrators: always a live access token.
//!
//! A [`Tokens`] knows how one app gets its tokens (RFC 6749) and hands out a live one whenever it is asked. However
//! many tasks ask at once, one request goes to the server; however many processes share a [`FileStorage`], one of
//! them sends it. What happens inside [`Tokens::bearer`]:
//!
//! 1. a token that lives longer than the margin is returned at once, without a lock that anybody waits for;
//! 2. otherwise the task takes the lock, looks again (somebody may have been faster) and, where there is a storage,
//!    locks that too and looks there (another process may have been faster);
//! 3. if there is a refresh token, it is used (RFC 6749 6); `invalid_grant` means that it is over, and the original
//!    grant is asked again where that needs no person;
//! 4. the new tokens are stored, then handed out. The request runs on a task of its own: a caller that gives up
//!    half-way cannot lose a refresh token which has just been replaced.
//!
//! [`Tokens::send`] and [`Tokens::call`] put the token on a request and, when the API answers 401, try exactly once
//! more with a new one: an API may refuse a token before its time, when it was taken back.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use claviger_client::{FileStorage, Grant, Tokens};
//!
//! let tokens = Tokens::builder()
//!     .issuer("https://login.example.com")
//!     .client("my-app", "its secret")
//!     .grant(Grant::ClientCredentials)
//!     .audience("https://api.example.com")
//!     .storage(FileStorage::new("/var/lib/my-app/tokens.json"))
//!     .build()?;
//! let http = reqwest::Client::new();
//! let accounts = tokens.send(http.get("https://api.example.com/accounts")).await?;
//! # Ok(()) }
//! ```
//!
//! # Tokens that are bound to a key
//!
//! With [`Builder::dpop`] each token request carries a proof that the app holds a key (DPoP, RFC 9449), and the server binds its tokens to that
//! key: whoever steals one has nothing. [`Tokens::send`] then puts `Authorization: DPoP ..` and a proof for this request on it. A server that
//! wants its own nonce in proofs is answered with one, once.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use claviger_client::{Grant, ProofKey, Tokens};
//!
//! let tokens = Tokens::builder()
//!     .issuer("https://login.example.com")
//!     .client("my-app", "its secret")
//!     .grant(Grant::ClientCredentials)
//!     .dpop(ProofKey::kept_in("/var/lib/my-app/proofs.key")?)
//!     .build()?;
//! let http = reqwest::Client::new();
//! let accounts = tokens.send(http.get("https://api.example.com/accounts")).await?;
//! # Ok(()) }
//! ```
//!
//! A program with an HTTP client of its own asks for each proof ([`Tokens::proof`]) and says what it was answered
//! ([`Tokens::hear_nonce`]). Where a user is sent to the authorization endpoint, [`ProofKey::thumbprint`] as `dpop_jkt` binds the code as well.
//!
//! Nothing here prints a secret: [`Secret`] and [`AccessToken`] show `***`, and errors carry the server's error code
//! and description, never what was sent.

mod builder;
mod call;
mod clock;
mod discovery;
mod error;
mod grant;
mod key;
mod pkce;
mod possession;
mod proof_key;
mod renewal;
mod request;
mod secret;
mod settings;
mod storage;
mod tokens;
mod wire;

pub use builder::Builder;
pub use call::Unauthorized;
pub use clock::{Clock, SystemClock};
pub use error::{Error, Refused};
pub use grant::{BodyForm, ClientAuthentication, Grant};
pub use key::ClientKey;
pub use pkce::Pkce;
pub use proof_key::ProofKey;
pub use secret::{AccessToken, Secret};
pub use storage::{FileStorage, Locked, Storage, StorageError};
pub use tokens::Tokens;

/// The examples of the README are compiled as well.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
