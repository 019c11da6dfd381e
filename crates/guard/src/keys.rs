//! The issuer's public keys: fetched when first needed, kept, and fetched again when they are old or a token names one
//! that is not among them.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use claviger_core::jose::{Decoded, JwkSet, JwtError, Typ, VerifyingKeys, verify_jwt};
use tokio::sync::Mutex;

use crate::Clock;
use crate::issuer::{Issuer, IssuerError};

/// After an unsuccessful first attempt, how long nobody tries again.
const FIRST_RETRY: Duration = Duration::from_secs(1);

struct Fetched {
    keys: VerifyingKeys,
    at: Duration,
}

/// The key cache of one issuer.
pub(crate) struct Keys {
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    /// What an access token's header may say that it is.
    typs: &'static [Typ],
    /// How long a set is good without asking.
    pub(crate) lifetime: Duration,
    /// Between two attempts because of an unknown key there is at least this.
    pub(crate) retry: Duration,
    current: ArcSwapOption<Fetched>,
    /// When somebody last asked. Who holds the lock is asking now.
    last_attempt: Mutex<Option<Duration>>,
}

/// Why a JWT was not accepted.
#[derive(Debug)]
pub(crate) enum VerifyError {
    Token(JwtError),
    /// No keys at all.
    NoKeys,
}

impl Keys {
    pub(crate) fn new(issuer: Arc<Issuer>, clock: Arc<dyn Clock>, lifetime: Duration, retry: Duration) -> Self {
        let (current, last_attempt) = (ArcSwapOption::empty(), Mutex::new(None));
        Self { issuer, clock, typs: &[Typ::AccessToken], lifetime, retry, current, last_attempt }
    }

    /// Takes `JWT` as well as `at+jwt`.
    pub(crate) fn with_plain_typ(self) -> Self {
        Self { typs: &[Typ::AccessToken, Typ::Jwt], ..self }
    }

    /// The first way in which the token can be read, or why there is none.
    fn check(&self, token: &str, keys: &VerifyingKeys) -> Result<Decoded, JwtError> {
        let mut outcome = Err(JwtError::TypWrong);
        for typ in self.typs {
            outcome = verify_jwt(token, keys, Some(*typ));
            if outcome != Err(JwtError::TypWrong) {
                break;
            }
        }
        outcome
    }

    /// Checks the signature of an access token (RFC 9068 section 4).
    pub(crate) async fn verify(self: &Arc<Self>, token: &str) -> Result<Decoded, VerifyError> {
        let known = self.fresh_enough().await.ok_or(VerifyError::NoKeys)?;
        match self.check(token, &known.keys) {
            Err(JwtError::KidUnknown) => {}
            checked => return checked.map_err(VerifyError::Token),
        }
        // A new key, or a wrong token: ask once, then it is known which.
        let Some(newer) = self.newer_than(known.at).await else {
            return Err(VerifyError::Token(JwtError::KidUnknown));
        };
        self.check(token, &newer.keys).map_err(VerifyError::Token)
    }

    /// The keys, asked for first when there are none or when they are very old. When they are only old, this request is
    /// served with them and somebody asks meanwhile.
    async fn fresh_enough(self: &Arc<Self>) -> Option<Arc<Fetched>> {
        let Some(current) = self.current.load_full() else {
            return self.refresh(None, FIRST_RETRY).await.ok();
        };
        let age = self.clock.elapsed().saturating_sub(current.at);
        if age <= self.lifetime {
            return Some(current);
        }
        if age > self.lifetime * 2 {
            return self.refresh(Some(current.at), self.retry).await.ok().or(Some(current));
        }
        if self.last_attempt.try_lock().is_ok_and(|last| self.may_try(*last, self.retry)) {
            let (keys, seen) = (Arc::clone(self), current.at);
            tokio::spawn(async move { keys.refresh(Some(seen), keys.retry).await.map(drop) });
        }
        Some(current)
    }

    async fn newer_than(&self, seen: Duration) -> Option<Arc<Fetched>> {
        self.refresh(Some(seen), self.retry).await.ok()
    }

    /// Asks the issuer, unless somebody did since `seen`, or within `pause`. Everybody who needs it waits for one answer.
    async fn refresh(&self, seen: Option<Duration>, pause: Duration) -> Result<Arc<Fetched>, IssuerError> {
        let mut last = self.last_attempt.lock().await;
        if let Some(current) = self.current.load_full()
            && seen.is_none_or(|seen| current.at > seen)
        {
            return Ok(current);
        }
        if !self.may_try(*last, pause) {
            return Err(IssuerError::TooSoon);
        }
        *last = Some(self.clock.elapsed());
        let fetched = self.fetch().await.inspect_err(|error| {
            tracing::warn!(issuer = %self.issuer.url, %error, "cannot get the issuer's keys");
        })?;
        let fetched = Arc::new(fetched);
        self.current.store(Some(Arc::clone(&fetched)));
        Ok(fetched)
    }

    fn may_try(&self, last: Option<Duration>, pause: Duration) -> bool {
        last.is_none_or(|last| self.clock.elapsed().saturating_sub(last) >= pause)
    }

    async fn fetch(&self) -> Result<Fetched, IssuerError> {
        let at = self.clock.elapsed();
        let metadata = self.issuer.fetch_metadata().await?;
        let uri = metadata.jwks_uri.as_ref().ok_or(IssuerError::NoEndpoint("jwks_uri"))?;
        let set: JwkSet = self.issuer.fetch_json(self.issuer.http.get(uri)).await?;
        Ok(Fetched { keys: VerifyingKeys::from_set(&set)?, at })
    }
}
