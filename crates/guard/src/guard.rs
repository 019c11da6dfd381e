//! The guard itself: the steps from a request to its caller.

use std::sync::Arc;
use std::time::Duration;

use claviger_core::jose::{JwtError, Typ};
use claviger_core::step_up::SignIn;
use http::header::HeaderName;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Map, Value};
use tokio::task::AbortHandle;

use crate::clock::whole_ms;
use crate::dpop::{Proofs, Target, check_binding, schemes};
use crate::introspection::{Answer, Introspection, Past};
use crate::keys::{Keys, VerifyError};
use crate::rejection::Presentation;
use crate::revocations::{Revocations, Verdict};
use crate::{Caller, ClientCertificate, Clock, Reason, Rejection, ResourceMetadata, bearer};

/// What one route asks of a token beyond its being good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    scopes: Vec<String>,
    refuse_implicit: bool,
    sign_in: SignIn,
}

impl Needs {
    /// Nothing more.
    pub fn new() -> Self {
        Self::default()
    }

    /// Needs this scope as well.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Takes no token of the implicit grant.
    #[must_use]
    pub fn refuse_implicit(mut self) -> Self {
        self.refuse_implicit = true;
        self
    }

    /// Needs a user who signed in as strongly as one of these says (RFC 9470), the best first; any of them is enough.
    #[must_use]
    pub fn acr_values<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.sign_in.acr_values.extend(values.into_iter().map(Into::into));
        self
    }

    /// Needs a user who signed in within so long (RFC 9470).
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.sign_in.max_age = Some(age.as_secs());
        self
    }
}

/// Checks the tokens of one issuer for one API. Cheap to clone; all clones share their caches.
#[derive(Clone)]
pub struct Guard(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) issuer: String,
    /// Empty: any.
    pub(crate) audiences: Vec<String>,
    pub(crate) bearer_headers: Vec<HeaderName>,
    pub(crate) refuse_implicit: bool,
    pub(crate) leeway: Duration,
    pub(crate) presentation: Arc<Presentation>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Arc<Keys>,
    /// Without credentials there is no introspection.
    pub(crate) introspection: Option<Introspection>,
    pub(crate) revocations: Arc<Revocations>,
    /// Without an address there are no proofs.
    pub(crate) proofs: Option<Proofs>,
    pub(crate) feed: Option<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(feed) = &self.feed {
            feed.abort();
        }
    }
}

impl Guard {
    /// Who sent this request, if they may: the same that the layer does, as a function.
    ///
    /// # Errors
    /// A [`Rejection`] with the first thing that is wrong; [`Rejection::to_response`] is the answer.
    ///
    /// It does not know method, address and certificate, and so takes no token that is bound to a key: see [`Guard::check_parts`].
    pub async fn check(&self, headers: &HeaderMap, query: Option<&str>, needs: &Needs) -> Result<Caller, Rejection> {
        self.checked(headers, query, None, needs).await
    }

    /// The same for a request whose method and address are known, as the proof of a token that is bound to a key needs them
    /// ([`GuardBuilder::dpop`](crate::GuardBuilder::dpop)).
    ///
    /// # Errors
    /// As [`Guard::check`].
    pub async fn check_request(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        needs: &Needs,
    ) -> Result<Caller, Rejection> {
        self.checked(headers, uri.query(), Some(Target { method, uri, certificate: None }), needs).await
    }

    /// The same for a request as it came, with the [`ClientCertificate`] among its extensions where the client showed one: what the
    /// layer does. A token that is bound to a certificate is taken with that certificate only (RFC 8705 section 3).
    ///
    /// # Errors
    /// As [`Guard::check`].
    pub async fn check_parts(&self, request: &Parts, needs: &Needs) -> Result<Caller, Rejection> {
        let certificate = request.extensions.get::<ClientCertificate>().copied();
        let target = Target { method: &request.method, uri: &request.uri, certificate };
        self.checked(&request.headers, request.uri.query(), Some(target), needs).await
    }

    async fn checked(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        target: Option<Target<'_>>,
        needs: &Needs,
    ) -> Result<Caller, Rejection> {
        let inner = &self.0;
        let mut has = Vec::new();
        let checked = async {
            let sent = bearer::find(headers, query, &inner.bearer_headers, inner.proofs.is_some())?;
            let caller = self.read(sent.0).await?;
            check_binding(inner.proofs.as_ref(), (headers, target), sent, &caller, inner.clock.now())?;
            inner.admit(&caller, needs).inspect_err(|_| has.clone_from(&caller.scopes))?;
            Ok(caller)
        };
        checked.await.map_err(|reason| {
            tracing::debug!(issuer = %inner.issuer, %reason, "request refused");
            let schemes = schemes(inner.proofs.is_some(), headers, &inner.bearer_headers);
            let nonce = (reason == Reason::NonceNeeded).then(|| self.next_nonce()).flatten();
            self.rejection(reason, needs, &has).in_schemes(schemes, nonce)
        })
    }

