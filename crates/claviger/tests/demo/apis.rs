//! The sample APIs: who gets in, and in whose words the others are refused.

use crate::support::{Browser, Demo, http};
use reqwest::Response;
use serde_json::{Value, json};

async fn token(demo: &Demo, realm: &str, fields: &[(&str, &str)]) -> Value {
    let answer = http().post(demo.endpoint(realm, "token")).form(fields).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{realm} {fields:?}");
    answer.json().await.unwrap()
}

async fn access_token(demo: &Demo, realm: &str, client: &str, more: &[(&str, &str)]) -> String {
    let (id, secret) = demo.client(realm, client);
    let mut fields = vec![("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    fields.extend(more);
    token(demo, realm, &fields).await["access_token"].as_str().unwrap().to_owned()
}

async fn get(url: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = http().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn status(url: &str, token: &str) -> u16 {
    get(url, &[("authorization", &format!("Bearer {token}"))]).await.status().as_u16()
}

#[tokio::test]
async fn without_a_token_every_api_answers_401_with_a_challenge() {
    let demo = Demo::start();
    for (id, realm) in demo.manifest["realms"].as_object().unwrap() {
        for api in realm["apis"].as_array().unwrap() {
            let url = api["url"].as_str().unwrap().replace("{site}", "north-pit");
            let method = api["method"].as_str().unwrap().parse().unwrap();
            let answer = http().request(method, &url).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{id} {url}");
            let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
            assert!(challenge.starts_with("Bearer realm="), "{id}: {challenge}");
            assert!(!challenge.contains("error"), "{id}: {challenge}");
        }
    }
}

#[tokio::test]
async fn implicit_tokens_are_refused_where_the_vendor_says_so() {
    let demo = Demo::start();
    let mut browser = Browser::new();
    let page = browser.get(&format!("{}/connect/audaconnect-implicit", demo.integrator())).await;
    let password = demo.password("audaconnect", "alice");
    let form = page.form("username").unwrap();
    let page = browser.submit(&page, &form, &[("username", "alice"), ("password", &password)]).await;
    browser.submit(&page, &page.form("decision").unwrap(), &[("decision", "allow")]).await;
    let fragment = browser.fragment.clone().unwrap();
    let implicit = fragment.split('&').find_map(|pair| pair.strip_prefix("access_token=")).unwrap();
    let me = get(&demo.api("audaconnect", "users/me"), &[("authorization", &format!("Bearer {implicit}"))]).await;
    assert_eq!(me.status(), 200);
    let me: Value = me.json().await.unwrap();
    assert_eq!((&me["userName"], &me["name"]), (&json!("alice"), &json!("Alice Archer")), "A6");
    let claims = demo.api("audaconnect", "claims");
    assert_eq!(status(&claims, implicit).await, 403);
    let other = access_token(&demo, "audaconnect", "demo-nightly", &[]).await;
    assert_eq!(status(&claims, &other).await, 200);
}

#[tokio::test]
async fn view_reads_and_does_not_write() {
    let demo = Demo::start();
    let (items, new_item) = (demo.api("jim2", "items"), demo.api("jim2", "new item"));
    let view = access_token(&demo, "jim2", "TestClientId", &[("scope", "view")]).await;
    let all = access_token(&demo, "jim2", "TestClientId", &[]).await;
    let write = |token: String| http().post(&new_item).bearer_auth(token).json(&json!({"code": "CHAIR"})).send();
    assert_eq!(status(&items, &view).await, 200);
    let refused = write(view).await.unwrap();
    assert_eq!(refused.status(), 403);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"all\""), "{challenge}");
    let written = write(all.clone()).await.unwrap();
    assert_eq!(written.status(), 201);
    assert_eq!(written.json::<Value>().await.unwrap()["code"], "CHAIR");

    // J6: after the log-off the token is worth nothing, and the API knows it soon.
    let logoff = http().post(demo.endpoint("jim2", "logoff")).bearer_auth(&all).send().await.unwrap();
    assert_eq!(logoff.status(), 204);
    eventually(&items, &all, 401).await;
}

/// The API learns of a revocation from the feed, a moment after it was made.
async fn eventually(url: &str, token: &str, expected: u16) {
    for _ in 0..100 {
        if status(url, token).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{url} does not answer {expected}");
}

#[tokio::test]
async fn a_service_user_sees_one_site() {
    let demo = Demo::start();
    let password = demo.password("blastiq", "north.service");
    let fields = [
        ("grant_type", "password"),
        ("username", "north.service"),
        ("password", &password),
        ("client_id", "external.customer"),
    ];
    let answer = token(&demo, "blastiq", &fields).await;
    let token = answer["access_token"].as_str().unwrap();
    let blasts = demo.api("blastiq", "blasts");
    assert_eq!(status(&blasts.replace("{site}", "north-pit"), token).await, 200);
    let other = get(&blasts.replace("{site}", "south-pit"), &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(other.status(), 403);
    assert_eq!(other.json::<Value>().await.unwrap()["error"], "insufficient_scope");
}

#[tokio::test]
async fn both_headers_carry_the_token_and_instances_do_not_mix() {
    let demo = Demo::start();
    let audience = "https://dev.client.integration.aurora.co.uk";
    let token = access_token(&demo, "aurora-dev", "demo-integrator-dev", &[("audience", audience)]).await;
    let (dev, live) = (demo.api("aurora-dev", "accounts"), demo.api("aurora-live", "accounts"));
    let bearer = format!("Bearer {token}");
    for headers in [
        &[("authentication", bearer.as_str())][..],
        &[("authorization", bearer.as_str())],
        &[("authentication", bearer.as_str()), ("authorization", bearer.as_str())],
    ] {
        assert_eq!(get(&dev, headers).await.status(), 200, "{headers:?}");
    }
    let two = get(&dev, &[("authentication", &bearer), ("authorization", "Bearer another")]).await;
    assert_eq!(two.status(), 400);
    assert_eq!(get(&live, &[("authentication", &bearer)]).await.status(), 401, "U1");

    let ordered = |order: &str| dev.replace("id%20asc", order);
    let by_name = get(&ordered("name%20desc"), &[("authentication", &bearer)]).await;
    let names: Vec<Value> = by_name.json().await.unwrap();
    assert_eq!(names[0]["name"], "Castle Lettings");
    assert_eq!(get(&ordered("colour"), &[("authentication", &bearer)]).await.status(), 400);
}

#[tokio::test]
async fn the_api_says_what_is_wrong_in_its_own_words() {
    let demo = Demo::start();
    let orders = demo.api("billit-sandbox", "orders");
    let answer = get(&orders, &[("authorization", "Bearer nonsense")]).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"errors": [{"Code": "InvalidAccessToken"}]}));
    // The sandbox's API is not at the login host.
    let there = orders.replace(&(demo.base + 7).to_string(), &(demo.base + 6).to_string());
    assert_eq!(get(&there, &[]).await.status(), 404);

    // A token that was taken back.
    let mut browser = Browser::new();
    let page = browser.get(&format!("{}/connect/billit-sandbox", demo.integrator())).await;
    let password = demo.password("billit-sandbox", "bob");
    let form = page.form("username").unwrap();
    let page = browser.submit(&page, &form, &[("username", "bob"), ("password", &password)]).await;
    let answer = [("decision", "allow"), ("organisation", "garage")];
    let page = browser.submit(&page, &page.form("decision").unwrap(), &answer).await;
    let text = page.text();
    let token = text.split("\"access_token\": \"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(status(&orders, token).await, 200);
    let page = browser.submit(&page, &page.button("/disconnect").unwrap(), &[]).await;
    assert!(page.text().contains("Not connected"), "{}", page.text());
    eventually(&orders, token, 401).await;
    let answer = get(&orders, &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"errors": [{"Code": "AccessTokenRevoked"}]}));
}

#[tokio::test]
async fn opaque_tokens_are_understood_by_introspection_and_only_at_their_api() {
    let demo = Demo::start();
    let (vault, orders) = (demo.api("standard", "vault"), demo.api("standard", "orders"));
    let opaque = access_token(&demo, "standard", "demo-vault", &[]).await;
    assert!(!opaque.contains('.'), "it says nothing");
    assert_eq!(status(&vault, &opaque).await, 200);
    assert_eq!(status(&orders, &opaque).await, 401);
    let jwt = access_token(&demo, "standard", "demo-batch", &[]).await;
    assert_eq!(status(&orders, &jwt).await, 200);
    assert_eq!(status(&vault, &jwt).await, 401, "its audience is another API");
}
