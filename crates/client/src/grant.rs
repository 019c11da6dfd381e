//! How an app gets its tokens.

use crate::pkce::Pkce;
use crate::secret::Secret;

/// What the first token is asked with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Grant {
    /// The app acts for itself (RFC 6749 4.4).
    ClientCredentials,
    /// The app knows the user's name and password (RFC 6749 4.3). A legacy of contracts that leave no choice.
    Password {
        /// `username`
        username: String,
        /// `password`
        password: Secret,
    },
    /// A person has just given consent, and came back with a code (RFC 6749 4.1.3). It works once: it is exchanged for the
    /// first token, and from then on the refresh token is used. With a [`Storage`](crate::Storage) a program that is
    /// started again with the same code goes on with what it kept.
    AuthorizationCode {
        /// `code`, as it came back.
        code: Secret,
        /// `redirect_uri`, as it was sent to the authorization endpoint.
        redirect_uri: String,
        /// What the authorization request's `code_challenge` was made from; `None`: it had none.
        pkce: Option<Pkce>,
    },
    /// A person gave consent earlier, and the app kept the refresh token (RFC 6749 6). With a
    /// [`Storage`](crate::Storage) this is where the story starts; what came after is in the storage. Configuring
    /// another one starts anew.
    RefreshToken(Secret),
}

/// How the app says who it is (RFC 6749 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// HTTP Basic, id and secret form-encoded first, as RFC 6749 2.3.1 says. The default.
    #[default]
    Basic,
    /// HTTP Basic with id and secret as they are: for servers that do not decode them.
    RawBasic,
    /// `client_id` and `client_secret` in the body.
    Body,
    /// A JWT that is signed with the app's key, a new one for each request (RFC 7523 2.2).
    PrivateKeyJwt,
    /// Only `client_id`, in the body: a public client.
    None,
}

/// How the body of a token request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BodyForm {
    /// `application/x-www-form-urlencoded`, as RFC 6749 4 says. The default.
    #[default]
    Form,
    /// `application/json`, for servers that want it.
    Json,
}
