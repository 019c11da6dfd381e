//! Who calls: what a token says, whichever form it had.

use claviger_core::claims::SubjectKind;
use claviger_core::revocation::issued_at;
use serde_json::{Map, Value};

/// The caller of a request, as the token names them. The layer puts it into the request's extensions.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Caller {
    /// The user; for client credentials the client, or the user it stands for.
    pub sub: Option<String>,
    /// What `sub` is.
    pub kind: CallerKind,
    /// The application.
    pub client_id: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The companies or sites it may do it for; empty when the realm has none.
    pub organisations: Vec<String>,
    /// The APIs the token is for.
    pub audience: Vec<String>,
    /// The token's own id.
    pub jti: Option<String>,
    /// The grant that the token came from; all tokens of one grant share it.
    pub grant_id: Option<String>,
    /// When the token was issued, in seconds since the epoch.
    pub iat: Option<i64>,
    /// When it ends, in seconds since the epoch.
    pub exp: Option<i64>,
    /// `implicit` when it came through the implicit grant.
    pub flow: Option<String>,
    /// Everything the token or the introspection answer says.
    pub claims: Map<String, Value>,
}

/// Whether a token speaks for a user or for the client itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallerKind {
    /// `sub` is a user's.
    User,
    /// `sub` is the client's id.
    Client,
    /// The token says nothing that is known here.
    Unknown,
}

impl CallerKind {
    /// The claim `sub_type` says it. Tokens of servers that do not issue it are read as RFC 9068 section 2.2 has it: `sub` is
    /// the client's id where no user is involved.
    fn of(claim: Option<&Value>, sub: Option<&String>, client: Option<&String>) -> Self {
        match (claim, sub, client) {
            (Some(Value::String(kind)), ..) if kind == SubjectKind::User.name() => Self::User,
            (Some(Value::String(kind)), ..) if kind == SubjectKind::Client.name() => Self::Client,
            (None, Some(sub), Some(client)) => {
                if sub == client {
                    Self::Client
                } else {
                    Self::User
                }
            }
            _ => Self::Unknown,
        }
    }
}

impl Caller {
    /// Reads the claims of a JWT (RFC 9068 section 2.2) or the members of an introspection answer (RFC 7662 section
    /// 2.2). A claim of a wrong type is as good as none.
    pub(crate) fn from_claims(claims: Map<String, Value>) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        Self {
            kind: CallerKind::of(claims.get("sub_type"), text("sub").as_ref(), text("client_id").as_ref()),
            sub: text("sub"),
            client_id: text("client_id"),
            scopes: match claims.get("scope") {
                Some(Value::String(scopes)) => scopes.split_ascii_whitespace().map(ToOwned::to_owned).collect(),
                other => texts(other),
            },
            organisations: texts(claims.get("org")),
            audience: texts(claims.get("aud")),
            jti: text("jti"),
            grant_id: text("gid"),
            iat: seconds(claims.get("iat")),
            exp: seconds(claims.get("exp")),
            flow: text("flow"),
            claims,
        }
    }

    /// Whether the token has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|has| has == scope)
    }

    /// Who acts for `sub` with this token now, where it was exchanged for that (RFC 8693 section 4.1).
    pub fn actor(&self) -> Option<&str> {
        self.claims.get("act")?.get("sub")?.as_str()
    }

    /// Whether the token is for this company or site.
    pub fn is_for(&self, organisation: &str) -> bool {
        self.organisations.iter().any(|has| has == organisation)
    }

    /// When it was issued, in milliseconds; what does not say is as old as can be, so that every revocation covers it.
    pub(crate) fn issued_ms(&self) -> i64 {
        self.iat.map_or(i64::MIN, |iat| issued_at(self.jti.as_deref(), iat))
    }
}

/// What a caller is called in a log: their claims may hold personal data and stay out.
impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("sub", &self.sub)
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .field("jti", &self.jti)
            .finish_non_exhaustive()
    }
}

/// A claim that is one string or a list of them.
fn texts(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A `NumericDate` (RFC 7519 section 2), which may have a fraction.
pub(crate) fn seconds(claim: Option<&Value>) -> Option<i64> {
    let number = claim?;
    #[expect(clippy::cast_possible_truncation, reason = "a float that is too large becomes the largest integer")]
    number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64))
}

#[cfg(test)]
mod tests {
    use super::{Caller, CallerKind};
    use serde_json::json;

    #[test]
    fn the_present_actor_is_the_outermost() {
        let actor = |claims: serde_json::Value| {
            Caller::from_claims(claims.as_object().unwrap().clone()).actor().map(str::to_owned)
        };
        let chain = json!({"sub": "maria", "act": {"sub": "shop", "act": {"sub": "web"}}});
        assert_eq!(actor(chain).as_deref(), Some("shop"));
        for none in [json!({"sub": "maria"}), json!({"act": "shop"}), json!({"act": {"sub": 1}}), json!({"act": {}})] {
            assert_eq!(actor(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn a_claim_says_what_the_subject_is_and_tokens_without_it_are_compared() {
        let kind = |claims: serde_json::Value| Caller::from_claims(claims.as_object().unwrap().clone()).kind;
        for (claims, expected) in [
            (json!({"sub": "x", "client_id": "x", "sub_type": "user"}), CallerKind::User),
            (json!({"sub": "x", "client_id": "y", "sub_type": "client"}), CallerKind::Client),
            (json!({"sub": "x", "client_id": "x", "sub_type": "planet"}), CallerKind::Unknown),
            (json!({"sub": "x", "client_id": "x", "sub_type": 1}), CallerKind::Unknown),
            (json!({"sub": "x", "client_id": "x"}), CallerKind::Client),
            (json!({"sub": "x", "client_id": "y"}), CallerKind::User),
            (json!({"sub": "x"}), CallerKind::Unknown),
        ] {
            assert_eq!(kind(claims.clone()), expected, "{claims}");
        }
    }
}
