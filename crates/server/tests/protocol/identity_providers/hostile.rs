//! Providers that answer slowly, wrongly or not at all, and browsers that bring what is not theirs.

use super::*;

/// What a provider says otherwise.
type Change<'a> = Box<dyn Fn(&mut Says) + 'a>;

#[tokio::test]
async fn what_a_hostile_provider_says_signs_nobody_in() {
    let (server, provider) = started(|_, _| {}).await;
    let good = provider.says.lock().unwrap().clone();
    let evil = made_key();
    let unsigned = |claims: &Value| {
        let header = base64url(br#"{"alg":"none"}"#);
        format!("{header}.{}.", base64url(claims.to_string().as_bytes()))
    };
    // "HS256", with what everybody knows for a secret.
    let by_secret = |claims: &Value| {
        let header = base64url(br#"{"alg":"HS256"}"#);
        let message = format!("{header}.{}", base64url(claims.to_string().as_bytes()));
        let key = claviger_core::crypto::HmacKey::new(provider.issuer.as_bytes());
        format!("{message}.{}", base64url(&key.sign_parts(&[message.as_bytes()])))
    };
    let all = json!({ "iss": provider.issuer, "aud": "us", "sub": "s", "iat": server.now() / 1000, "exp": server.now() / 1000 + 60 });
    let other_key = evil.sign_jwt(Typ::Jwt, all.to_string().as_bytes()).unwrap();
    let cases: Vec<Change<'_>> = vec![
        Box::new(|says| drop(says.claims.insert("iss".into(), json!("https://other.example")))),
        Box::new(|says| drop(says.claims.insert("aud".into(), json!("other")))),
        Box::new(|says| drop(says.claims.insert("aud".into(), json!(["us", "other"])))),
        Box::new(|says| drop(says.claims.insert("nonce".into(), json!("other")))),
        Box::new(|says| drop(says.claims.insert("exp".into(), json!(1)))),
        Box::new(|says| drop(says.claims.insert("sub".into(), json!("")))),
        Box::new(|says| says.token = Some(unsigned(&all))),
        Box::new(|says| says.token = Some(by_secret(&all))),
        Box::new(|says| drop(says.claims.insert("azp".into(), json!("other")))),
        Box::new(|says| drop(says.claims.insert("iat".into(), json!(says.now / 1000 + 3600)))),
        Box::new(|says| drop(says.claims.insert("nonce".into(), json!("(absent)")))),
        Box::new(|says| drop(says.instead.insert("/token", answer("200 OK", "no JSON")))),
        Box::new(|says| {
            drop(says.instead.insert("/token", answer("200 OK", "{}").replace("application/json", "text/html")));
        }),
        Box::new(|says| says.token = Some(other_key.clone())),
        Box::new(|says| says.token = Some("nonsense".into())),
        Box::new(|says| drop(says.instead.insert("/token", answer("400 Bad Request", r#"{"error":"invalid_grant"}"#)))),
        Box::new(|says| drop(says.instead.insert("/token", answer("200 OK", "{}")))),
        Box::new(|says| drop(says.instead.insert("/token", answer("200 OK", &"x".repeat(100_000))))),
        Box::new(|says| {
            let away = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            says.instead.insert("/token", away.into());
        }),
        Box::new(|says| says.is_down = true),
    ];
    for (number, change) in cases.iter().enumerate() {
        let browser = Browser::default();
        provider.say(|says| *says = good.clone());
        let asked = leave(&server, &browser, &provider).await;
        provider.say(|says| change(says));
        let reply = come_back(&server, &browser, &provider, &asked["state"]).await;
        assert!(reply.body.contains(FAILED), "case {number}: {}", reply.body);
        assert_eq!(browser.cookie("session"), None, "case {number}");
    }
    assert_eq!(server.store.list_users("test", "", 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_waited_for_once_in_a_while() {
    let (server, provider) = started(|_, _| {}).await;
    provider.say(|says| says.is_slow = true);
    let browser = Browser::default();
    let page = browser.ask(&server, &query()).await;
    let reply = press(&server, &browser, &page, "work").await;
    refused(&browser.get(&server, reply.header("location")).await, FAILED);
    // Whoever comes next waits for nobody.
    let before = provider.count("GET");
    let reply = press(&server, &browser, &page, "work").await;
    refused(&browser.get(&server, reply.header("location")).await, FAILED);
    assert_eq!(provider.count("GET"), before);
    provider.say(|says| says.is_slow = false);
    server.pass(5);
    let page = through(&server, &browser, &provider).await;
    page.asks_for_consent();
    // What was told is good while it does not answer any more, for a day.
    provider.say(|says| drop(says.instead.insert("/.well-known/openid-configuration", answer("500 No", "{}"))));
    server.pass(3600);
    through(&server, &Browser::default(), &provider).await.asks_for_consent();
    server.pass(86_400);
    let browser = Browser::default();
    let page = browser.ask(&server, &query()).await;
    let reply = press(&server, &browser, &page, "work").await;
    refused(&browser.get(&server, reply.header("location")).await, FAILED);
}

#[tokio::test]
async fn a_document_of_another_issuer_or_with_a_way_inside_is_not_believed() {
    for change in [
        json!({ "issuer": "https://other.example" }),
        json!({ "token_endpoint": "http://10.0.0.1/token" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "file:///etc/passwd" }),
        json!({ "jwks_uri": "https://169.254.169.254/jwks" }),
        json!({ "authorization_endpoint": "https://p.example/a#b" }),
        json!({ "token_endpoint": null }),
    ] {
        let (server, provider) = started(|_, _| {}).await;
        let issuer = &provider.issuer;
        let mut document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks")
        });
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let said = answer("200 OK", &document.to_string());
        provider.say(|says| drop(says.instead.insert("/.well-known/openid-configuration", said)));
        let browser = Browser::default();
        let page = browser.ask(&server, &query()).await;
        let reply = press(&server, &browser, &page, "work").await;
        refused(&browser.get(&server, reply.header("location")).await, FAILED);
    }
}

#[tokio::test]
async fn an_answer_is_of_one_browser_and_one_issuer_and_good_once() {
    let (server, provider) = started(|_, _| {}).await;
    let (browser, other) = (Browser::default(), Browser::default());
    let asked = leave(&server, &browser, &provider).await;
    let state = &asked["state"];
    other.ask(&server, &query()).await;
    let page = come_back(&server, &other, &provider, state).await;
    assert!(page.body.contains("another browser"), "{}", page.body);
    assert_eq!(other.cookie("session"), None);
    for iss in ["", "&iss=https%3A%2F%2Fother.example"] {
        let page = follow(&server, &browser, &format!("{BACK}?code=c&state={state}{iss}")).await;
        refused(&page, FAILED);
    }
    let issuer = base64url_free(&provider.issuer);
    let page = follow(&server, &browser, &format!("{BACK}?error=access_denied&state={state}&iss={issuer}")).await;
    refused(&page, "was not finished");
    for twice in ["code=d", "state=d", "iss=d"] {
        let page = follow(&server, &browser, &format!("{BACK}?code=c&state={state}&iss={issuer}&{twice}")).await;
        assert_ne!(page.status, 303, "{twice}");
    }
    assert_eq!((provider.count("POST /token"), browser.cookie("session")), (0, None));
    let consent = come_back(&server, &browser, &provider, state).await;
    subject(&server, &browser, consent).await;
    let session = browser.cookie("session");
    let page = come_back(&server, &browser, &provider, state).await;
    assert!(page.body.contains("allowed this already"), "the request was answered: {}", page.body);
    assert_eq!((provider.count("POST /token"), browser.cookie("session")), (1, session));
    // Whoever is not signed in any more is not signed in by it.
    browser.forget_cookies();
    let page = come_back(&server, &browser, &provider, state).await;
    assert!(page.body.contains("another browser") && browser.cookie("session").is_none(), "{}", page.body);
    for bad in [BACK, "/-/provider/work?code=c&state=nonsense"] {
        let page = browser.get(&server, bad).await;
        page.is_html();
        assert!(page.body.contains("This"), "{bad}: {}", page.body);
    }
    let reply = browser.get(&server, "/-/provider").await;
    assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"));
    assert_eq!(browser.get(&server, "/-/provider/nobody").await.status, 404);
}

#[tokio::test]
async fn an_answer_is_over_after_a_while() {
    let (server, provider) =
        started(|_, realm| realm.sessions.pending = claviger_core::span::Span::seconds(7200)).await;
    let browser = Browser::default();
    let asked = leave(&server, &browser, &provider).await;
    server.pass(1800);
    let page = come_back(&server, &browser, &provider, &asked["state"]).await;
    refused(&page, "once more");
    assert_eq!((provider.count("POST /token"), browser.cookie("session")), (0, None));
}

#[tokio::test]
async fn of_two_who_bring_the_same_answer_one_goes_on() {
    let (server, provider) = started(|_, _| {}).await;
    let browser = Browser::default();
    let asked = leave(&server, &browser, &provider).await;
    let issuer = base64url_free(&provider.issuer);
    let path = format!("{BACK}?code=c&state={}&iss={issuer}", asked["state"]);
    let each = (0..8).map(|_| browser.get(&server, &path));
    let replies = futures_util::future::join_all(each).await;
    assert!(replies.iter().all(|reply| reply.status == 303));
    assert_eq!(provider.count("POST /token"), 1);
}

/// A provider that says where else its users are asked (RFC 9700 4.4).
#[tokio::test]
async fn one_provider_does_not_take_what_is_anothers() {
    let honest = Provider::start().await;
    let evil = Provider::start().await;
    honest.say(|says| says.no_iss = true);
    evil.say(|says| says.no_iss = true);
    let entries = [
        IdentityProvider { id: "honest".into(), name: "Honest".into(), ..honest.entry() },
        IdentityProvider { id: "work".into(), ..evil.entry() },
    ];
    let server = Server::with(|realm| {
        realm.requests.loopback = true;
        realm.identity_providers = entries.to_vec();
    })
    .await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let asked = leave(&server, &browser, &evil).await;
    // The honest one answers at the address that it knows.
    let page = follow(&server, &browser, &format!("/-/provider/honest?code=c&state={}", asked["state"])).await;
    refused(&page, FAILED);
    assert_eq!((evil.count("POST /token"), honest.count("POST /token")), (0, 0), "nobody gets the code");
    // Without an issuer in it, an answer at the right address is one.
    let page = follow(&server, &browser, &format!("{BACK}?code=c&state={}", asked["state"])).await;
    page.asks_for_consent();
}

#[tokio::test]
async fn userinfo_tells_of_the_same_person_or_nothing() {
    let (server, provider) = started(|_, _| {}).await;
    for name in ["email", "email_verified"] {
        provider.claim(name, json!("(absent)"));
    }
    let said = json!({ "sub": "s-1", "email": "ada@acme.example", "email_verified": true });
    provider
        .say(|says| says.userinfo = Some(json!({ "sub": "s-2", "email": "ada@acme.example", "email_verified": true })));
    let browser = Browser::default();
    let page = through(&server, &browser, &provider).await;
    refused(&page, FAILED);
    for wrong in
        [answer("200 OK", "[]"), answer("401 No", "{}"), answer("200 OK", &format!("\"{}\"", "x".repeat(100_000)))]
    {
        provider.say(|says| drop(says.instead.insert("/userinfo", wrong)));
        refused(&through(&server, &browser, &provider).await, FAILED);
    }
    provider.say(|says| {
        says.instead.clear();
        says.userinfo = Some(said);
    });
    let consent = through(&server, &browser, &provider).await;
    let id = subject(&server, &browser, consent).await;
    assert_eq!(server.store.user("test", &id).await.unwrap().unwrap().user.email.as_deref(), Some("ada@acme.example"));
    assert!(
        provider.asked.lock().unwrap().iter().any(|call| call.to_lowercase().contains("authorization: bearer x\r"))
    );
}

#[tokio::test]
async fn keys_turn_over_and_are_looked_for_once_a_minute() {
    let (server, provider) = started(|_, _| {}).await;
    through(&server, &Browser::default(), &provider).await.asks_for_consent();
    let turn = |provider: &Provider| *provider.key.lock().unwrap() = made_key();
    turn(&provider);
    let page = through(&server, &Browser::default(), &provider).await;
    refused(&page, FAILED);
    assert_eq!(provider.count("GET /jwks"), 1, "they were fetched a moment ago");
    server.pass(60);
    through(&server, &Browser::default(), &provider).await.asks_for_consent();
    assert_eq!(provider.count("GET /jwks"), 2);
    turn(&provider);
    for _ in 0..3 {
        refused(&through(&server, &Browser::default(), &provider).await, FAILED);
    }
    assert_eq!(provider.count("GET /jwks"), 2);
}
