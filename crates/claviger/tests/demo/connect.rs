//! The sample integrator, clicked through for every vendor as a person would.

use crate::support::{Browser, Demo, Page};

/// Presses Connect, signs in, allows; what the integrator shows then.
pub async fn connect(demo: &Demo, browser: &mut Browser, id: &str, realm: &str, organisations: &[&str]) -> Page {
    let mut page = browser.get(&format!("{}/connect/{id}", demo.integrator())).await;
    if let Some(form) = page.form("username") {
        let password = demo.password(realm, "alice");
        page = browser.submit(&page, &form, &[("username", "alice"), ("password", &password)]).await;
    }
    if let Some(form) = page.form("decision") {
        let mut answer = vec![("decision", "allow")];
        answer.extend(organisations.iter().map(|organisation| ("organisation", *organisation)));
        page = browser.submit(&page, &form, &answer).await;
    }
    assert_eq!(page.status, 200, "{}", page.html);
    page
}

async fn press(browser: &mut Browser, page: &Page, button: &str) -> Page {
    let form = page.button(button).unwrap_or_else(|| panic!("no button {button}: {}", page.text()));
    let after = browser.submit(page, &form, &[]).await;
    assert_eq!(after.status, 200, "{}", after.html);
    after
}

#[track_caller]
fn shows(page: &Page, words: &[&str]) {
    let text = page.text();
    for word in words {
        assert!(text.contains(word), "{word} is not on the page:\n{text}");
    }
    assert!(!page.html.contains("role=\"alert\""), "{text}");
}

#[tokio::test]
async fn code_flows_from_connect_to_disconnect() {
    let demo = Demo::start();
    for (id, realm, organisations, called) in [
        ("audaconnect", "audaconnect", &[][..], "Alice Archer"),
        ("blastiq", "blastiq", &[][..], "\"site\": \"north-pit\""),
        ("billit-sandbox", "billit-sandbox", &["bakery", "garage"][..], "\"CompanyID\": \"garage\""),
        ("billit-live", "billit-live", &["bakery"][..], "\"CompanyID\": \"bakery\""),
        ("standard", "standard", &[][..], "12.40"),
    ] {
        let mut browser = Browser::new();
        let page = connect(&demo, &mut browser, id, realm, organisations).await;
        assert_eq!(page.url, format!("{}/connection/{id}", demo.integrator()), "{}", page.text());
        // The raw answer, the decoded token, the request as it went over the wire.
        shows(
            &page,
            &["\"access_token\"", "\"refresh_token\"", "\"alg\"", "\"iss\"", "POST /", "grant_type", "Connected"],
        );

        let page = press(&mut browser, &page, "/call").await;
        shows(&page, &[called, "Bearer "]);
        if id == "billit-live" {
            assert!(!page.text().contains("garage"), "L7: only the companies that were picked");
        }

        let page = press(&mut browser, &page, "/refresh").await;
        shows(
            &page,
            &["grant_type=refresh_token", "\"access_token\""].map(|word| {
                if id.starts_with("billit") && word.contains('=') { "\"grant_type\":\"refresh_token\"" } else { word }
            }),
        );
        let page = press(&mut browser, &page, "/call").await;
        shows(&page, &[called]);

        // Consent is remembered, the session as well: the second time nobody is asked.
        let again = browser.get(&format!("{}/connect/{id}", demo.integrator())).await;
        if organisations.is_empty() && id == "audaconnect" {
            assert_eq!(again.url, format!("{}/connection/{id}", demo.integrator()), "{}", again.text());
        }

        let page = browser.get(&format!("{}/connection/{id}", demo.integrator())).await;
        let page = press(&mut browser, &page, "/disconnect").await;
        shows(&page, &["Revoke", "200", "Not connected"]);
        assert!(page.button("/call").is_none());
    }
}

#[tokio::test]
async fn a_person_who_denies_is_told_so_and_nothing_is_connected() {
    let demo = Demo::start();
    for (id, realm) in [("audaconnect", "audaconnect"), ("billit-sandbox", "billit-sandbox"), ("standard", "standard")]
    {
        let mut browser = Browser::new();
        let page = browser.get(&format!("{}/connect/{id}", demo.integrator())).await;
        let password = demo.password(realm, "bob");
        let form = page.form("username").unwrap();
        let page = browser.submit(&page, &form, &[("username", "bob"), ("password", &password)]).await;
        let page = browser.submit(&page, &page.form("decision").unwrap(), &[("decision", "deny")]).await;
        assert_eq!(page.url, format!("{}/connection/{id}", demo.integrator()));
        assert!(page.text().contains("access_denied") && page.text().contains("Not connected"), "{}", page.text());
    }
}

