//! What an authorization answer holds, and how it travels (OAuth 2.0 Multiple Response Types 1.0, OpenID Connect Core 3,
//! OAuth 2.0 Form Post Response Mode 1.0, JARM).

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the authorization endpoint gives out: three independent parts, at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResponseType {
    /// An authorization code (RFC 6749 4.1).
    pub code: bool,
    /// An ID token (OpenID Connect Core 3.2, 3.3).
    pub id_token: bool,
    /// An access token (RFC 6749 4.2).
    pub token: bool,
}

/// The text is no response type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a response type is one or more of code, id_token and token, each once")]
pub struct NotAResponseType;

impl ResponseType {
    /// The code alone.
    pub const CODE: Self = Self { code: true, id_token: false, token: false };
    /// The access token alone.
    pub const TOKEN: Self = Self { code: false, id_token: false, token: true };

    /// Every response type, in the order in which metadata lists them.
    pub const ALL: [Self; 7] = [
        Self::CODE,
        Self::TOKEN,
        Self { code: false, id_token: true, token: false },
        Self { code: false, id_token: true, token: true },
        Self { code: true, id_token: true, token: false },
        Self { code: true, id_token: false, token: true },
        Self { code: true, id_token: true, token: true },
    ];

    /// Reads `response_type`; the order of its words means nothing (Multiple Response Types 3).
    ///
    /// # Errors
    /// Another word, a word that stands twice, or none.
    pub fn parse(text: &str) -> Result<Self, NotAResponseType> {
        let mut found = Self { code: false, id_token: false, token: false };
        for word in text.split(' ') {
            let part = match word {
                "code" => &mut found.code,
                "id_token" => &mut found.id_token,
                "token" => &mut found.token,
                _ => return Err(NotAResponseType),
            };
            if std::mem::replace(part, true) {
                return Err(NotAResponseType);
            }
        }
        Ok(found)
    }

    /// As the standards spell it.
    pub const fn name(self) -> &'static str {
        match (self.code, self.id_token, self.token) {
            (true, false, false) => "code",
            (false, false, true) => "token",
            (false, true, false) => "id_token",
            (false, true, true) => "id_token token",
            (true, true, false) => "code id_token",
            (true, false, true) => "code token",
            (true, true, true) => "code id_token token",
            (false, false, false) => "",
        }
    }

    /// Whether a token goes through the browser: a query is then no place for the answer.
    pub const fn has_token(self) -> bool {
        self.id_token || self.token
    }
}

impl TryFrom<String> for ResponseType {
    type Error = NotAResponseType;

    fn try_from(text: String) -> Result<Self, NotAResponseType> {
        Self::parse(&text)
    }
}

impl From<ResponseType> for String {
    fn from(response_type: ResponseType) -> Self {
        response_type.name().to_owned()
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How an answer travels to the redirect URI; in the last three as one signed parameter (JARM 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query.
    Query,
    /// In the fragment.
    Fragment,
    /// In a form that the browser posts.
    FormPost,
    /// Signed, in the query.
    QueryJwt,
    /// Signed, in the fragment.
    FragmentJwt,
    /// Signed, in a form that the browser posts.
    FormPostJwt,
}

impl ResponseMode {
    /// Every value of `response_mode`.
    pub const NAMES: [&'static str; 7] =
        ["query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt"];

    /// How an answer travels where nothing else is asked for (Multiple Response Types 2.1, 5).
    pub const fn usual(response_type: ResponseType) -> Self {
        if response_type.has_token() { Self::Fragment } else { Self::Query }
    }

    /// Reads `response_mode`; `None` for an unknown one.
    pub fn read(asked: Option<&str>, response_type: ResponseType) -> Option<Self> {
        Some(match asked {
            None => Self::usual(response_type),
            Some("query") => Self::Query,
            Some("fragment") => Self::Fragment,
            Some("form_post") => Self::FormPost,
            Some("fragment.jwt") => Self::FragmentJwt,
            Some("form_post.jwt") => Self::FormPostJwt,
            // JARM 2.3.4.
            Some("jwt") if response_type.has_token() => Self::FragmentJwt,
            Some("query.jwt" | "jwt") => Self::QueryJwt,
            Some(_) => return None,
        })
    }

    /// As `response_mode` spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// Whether an answer of this type may travel so: no token goes into a query, which servers log and browsers keep
    /// (Multiple Response Types 3, JARM 2.3.1).
    pub const fn fits(self, response_type: ResponseType) -> bool {
        !(response_type.has_token() && matches!(self, Self::Query | Self::QueryJwt))
    }

    /// Whether the answer is signed.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt)
    }

    /// Whether it can carry bytes that are not text: a form and a JWT cannot.
    pub const fn carries_bytes(self) -> bool {
        matches!(self, Self::Query | Self::Fragment)
    }
}

#[cfg(test)]
mod tests {
    use super::{ResponseMode, ResponseType};

    #[test]
    fn words_stand_in_any_order_and_once() {
        for response_type in ResponseType::ALL {
            assert_eq!(ResponseType::parse(response_type.name()), Ok(response_type));
            let json = serde_json::to_string(&response_type).unwrap();
            assert_eq!(serde_json::from_str::<ResponseType>(&json).unwrap(), response_type);
        }
        assert_eq!(ResponseType::parse("token id_token code").unwrap().name(), "code id_token token");
        for wrong in ["", " ", "none", "code code", "code none", "code  token", " code", "Code", "code,token"] {
            assert!(ResponseType::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn no_token_fits_into_a_query() {
        for response_type in ResponseType::ALL {
            let usual = ResponseMode::usual(response_type);
            assert!(usual.fits(response_type));
            assert_eq!(ResponseMode::read(None, response_type), Some(usual));
            for name in ResponseMode::NAMES {
                let mode = ResponseMode::read(Some(name), response_type).unwrap();
                assert_eq!(
                    mode.fits(response_type),
                    !(response_type.has_token() && name.starts_with("query")),
                    "{name}"
                );
                assert_eq!(mode.is_signed(), name.ends_with("jwt"));
                if name != "jwt" {
                    assert_eq!(mode.name(), name);
                }
            }
        }
        assert_eq!(ResponseMode::read(Some("web_message"), ResponseType::CODE), None);
    }
}
