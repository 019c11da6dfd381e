//! The exchange of a code (RFC 6749 4.1.3), as far as it needs the server: the code is loaded, or recalled, with its user and
//! their consent, and one that comes again is told from one that is over.

use crate::app::App;
use crate::clients::Authenticated;
use crate::endpoints::token::use_legacy;
use crate::failure::Failure;
use crate::issue::{self, Origin};
use crate::sites::Site;
use claviger_core::Refusal;
use claviger_core::dialect::Legacy;
use claviger_core::grant::{self, Decision};
use claviger_core::granted::CodeBinding;
use claviger_core::token::{Id, Plain, hash_is};
use claviger_core::token_request::TokenRequest;
use claviger_store::CodeRow;

/// How often an exchange looks again where what it rests on has changed meanwhile.
const TRIES: usize = 4;

/// What is asked, by whom.
pub(super) struct Exchange<'a> {
    pub(super) app: &'a App,
    pub(super) site: &'a Site,
    pub(super) client: &'a Authenticated,
    pub(super) request: &'a TokenRequest,
    /// The id inside of the code.
    pub(super) id: &'a Id,
    /// The code, whole.
    pub(super) code: &'a Plain,
}

impl Exchange<'_> {
    /// The answer's body.
    ///
    /// # Errors
    /// As [`grant::authorization_code`]; the consent is gone; unknown, over; exchanged before, which revokes what it gave;
    /// no seat; the store's faults.
    pub(super) async fn answer(&self) -> Result<Vec<u8>, Failure> {
        if let Some(recalled) = self.app.recall.take_code(self.id) {
            match self.once(&recalled).await {
                // What was recalled may not be so any more.
                Err(Failure::Refusal(_)) => {}
                decided => return decided,
            }
        }
        for _ in 1..TRIES {
            let row = self.app.store.code(self.id).await?.ok_or(Refusal::CodeUnknown)?;
            match self.once(&row).await {
                // Where the user or their consent has changed since it was read, the next look says how.
                Err(Failure::Refusal(Refusal::GrantUnbacked)) => {}
                decided => return decided,
            }
        }
        Err(Refusal::GrantUnbacked.into())
    }

    async fn once(&self, row: &CodeRow) -> Result<Vec<u8>, Failure> {
        let Self { app, site, client, code, .. } = *self;
        if row.code.realm != site.realm.id || !hash_is(code.expose(), row.code.hash.as_slice()) {
            return Err(Refusal::CodeUnknown.into());
        }
        let binding: CodeBinding = serde_json::from_str(&row.code.doc)?;
        let decision = self.decide(&binding, row).await?;
        // Whoever could exchange it, or could have before its user changed their mind, has it for the second time.
        if row.redeemed_at.is_some() && matches!(decision, Ok(_) | Err(Refusal::GrantUnbacked)) {
            return self.replayed().await;
        }
        let decision = decision?;
        if row.code.expires_at <= app.clock.now() {
            return Err(Refusal::CodeExpired.into());
        }
        if binding.challenge.is_none() {
            use_legacy(app, site, client, Legacy::NoPkce)?;
        }
        match issue::token_answer(app, site, client.client(), decision, Origin::Code { row }).await {
            Err(Failure::Refusal(Refusal::CodeReplayed)) => self.replayed().await,
            other => other,
        }
    }

    /// What the code comes to, for its user as they are and what they consent to now.
    async fn decide(&self, binding: &CodeBinding, row: &CodeRow) -> Result<Result<Decision, Refusal>, Failure> {
        let Self { app, site, client, request, .. } = *self;
        let realm = &site.realm;
        // A server of before schema 2 kept the user in the document only.
        let (late, late_consent) = if row.code.user.is_none() {
            let user = app.store.user(&realm.id, &binding.user).await?;
            (user, app.store.consent(&realm.id, &binding.user, &binding.client).await?)
        } else {
            (None, None)
        };
        let user = row.user.as_ref().or(late.as_ref()).map(|stored| &stored.user);
        let consented = row.consent.as_ref().or(late_consent.as_ref()).map(|consent| &consent.scope);
        Ok(grant::authorization_code(realm, client.client(), request, binding, user, consented))
    }

    /// An otherwise valid code came a second time: what it gave is revoked (RFC 6749 4.1.2).
    async fn replayed(&self) -> Result<Vec<u8>, Failure> {
        self.app.revoke_grant(self.site, self.id, "code replayed").await?;
        Err(Refusal::CodeReplayed.into())
    }
}
