//! Calls to APIs with the token on them, and one retry.

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Request, RequestBuilder, Response, Url};

use crate::error::Error;
use crate::possession::wants_nonce;
use crate::secret::AccessToken;
use crate::tokens::Tokens;

/// What a call came to: refused for its token (401, RFC 6750 3.1), or anything else.
pub trait Unauthorized {
    /// Whether the API did not accept the token.
    fn is_unauthorized(&self) -> bool;
}

impl Unauthorized for StatusCode {
    fn is_unauthorized(&self) -> bool {
        *self == Self::UNAUTHORIZED
    }
}

impl Unauthorized for Response {
    fn is_unauthorized(&self) -> bool {
        self.status().is_unauthorized()
    }
}

impl<B> Unauthorized for http::Response<B> {
    fn is_unauthorized(&self) -> bool {
        self.status().is_unauthorized()
    }
}

impl Unauthorized for reqwest::Error {
    fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }
}

impl<T: Unauthorized, E: Unauthorized> Unauthorized for Result<T, E> {
    fn is_unauthorized(&self) -> bool {
        match self {
            Ok(value) => value.is_unauthorized(),
            Err(error) => error.is_unauthorized(),
        }
    }
}

impl Tokens {
    /// Calls `work` with a live token and, if the API did not accept it, exactly once more with a new one.
    ///
    /// # Errors
    /// There is no token. What `work` comes to is not looked into further.
    pub async fn call<T, F, Fut>(&self, work: F) -> Result<T, Error>
    where
        T: Unauthorized,
        F: Fn(AccessToken) -> Fut,
        Fut: Future<Output = T>,
    {
        let token = self.bearer().await?;
        let outcome = work(token.clone()).await;
        if !outcome.is_unauthorized() {
            return Ok(outcome);
        }
        let token = self.replace(&token).await?;
        Ok(work(token).await)
    }

    /// Sends a request with a live token in the bearer header and, after a 401, exactly once more with a new one. A
    /// request whose body is a stream cannot be sent twice: its 401 is returned, and the next call has a new token.
    ///
    /// With a [key](crate::Builder::dpop) it carries a proof for this request as well, and where the API wants a nonce of its own in it
    /// (RFC 9449 9), it is sent again with that first. The request should follow no redirects: the proof is for one address.
    ///
    /// # Errors
    /// There is no token ([`bearer`](Self::bearer)), or the API cannot be reached ([`Error::Request`]). An answer of
    /// the API is never an error, not even a second 401.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let (client, request) = request.build_split();
        let mut request = request.map_err(Error::request)?;
        let again = request.try_clone();
        let token = self.bearer().await?;
        self.put(&token, &mut request)?;
        let url = request.url().clone();
        let mut response = client.execute(request).await.map_err(Error::request)?;
        if self.hear_nonce(&url, response.status(), response.headers())
            && let Some(mut request) = again.as_ref().and_then(Request::try_clone)
        {
            self.put(&token, &mut request)?;
            response = client.execute(request).await.map_err(Error::request)?;
            self.hear_nonce(&url, response.status(), response.headers());
        }
        if !response.is_unauthorized() {
            return Ok(response);
        }
        let renewed = self.replace(&token).await;
        let Some(mut request) = again else {
            return Ok(response);
        };
        self.put(&renewed?, &mut request)?;
        client.execute(request).await.map_err(Error::request)
    }

    /// A proof for a request to an API with this token, for the header `DPoP` beside `Authorization: DPoP ..`: for programs that do not
    /// send with [`send`](Self::send). It is good for one request. `None`: the app has no key ([`Builder::dpop`](crate::Builder::dpop)).
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn proof(&self, method: &Method, url: &Url, token: &AccessToken) -> Result<Option<String>, Error> {
        let settings = self.settings();
        let Some(possession) = &settings.possession else { return Ok(None) };
        possession.proof(method, url, Some(token.expose()), settings.clock.now()).map(Some)
    }

    /// Takes the nonce of an API's answer for the proofs that follow: also for programs that do not send with [`send`](Self::send).
    /// Whether the request should be sent again with a new proof: the API asked for one with this nonce.
    pub fn hear_nonce(&self, url: &Url, status: StatusCode, headers: &HeaderMap) -> bool {
        let Some(possession) = &self.settings().possession else { return false };
        possession.hear(url, headers) && wants_nonce(status, headers)
    }

    fn put(&self, token: &AccessToken, request: &mut Request) -> Result<(), Error> {
        let settings = self.settings();
        let scheme = if settings.possession.is_some() { "DPoP" } else { "Bearer" };
        let mut value = HeaderValue::try_from(format!("{scheme} {}", token.expose()))
            .map_err(|_| Error::Configuration("the token cannot stand in a header".into()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(settings.header.clone(), value);
        let Some(possession) = &settings.possession else { return Ok(()) };
        let (method, url) = (request.method().clone(), request.url().clone());
        possession.put(request.headers_mut(), (&method, &url), Some(token.expose()), settings.clock.now())
    }
}
