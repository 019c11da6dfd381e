//! What a peer can get wrong, one variant each.
//!
//! The protocol's error code and the public description are decided here, in one place, so that the same fact has the
//! same answer at every endpoint. `Display` is the public description: it says what was wrong and what to do, and never
//! repeats a secret. Our own failures are not refusals; see the server's `Fault`.

mod code;
mod ending;
mod further;
mod kind;

pub use code::ErrorCode;
pub use ending::Ending;
pub use further::Further;
pub use kind::{Check, RefusalKind};

use crate::audience::NotGranted;
use crate::client::{Client, ClientStatus, GrantType};
use crate::dialect::Legacy;
use crate::dpop::ProofError;
use crate::text::printable;
use crate::token::unless_secret;

/// What the peer got wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // The shape of a request
    /// The body is not what its media type says.
    #[error("{0}")]
    MalformedBody(&'static str),
    /// More parameters than any request has.
    #[error("the request has more than 64 parameters")]
    TooManyParameters,
    /// A parameter stands twice (RFC 6749 3.1, 3.2).
    #[error("the parameter {0} stands more than once")]
    Duplicate(String),
    /// A parameter is missing.
    #[error("the parameter {0} is missing")]
    MissingParameter(&'static str),
    /// A parameter has a value that it cannot have.
    #[error("the parameter {name} is wrong: {why}")]
    WrongParameter {
        /// The parameter.
        name: &'static str,
        /// What it should be.
        why: &'static str,
    },
    /// The endpoint reads no such media type (415).
    #[error("{}", wrong_media_type(*reads_json))]
    WrongMediaType {
        /// The contract has JSON bodies as well.
        reads_json: bool,
    },
    /// The body is larger than the endpoint reads (413).
    #[error("the body is too large")]
    BodyTooLarge,
    /// Credentials stand in the URI (RFC 6749 2.3.1).
    #[error("parameters belong into the body of the request, never into its URL")]
    CredentialsInUri,

    // The client
    /// No client is named.
    #[error("the request names no client; send client_id and client_secret in the body or as HTTP Basic")]
    NoClient,
    /// The Authorization header cannot be read.
    #[error("the Authorization header is not HTTP Basic with base64(client_id:client_secret)")]
    UnreadableAuthorization,
    /// Two ways of authenticating in one request (RFC 6749 2.3).
    #[error("the client authenticates in two ways; use one: HTTP Basic, client_secret or client_assertion")]
    TwoAuthentications,
    /// Unknown client, wrong secret or no secret: one answer for all three.
    #[error("the client is unknown, or its secret is wrong")]
    WrongClient,
    /// The client's assertion cannot be right, whoever the client is (RFC 7521 4.2.1).
    #[error("the client assertion is not valid: {0}")]
    ClientAssertion(&'static str),
    /// Unknown client, wrong signature, key or algorithm: one answer for all.
    #[error("the client is unknown, or it did not make this assertion with its registered key and algorithm")]
    WrongAssertion,
    /// The client's assertion was used before (RFC 7523 3, item 7).
    #[error("the client assertion was used before; make a new one, with another jti, for each request")]
    AssertionReplayed,
    /// No client has this id: at the authorization endpoint, where ids are public anyway. As much of it as is shown.
    #[error("there is no client with the client_id {0}; compare it with the one that the app was given")]
    UnknownClient(String),
    /// The client is pending, rejected or suspended; which, for one that has authenticated.
    #[error("the client is {}; its owner can ask the vendor why", .0.map_or("not active", ClientStatus::name))]
    ClientInactive(Option<ClientStatus>),
    /// Too many failures.
    #[error("too many failed attempts; try again in {seconds} seconds")]
    Braked {
        /// After how many seconds the next attempt is looked at.
        seconds: i64,
        /// Whether it is a user who is braked, and not a client.
        user: bool,
    },

    // Proof of possession (RFC 9449)
    /// The proof does not hold.
    #[error("the DPoP proof is not good: {0}")]
    DpopProof(ProofError),
    /// More than one proof, or one that is not text.
    #[error("a request has one DPoP header, with one proof")]
    DpopHeader,
    /// `dpop_jkt` names another key than the proof's.
    #[error("dpop_jkt is not the thumbprint of the key that signed the DPoP proof")]
    DpopKeyDiffers,
    /// The client registered that its tokens are bound, and shows no key.
    #[error("access tokens of this client are bound to a key: send a DPoP proof")]
    DpopProofMissing,
    /// All tokens of the realm are bound, and no key is shown.
    #[error("access tokens are bound to a key here: send a DPoP proof, or connect with a client certificate")]
    SenderUnconstrained,
    /// A client that the realm's profile does not serve.
    #[error("this client cannot be served here: {0}")]
    OutsideProfile(&'static str),
    /// The proof needs a nonce of the server; the answer has one (RFC 9449 8).
    #[error("the DPoP proof must carry the nonce that this answer gives")]
    DpopNonce,

    // The token request
    /// RFC 6749 5.2.
    #[error("this grant_type is not supported; here it is one of {}", .0.join(", "))]
    UnknownGrant(Vec<&'static str>),
    /// RFC 6749 5.2.
    #[error("the client may not use this grant_type; {}", may_use(.0))]
    GrantNotAllowed(Vec<&'static str>),
    /// A client of this kind has no business at this endpoint.
    #[error("the client may not use this endpoint; it is for the clients of APIs")]
    EndpointNotAllowed,
    /// The client was not given a legacy behaviour that the request uses.
    #[error("the client may not use {}; the vendor can allow it", .0.name())]
    LegacyNotAllowed(Legacy),
    /// Nothing that we gave out.
    #[error("the code is not valid")]
    CodeUnknown,
    /// Its time is over.
    #[error("the code has expired; send the user to the authorization endpoint again")]
    CodeExpired,
    /// It was redeemed before.
    #[error("the code has been used before; each code works once")]
    CodeReplayed,
    /// It was given to another client.
    #[error("the code was given to another client")]
    CodeOfAnotherClient,
    /// The redirect URI is not the one of the authorization request.
    #[error("redirect_uri is not the one that the authorization request carried")]
    RedirectDiffers,
    /// PKCE: a challenge was sent, no verifier.
    #[error("code_verifier is missing: the authorization request carried a code_challenge")]
    VerifierMissing,
    /// PKCE: the verifier does not belong to the challenge.
    #[error("code_verifier does not belong to the code_challenge of the authorization request")]
    VerifierWrong,
    /// PKCE: no challenge was sent (RFC 9700 4.8.2).
    #[error("code_verifier was sent, but the authorization request carried no code_challenge")]
    VerifierUnexpected,
    /// Nothing that we gave out.
    #[error("the refresh token is not valid")]
    RefreshUnknown,
    /// It belongs to another client.
    #[error("the refresh token was given to another client")]
    RefreshOfAnotherClient,
    /// A code or refresh token that is bound to a key, without that key (RFC 9449 5, 10).
    #[error("it is bound to another key than the one that the request shows")]
    KeyDiffers,
    /// A client whose tokens are bound to its certificate shows none (RFC 8705 3).
    #[error("the tokens of this client are bound to its certificate, and the connection shows none")]
    CertificateMissing,
    /// Its time is over.
    #[error("the refresh token has expired; the grant must be made again")]
    RefreshExpired,
    /// It was spent before: the family is revoked.
    #[error("the refresh token was used before; all tokens of this grant have been revoked")]
    RefreshReused,
    /// The grant was revoked; why, for a client that has authenticated.
    #[error("the grant has been revoked{}", .0.map_or("", Ending::text))]
    GrantRevoked(Option<Ending>),
    /// The user behind the grant is gone, disabled, or withdrew consent.
    #[error(
        "the grant has nobody behind it any more: its user is gone, may not sign in, or took their consent back; ask again"
    )]
    GrantUnbacked,
    /// Wrong name or password, unknown or barred user: one answer for all.
    #[error("the user name or the password is wrong, or this user may not use the password grant")]
    WrongPassword,
    /// No free licence.
    #[error("no free licence: {in_use} of {size} are in use; log off a session or ask for a scope that needs none")]
    NoFreeSeat {
        /// How many are held.
        in_use: u32,
        /// How many there are.
        size: u32,
    },

    // Scope and audience
    /// The text is no scope.
    #[error("scope holds characters that a scope cannot have")]
    MalformedScope,
    /// More scopes than any request needs.
    #[error("scope names more than 64 scopes")]
    TooManyScopes,
    /// A scope that does not exist or that the client may not ask for.
    #[error("the scope {0} does not exist, or the client may not ask for it")]
    ScopeNotAllowed(String),
    /// More than was granted (RFC 6749 6).
    #[error("the scope asked for is not within the scope that was granted")]
    ScopeExceedsGrant,
    /// A scope or an API that may not be had through implicit.
    #[error("{0} may not be had through the implicit grant; use the authorization code")]
    BarredForImplicit(String),
    /// No audience where the contract wants one.
    #[error("the parameter audience is missing; it names the API that the token is for")]
    AudienceMissing,
    /// RFC 8707 2.
    #[error("the audience is unknown, or the client may not get tokens for it")]
    AudienceNotAllowed,

    // The authorization request
    /// No usable redirect URI in the request.
    #[error("redirect_uri is missing")]
    RedirectMissing,
    /// It is none of the registered ones.
    #[error("redirect_uri is not registered for this client")]
    RedirectUnregistered,
    /// RFC 6749 4.1.2.1.
    #[error("response_type is missing")]
    ResponseTypeMissing,
    /// RFC 6749 4.1.2.1.
    #[error("this response_type is not supported; here it is {}", .0.join(" or "))]
    ResponseTypeUnknown(Vec<&'static str>),
    /// RFC 6749 4.1.2.1.
    #[error("the client may not use this response_type")]
    ResponseTypeNotAllowed,
    /// RFC 7636 4.4.1.
    #[error("code_challenge is missing: this client must use PKCE with S256")]
    ChallengeMissing,
    /// RFC 7636 4.4.1.
    #[error("code_challenge_method must be S256")]
    ChallengeMethod,
    /// RFC 7636 4.2.
    #[error("code_challenge must be 43 characters of base64url")]
    ChallengeMalformed,
    /// OAuth 2.0 Multiple Response Types 2.1.
    #[error("this response_mode cannot be used with this response_type")]
    ResponseMode,
    /// RFC 9101 6.
    #[error("the request object is not valid: {0}")]
    RequestObject(&'static str),
    /// RFC 9101 5.2, RFC 9126 4.
    #[error("request_uri is not valid: {0}")]
    RequestUri(&'static str),
    /// RFC 9126 5.
    #[error("this request must be pushed: send it to the pushed authorization request endpoint first")]
    PushedRequired,
    /// RFC 9101 10.5.
    #[error("this request must be signed: send it as a request object")]
    SignedRequired,
    /// `acr` is essential, and none of its values can be met (OpenID Connect Core 5.5.1.1).
    #[error("none of the acr values that the request insists on can be met")]
    AcrUnmet,
    /// OpenID Connect Core 7.2.1: metadata of a client that no provider knows.
    #[error("registration is not supported: clients are registered before they ask")]
    Registration,
    /// Something is to be encrypted to the client, and it has no key for that, or none that can be had.
    #[error(
        "what is said to this client is to be encrypted with {0}, and none of its keys is for that; see its jwks or jwks_uri"
    )]
    NoKeyToEncrypt(&'static str),
    /// The user said no.
    #[error("the user did not allow it")]
    Denied,
    /// Of a grant beyond RFC 6749.
    #[error(transparent)]
    Further(Further),
    /// prompt=none, and nobody is signed in.
    #[error("the user must sign in")]
    LoginRequired,
    /// prompt=none, and consent must be asked for.
    #[error("the user must consent")]
    ConsentRequired,
}

fn may_use(grants: &[&str]) -> String {
    if grants.is_empty() { "it has none".to_owned() } else { format!("it may use {}", grants.join(", ")) }
}

impl From<NotGranted> for Refusal {
    fn from(_: NotGranted) -> Self {
        Self::AudienceNotAllowed
    }
}

impl Refusal {
    /// A repeated parameter; its name is shown only if it looks like one, since it is the peer's text.
    pub fn duplicate(name: &str) -> Self {
        let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        Self::Duplicate(if plain { name.to_owned() } else { "(unprintable)".to_owned() })
    }

    /// A client that nobody knows; a long id is cut, since it is the peer's text.
    pub fn unknown_client(id: &str) -> Self {
        const MOST: usize = 60;
        let more = if id.chars().nth(MOST).is_some() { ".." } else { "" };
        Self::UnknownClient(printable(unless_secret(id)).chars().take(MOST).chain(more.chars()).collect())
    }

    /// A legacy behaviour that the client may not use: it was never given it, or no more.
    pub fn legacy(client: &Client, legacy: Legacy) -> Self {
        if client.legacy_ended.contains(&legacy) {
            return Further::LegacyEnded(legacy).into();
        }
        Self::LegacyNotAllowed(legacy)
    }

    /// A grant type that the client may not use.
    pub fn grant_not_allowed(client: &Client) -> Self {
        Self::GrantNotAllowed(
            GrantType::ALL.into_iter().filter(|grant| client.may(*grant)).map(GrantType::name).collect(),
        )
    }

    /// A scope that is not to be had; a long one is cut, since it is the peer's text.
    pub fn scope(token: &str) -> Self {
        Self::ScopeNotAllowed(token.chars().take(60).collect())
    }

    /// The protocol's word for it.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::MalformedBody(_)
            | Self::TooManyParameters
            | Self::Duplicate(_)
            | Self::MissingParameter(_)
            | Self::WrongParameter { .. }
            | Self::WrongMediaType { .. }
            | Self::BodyTooLarge
            | Self::CertificateMissing
            | Self::CredentialsInUri
            | Self::TwoAuthentications
            | Self::AudienceMissing
            | Self::RedirectMissing
            | Self::RedirectUnregistered
            | Self::ResponseTypeMissing
            | Self::ChallengeMissing
            | Self::ChallengeMethod
            | Self::ChallengeMalformed
            | Self::ResponseMode
            | Self::PushedRequired
            | Self::SenderUnconstrained
            | Self::SignedRequired
            | Self::NoKeyToEncrypt(_) => ErrorCode::InvalidRequest,
            Self::NoClient
            | Self::UnreadableAuthorization
            | Self::WrongClient
            | Self::ClientAssertion(_)
            | Self::WrongAssertion
            | Self::AssertionReplayed
            | Self::UnknownClient(_)
            | Self::ClientInactive(_) => ErrorCode::InvalidClient,
            Self::Braked { user, .. } => {
                if *user {
                    ErrorCode::InvalidGrant
                } else {
                    ErrorCode::InvalidClient
                }
            }
            Self::DpopProof(_) | Self::DpopHeader | Self::DpopKeyDiffers | Self::DpopProofMissing => {
                ErrorCode::InvalidDpopProof
            }
            Self::DpopNonce => ErrorCode::UseDpopNonce,
            Self::UnknownGrant(_) => ErrorCode::UnsupportedGrantType,
            Self::GrantNotAllowed(_)
            | Self::EndpointNotAllowed
            | Self::OutsideProfile(_)
            | Self::LegacyNotAllowed(_)
            | Self::ResponseTypeNotAllowed => ErrorCode::UnauthorizedClient,
            Self::CodeUnknown
            | Self::CodeExpired
            | Self::CodeReplayed
            | Self::CodeOfAnotherClient
            | Self::RedirectDiffers
            | Self::VerifierMissing
            | Self::VerifierWrong
            | Self::VerifierUnexpected
            | Self::RefreshUnknown
            | Self::RefreshOfAnotherClient
            | Self::KeyDiffers
            | Self::RefreshExpired
            | Self::RefreshReused
            | Self::GrantRevoked(_)
            | Self::GrantUnbacked
            | Self::WrongPassword => ErrorCode::InvalidGrant,
            Self::NoFreeSeat { .. } | Self::Denied => ErrorCode::AccessDenied,
            Self::MalformedScope
            | Self::TooManyScopes
            | Self::ScopeNotAllowed(_)
            | Self::ScopeExceedsGrant
            | Self::BarredForImplicit(_) => ErrorCode::InvalidScope,
            Self::AudienceNotAllowed => ErrorCode::InvalidTarget,
            Self::ResponseTypeUnknown(_) => ErrorCode::UnsupportedResponseType,
            Self::RequestObject(_) => ErrorCode::InvalidRequestObject,
            Self::RequestUri(_) => ErrorCode::InvalidRequestUri,
            Self::AcrUnmet => ErrorCode::UnmetAuthenticationRequirements,
            Self::Registration => ErrorCode::RegistrationNotSupported,
            Self::Further(further) => further.code(),
            Self::LoginRequired => ErrorCode::LoginRequired,
            Self::ConsentRequired => ErrorCode::ConsentRequired,
        }
    }

    /// The public description in the characters that RFC 6749 5.2 allows (`%x20-21 / %x23-5B / %x5D-7E`).
    pub fn description(&self) -> String {
        self.to_string().chars().map(|c| if matches!(c, ' ' | '!' | '#'..='[' | ']'..='~') { c } else { '?' }).collect()
    }
}

/// What a body may be, for those who sent another.
const fn wrong_media_type(reads_json: bool) -> &'static str {
    if reads_json {
        "the body must be application/json or application/x-www-form-urlencoded"
    } else {
        "the body must be application/x-www-form-urlencoded"
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, Refusal};

    #[test]
    fn descriptions_keep_to_the_allowed_characters() {
        let text = Refusal::scope("\"<script>\\\u{7f}ä").description();
        assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)), "{text}");
        assert_eq!(Refusal::duplicate("a\"b"), Refusal::Duplicate("(unprintable)".into()));
        let unknown = Refusal::unknown_client(&"<script>\u{202e}".repeat(50)).description();
        assert!(unknown.len() < 250 && unknown.is_ascii(), "{unknown}");
        assert!(!Refusal::unknown_client("cvs_hunter2").description().contains("hunter2"), "id and secret exchanged");
    }

    #[test]
    fn each_ending_is_found_by_what_is_stored_and_says_something_of_its_own() {
        let texts: std::collections::HashSet<String> = Ending::ALL
            .into_iter()
            .map(|ending| {
                assert_eq!(Ending::of(ending.stored()), Some(ending));
                Refusal::GrantRevoked(Some(ending)).description()
            })
            .collect();
        assert_eq!(texts.len(), Ending::ALL.len());
        assert_eq!(Ending::of("revoked"), None);
        assert_eq!(Refusal::GrantRevoked(None).description(), "the grant has been revoked");
    }
}
