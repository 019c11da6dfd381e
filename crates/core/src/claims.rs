//! What tokens say: the claims of JWT access tokens (RFC 9068), ID tokens (OpenID Connect Core 2) and introspection
//! (RFC 7662).

mod of_user;

pub use crate::user::standard::scope_of;
pub use of_user::{Wanted, user_claims};

use crate::actor::Actor;
use crate::audience::Audience;
use crate::confirmation::Confirmation;
use crate::token::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The claims of an access token; the same struct is written when it is signed and read when it comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims<'a> {
    /// The realm's issuer.
    #[serde(borrow)]
    pub iss: Cow<'a, str>,
    /// The user, or the client where it acts for itself (RFC 9068 2.2).
    #[serde(borrow)]
    pub sub: Cow<'a, str>,
    /// What `sub` is; absent in tokens of servers that did not say so yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<SubjectKind>,
    /// The API that it is for, or the APIs.
    pub aud: Cow<'a, Audience>,
    /// The client that it was given to.
    #[serde(borrow)]
    pub client_id: Cow<'a, str>,
    /// The granted scope; absent if there is none.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub scope: Cow<'a, str>,
    /// When it was made, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
    /// Its own id.
    #[serde(borrow)]
    pub jti: Cow<'a, str>,
    /// The grant (family) that it belongs to; absent where nothing is stored.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<Cow<'a, str>>,
    /// The organisations (companies, sites) that the grant is for.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub org: Cow<'a, [String]>,
    /// `implicit`, where it came through the implicit grant.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Cow<'a, str>>,
    /// When the user signed in, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How strong that sign-in was (RFC 9068 2.2.1).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Cow<'a, str>>,
    /// The claims that userinfo adds to those of the scope, because they were asked for by name.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub userinfo_claims: Cow<'a, [String]>,
    /// The key that its holder has to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// The languages in which userinfo tells them as well (OpenID Connect Core 5.2).
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub claims_locales: Cow<'a, [String]>,
    /// Who acts for the subject (RFC 8693 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
    /// What the user's sign-in was made of (RFC 8176), where the realm knows more than one kind.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub amr: Cow<'a, [String]>,
}

/// What the subject of a token is: the private claim `sub_type`, which no comparison of two ids can replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A user.
    User,
    /// The client itself.
    Client,
}

impl SubjectKind {
    /// As the claim spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
        }
    }

    /// The kind of a token with a user, or without.
    pub const fn of(has_user: bool) -> Self {
        if has_user { Self::User } else { Self::Client }
    }
}

impl AccessClaims<'_> {
    /// Whether it acts for a user. A token without the claim acts for the client where both have one id (RFC 9068 2.2).
    pub fn has_user(&self) -> bool {
        self.sub_type.map_or(self.sub != self.client_id, |kind| kind == SubjectKind::User)
    }

    /// The same claims, owning their text.
    pub fn into_owned(self) -> AccessClaims<'static> {
        fn own(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        AccessClaims {
            iss: own(self.iss),
            sub: own(self.sub),
            sub_type: self.sub_type,
            aud: Cow::Owned(self.aud.into_owned()),
            client_id: own(self.client_id),
            scope: own(self.scope),
            iat: self.iat,
            exp: self.exp,
            jti: own(self.jti),
            gid: self.gid.map(own),
            org: Cow::Owned(self.org.into_owned()),
            flow: self.flow.map(own),
            auth_time: self.auth_time,
            acr: self.acr.map(own),
            userinfo_claims: Cow::Owned(self.userinfo_claims.into_owned()),
            cnf: self.cnf,
            claims_locales: Cow::Owned(self.claims_locales.into_owned()),
            act: self.act,
            amr: Cow::Owned(self.amr.into_owned()),
        }
    }
}

/// The claims of an ID token.
#[derive(Debug, Serialize)]
pub struct IdClaims<'a> {
    /// The realm's issuer.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// Seconds.
    pub iat: i64,
    /// Seconds.
    pub exp: i64,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// As the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// The left half of the access token's hash (OpenID Connect Core 3.1.3.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The left half of the code's hash, where the code comes with it (OpenID Connect Core 3.3.2.11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The client once more, for those that look here.
    pub azp: &'a str,
    /// How strong the sign-in was, where that was asked for or there are several kinds of sign-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'a str>,
    /// What it was made of (RFC 8176).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub amr: &'a [&'a str],
    /// The session as this client knows it, where it is told of logouts (OpenID Connect Front-Channel Logout 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Claims of the user.
    #[serde(flatten)]
    pub user: &'a Map<String, Value>,
}

/// What introspection says of an active token (RFC 7662 2.2).
#[derive(Debug, Serialize)]
pub struct Introspection<'a> {
    /// Always true here; an inactive token is [`INACTIVE`].
    pub active: bool,
    /// `Bearer` or `DPoP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// The user's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    /// The token's claims.
    #[serde(flatten)]
    pub claims: &'a AccessClaims<'a>,
    /// Those that the realm makes.
    #[serde(flatten)]
    pub made: &'a Map<String, Value>,
}

/// What introspection says of a refresh token that could be used now (RFC 7662 2.2).
#[derive(Debug, Serialize)]
pub struct RefreshIntrospection<'a> {
    /// Always true here.
    pub active: bool,
    /// The realm's issuer.
    pub iss: &'a str,
    /// The user, or the client where it acts for itself.
    pub sub: &'a str,
    /// What `sub` is.
    pub sub_type: SubjectKind,
    /// The client that it was given to.
    pub client_id: &'a str,
    /// What a refresh without `scope` gives.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub scope: &'a str,
    /// The key that whoever uses it has to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// When the grant began, in seconds.
    pub iat: i64,
    /// When it ends unless it is used before, in seconds.
    pub exp: i64,
}

/// The whole answer about a token that is not active, unknown, or none of the caller's business (RFC 7662 2.2).
pub const INACTIVE: &str = r#"{"active":false}"#;

/// An id as tokens, revocations and logs spell it: 32 lower-case hex digits.
pub fn id_text(id: &Id) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().map_or('0', char::from);
    id.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// An id out of a token.
pub fn id_from_text(text: &str) -> Option<Id> {
    let mut id = [0; 16];
    if text.len() != 32 {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let (&[high, low], []) = pair.split_first_chunk::<2>()? else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::{id_from_text, id_text};

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = [0, 1, 2, 3, 0xfe, 0xff, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        assert_eq!(id_text(&id), "00010203feff0708090a0b0c0d0e0f10");
        assert_eq!(id_from_text(&id_text(&id)), Some(id));
        for bad in ["", "0", "zz010203feff0708090a0b0c0d0e0f10", "00010203FEFF0708090A0B0C0D0E0F10"] {
            assert_eq!(id_from_text(bad), None);
        }
    }
}
