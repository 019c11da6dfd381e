//! The tower layer: a request with a good token goes on with its [`Caller`](crate::Caller), any other is answered here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tower::{Layer, Service};

use crate::dpop::DPOP_NONCE;
use crate::{Guard, Needs};

/// Lets only good tokens pass; made by [`Guard::layer`].
#[derive(Debug, Clone)]
pub struct GuardLayer {
    guard: Guard,
    needs: Needs,
}

impl Guard {
    /// A tower layer that lets only good tokens pass. Demands of its own are added on it.
    ///
    /// For tokens that are bound to a certificate it looks for a [`ClientCertificate`](crate::ClientCertificate) among the
    /// extensions of the request, which a layer in front of it puts there.
    pub fn layer(&self) -> GuardLayer {
        GuardLayer { guard: self.clone(), needs: Needs::new() }
    }
}

impl GuardLayer {
    /// Needs this scope as well. Said twice, it needs both.
    #[must_use]
    pub fn require_scope(mut self, scope: impl Into<String>) -> Self {
        self.needs = self.needs.scope(scope);
        self
    }

    /// Takes no token of the implicit grant.
    #[must_use]
    pub fn refuse_implicit(mut self) -> Self {
        self.needs = self.needs.refuse_implicit();
        self
    }

    /// Needs a user who signed in as strongly as one of these `acr` values says, the best first. Others are answered with what
    /// would be enough, and their client asks for it (RFC 9470).
    #[must_use]
    pub fn require_acr<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.needs = self.needs.acr_values(values);
        self
    }

    /// Needs a user who signed in within so long (RFC 9470).
    #[must_use]
    pub fn require_max_age(mut self, age: Duration) -> Self {
        self.needs = self.needs.max_age(age);
        self
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, guard: self.guard.clone(), needs: Arc::new(self.needs.clone()) }
    }
}

/// A service behind a guard.
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
    needs: Arc<Needs>,
}

/// The answer to come.
pub type ResponseFuture<B, E> = Pin<Box<dyn Future<Output = Result<Response<B>, E>> + Send>>;

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for GuardService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    RequestBody: Send + 'static,
    ResponseBody: From<Bytes>,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = ResponseFuture<ResponseBody, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone takes its place.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let (guard, needs) = (self.guard.clone(), Arc::clone(&self.needs));
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            if let Some(metadata) = guard.resource_metadata().filter(|metadata| metadata.path() == parts.uri.path()) {
                return Ok(metadata.answer(&parts.method).map(ResponseBody::from));
            }
            match guard.check_parts(&parts, &needs).await {
                Ok(caller) => {
                    let nonce = if caller.claims.contains_key("cnf") { guard.next_nonce() } else { None };
                    parts.extensions.insert(caller);
                    let mut answer = inner.call(Request::from_parts(parts, body)).await?;
                    if let Some(nonce) = nonce {
                        answer.headers_mut().insert(DPOP_NONCE, nonce);
                    }
                    Ok(answer)
                }
                Err(rejection) => Ok(rejection.to_response().map(ResponseBody::from)),
            }
        })
    }
}
