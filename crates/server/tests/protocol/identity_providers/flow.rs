//! Who signs in, and which user that is.

use super::*;

#[tokio::test]
async fn somebody_signs_in_at_a_provider_and_is_the_same_user_from_then_on() {
    let (server, provider) = started(|_, _| {}).await;
    let browser = Browser::default();
    let asked = leave(&server, &browser, &provider).await;
    assert_eq!((&*asked["client_id"], &*asked["scope"]), ("us", "openid profile email"));
    assert_eq!((&*asked["response_type"], &*asked["code_challenge_method"]), ("code", "S256"));
    assert_eq!(asked["redirect_uri"], format!("{}/-/provider/work", server.origin));
    let consent = come_back(&server, &browser, &provider, &asked["state"]).await;
    let id = subject(&server, &browser, consent).await;
    let stored = server.store.user("test", &id).await.unwrap().unwrap();
    assert_eq!((stored.user.username.as_str(), stored.user.email_verified), ("ada@acme.example", true));
    assert_eq!(stored.user.name.as_deref(), Some("Ada Lovelace"));
    assert!(stored.password_hash.is_none());
    // The code went with PKCE, and with a key that the realm publishes.
    let call = provider.asked.lock().unwrap().iter().find(|call| call.starts_with("POST /token")).unwrap().clone();
    let form = call.split_once("\r\n\r\n").unwrap().1.to_owned();
    let form = claviger_core::Params::form(form.as_bytes()).unwrap();
    let verifier = form.get("code_verifier").unwrap();
    let challenge = base64url(&claviger_core::crypto::sha256(verifier.as_bytes()));
    assert_eq!(challenge, asked["code_challenge"]);
    let assertion = claims(form.get("client_assertion").unwrap());
    assert_eq!(
        (&assertion["iss"], &assertion["sub"], &assertion["aud"]),
        (&json!("us"), &json!("us"), &json!(provider.issuer))
    );
    // Another browser, another day, another address there.
    provider.claim("email", json!("ada@other.example"));
    let other = Browser::default();
    let consent = through(&server, &other, &provider).await;
    assert_eq!(subject(&server, &other, consent).await, id);
    // A new browser with another `sub` is somebody else, whatever the address.
    provider.claim("sub", json!("s-2"));
    let third = Browser::default();
    let consent = through(&server, &third, &provider).await;
    assert_ne!(subject(&server, &third, consent).await, id);
}

#[tokio::test]
async fn an_account_is_linked_with_its_password_alone() {
    let (server, provider) = started(|_, _| {}).await;
    let alice = User { email_verified: true, ..user("u1", "alice") };
    server.add_user(&alice).await;
    provider.claim("email", json!("alice@example.com"));
    let browser = Browser::default();
    let page = through(&server, &browser, &provider).await;
    assert!(page.body.contains("Is this your account?") && page.body.contains("alice"), "{}", page.body);
    assert_eq!(browser.cookie("session"), None);
    let send = async |page: &Reply, password: &str| {
        let (csrf, link) = (page.hidden("csrf").unwrap(), page.hidden("link").unwrap());
        let form = [("csrf", csrf.as_str()), ("link", &link), ("password", password)];
        browser.send(&server, Method::POST, "/-/provider", Some(&form)).await
    };
    let wrong = send(&page, "wrong").await;
    assert!(wrong.body.contains("not the one of this account"), "{}", wrong.body);
    // Another browser cannot send the form.
    let other = Browser::default();
    let (csrf, link) = (wrong.hidden("csrf").unwrap(), wrong.hidden("link").unwrap());
    let form = [("csrf", csrf.as_str()), ("link", &link), ("password", PASSWORD)];
    other.send(&server, Method::POST, "/-/provider", Some(&form)).await;
    assert_eq!(other.cookie("session"), None);
    let right = send(&wrong, PASSWORD).await;
    let consent = browser.carry_on(&server, right).await;
    assert_eq!(claims(&server.redeem("app", &consent.code()).await.text("access_token"))["sub"], "u1");
    // From then on nobody asks.
    let again = Browser::default();
    let consent = through(&server, &again, &provider).await;
    assert_eq!(subject(&server, &again, consent).await, "u1");
    // And whoever is disabled stays outside.
    server.store.disable_user("test", "u1", true, server.now(), server.now()).await.unwrap();
    refused(&through(&server, &Browser::default(), &provider).await, "no account here");
}

#[tokio::test]
async fn an_address_that_is_not_confirmed_links_nobody() {
    let (server, provider) = started(|_, _| {}).await;
    server.add_user(&User { email_verified: true, ..user("u1", "alice") }).await;
    provider.claim("email", json!("alice@example.com"));
    for unconfirmed in [json!(false), Value::Null] {
        provider.claim("email_verified", unconfirmed);
        provider.claim("sub", json!(format!("s-{}", server.now())));
        let browser = Browser::default();
        let consent = through(&server, &browser, &provider).await;
        let id = subject(&server, &browser, consent).await;
        let stored = server.store.user("test", &id).await.unwrap().unwrap().user;
        assert_ne!(id, "u1");
        assert_eq!((stored.email, stored.email_verified), (None, false));
        server.pass(1);
    }
}

