//! A JWT that somebody whom the realm trusts made about a user, and that a client brings for a token (RFC 7523 2.1 and 3): by itself
//! as the grant, or as the subject of an exchange (RFC 8693).
//!
//! 1. [`Assertion::read`] takes it apart. Nothing of it is believed.
//! 2. [`Assertion::check`] looks at what needs no key: for whom, until when, for which client. What cannot be right is refused
//!    here, before it costs a signature.
//! 3. The signature is checked by whoever has the issuer's keys; [`accepts_header`] says which header is good.

use crate::actor::Actor;
use crate::client::Client;
use crate::client_assertion::{Audiences, Seconds};
use crate::jose::{Header, from_base64url};
use crate::realm::{AssertionIssuer, AssertionKind, LONGEST_ASSERTION};
use crate::refusal::{Further, Refusal};
use crate::scope::ScopeSet;
use serde::Deserialize;
use serde_json::Value;

/// Longer ones are not looked at, in bytes.
const LONGEST: usize = 8 * 1024;
/// A longer `jti` or `sub` names nothing, in bytes.
const LONGEST_NAME: usize = 1024;
/// The issuer's clock may be ahead by so many seconds.
const AHEAD: i64 = 30;

/// An assertion as it was sent.
#[derive(Debug)]
pub struct Assertion {
    /// Who made it, as it says.
    pub issuer: String,
    /// The user, as the issuer names them.
    pub subject: String,
    /// Names it among those of its issuer.
    pub jti: String,
    /// When it is over, in seconds.
    pub exp: i64,
    /// The most that it gives, where it says so.
    pub scope: Option<ScopeSet>,
    /// The APIs that it is for, where it says so.
    pub resources: Vec<String>,
    /// Who acts for its user already.
    pub act: Option<Box<Actor>>,
    /// Who may.
    pub may_act: Option<Value>,
    client: Option<String>,
    audiences: Audiences,
    iat: Option<i64>,
    nbf: Option<i64>,
}

/// What it must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The realm's issuer.
    pub issuer: &'a str,
    /// The token endpoint, which counts as well for assertions of RFC 7523 (3, item 3).
    pub token_endpoint: Option<&'a str>,
    /// Now, in milliseconds.
    pub now: i64,
}

/// The claims that matter; a member that stands twice is an error.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audiences>,
    exp: Option<Seconds>,
    iat: Option<Seconds>,
    nbf: Option<Seconds>,
    jti: Option<String>,
    client_id: Option<Value>,
    scope: Option<String>,
    resource: Option<Value>,
    act: Option<Box<Actor>>,
    may_act: Option<Value>,
}

impl Assertion {
    /// Takes an assertion apart.
    ///
    /// # Errors
    /// It is too long, or no JWT with the claims that each has.
    pub fn read(jwt: &str) -> Result<Self, Refusal> {
        if jwt.len() > LONGEST {
            return wrong("it is longer than 8 KiB");
        }
        let mut parts = jwt.split('.');
        let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return wrong("it is no signed JWT");
        };
        let Some(claims) = from_base64url(claims) else { return wrong("its claims are not base64url") };
        let Ok(claims) = serde_json::from_slice::<Claims>(&claims) else {
            return wrong("its claims are no JSON object with iss, sub, aud, exp and jti of their types");
        };
        Self::of(claims)
    }

    fn of(claims: Claims) -> Result<Self, Refusal> {
        let named = |name: &String| (1..=LONGEST_NAME).contains(&name.len());
        let (Some(issuer), Some(subject)) = (claims.iss, claims.sub.filter(named)) else {
            return wrong("it must say iss and sub");
        };
        let (Some(audiences), Some(exp), Some(jti)) = (claims.aud, claims.exp, claims.jti.filter(named)) else {
            return wrong("it must say aud, exp and jti");
        };
        let scope = claims.scope.map(|text| ScopeSet::parse(&text)).transpose();
        let Ok(scope) = scope else { return wrong("its scope holds characters that a scope cannot have") };
        if claims.act.as_ref().is_some_and(|act| act.depth() > Actor::MOST) {
            return wrong("too many have acted with it already");
        }
        let client = match claims.client_id {
            None => None,
            Some(Value::String(client)) => Some(client),
            Some(_) => return wrong("its client_id is no text"),
        };
        let [iat, nbf] = [claims.iat, claims.nbf].map(|time| time.map(|Seconds(time)| time));
        Ok(Self {
            issuer,
            subject,
            jti,
            exp: exp.0,
            scope,
            resources: resources(claims.resource)?,
            act: claims.act,
            may_act: claims.may_act,
            client,
            audiences,
            iat,
            nbf,
        })
    }

    /// Whether it is for this server and this client, and good now.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, trusted: &AssertionIssuer, client: &Client, expected: Expected<'_>) -> Result<(), Refusal> {
        let now = expected.now / 1000;
        let longest = trusted.max_ttl.min(LONGEST_ASSERTION).as_seconds();
        if !trusted.is_for(&client.id) {
            return wrong("this client may not bring assertions of its issuer");
        }
        if trusted.kind == AssertionKind::IdJag && self.client.as_deref() != Some(client.id.as_str()) {
            return wrong("its client_id is not this client");
        }
        if !self.is_for(trusted.kind, expected) {
            return wrong("its aud is not this server alone");
        }
        if self.exp <= now {
            return wrong("its exp is over");
        }
        if self.exp > now + longest {
            return wrong("its exp is further ahead than its issuer may say");
        }
        let ahead = |time: Option<i64>| time.is_some_and(|time| time > now + AHEAD);
        if ahead(self.iat) || ahead(self.nbf) {
            return wrong("its iat or nbf is not there yet");
        }
        Ok(())
    }

    /// Whether every audience is this server: one that is for somebody else as well could be used there by us, and here by
    /// them.
    fn is_for(&self, kind: AssertionKind, expected: Expected<'_>) -> bool {
        let other = expected.token_endpoint.filter(|_| kind == AssertionKind::Jwt);
        let is_here = |name: &String| name == expected.issuer || Some(name.as_str()) == other;
        !self.audiences.names.is_empty() && self.audiences.names.iter().all(is_here)
    }
}

/// Whether a header, whose signature is right, is that of an assertion of this issuer.
///
/// # Errors
/// Another algorithm than its own; another kind of token.
pub fn accepts_header(trusted: &AssertionIssuer, header: &Header) -> Result<(), Refusal> {
    if !trusted.allows(header.algorithm) {
        return wrong("it is signed with another algorithm than its issuer's");
    }
    if !trusted.kind.is_typ(header.typ.as_deref()) {
        return wrong("its typ is that of another kind of token");
    }
    Ok(())
}

/// A text, or a few.
fn resources(claim: Option<Value>) -> Result<Vec<String>, Refusal> {
    const MOST: usize = 8;
    match claim {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(many)) if many.len() <= MOST => {
            let texts = many.into_iter().map(|one| match one {
                Value::String(text) => Ok(text),
                _ => wrong("its resource is no text"),
            });
            texts.collect()
        }
        Some(_) => wrong("its resource is no text, nor a list of a few"),
    }
}

/// A refusal of an assertion.
pub(crate) const fn wrong<T>(why: &'static str) -> Result<T, Refusal> {
    Err(Refusal::Further(Further::Assertion(why)))
}
