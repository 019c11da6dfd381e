//! Somebody with a browser, an authenticator app, recovery codes and a passkey.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use claviger_testing::browser::encode;
use claviger_testing::http::{self, Answer};
use serde_json::{Value, json};

use super::super::deployment::{Deployment, PASSWORD};
use super::Once;

const REALM: &str = include_str!("../../files/factors.toml");
/// A name only, as the other realms' ports are.
const PORT: u16 = 7003;
const FACTOR: &str = "/-/second-factor";
const SECURITY: &str = "/account/security";
/// Pages on the way at most.
const PAGES: usize = 8;

/// Brings the realm in, with so many users.
///
/// # Errors
/// The program refuses it.
pub(super) fn bring_in(deployment: &Deployment, users: usize) -> Result<()> {
    let user = |n| format!("\n[[user]]\nid = \"f{n}\"\nusername = \"person-{n}\"\npassword = \"{PASSWORD}\"\n");
    let users: String = (0..users).map(user).collect();
    let text = REALM.replace("{PORT}", &PORT.to_string()) + &users;
    std::fs::write(deployment.folder.join("realms/factors.toml"), text)?;
    deployment.apply()
}

/// Somebody.
pub(super) struct Person {
    username: String,
    cookies: BTreeMap<String, String>,
    secret: Vec<u8>,
    codes: Vec<String>,
    seed: [u8; 32],
    handle: String,
    counter: u32,
}

/// Seconds since 1970.
fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs())
}

/// What comes after `start`, up to `end`.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

