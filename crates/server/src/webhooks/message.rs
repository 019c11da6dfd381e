//! What a webhook is told, and how it is signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::claims::id_text;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::hmac_sha256;
use claviger_core::token::{Id, Plain};
use claviger_store::{Delivery, event_kind};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

/// How a secret begins.
const PREFIX: &str = "whsec_";

/// A new secret: 32 random bytes.
pub(crate) fn new_secret() -> Plain {
    let random: [u8; 32] = random_bytes();
    Plain::new(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// The user that a delivery is about, by their own id.
pub(super) fn user(delivery: &Delivery) -> Option<String> {
    data(delivery).get("user")?.as_str().map(str::to_owned)
}

/// The body. `subject`: in place of the user's own id.
pub(super) fn body(delivery: &Delivery, subject: Option<&str>) -> String {
    let mut data = data(delivery);
    if let Some(subject) = subject {
        data.insert("user".to_owned(), subject.into());
    }
    let version = event_kind(&delivery.event).map_or(1, |kind| kind.version);
    let at = jiff::Timestamp::from_millisecond(delivery.created_at).map(|at| at.to_string()).unwrap_or_default();
    json!({
        "type": delivery.event,
        "version": version,
        "timestamp": at,
        "realm": delivery.realm,
        "data": data,
    })
    .to_string()
}

fn data(delivery: &Delivery) -> Map<String, Value> {
    serde_json::from_str(&delivery.data).unwrap_or_default()
}

/// The headers: id, time, and a signature for each live secret.
pub(super) fn headers(id: &Id, now: i64, body: &str, secrets: &[Plain]) -> HeaderMap {
    let (id, seconds) = (format!("msg_{}", id_text(id)), now.div_euclid(1000).to_string());
    let content = format!("{id}.{seconds}.{body}");
    let signatures: Vec<String> = secrets.iter().filter_map(|secret| signature(secret, &content)).collect();
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signatures.join(" "))]
    {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

fn signature(secret: &Plain, content: &str) -> Option<String> {
    let key = STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()?;
    Some(format!("v1,{}", STANDARD.encode(hmac_sha256(&key, content.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::{Delivery, Plain, body, headers, signature};

    /// The example of the specification's libraries.
    #[test]
    fn it_signs_as_the_specification_says() {
        let secret = Plain::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let content = r#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(&secret, content).as_deref(), Some(expected));
        assert_eq!(signature(&Plain::new("MfKQ9r8G".to_owned()), content), None);
    }

    #[test]
    fn an_app_hears_of_a_user_by_the_name_it_knows() {
        let delivery = Delivery {
            id: [7; 16],
            webhook: "w".into(),
            realm: "r".into(),
            event: "consent.withdrawn".into(),
            data: r#"{"app":"a","user":"u","grants":1}"#.into(),
            created_at: 1_700_000_000_123,
            queued_at: 0,
            status: "waiting".into(),
            attempts: 0,
            tried_at: None,
            code: None,
            outcome: None,
        };
        let told: serde_json::Value = serde_json::from_str(&body(&delivery, Some("pairwise"))).unwrap();
        assert_eq!(told["data"], serde_json::json!({ "app": "a", "user": "pairwise", "grants": 1 }));
        assert_eq!((&told["type"], &told["version"]), (&"consent.withdrawn".into(), &1.into()));
        assert_eq!(told["timestamp"], "2023-11-14T22:13:20.123Z");
        let secrets = [super::new_secret(), super::new_secret()];
        let headers = headers(&delivery.id, 1_700_000_000_999, "{}", &secrets);
        assert_eq!(headers["webhook-id"], "msg_07070707070707070707070707070707");
        assert_eq!(headers["webhook-timestamp"], "1700000000");
        assert_eq!(headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
    }
}
