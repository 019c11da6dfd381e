//! Request objects (RFC 9101, OpenID Connect Core 6): an authorization request as the claims of a JWT.
//!
//! 1. [`open`] checks the signature against the client's keys, or lets an unsigned one pass where the client is registered so;
//!    [`open_by_secret`] checks one that was made with its secret.
//! 2. [`RequestObject::params`] checks who made it, for whom and until when, and answers the parameters.
//!
//! Of a request whose object is signed nothing outside of the object counts (RFC 9101 6.3). An unsigned one protects nothing, and
//! parameters beside it add to those inside (OpenID Connect Core 6.1).

pub use crate::object_algorithm::ObjectAlgorithm;

use crate::jose::{Algorithm, JwtError, MacKey, VerifyingKeys, unsigned_claims, verify_hs256, verify_jwt};
use crate::params::Params;
use crate::profile::Profile;
use crate::refusal::Refusal;
use serde_json::{Map, Value};

/// Clocks differ by so many seconds.
const LEEWAY: i64 = 10;

/// A request object whose signature is right, or which has none and needs none.
#[derive(Debug, Clone)]
pub struct RequestObject {
    claims: Map<String, Value>,
    /// It was signed by the client.
    pub is_signed: bool,
    /// With which key of its own; none where it was with its secret.
    pub algorithm: Option<Algorithm>,
}

/// Who must have made a request object, for whom, and beside which parameters it came.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The client.
    pub client: &'a str,
    /// The realm's issuer.
    pub issuer: &'a str,
    /// What came beside it.
    pub outside: &'a Params<'a>,
    /// The profile that it has to keep to.
    pub profile: Option<Profile>,
    /// Now, in milliseconds.
    pub now: i64,
}

/// Checks form and signature. `registered`: what the client says that signs its objects; unsigned ones are for clients that
/// say so, and nobody's otherwise (RFC 9101 10.1).
///
/// # Errors
/// As [`verify_jwt`]; another algorithm than the registered one; of another type (RFC 9101 10.8).
pub fn open(text: &str, keys: &VerifyingKeys, registered: Option<ObjectAlgorithm>) -> Result<RequestObject, JwtError> {
    let (claims, algorithm) = match verify_jwt(text, keys, None) {
        Err(JwtError::AlgorithmNone) if registered == Some(ObjectAlgorithm::None) => (unsigned_claims(text)?, None),
        Err(error) => return Err(error),
        Ok(decoded) => {
            if registered.is_some_and(|only| only != ObjectAlgorithm::Signed(decoded.header.algorithm)) {
                return Err(JwtError::AlgorithmMismatch);
            }
            if decoded.header.typ.as_deref().is_some_and(|typ| !is_request_type(typ)) {
                return Err(JwtError::TypWrong);
            }
            (decoded.claims, Some(decoded.header.algorithm))
        }
    };
    let claims = serde_json::from_slice(&claims).map_err(|_| JwtError::ClaimsMalformed)?;
    Ok(RequestObject { claims, is_signed: algorithm.is_some(), algorithm })
}

/// Checks form and tag of one that the client made with its secret (HS256, OpenID Connect Core 6.1): with one of `keys`.
///
/// # Errors
/// As [`verify_hs256`]; of another type.
pub fn open_by_secret(text: &str, keys: &[MacKey]) -> Result<RequestObject, JwtError> {
    let decoded = verify_hs256(text, keys)?;
    if decoded.typ.as_deref().is_some_and(|typ| !is_request_type(typ)) {
        return Err(JwtError::TypWrong);
    }
    let claims = serde_json::from_slice(&decoded.claims).map_err(|_| JwtError::ClaimsMalformed)?;
    Ok(RequestObject { claims, is_signed: true, algorithm: None })
}

/// What was encrypted, and is no signed token inside: claims, for clients that may leave the signature out (OpenID Connect Core 6.1).
///
/// # Errors
/// The client is not registered so; it is no JSON object.
pub fn of_claims(json: &[u8], registered: Option<ObjectAlgorithm>) -> Result<RequestObject, JwtError> {
    if registered != Some(ObjectAlgorithm::None) {
        return Err(JwtError::AlgorithmNone);
    }
    let claims = serde_json::from_slice(json).map_err(|_| JwtError::ClaimsMalformed)?;
    Ok(RequestObject { claims, is_signed: false, algorithm: None })
}

