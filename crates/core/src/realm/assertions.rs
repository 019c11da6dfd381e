//! Whose assertions a realm takes for a grant (RFC 7523 2.1), and what they are good for.

use crate::jose::{Algorithm, JwkSet, VerifyingKeys};
use crate::scope::ScopeSet;
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An assertion lives so long at most, whoever makes it.
pub const LONGEST_ASSERTION: Span = Span::seconds(3600);

/// An issuer whose assertions count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AssertionIssuer {
    /// `iss`.
    pub issuer: String,
    /// Its public keys, the JSON of a JWK set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// Where its public keys are, in place of `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// What may sign its assertions; empty: whatever its keys are for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub algorithms: BTreeSet<Algorithm>,
    /// What its assertions are.
    #[serde(default)]
    pub kind: AssertionKind,
    /// As what `sub` names a user of this realm.
    pub subject: SubjectIs,
    /// The longest that an assertion may still live when it comes.
    #[serde(default = "usual_ttl")]
    pub max_ttl: Span,
    /// The clients that may bring them; empty: all that have the grant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// The most that they give; empty: what the client may have.
    #[serde(default, skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// The company or site whose issuer it is: it speaks for that one's users alone, and the tokens are for that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Public clients may bring them too (RFC 7521 4.1: a client need not authenticate).
    #[serde(default)]
    pub public_clients: bool,
}

const fn usual_ttl() -> Span {
    Span::seconds(300)
}

/// What assertions are, by their `typ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssertionKind {
    /// Of RFC 7523.
    #[default]
    Jwt,
    /// An Identity Assertion JWT Authorization Grant, `oauth-id-jag+jwt`: it names its client, what it is for and how much.
    IdJag,
}

impl AssertionKind {
    /// Whether a header's `typ` is that of such an assertion. One of RFC 7523 need not say, and never says that it is something
    /// else.
    pub fn is_typ(self, typ: Option<&str>) -> bool {
        let typ = typ.unwrap_or_default().to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        match self {
            Self::Jwt => matches!(typ, "" | "jwt" | "authorization-grant+jwt"),
            Self::IdJag => typ == "oauth-id-jag+jwt",
        }
    }
}

/// As what the `sub` of an assertion names a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectIs {
    /// By the name with which they sign in.
    Username,
    /// By a confirmed e-mail address that no other user has.
    Email,
    /// By their id.
    Id,
}

impl AssertionIssuer {
    /// The keys that stand here; `None` where they lie elsewhere.
    ///
    /// # Errors
    /// They are no set of public keys.
    pub fn own_keys(&self) -> Option<Result<VerifyingKeys, String>> {
        let text = self.jwks.as_ref()?;
        let set: Result<JwkSet, _> = serde_json::from_str(text);
        let keys = set.map_err(|error| error.to_string());
        Some(keys.and_then(|set| VerifyingKeys::from_set(&set).map_err(|error| error.to_string())))
    }

    /// Whether `client` may bring its assertions.
    pub fn is_for(&self, client: &str) -> bool {
        self.clients.is_empty() || self.clients.iter().any(|known| known == client)
    }

    /// Whether this may sign them.
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.is_empty() || self.algorithms.contains(&algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::AssertionKind;

    #[test]
    fn one_kind_is_never_taken_for_another() {
        for (kind, typ, is) in [
            (AssertionKind::Jwt, None, true),
            (AssertionKind::Jwt, Some("JWT"), true),
            (AssertionKind::Jwt, Some("application/authorization-grant+jwt"), true),
            (AssertionKind::Jwt, Some("oauth-id-jag+jwt"), false),
            (AssertionKind::Jwt, Some("client-authentication+jwt"), false),
            (AssertionKind::Jwt, Some("at+jwt"), false),
            (AssertionKind::IdJag, Some("oauth-id-jag+jwt"), true),
            (AssertionKind::IdJag, Some("application/OAuth-ID-JAG+jwt"), true),
            (AssertionKind::IdJag, Some("JWT"), false),
            (AssertionKind::IdJag, None, false),
        ] {
            assert_eq!(kind.is_typ(typ), is, "{kind:?} {typ:?}");
        }
    }
}
