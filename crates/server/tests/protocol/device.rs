//! The device authorization grant (RFC 8628).

use crate::common::{Browser, Folder, Reply, SECRET, Server, claims, client, user};
use claviger_core::Client;
use claviger_core::client::{ClientKind, GrantType};
use claviger_core::dialect::OrganisationChoice;
use claviger_core::user::{Organisation, User};
use reqwest::Method;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn tv(id: &str) -> Client {
    Client {
        kind: ClientKind::Public,
        grants: [GrantType::DeviceCode, GrantType::RefreshToken].into(),
        redirect_uris: vec![],
        ..client(id)
    }
}

async fn started() -> Server {
    let server = Server::start().await;
    server.add_client(&tv("tv")).await;
    server
}

async fn ask(server: &Server, form: &[(&str, &str)]) -> Reply {
    server.post("/device_authorization", form).await
}

async fn begun(server: &Server) -> Reply {
    let reply = ask(server, &[("client_id", "tv"), ("scope", "openid read")]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

async fn poll(server: &Server, code: &str) -> Reply {
    server.post("/token", &[("grant_type", GRANT), ("client_id", "tv"), ("device_code", code)]).await
}

/// Types a code; the page, or where it sends the browser.
async fn typed(server: &Server, browser: &Browser, code: &str) -> Reply {
    let page = browser.get(server, "/device").await;
    let csrf = page.hidden("csrf").unwrap();
    let form = [("csrf", csrf.as_str()), ("user_code", code)];
    let reply = browser.send(server, Method::POST, "/device", Some(&form)).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let location = reply.header("location").to_owned();
    browser.get(server, &location).await
}

/// Says that the code is the one on the device.
async fn confirmed(server: &Server, browser: &Browser, page: &Reply) -> Reply {
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", "continue")];
    let reply = browser.send(server, Method::POST, "/device", Some(&form)).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let location = reply.header("location").to_owned();
    browser.get(server, &location).await
}

/// The whole way of a person who allows it; where they end.
async fn allow(server: &Server, browser: &Browser, code: &str) -> Reply {
    let page = typed(server, browser, code).await;
    let page = confirmed(server, browser, &page).await;
    let end = browser.carry_on(server, page).await;
    let location = end.header("location").to_owned();
    browser.get(server, location.strip_prefix(&server.origin).expect("our own page")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_what_its_user_allows_elsewhere() {
    let server = started().await;
    let reply = begun(&server).await;
    let device = reply.json();
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), ("no-store", "no-cache"));
    assert_eq!((&device["interval"], &device["expires_in"]), (&5.into(), &600.into()));
    let page = format!("{}/device", server.origin);
    let code = reply.text("user_code");
    assert_eq!(device["verification_uri"], page);
    assert_eq!(device["verification_uri_complete"], format!("{page}?user_code={code}"));
    assert!(code.len() == 9 && code.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ-".contains(c)), "{code}");
    let device_code = reply.text("device_code");
    poll(&server, &device_code).await.refused(400, "authorization_pending");

    let browser = Browser::default();
    // With the address the code is filled in, and nothing has happened yet.
    let filled = browser.get(&server, &format!("/device?user_code={}", code.to_lowercase())).await;
    assert!(filled.body.contains(&format!("value=\"{code}\"")) && !filled.body.contains("App tv"), "{}", filled.body);
    let page = typed(&server, &browser, &code.replace('-', "").to_lowercase()).await;
    for shown in [code.as_str(), "App tv", "use read", "127.0.0.1"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let sign_in = confirmed(&server, &browser, &page).await;
    let consent = browser.get_past_sign_in(&server, sign_in).await;
    assert!(consent.body.contains("value=\"allow\"") && consent.body.contains(&code), "{}", consent.body);
    server.pass(5);
    poll(&server, &device_code).await.refused(400, "authorization_pending");
    let end = browser.decide(&server, &consent, "allow").await;
    let location = end.header("location").to_owned();
    assert!(!location.contains("code=") && !location.contains(&device_code), "{location}");
    let done = browser.get(&server, location.strip_prefix(&server.origin).unwrap()).await;
    assert!(done.body.contains("Your device is connected"), "{}", done.body);

    let tokens = poll(&server, &device_code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!((tokens.text("scope"), tokens.text("token_type")), ("openid read".to_owned(), "Bearer".to_owned()));
    let access = claims(&tokens.text("access_token"));
    assert_eq!(
        (&access["sub"], &access["client_id"], &access["aud"]),
        (&"u1".into(), &"tv".into(), &"https://api.example".into())
    );
    assert_eq!(claims(&tokens.text("id_token"))["sub"], "u1");
    assert!(server.store.code(&[0; 16]).await.unwrap().is_none());
    let refreshed = server
        .post(
            "/token",
            &[("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", &tokens.text("refresh_token"))],
        )
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    // Once, and whoever has it twice has it no longer.
    poll(&server, &device_code).await.refused(400, "invalid_grant");
    let again =
        [("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", &refreshed.text("refresh_token"))];
    server.post("/token", &again).await.refused(400, "invalid_grant");
    // And the user code is used up.
    let used = typed(&server, &browser, &code).await;
    assert!(used.body.contains("No device is waiting with this code"), "{}", used.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_told_why_it_gets_nothing() {
    let server = started().await;
    let browser = Browser::default();
    let device = begun(&server).await;
    let code = device.text("device_code");
    for (bad, error) in
        [("", "invalid_request"), ("cvd_short", "invalid_grant"), (&code.replace("cvd_", "cvc_"), "invalid_grant")]
    {
        poll(&server, bad).await.refused(400, error);
    }
    // The last letter of an id's text has bits to spare: the first one is another.
    let other = format!("{}{}", &code[..60], if code.ends_with("AAAAAAAA") { "BBBBBBBB" } else { "AAAAAAAA" });
    poll(&server, &other).await.refused(400, "invalid_grant");
    server.add_client(&tv("radio")).await;
    let by_other = [("grant_type", GRANT), ("client_id", "radio"), ("device_code", code.as_str())];
    server.post("/token", &by_other).await.refused(400, "invalid_grant");

    let page = typed(&server, &browser, &device.text("user_code")).await;
    let page = confirmed(&server, &browser, &page).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    let end = browser.decide(&server, &consent, "deny").await;
    assert_eq!(end.redirect_params()["error"], "access_denied");
    let location = end.header("location").to_owned();
    let denied = browser.get(&server, location.strip_prefix(&server.origin).unwrap()).await;
    assert!(denied.body.contains("Your device was not connected"), "{}", denied.body);
    poll(&server, &code).await.refused(400, "access_denied");
    poll(&server, &code).await.refused(400, "access_denied");

    let late = begun(&server).await;
    let page = typed(&server, &browser, &late.text("user_code")).await;
    server.pass(601);
    poll(&server, &late.text("device_code")).await.refused(400, "expired_token");
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", "continue")];
    let over = browser.send(&server, Method::POST, "/device", Some(&form)).await;
    assert_eq!(over.status, 400);
    assert!(over.body.contains("/device"), "the way to start again: {}", over.body);
    // What was approved and not fetched is over as well.
    let late = begun(&server).await;
    allow(&server, &browser, &late.text("user_code")).await;
    server.pass(601);
    poll(&server, &late.text("device_code")).await.refused(400, "expired_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_too_often_waits_longer_each_time_and_still_gets_it() {
    let server = started().await;
    let device = begun(&server).await;
    let code = device.text("device_code");
    poll(&server, &code).await.refused(400, "authorization_pending");
    server.pass(2);
    let slow = poll(&server, &code).await;
    slow.refused(400, "slow_down");
    assert!(slow.text("error_description").contains("10 seconds"), "{}", slow.body);
    server.pass(5);
    poll(&server, &code).await.refused(400, "slow_down");
    server.pass(15);
    poll(&server, &code).await.refused(400, "authorization_pending");
    server.pass(14);
    // Timers are not exact.
    poll(&server, &code).await.refused(400, "authorization_pending");
    for _ in 0..40 {
        poll(&server, &code).await.refused(400, "slow_down");
    }
    let id = claviger_core::token::row_id(claviger_core::token::Kind::Device, &code).unwrap();
    assert_eq!(server.store.device(&id).await.unwrap().unwrap().interval, 120_000);
    allow(&server, &Browser::default(), &device.text("user_code")).await;
    assert_eq!(poll(&server, &code).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_authenticates_clients_and_checks_what_they_ask_for() {
    let server = started().await;
    server.add_client(&Client { kind: ClientKind::Confidential, ..tv("box") }).await;
    server.add_client(&client("app")).await;
    assert_eq!(ask(&server, &[("client_id", "box"), ("client_secret", SECRET)]).await.status, 200);
    ask(&server, &[("client_id", "box")]).await.refused(401, "invalid_client");
    ask(&server, &[("client_id", "box"), ("client_secret", "wrong")]).await.refused(401, "invalid_client");
    ask(&server, &[("client_id", "nobody")]).await.refused(401, "invalid_client");
    ask(&server, &[]).await.refused(401, "invalid_client");
    ask(&server, &[("client_id", "app"), ("client_secret", SECRET)]).await.refused(400, "unauthorized_client");
    ask(&server, &[("client_id", "tv"), ("scope", "nothing")]).await.refused(400, "invalid_scope");
    ask(&server, &[("client_id", "tv"), ("scope", "a\"b")]).await.refused(400, "invalid_scope");
    ask(&server, &[("client_id", "tv"), ("resource", "https://elsewhere.example")])
        .await
        .refused(400, "invalid_target");
    ask(&server, &[("client_id", "tv"), ("scope", "read"), ("scope", "write")]).await.refused(400, "invalid_request");
    let got = server.send(Method::GET, "/device_authorization?client_id=tv", &[], "").await;
    assert_eq!((got.status.as_u16(), got.header("allow")), (405, "POST, OPTIONS"));
    let client_without = [("grant_type", GRANT), ("client_id", "app"), ("client_secret", SECRET), ("device_code", "x")];
    server.post("/token", &client_without).await.refused(400, "unauthorized_client");
    // A realm that does not serve it says so everywhere.
    let server = Server::with(|realm| {
        realm.dialect.token.grants.remove(&GrantType::DeviceCode);
    })
    .await;
    server.add_client(&tv("tv")).await;
    poll(&server, "x").await.refused(400, "unsupported_grant_type");
    assert_eq!(ask(&server, &[("client_id", "tv")]).await.status, 404);
    assert_eq!(server.send(Method::GET, "/device", &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_no_secret_and_leaves() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&tv("tv")).await;
    let device = begun(&server).await;
    let (code, user_code) = (device.text("device_code"), device.text("user_code"));
    let mut written = std::fs::read(folder.database()).unwrap();
    written.extend(std::fs::read(folder.path().join("claviger.db-wal")).unwrap_or_default());
    assert!(!written.windows(code.len()).any(|part| part == code.as_bytes()), "the device code");
    let id = claviger_core::token::row_id(claviger_core::token::Kind::Device, &code).unwrap();
    assert!(server.store.device(&id).await.unwrap().is_some());
    assert!(!user_code.is_empty());
    server.store.purge(server.now() + 600_000 + 3_600_001, 100).await.unwrap();
    assert!(server.store.device(&id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_asked_each_time_and_a_link_confirms_nothing() {
    let server = started().await;
    server.add_client(&Client { kind: ClientKind::Confidential, trusted: true, ..tv("own") }).await;
    let browser = Browser::default();
    let first = begun(&server).await;
    allow(&server, &browser, &first.text("user_code")).await;
    let second = begun(&server).await;
    let page = typed(&server, &browser, &second.text("user_code")).await;
    let consent = confirmed(&server, &browser, &page).await;
    assert!(consent.body.contains("value=\"allow\""), "{}", consent.body);

    // Whoever sends others a request that they confirmed themselves has confirmed nothing for them, not even for an app that
    // needs no consent.
    let asked = ask(&server, &[("client_id", "own"), ("client_secret", SECRET), ("scope", "read")]).await;
    let attacker = Browser::default();
    let page = typed(&server, &attacker, &asked.text("user_code")).await;
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", "continue")];
    let sent = attacker.send(&server, Method::POST, "/device", Some(&form)).await;
    let link = sent.header("location").to_owned();
    let seen = browser.get(&server, &link).await;
    assert!(seen.body.contains("Is this the code on your device?"), "{} {}", seen.status, seen.body);
    // A form that another page posts decides nothing either.
    let forged = [("csrf", "x"), ("pending", &pending), ("decision", "continue")];
    let seen = browser.send(&server, Method::POST, "/device", Some(&forged)).await;
    assert!(seen.body.contains("Is this the code on your device?"), "{} {}", seen.status, seen.body);
    let own = [
        ("grant_type", GRANT),
        ("client_id", "own"),
        ("client_secret", SECRET),
        ("device_code", &asked.text("device_code")),
    ];
    server.post("/token", &own).await.refused(400, "authorization_pending");
    // "No, another code" brings back to the beginning, and the device waits.
    let (csrf, pending) = (seen.hidden("csrf").unwrap(), seen.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", "cancel")];
    assert_eq!(browser.send(&server, Method::POST, "/device", Some(&form)).await.header("location"), "/device");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_approved_once_and_redeemed_once_by_whichever_server() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&tv("tv")).await;
    let other = server.beside().await;
    let device = begun(&server).await;
    let (code, user_code) = (device.text("device_code"), device.text("user_code"));
    poll(&other, &code).await.refused(400, "authorization_pending");
    server.add_user(&user("u2", "bob")).await;
    let (alice, bob) = (Browser::default(), Browser::of("bob"));
    let page = typed(&server, &alice, &user_code).await;
    let of_alice = confirmed(&server, &alice, &page).await;
    let of_alice = alice.get_past_sign_in(&server, of_alice).await;
    let page = typed(&server, &bob, &user_code).await;
    let of_bob = confirmed(&server, &bob, &page).await;
    let of_bob = bob.get_past_sign_in(&server, of_bob).await;
    bob.decide(&server, &of_bob, "allow").await;
    let late = alice.decide(&server, &of_alice, "deny").await;
    assert_eq!(late.status, 400, "{}", late.body);
    let all = (0..12).map(|n| {
        let (origin, code, http) =
            (if n % 2 == 0 { server.url("/token") } else { other.url("/token") }, code.clone(), server.http.clone());
        tokio::spawn(async move {
            let form = [("grant_type", GRANT), ("client_id", "tv"), ("device_code", code.as_str())];
            Reply::of(http.post(origin).form(&form).send().await.unwrap()).await
        })
    });
    let all: Vec<_> = all.collect();
    let mut good = Vec::new();
    for one in all {
        let reply = one.await.unwrap();
        if reply.status == 200 { good.push(reply) } else { reply.refused(400, "invalid_grant") }
    }
    assert_eq!(good.len(), 1);
    assert_eq!(claims(&good[0].text("access_token"))["sub"], "u2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_picks_for_which_organisation() {
    let server = Server::with(|realm| realm.dialect.organisation = OrganisationChoice::One).await;
    server.add_client(&tv("tv")).await;
    for id in ["acme", "apex"] {
        let organisation = Organisation { id: id.into(), name: id.into(), kind: "company".into() };
        server.store.put_organisation(&server.realm.id, &organisation, server.now()).await.unwrap();
    }
    server.add_user(&User { organisations: vec!["acme".into(), "apex".into()], ..user("u3", "carol") }).await;
    let device = begun(&server).await;
    let browser = Browser::picking("carol", &["apex"]);
    allow(&server, &browser, &device.text("user_code")).await;
    let tokens = poll(&server, &device.text("device_code")).await;
    assert_eq!(claims(&tokens.text("access_token"))["org"], serde_json::json!(["apex"]));
    // Who leaves it has nothing any more.
    server
        .store
        .put_user(
            &server.realm.id,
            &User { organisations: vec!["acme".into()], ..user("u3", "carol") },
            None,
            server.now(),
        )
        .await
        .unwrap();
    let refresh =
        [("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", &tokens.text("refresh_token"))];
    server.post("/token", &refresh).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_user_codes_are_braked_by_session_by_address_and_in_all() {
    let server = started().await;
    let device = begun(&server).await;
    let browser = Browser::default();
    for _ in 0..5 {
        let page = typed(&server, &browser, "BBBB-BBBB").await;
        assert!(page.body.contains("No device is waiting"), "{}", page.body);
    }
    let page = typed(&server, &browser, &device.text("user_code")).await;
    assert_eq!(page.status, 429, "{}", page.body);
    assert!(!page.header("retry-after").is_empty() && !page.body.contains("App tv"));
    // A device of one's own makes up for nothing.
    server.pass(60);
    let page = typed(&server, &browser, &device.text("user_code")).await;
    assert!(page.body.contains("App tv"), "{}", page.body);
    typed(&server, &browser, "BBBB-BBBB").await;
    let page = typed(&server, &browser, "BBBB-BBBB").await;
    assert_eq!(page.status, 429, "{}", page.body);
    // What cannot be a code is no guess.
    let other = Browser::default();
    for _ in 0..20 {
        let page = typed(&server, &other, "AAAA-AAAA").await;
        assert_eq!(page.status, 200, "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_devices_ends_at_its_address_and_its_realm() {
    let server = started().await;
    let from = async |address: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", address)];
        server.send(Method::POST, "/device_authorization", &headers, "client_id=tv&scope=read").await
    };
    let mut answered = 0;
    loop {
        let reply = from("203.0.113.9").await;
        if reply.status != 200 {
            reply.refused(429, "temporarily_unavailable");
            assert!(!reply.header("retry-after").is_empty());
            break;
        }
        answered += 1;
        assert!(answered <= 250, "nothing stops it");
    }
    assert!(answered >= 100, "{answered}");
    assert_eq!(from("198.51.100.7").await.status, 200, "others are not kept out");
    // A realm that is full says so, stores nothing more, and goes on when the first ones are over.
    let now = server.now();
    for n in 0..10_000_u64 {
        let mut id = [9; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        let mut code = [7; 32];
        code[..8].copy_from_slice(&n.to_be_bytes());
        let row = claviger_store::NewDevice {
            id,
            hash: claviger_store::Masked([1; 32]),
            user_code: claviger_store::Masked(code),
            realm: server.realm.id.clone(),
            client: "tv".into(),
            doc: "{}".into(),
            expires_at: now + 600_000,
            interval: 5000,
        };
        if server.store.put_device(row, 10_000, now).await.unwrap() == claviger_store::Begun::Full {
            break;
        }
    }
    from("198.51.100.8").await.refused(429, "temporarily_unavailable");
    server.pass(601);
    assert_eq!(from("198.51.100.8").await.status, 200);
}
