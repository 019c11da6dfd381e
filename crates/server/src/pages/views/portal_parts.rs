//! What several of the portal's pages show.

use serde::Serialize;

/// A team, as a link.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TeamLink {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// It is the one that is shown.
    pub is_chosen: bool,
}

/// A field of a form, as it was typed.
#[derive(Debug, Clone, Serialize)]
pub struct ScopeChoice {
    /// The scope.
    pub name: String,
    /// What an app with it may do.
    pub sentence: String,
    /// It gives much away.
    pub is_sensitive: bool,
    /// It was chosen.
    pub checked: bool,
    /// Why.
    pub reason: String,
}

/// A redirect URI and what is said of it.
#[derive(Debug, Clone, Serialize)]
pub struct CheckedUri {
    /// The URI.
    pub uri: String,
    /// The rule that it breaks, as messages call it; none: it can be used.
    pub rule: Option<&'static str>,
}
