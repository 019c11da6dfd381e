//! What can be wrong with a token.

/// Longer tokens are refused before anything is done with them.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

/// What is wrong with a token. All of these are the same `invalid_token` to the caller; the difference is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JwtError {
    /// Longer than [`MAX_TOKEN_LEN`].
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not `header.claims.signature`.
    #[error("the token does not have three parts")]
    NotThreeParts,
    /// The header is not canonical base64url.
    #[error("the header is not base64url")]
    HeaderEncoding,
    /// The header is not one JSON object with the right types, or something follows it.
    #[error("the header is not a JSON object of a JWS")]
    HeaderMalformed,
    /// A header parameter stands twice (RFC 7515 section 4).
    #[error("a header parameter stands twice")]
    HeaderDuplicate,
    /// `crit` asks for an extension; none is understood (RFC 7515 section 4.1.11).
    #[error("the header has a critical extension")]
    Critical,
    /// `b64` says that the claims are not base64url (RFC 7797); for a JWT they always are.
    #[error("the claims are not encoded as those of a JWT")]
    Unencoded,
    /// `alg: none` (RFC 8725 section 3.2).
    #[error("the token is not signed")]
    AlgorithmNone,
    /// An `alg` other than the four.
    #[error("the algorithm is not supported")]
    AlgorithmUnknown,
    /// The `typ` is not the expected one, or missing (RFC 8725 section 3.11).
    #[error("the token is of another type")]
    TypWrong,
    /// No `kid`, and more than one key or none could be meant.
    #[error("the token does not name its key")]
    KidMissing,
    /// A `kid` that none of the keys has.
    #[error("the token's key is not known")]
    KidUnknown,
    /// The key is for another algorithm (RFC 8725 section 3.1).
    #[error("the token's algorithm is not the key's")]
    AlgorithmMismatch,
    /// The key that a token brings along is missing, private, or of no use here.
    #[error("its jwk is missing, private, or not supported")]
    KeyNotUsable,
    /// The signature is not canonical base64url.
    #[error("the signature is not base64url")]
    SignatureEncoding,
    /// The signature does not fit.
    #[error("the signature is wrong")]
    SignatureWrong,
    /// The claims are not canonical base64url.
    #[error("the claims are not base64url")]
    ClaimsEncoding,
    /// The claims are not one JSON object, or something follows it.
    #[error("the claims are not a JSON object")]
    ClaimsMalformed,
}
