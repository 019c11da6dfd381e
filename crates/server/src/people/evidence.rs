//! What somebody agrees to, as it is kept: the sentences as they were shown, in their language; for which companies; to whom.

use crate::failure::Failure;
use crate::http::Incoming;
use crate::ids;
use crate::people::browser::Browser;
use crate::people::happened::Scene;
use crate::people::page::Speech;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::user::User;
use claviger_core::{Client, ScopeSet};
use claviger_store::{ConsentGrant, Evidence, SignedIn};
use serde_json::{Value, json};
use unic_langid::LanguageIdentifier;

/// Who agreed to what, where.
pub(crate) struct Agreed<'a> {
    pub(crate) state: &'a State,
    pub(crate) site: &'a Site,
    pub(crate) incoming: &'a Incoming,
    pub(crate) client: &'a Client,
    pub(crate) user: &'a User,
    /// The companies or sites that were chosen.
    pub(crate) organisations: &'a [String],
}

impl Scene<'_> {
    /// What was agreed to on our own page, where something was.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn agreed(
        self,
        (client, who): (&Client, &SignedIn),
        request: &AuthorizationRequest,
        given: Option<&ConsentGrant>,
        browser: &Browser,
    ) -> Result<Option<Evidence>, Failure> {
        let Some(given) = given else { return Ok(None) };
        let Self { state, site, incoming } = self;
        let language = Speech::of_browser(browser, request.ui_locales.as_deref()).language(site);
        let organisations = &given.organisations;
        let agreed = Agreed { state, site, incoming, client, user: &who.user, organisations };
        Ok(Some(agreed.to_our_page(request, language).await?))
    }
}

impl Agreed<'_> {
    /// What our own page showed in this language.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn to_our_page(
        &self,
        request: &AuthorizationRequest,
        language: Option<&LanguageIdentifier>,
    ) -> Result<Evidence, Failure> {
        let (realm, pages) = (&self.site.realm, self.state.pages.load_full());
        let lang = language.map(ToString::to_string).unwrap_or_default();
        let translate = language != self.site.languages.first();
        let sentence = |name: &str| {
            let said = realm.scope(name).map(|scope| scope.sentence.as_str()).filter(|said| !said.is_empty());
            json!({ "scope": name, "sentence": pages.sentence(&lang, name, said, translate) })
        };
        let sentences: Vec<Value> = request.asked_scope().iter().map(sentence).collect();
        self.kept(json!({ "language": lang, "sentences": sentences })).await
    }

    /// What the vendor's own page says that it showed: the scopes alone.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn to_another_page(&self, scope: &ScopeSet) -> Result<Evidence, Failure> {
        let scopes: Vec<Value> = scope.iter().map(|name| json!({ "scope": name })).collect();
        self.kept(json!({ "page": "the vendor's own", "sentences": scopes })).await
    }

    async fn kept(&self, shown: Value) -> Result<Evidence, Failure> {
        let (state, realm) = (self.state, &self.site.realm);
        let named = state.store.organisations(&realm.id, self.organisations).await?;
        let organisations: Vec<Value> = named.iter().map(|one| json!({ "id": one.id, "name": one.name })).collect();
        let doc = json!({
            "app": { "id": self.client.id, "name": self.client.name, "publisher": self.client.publisher },
            "organisations": organisations,
            "shown": shown,
        });
        let now = state.clock.now();
        Ok(Evidence {
            id: ids::new(now),
            realm: realm.id.clone(),
            user: self.user.id.clone(),
            client: self.client.id.clone(),
            doc: serde_json::to_string(&doc)?,
            address: self.incoming.client.to_string(),
            at: now,
            kept: realm.account.consent_evidence_ttl.as_millis(),
        })
    }
}
