//! Keycloak's credentials: JSON, of today (`credentialData` and `secretData`, as objects or as texts) and of before (all in one).

use crate::argon;
use crate::encoding::base64;
use crate::pbkdf2::{self, Prf};
use crate::{Check, Read, Refused};
use argon2::{Algorithm, Version};
use serde_json::{Map, Value};

const NAME: &str = "Keycloak";

/// A JSON object.
pub(crate) fn read(text: &str) -> Read {
    text.starts_with('{')
        .then(|| serde_json::from_str::<Map<String, Value>>(text).ok())
        .flatten()
        .map(|json| parse(&json))
}

fn parse(json: &Map<String, Value>) -> Result<Box<dyn Check>, Refused> {
    let wrong = |why| Refused::Malformed { family: NAME, why };
    let mut all = json.clone();
    for name in ["credentialData", "secretData"] {
        let inner = match json.get(name) {
            Some(Value::String(text)) => serde_json::from_str(text).ok(),
            Some(Value::Object(members)) => Some(members.clone()),
            _ => None,
        };
        all.extend(inner.into_iter().flatten());
    }
    let text = |names: [&str; 2]| names.iter().find_map(|name| all.get(*name)?.as_str());
    let hash = text(["value", "hashedSaltedValue"]).and_then(base64);
    let salt = text(["salt", "salt"]).and_then(base64);
    let rounds = all.get("hashIterations").and_then(Value::as_u64).and_then(|rounds| u32::try_from(rounds).ok());
    let algorithm = text(["algorithm", "algorithm"]).unwrap_or("pbkdf2");
    if algorithm == "argon2" {
        let (Some(salt), Some(hash), Some(passes)) = (salt, hash, rounds) else {
            return Err(wrong("it has a value, a salt and iterations"));
        };
        return argon2(&all, passes, salt, hash);
    }
    let prf = match algorithm {
        "pbkdf2" => Some(Prf::Sha1),
        other => other.strip_prefix("pbkdf2-").and_then(Prf::named),
    };
    if prf.is_none() {
        return Err(wrong("its algorithm is pbkdf2, pbkdf2-sha256, pbkdf2-sha512 or argon2"));
    }
    Ok(Box::new(pbkdf2::Hash::new(prf, rounds, salt, hash)?))
}

/// Its further parameters are lists of one text each.
fn argon2(json: &Map<String, Value>, passes: u32, salt: Vec<u8>, hash: Vec<u8>) -> Result<Box<dyn Check>, Refused> {
    let wrong = |why| Refused::Malformed { family: NAME, why };
    let further = json.get("additionalParameters").and_then(Value::as_object);
    let one = |name: &str| further.and_then(|further| further.get(name)?.get(0)?.as_str());
    let number = |name: &str| one(name).and_then(|text| text.parse::<u32>().ok());
    let algorithm = match one("type").unwrap_or("id") {
        "id" => Algorithm::Argon2id,
        "i" => Algorithm::Argon2i,
        "d" => Algorithm::Argon2d,
        _ => return Err(wrong("its type is i, d or id")),
    };
    let version = if one("version") == Some("1.0") { Version::V0x10 } else { Version::V0x13 };
    let (Some(memory), Some(lanes)) = (number("memory"), number("parallelism")) else {
        return Err(wrong("its additional parameters are memory and parallelism"));
    };
    Ok(Box::new(argon::Hash::new(algorithm, version, [memory, passes, lanes], salt, hash)?))
}
