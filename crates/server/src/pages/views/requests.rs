//! The page of what apps ask somebody who was elsewhere.

use super::{AccountNotice, Ago, ConsentScope, Masked, View};
use crate::pages::Moment;
use serde::Serialize;

/// A request that waits.
#[derive(Debug, Clone, Serialize)]
pub struct OwnRequest {
    /// Its id, as forms say it.
    pub id: String,
    /// What people call the app.
    pub name: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// Whether it is an agent, which goes on by itself.
    pub is_agent: bool,
    /// What it is about, as the app says it on its side as well.
    pub binding_message: Option<String>,
    /// What it asks for.
    pub scopes: Vec<ConsentScope>,
    /// When it came.
    pub asked: Ago,
    /// When it is over.
    pub until: Moment,
}

/// An app that may not ask any more.
#[derive(Debug, Clone, Serialize)]
pub struct BlockedEntry {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub since: Moment,
}

/// What apps ask.
#[derive(Debug, Clone, Serialize)]
pub struct OwnRequests {
    /// The path of the first page.
    pub base: String,
    /// What was done.
    pub notice: Option<AccountNotice>,
    /// What waits, the newest first.
    pub requests: Vec<OwnRequest>,
    /// Who may not ask.
    pub blocked: Vec<BlockedEntry>,
    /// Whether the page is in another language than the one in which the realm describes its scopes.
    pub translate_scopes: bool,
    /// Where the forms go.
    pub action: String,
    /// Ties them to this session.
    pub csrf: Masked,
}

impl View for OwnRequests {
    const TEMPLATE: &'static str = "account_requests.html";
}
