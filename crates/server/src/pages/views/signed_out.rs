//! The page after a log-out.

use super::View;
use crate::pages::script::ByItself;
use claviger_core::redirect::origin;
use serde::Serialize;

/// After a log-out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SignedOut {
    /// Where to start again.
    pub again_url: Option<String>,
    /// The app that asked for it, where it may be gone back to.
    pub back: Option<AppLink>,
    /// The person said yes to that: the page goes there by itself when the frames are loaded.
    pub goes_on: bool,
    /// The apps that are told of it by a frame (OpenID Connect Front-Channel Logout 1.0), with what the frame loads.
    pub frames: Vec<AppLink>,
}

/// The way to an app.
#[derive(Debug, Clone, Serialize)]
pub struct AppLink {
    /// Its name.
    pub app: String,
    /// A registered address.
    pub url: String,
}

impl View for SignedOut {
    const TEMPLATE: &'static str = "signed_out.html";

    fn by_itself(&self) -> Option<ByItself> {
        self.goes_on.then_some(ByItself::GoOn)
    }

    fn frames(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.frames.iter().filter_map(|frame| origin(&frame.url)).collect();
        origins.sort();
        origins.dedup();
        origins
    }
}
