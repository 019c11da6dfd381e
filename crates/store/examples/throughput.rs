//! How many durable writes and reads a second the store does, here and now:
//! `cargo run --release -p claviger-store --example throughput [callers] [seconds] [folder | postgres://..]`. A PostgreSQL's
//! database is to be an empty one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measuring tool may stop at the first surprise")]

use claviger_core::Client;
use claviger_store::{
    Id, Issue, Issued, Masked, NewAccessToken, NewCode, NewGrant, Options, Precondition, Redeem, Replay, Rotate, Store,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;
const DOC: &str = r#"{"scope":"orders.read orders.write","aud":["https://api.example.com"],"org":["company-17"]}"#;

fn id() -> Id {
    *uuid::Uuid::now_v7().as_bytes()
}

fn access(id: Id) -> NewAccessToken {
    NewAccessToken {
        id,
        hash: Masked([7; 32]),
        realm: "bench".into(),
        client: "client-1".into(),
        user: None,
        grant: None,
        doc: DOC.into(),
        issued_at: NOW,
        expires_at: NOW + HOUR,
    }
}

fn grant(id: Id) -> NewGrant {
    NewGrant {
        id,
        realm: "bench".into(),
        client: "client-1".into(),
        user: None,
        flow: "authorization_code".into(),
        doc: DOC.into(),
        nonce: Masked(*uuid::Uuid::now_v7().as_bytes()),
        generation: 0,
        turnover: "rotate".into(),
        created_at: NOW,
        idle_expires_at: NOW + HOUR,
        expires_at: NOW + 24 * HOUR,
    }
}

/// Runs `work` in `callers` tasks for some time and prints how often it was done and how long each took. It is told
/// which caller it is and how often that one was here before.
async fn measure<F>(name: &str, callers: usize, seconds: u64, work: impl Fn(usize, u32) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    let work = Arc::new(work);
    let end = Instant::now() + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let work = Arc::clone(&work);
            tokio::spawn(async move {
                let mut took = Vec::new();
                let mut turn = 0;
                while Instant::now() < end {
                    let start = Instant::now();
                    work(caller, turn).await;
                    took.push(start.elapsed());
                    turn += 1;
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    let each_second = took.len() as u64 / seconds;
    println!("{name:34} {callers:3} callers {each_second:>9}/s   p50 {:>9.1?}   p99 {:>9.1?}", at(50), at(99));
}

fn main() {
    let mut words = std::env::args().skip(1);
    let callers: Vec<usize> = match words.next().and_then(|word| word.parse().ok()) {
        Some(one) => vec![one],
        None => vec![1, 8, 64],
    };
    let seconds = words.next().and_then(|word| word.parse().ok()).unwrap_or(3);
    let folder = words.next().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("claviger-bench-{}", uuid::Uuid::now_v7().simple())).display().to_string()
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(&folder, &callers, seconds));
    drop(runtime);
    if !folder.starts_with("postgres") {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

async fn run(folder: &str, callers: &[usize], seconds: u64) {
    let url = if folder.starts_with("postgres") { folder.to_owned() } else { format!("sqlite://{folder}/claviger.db") };
    let store = Store::connect(&url, &Options::default()).await.unwrap();
    let client: Client = serde_json::from_str(
        r#"{"id":"client-1","name":"Bench","kind":"confidential","grants":["refresh_token","authorization_code"]}"#,
    )
    .unwrap();
    store.put_client("bench", &client, NOW).await.unwrap();
    for &callers in callers {
        let at = store.clone();
        measure("opaque access token", callers, seconds, move |_, _| {
            let store = at.clone();
            async move {
                let issue = Issue { now: NOW, access: Some(access(id())), ..Issue::default() };
                assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
            }
        })
        .await;

        let grants: Vec<Id> = (0..callers).map(|_| id()).collect();
        for &grant_id in &grants {
            let issue = Issue { now: NOW, new_grant: Some(grant(grant_id)), ..Issue::default() };
            assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
        }
        let at = store.clone();
        measure("refresh rotation (1 KiB replay)", callers, seconds, move |caller, generation| {
            let (store, grant) = (at.clone(), grants[caller]);
            async move {
                let row = store.grant(&grant).await.unwrap().unwrap();
                assert_eq!(row.grant.generation, generation);
                let rotate = Rotate {
                    grant,
                    from: Some(generation),
                    to: generation + 1,
                    idle_expires_at: NOW + HOUR,
                    precondition: Precondition::default(),
                    replay: Some(Replay { sealed: Masked(vec![9; 1024]), until: NOW + 30_000, generation }),
                };
                let issue = Issue { now: NOW, rotate: Some(rotate), ..Issue::default() };
                assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
            }
        })
        .await;

        let at = store.clone();
        measure("code put and exchanged for a grant", callers, seconds, move |_, _| {
            let store = at.clone();
            async move {
                let code = NewCode {
                    id: id(),
                    hash: Masked([5; 32]),
                    realm: "bench".into(),
                    client: "client-1".into(),
                    user: None,
                    doc: DOC.into(),
                    expires_at: NOW + 60_000,
                };
                let code_id = code.id;
                store.put_code(code).await.unwrap();
                let row = store.code(&code_id).await.unwrap().unwrap();
                assert!(row.redeemed_at.is_none());
                let issue = Issue {
                    now: NOW,
                    redeem: Some(Redeem { code: code_id, hash: [5; 32], precondition: Precondition::default() }),
                    new_grant: Some(grant(code_id)),
                    ..Issue::default()
                };
                assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
            }
        })
        .await;

        let token = id();
        store.issue(Issue { now: NOW, access: Some(access(token)), ..Issue::default() }).await.unwrap();
        let at = store.clone();
        measure("read of an access token", callers, seconds, move |_, _| {
            let store = at.clone();
            async move { assert!(!store.access_token(&token).await.unwrap().unwrap().revoked) }
        })
        .await;

        let at = store.clone();
        measure("read of a client with its secrets", callers, seconds, move |_, _| {
            let store = at.clone();
            async move { assert!(store.client_with_secrets("bench", "client-1").await.unwrap().is_some()) }
        })
        .await;
    }
}
