//! Why grants end before their time.

/// Why a grant ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its code came a second time (RFC 6749 4.1.2).
    CodeReplayed,
    /// A spent refresh token came again (RFC 9700 4.14.2).
    RefreshReused,
    /// The app was suspended meanwhile.
    ClientStopped,
    /// The user was disabled.
    UserDisabled,
    /// The user has another password.
    PasswordChanged,
    /// An operator took its seat.
    SeatReleased,
    /// The API was logged off.
    LoggedOff,
    /// The client revoked it.
    ByClient,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CodeReplayed,
        Self::RefreshReused,
        Self::ClientStopped,
        Self::UserDisabled,
        Self::PasswordChanged,
        Self::SeatReleased,
        Self::LoggedOff,
        Self::ByClient,
    ];

    /// As it is stored with the grant.
    pub const fn stored(self) -> &'static str {
        match self {
            Self::CodeReplayed => "code replayed",
            Self::RefreshReused => "refresh token reused",
            Self::ClientStopped => "client",
            Self::UserDisabled => "user",
            Self::PasswordChanged => "password",
            Self::SeatReleased => "seat",
            Self::LoggedOff => "logged off",
            Self::ByClient => "revoked by its client",
        }
    }

    /// Of what is stored; `None` for what has no reason that a client can use.
    pub fn of(stored: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.stored() == stored)
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::CodeReplayed => ": its authorization code was sent twice, and a code works once",
            Self::RefreshReused => ": a refresh token of it was used again after its successor was",
            Self::ClientStopped => ": the app was suspended; what it held before stays revoked, so ask the user again",
            Self::UserDisabled => ": its user may no longer sign in",
            Self::PasswordChanged => ": its user has a new password",
            Self::SeatReleased => ": its seat was released",
            Self::LoggedOff => ": the session was logged off",
            Self::ByClient => ": the client revoked it",
        }
    }
}
