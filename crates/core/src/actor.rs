//! Who acts for the subject of a token (RFC 8693 4.1), and who may (4.4).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The member `act`: who acts now, and within it who acted before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Whose server named them, where that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Their name.
    pub sub: String,
    /// Who acted before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Self>>,
}

impl Actor {
    /// More actors, one within another, than a token may name: each exchange adds one, and every API has to read them.
    pub const MOST: usize = 4;

    /// The present actor, with those of before within; `None` where these are too many.
    pub fn after(sub: String, before: Option<Box<Self>>) -> Option<Box<Self>> {
        let deep = before.as_ref().map_or(0, |before| before.depth());
        (deep < Self::MOST).then(|| Box::new(Self { iss: None, sub, act: before }))
    }

    /// How many there are, one within another.
    pub fn depth(&self) -> usize {
        let mut deep = 1;
        let mut next = self.act.as_deref();
        while let Some(actor) = next {
            deep += 1;
            next = actor.act.as_deref();
        }
        deep
    }
}

/// Whether `may_act` names this party of `issuer` (RFC 8693 4.4). A claim without `sub` names nobody.
pub fn may_act(claim: &Value, issuer: &str, party: &str) -> bool {
    let text = |name: &str| claim.get(name).map(|value| value.as_str().unwrap_or_default());
    text("sub") == Some(party) && text("iss").is_none_or(|iss| iss == issuer)
}

#[cfg(test)]
mod tests {
    use super::{Actor, may_act};
    use serde_json::json;

    #[test]
    fn the_present_actor_is_outermost_and_they_are_few() {
        let one = Actor::after("one".to_owned(), None);
        let two = Actor::after("two".to_owned(), one).unwrap();
        assert_eq!(serde_json::to_value(&two).unwrap(), json!({ "sub": "two", "act": { "sub": "one" } }));
        let mut chain = Some(two);
        for _ in 2..Actor::MOST {
            chain = Actor::after("more".to_owned(), chain);
        }
        assert_eq!(chain.as_ref().map(|actor| actor.depth()), Some(Actor::MOST));
        assert_eq!(Actor::after("beyond".to_owned(), chain), None);
    }

    #[test]
    fn who_may_act_is_named_by_subject_and_issuer() {
        let issuer = "https://as.example";
        assert!(may_act(&json!({ "sub": "a" }), issuer, "a"));
        assert!(may_act(&json!({ "sub": "a", "iss": issuer }), issuer, "a"));
        for other in [
            json!({ "sub": "b" }),
            json!({ "sub": "a", "iss": "https://other.example" }),
            json!({ "sub": ["a"] }),
            json!({ "sub": "a", "iss": 1 }),
            json!({ "iss": issuer }),
            json!("a"),
            json!(null),
        ] {
            assert!(!may_act(&other, issuer, "a"), "{other}");
        }
    }
}
