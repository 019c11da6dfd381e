//! Where a realm's endpoints are.

use serde::de::{self, Deserializer, IgnoredAny, IntoDeserializer, MapAccess};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The endpoints of a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// RFC 6749 3.1.
    Authorization,
    /// RFC 6749 3.2.
    Token,
    /// OpenID Connect Core 5.3.
    Userinfo,
    /// RFC 7517 5.
    Jwks,
    /// RFC 7009.
    Revocation,
    /// RFC 7662.
    Introspection,
    /// Ends the session of the presented bearer token and frees its seat.
    Logoff,
    /// RP-initiated logout; also the page on which a user logs out.
    EndSession,
    /// The feed by which APIs learn of revocations.
    Revocations,
    /// RFC 9126.
    PushedAuthorization,
    /// RFC 8628 3.1.
    DeviceAuthorization,
    /// The page on which a user code is typed (RFC 8628 3.3).
    DeviceVerification,
    /// RFC 7591, RFC 7592, OpenID Connect Dynamic Registration 1.0.
    Registration,
    /// The frame by which apps notice that a session changed (OpenID Connect Session Management 1.0 3.3).
    CheckSession,
    /// Where clients ask whose users are elsewhere (OpenID CIBA Core 1.0 7).
    BackchannelAuthentication,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 15] = [
        Self::Authorization,
        Self::Token,
        Self::Userinfo,
        Self::Jwks,
        Self::Revocation,
        Self::Introspection,
        Self::Logoff,
        Self::EndSession,
        Self::Revocations,
        Self::PushedAuthorization,
        Self::DeviceAuthorization,
        Self::DeviceVerification,
        Self::Registration,
        Self::CheckSession,
        Self::BackchannelAuthentication,
    ];

    /// The name that files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Token => "token",
            Self::Userinfo => "userinfo",
            Self::Jwks => "jwks",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
            Self::Logoff => "logoff",
            Self::EndSession => "end-session",
            Self::Revocations => "revocations",
            Self::PushedAuthorization => "pushed-authorization",
            Self::DeviceAuthorization => "device-authorization",
            Self::DeviceVerification => "device-verification",
            Self::Registration => "registration",
            Self::CheckSession => "check-session",
            Self::BackchannelAuthentication => "backchannel-authentication",
        }
    }

    /// The path below the issuer where a realm serves it unless its dialect says otherwise; `None`: not served.
    pub const fn default_path(self) -> Option<&'static str> {
        match self {
            Self::Authorization => Some("/authorize"),
            Self::Token => Some("/token"),
            Self::Userinfo => Some("/userinfo"),
            Self::Jwks => Some("/jwks"),
            Self::Revocation => Some("/revoke"),
            Self::Introspection => Some("/introspect"),
            Self::Logoff => None,
            Self::EndSession => Some("/logout"),
            Self::Revocations => Some("/revocations"),
            Self::PushedAuthorization => Some("/par"),
            Self::DeviceAuthorization => Some("/device_authorization"),
            Self::DeviceVerification => Some("/device"),
            Self::Registration => Some("/register"),
            Self::CheckSession => Some("/check-session"),
            Self::BackchannelAuthentication => Some("/bc-authorize"),
        }
    }
}

/// Where the endpoints are.
///
/// In a file the places stand beside the other keys: `token = { paths = ["/oauth/token"] }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoints {
    /// Whether paths match in any casing.
    pub path_case: PathCase,
    /// The issuer and the endpoints may be plain HTTP off loopback as well.
    pub plain_http: bool,
    /// Endpoints that are not at their default path.
    #[serde(flatten)]
    pub at: BTreeMap<Endpoint, Place>,
}

impl Endpoints {
    /// Every key: the two of its own, then each [`Endpoint::name`].
    const KEYS: [&'static str; 17] = [
        "path-case",
        "plain-http",
        "authorization",
        "token",
        "userinfo",
        "jwks",
        "revocation",
        "introspection",
        "logoff",
        "end-session",
        "revocations",
        "pushed-authorization",
        "device-authorization",
        "device-verification",
        "registration",
        "check-session",
        "backchannel-authentication",
    ];
}

// By hand: serde's `flatten` would announce no list of keys, and whatever reads a file needs it to name the wrong one.
impl<'de> Deserialize<'de> for Endpoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Endpoints;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a table of endpoints")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Endpoints, A::Error> {
                let mut endpoints = Endpoints::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "path-case" => endpoints.path_case = map.next_value()?,
                        "plain-http" => endpoints.plain_http = map.next_value()?,
                        name => {
                            let name: de::value::StrDeserializer<'_, A::Error> = name.into_deserializer();
                            if let Ok(endpoint) = Endpoint::deserialize(name) {
                                endpoints.at.insert(endpoint, map.next_value()?);
                            } else {
                                map.next_value::<IgnoredAny>()?;
                            }
                        }
                    }
                }
                Ok(endpoints)
            }
        }
        deserializer.deserialize_struct("Endpoints", &Self::KEYS, Visitor)
    }
}

/// Whether `/OAuth20/token` and `/oauth20/TOKEN` are the same path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathCase {
    /// Paths are compared byte for byte (RFC 3986 6.2.2.1).
    #[default]
    Exact,
    /// ASCII letters match in either case.
    Any,
}

/// Where one endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// Paths below the issuer's own path; the first is the advertised one. Empty where it is not served.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The realm's host of that name; the issuer's own where absent.
    #[serde(default)]
    pub host: Option<String>,
    /// It is there at all.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub served: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_true(value: &bool) -> bool {
    *value
}

impl Place {
    /// At one path, on the issuer's host.
    pub fn at(path: &str) -> Self {
        Self { paths: vec![path.to_owned()], host: None, served: true }
    }
}
