//! What others see of each realm: whether its names are in the DNS, whether TLS is right, and whether what answers there is
//! this realm.

use super::{Finding, with_causes};
use claviger_core::Realm;
use std::net::IpAddr;
use std::time::Duration;

/// How long an address has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks at each address of each realm.
pub(super) async fn look(realms: &[Realm]) -> Vec<Finding> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("claviger-doctor")
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return vec![Finding::problem("TLS", with_causes(&error), "")],
    };
    let mut findings = Vec::new();
    for realm in realms {
        let others = realm.hosts.values().map(|host| host.origin.as_str());
        for url in std::iter::once(realm.issuer.as_str()).chain(others) {
            let dns = dns(&realm.id, url).await;
            let is_known = dns.state == super::Verdict::Ok;
            findings.push(dns);
            if is_known {
                findings.push(tls(&client, realm, url).await);
            }
        }
    }
    findings
}

async fn dns(realm: &str, url: &str) -> Finding {
    let check = format!("DNS of {realm}");
    let Ok(parsed) = reqwest::Url::parse(url) else {
        return Finding::problem(check, format!("{url} is no URL"), "correct the realm file");
    };
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = parsed.port_or_known_default().unwrap_or(443);
    if host.parse::<IpAddr>().is_ok() {
        return Finding::ok(check, format!("{host} is an address"));
    }
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await;
    let help = format!("add {host} to the DNS, or correct issuer and hosts in the realm file");
    match found {
        Ok(Ok(addresses)) => {
            let mut addresses: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
            addresses.dedup();
            Finding::ok(check, format!("{host} is {}", addresses.join(", ")))
        }
        Ok(Err(error)) => Finding::problem(check, format!("{host}: {error}"), help),
        Err(_) => Finding::problem(check, format!("{host}: no answer within five seconds"), help),
    }
}

/// Whether the address answers with the realm's own document: certificate, `Host` header and path are right then.
async fn tls(client: &reqwest::Client, realm: &Realm, url: &str) -> Finding {
    let secure = url.starts_with("https://");
    let check = format!("{} of {}", if secure { "TLS" } else { "address" }, realm.id);
    if url != realm.issuer {
        return handshake(client, check, url).await;
    }
    let document = format!("{}/.well-known/openid-configuration", realm.base());
    let answer = match client.get(&document).send().await {
        Ok(answer) => answer,
        Err(error) => return no_answer(check, url, &error),
    };
    let status = answer.status();
    let said: serde_json::Value = answer.json().await.unwrap_or_default();
    if said.get("issuer").and_then(|issuer| issuer.as_str()) == Some(url) {
        return plain_or_not(check, realm, url);
    }
    Finding::problem(
        check,
        format!("{document} answers {status}, and not as this realm"),
        "the proxy must pass the Host header on, and `authorities` in the realm file must name it; is the server running?",
    )
}

async fn handshake(client: &reqwest::Client, check: String, url: &str) -> Finding {
    match client.get(url).send().await {
        Ok(_) => Finding::ok(check, format!("{url} answers")),
        Err(error) => no_answer(check, url, &error),
    }
}

fn no_answer(check: String, url: &str, error: &reqwest::Error) -> Finding {
    let found = format!("{url}: {}", with_causes(error));
    // Whoever is not there may be reachable for others: a machine often cannot reach its own public address.
    if error.is_timeout() || is_not_there(error) {
        let help =
            "is the server running, and the proxy in front of it? from here the address may not be reachable at all";
        return Finding::warning(check, found, help);
    }
    let help = "TLS must be spoken there, with a certificate that is valid now, names this host, and comes with the \
                intermediate ones";
    Finding::problem(check, found, help)
}

/// Whether nobody took the connection.
fn is_not_there(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable, TimedOut,
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(
            kind,
            Some(
                AddrNotAvailable
                    | ConnectionRefused
                    | ConnectionReset
                    | HostUnreachable
                    | NetworkUnreachable
                    | TimedOut
            )
        ) {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn plain_or_not(check: String, realm: &Realm, url: &str) -> Finding {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let here = host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.starts_with("https://") || here {
        return Finding::ok(check, format!("{url} answers as this realm"));
    }
    Finding::warning(
        check,
        format!("{url} is plain HTTP: whoever is on the way reads secrets and tokens of {}", realm.id),
        "end TLS in a proxy in front, and change the issuer to https://",
    )
}
