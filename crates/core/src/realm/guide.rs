//! The guide for integrators: who may read it.

use serde::{Deserialize, Serialize};

/// Who may read a realm's guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuideAudience {
    /// Nobody: there is none.
    #[default]
    None,
    /// Whoever is signed in at the realm.
    Partners,
    /// Everybody.
    Public,
}

/// `[guide]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct GuidePolicy {
    /// Who may read it.
    pub audience: GuideAudience,
}

impl GuidePolicy {
    /// Whether it says what a realm without it has.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is a guide.
    pub fn is_on(&self) -> bool {
        self.audience != GuideAudience::None
    }
}
