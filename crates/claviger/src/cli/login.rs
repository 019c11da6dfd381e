//! `claviger login` and `claviger logout`: a token for the admin API of a running server, by the device grant (RFC 8628).

use super::context::Context;
use super::place::logins::{API_PATH, Login, Logins};
use super::place::{answered, text, unreachable};
use super::trouble::{Exit, Trouble};
use clap::Args;
use claviger_core::permission::Permission;
use claviger_core::text::printable;
use claviger_server::clock::Clock;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How to log in.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The public client of the admin realm that may use the device grant
    #[arg(long, value_name = "CLIENT_ID", default_value = "claviger-cli")]
    client: String,
    /// The scope; left out: everything that there is, and to stay logged in
    #[arg(long)]
    scope: Option<String>,
    /// Where the API is below the server's address, where its realm says otherwise (`[administration] api-path`)
    #[arg(long, value_name = "PATH", default_value = API_PATH)]
    api_path: String,
}

/// What is read of the server's metadata (RFC 8414 2).
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    #[serde(rename = "token_endpoint")]
    token: String,
    #[serde(rename = "device_authorization_endpoint")]
    device_authorization: Option<String>,
    #[serde(rename = "revocation_endpoint")]
    revocation: Option<String>,
}

/// What there is to be typed, and for how long (RFC 8628 3.2).
#[derive(Deserialize)]
struct Device {
    #[serde(rename = "device_code")]
    code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    #[serde(default = "usual_interval")]
    interval: u64,
}

const fn usual_interval() -> u64 {
    5
}

/// Logs in.
pub(crate) async fn login(args: LoginArgs, context: &Context) -> Result<(), Trouble> {
    let url = context.server_meant()?.ok_or_else(|| {
        Trouble::new(
            Exit::Usage,
            "say where with --server: the issuer of the admin realm, like https://admin.example.com",
        )
    })?;
    let client = context.http()?;
    let found = get(&client, &format!("{url}/.well-known/oauth-authorization-server")).await?;
    let metadata: Metadata = answered(found)?;
    // Whoever speaks for another issuer is not whom the operator means (RFC 8414 3.3).
    if metadata.issuer != url {
        let said = format!("the server at {url} calls itself {}", printable(&metadata.issuer));
        return Err(Trouble::new(Exit::Configuration, said).help("--server is the issuer of the admin realm"));
    }
    let device_endpoint = metadata.device_authorization.as_deref().ok_or_else(|| {
        Trouble::new(Exit::Configuration, "the server has no device grant")
            .help("its admin realm needs a client with it")
    })?;
    let scope = args.scope.unwrap_or_else(|| {
        let all = Permission::ALL.iter().map(|one| one.name()).collect::<Vec<_>>();
        format!("offline_access {}", all.join(" "))
    });
    let asked = post(&client, device_endpoint, &[("client_id", &args.client), ("scope", &scope)]).await?;
    let device: Device = answered(asked.map_err(|said| not_let_in(&said))?)?;
    eprintln!("Open {} and type the code {}", printable(&device.verification_uri), printable(&device.user_code));
    if let Some(complete) = &device.verification_uri_complete {
        eprintln!("or open {}", printable(complete));
    }
    let said = wait(&client, &metadata.token, &args.client, device).await?;
    let mut login = Login {
        api: format!("{url}{}", args.api_path),
        client_id: args.client,
        token_endpoint: metadata.token,
        revocation_endpoint: metadata.revocation,
        access_token: String::new(),
        refresh_token: None,
        expires_at: 0,
    };
    login.take(&said, Clock::default().now() / 1000)?;
    let mut logins = Logins::read()?;
    logins.servers.insert(url.clone(), login);
    logins.current = Some(url.clone());
    logins.write()?;
    let item = serde_json::json!({ "server": url, "scope": text(&said, "scope") });
    context.format.one(&item, &[("logged in to", url), ("scope", text(&said, "scope"))])
}

/// Asks until somebody has said yes or no (RFC 8628 3.5).
async fn wait(client: &reqwest::Client, endpoint: &str, id: &str, device: Device) -> Result<Value, Trouble> {
    let mut interval = Duration::from_secs(device.interval);
    loop {
        tokio::time::sleep(interval).await;
        let form = [("grant_type", DEVICE_GRANT), ("device_code", &*device.code), ("client_id", id)];
        match post(client, endpoint, &form).await? {
            Ok(said) => return Ok(said),
            Err(said) => match text(&said, "error").as_str() {
                "authorization_pending" => {}
                "slow_down" => interval += Duration::from_secs(5),
                _ => return Err(not_let_in(&said)),
            },
        }
    }
}

fn not_let_in(said: &Value) -> Trouble {
    let (error, why) = (text(said, "error"), text(said, "error_description"));
    let trouble = Trouble::new(Exit::Authentication, format!("the server does not let you in: {error}: {why}"));
    match error.as_str() {
        "access_denied" => trouble.help("somebody said no to this code"),
        "expired_token" => trouble.help("run `claviger login` again, and type the code in time"),
        "invalid_scope" => trouble.help("--scope asks for less: what the client of the admin realm may have"),
        _ => trouble.help("--client names the public client of the admin realm with the device grant"),
    }
}

async fn get(client: &reqwest::Client, url: &str) -> Result<Value, Trouble> {
    let answer = client.get(url).send().await.map_err(|error| unreachable(&error))?;
    if !answer.status().is_success() {
        return Err(Trouble::new(Exit::NotFound, format!("{url} answers {}", answer.status()))
            .help("--server is the issuer of the admin realm"));
    }
    answer.json().await.map_err(|error| unreachable(&error))
}

/// Posts a form; what the server says where it refuses it.
async fn post(client: &reqwest::Client, url: &str, form: &[(&str, &str)]) -> Result<Result<Value, Value>, Trouble> {
    let answer = client.post(url).form(form).send().await.map_err(|error| unreachable(&error))?;
    let is_good = answer.status().is_success();
    let said: Value = answer.json().await.map_err(|error| unreachable(&error))?;
    Ok(if is_good { Ok(said) } else { Err(said) })
}

/// Logs out: what was given is revoked, and forgotten here in any case.
pub(crate) async fn logout(context: &Context) -> Result<(), Trouble> {
    let mut logins = Logins::read()?;
    let url = context.server_meant()?.or_else(|| logins.current.clone());
    let found = url.and_then(|url| logins.servers.remove(&url).map(|login| (url, login)));
    let Some((url, login)) = found else {
        return Err(Trouble::not_found("nobody is logged in").help("`claviger login --server URL`"));
    };
    if logins.current.as_deref() == Some(&*url) {
        logins.current = None;
    }
    logins.write()?;
    if let Some(endpoint) = &login.revocation_endpoint {
        let client = context.http()?;
        // The refresh token takes its grant along (RFC 7009 2.1).
        let token = login.refresh_token.as_deref().unwrap_or(&login.access_token);
        let sent = client.post(endpoint).form(&[("token", token), ("client_id", &login.client_id)]).send().await;
        if !sent.is_ok_and(|answer| answer.status().is_success()) {
            return Err(Trouble::new(
                Exit::Unreachable,
                "you are logged out here, but the server did not revoke the token",
            )
            .help("`claviger session list` and `claviger grant revoke` at the server end it"));
        }
    }
    let item = serde_json::json!({ "server": url, "logged_in": false });
    context.format.one(&item, &[("logged out of", url)])
}
