//! Behaviours that the standards have left behind: each needs the dialect's permission and the client's key.

use serde::{Deserialize, Serialize};

/// A behaviour that the standards have left behind. Off unless a dialect permits it *and* a client is given it; checked
/// again when a token is issued, and counted per client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Legacy {
    /// A token from the authorization endpoint: every `response_type` with `token` or `id_token` (RFC 6749 4.2, OpenID
    /// Connect Core 3.2 and 3.3; RFC 9700 2.1.2 advises against it).
    Implicit,
    /// An implicit answer to this device without asking again who has allowed it before (RFC 8252 8.6 wants to ask each time).
    RememberedImplicit,
    /// `grant_type=password` (RFC 6749 4.3; RFC 9700 2.4 forbids it).
    Password,
    /// One `*` as the last path segment of a registered redirect URI (RFC 9700 2.1 wants exact matching).
    WildcardRedirect,
    /// A confidential client that uses the code flow with neither PKCE nor a nonce (RFC 9700 2.1.1).
    NoPkce,
    /// HTTP Basic credentials that are not form-encoded (RFC 6749 2.3.1 wants them encoded).
    RawBasic,
    /// A JSON body at the token, revocation and introspection endpoints (RFC 6749 4.1.3 wants a form).
    JsonBody,
    /// Refresh tokens that stay valid after use ([`Turnover::Reissue`](super::Turnover) and [`Turnover::Stable`](super::Turnover)).
    ReusableRefresh,
}

impl Legacy {
    /// Every legacy behaviour, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Implicit,
        Self::RememberedImplicit,
        Self::Password,
        Self::WildcardRedirect,
        Self::NoPkce,
        Self::RawBasic,
        Self::JsonBody,
        Self::ReusableRefresh,
    ];

    /// The name that files, the command line and the meter use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::RememberedImplicit => "remembered-implicit",
            Self::Password => "password",
            Self::WildcardRedirect => "wildcard-redirect",
            Self::NoPkce => "no-pkce",
            Self::RawBasic => "raw-basic",
            Self::JsonBody => "json-body",
            Self::ReusableRefresh => "reusable-refresh",
        }
    }

    /// What a vendor risks by allowing it, in one sentence.
    pub const fn risk(self) -> &'static str {
        match self {
            Self::Implicit => "tokens travel through the browser's history and any script on the page (RFC 9700 2.1.2)",
            Self::RememberedImplicit => {
                "another program on the device can get a token without anybody being asked (RFC 8252 8.6)"
            }
            Self::Password => "the app sees the user's password, and no second factor can be asked for (RFC 9700 2.4)",
            Self::WildcardRedirect => "every page under the prefix can receive codes (RFC 9700 2.1)",
            Self::NoPkce => "a code that leaks can be redeemed through the app's own redirect (RFC 9700 2.1.1)",
            Self::RawBasic => "an id or secret with % or + can be read in two ways (RFC 6749 2.3.1)",
            Self::JsonBody => "proxies and filters that know only forms do not see the parameters (RFC 6749 4.1.3)",
            Self::ReusableRefresh => "a stolen refresh token is not noticed when the app uses its own (RFC 9700 4.14)",
        }
    }
}
