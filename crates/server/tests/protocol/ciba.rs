//! Clients whose users are elsewhere (OpenID Connect Client-Initiated Backchannel Authentication 1.0): poll and ping, what the client is
//! told, what its user sees, and the brakes.

use crate::common::{Browser, Folder, NOW, PASSWORD, Reply, SECRET, Server, claims, client, user};
use claviger_core::client::{Ciba, DeliveryMode, GrantType, Registered};
use claviger_core::jose::Algorithm;
use claviger_core::realm::Realm;
use claviger_core::{Client, ScopeSet};
use claviger_server::mail::{Delivered, Mailer, Outlet, deliver_due};
use claviger_server::secrets::Secrets;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const GRANT: &str = "urn:openid:params:grant-type:ciba";
const PAGE: &str = "/account/requests";

fn agent(id: &str) -> Client {
    let mut agent = Client { agent: Some(true), ..client(id) };
    agent.grants.insert(GrantType::Ciba);
    agent
}

async fn world(adapt: impl FnOnce(&mut Realm)) -> Server {
    let server = Server::with(|realm| {
        realm.ciba.enabled = true;
        realm.requests.loopback = true;
        adapt(realm);
    })
    .await;
    server.add_client(&agent("agent")).await;
    server
}

/// A request of `client`, as it should be but for `more`; an empty value leaves a parameter out.
async fn ask(server: &Server, client: &str, more: &[(&str, &str)]) -> Reply {
    let usual = [
        ("client_id", client),
        ("client_secret", SECRET),
        ("scope", "openid read offline_access"),
        ("login_hint", "alice"),
        ("binding_message", "Order 4711"),
    ];
    let mut form: Vec<(&str, &str)> =
        usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).collect();
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    server.post("/bc-authorize", &form).await
}