    /// Whether a caller that was let in may do what needs more, for a handler that knows only then what it is asked for. A refusal
    /// says what would be enough, as the layer does.
    ///
    /// # Errors
    /// A scope is missing, or the sign-in is not strong or recent enough.
    pub fn admit(&self, caller: &Caller, needs: &Needs) -> Result<(), Rejection> {
        self.0.admit(caller, needs).map_err(|reason| self.rejection(reason, needs, &caller.scopes))
    }

    /// A refusal with what would be enough. `has`: the scopes of the token.
    fn rejection(&self, reason: Reason, needs: &Needs, has: &[String]) -> Rejection {
        let wanted = (!needs.scopes.is_empty()).then(|| needs.scopes.join(" "));
        let missing = wanted.clone().filter(|_| reason == Reason::InsufficientScope).map(|wanted| {
            // Who was told only the API's address asks for exactly what is named here, and would lose the rest.
            let kept = has.iter().filter(|name| self.resource_metadata().is_some() && !needs.scopes.contains(name));
            kept.fold(wanted, |all, name| all + " " + name)
        });
        let rejection = Rejection::new(reason, missing, Arc::clone(&self.0.presentation)).wanting(wanted);
        if reason == Reason::InsufficientAuthentication { rejection.asking_for(&needs.sign_in) } else { rejection }
    }

    /// The nonce that the answer to a request with a proof gives for the next one, in the header `DPoP-Nonce`; none where proofs
    /// need none. The layer does that.
    pub fn next_nonce(&self) -> Option<HeaderValue> {
        self.0.proofs.as_ref().and_then(|proofs| proofs.nonce(self.0.clock.now()))
    }

    /// A refusal in this API's own words, for a handler that finds a reason of its own.
    pub fn reject(&self, reason: Reason) -> Rejection {
        Rejection::new(reason, None, Arc::clone(&self.0.presentation))
    }

    /// What the API says of itself (RFC 9728), where [`GuardBuilder::protected_resource`](crate::GuardBuilder::protected_resource) said
    /// it.
    pub fn resource_metadata(&self) -> Option<&ResourceMetadata> {
        self.0.presentation.metadata.as_ref()
    }

    /// How long ago the revocation feed last answered; `None` when it never did. While all is well it is less than half a
    /// minute. When it grows, tokens that were revoked meanwhile are still accepted until they end.
    pub fn feed_age(&self) -> Option<Duration> {
        let at = self.0.revocations.progress().borrow().at?;
        Some(self.0.clock.elapsed().saturating_sub(at))
    }

    /// How many revocations are known at the moment.
    pub fn known_revocations(&self) -> usize {
        self.0.revocations.len()
    }

    /// Waits until the revocation feed was read up to this sequence number or further.
    pub async fn feed_reached(&self, seq: u64) {
        let mut progress = self.0.revocations.progress();
        // An error means that the sender is gone, which this guard holds.
        let _ = progress.wait_for(|progress| progress.at.is_some() && progress.seq >= seq).await;
    }

    async fn read(&self, token: &str) -> Result<Caller, Reason> {
        if token.bytes().filter(|byte| *byte == b'.').count() == 2 {
            self.0.read_jwt(token).await
        } else {
            self.0.read_reference(token).await
        }
    }
}

