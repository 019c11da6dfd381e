//! A server as its clients see it: the requests of a few apps and of a person's browser.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::deployment::PASSWORD;
use claviger_testing::browser::{Browser, encode};
use claviger_testing::http::{self, Answer, basic, member};

/// The secret of every app, as the server makes them.
pub(crate) const SECRET: &str = "cvs_kZ0q7mC1p8WbV5yT2nXs9dLr4hJf6gAe3uQiOoRtYwE";
/// Where every app is redirected to.
pub(crate) const CALLBACK: &str = "https://client.example/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// How long a caller waits for an answer; a server that takes longer has broken its promise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// One realm at one server.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The realm's name.
    pub(crate) host: String,
    /// The server's management address.
    pub(crate) management: SocketAddr,
}

/// The tokens of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// The access token.
    pub(crate) access: String,
    /// The refresh token, if there is one.
    pub(crate) refresh: Option<String>,
}

impl Tokens {
    /// Those of an answer with status 200.
    ///
    /// # Errors
    /// It has none.
    pub(crate) fn of(answer: &Answer) -> Result<Self> {
        let json = answer.json()?;
        Ok(Self { access: member(&json, "access_token")?, refresh: member(&json, "refresh_token").ok() })
    }

    /// The refresh token, which must be there.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn refresh(&self) -> Result<&str> {
        self.refresh.as_deref().context("the answer has no refresh token")
    }
}

/// The word for what went wrong, of an answer's body.
pub(crate) fn error_word(answer: &Answer) -> String {
    let word = answer.json().ok().and_then(|json| member(&json, "error").ok());
    word.unwrap_or_else(|| format!("status {}", answer.status))
}

impl Peer {
    /// Sends a request on a connection of its own.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn send(&self, request: &str) -> Result<Answer> {
        http::send(self.address, request)
    }

    /// A form request of a client.
    pub(crate) fn post(&self, target: &str, client: &str, body: &str) -> String {
        http::request("POST", target, &self.host, &[&basic(client, SECRET)], body)
    }

    /// The discovery document.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn discovery(&self) -> Result<Answer> {
        self.send(&http::request("GET", "/.well-known/openid-configuration", &self.host, &[], ""))
    }

    /// The key set.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn jwks(&self) -> Result<Answer> {
        self.send(&http::request("GET", "/jwks", &self.host, &[], ""))
    }

    /// Signs a user in who consents to the web app; the line with the cookies.
    ///
    /// # Errors
    /// A page that does not lead there.
    pub(crate) fn sign_in(&self) -> Result<String> {
        let mut browser = Browser::new(self.address, &self.host);
        browser.arrive(&authorize("web", "openid orders.read"), CALLBACK, "user-0", PASSWORD)?;
        Ok(browser.cookie_line())
    }

    /// The request for a code of the web app, by a browser that has signed in.
    pub(crate) fn authorize_request(&self, cookies: &str) -> String {
        http::request("GET", &authorize("web", "orders.read"), &self.host, &[cookies], "")
    }

    /// A page or a redirect that a browser asks for.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn browse(&self, target: &str, cookies: &str) -> Result<Answer> {
        self.send(&http::request("GET", target, &self.host, &[cookies], ""))
    }

    /// A code for the web app.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn code(&self, cookies: &str) -> Result<String> {
        code_of(&self.send(&self.authorize_request(cookies))?)
    }

    /// The request that exchanges a code.
    pub(crate) fn exchange_request(&self, client: &str, code: &str) -> String {
        let body = format!(
            "grant_type=authorization_code&redirect_uri={}&code_verifier={VERIFIER}&code={code}",
            encode(CALLBACK)
        );
        self.post("/token", client, &body)
    }

    /// Exchanges a code of the web app.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn exchange(&self, code: &str) -> Result<Answer> {
        self.send(&self.exchange_request("web", code))
    }

    /// The request that refreshes a client's grant.
    pub(crate) fn refresh_request(&self, client: &str, token: &str) -> String {
        self.post("/token", client, &format!("grant_type=refresh_token&refresh_token={token}"))
    }

    /// Refreshes a client's grant.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn refresh(&self, client: &str, token: &str) -> Result<Answer> {
        self.send(&self.refresh_request(client, token))
    }

    /// The request of a client that acts for itself.
    pub(crate) fn credentials_request(&self, client: &str, scope: &str) -> String {
        self.post("/token", client, &format!("grant_type=client_credentials&scope={scope}"))
    }

    /// A token for a client that acts for itself.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn credentials(&self, client: &str, scope: &str) -> Result<Answer> {
        self.send(&self.credentials_request(client, scope))
    }

    /// The request that revokes a client's token.
    pub(crate) fn revoke_request(&self, client: &str, token: &str) -> String {
        self.post("/revoke", client, &format!("token={token}"))
    }

    /// The request that asks about an opaque token.
    pub(crate) fn introspect_request(&self, token: &str) -> String {
        self.post("/introspect", "api", &format!("token={token}"))
    }

    /// Whether the API that opaque tokens are for is told that a token is good.
    ///
    /// # Errors
    /// There is no answer, or not 200.
    pub(crate) fn is_active(&self, token: &str) -> Result<bool> {
        active(&self.send(&self.introspect_request(token))?)
    }

    /// The same for signed tokens.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn is_signed_active(&self, token: &str) -> Result<bool> {
        active(&self.send(&self.post("/introspect", "signed-api", &format!("token={token}")))?)
    }
}

/// What introspection says.
///
/// # Errors
/// A status other than 200.
pub(crate) fn active(answer: &Answer) -> Result<bool> {
    if answer.status != 200 {
        bail!("introspection: status {}: {}", answer.status, answer.body);
    }
    Ok(answer.json()?.get("active").and_then(serde_json::Value::as_bool).unwrap_or(false))
}

/// The code in a redirect.
///
/// # Errors
/// It is something else.
pub(crate) fn code_of(answer: &Answer) -> Result<String> {
    let location = answer.header("location").with_context(|| format!("status {} and no Location", answer.status))?;
    let (_, rest) = location.split_once("code=").with_context(|| format!("no code in {location}"))?;
    Ok(rest.split('&').next().unwrap_or_default().to_owned())
}

/// The target of an authorization request.
pub(crate) fn authorize(client: &str, scope: &str) -> String {
    format!(
        "/authorize?client_id={client}&redirect_uri={}&response_type=code&scope={}&state=af0ifjsldkj\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        encode(CALLBACK),
        encode(scope)
    )
}

/// A connection that is kept: what many requests go through.
pub(crate) struct Wire {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// Nobody takes the connection.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT * 2))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, bytes: Vec::with_capacity(4096) })
    }

    /// Sends a request; its answer is to be read next.
    ///
    /// # Errors
    /// The connection is gone.
    pub(crate) fn send(&mut self, request: &str) -> Result<()> {
        self.stream.write_all(request.as_bytes())?;
        Ok(())
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// The connection is gone, or no answer came in time.
    pub(crate) fn read(&mut self) -> Result<Answer> {
        self.bytes.clear();
        let mut chunk = [0_u8; 8192];
        loop {
            if let Some(head) = http::parse_head(&self.bytes)?
                && let Some(body) = self.bytes.get(head.length..head.length + head.body)
            {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let head_text = text(self.bytes.get(..head.length).unwrap_or_default());
                return Ok(Answer { status: head.status, head: head_text, body: text(body) });
            }
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                bail!("the connection ended before the answer");
            }
            self.bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// As [`Wire::send`] and [`Wire::read`].
    pub(crate) fn ask(&mut self, request: &str) -> Result<Answer> {
        self.send(request)?;
        self.read()
    }
}
