//! What is said at logout, and what of a session is told to clients: `sid`, logout tokens (OpenID Connect Back-Channel Logout
//! 1.0), the addresses of frames (Front-Channel Logout 1.0), `session_state` (Session Management 1.0).

use crate::crypto::sha256;
use crate::jose::base64url;
use crate::params::form_encode;
use serde::Serialize;

/// How long a logout token is good for, in seconds (Back-Channel Logout 4: two minutes at most are recommended).
const GOOD_FOR: i64 = 120;

/// What a logout token's event is called (Back-Channel Logout 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// `sid`: a session as one client knows it; no other client can tell that it is the same. `session`: as grants name it.
pub fn sid(session: &str, client: &str) -> String {
    let hash = sha256(format!("sid\0{session}\0{client}").as_bytes());
    base64url(hash.first_chunk::<16>().map_or(&[], |half| half.as_slice()))
}

/// The claims of a logout token (Back-Channel Logout 2.4). It never has a `nonce`, so that nobody takes it for an ID token.
#[derive(Debug, Clone, Serialize)]
pub struct LogoutClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    events: Events,
    sid: &'a str,
}

#[derive(Debug, Clone, Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Nothing,
}

/// An empty object.
#[derive(Debug, Clone, Serialize)]
struct Nothing {}

impl<'a> LogoutClaims<'a> {
    /// Those for `aud` about a user and a session; `now` in milliseconds.
    pub const fn new(iss: &'a str, aud: &'a str, sub: &'a str, sid: &'a str, jti: &'a str, now: i64) -> Self {
        let iat = now / 1000;
        Self { iss, sub, aud, iat, exp: iat + GOOD_FOR, jti, events: Events { logout: Nothing {} }, sid }
    }

    /// The name of its one event.
    pub const fn event() -> &'static str {
        EVENT
    }
}

/// The address of a frame that tells a client of a logout: its own, with `iss` and `sid` (Front-Channel Logout 2).
pub fn frame(uri: &str, issuer: &str, sid: &str) -> String {
    let mut address = uri.to_owned();
    if !address.contains('?') {
        address.push('?');
    }
    form_encode(&mut address, "iss", issuer.as_bytes());
    form_encode(&mut address, "sid", sid.as_bytes());
    address
}

/// What a browser's cookie says of a session, so that a change of it can be noticed (Session Management 4.2). It is no secret:
/// nobody gets from it to the session. `session`: the hash of the session's own cookie.
pub fn browser_state(session: &[u8; 32]) -> String {
    let mut bytes = b"browser state\0".to_vec();
    bytes.extend_from_slice(session);
    base64url(&sha256(&bytes))
}

/// `session_state` (Session Management 3): the script of the OP's frame makes the same of what it finds.
pub fn session_state(client: &str, origin: &str, browser_state: &str, salt: &[u8; 12]) -> String {
    let salt = base64url(salt);
    let hash = sha256(format!("{client} {origin} {browser_state} {salt}").as_bytes());
    format!("{}.{salt}", base64url(&hash))
}

#[cfg(test)]
mod tests {
    use super::{LogoutClaims, browser_state, frame, session_state, sid};
    use serde_json::json;

    #[test]
    fn a_session_has_another_name_with_each_client() {
        assert_eq!(sid("s", "a"), sid("s", "a"));
        assert_eq!(sid("s", "a").len(), 22);
        assert_ne!(sid("s", "a"), sid("s", "b"));
        assert_ne!(sid("s", "a"), sid("t", "a"));
    }

    #[test]
    fn a_logout_token_has_its_event_and_no_nonce() {
        let claims = LogoutClaims::new("https://i", "app", "u1", "s", "j", 1_000_500);
        let expected = json!({
            "iss": "https://i", "sub": "u1", "aud": "app", "iat": 1000, "exp": 1120, "jti": "j",
            "events": { (LogoutClaims::event()): {} }, "sid": "s",
        });
        assert_eq!(serde_json::to_value(claims).unwrap(), expected);
    }

    #[test]
    fn a_frame_keeps_the_query_that_was_registered() {
        let iss = "iss=https%3A%2F%2Fi";
        assert_eq!(frame("https://a/out", "https://i", "s-1"), format!("https://a/out?{iss}&sid=s-1"));
        assert_eq!(frame("https://a/out?x=1", "https://i", "s-1"), format!("https://a/out?x=1&{iss}&sid=s-1"));
    }

    #[test]
    fn a_session_state_depends_on_each_of_its_parts_and_has_no_space() {
        let (one, other) = (browser_state(&[1; 32]), browser_state(&[2; 32]));
        assert_ne!(one, other);
        let salt = [7; 12];
        let usual = session_state("app", "https://a", &one, &salt);
        // echo -n "app https://a $ONE BwcHBwcHBwcHBwcH" | openssl dgst -sha256 -binary | basenc --base64url
        assert!(usual.ends_with(".BwcHBwcHBwcHBwcH") && !usual.contains(' '), "{usual}");
        assert_ne!(usual, session_state("app2", "https://a", &one, &salt));
        assert_ne!(usual, session_state("app", "https://b", &one, &salt));
        assert_ne!(usual, session_state("app", "https://a", &other, &salt));
        assert_ne!(usual, session_state("app", "https://a", &one, &[8; 12]));
    }
}
