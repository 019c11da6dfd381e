//! What a read and a refresh cost as more is stored:
//! `cargo run --release -p claviger-store --example growth [rows]`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measuring tool may stop at the first surprise")]

use claviger_core::Client;
use claviger_store::{Id, Issue, Issued, Masked, NewAccessToken, NewGrant, Options, Precondition, Rotate, Store};
use std::time::Instant;

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;
const DOC: &str = r#"{"scope":"orders.read orders.write","aud":["https://api.example.com"],"org":["company-17"]}"#;
/// What is looked at in each round.
const SAMPLE: u32 = 20_000;

fn issue(id: Id) -> Issue {
    let (realm, client) = ("bench".to_owned(), "client-1".to_owned());
    let token = NewAccessToken {
        id,
        hash: Masked([7; 32]),
        realm: realm.clone(),
        client: client.clone(),
        user: None,
        grant: Some(id),
        doc: DOC.into(),
        issued_at: NOW,
        expires_at: NOW + HOUR,
    };
    let grant = NewGrant {
        id,
        realm,
        client,
        user: None,
        flow: "authorization_code".into(),
        doc: DOC.into(),
        nonce: Masked(*uuid::Uuid::now_v7().as_bytes()),
        generation: 0,
        turnover: "stable".into(),
        created_at: NOW,
        idle_expires_at: NOW + HOUR,
        expires_at: NOW + 24 * HOUR,
    };
    Issue { now: NOW, new_grant: Some(grant), access: Some(token), ..Issue::default() }
}

fn rotate(grant: Id) -> Issue {
    let rotate = Rotate {
        grant,
        from: None,
        to: 0,
        idle_expires_at: NOW + HOUR,
        precondition: Precondition::default(),
        replay: None,
    };
    Issue { now: NOW, rotate: Some(rotate), ..Issue::default() }
}

/// Does something for each id, 64 at once.
async fn each<F: Future<Output = ()> + Send + 'static>(ids: &[Id], work: impl Fn(Id) -> F + Copy + Send + 'static) {
    let tasks: Vec<_> = (0..64)
        .map(|first| {
            let mine: Vec<Id> = ids.iter().skip(first).step_by(64).copied().collect();
            tokio::spawn(async move {
                for id in mine {
                    work(id).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn main() {
    let rows = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("claviger-growth-{}", uuid::Uuid::now_v7().simple()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(&folder.display().to_string(), rows));
    drop(runtime);
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn run(folder: &str, rows: usize) {
    let options = Options { batch: 1024, ..Options::default() };
    let store: &'static Store =
        Box::leak(Box::new(Store::open(&format!("sqlite://{folder}/claviger.db"), &options).unwrap()));
    let client: Client =
        serde_json::from_str(r#"{"id":"client-1","name":"Bench","kind":"confidential","grants":["refresh_token"]}"#)
            .unwrap();
    store.put_client("bench", &client, NOW).await.unwrap();
    let mut ids: Vec<Id> = Vec::new();
    for stored in [1_000, rows / 10, rows] {
        let more: Vec<Id> = (ids.len()..stored).map(|_| *uuid::Uuid::now_v7().as_bytes()).collect();
        each(&more, move |id| async move { assert_eq!(store.issue(issue(id)).await.unwrap(), Issued::Done) }).await;
        ids.extend(more);
        // A walk through a thousand of them, spread over all: what is in use.
        let in_use: Vec<Id> = (0..1_000).map(|n| ids[n * (stored / 1_000)]).collect();
        let sample: Vec<Id> = (0..SAMPLE).map(|n| in_use[(n as usize * 7_919) % in_use.len()]).collect();

        let start = Instant::now();
        for id in &sample {
            assert!(store.access_token(id).await.unwrap().is_some());
        }
        let introspection = start.elapsed() / SAMPLE;
        let start = Instant::now();
        for id in &sample {
            assert!(store.grant(id).await.unwrap().is_some());
        }
        let grant = start.elapsed() / SAMPLE;
        let start = Instant::now();
        each(&sample, move |id| async move { assert_eq!(store.issue(rotate(id)).await.unwrap(), Issued::Done) }).await;
        let refresh = start.elapsed() / SAMPLE;
        let size = std::fs::metadata(format!("{folder}/claviger.db")).unwrap().len() / 1_000_000;
        println!(
            "{stored:>9} stored, {size:>5} MB: token read {introspection:>8.1?}, grant read {grant:>8.1?}, \
             refresh (of 64 callers) {refresh:>8.1?}"
        );
    }
}