async fn begun(server: &Server) -> String {
    let reply = ask(server, "agent", &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.text("auth_req_id")
}

async fn poll(server: &Server, client: &str, id: &str) -> Reply {
    server.token(client, &[("grant_type", GRANT), ("auth_req_id", id)]).await
}

/// The page of requests, signed in.
async fn page(server: &Server, browser: &Browser) -> Reply {
    page_of(server, browser, "alice").await
}

async fn page_of(server: &Server, browser: &Browser, username: &str) -> Reply {
    let reply = browser.get(server, PAGE).await;
    if reply.status != 303 {
        return reply;
    }
    let sign_in = browser.get(server, reply.header("location")).await;
    browser.sign_in(server, &sign_in, username, PASSWORD).await;
    browser.get(server, PAGE).await
}

/// Presses a button of the first request on the page.
async fn press(server: &Server, browser: &Browser, page: &Reply, button: &str) -> Reply {
    let marker = format!("name=\"{button}\" value=\"");
    let at = page.body.find(&marker).unwrap_or_else(|| panic!("no {button}: {}", page.body)) + marker.len();
    let id = page.body[at..].split('"').next().unwrap();
    let form = [("csrf", page.hidden("csrf").unwrap()), (button, id.to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.send(server, Method::POST, PAGE, Some(&form)).await
}

/// The consent page of the first request.
async fn look(server: &Server, browser: &Browser) -> Reply {
    let page = page(server, browser).await;
    let onward = press(server, browser, &page, "look").await;
    browser.get(server, onward.header("location")).await
}

async fn decide(server: &Server, browser: &Browser, page: &Reply, decision: &str, time: &str) -> Reply {
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("decision", decision), ("for", time)];
    browser.send(server, Method::POST, "/-/consent", Some(&form)).await
}

async fn allow(server: &Server, browser: &Browser) -> Reply {
    let consent = look(server, browser).await;
    decide(server, browser, &consent, "allow", "1h").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_gets_what_its_user_allows_later() {
    let server = world(|_| {}).await;
    let reply = ask(&server, "agent", &[]).await;
    let said = reply.json();
    assert_eq!((reply.status.as_u16(), &said["expires_in"], &said["interval"]), (200, &json!(300), &json!(5)));
    assert_eq!(reply.header("cache-control"), "no-store");
    let id = reply.text("auth_req_id");
    poll(&server, "agent", &id).await.refused(400, "authorization_pending");

    let browser = Browser::default();
    let listed = page(&server, &browser).await;
    for shown in ["App agent", "Order 4711", "use read", "Agent", "waits until"] {
        assert!(listed.body.contains(shown), "{shown}: {}", listed.body);
    }
    let consent = look(&server, &browser).await;
    consent.asks_for_consent();
    for shown in ["Order 4711", "while you are elsewhere", "name=\"for\" value=\"1h\"", "App agent"] {
        assert!(consent.body.contains(shown), "{shown}: {}", consent.body);
    }
    let end = decide(&server, &browser, &consent, "allow", "1h").await;
    assert_eq!(end.status, 303);
    let location = end.header("location").to_owned();
    assert!(location.starts_with(&format!("{}{PAGE}?", server.origin)) && !location.contains("code="), "{location}");
    let done = browser.get(&server, location.strip_prefix(&server.origin).unwrap()).await;
    assert!(
        done.body.contains("Allowed: the app hears of it") && !done.body.contains("name=\"look\""),
        "{}",
        done.body
    );

    server.pass(5);
    let tokens = poll(&server, "agent", &id).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let access = claims(&tokens.text("access_token"));
    assert_eq!((&access["sub"], &access["client_kind"]), (&json!("u1"), &json!("agent")));
    let id_token = claims(&tokens.text("id_token"));
    assert_eq!((&id_token["sub"], &id_token["aud"]), (&json!("u1"), &json!("agent")));
    let stored = server.store.consent("test", "u1", "agent").await.unwrap().unwrap();
    assert_eq!(stored.until, Some(NOW + 3_600_000));
    assert_eq!(stored.scope, ScopeSet::parse("openid read offline_access").unwrap());
    let refreshed = server.refresh("agent", &tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    // Once; whoever has it twice has nothing any more.
    poll(&server, "agent", &id).await.refused(400, "invalid_grant");
    server.refresh("agent", &refreshed.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_say_so_where_it_is_on() {
    let found = |server: &Server| {
        let path = server.url("/.well-known/openid-configuration");
        async move { reqwest::get(path).await.unwrap().json::<Value>().await.unwrap() }
    };
    let said = found(&world(|_| {}).await).await;
    assert!(said["backchannel_authentication_endpoint"].as_str().unwrap().ends_with("/bc-authorize"));
    assert_eq!(said["backchannel_token_delivery_modes_supported"], json!(["poll", "ping"]));
    assert_eq!(said["backchannel_user_code_parameter_supported"], false);
    assert!(said["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
    let off = world(|realm| realm.ciba.enabled = false).await;
    let said = found(&off).await;
    assert!(said.get("backchannel_authentication_endpoint").is_none());
    assert!(!said["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
    assert_eq!(ask(&off, "agent", &[]).await.status, 404);
    assert_eq!(Browser::default().get(&off, PAGE).await.status.as_u16(), 303, "whoever is nobody signs in first");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_has_the_standards_name() {
    let server = world(|_| {}).await;
    server.add_client(&client("plain")).await;
    let other = ask(&server, "plain", &[]).await;
    other.refused(400, "unauthorized_client");
    server.add_user(&claviger_core::User { disabled: true, ..user("u9", "gone") }).await;
    let long = "x".repeat(101);
    let wrong = [
        (("login_hint", "nobody"), "unknown_user_id"),
        (("login_hint", "gone"), "unknown_user_id"),
        (("login_hint", ""), "invalid_request"),
        (("id_token_hint", "a.b.c"), "invalid_request"),
        (("login_hint_token", "a.b.c"), "invalid_request"),
        (("binding_message", "a\nb"), "invalid_binding_message"),
        (("binding_message", "a\u{202e}b"), "invalid_binding_message"),
        (("binding_message", long.as_str()), "invalid_binding_message"),
        (("scope", "read"), "invalid_request"),
        (("scope", ""), "invalid_request"),
        (("scope", "openid nothing"), "invalid_scope"),
        (("requested_expiry", "0"), "invalid_request"),
        (("requested_expiry", "soon"), "invalid_request"),
        (("resource", "https://elsewhere.example"), "invalid_target"),
        (("request_uri", "https://app.example/r"), "invalid_request_uri"),
        (("request", "no.object.this"), "invalid_request_object"),
    ];
    for (parameter, error) in wrong {
        let reply = ask(&server, "agent", &[parameter]).await;
        assert_eq!((reply.status.as_u16(), reply.json()["error"].clone()), (400, json!(error)), "{parameter:?}");
    }
    let reply = ask(&server, "agent", &[("client_secret", "wrong")]).await;
    reply.refused(401, "invalid_client");
    let twice = [
        ("client_id", "agent"),
        ("client_secret", SECRET),
        ("scope", "openid"),
        ("scope", "openid"),
        ("login_hint", "alice"),
    ];
    server.post("/bc-authorize", &twice).await.refused(400, "invalid_request");
    assert_eq!(server.send(Method::GET, "/bc-authorize", &[], "").await.status, 405);
    assert!(server.store.backchannel_of_user("test", "u1", NOW, 100).await.unwrap().is_empty(), "nothing waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_names_its_own_user_and_only_for_its_own_client() {
    let server = world(|_| {}).await;
    server.add_client(&agent("other")).await;
    let tokens = server.code_flow(&Browser::default(), "agent", "openid").await;
    let hint = tokens.text("id_token");
    let named = [("login_hint", ""), ("id_token_hint", hint.as_str())];
    assert_eq!(ask(&server, "agent", &named).await.status, 200);
    ask(&server, "other", &named).await.refused(400, "invalid_request");
    assert_eq!(server.store.backchannel_of_user("test", "u1", NOW, 100).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_polls_is_told_how_it_stands() {
    let server = world(|_| {}).await;
    server.add_client(&agent("other")).await;
    let id = begun(&server).await;
    poll(&server, "agent", &id).await.refused(400, "authorization_pending");
    poll(&server, "agent", &id).await.refused(400, "slow_down");
    server.pass(6);
    poll(&server, "agent", &id).await.refused(400, "slow_down");
    server.pass(15);
    poll(&server, "agent", &id).await.refused(400, "authorization_pending");
    // Of another client it is nothing, and so is what was never given out.
    poll(&server, "other", &id).await.refused(400, "invalid_grant");
    for nothing in ["cvb_nothing", "x", &id[..id.len() - 2]] {
        poll(&server, "agent", nothing).await.refused(400, "invalid_grant");
    }
    server.token("agent", &[("grant_type", GRANT)]).await.refused(400, "invalid_request");
    server
        .token("agent", &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", &id)])
        .await
        .refused(400, "unauthorized_client");
    server.pass(300);
    poll(&server, "agent", &id).await.refused(400, "expired_token");
    // What waits as long as it asked for, within what the realm lets it.
    let short = ask(&server, "agent", &[("requested_expiry", "60")]).await;
    assert_eq!(short.json()["expires_in"], 60);
    let long = ask(&server, "agent", &[("requested_expiry", "999999")]).await;
    assert_eq!(long.json()["expires_in"], 3600);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_is_believed_and_who_blocks_is_not_asked_again() {
    let server = world(|_| {}).await;
    let browser = Browser::default();
    let on_page = begun(&server).await;
    let consent = look(&server, &browser).await;
    let end = decide(&server, &browser, &consent, "deny", "1h").await;
    assert!(end.header("location").contains("error=access_denied"), "{end:?}");
    poll(&server, "agent", &on_page).await.refused(400, "access_denied");
    let in_list = begun(&server).await;
    let listed = page(&server, &browser).await;
    let done = press(&server, &browser, &listed, "refuse").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/account/requests?said=request_refused"));
    poll(&server, "agent", &in_list).await.refused(400, "access_denied");
    let again = press(&server, &browser, &listed, "refuse").await;
    assert_eq!(again.header("location"), "/account/requests?said=request_over");

    let third = begun(&server).await;
    let listed = page(&server, &browser).await;
    let done = press(&server, &browser, &listed, "block").await;
    assert_eq!(done.header("location"), "/account/requests?said=blocked");
    poll(&server, "agent", &third).await.refused(400, "access_denied");
    let blocked = ask(&server, "agent", &[]).await;
    blocked.refused(403, "access_denied");
    let listed = page(&server, &browser).await;
    assert!(listed.body.contains("Apps that may not ask you") && listed.body.contains("App agent"), "{}", listed.body);
    press(&server, &browser, &listed, "unblock").await;
    assert_eq!(ask(&server, "agent", &[]).await.status, 200);
    assert!(server.store.consent("test", "u1", "agent").await.unwrap().is_none(), "nothing was ever allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_for_somebody_else() {
    let server = world(|_| {}).await;
    server.add_user(&user("u2", "bob")).await;
    let id = begun(&server).await;
    let (alice, bob) = (Browser::default(), Browser::of("bob"));
    let listed = page_of(&server, &bob, "bob").await;
    assert!(listed.body.contains("No app asks for you now"), "{}", listed.body);
    // The address of alice's consent page, in bob's browser: he is asked to sign in, and is not let through.
    let page = page(&server, &alice).await;
    let onward = press(&server, &alice, &page, "look").await;
    let stolen = bob.get(&server, onward.header("location")).await;
    stolen.asks_to_sign_in();
    let still = bob.sign_in(&server, &stolen, "bob", PASSWORD).await;
    assert!(!still.body.contains("value=\"allow\""), "{}", still.body);
    poll(&server, "agent", &id).await.refused(400, "authorization_pending");
    // A form without the session's own mark does nothing.
    let forged = alice.send(&server, Method::POST, PAGE, Some(&[("csrf", "x"), ("refuse", "x")])).await;
    assert_eq!(forged.header("location"), "/account/requests?said=again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_trusted_is_looked_at_as_well() {
    let server = world(|_| {}).await;
    server.add_client(&Client { trusted: true, ..agent("own") }).await;
    let id = ask(&server, "own", &[]).await.text("auth_req_id");
    let browser = Browser::default();
    look(&server, &browser).await.asks_for_consent();
    poll(&server, "own", &id).await.refused(400, "authorization_pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_without_end() {
    let server = world(|realm| {
        realm.ciba.open_per_user = 2;
        realm.ciba.hourly_per_user = 3;
        realm.ciba.hourly_of_all = 4;
    })
    .await;
    server.add_client(&agent("second")).await;
    for _ in 0..2 {
        begun(&server).await;
    }
    let third = ask(&server, "agent", &[]).await;
    assert_eq!((third.status.as_u16(), third.json()["error"].clone()), (429, json!("temporarily_unavailable")));
    assert!(third.header("retry-after").parse::<i64>().unwrap() > 0);
    // Those are over: one more within the hour, of this client.
    server.pass(301);
    begun(&server).await;
    assert_eq!(ask(&server, "agent", &[]).await.status, 429);
    assert_eq!(ask(&server, "second", &[]).await.status, 200);
    assert_eq!(ask(&server, "second", &[]).await.status, 429, "all apps together asked often enough");
    server.pass(3600);
    begun(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_nobody_vouches_for_does_not_learn_who_there_is() {
    let server = world(|_| {}).await;
    let registered = Registered { self_registered: true, ..Registered::default() };
    server.add_client(&Client { registered, ..agent("stranger") }).await;
    let nobody = ask(&server, "stranger", &[("login_hint", "nobody")]).await;
    assert_eq!(nobody.status, 200, "{}", nobody.body);
    let id = nobody.text("auth_req_id");
    poll(&server, "stranger", &id).await.refused(400, "authorization_pending");
    server.pass(301);
    poll(&server, "stranger", &id).await.refused(400, "expired_token");
    // However often it asks, and however it spells the name.
    let taken = async |names: [&str; 4]| {
        let mut statuses = Vec::new();
        for name in names {
            statuses.push(ask(&server, "stranger", &[("login_hint", name)]).await.status.as_u16());
        }
        statuses
    };
    server.pass(3600);
    let nobody = taken(["nobody", "Nobody", "nobody", "NOBODY"]).await;
    assert_eq!(nobody, taken(["alice", "Alice", "alice", "ALICE"]).await);
    assert_eq!(nobody, [200, 200, 429, 429]);
}

/// A request that the client signed is served by what is inside alone (CIBA Core 1.0 7.1.1).
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_is_served_by_what_is_inside() {
    let server = world(|_| {}).await;
    let key = crate::request_objects::key("k1", Algorithm::Es256);
    server.add_client(&Client { jwks: Some(crate::request_objects::jwks(&key)), ..agent("signs") }).await;
    let now = server.now() / 1000;
    let claims = json!({
        "iss": "signs", "aud": server.realm.issuer, "iat": now, "nbf": now, "exp": now + 60, "jti": "j1", "client_id": "signs",
        "scope": "openid read", "login_hint": "alice", "binding_message": "Order 4712", "requested_expiry": 60,
    });
    let send = async |claims: &Value| {
        let object = crate::request_objects::sign(&key, claims);
        server.post("/bc-authorize", &[("client_id", "signs"), ("client_secret", SECRET), ("request", &object)]).await
    };
    let begun = send(&claims).await;
    assert_eq!((begun.status.as_u16(), &begun.json()["expires_in"]), (200, &json!(60)), "{}", begun.body);
    let browser = Browser::default();
    assert!(page(&server, &browser).await.body.contains("Order 4712"));
    allow(&server, &browser).await;
    let tokens = poll(&server, "signs", &begun.text("auth_req_id")).await;
    assert_eq!((tokens.status.as_u16(), tokens.text("scope").as_str()), (200, "openid read"), "{}", tokens.body);
    // Of somebody else, for somebody else, over, or in nobody's words.
    let changed = |member: &str, value: Value| {
        let mut claims = claims.clone();
        claims[member] = value;
        claims
    };
    for (member, value) in [
        ("iss", json!("agent")),
        ("aud", json!("https://other.example")),
        ("exp", json!(now - 600)),
        ("client_id", json!("agent")),
    ] {
        let refused = send(&changed(member, value)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["error"].clone()),
            (400, json!("invalid_request_object")),
            "{member}"
        );
    }
    let other = crate::request_objects::key("k1", Algorithm::Es256);
    let forged = crate::request_objects::sign(&other, &claims);
    let form = [("client_id", "signs"), ("client_secret", SECRET), ("request", forged.as_str())];
    server.post("/bc-authorize", &form).await.refused(400, "invalid_request_object");
    let unsigned = crate::request_objects::unsigned(&claims);
    let form = [("client_id", "signs"), ("client_secret", SECRET), ("request", unsigned.as_str())];
    assert_eq!(server.post("/bc-authorize", &form).await.status, 400, "the standard wants it signed");
}

/// The mails that wait, as they are sent.
async fn sent(server: &Server, folder: &Folder) -> Vec<String> {
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    let outlet = Outlet::Folder(folder.path().to_owned());
    let mailer = Mailer::new("Claviger <login@claviger.example>", &outlet).unwrap();
    let mut all = Vec::new();
    for one in deliver_due(&server.store, &secrets, &mailer, server.now()).await.unwrap() {
        let Ok(Delivered::Written(file)) = one.outcome else { panic!("not written") };
        all.push(std::fs::read_to_string(file).unwrap().replace("=\r\n", "").replace("=\n", "").replace("=3D", "="));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_says_who_asks_what_and_where_to_answer() {
    let (server, folder) = (world(|_| {}).await, Folder::new());
    begun(&server).await;
    let mails: Mutex<Vec<String>> = Mutex::new(Vec::new());
    server
        .until(async || {
            let more = sent(&server, &folder).await;
            let mut all = mails.lock().unwrap();
            all.extend(more);
            !all.is_empty()
        })
        .await;
    let mail = mails.lock().unwrap().pop().unwrap();
    for said in ["App agent", "Order 4711", "/account/requests", "alice@example.com"] {
        assert!(mail.contains(said), "{said}: {mail}");
    }
    let quiet = world(|realm| realm.ciba.mails = false).await;
    begun(&quiet).await;
    assert!(sent(&quiet, &folder).await.is_empty());
}

/// An app that waits to be told: what it heard.
async fn app() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/ping", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !String::from_utf8_lossy(&read).contains('}') {
                if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            log.lock().unwrap().push(String::from_utf8_lossy(&read).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    (uri, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_ping_mode_the_client_is_told_once_whatever_the_answer_is() {
    let server = world(|_| {}).await;
    let (uri, heard) = app().await;
    let ciba = Ciba {
        backchannel_token_delivery_mode: DeliveryMode::Ping,
        backchannel_client_notification_endpoint: Some(uri),
    };
    server.add_client(&Client { ciba, ..agent("told") }).await;
    ask(&server, "told", &[]).await.refused(400, "invalid_request");
    ask(&server, "told", &[("client_notification_token", "not a token")]).await.refused(400, "invalid_request");
    let browser = Browser::default();
    for (round, decision) in ["allow", "deny"].into_iter().enumerate() {
        let token = format!("token-{round}");
        let id = ask(&server, "told", &[("client_notification_token", &token)]).await.text("auth_req_id");
        assert_eq!(heard.lock().unwrap().len(), round, "nobody answered yet");
        let consent = look(&server, &browser).await;
        decide(&server, &browser, &consent, decision, "1h").await;
        server.until(async || heard.lock().unwrap().len() > round).await;
        let call = heard.lock().unwrap()[round].clone();
        let (start, body) = call.split_once("\r\n\r\n").unwrap();
        assert!(start.starts_with("POST /ping HTTP/1.1\r\n"), "{start}");
        assert!(start.to_ascii_lowercase().contains(&format!("authorization: bearer {token}")), "{start}");
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({ "auth_req_id": id }));
        let answer = poll(&server, "told", &id).await;
        assert_eq!(answer.status.as_u16(), if decision == "allow" { 200 } else { 400 }, "{}", answer.body);
    }
    assert_eq!(heard.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_polls_at_once_one_gets_the_tokens() {
    let server = world(|_| {}).await;
    let id = begun(&server).await;
    allow(&server, &Browser::default()).await;
    let (one, other) = tokio::join!(poll(&server, "agent", &id), poll(&server, "agent", &id));
    let statuses = [one.status.as_u16(), other.status.as_u16()];
    assert!(statuses == [200, 400] || statuses == [400, 200], "{statuses:?}");
}