impl Inner {
    /// A JWT (RFC 9068 section 4): everything is in it.
    async fn read_jwt(&self, token: &str) -> Result<Caller, Reason> {
        let decoded = self.keys.verify(token).await.map_err(|error| match error {
            VerifyError::NoKeys => Reason::Unavailable,
            VerifyError::Token(why) => {
                log_forgery(&self.issuer, why);
                Reason::Invalid
            }
        })?;
        if decoded.key.as_deref().is_some_and(|kid| self.revocations.covers_key(kid)) {
            return Err(Reason::Revoked);
        }
        let claims: Map<String, Value> = serde_json::from_slice(&decoded.claims).map_err(|_| Reason::Invalid)?;
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err(Reason::Invalid);
        }
        let caller = Caller::from_claims(claims);
        // RFC 9068 section 2.2 requires it; without it a token would never end.
        if caller.exp.is_none() {
            return Err(Reason::Invalid);
        }
        // Where the header does not tell it from an ID token, these do (RFC 9068 2.2; OpenID Connect Core 2 has neither).
        let is_plain = decoded.header.typ.as_deref().is_some_and(|typ| Typ::Jwt.is_named(typ));
        if is_plain && (caller.client_id.is_none() || caller.jti.is_none()) {
            return Err(Reason::Invalid);
        }
        self.check_audience(&caller)?;
        self.check_time(&caller)?;
        self.check_revocation(&caller, token).await?;
        Ok(caller)
    }

    /// A reference (RFC 7662): the issuer knows.
    async fn read_reference(&self, token: &str) -> Result<Caller, Reason> {
        let introspection = self.introspection.as_ref().ok_or(Reason::Invalid)?;
        match introspection.ask(token).await {
            Answer::Unavailable => Err(Reason::Unavailable),
            Answer::Inactive => Err(match introspection.past(token) {
                Past::NeverSeen => {
                    tracing::debug!(
                        issuer = self.issuer,
                        "not active here; the issuer's log says so if it is for another API"
                    );
                    Reason::Inactive
                }
                Past::Expired => Reason::Expired,
                Past::Revoked => Reason::Revoked,
            }),
            Answer::Active(caller) => {
                let issuer = caller.claims.get("iss");
                if issuer.is_some_and(|issuer| issuer.as_str() != Some(self.issuer.as_str())) {
                    return Err(Reason::Invalid);
                }
                self.check_audience(&caller)?;
                self.check_time(&caller)?;
                self.check_revocation(&caller, token).await?;
                Ok(Arc::unwrap_or_clone(caller))
            }
        }
    }

    fn check_audience(&self, caller: &Caller) -> Result<(), Reason> {
        let ours = |audience: &String| self.audiences.contains(audience);
        if self.audiences.is_empty() || caller.audience.iter().any(ours) { Ok(()) } else { Err(Reason::WrongAudience) }
    }

    fn check_time(&self, caller: &Caller) -> Result<(), Reason> {
        let (now, leeway) = (self.clock.now(), whole_ms(self.leeway));
        let ms = |seconds: i64| seconds.saturating_mul(1000);
        if caller.exp.is_some_and(|exp| ms(exp).saturating_add(leeway) <= now) {
            return Err(Reason::Expired);
        }
        let starts = crate::caller::seconds(caller.claims.get("nbf"));
        if starts.is_some_and(|starts| ms(starts).saturating_sub(leeway) > now) {
            return Err(Reason::NotYetValid);
        }
        Ok(())
    }

    /// Where there were more revocations than are kept, the issuer is asked; without a way to ask, what may have been taken back
    /// counts as taken back.
    async fn check_revocation(&self, caller: &Caller, token: &str) -> Result<(), Reason> {
        match self.revocations.verdict(caller) {
            Verdict::Good => Ok(()),
            Verdict::Revoked => Err(Reason::Revoked),
            Verdict::Unknown => match &self.introspection {
                None => Err(Reason::Revoked),
                Some(introspection) => match introspection.ask(token).await {
                    Answer::Active(_) => Ok(()),
                    Answer::Inactive => Err(Reason::Revoked),
                    Answer::Unavailable => Err(Reason::Unavailable),
                },
            },
        }
    }

    /// What this route asks.
    fn admit(&self, caller: &Caller, needs: &Needs) -> Result<(), Reason> {
        if (self.refuse_implicit || needs.refuse_implicit) && caller.flow.as_deref() == Some("implicit") {
            return Err(Reason::ImplicitRefused);
        }
        if !needs.scopes.iter().all(|scope| caller.has_scope(scope)) {
            return Err(Reason::InsufficientScope);
        }
        let (acr, auth_time) = (caller.claims.get("acr").and_then(Value::as_str), caller.claims.get("auth_time"));
        let auth_time = crate::caller::seconds(auth_time);
        if needs.sign_in.is_met_by(acr, auth_time, self.clock.now(), whole_ms(self.leeway)) {
            Ok(())
        } else {
            Err(Reason::InsufficientAuthentication)
        }
    }
}

fn log_forgery(issuer: &str, why: JwtError) {
    tracing::debug!(issuer, %why, "not a token of this issuer");
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("issuer", &self.0.issuer)
            .field("audiences", &self.0.audiences)
            .finish_non_exhaustive()
    }
}
