//! Requests of clients whose users are elsewhere (OpenID CIBA Core 1.0 7): what is asked for, and of whom.
//!
//! Such a request waits like that of a device: its user answers on the consent page, which they come to from their account, and what
//! they allow becomes a code under the id that the client polls with.

use super::device::Backchannel;
use super::{AuthorizationRequest, Device, Prompt, audience, claims, no_duplicates};
use crate::client::Client;
use crate::granted::resolve_scope;
use crate::params::Params;
use crate::realm::Realm;
use crate::refusal::{Further, Refusal};
use crate::text::is_name;
use crate::token_request;

/// Longest `binding_message`, in characters: it is read on two screens and compared.
const LONGEST_MESSAGE: usize = 100;
/// Longest `client_notification_token` (CIBA Core 1.0 7.1).
const LONGEST_TOKEN: usize = 1024;

/// By what a user is named (CIBA Core 1.0 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserHint<'a> {
    /// By an ID token of theirs.
    IdToken(&'a str),
    /// By the name that they sign in with, or their address.
    Login(&'a str),
}

impl<'a> UserHint<'a> {
    /// The one hint that there must be.
    ///
    /// # Errors
    /// There is none, more than one, or one of a kind that nobody here can read.
    pub fn read(params: &'a Params<'_>) -> Result<Self, Refusal> {
        let all = ["login_hint_token", "id_token_hint", "login_hint"];
        if all.into_iter().filter(|name| params.get(name).is_some()).count() > 1 {
            return Err(Refusal::WrongParameter { name: "login_hint", why: "one hint names the user, not several" });
        }
        if params.get("login_hint_token").is_some() {
            let why = "this server reads no such tokens; send login_hint or id_token_hint";
            return Err(Refusal::WrongParameter { name: "login_hint_token", why });
        }
        match (params.get("id_token_hint"), params.get("login_hint")) {
            (Some(token), _) => Ok(Self::IdToken(token)),
            (None, Some(name)) => Ok(Self::Login(name)),
            (None, None) => Err(Refusal::MissingParameter("login_hint")),
        }
    }
}

/// `requested_expiry`, in seconds.
///
/// # Errors
/// It is no positive number.
pub fn requested_expiry(params: &Params<'_>) -> Result<Option<u32>, Refusal> {
    const WRONG: Refusal =
        Refusal::WrongParameter { name: "requested_expiry", why: "it must be a positive number of seconds" };
    let Some(text) = params.get("requested_expiry") else { return Ok(None) };
    text.parse::<u32>().ok().filter(|seconds| *seconds > 0).map(Some).ok_or(WRONG)
}

/// `client_notification_token`, which a client in ping mode must send (CIBA Core 1.0 7.1).
///
/// # Errors
/// It is missing, longer than it may be, or no bearer token (RFC 6750 2.1).
pub fn notification_token<'p>(params: &'p Params<'_>) -> Result<&'p str, Refusal> {
    let token = params.required("client_notification_token")?;
    let (body, end) = token.split_at(token.trim_end_matches('=').len());
    let is_token = !body.is_empty()
        && end.len() <= 2
        && token.len() <= LONGEST_TOKEN
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    let why = "it must be a bearer token of at most 1,024 characters";
    if is_token { Ok(token) } else { Err(Refusal::WrongParameter { name: "client_notification_token", why }) }
}

impl AuthorizationRequest {
    /// Reads an authentication request (CIBA Core 1.0 7.1). Consent is asked for each time: nobody but the user knows what it is about.
    ///
    /// # Errors
    /// A parameter that stands twice; scope, audience or `acr_values`; a message that could mislead.
    pub fn of_backchannel(
        realm: &Realm,
        client: &Client,
        params: &Params<'_>,
        device: Device,
        now: i64,
    ) -> Result<Self, Refusal> {
        no_duplicates(params)?;
        let requested = token_request::scope(params)?.ok_or(Refusal::MissingParameter("scope"))?;
        let scope = resolve_scope(realm, client, Some(&requested), None)?;
        if !scope.contains("openid") {
            return Err(Refusal::WrongParameter { name: "scope", why: "such a request needs the scope openid" });
        }
        let message = binding_message(params)?;
        let backchannel = Backchannel { binding_message: message, ..Backchannel::default() };
        let device = Device { backchannel: Some(Box::new(backchannel)), ..device };
        let page = format!("{}/account/requests", realm.base());
        let audience = audience(realm, client, params, &scope)?;
        Ok(Self {
            prompt: Prompt { consent: true, ..Prompt::default() },
            claims: claims(realm, client, params)?,
            ..Self::to_wait(client, page, (scope, audience), device, now)
        })
    }

    /// What it says as one whose user is elsewhere.
    pub fn backchannel(&self) -> Option<&Backchannel> {
        self.device.as_ref()?.backchannel.as_deref()
    }
}

/// A text that can be shown and compared: short, on one line, without controls and without what turns the direction of writing.
fn binding_message(params: &Params<'_>) -> Result<Option<String>, Refusal> {
    let Some(text) = params.get("binding_message") else { return Ok(None) };
    let is_good = (1..=LONGEST_MESSAGE).contains(&text.chars().count()) && is_name(text) && !text.trim().is_empty();
    if is_good { Ok(Some(text.to_owned())) } else { Err(Further::BindingMessage.into()) }
}

#[cfg(test)]
mod tests {
    use super::{UserHint, binding_message, notification_token, requested_expiry};
    use crate::params::Params;
    use crate::refusal::Refusal;

    fn read<T>(query: &str, with: impl Fn(&Params<'_>) -> Result<T, Refusal>) -> Result<T, String> {
        with(&Params::form(query.as_bytes()).unwrap()).map_err(|refusal| refusal.code().name().to_owned())
    }

    #[test]
    fn one_hint_names_the_user() {
        let named = |query: &str| read(query, |params| UserHint::read(params).map(|hint| format!("{hint:?}")));
        assert_eq!(named("login_hint=ada").unwrap(), "Login(\"ada\")");
        assert_eq!(named("id_token_hint=e.y.j").unwrap(), "IdToken(\"e.y.j\")");
        for wrong in ["", "login_hint=a&id_token_hint=b", "login_hint_token=a", "login_hint_token=a&login_hint=b"] {
            assert_eq!(named(wrong).unwrap_err(), "invalid_request", "{wrong}");
        }
    }

    #[test]
    fn a_message_is_short_and_plain() {
        let said = |text: &str| read(&format!("binding_message={text}"), binding_message);
        assert_eq!(said("W4SCT").unwrap().as_deref(), Some("W4SCT"));
        assert_eq!(said("Angebot+%C3%BCber+10+%E2%82%AC").unwrap().as_deref(), Some("Angebot über 10 €"));
        let long = "a".repeat(101);
        for wrong in ["+", "a%0Ab", "a%E2%80%AEb", long.as_str()] {
            assert_eq!(said(wrong).unwrap_err(), "invalid_binding_message", "{wrong}");
        }
        assert_eq!(read("a=b", binding_message).unwrap(), None);
    }

    #[test]
    fn numbers_and_tokens_are_what_they_must_be() {
        assert_eq!(read("requested_expiry=120", requested_expiry).unwrap(), Some(120));
        for wrong in ["0", "-1", "1.5", "a", "99999999999"] {
            assert_eq!(read(&format!("requested_expiry={wrong}"), requested_expiry).unwrap_err(), "invalid_request");
        }
        let token = |text: &str| {
            read(&format!("client_notification_token={text}"), |params| notification_token(params).map(str::to_owned))
        };
        assert_eq!(token("8d67dc78-7faa-4d41-aabd-67707b374255").unwrap(), "8d67dc78-7faa-4d41-aabd-67707b374255");
        let long = "a".repeat(1025);
        for wrong in ["", "a+b", "a%0D%0Ab", "%3D%3D", "a%3D%3D%3D", long.as_str()] {
            assert_eq!(token(wrong).unwrap_err(), "invalid_request", "{wrong}");
        }
    }
}