/// `oauth-authz-req+jwt`, or what programs write who name no type of their own.
fn is_request_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "oauth-authz-req+jwt" | "jwt")
}

impl RequestObject {
    /// The parameters of the request.
    ///
    /// # Errors
    /// It is another client's, for another server, over or not yet good, holds another request, or contradicts what came
    /// beside it.
    pub fn params(&self, expected: Expected<'_>) -> Result<Params<'static>, Refusal> {
        self.check(expected)?;
        let own = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];
        let mut pairs = Vec::new();
        for (name, value) in self.claims.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            match value {
                Value::Null => {}
                Value::String(text) => pairs.push((name.clone(), text.clone())),
                // `resource`, which alone may repeat.
                Value::Array(items) if name == "resource" => {
                    pairs.extend(items.iter().filter_map(Value::as_str).map(|item| (name.clone(), item.to_owned())));
                }
                other => pairs.push((name.clone(), other.to_string())),
            }
        }
        let inside = Params::of_pairs(pairs)?;
        Ok(if self.is_signed { inside } else { inside.beside(expected.outside) })
    }

    fn check(&self, expected: Expected<'_>) -> Result<(), Refusal> {
        let wrong = |why| Err(Refusal::RequestObject(why));
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str);
        let is = |name: &str, wanted: &str| self.claims.get(name).is_none_or(|found| found.as_str() == Some(wanted));
        if self.claims.contains_key("request") || self.claims.contains_key("request_uri") {
            return wrong("it holds another request");
        }
        if !is("client_id", expected.client) || !is("iss", expected.client) {
            return wrong("it was made by another client than the one that sends it");
        }
        if self.is_signed && text("client_id").is_none() && text("iss").is_none() {
            return wrong("it says neither iss nor client_id");
        }
        // A client authenticates with a JWT about itself: that is no request (RFC 9101 10.8).
        if text("sub") == Some(expected.client) {
            return wrong("its sub is the client: this is a client assertion");
        }
        if !self.is_for(expected.issuer) {
            return wrong("its aud is not this issuer");
        }
        let outside = expected.outside.get("response_type");
        if outside.is_some_and(|outside| text("response_type").is_some_and(|inside| inside != outside)) {
            return wrong("its response_type is another one than beside it");
        }
        let now = expected.now / 1000;
        if expected.profile.is_some() && self.is_signed {
            self.is_short(now)?;
        }
        match self.time("exp")? {
            Some(exp) if exp <= now => return wrong("its exp is over"),
            _ => {}
        }
        match self.time("nbf")? {
            Some(nbf) if nbf > now + LEEWAY => wrong("its nbf is not there yet"),
            _ => Ok(()),
        }
    }

    /// Whether it says for whom and for how long it is, and that is an hour at most (FAPI 2.0 Message Signing 5.3.1).
    fn is_short(&self, now: i64) -> Result<(), Refusal> {
        const HOUR: i64 = 3600;
        let (exp, nbf) = (self.time("exp")?, self.time("nbf")?);
        let (Some(exp), Some(nbf)) = (exp, nbf) else {
            return Err(Refusal::RequestObject("it must have the claims nbf and exp"));
        };
        if !self.claims.contains_key("aud") {
            return Err(Refusal::RequestObject("it must have the claim aud"));
        }
        if nbf < now.saturating_sub(HOUR) {
            return Err(Refusal::RequestObject("its nbf is more than 60 minutes ago"));
        }
        if exp > nbf.saturating_add(HOUR) {
            return Err(Refusal::RequestObject("its exp is more than 60 minutes after its nbf"));
        }
        Ok(())
    }

    /// Whether `aud` names the issuer; one that names nobody is for whoever gets it.
    fn is_for(&self, issuer: &str) -> bool {
        match self.claims.get("aud") {
            None => true,
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(issuer)),
            Some(one) => one.as_str() == Some(issuer),
        }
    }

    /// A time in seconds.
    fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let whole = |number: f64| if number.is_finite() { format!("{:.0}", number.trunc()).parse().ok() } else { None };
        let seconds = value.as_i64().or_else(|| value.as_f64().and_then(whole));
        seconds.map(Some).ok_or(Refusal::RequestObject("a time in it is not a number of seconds"))
    }
}

#[cfg(test)]
mod tests;
