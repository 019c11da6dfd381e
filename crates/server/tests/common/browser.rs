//! A browser that is a cookie jar, with a person in front of it.

use super::{PASSWORD, Reply, Server, encode};
use reqwest::Method;
use std::collections::HashMap;
use std::sync::Mutex;

/// A browser: cookies, and a person who signs in (as alice, if nobody says otherwise) and allows.
#[derive(Default)]
pub struct Browser {
    cookies: Mutex<HashMap<String, String>>,
    username: Option<&'static str>,
    pub organisations: Vec<&'static str>,
    /// `Accept-Language`; empty: none is sent.
    pub accept_language: &'static str,
}

impl Browser {
    /// Of somebody else than alice.
    pub fn of(username: &'static str) -> Self {
        Self { username: Some(username), ..Self::default() }
    }

    /// Of somebody who reads these languages.
    pub fn reading(accept_language: &'static str) -> Self {
        Self { accept_language, ..Self::default() }
    }

    /// Of somebody who picks these organisations where they are asked to.
    pub fn picking(username: &'static str, organisations: &[&'static str]) -> Self {
        Self { organisations: organisations.to_vec(), ..Self::of(username) }
    }

    pub fn cookie(&self, part: &str) -> Option<String> {
        self.cookies.lock().unwrap().iter().find(|(name, _)| name.contains(part)).map(|(_, value)| value.clone())
    }

    /// Sends the sign-in form of a page; where that did not work, opens the page that says so.
    pub async fn sign_in(&self, server: &Server, page: &Reply, username: &str, password: &str) -> Reply {
        let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap_or_default());
        let form = [("csrf", csrf.as_str()), ("pending", &pending), ("username", username), ("password", password)];
        let reply = self.send(server, Method::POST, "/-/sign-in", Some(&form)).await;
        let location = reply.header("location").to_owned();
        if location.contains("notice=") { self.get(server, &location).await } else { reply }
    }

    /// Sends the consent form of a page.
    pub async fn decide(&self, server: &Server, page: &Reply, decision: &str) -> Reply {
        let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
        let mut form = vec![("csrf", csrf.as_str()), ("pending", &pending), ("decision", decision)];
        form.extend(self.organisations.iter().map(|id| ("organisation", *id)));
        self.send(server, Method::POST, "/-/consent", Some(&form)).await
    }

    /// Presses a button of the account chooser, and opens the page that it leads to.
    pub async fn choose(&self, server: &Server, page: &Reply, button: (&str, &str)) -> Reply {
        let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
        let form = [("csrf", csrf.as_str()), ("pending", pending.as_str()), button];
        let reply = self.send(server, Method::POST, "/-/switch-account", Some(&form)).await;
        let location = reply.header("location").to_owned();
        if location.starts_with('/') { self.get(server, &location).await } else { reply }
    }

    /// Signs in and follows our own redirects until a page that is not the sign-in page, or the answer.
    pub async fn get_past_sign_in(&self, server: &Server, page: Reply) -> Reply {
        page.asks_to_sign_in();
        let mut reply = self.sign_in(server, &page, self.username.unwrap_or("alice"), PASSWORD).await;
        while reply.status == 303 && reply.header("location").starts_with('/') {
            let location = reply.header("location").to_owned();
            reply = self.get(server, &location).await;
        }
        reply
    }

    pub async fn send(&self, server: &Server, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Reply {
        self.send_with(server, method, path, |request| match form {
            Some(form) => request.form(form),
            None => request,
        })
        .await
    }

    /// Sends a body of this type as it is.
    pub async fn send_body(&self, server: &Server, method: Method, path: &str, body: (&str, Vec<u8>)) -> Reply {
        self.send_with(server, method, path, |request| request.header("content-type", body.0).body(body.1)).await
    }

    async fn send_with(
        &self,
        server: &Server,
        method: Method,
        path: &str,
        with: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Reply {
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let mut request = server.http.request(method, server.url(path));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        if !self.accept_language.is_empty() {
            request = request.header("accept-language", self.accept_language);
        }
        let request = with(request);
        let reply = Reply::of(request.send().await.unwrap()).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    pub async fn get(&self, server: &Server, path: &str) -> Reply {
        self.send(server, Method::GET, path, None).await
    }

    /// What the authorization endpoint shows first.
    pub async fn ask(&self, server: &Server, query: &[(String, String)]) -> Reply {
        self.get(server, &format!("/authorize?{}", encode(query))).await
    }

    /// Goes on from a page: signs in, allows, follows our own redirects, until the answer goes to the client.
    pub async fn carry_on(&self, server: &Server, mut reply: Reply) -> Reply {
        for _ in 0..6 {
            if reply.status == 303 {
                let location = reply.header("location").to_owned();
                if !location.starts_with('/') {
                    return reply;
                }
                reply = self.get(server, &location).await;
                continue;
            }
            if !reply.body.contains("name=\"csrf\"") {
                return reply;
            }
            assert_eq!(reply.status, 200, "{}", reply.body);
            reply = if reply.body.contains("name=\"password\"") {
                self.sign_in(server, &reply, self.username.unwrap_or("alice"), PASSWORD).await
            } else {
                self.decide(server, &reply, "allow").await
            };
        }
        panic!("the flow does not end: {}", reply.body)
    }

    /// The whole authorization request.
    pub async fn authorize(&self, server: &Server, query: &[(String, String)]) -> Reply {
        let reply = self.ask(server, query).await;
        self.carry_on(server, reply).await
    }

    pub fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }
}
