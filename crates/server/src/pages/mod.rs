//! What people see: server-rendered pages and mails, which need no script.
//!
//! 1. [`views`] holds one plain struct per page: what the page needs, nothing about HTTP.
//! 2. [`Pages::page`] renders one of them in a [`Brand`] and returns a [`Page`]; it cannot fail.
//! 3. [`Pages::mail`] does the same for the mails of [`mails`].
//! 4. [`security_headers`] gives the headers that every page is sent with.
//!
//! Templates have no words of their own: they name messages, and [`Languages`] says in which language.
//!
//! The templates, the style sheet and the strings are compiled in. An operator's folder may replace any single
//! file of them; [`Pages::new`] renders every page with sample data before it accepts such a folder, so that a
//! mistake stops the start with file and line and is never found by a visitor.

mod accent;
mod bidi;
mod brand;
mod cause;
mod colour;
mod compare;
mod dates;
mod escape;
mod functions;
mod headers;
mod language;
mod locale;
pub mod mails;
mod pair;
pub(crate) mod preview;
mod render;
mod samples;
mod script;
mod snippets;
mod sources;
pub mod views;

#[cfg(test)]
pub(crate) mod tests;

pub use accent::rules as accent_rules;
pub use brand::{Brand, Link};
pub use cause::Cause;
pub use compare::{Part, RedirectComparison, nearest_redirect};
pub use dates::Moment;
pub use headers::{HTML_TYPE, security_headers};
pub use language::Languages;
pub(crate) use language::choose as choose_language;
pub use render::{Page, Pages};
pub use snippets::TokenCall;
pub use sources::{LIVE_SCRIPT, PASSKEY_SCRIPT, PORTAL_SCRIPT, SCRIPT};

use sources::PagesError;
use std::path::Path;

impl Pages {
    /// Compiles the built-in files, with those of the operator's folder `overrides` in their place; every page of an
    /// operator is tried before a visitor sees it.
    ///
    /// # Errors
    /// The first thing that is wrong with the folder, with file and line: see [`PagesError`].
    pub fn new(overrides: Option<&Path>) -> Result<Self, PagesError> {
        let (pages, replaced) = Self::compile(overrides)?;
        if overrides.is_some() {
            for lang in &pages.languages().known {
                let tried = samples::try_all(&pages, &lang.to_string());
                tried.map_err(|error| render::located(&error, &replaced))?;
            }
        }
        Ok(pages)
    }
}
