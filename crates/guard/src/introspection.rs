//! Tokens that only the issuer can read (RFC 7662), and a short memory so that it is not asked for each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use claviger_core::crypto::sha256;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::issuer::{Credentials, Issuer, IssuerError};
use crate::{Caller, Clock};

/// So many questions at once are enough; the others wait their turn.
const MAX_AT_ONCE: usize = 64;
/// How long an unsuccessful attempt keeps others from trying, whatever the cache's lifetime.
const RETRY: Duration = Duration::from_secs(1);
/// While the issuer is down, each token fails; the log says it this often, in seconds.
const COMPLAIN_EVERY: u64 = 10;

/// What the issuer says of a token.
#[derive(Clone)]
pub(crate) enum Answer {
    Active(Arc<Caller>),
    /// All that the standard lets it say of any other token.
    Inactive,
    /// It said nothing.
    Unavailable,
}

#[derive(Clone)]
struct Remembered {
    answer: Answer,
    /// When the question was sent.
    asked: Duration,
}

/// The introspection client of one issuer.
pub(crate) struct Introspection {
    issuer: Arc<Issuer>,
    credentials: Arc<Credentials>,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
    answers: Cache<[u8; 32], Remembered>,
    /// When each token that was once active ends, in milliseconds: an inactive token that is past its end expired, and one
    /// that is not was revoked. The issuer itself does not say which.
    ends: Cache<[u8; 32], i64>,
    at_once: Semaphore,
    /// When the log last said that the issuer does not answer, in seconds of the steady clock plus one; 0 for never.
    complained: AtomicU64,
}

/// What is known of an inactive token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    Expired,
    Revoked,
    NeverSeen,
}

impl Introspection {
    pub(crate) fn new(
        issuer: Arc<Issuer>,
        credentials: Arc<Credentials>,
        clock: Arc<dyn Clock>,
        lifetime: Duration,
        capacity: usize,
    ) -> Self {
        Self {
            issuer,
            credentials,
            clock,
            lifetime,
            answers: Cache::new(capacity),
            ends: Cache::new(capacity),
            at_once: Semaphore::new(MAX_AT_ONCE),
            complained: AtomicU64::new(0),
        }
    }

    /// What the issuer says, or said a moment ago. Simultaneous questions about one token are one question.
    pub(crate) async fn ask(&self, token: &str) -> Answer {
        let key = sha256(token.as_bytes());
        let started = self.clock.elapsed();
        loop {
            match self.answers.get_value_or_guard_async(&key).await {
                Ok(known) if self.still_good(&known, started) => return known.answer,
                Ok(old) => drop(self.answers.remove_if(&key, |entry| entry.asked == old.asked)),
                Err(place) => {
                    let asked = self.clock.elapsed();
                    let answer = self.fetch(token).await;
                    if let Answer::Active(caller) = &answer {
                        self.ends.insert(key, caller.exp.map_or(i64::MAX, |exp| exp.saturating_mul(1000)));
                    }
                    // An error means that somebody removed the place meanwhile; then the answer is only not remembered.
                    let _ = place.insert(Remembered { answer: answer.clone(), asked });
                    return answer;
                }
            }
        }
    }

    /// Why a token that is not active is not.
    pub(crate) fn past(&self, token: &str) -> Past {
        match self.ends.get(&sha256(token.as_bytes())) {
            None => Past::NeverSeen,
            Some(end) if end <= self.clock.now() => Past::Expired,
            Some(_) => Past::Revoked,
        }
    }

    fn still_good(&self, known: &Remembered, started: Duration) -> bool {
        let age = self.clock.elapsed().saturating_sub(known.asked);
        let lifetime = match known.answer {
            Answer::Unavailable => RETRY.min(self.lifetime),
            Answer::Active(_) | Answer::Inactive => self.lifetime,
        };
        // Asked after this request came in: as good as asking again.
        known.asked > started || age < lifetime
    }

    async fn fetch(&self, token: &str) -> Answer {
        match self.introspect(token).await {
            Ok(Some(caller)) => Answer::Active(Arc::new(caller)),
            Ok(None) => Answer::Inactive,
            Err(error) => {
                self.complain(&error);
                Answer::Unavailable
            }
        }
    }

    fn complain(&self, error: &IssuerError) {
        let now = self.clock.elapsed().as_secs() + 1;
        let last = self.complained.load(Ordering::Relaxed);
        if last == 0 || now >= last + COMPLAIN_EVERY {
            self.complained.store(now, Ordering::Relaxed);
            tracing::warn!(issuer = %self.issuer.url, %error, "cannot introspect");
        } else {
            tracing::debug!(issuer = %self.issuer.url, %error, "cannot introspect");
        }
    }

    async fn introspect(&self, token: &str) -> Result<Option<Caller>, IssuerError> {
        // Closed only when dropped, and nobody drops what they are waiting in.
        let _turn = self.at_once.acquire().await.map_err(|_| IssuerError::TooSoon)?;
        let metadata = self.issuer.metadata().await?;
        let endpoint =
            metadata.introspection_endpoint.as_ref().ok_or(IssuerError::NoEndpoint("introspection_endpoint"))?;
        let form = [("token", token), ("token_type_hint", "access_token")];
        let request = self.credentials.sign(self.issuer.http.post(endpoint)).form(&form);
        let answer: Map<String, Value> = self.issuer.fetch_json(request).await?;
        let active = answer.get("active").and_then(Value::as_bool).unwrap_or(false);
        Ok(active.then(|| Caller::from_claims(answer)))
    }
}
