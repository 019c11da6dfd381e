//! The token manager.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::error::Error;
use crate::renewal::{Current, Renewal, is_fresh};
use crate::secret::AccessToken;
use crate::settings::Settings;

/// Always a live token of one app. Cloning it is cheap, and all clones share the token; see the [crate] for how.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    settings: Settings,
    current: Current,
    /// Finished renewals, good or bad. Who waited for the lock and sees it grown shares that one's failure.
    attempts: AtomicU64,
    renewal: Arc<Mutex<Renewal>>,
}

impl Tokens {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            settings,
            current: Current::default(),
            attempts: AtomicU64::new(0),
            renewal: Arc::default(),
        }))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// A live token. It is asked for only if there is none, or if its end is nearer than the margin; and if that
    /// fails for a reason that may pass, the token that still lives for a moment is good enough.
    ///
    /// # Errors
    /// The server refused ([`Error::Refused`] with the OAuth error code), could not be reached, or the storage
    /// failed.
    pub async fn bearer(&self) -> Result<AccessToken, Error> {
        let seen = self.0.attempts.load(Ordering::Acquire);
        if let Some(token) = self.fresh(None) {
            return Ok(token);
        }
        match self.renew(seen, None).await {
            Err(error) if error.is_temporary() => self.alive().ok_or(error),
            outcome => outcome,
        }
    }

    /// A token other than `refused`, which an API did not accept although it should have lived on. Whoever comes late
    /// gets the one that was fetched for the first.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, Error> {
        let seen = self.0.attempts.load(Ordering::Acquire);
        match self.fresh(Some(refused)) {
            Some(token) => Ok(token),
            None => self.renew(seen, Some(refused.clone())).await,
        }
    }

    fn fresh(&self, refused: Option<&AccessToken>) -> Option<AccessToken> {
        let token = self.0.current.token()?;
        let other = refused.is_none_or(|refused| !refused.same_text(&token));
        (other && is_fresh(&token, self.0.settings.clock.now())).then_some(token)
    }

    fn alive(&self) -> Option<AccessToken> {
        let token = self.0.current.token()?;
        let end = token.expires_at().unwrap_or(i64::MAX);
        (self.0.settings.clock.now() < end).then_some(token)
    }

    async fn renew(&self, seen: u64, refused: Option<AccessToken>) -> Result<AccessToken, Error> {
        let mut renewal = Arc::clone(&self.0.renewal).lock_owned().await;
        if let Some(token) = self.fresh(refused.as_ref()) {
            return Ok(token);
        }
        if self.0.attempts.load(Ordering::Acquire) != seen
            && let Some(failure) = &renewal.failure
        {
            return Err(failure.clone());
        }
        let inner = Arc::clone(&self.0);
        // On a task of its own: a caller that is dropped must not take an answer with it that replaces the only
        // refresh token.
        let work = tokio::spawn(async move {
            let outcome = renewal.run(&inner.settings, &inner.current, refused.as_ref()).await;
            renewal.failure = outcome.as_ref().err().cloned();
            inner.attempts.fetch_add(1, Ordering::Release);
            outcome
        });
        work.await.map_err(|_| Error::Interrupted)?
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("client_id", &self.0.settings.client_id)
            .field("current", &self.0.current.token())
            .finish_non_exhaustive()
    }
}
