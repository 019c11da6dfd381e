//! Days and times on pages: as ISO 8601 writes them, in UTC, which reads alike in every language.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

/// A moment, for people and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// `2026-11-27`.
    pub day: String,
    /// `2026-11-27 14:05 UTC`.
    pub minute: String,
    /// `2026-11-27 14:05:09 UTC`.
    pub second: String,
    /// As an attribute says it.
    pub exact: String,
}

impl Moment {
    /// So many milliseconds after the epoch.
    pub fn of(millis: i64) -> Self {
        let at = Timestamp::from_millisecond(millis).unwrap_or_default();
        let there = at.to_zoned(TimeZone::UTC);
        Self {
            day: there.strftime("%Y-%m-%d").to_string(),
            minute: there.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            second: there.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            exact: at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn a_moment_is_told_in_utc() {
        let moment = Moment::of(1_800_000_000_000);
        assert_eq!((&*moment.day, &*moment.minute), ("2027-01-15", "2027-01-15 08:00 UTC"));
        assert_eq!(moment.second, "2027-01-15 08:00:00 UTC");
        assert_eq!(moment.exact, "2027-01-15T08:00:00Z");
    }
}
