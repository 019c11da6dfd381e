//! What the account pages share: who is in front of them, their forms, what is said after one was sent.

use crate::http::Answer;
use crate::pages::views::{AccountNotice, Masked, View};
use crate::people::flow::Flow;
use crate::people::page::{Speech, no_store, see_other, view, with_browser};
use crate::people::show;
use crate::state::sites::Target;
use claviger_core::Params;
use claviger_store::{ActivityKind, Actor, SignedIn, Way};
use unic_langid::LanguageIdentifier;

/// Somebody in front of a page of their account.
pub(super) struct Desk<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) who: SignedIn,
    /// The path of the first account page.
    pub(super) base: String,
}

impl<'a> Desk<'a> {
    pub(super) fn new(flow: &'a Flow<'a>, who: SignedIn) -> Self {
        Self { flow, who, base: flow.site.page_path(Target::Account) }
    }

    /// The realm's and the user's id.
    pub(super) fn owner(&self) -> (&str, &str) {
        (&self.flow.site.realm.id, &self.who.user.id)
    }

    pub(super) fn now(&self) -> i64 {
        self.flow.state.clock.now()
    }

    /// When the last access token that may be out there expires.
    pub(super) fn tokens_until(&self) -> i64 {
        self.now() + self.flow.site.realm.longest_token()
    }

    /// What ties a form to this session.
    pub(super) fn csrf(&self) -> Masked {
        self.flow.browser.consent_token(&self.flow.state.secrets.forms, None).into()
    }

    /// Whether a form came from a page of this session's.
    pub(super) fn is_own(&self, params: &Params<'_>) -> bool {
        let (flow, token) = (self.flow, params.get("csrf").unwrap_or_default());
        flow.browser.is_own_consent(flow.site, flow.incoming, &flow.state.secrets.forms, None, token)
    }

    /// The language that they chose goes before what their browser says.
    fn speech(&self) -> Speech<'_> {
        let chosen = self.who.user.details.claims.get("locale").and_then(serde_json::Value::as_str);
        Speech::of_browser(self.flow.browser, chosen)
    }

    pub(super) fn language(&self) -> Option<&LanguageIdentifier> {
        self.speech().language(self.flow.site)
    }

    /// A page, which nobody keeps.
    pub(super) fn show(&self, page: &impl View) -> Answer {
        let mut answer = view(self.flow.state, self.flow.site, self.speech(), page);
        no_store(&mut answer);
        with_browser(answer, self.flow.site, self.flow.browser)
    }

    /// On to a page, which says what was done.
    pub(super) fn go(&self, tail: &str, notice: Option<AccountNotice>) -> Answer {
        let between = if tail.contains('?') { '&' } else { '?' };
        let said = notice.map(|notice| format!("{between}said={}", notice.name())).unwrap_or_default();
        see_other(&format!("{}{tail}{said}", self.base))
    }

    /// There is no such thing, or it is somebody else's.
    pub(super) fn not_found(&self) -> Answer {
        show::not_found(self.flow.state, self.flow.site, self.flow.incoming)
    }

    /// What the page's address says was done.
    pub(super) fn notice(params: &Params<'_>) -> Option<AccountNotice> {
        let said = params.get("said");
        AccountNotice::ALL.into_iter().find(|notice| Some(notice.name()) == said)
    }

    /// They, as the one who acts: by the id that says nothing by itself, because who acted stays in the log.
    pub(super) fn actor(&self) -> Actor {
        let reference = self.flow.incoming.id.to_string();
        Actor { name: self.who.user.id.clone(), way: Way::Account, reference }
    }

    pub(super) async fn note(&self, kind: ActivityKind, about: &str) {
        self.flow.scene().note(&self.who.user.id, kind, about).await;
    }
}
