//! What the demo prints, pasted.

use crate::support::{Browser, Demo};
use serde_json::Value;
use std::process::Command;

#[tokio::test]
async fn every_printed_line_works() {
    let demo = Demo::start();
    let (mut tokens, mut calls, mut links) = (0, 0, 0);
    for line in demo.printed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with("http://") {
            let page = Browser::new().get(line).await;
            assert_eq!(page.status, 200, "{line}");
            links += 1;
            continue;
        }
        let done = Command::new("sh").args(["-c", line]).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        let answer: Value = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|_| panic!("{line}: {}", String::from_utf8_lossy(&done.stdout)));
        if line.contains("Bearer") {
            assert!(answer.get("error").is_none() && answer.get("errors").is_none(), "{line}: {answer}");
            calls += 1;
        } else {
            assert!(answer["access_token"].is_string(), "{line}: {answer}");
            tokens += 1;
        }
    }
    // Client credentials or password in eight realms; pages: the integrator, two of one vendor, one each of six realms, the console, the portal.
    assert_eq!((tokens, calls, links), (8, 8, 11), "{}", demo.printed);
}

#[tokio::test]
async fn the_manifest_says_what_tools_need() {
    let demo = Demo::start();
    assert_eq!(demo.integrator(), format!("http://localhost:{}", demo.base));
    let realms: Vec<&String> = demo.manifest["realms"].as_object().unwrap().keys().collect();
    let expected = [
        "audaconnect",
        "jim2",
        "blastiq",
        "aurora-dev",
        "aurora-live",
        "billit-sandbox",
        "billit-live",
        "standard",
        "own-pages",
        "admin",
        "partners",
        "sandbox",
        "assistants",
        "directory",
    ];
    assert_eq!(realms, expected);
    for id in expected {
        let realm = demo.realm(id);
        let issuer = realm["issuer"].as_str().unwrap();
        let discovery =
            crate::support::http().get(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
        let discovery: Value = discovery.send().await.unwrap().json().await.unwrap();
        assert_eq!(discovery["issuer"], issuer, "{id}");
        assert_eq!(discovery["token_endpoint"], realm["endpoints"]["token"], "{id}");
        for client in realm["clients"].as_array().unwrap() {
            assert_eq!(client["secret"].is_string(), client["kind"] == "confidential", "{id}: {client}");
        }
        for user in realm["users"].as_array().unwrap() {
            assert!(user["password"].is_string() && user["username"].is_string(), "{id}: {user}");
        }
        // What those have who administer and the partners is the server's own.
        assert_eq!(realm["apis"].as_array().unwrap().is_empty(), ["admin", "partners"].contains(&id), "{id}");
    }
    assert_eq!(demo.client("jim2", "TestClientId").1, demo.password("jim2", "test"), "J2: the secret is the password");
    assert_eq!(demo.realm("billit-sandbox")["hosts"]["api"], format!("http://localhost:{}", demo.base + 7));
}
