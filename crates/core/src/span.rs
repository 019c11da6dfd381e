//! Lengths of time as people write them in a file: `"30m"`, `"20 minutes"` is not one, `1800` is.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time in whole seconds. Written as a number of seconds or as a number and a unit: `s`, `m`, `h`, `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u32);

impl Span {
    /// A span of this many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Its length in seconds, as `expires_in` shows it.
    pub const fn as_seconds(self) -> i64 {
        self.0 as i64
    }

    /// Its length in milliseconds, as times are stored.
    pub const fn as_millis(self) -> i64 {
        self.0 as i64 * 1000
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a length of time; write seconds or a number with s, m, h or d, like \"30m\"");
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        number.parse::<u32>().ok().and_then(|n| n.checked_mul(factor)).map(Self).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n if n >= 86_400 && n % 86_400 == 0 => write!(f, "{}d", n / 86_400),
            n if n >= 3600 && n % 3600 == 0 => write!(f, "{}h", n / 3600),
            n if n >= 60 && n % 60 == 0 => write!(f, "{}m", n / 60),
            n => write!(f, "{n}s"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Span;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("seconds, or a number with s, m, h or d, like \"30m\"")
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Span, E> {
                u32::try_from(v).map(Span).map_err(|_| E::custom("a length of time is between 0 and 136 years"))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Span, E> {
                u32::try_from(v).map(Span).map_err(|_| E::custom("a length of time is between 0 and 136 years"))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Span, E> {
                v.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn units_are_read_and_written() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800)] {
            assert_eq!(text.parse::<Span>().unwrap().as_seconds(), seconds);
        }
        assert_eq!(Span::seconds(1800).to_string(), "30m");
        for bad in ["", "m", "1w", "-1", "99999999999", "100000000d", "3 m"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }
}