#[tokio::test]
async fn domains_say_who_comes_in_and_to_what() {
    let (server, provider) = started(|entry, _| {
        entry.domains = [("acme.example".to_owned(), vec!["acme".to_owned()])].into();
    })
    .await;
    let acme = Organisation { id: "acme".into(), name: "Acme".into(), kind: String::new() };
    server.store.put_organisation("test", &acme, server.now()).await.unwrap();
    let browser = Browser::default();
    let consent = through(&server, &browser, &provider).await;
    let id = subject(&server, &browser, consent).await;
    assert_eq!(server.store.user("test", &id).await.unwrap().unwrap().user.organisations, ["acme"]);
    provider.claim("sub", json!("s-2"));
    provider.claim("email", json!("eve@evil.example"));
    refused(&through(&server, &Browser::default(), &provider).await, "no account here");
    provider.claim("email", json!("eve@acme.example"));
    provider.claim("email_verified", json!(false));
    refused(&through(&server, &Browser::default(), &provider).await, "no account here");
}

#[tokio::test]
async fn where_no_users_are_made_only_those_come_in_who_are_there() {
    let (server, provider) = started(|entry, _| entry.create_users = false).await;
    refused(&through(&server, &Browser::default(), &provider).await, "no account here");
    server.add_user(&User { email: Some("ada@acme.example".into()), email_verified: true, ..user("u2", "ada") }).await;
    let page = through(&server, &Browser::default(), &provider).await;
    assert!(page.body.contains("Is this your account?"), "{}", page.body);
}

#[tokio::test]
async fn a_secret_goes_in_the_header_or_the_body_as_the_provider_takes_it() {
    let file = std::env::temp_dir().join(format!("claviger-provider-secret-{}", std::process::id()));
    std::fs::write(&file, "s3cret/+\n").unwrap();
    let (server, provider) = started(|entry, _| entry.secret_file = Some(file.display().to_string())).await;
    let browser = Browser::default();
    through(&server, &browser, &provider).await;
    let call = provider.asked.lock().unwrap().iter().find(|call| call.starts_with("POST /token")).unwrap().clone();
    // Of "us:s3cret%2F%2B".
    assert!(call.to_lowercase().contains("authorization: basic dxm6cznjcmv0jtjgjtjc"), "{call}");
    assert!(!call.contains("client_secret"));
    // One that takes it in the body alone.
    let issuer = &provider.issuer;
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"), "token_endpoint_auth_methods_supported": ["client_secret_post"]
    });
    let said = answer("200 OK", &document.to_string());
    provider.say(|says| drop(says.instead.insert("/.well-known/openid-configuration", said)));
    server.pass(600);
    through(&server, &Browser::default(), &provider).await;
    let call = provider.asked.lock().unwrap().iter().rfind(|call| call.starts_with("POST /token")).unwrap().clone();
    assert!(call.contains("client_secret=s3cret%2F%2B") && !call.to_lowercase().contains("authorization:"), "{call}");
    std::fs::remove_file(file).unwrap();
    let page = through(&server, &Browser::default(), &provider).await;
    refused(&page, FAILED);
}

#[tokio::test]
async fn another_realm_is_a_provider() {
    let upstream = Server::start().await;
    let entry = json!({ "id": "other", "name": "Other", "issuer": upstream.realm.issuer, "client-id": "us" });
    let entry: IdentityProvider = serde_json::from_value(entry).unwrap();
    let server = Server::with(|realm| {
        realm.requests.loopback = true;
        realm.identity_providers = vec![entry];
        realm.id = "below".into();
    })
    .await;
    server.add_client(&client("app")).await;
    upstream.add_user(&User { email_verified: true, ..user("u1", "alice") }).await;
    let jwks = format!("{}/jwks", server.origin);
    let ours = Client {
        redirect_uris: vec![format!("{}/-/provider/other", server.origin).try_into().unwrap()],
        jwks_uri: Some(jwks),
        authentication: claviger_core::client::Authentication {
            method: Some(claviger_core::client::AuthMethod::PrivateKeyJwt),
            ..claviger_core::client::Authentication::default()
        },
        id_token_claims: claviger_core::client::IdTokenClaims::Scope,
        ..client("us")
    };
    let mut realm = upstream.realm.clone();
    realm.requests.loopback = true;
    upstream.store.put_realm(&realm, upstream.now()).await.unwrap();
    upstream.store.put_client("test", &ours, upstream.now()).await.unwrap();
    let (here, there) = (Browser::default(), Browser::default());
    let page = here.ask(&server, &with(query(), "nonce", "n")).await;
    let reply = press(&server, &here, &page, "other").await;
    let path = reply.header("location").strip_prefix(&upstream.origin).unwrap().to_owned();
    let page = there.get(&upstream, &path).await;
    let back = there.carry_on(&upstream, page).await;
    let path =
        back.header("location").strip_prefix(&server.origin).unwrap_or_else(|| panic!("{}", back.body)).to_owned();
    let page = follow(&server, &here, &path).await;
    let reply = here.carry_on(&server, page).await;
    let answer = server.redeem("app", &reply.code()).await;
    let id = claims(&answer.text("access_token"))["sub"].as_str().unwrap().to_owned();
    let stored = server.store.user("below", &id).await.unwrap().unwrap().user;
    assert_eq!((stored.username.as_str(), stored.email.as_deref()), ("alice@example.com", Some("alice@example.com")));
}
