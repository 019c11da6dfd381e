//! The APIs that a token is for: nearly always one (RFC 7519 4.1.3, RFC 8707).

use crate::unique::distinct;
use serde::{Deserialize, Serialize};

/// An API that was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotGranted;

/// One API or several, by their audiences; as `aud` has it, a text or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several, none twice.
    Several(Vec<String>),
}

impl Audience {
    /// Those of a list; `None` for an empty one.
    pub fn of(names: &[&str]) -> Option<Self> {
        match distinct(names.iter().copied()).as_slice() {
            [] => None,
            [one] => Some(Self::One((*one).to_owned())),
            several => Some(Self::Several(several.iter().map(|name| (*name).to_owned()).collect())),
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match self {
            Self::One(one) => (Some(one.as_str()), [].as_slice()),
            Self::Several(several) => (None, several.as_slice()),
        };
        one.into_iter().chain(several.iter().map(String::as_str))
    }

    /// Whether `name` is one of them.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|mine| mine == name)
    }

    /// Those that a token is asked for (RFC 8707 2.2); `None`: all of these.
    ///
    /// # Errors
    /// One that is not among these.
    pub fn narrowed(&self, asked: &[&str]) -> Result<Option<Self>, NotGranted> {
        if !asked.iter().all(|name| self.contains(name)) {
            return Err(NotGranted);
        }
        Ok(Self::of(asked).filter(|asked| asked.iter().count() < self.iter().count()))
    }
}

impl From<&str> for Audience {
    fn from(name: &str) -> Self {
        Self::One(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Audience, NotGranted};

    #[test]
    fn one_is_a_text_and_several_are_a_list() {
        let (one, two) = (Audience::of(&["a", "a"]).unwrap(), Audience::of(&["a", "b", "a"]).unwrap());
        assert_eq!((one.clone(), Audience::of(&[])), (Audience::from("a"), None));
        for (audience, json) in [(one, "\"a\""), (two, "[\"a\",\"b\"]")] {
            assert_eq!(serde_json::to_string(&audience).unwrap(), json);
            assert_eq!(serde_json::from_str::<Audience>(json).unwrap(), audience);
        }
    }

    #[test]
    fn a_token_is_for_some_of_what_was_granted_and_for_no_more() {
        let granted = Audience::of(&["a", "b"]).unwrap();
        let asked = |names: &[&str]| granted.narrowed(names);
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&["b"]), Ok(Some(Audience::from("b"))));
        assert_eq!(asked(&["b", "a"]), Ok(None), "all of them");
        assert_eq!(asked(&["a", "c"]), Err(NotGranted));
        assert_eq!(Audience::from("a").narrowed(&["a"]), Ok(None));
    }
}
