//! A refused request, gone through once more: each check in its order, whether it passed, and what was compared. It is done with what
//! the request log keeps and with the app as it is now; secrets are lengths and digests.

use super::log::{Described, LoggedCall, Param, call};
use super::{AdminError, apps};
use crate::state::secrets::Secrets;
use claviger_core::redirect::RedirectUri;
use claviger_core::refusal::{Check, RefusalKind};
use claviger_core::text::short_digest;
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, RequestLog, SecretKind, Store};
use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It is the one that failed.
    Failed,
    /// A check before it failed.
    NotReached,
}

impl Outcome {
    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotReached => "not reached",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Its name.
    pub check: &'static str,
    /// What is checked.
    pub what: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was compared, with what is registered now.
    pub compared: String,
    /// What to do, where it failed.
    pub mend: String,
}

/// A request that was gone through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The call, as it is in the log.
    pub call: LoggedCall,
    /// The checks, in their order.
    pub checks: Vec<Replayed>,
}

/// Goes through a refused request; `now` in milliseconds.
///
/// # Errors
/// The log has no such call, or it was not refused; the store cannot be read.
pub async fn replay(
    store: &Store,
    log: &RequestLog,
    secrets: &Secrets,
    realm: &Realm,
    reference: &str,
    now: i64,
) -> Result<Replay, AdminError> {
    let call = call(log, reference, None, now).await?;
    if call.realm != realm.id {
        return Err(AdminError::NoSuchCall(reference.to_owned()));
    }
    let Some(kind) = RefusalKind::named(&call.kind) else {
        return Err(AdminError::NotRefused(reference.to_owned()));
    };
    let (client, live) = match call.app.as_str() {
        "" => (None, Vec::new()),
        app => match apps::find(store, realm, app).await {
            Ok(client) => (Some(client), live_secrets(store, realm, app, now).await?),
            Err(AdminError::NoSuchApp(_)) => (None, Vec::new()),
            Err(error) => return Err(error),
        },
    };
    let request = call.said.request.as_deref().cloned().unwrap_or_default();
    let facts = Facts { secrets, realm, client: client.as_ref(), live: &live, call: &call, request: &request };
    let checks = Check::ALL.into_iter().filter(|check| facts.concerns(*check) || *check == kind.check);
    let checks = checks.map(|check| facts.replayed(check, kind)).collect();
    Ok(Replay { call, checks })
}

async fn live_secrets(store: &Store, realm: &Realm, app: &str, now: i64) -> Result<Vec<ClientSecret>, AdminError> {
    let found = store.client_with_secrets(&realm.id, app).await?;
    let all = found.map(|(_, secrets)| secrets).unwrap_or_default();
    Ok(all.into_iter().filter(|secret| secret.is_live(now)).collect())
}

struct Facts<'a> {
    secrets: &'a Secrets,
    realm: &'a Realm,
    client: Option<&'a Client>,
    live: &'a [ClientSecret],
    call: &'a LoggedCall,
    request: &'a Described,
}

