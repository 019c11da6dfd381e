//! What a realm says of agents: apps that came by themselves, or that their vendor calls so.

use crate::span::Span;
use serde::{Deserialize, Serialize};

/// What `act` is called (RFC 8693 4.1).
pub const ACT: &str = "act";
/// What the claim says of an agent, where it is not `act`.
pub const AGENT: &str = "agent";
/// The longest time that can be chosen: ten years.
const LONGEST: Span = Span::seconds(315_360_000);
/// How many choices there are at most.
const MOST: usize = 6;

/// The agents of a realm: `[agents]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct AgentPolicy {
    /// The claim in which tokens say that an agent acts: `act`, or one of the realm's own, which then says `agent`.
    pub claim: String,
    /// For how long people may let an agent act.
    pub consent_times: Vec<ConsentTime>,
    /// Which of them is chosen where nobody chooses; absent: the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_consent_time: Option<ConsentTime>,
    /// How often in an hour one agent may ask one person for consent.
    pub asks_per_hour: u32,
}

/// For how long somebody lets an app act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ConsentTime {
    /// For so long.
    For(Span),
    /// Until they take it back.
    UntilTakenBack,
}

/// The word for what has no end.
const UNTIL_TAKEN_BACK: &str = "until-taken-back";

impl TryFrom<String> for ConsentTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == UNTIL_TAKEN_BACK {
            return Ok(Self::UntilTakenBack);
        }
        let span: Span = text
            .parse()
            .map_err(|_| format!("`{text}` is neither a length of time like \"1h\" nor \"{UNTIL_TAKEN_BACK}\""))?;
        if (Span::seconds(60)..=LONGEST).contains(&span) {
            Ok(Self::For(span))
        } else {
            Err(format!("`{text}`: between a minute and ten years"))
        }
    }
}

impl From<ConsentTime> for String {
    fn from(time: ConsentTime) -> Self {
        match time {
            ConsentTime::For(span) => span.to_string(),
            ConsentTime::UntilTakenBack => UNTIL_TAKEN_BACK.to_owned(),
        }
    }
}

impl ConsentTime {
    /// When it ends, for somebody who chose it at `now`.
    pub const fn until(self, now: i64) -> Option<i64> {
        match self {
            Self::For(span) => Some(now + span.as_millis()),
            Self::UntilTakenBack => None,
        }
    }
}

impl Default for AgentPolicy {
    fn default() -> Self {
        Self {
            claim: "client_kind".to_owned(),
            consent_times: vec![
                ConsentTime::For(Span::seconds(3600)),
                ConsentTime::For(Span::seconds(86_400)),
                ConsentTime::UntilTakenBack,
            ],
            default_consent_time: None,
            asks_per_hour: 20,
        }
    }
}

impl AgentPolicy {
    /// Whether it is as it is where nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Which time is chosen where nobody chooses.
    pub fn usual_time(&self) -> ConsentTime {
        let named = self.default_consent_time.filter(|time| self.consent_times.contains(time));
        named.or(self.consent_times.last().copied()).unwrap_or(ConsentTime::UntilTakenBack)
    }

    /// The time that a form names by its word; what is none of the realm's is the usual one.
    pub fn chosen(&self, word: Option<&str>) -> ConsentTime {
        let named = |time: &&ConsentTime| word.is_some_and(|word| String::from(**time) == word);
        self.consent_times.iter().find(named).copied().unwrap_or(self.usual_time())
    }

    /// What is wrong with it: the key, and why.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let is_word = |name: &str| {
            (1..=60).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if self.claim != ACT && (!is_word(&self.claim) || crate::claim_rule::is_reserved(&self.claim)) {
            return Some(("claim", "`act`, or a name of a-z, 0-9 and _ that no standard claim has"));
        }
        if self.consent_times.is_empty() || self.consent_times.len() > MOST {
            return Some(("consent-times", "between one and six times to choose from"));
        }
        let is_choice = |time: &ConsentTime| self.consent_times.contains(time);
        if self.default_consent_time.as_ref().is_some_and(|time| !is_choice(time)) {
            return Some(("default-consent-time", "it is not among consent-times"));
        }
        (self.asks_per_hour == 0).then_some(("asks-per-hour", "an agent that may never ask is no client"))
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentPolicy, ConsentTime};
    use crate::span::Span;

    fn policy(json: &str) -> AgentPolicy {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn times_are_read_and_written_as_people_write_them() {
        let policy = policy(r#"{"consent-times":["1h","until-taken-back"],"default-consent-time":"1h"}"#);
        assert_eq!(policy.consent_times, [ConsentTime::For(Span::seconds(3600)), ConsentTime::UntilTakenBack]);
        assert_eq!(policy.usual_time().until(1000), Some(3_601_000));
        assert_eq!(policy.chosen(Some("until-taken-back")), ConsentTime::UntilTakenBack);
        assert_eq!(policy.chosen(Some("9h")), policy.usual_time(), "nobody can choose what is not offered");
        assert_eq!(policy.chosen(None), policy.usual_time());
        let text = serde_json::to_string(&policy).unwrap();
        assert!(text.contains(r#""consent-times":["1h","until-taken-back"]"#), "{text}");
        for wrong in [r#"["soon"]"#, r#"["30s"]"#, r#"["4000d"]"#] {
            assert!(serde_json::from_str::<Vec<ConsentTime>>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(AgentPolicy::default().usual_time(), ConsentTime::UntilTakenBack);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let key = |json: &str| policy(json).problem().map(|(key, _)| key);
        assert_eq!(key("{}"), None);
        assert_eq!(key(r#"{"claim":"act"}"#), None);
        for claim in ["sub", "scope", "", "Kind", "a b", "client_id"] {
            assert_eq!(
                policy(&format!(r#"{{"claim":"{claim}"}}"#)).problem().map(|(key, _)| key),
                Some("claim"),
                "{claim}"
            );
        }
        assert_eq!(key(r#"{"consent-times":[]}"#), Some("consent-times"));
        assert_eq!(key(r#"{"default-consent-time":"2h"}"#), Some("default-consent-time"));
        assert_eq!(key(r#"{"asks-per-hour":0}"#), Some("asks-per-hour"));
    }
}
