//! What an app says about itself.

use serde::Serialize;

/// An app's own words.
#[derive(Debug, Clone, Default, Serialize)]
pub struct About {
    /// Its name, in the page's language where it has one in that.
    pub client_name: String,
    /// Its links.
    pub links: Vec<AboutLink>,
    /// Where this server's copy of its picture is; none where it has none, or none that people are shown.
    pub logo_url: Option<String>,
}

/// One link.
#[derive(Debug, Clone, Serialize)]
pub struct AboutLink {
    /// `home`, `policy` or `terms`.
    pub kind: &'static str,
    /// Where it leads.
    pub url: String,
    /// The host there, which people are shown.
    pub host: String,
}