impl Facts<'_> {
    /// Whether a request like this one comes to the check.
    fn concerns(&self, check: Check) -> bool {
        let has = |name: &str| self.request.param(name).is_some();
        let is_token = self.call.endpoint == "token";
        match check {
            Check::Shape | Check::ClientNamed | Check::ClientServed => true,
            Check::ClientProved => self.call.endpoint != "authorization",
            Check::Limit => is_token && self.client.is_some_and(|client| self.limit(client).is_some()),
            Check::GrantAllowed => has("grant_type") || has("response_type"),
            Check::Possession => self.request.dpop || self.request.certificate,
            Check::Redirect => has("redirect_uri"),
            Check::Presented => {
                ["code", "refresh_token", "device_code", "assertion", "subject_token", "password"].into_iter().any(has)
            }
            Check::GrantStands => has("code") || has("refresh_token"),
            Check::Pkce => has("code_verifier") || has("code_challenge"),
            Check::Scope => has("scope"),
            Check::Audience => has("audience") || has("resource"),
            Check::User => self.call.endpoint == "authorization",
            Check::Seat => false,
        }
    }

    fn replayed(&self, check: Check, kind: RefusalKind) -> Replayed {
        let outcome = match check.cmp(&kind.check) {
            std::cmp::Ordering::Less => Outcome::Passed,
            std::cmp::Ordering::Equal => Outcome::Failed,
            std::cmp::Ordering::Greater => Outcome::NotReached,
        };
        let said = self.compared(check);
        let compared = match outcome {
            Outcome::Failed if said.is_empty() => self.call.detail.clone(),
            Outcome::Failed => format!("{said}; answered: {}", self.call.detail),
            _ => said,
        };
        let mend = if outcome == Outcome::Failed { kind.mend.to_owned() } else { String::new() };
        Replayed { check: check.name(), what: check.text(), outcome, compared, mend }
    }

    fn compared(&self, check: Check) -> String {
        match check {
            Check::Shape => self.shape(),
            Check::ClientNamed => self.named(),
            Check::ClientProved => self.proved(),
            Check::ClientServed => {
                self.client.map(|client| format!("the app is {} now", client.status.name())).unwrap_or_default()
            }
            Check::Limit => self.client.and_then(|client| self.limit(client)).map(limit_text).unwrap_or_default(),
            Check::GrantAllowed => self.grant(),
            Check::Possession => format!(
                "DPoP proof: {}; client certificate: {}",
                sent(self.request.dpop),
                sent(self.request.certificate)
            ),
            Check::Redirect => self.redirect(),
            Check::Presented => self.lengths(&["code", "refresh_token", "device_code", "assertion", "subject_token"]),
            Check::GrantStands | Check::User | Check::Seat => String::new(),
            Check::Pkce => self.lengths(&["code_verifier", "code_challenge"]),
            Check::Scope => self.scope(),
            Check::Audience => self.audience(),
        }
    }

    fn limit(&self, client: &Client) -> Option<u32> {
        self.realm.token_calls_per_minute(&client.limits)
    }

    fn shape(&self) -> String {
        let names: Vec<_> = self.request.params.iter().map(|param| param.name.as_str()).collect();
        let media = if self.request.media_type.is_empty() { "no media type" } else { &self.request.media_type };
        format!("{} with {media}, parameters: {}", self.request.method, names.join(", "))
    }

    fn named(&self) -> String {
        let id = self.request.param("client_id").and_then(|param| param.value.clone());
        let header = if self.request.authorization.is_empty() { "none" } else { &self.request.authorization };
        let known = if self.client.is_some() { "there is such an app" } else { "there is no such app" };
        format!("client_id `{}`, Authorization header: {header}; {known}", id.unwrap_or_default())
    }

    fn proved(&self) -> String {
        let given = if let Some(param) = self.request.param("client_secret") {
            format!("a secret of {} characters, digest {}", param.length, param.digest)
        } else if let Some(param) = self.request.param("client_assertion") {
            format!("an assertion of {} characters", param.length)
        } else {
            "no secret and no assertion".to_owned()
        };
        let live: Vec<_> = self.live.iter().map(|secret| self.shown(secret)).collect();
        let live = if live.is_empty() { "no live secret".to_owned() } else { live.join(", ") };
        format!("sent: {given}; the app has: {live}")
    }

    /// A stored secret, without what it is.
    fn shown(&self, secret: &ClientSecret) -> String {
        let digest = match secret.kind {
            SecretKind::Hmac => short_digest(&secret.hash),
            _ => return format!("`{}` (kept in a form that no digest can be compared with)", secret.id),
        };
        let is_same = self.request.param("client_secret").is_some_and(|param| param.digest == digest);
        format!("`{}` digest {digest}{}", secret.id, if is_same { " (the same)" } else { "" })
    }

    fn grant(&self) -> String {
        let value = |name: &str| self.request.param(name).and_then(|param| param.value.clone());
        let asked = value("grant_type").or_else(|| value("response_type")).unwrap_or_default();
        let may =
            self.client.map(|client| client.grants.iter().map(|grant| grant.name()).collect::<Vec<_>>().join(", "));
        format!("asked for `{asked}`; the app may use: {}", may.unwrap_or_default())
    }

    fn redirect(&self) -> String {
        let Some(Param { length, digest, .. }) = self.request.param("redirect_uri") else {
            return "no redirect_uri was sent".to_owned();
        };
        let registered = self.client.map(|client| client.redirect_uris.as_slice()).unwrap_or_default();
        let same = registered
            .iter()
            .find(|uri| self.secrets.request_digests(uri.as_str()).iter().any(|one| short_digest(one) == *digest));
        let found = if let Some(uri) = same {
            format!("it is the registered {}", uri.as_str())
        } else {
            let all: Vec<_> = registered.iter().map(RedirectUri::as_str).collect();
            format!("it is none of the registered: {}", all.join(", "))
        };
        format!("a redirect_uri of {length} characters, digest {digest}; {found}")
    }

    fn scope(&self) -> String {
        let asked = self.request.param("scope").and_then(|param| param.value.clone()).unwrap_or_default();
        let Some(client) = self.client else { return format!("asked for `{asked}`") };
        let beyond: Vec<_> = asked.split(' ').filter(|one| !client.scope.contains(one)).collect();
        let beyond = if beyond.is_empty() { "nothing".to_owned() } else { beyond.join(" ") };
        format!("asked for `{asked}`; beyond what the app may ask for: {beyond}")
    }

    fn audience(&self) -> String {
        let value = |name: &str| self.request.param(name).and_then(|param| param.value.clone());
        let asked = value("audience").or_else(|| value("resource")).unwrap_or_default();
        let may = self.client.map(|client| client.audiences.join(", ")).unwrap_or_default();
        format!("asked for `{asked}`; the app may have: {may}")
    }

    fn lengths(&self, names: &[&str]) -> String {
        let found = names.iter().filter_map(|name| self.request.param(name));
        let text = |param: &Param| format!("{}: {} characters, digest {}", param.name, param.length, param.digest);
        found.map(text).collect::<Vec<_>>().join("; ")
    }
}

fn limit_text(limit: u32) -> String {
    format!("{limit} calls a minute")
}

const fn sent(is_sent: bool) -> &'static str {
    if is_sent { "sent" } else { "not sent" }
}