fn plain(text: &str) -> String {
    let plain = text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#x27;", "'").replace("&#x2f;", "/");
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What a page carries in a hidden field.
fn hidden(page: &str, name: &str) -> Option<String> {
    let field = page.split("<input").skip(1).find(|field| field.contains(&format!("name=\"{name}\"")))?;
    between(field, "value=\"", "\"").map(plain)
}

/// The text of the block that a page shows to be copied.
fn block(page: &str) -> Result<&str> {
    let rest = page.split_once("<pre").context("the page shows nothing to be copied")?.1;
    between(rest, ">", "<").context("the block does not end")
}

impl Person {
    /// The user of this number, with nothing set up.
    pub(super) fn new(number: usize) -> Self {
        let (cookies, username) = (BTreeMap::new(), format!("person-{number}"));
        let seed = digest(&SHA256, username.as_bytes()).as_ref().try_into().unwrap_or([9; 32]);
        let (secret, codes, handle) = (Vec::new(), Vec::new(), String::new());
        Self { username, cookies, secret, codes, seed, handle, counter: 0 }
    }

    fn request(&self, method: &str, target: &str, form: &[(&str, String)]) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (cookies, host) = (format!("Cookie: {}", cookies.join("; ")), format!("localhost:{PORT}"));
        let origin = format!("Origin: http://{host}");
        let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let lines: &[&str] = if method == "POST" { &[&cookies, &origin] } else { &[&cookies] };
        http::request(method, target, &host, lines, &body.join("&"))
    }

    /// Sends a request, keeps the cookies, and goes on to the page that it leads to.
    fn go(&mut self, at: SocketAddr, method: &str, target: &str, form: &[(&str, String)]) -> Result<Answer> {
        let mut answer = http::send(at, &self.request(method, target, form))?;
        for _ in 0..PAGES {
            for line in answer.head.lines() {
                let cookie = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
                let pair = cookie.and_then(|(_, value)| value.trim().split(';').next()?.split_once('='));
                if let Some((name, value)) = pair {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let Some(location) = answer.header("location").map(str::to_owned) else { return Ok(answer) };
            answer = http::send(at, &self.request("GET", &location, &[]))?;
        }
        bail!("{target} leads from page to page")
    }

    /// Sends the form of a page, with what it carries.
    fn send(&mut self, at: SocketAddr, target: &str, page: &Answer, more: &[(&str, String)]) -> Result<Answer> {
        let form = Self::filled(page, more);
        self.go(at, "POST", target, &form)
    }

    fn filled<'n>(page: &Answer, more: &[(&'n str, String)]) -> Vec<(&'n str, String)> {
        let names = ["csrf", "half", "to", "secret", "ceremony"];
        let carried = names.into_iter().filter_map(|name| Some((name, hidden(&page.body, name)?)));
        carried.chain(more.iter().cloned()).collect()
    }

    /// Types name and password at the page of what one signs in with.
    fn by_password(&mut self, at: SocketAddr) -> Result<Answer> {
        self.cookies.clear();
        let page = self.go(at, "GET", SECURITY, &[])?;
        let typed = [("username", self.username.clone()), ("password", PASSWORD.to_owned())];
        self.send(at, "/-/sign-in", &page, &typed)
    }

    /// Sets all of it up.
    ///
    /// # Errors
    /// A page that is not the expected one.
    pub(super) fn set_up(&mut self, at: SocketAddr) -> Result<()> {
        self.by_password(at)?;
        self.add_app(at)?;
        let page = self.go(at, "GET", &format!("{FACTOR}?to=security&act=set-up&kind=passkey"), &[])?;
        let asked = Self::asked(&page)?;
        let handle = asked.pointer("/user/id").and_then(Value::as_str).context("no user")?;
        handle.clone_into(&mut self.handle);
        let answer = self.create(&asked)?;
        let done = self.send(at, FACTOR, &page, &[("act", "set-up-passkey".to_owned()), ("passkey", answer)])?;
        if done.body.contains("name=\"rename\"") { Ok(()) } else { bail!("no passkey was set up: {}", done.body) }
    }

    /// Sets an app up, and keeps the codes that are shown with the first one.
    fn add_app(&mut self, at: SocketAddr) -> Result<()> {
        let page = self.go(at, "GET", &format!("{FACTOR}?to=security&act=set-up"), &[])?;
        self.secret = base32(block(&page.body)?)?;
        let code = self.code(0)?;
        let done = self.send(at, FACTOR, &page, &[("act", "set-up".to_owned()), ("code", code)])?;
        if done.body.contains("<pre") {
            self.codes = block(&done.body)?.lines().map(str::to_owned).collect();
        }
        Ok(())
    }

    /// Makes sure that there is one more to be used: an app whose next code nobody has used, or codes.
    ///
    /// # Errors
    /// As [`Self::set_up`].
    pub(super) fn renew(&mut self, at: SocketAddr, once: Once) -> Result<()> {
        if once == Once::Passkey || once == Once::RecoveryCode && !self.codes.is_empty() {
            return Ok(());
        }
        let page = self.by_password(at)?;
        let answer = self.get(&Self::asked(&page)?)?;
        let page = self.send(at, FACTOR, &page, &[("act", "passkey".to_owned()), ("passkey", answer)])?;
        if once == Once::RecoveryCode {
            let done = self.send(at, SECURITY, &page, &[("codes", "1".to_owned())])?;
            self.codes = block(&done.body)?.lines().map(str::to_owned).collect();
            return Ok(());
        }
        let app = page.body.split("name=\"remove\" value=\"").skip(1).find(|rest| rest.starts_with("totp-"));
        if let Some(id) = app.and_then(|rest| rest.split('"').next()) {
            self.send(at, SECURITY, &page, &[("remove", id.to_owned())])?;
        }
        self.add_app(at)
    }

    /// The request that signs them in with one of these, in a new browser; not yet sent.
    ///
    /// # Errors
    /// As [`Self::set_up`].
    pub(super) fn sign_in(&mut self, at: SocketAddr, once: Once) -> Result<String> {
        let page = self.by_password(at)?;
        let more = match once {
            Once::Totp => vec![("code", self.code(1)?)],
            Once::RecoveryCode => vec![("code", self.codes.pop().context("no code is left")?)],
            Once::Passkey => vec![("act", "passkey".to_owned()), ("passkey", self.get(&Self::asked(&page)?)?)],
        };
        Ok(self.request("POST", FACTOR, &Self::filled(&page, &more)))
    }

    /// What the app shows so many steps from now (RFC 6238).
    fn code(&self, ahead: u64) -> Result<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &(now()? / 30 + ahead).to_be_bytes());
        let at = usize::from(tag.as_ref().last().copied().unwrap_or_default() & 15);
        let word: [u8; 4] =
            tag.as_ref().get(at..at + 4).and_then(|word| word.try_into().ok()).context("a short tag")?;
        Ok(format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000))
    }

    /// The question on a page.
    fn asked(page: &Answer) -> Result<Value> {
        let text =
            between(&page.body, "data-options=\"", "\"").with_context(|| format!("no question: {}", page.body))?;
        Ok(serde_json::from_str(&plain(text))?)
    }

    fn key(&self) -> Result<Ed25519KeyPair> {
        Ed25519KeyPair::from_seed_unchecked(&self.seed).map_err(|error| anyhow!("no key: {error}"))
    }

    fn client_data(kind: &str, asked: &Value) -> String {
        let origin = format!("http://localhost:{PORT}");
        json!({ "type": kind, "challenge": asked.get("challenge"), "origin": origin }).to_string()
    }

    /// Authenticator data up to where a credential would stand (Web Authentication 6.1).
    fn data(&mut self, flags: u8) -> Vec<u8> {
        self.counter += 1;
        [digest(&SHA256, b"localhost").as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn answer(&self, response: &Value) -> String {
        let id = BASE64.encode(self.seed);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }

    /// What an authenticator makes of `navigator.credentials.create`.
    fn create(&mut self, asked: &Value) -> Result<String> {
        let public = self.key()?.public_key().as_ref().to_vec();
        let key = [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20], public.as_slice()].concat();
        let data = [self.data(0x45), vec![0; 16], vec![0, 32], self.seed.to_vec(), key].concat();
        let length = u16::try_from(data.len())?.to_be_bytes();
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".as_slice(), &length, &data].concat();
        let client_data = Self::client_data("webauthn.create", asked);
        let response =
            json!({ "clientDataJSON": BASE64.encode(client_data), "attestationObject": BASE64.encode(object) });
        Ok(self.answer(&response))
    }

    /// The same of `navigator.credentials.get`.
    fn get(&mut self, asked: &Value) -> Result<String> {
        let (data, client_data) = (self.data(0x05), Self::client_data("webauthn.get", asked));
        let signed = [data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.key()?.sign(&signed);
        Ok(self.answer(&json!({
            "clientDataJSON": BASE64.encode(client_data),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature.as_ref()),
            "userHandle": self.handle,
        })))
    }
}

/// What a page shows to be typed (RFC 4648 6, in groups).
fn base32(text: &str) -> Result<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.bytes().filter(|letter| !letter.is_ascii_whitespace()) {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => bail!("{text} is no base32"),
        };
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff)?);
        }
    }
    Ok(bytes)
}