#[tokio::test]
async fn the_implicit_answer_arrives_in_the_fragment() {
    let demo = Demo::start();
    let mut browser = Browser::new();
    let page = connect(&demo, &mut browser, "audaconnect-implicit", "audaconnect", &[]).await;
    let fragment = browser.fragment.clone().expect("A7: the answer is in the fragment");
    assert!(fragment.contains("token_type=bearer") && fragment.contains("expires_in=1800"), "{fragment}");
    assert!(!page.url.contains("access_token"));
    let script = crate::support::http().get(format!("{}/fragment.js", demo.integrator())).send().await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");

    // Somebody else's fragment is not taken.
    let mut other = Browser::new();
    let strange = other.get(&format!("{}/callback/audaconnect-implicit", demo.integrator())).await;
    let form = strange.button("/fragment").unwrap();
    let refused = other.submit(&strange, &form, &[("fragment", &fragment)]).await;
    assert!(refused.text().contains("No connection was under way"), "{}", refused.text());

    let form = page.button("/fragment").unwrap();
    let page = browser.submit(&page, &form, &[("fragment", &fragment)]).await;
    shows(&page, &["token_type=bearer", "\"flow\": \"implicit\"", "Connected"]);
    assert!(page.button("/refresh").is_none());
    let page = press(&mut browser, &page, "/call").await;
    shows(&page, &["Alice Archer"]);
    let page = press(&mut browser, &page, "/disconnect").await;
    assert!(page.text().contains("Not connected"), "{}", page.text());
}

#[tokio::test]
async fn where_nobody_signs_in_one_click_connects() {
    let demo = Demo::start();
    for (id, called, refreshes) in [
        ("jim2", "DESK-160", true),
        ("blastiq-unattended", "\"site\": \"north-pit\"", true),
        ("aurora-dev", "Bramley Foods", false),
        ("aurora-live", "Bramley Foods", false),
    ] {
        let mut browser = Browser::new();
        let page = browser.get(&format!("{}/connect/{id}", demo.integrator())).await;
        shows(&page, &["\"access_token\"", "\"alg\"", "Connected"]);
        assert_eq!(page.button("/refresh").is_some(), refreshes, "{id}");
        let mut page = press(&mut browser, &page, "/call").await;
        shows(&page, &[called]);
        if refreshes {
            page = press(&mut browser, &page, "/refresh").await;
            shows(&page, &["grant_type=refresh_token"]);
        }
        let page = press(&mut browser, &page, "/disconnect").await;
        shows(&page, &["Not connected", if id == "jim2" { "POST /Jim_Test/logoff" } else { "Revoke" }]);
    }
}

#[tokio::test]
async fn a_401_is_answered_with_one_new_token_and_one_more_call() {
    let demo = Demo::start();
    for (id, realm, client, called) in [
        ("aurora-dev", "aurora-dev", "demo-integrator-dev", "Bramley Foods"),
        ("blastiq-unattended", "blastiq", "external.customer", "north-pit"),
    ] {
        let mut browser = Browser::new();
        let page = browser.get(&format!("{}/connect/{id}", demo.integrator())).await;
        let text = page.text();
        let token = text.split("\"access_token\": \"").nth(1).unwrap().split('"').next().unwrap();
        let (client, secret) = demo.client(realm, client);
        let mut fields = vec![("token", token), ("client_id", &client)];
        if !secret.is_empty() {
            fields.push(("client_secret", &secret));
        }
        let revoked =
            crate::support::http().post(demo.endpoint(realm, "revocation")).form(&fields).send().await.unwrap();
        assert_eq!(revoked.status(), 200, "{id}");
        // The API hears of it a moment later.
        let mut page = page;
        for _ in 0..100 {
            page = press(&mut browser, &page, "/call").await;
            if page.text().contains("401") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        shows(&page, &["401", called]);
        assert_eq!(page.text().matches("HTTP/1.1 401").count(), 1, "{id}: {}", page.text());
    }
}

#[tokio::test]
async fn licences_run_out_and_a_log_off_frees_one() {
    let demo = Demo::start();
    let url = format!("{}/connect/jim2", demo.integrator());
    let mut browsers = [Browser::new(), Browser::new(), Browser::new()];
    for browser in &mut browsers {
        shows(&browser.get(&url).await, &["Connected", "\"access_token\""]);
    }
    // Connecting again gives the licence back first.
    shows(&browsers[2].get(&url).await, &["Log off", "Connected"]);
    let mut fourth = Browser::new();
    let page = fourth.get(&url).await;
    assert!(page.text().contains("access_denied") && page.text().contains("Not connected"), "{}", page.text());
    let first = browsers[0].get(&format!("{}/connection/jim2", demo.integrator())).await;
    shows(&press(&mut browsers[0], &first, "/disconnect").await, &["Log off", "204"]);
    shows(&fourth.get(&url).await, &["Connected", "\"access_token\""]);
}

#[tokio::test]
async fn only_the_browser_that_asked_gets_the_answer() {
    let demo = Demo::start();
    let mut browser = Browser::new();
    // Nothing was under way.
    let page = browser.get(&format!("{}/callback/audaconnect?code=x&state=y", demo.integrator())).await;
    assert!(page.text().contains("No connection was under way"), "{}", page.text());
    // Something was, with another state.
    browser.get(&format!("{}/connect/audaconnect", demo.integrator())).await;
    let page = browser.get(&format!("{}/callback/audaconnect?code=x&state=y", demo.integrator())).await;
    assert!(page.text().contains("not the one that was sent"), "{}", page.text());
    assert!(!page.text().contains("POST /"), "no code was exchanged: {}", page.text());
    // A button of another page.
    let page = browser.get(&format!("{}/connect/aurora-dev", demo.integrator())).await;
    let form = page.button("/call").unwrap();
    let refused = browser.submit(&page, &form, &[("csrf", "guessed")]).await;
    assert_eq!(refused.status, 403);
    let refused = Browser::new().submit(&page, &form, &[]).await;
    assert_eq!(refused.status, 403);
}
