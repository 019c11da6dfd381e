//! What can be wrong with an answer.

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not of the form that the standard gives it.
    #[error("{0}")]
    Malformed(&'static str),
    /// It answers another kind of question.
    #[error("the answer is one to another ceremony")]
    WrongType,
    /// It answers another question.
    #[error("the answer is to another challenge")]
    WrongChallenge,
    /// It was given on another site's page.
    #[error("the answer was given at another origin than the issuer's")]
    WrongOrigin,
    /// It was given in a frame of another site's page.
    #[error("the answer was given in a frame on another site")]
    InAFrame,
    /// It is for another relying party.
    #[error("the answer is for another relying party")]
    WrongParty,
    /// Nobody touched the authenticator.
    #[error("the authenticator saw nobody")]
    NobodyThere,
    /// The authenticator does not say that it knew its user.
    #[error("the authenticator did not verify its user")]
    NotVerified,
    /// It speaks of another credential than the one that it names.
    #[error("the answer is about another credential")]
    WrongCredential,
    /// The key is of a kind that was not asked for.
    #[error("the key is of a kind that was not asked for")]
    KeyNotUsable,
    /// The key did not sign it.
    #[error("the signature is not the credential's")]
    SignatureWrong,
}
