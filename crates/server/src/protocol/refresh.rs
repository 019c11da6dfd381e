//! A refresh (RFC 6749 6), as far as it needs the server: the grant is loaded, or recalled, and every generation that the
//! token may be of is told from the others.

use crate::failure::Failure;
use crate::issue::{self, Origin};
use crate::protocol::call::Call;
use crate::protocol::revoke::revoke_grant;
use claviger_core::Refusal;
use claviger_core::crypto::sha256;
use claviger_core::dialect::{Legacy, Turnover};
use claviger_core::grant::{self, Decision, GrantUser, StoredGrant};
use claviger_core::granted::Granted;
use claviger_core::refusal::Ending;
use claviger_core::token::{Plain, PresentedRefresh, replay_key};
use claviger_core::user::User;
use claviger_store::{GrantRow, GrantWithUser};

/// How often a refresh that lost a race looks again.
const TRIES: usize = 4;

/// A refresh token that is presented.
pub(super) struct Refresh<'a> {
    pub(super) call: Call<'a>,
    /// The token, taken apart but not yet believed.
    pub(super) presented: &'a PresentedRefresh,
    /// The same, whole.
    pub(super) token: &'a Plain,
}

impl Refresh<'_> {
    /// The answer's body.
    ///
    /// # Errors
    /// As [`grant::refresh`]; forged; spent before, which revokes the family; no seat; the store's faults.
    pub(super) async fn answer(&self) -> Result<Vec<u8>, Failure> {
        if let Some(loaded) = self.recalled() {
            match self.once(&loaded).await {
                // What was recalled may not be so any more.
                Ok(None) | Err(Failure::Refusal(_)) => {}
                Ok(Some(answer)) => return Ok(answer),
                Err(failure) => return Err(failure),
            }
        }
        for _ in 0..TRIES {
            let found = self.call.state.store.grant_with_user(&self.presented.grant).await?;
            let loaded = found.ok_or(Refusal::RefreshUnknown)?;
            if let Some(answer) = self.once(&loaded).await? {
                self.call.state.recall.keep_grant(loaded);
                return Ok(answer);
            }
        }
        Err(Failure::Busy("a grant under heavy refresh"))
    }

    fn turnover(&self) -> Turnover {
        grant::turnover(&self.call.site.realm, self.call.client.client())
    }

    /// The grant as this server knows it, if that is enough: where tokens do not rotate, the next generation does not
    /// follow from the one presented.
    fn recalled(&self) -> Option<GrantWithUser> {
        if self.turnover() == Turnover::Rotate { self.call.state.recall.grant(self.presented) } else { None }
    }

    /// None where what was loaded is no longer so: somebody else used the same token first, and what they got is the answer;
    /// or what it rests on has changed.
    async fn once(&self, loaded: &GrantWithUser) -> Result<Option<Vec<u8>>, Failure> {
        let Call { state, site, request, .. } = self.call;
        let (client, presented) = (self.call.client.client(), self.presented);
        let row = &loaded.row;
        let known = row.grant.realm == site.realm.id && presented.generation <= row.grant.generation;
        if !known || !state.secrets.refresh.is_genuine(presented, &row.grant.nonce) {
            return Err(Refusal::RefreshUnknown.into());
        }
        let now = state.clock.now();
        let consent = loaded.consent.as_ref().filter(|consent| consent.stands(now));
        let granted: Granted = serde_json::from_str(&row.grant.doc)?;
        let granted = granted.no_longer_than(consent.and_then(|consent| consent.until));
        let consented = consent.map(|consent| &consent.scope);
        let granted = grant::still_granted(&site.realm, client, granted, consented)?;
        let stored = StoredGrant {
            client: &row.grant.client,
            granted: &granted,
            idle_expires_at: row.grant.idle_expires_at,
            expires_at: row.grant.expires_at,
            revoked: row.revoked.as_ref().map(|(_, why)| why.as_str()),
            proved: self.call.client.proved,
        };
        let met = loaded.user.as_ref().map(|stored| site.company_rules.met_by(&stored.user, &client.id));
        let user = as_grant_user(row, met.as_deref());
        let decision = grant::refresh(&site.realm, client, request, &stored, user, now)?;
        let turnover = self.turnover();
        if turnover == Turnover::Rotate && presented.generation != row.grant.generation {
            return self.retry_or_reuse(loaded, decision, now).await.map(Some);
        }
        if turnover != Turnover::Rotate && site.realm.profile.is_none() {
            self.call.use_legacy(Legacy::ReusableRefresh)?;
        }
        let origin = Origin::Refresh { loaded, presented: self.token, asked: &self.asked() };
        match issue::token_answer(self.call.issuer(), client, decision, origin).await {
            Err(Failure::Refusal(Refusal::RefreshReused)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// A spent token came again. The one before the current, within the grace window and with its successor unused: the
    /// answer was lost, and is given again; what asks for something else gets that, and the same successor. Any other:
    /// stolen, and the family is revoked (RFC 9700 4.14.2).
    async fn retry_or_reuse(&self, loaded: &GrantWithUser, decision: Decision, now: i64) -> Result<Vec<u8>, Failure> {
        let Call { state, site, .. } = self.call;
        let row = &loaded.row;
        let replay = row.replay.as_ref();
        let replay = replay.filter(|replay| replay.generation == self.presented.generation && now < replay.until);
        let Some(replay) = replay else {
            self.call.settle().await?;
            revoke_grant(state, site, &row.grant.id, Ending::RefreshReused).await?;
            return Err(Refusal::RefreshReused.into());
        };
        let opened = replay_key(self.token.expose()).and_then(|key| key.open(&self.asked(), &replay.sealed).ok());
        if let Some(answer) = opened {
            return Ok(answer.to_vec());
        }
        issue::token_answer(self.call.issuer(), self.call.client.client(), decision, Origin::Retry { loaded }).await
    }

    /// What is asked for: the grant, scope and APIs where they are named, and the key that the token will be bound to.
    fn asked(&self) -> Vec<u8> {
        let (grant, request) = (self.presented.grant.to_vec(), self.call.request);
        if request.scope.is_none() && request.audiences.is_empty() && request.confirmation.is_none() {
            return grant;
        }
        let scope = request.scope.as_ref().map(ToString::to_string).unwrap_or_default();
        let key = request.confirmation.map(|key| format!("\n\n{key:?}")).unwrap_or_default();
        let named = format!("{scope}\n{}{key}", request.audiences.join("\n"));
        [grant, sha256(named.as_bytes()).to_vec()].concat()
    }
}

fn as_grant_user<'a>(row: &GrantRow, user: Option<&'a User>) -> GrantUser<'a> {
    match (&row.grant.user, user) {
        (None, _) => GrantUser::NoUser,
        (Some(_), None) => GrantUser::Gone,
        (Some(_), Some(user)) => GrantUser::There(user),
    }
}
