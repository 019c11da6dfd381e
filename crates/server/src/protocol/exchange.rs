//! The exchange of a code (RFC 6749 4.1.3), or of a device code that was approved (RFC 8628 3.4), as far as it needs the server: the code is loaded, or recalled, with its user and
//! their consent, and one that comes again is told from one that is over.

use crate::failure::Failure;
use crate::issue::{self, Origin};
use crate::protocol::call::Call;
use crate::protocol::revoke::revoke_grant;
use claviger_core::Refusal;
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_core::grant::{self, Decision};
use claviger_core::granted::CodeBinding;
use claviger_core::pkce::{self, Without};
use claviger_core::refusal::Ending;
use claviger_core::token::{Id, Plain, hash_is};
use claviger_core::token_request::Grant;
use claviger_store::CodeRow;

/// How often an exchange looks again where what it rests on has changed meanwhile.
const TRIES: usize = 4;

/// A code that is presented.
pub(super) struct Exchange<'a> {
    pub(super) call: Call<'a>,
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
        let state = self.call.state;
        if let Some(recalled) = state.recall.take_code(self.id) {
            match self.once(&recalled).await {
                // What was recalled may not be so any more.
                Ok(None) | Err(Failure::Refusal(_)) => {}
                Ok(Some(answer)) => return Ok(answer),
                Err(failure) => return Err(failure),
            }
        }
        for _ in 0..TRIES {
            let row = state.store.code(self.id).await?.ok_or(Refusal::CodeUnknown)?;
            if let Some(answer) = self.once(&row).await? {
                return Ok(answer);
            }
        }
        Err(Refusal::GrantUnbacked.into())
    }

    /// None where the client, the user or their consent is no longer as it was loaded: the next look says how.
    async fn once(&self, row: &CodeRow) -> Result<Option<Vec<u8>>, Failure> {
        let Call { state, site, client, .. } = self.call;
        if row.code.realm != site.realm.id || !hash_is(self.code.expose(), row.code.hash.as_slice()) {
            return Err(Refusal::CodeUnknown.into());
        }
        let binding: CodeBinding = serde_json::from_str(&row.code.doc)?;
        let decision = self.decide(&binding, row).await?;
        // Whoever could exchange it, or could have before its user changed their mind, has it for the second time.
        if row.redeemed_at.is_some() && matches!(decision, Ok(_) | Err(Refusal::GrantUnbacked)) {
            return self.replayed().await;
        }
        let decision = decision?;
        if row.code.expires_at <= state.clock.now() {
            return Err(Refusal::CodeExpired.into());
        }
        let without = pkce::without(&site.realm, client.client(), binding.bound_by_nonce());
        let by_browser = binding.granted.flow == GrantType::AuthorizationCode;
        if by_browser && binding.challenge.is_none() && without != Some(Without::Nonce) {
            self.call.use_legacy(Legacy::NoPkce)?;
        }
        match issue::token_answer(self.call.issuer(), client.client(), decision, Origin::Code { row }).await {
            Err(Failure::Refusal(Refusal::CodeReplayed)) => self.replayed().await,
            Err(Failure::Refusal(Refusal::GrantUnbacked)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// What the code comes to, for its user as they are and what they consent to now.
    async fn decide(&self, binding: &CodeBinding, row: &CodeRow) -> Result<Result<Decision, Refusal>, Failure> {
        let Call { state, site, client, request } = self.call;
        let realm = &site.realm;
        // A server of before schema 2 kept the user in the document only.
        let (late, late_consent) = if row.code.user.is_none() {
            let user = state.store.user(&realm.id, &binding.user).await?;
            (user, state.store.consent(&realm.id, &binding.user, &binding.client).await?)
        } else {
            (None, None)
        };
        let user = row.user.as_ref().or(late.as_ref()).map(|stored| &stored.user);
        let met = user.map(|user| site.company_rules.met_by(user, &client.client().id));
        let user = met.as_deref();
        let now = state.clock.now();
        let consent = row.consent.as_ref().or(late_consent.as_ref()).filter(|consent| consent.stands(now));
        let consented = consent.map(|consent| &consent.scope);
        let decide = match request.grant {
            Grant::DeviceCode { .. } | Grant::Ciba { .. } => grant::polled,
            _ => grant::authorization_code,
        };
        Ok(decide(realm, client.client(), request, binding, user, consented))
    }

    /// An otherwise valid code came a second time: what it gave is revoked (RFC 6749 4.1.2).
    async fn replayed<T>(&self) -> Result<T, Failure> {
        self.call.settle().await?;
        revoke_grant(self.call.state, self.call.site, self.id, Ending::CodeReplayed).await?;
        Err(Refusal::CodeReplayed.into())
    }
}
