//! Times as the API spells them: RFC 3339 in UTC, whole seconds.

use jiff::Timestamp;
use serde_json::Value;

/// Of milliseconds.
pub(super) fn time(millis: i64) -> Value {
    match Timestamp::from_second(millis.div_euclid(1000)) {
        Ok(time) => time.to_string().into(),
        // What no calendar has.
        Err(_) => Value::Null,
    }
}

/// The same of what may not be.
pub(super) fn or_null(millis: Option<i64>) -> Value {
    millis.map_or(Value::Null, time)
}

/// In milliseconds.
pub(super) fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}
