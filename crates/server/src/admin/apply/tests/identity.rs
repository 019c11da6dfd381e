//! What a file says of claims, and of how users are named.

use super::{HEAD, USER, World};
use crate::admin::apply::ApplyError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers each request with what is given, head and all; its address.
async fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/sector.json")
}

/// A realm on this machine with a client whose redirect URIs are of two hosts.
fn file(sector: &str) -> String {
    let head = HEAD.replace("https://r.example", "http://127.0.0.1:9").replace("\"r.example\"", "\"127.0.0.1:9\"");
    format!(
        "{head}[requests]\nloopback = true\n[[client]]\nid = \"c\"\nname = \"C\"\ngrants = [\"authorization_code\"]\n\
         redirect-uris = [\"https://a.example/cb\", \"https://b.example/cb\"]\naudiences = [\"api\"]\n\
         subject-type = \"pairwise\"\nsector-identifier-uri = \"{sector}\"\n"
    )
}

macro_rules! answer {
    ($type:literal, $body:literal) => {
        concat!("HTTP/1.1 200 OK\r\ncontent-type: ", $type, "\r\nconnection: close\r\n\r\n", $body)
    };
}

#[tokio::test]
async fn the_sector_names_all_redirect_uris_or_nothing_is_written() {
    for (answer, why) in [
        (
            answer!("application/json", "[\"https://a.example/cb\"]"),
            "does not name the redirect URI `https://b.example/cb`",
        ),
        (answer!("application/json", "{\"a\": 1}"), "JSON array"),
        (answer!("application/json", "[1]"), "JSON array"),
        (answer!("application/json", "not json"), "JSON array"),
        (answer!("text/html", "[\"https://a.example/cb\", \"https://b.example/cb\"]"), "media type"),
        ("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "404"),
        ("HTTP/1.1 302 Found\r\nlocation: https://x.example/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "302"),
    ] {
        let world = World::new();
        let error = world.try_apply(&[&file(&answering(answer).await)], 1).await.unwrap_err();
        assert!(matches!(error, ApplyError::Conflict { .. }), "{error}");
        assert!(error.to_string().contains(why) && error.to_string().contains("sector-identifier-uri"), "{error}");
        assert!(world.store.realm("r").await.unwrap().is_none());
    }
    let good = answering(answer!("application/json", "[\"https://b.example/cb\", \"https://a.example/cb\"]")).await;
    let world = World::new();
    world.apply(&file(&good), 1).await;
    let (client, _) = world.store.client_with_secrets("r", "c").await.unwrap().unwrap();
    assert_eq!(client.sector().as_deref(), Some("127.0.0.1"));
    // What is stored as it is here is not asked for again.
    assert_eq!(world.apply(&file(&good), 2).await.changed.len(), 0);
}

#[tokio::test]
async fn updated_at_is_when_something_changed() {
    let world = World::new();
    let user = || async { world.store.user_by_username("r", "alice").await.unwrap().unwrap().user };
    let text = format!("{HEAD}{USER}groups = [\"dev\"]\n");
    world.apply(&text, 5_000).await;
    assert_eq!((user().await.details.updated_at, user().await.details.groups), (Some(5), vec!["dev".to_owned()]));
    let report = world.apply(&text, 9_000).await;
    assert_eq!((report.changed.len(), user().await.details.updated_at), (0, Some(5)));
    let report = world.apply(&text.replace("dev", "ops"), 11_000).await;
    assert_eq!((report.changed.len(), user().await.details.updated_at), (1, Some(11)));
}
