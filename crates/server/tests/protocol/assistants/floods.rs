//! Those that mean no good, or do not know what they do.

use super::{RESOURCE, Web, asks, world};
use crate::common::{Browser, Server, with};
use claviger_core::realm::DocumentMode;
use serde_json::json;
use std::time::{Duration, Instant};

const CALLBACK: &str = "http://localhost:4000/callback";

async fn known(server: &Server) -> usize {
    server.store.list_clients("test", None, "", 10_000).await.unwrap().len()
}

/// A domain whose documents never end: so many are read, so many become clients, and everybody else is served as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_million_documents_of_one_domain() {
    for mode in [DocumentMode::Open, DocumentMode::Approval] {
        let server = world(|realm| {
            realm.registration.documents.mode = mode;
            realm.registration.documents.hourly_per_host = 30;
        })
        .await;
        let web = Web::new().await;
        let document = json!({ "client_name": "A", "redirect_uris": [CALLBACK] });
        let good = web.publishes("/good.json", document.clone());
        let first = Browser::default().ask(&server, &asks(&good, CALLBACK, "read", RESOURCE)).await;
        assert_eq!(first.status, 200, "{}", first.body);
        let ids: Vec<String> = (0..60).map(|n| web.publishes(&format!("/{n}.json"), document.clone())).collect();
        let mut refused = 0;
        for id in &ids {
            let reply = Browser::default().ask(&server, &asks(id, CALLBACK, "read", RESOURCE)).await;
            refused += usize::from(reply.status == 400);
        }
        let most = usize::try_from(server.realm.registration.documents.most_per_host).unwrap();
        assert_eq!((known(&server).await, refused), (most, 60 - (most - 1)), "{mode:?}");
        let again = Browser::default().ask(&server, &asks(&good, CALLBACK, "read", RESOURCE)).await;
        assert_eq!(again.status, 200, "what is known goes on: {}", again.body);
        // Each that was refused left nothing, and the hour that begins lets no more in than there is room for.
        server.pass(3601);
        Browser::default().ask(&server, &asks(&ids[59], CALLBACK, "read", RESOURCE)).await;
        assert_eq!(known(&server).await, most);
    }
}

/// What counts is the domain that somebody registered: names below it are for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_has_so_many_whatever_a_host_may_have() {
    let server = world(|realm| {
        let documents = &mut realm.registration.documents;
        (documents.most_per_host, documents.most_per_domain, documents.hourly_per_domain) = (20, 3, 7);
    })
    .await;
    let web = Web::new().await;
    let ask = async |n: usize| {
        let id = web.publishes(&format!("/{n}.json"), json!({ "client_name": "A", "redirect_uris": [CALLBACK] }));
        Browser::default().ask(&server, &asks(&id, CALLBACK, "read", RESOURCE)).await
    };
    for n in 0..3 {
        assert_eq!(ask(n).await.status, 200);
    }
    for n in 3..7 {
        assert!(ask(n).await.body.contains("no room"));
    }
    assert!(ask(7).await.body.contains("too many documents"));
    assert_eq!(known(&server).await, 3);
}

/// A host that never answers costs whoever asks three seconds, and nobody else anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_never_comes_holds_nobody_else_up() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let slow = web.at("/slow.json");
    let good = web.publishes("/good.json", json!({ "client_name": "A", "redirect_uris": [CALLBACK] }));
    let begun = Instant::now();
    let waits = async {
        let reply = Browser::default().ask(&server, &asks(&slow, CALLBACK, "read", RESOURCE)).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        begun.elapsed()
    };
    let others = async {
        let reply = Browser::default().ask(&server, &asks(&good, CALLBACK, "read", RESOURCE)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        begun.elapsed()
    };
    let (slow, others) = tokio::join!(waits, others);
    assert!(others < slow && slow < Duration::from_secs(30), "{others:?} {slow:?}");
    assert_eq!(known(&server).await, 1);
}

/// Somebody's agent asks for everything, every minute: a person decides each time, nothing is given and nothing piles up.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_asks_for_all_scopes_every_minute() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let id = web.publishes("/a.json", json!({ "client_name": "A", "redirect_uris": [CALLBACK] }));
    let browser = Browser::default();
    browser.authorize(&server, &asks(&id, CALLBACK, "read", RESOURCE)).await.code();
    let all = "openid profile email offline_access read write";
    let given = server.store.consent("test", "u1", &id).await.unwrap();
    let mut pages = 0;
    for _ in 0..60 {
        // Those that it cannot have are said before anybody is asked.
        let back = browser.ask(&server, &asks(&id, CALLBACK, all, RESOURCE)).await.redirect_params();
        assert_eq!(back["error"], "invalid_scope");
        // Those that it can have: a page, which is as if it had never been where nobody answers it; after so many in an hour, none.
        let asked = browser.ask(&server, &asks(&id, CALLBACK, "openid offline_access read write", RESOURCE)).await;
        if asked.status == 200 {
            asked.asks_for_consent();
            pages += 1;
        } else {
            assert!(!asked.redirect_params()["error"].is_empty() && !asked.header("location").contains("code="));
        }
        let silent = with(asks(&id, CALLBACK, "read write", RESOURCE), "prompt", "none");
        assert_eq!(browser.ask(&server, &silent).await.redirect_params()["error"], "consent_required");
        server.pass(59);
    }
    assert!((1..=20).contains(&pages), "a person is not asked without end: {pages}");
    assert_eq!(server.store.consent("test", "u1", &id).await.unwrap(), given, "what was allowed is what it was");
}
