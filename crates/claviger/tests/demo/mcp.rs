//! The sample MCP server, as an assistant finds and uses it; and the guard for proxies in front of it.

use crate::support::{Browser, Demo, Folder, command, http};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command};

struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn says(url: &str, token: Option<&str>, message: &Value) -> (u16, String, Value) {
    let mut request = http().post(url).header("accept", "application/json, text/event-stream").json(message);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    let challenge = answer.headers().get("www-authenticate").map_or("", |value| value.to_str().unwrap()).to_owned();
    (answer.status().as_u16(), challenge, answer.json().await.unwrap_or_default())
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

/// Registers and asks the person, as an assistant does.
async fn token(demo: &Demo, metadata: &Value, scope: &str) -> Value {
    let callback = &format!("{}/callback-of-an-assistant", demo.integrator());
    let registered = json!({ "client_name": "A", "redirect_uris": [callback], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "scope": "orders:read" });
    let client: Value = http()
        .post(metadata["registration_endpoint"].as_str().unwrap())
        .json(&registered)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let id = client["client_id"].as_str().unwrap_or_else(|| panic!("{client}"));
    let resource = format!("{}/mcp/", metadata["issuer"].as_str().unwrap());
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let start = reqwest::Url::parse_with_params(
        metadata["authorization_endpoint"].as_str().unwrap(),
        [
            ("response_type", "code"),
            ("client_id", id),
            ("redirect_uri", callback),
            ("scope", scope),
            ("resource", &resource),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("state", "s"),
        ],
    )
    .unwrap();
    let mut browser = Browser::new();
    let page = browser.get(start.as_str()).await;
    let (form, password) = (page.form("username").unwrap(), demo.password("assistants", "ada"));
    let page = browser.submit(&page, &form, &[("username", "ada"), ("password", &password)]).await;
    assert!(page.text().contains("on your own device"), "{}", page.text());
    let page = browser.submit(&page, &page.form("decision").unwrap(), &[("decision", "allow")]).await;
    assert!(page.url.starts_with(callback), "{}", page.text());
    let back = reqwest::Url::parse(&page.url).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", callback),
        ("client_id", id),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ("resource", &resource),
    ];
    http().post(metadata["token_endpoint"].as_str().unwrap()).form(&form).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn an_assistant_is_told_one_line_and_finds_the_rest() {
    let demo = Demo::start_with(Folder::new(), &["--mcp"]);
    let line = demo.printed.trim();
    assert_eq!(line.lines().count(), 1, "{line}");
    let url = line.strip_prefix("claude mcp add --transport http claviger-demo ").unwrap().to_owned();
    let (status, challenge, _) = says(&url, None, &json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize" })).await;
    assert_eq!(status, 401);
    let document = challenge.split("resource_metadata=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(challenge.contains("scope=\"claims:read stock:read orders:read\""), "{challenge}");
    let resource: Value = http().get(document).send().await.unwrap().json().await.unwrap();
    assert_eq!(resource["resource"], url);
    let issuer = resource["authorization_servers"][0].as_str().unwrap();
    let metadata: Value = http()
        .get(format!("{issuer}/.well-known/oauth-authorization-server"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(metadata["registration_endpoint"].is_string() && metadata["client_id_metadata_document_supported"] == true);

    let tokens = token(&demo, &metadata, "orders:read").await;
    let access = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
    let begin =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2025-06-18" } });
    let (status, _, hello) = says(&url, Some(access), &begin).await;
    assert_eq!((status, hello["result"]["protocolVersion"].as_str()), (200, Some("2025-06-18")), "{hello}");
    let (status, ..) =
        says(&url, Some(access), &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert_eq!(status, 202);
    let (_, _, tools) = says(&url, Some(access), &json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" })).await;
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 7, "{tools}");
    let (_, _, orders) = says(&url, Some(access), &call("orders", &json!({}))).await;
    assert_eq!(orders["result"]["structuredContent"]["orders"][0]["id"], 1, "{orders}");
    // More is needed: what, with what it has already, and where to ask.
    let item = call("new_item", &json!({ "code": "PEN" }));
    let (status, challenge, _) = says(&url, Some(access), &item).await;
    assert_eq!(status, 403);
    for part in ["insufficient_scope", "scope=\"stock:write orders:read\"", document] {
        assert!(challenge.contains(part), "{challenge}");
    }
    let more = token(&demo, &metadata, "stock:write orders:read").await;
    let (status, _, made) = says(&url, more["access_token"].as_str(), &item).await;
    assert_eq!((status, made["result"]["structuredContent"]["code"].as_str()), (200, Some("PEN")), "{made}");
    for (message, code) in [
        (call("new_item", &json!({ "code": 5 })), -32602),
        (call("no_such_tool", &json!({})), -32602),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/list" }), -32601),
    ] {
        assert_eq!(says(&url, more["access_token"].as_str(), &message).await.2["error"]["code"], code, "{message}");
    }
    let page = http()
        .post(&url)
        .bearer_auth(access)
        .header("origin", "https://evil.example")
        .json(&begin)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 403);

    guarded(issuer, &url, access).await;
}

/// The same API behind a proxy that asks `claviger guard`.
async fn guarded(issuer: &str, audience: &str, access: &str) {
    let guard = free_port();
    let folder = Folder::new();
    let mut program = Command::new(command(&folder.0, &[]).get_program());
    program.args(["guard", "--listen", &format!("127.0.0.1:{guard}"), "--issuer", issuer, "--audience", audience]);
    let _guard = Guarded(program.args(["--scope", "orders:read"]).spawn().unwrap());
    let there = format!("http://127.0.0.1:{guard}");
    let document = format!("{there}/.well-known/oauth-protected-resource/mcp");
    for _ in 0..600 {
        if http().get(&document).send().await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(http().get(&document).send().await.unwrap().json::<Value>().await.unwrap()["resource"], audience);
    let asked = async |query: &str, token: Option<&str>| {
        let request = http().get(format!("{there}/check{query}"));
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        request.send().await.unwrap()
    };
    let answer = asked("?scope=orders:read", Some(access)).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-auth-subject"]),
        (200, &"assistants-ada".parse().unwrap())
    );
    for (query, token, status) in
        [("", None, 401), ("?scope=stock:write", Some(access), 403), ("", Some("nonsense"), 401)]
    {
        let answer = asked(query, token).await;
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(answer.status() == status && challenge.contains("resource_metadata="), "{challenge}");
        assert!(challenge.contains("scope="), "{challenge}");
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
