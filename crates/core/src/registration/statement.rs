//! Software statements (RFC 7591 2.3): what somebody whom the realm trusts says of a client, signed, goes before what the client says.

use super::{RegistrationError, RegistrationRefusal, wrong};
use crate::jose::{JwkSet, VerifyingKeys, from_base64url, verify_jwt};
use crate::realm::{Realm, SoftwareIssuer};
use serde_json::{Map, Value};

/// How far a clock of somebody else may be ahead, in seconds.
const SLACK: i64 = 60;

/// Claims of the statement itself; the client's members never have these names.
const OF_ITSELF: [&str; 8] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "software_statement"];

/// The metadata with what its software statement says in place of the client's own words. `now` in milliseconds.
///
/// # Errors
/// The statement is wrong, over, of somebody who has no say here, or missing where the realm wants one.
pub fn believed(
    metadata: Map<String, Value>,
    realm: &Realm,
    now: i64,
) -> Result<Map<String, Value>, RegistrationRefusal> {
    let statement = match metadata.get("software_statement").filter(|value| !super::is_nothing(value)) {
        None if realm.registration.require_software_statement => {
            return Err(wrong("software_statement", "it is required here"));
        }
        None => return Ok(metadata),
        Some(Value::String(statement)) => statement.clone(),
        Some(_) => return Err(invalid("it must be a text")),
    };
    let claims = checked(&statement, realm, now / 1000)?;
    let mut believed = metadata;
    believed.extend(claims.into_iter().filter(|(name, _)| !OF_ITSELF.contains(&name.as_str())));
    Ok(believed)
}

fn invalid(why: &str) -> RegistrationRefusal {
    RegistrationError::InvalidSoftwareStatement.because(format!("software_statement: {why}"))
}

fn checked(statement: &str, realm: &Realm, now: i64) -> Result<Map<String, Value>, RegistrationRefusal> {
    let issuer = issuer(statement, realm)?;
    let set: Result<JwkSet, _> = serde_json::from_str(&issuer.jwks);
    let keys = set.ok().and_then(|set| VerifyingKeys::from_set(&set).ok()).unwrap_or_default();
    let decoded = verify_jwt(statement, &keys, None).map_err(|error| invalid(&error.to_string()))?;
    let Ok(Value::Object(claims)) = serde_json::from_slice(&decoded.claims) else {
        return Err(invalid("its claims are no JSON object"));
    };
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| invalid("a time in it is no number of seconds")),
    };
    if time("exp")?.is_some_and(|exp| exp <= now) {
        return Err(invalid("it is over"));
    }
    if time("nbf")?.is_some_and(|nbf| nbf > now + SLACK) || time("iat")?.is_some_and(|iat| iat > now + SLACK) {
        return Err(invalid("it is not valid yet"));
    }
    if claims.get("aud").is_some_and(|aud| !names(aud, realm)) {
        return Err(invalid("it is for another server"));
    }
    Ok(claims)
}

/// Who made it, as far as it says; believed once its signature fits.
fn issuer<'r>(statement: &str, realm: &'r Realm) -> Result<&'r SoftwareIssuer, RegistrationRefusal> {
    let claims = statement.split('.').nth(1).and_then(from_base64url).ok_or_else(|| invalid("it is no signed JWT"))?;
    let claims: Value = serde_json::from_slice(&claims).map_err(|_| invalid("its claims are no JSON object"))?;
    let Some(iss) = claims.get("iss").and_then(Value::as_str) else {
        return Err(invalid("it does not say who made it"));
    };
    let known = realm.registration.software_issuers.iter().find(|known| known.issuer == iss);
    known.ok_or_else(|| {
        RegistrationError::UnapprovedSoftwareStatement.because("statements of this issuer do not count here")
    })
}

fn names(audience: &Value, realm: &Realm) -> bool {
    let is_here = |value: &Value| value.as_str() == Some(realm.issuer.as_str());
    is_here(audience) || audience.as_array().is_some_and(|all| all.iter().any(is_here))
}
