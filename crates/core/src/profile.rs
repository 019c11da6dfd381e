//! Profiles: what a realm asks of all its clients at once, so that one word in its file stands for many (FAPI 2.0). What follows
//! from one is in `profile_rules`.

use crate::jose::Algorithm;
use crate::span::Span;
use serde::{Deserialize, Serialize};

/// What a realm keeps to beyond its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Profile {
    /// FAPI 2.0 Security Profile.
    #[serde(rename = "fapi2")]
    Fapi2,
    /// The same with FAPI 2.0 Message Signing: requests are signed, and answers where they are asked for so.
    #[serde(rename = "fapi2-message-signing")]
    Fapi2MessageSigning,
}

impl Profile {
    /// As files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fapi2 => "fapi2",
            Self::Fapi2MessageSigning => "fapi2-message-signing",
        }
    }

    /// What may sign anything (FAPI 2.0 Security Profile 5.4.1).
    pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

    /// The longest life of a code (5.3.2.1).
    pub const LONGEST_CODE: Span = Span::seconds(60);

    /// The longest life of a pushed request: less than ten minutes (5.3.2.2).
    pub const LONGEST_PUSHED: Span = Span::seconds(599);

    /// Whether requests must be signed (Message Signing 5.3.1).
    pub const fn signs_requests(self) -> bool {
        matches!(self, Self::Fapi2MessageSigning)
    }
}
