//! What a peer can get wrong with the grants beyond RFC 6749: device codes (RFC 8628 3.5), exchanged tokens (RFC 8693 2.2.2),
//! assertions (RFC 7521 4.1.1).

use super::ErrorCode;
use crate::dialect::Legacy;

/// What the peer got wrong, or must wait for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Further {
    /// RFC 8628 3.5.
    #[error("the user has not decided yet; ask again after the interval")]
    Pending,
    /// RFC 8628 3.5.
    #[error("the device asks too often; wait {0} seconds between two requests from now on")]
    SlowDown(i64),
    /// RFC 8628 3.5.
    #[error("the device code has expired; begin again at the device authorization endpoint")]
    DeviceExpired,
    /// Nothing that we gave out, or to another client.
    #[error("the device code is not valid")]
    DeviceUnknown,
    /// CIBA Core 1.0 11: nothing that we gave out, or to another client.
    #[error("the auth_req_id is not valid")]
    AuthReqUnknown,
    /// CIBA Core 1.0 11.
    #[error("the auth_req_id has expired; begin again at the backchannel authentication endpoint")]
    AuthReqExpired,
    /// CIBA Core 1.0 11.
    #[error("the client asks too often; wait {0} seconds between two requests from now on")]
    AskedTooOften(i64),
    /// CIBA Core 1.0 13.
    #[error("no user of this realm is named so")]
    UserUnknown,
    /// CIBA Core 1.0 13.
    #[error("the binding_message must be 1 to 100 printable characters on one line")]
    BindingMessage,
    /// CIBA Core 1.0 13: the user blocked the app.
    #[error("the user does not want to be asked by this client")]
    Blocked,
    /// The brake of one user.
    #[error("this user was asked too often, or has not answered yet; try again in {0} seconds")]
    TooManyAsked(i64),
    /// All clients together that came by themselves asked more often than they may (RFC 6585 4).
    #[error(
        "clients that registered themselves may call the token endpoint {limit} times a minute together; try again in {seconds} seconds"
    )]
    TooManyTogether {
        /// How often they may.
        limit: u32,
        /// When the next minute begins.
        seconds: i64,
    },
    /// All clients together that came by themselves have as many grants as they may.
    #[error("the apps that registered themselves have {0} grants, and no more are given; try again later")]
    TooManyGrants(u32),
    /// An agent asked somebody for consent more often than it may.
    #[error("this app asked the same person for consent too often; try again in {0} seconds")]
    TooMuchConsent(i64),
    /// RFC 8693 2.2.2.
    #[error("the subject_token is not accepted: {0}")]
    SubjectToken(&'static str),
    /// RFC 8693 2.2.2.
    #[error("the actor_token is not accepted: {0}")]
    ActorToken(&'static str),
    /// RFC 7521 4.1.1.
    #[error("the assertion is not valid: {0}")]
    Assertion(&'static str),
    /// The client was given a legacy behaviour until a date, which is over.
    #[error("the client may use {} no more: its deadline is over; do it as the standard says", .0.name())]
    LegacyEnded(Legacy),
    /// OpenID Connect Core 3.1.2.6.
    #[error("the user must prove more than they did, and prompt=none lets nobody ask them")]
    InteractionRequired,
    /// Too many requests from one place, or too many that wait.
    #[error("too many requests of devices wait for an answer; try again in {0} seconds")]
    TooManyDevices(i64),
    /// The client asked more often than it may (RFC 6585 4).
    #[error("the client may call the token endpoint {limit} times a minute; try again in {seconds} seconds")]
    TooManyCalls {
        /// How often it may.
        limit: u32,
        /// When the next minute begins.
        seconds: i64,
    },
}

impl Further {
    /// The protocol's word for it.
    pub(super) const fn code(&self) -> ErrorCode {
        match self {
            Self::Pending => ErrorCode::AuthorizationPending,
            Self::SlowDown(_) | Self::AskedTooOften(_) => ErrorCode::SlowDown,
            Self::DeviceExpired | Self::AuthReqExpired => ErrorCode::ExpiredToken,
            Self::SubjectToken(_) | Self::ActorToken(_) => ErrorCode::InvalidRequest,
            Self::LegacyEnded(_) => ErrorCode::UnauthorizedClient,
            Self::UserUnknown => ErrorCode::UnknownUserId,
            Self::BindingMessage => ErrorCode::InvalidBindingMessage,
            Self::Blocked => ErrorCode::AccessDenied,
            Self::DeviceUnknown | Self::AuthReqUnknown | Self::Assertion(_) => ErrorCode::InvalidGrant,
            Self::InteractionRequired => ErrorCode::InteractionRequired,
            Self::TooManyDevices(_)
            | Self::TooManyTogether { .. }
            | Self::TooManyGrants(_)
            | Self::TooManyAsked(_)
            | Self::TooMuchConsent(_)
            | Self::TooManyCalls { .. } => ErrorCode::TemporarilyUnavailable,
        }
    }

    /// After how many seconds another attempt makes sense, where that is not now.
    pub const fn retry_after(&self) -> Option<i64> {
        match self {
            Self::TooManyDevices(seconds)
            | Self::TooManyAsked(seconds)
            | Self::TooMuchConsent(seconds)
            | Self::TooManyTogether { seconds, .. }
            | Self::TooManyCalls { seconds, .. } => Some(*seconds),
            // When one ends, nobody knows.
            Self::TooManyGrants(_) => Some(300),
            _ => None,
        }
    }
}

impl From<Further> for super::Refusal {
    fn from(further: Further) -> Self {
        Self::Further(further)
    }
}
