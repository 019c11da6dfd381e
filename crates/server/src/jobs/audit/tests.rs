use super::{AuditKeeping, AuditStream, DAY, turn};
use crate::clock::Clock;
use crate::master_key::MasterKey;
use crate::pages::Pages;
use crate::state::State;
use claviger_core::span::Span;
use claviger_store::{Act, Actor, Options, Store, Subject, SubjectKind, Way};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const NOW: i64 = 1_795_234_607_000;

async fn state() -> (Arc<State>, Arc<std::sync::atomic::AtomicI64>) {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let (clock, hand) = Clock::set_to(NOW);
    let master = MasterKey::generate();
    let opened = crate::server::open(store, &master, clock, Pages::new(None).unwrap());
    (Box::pin(opened).await.unwrap(), hand)
}

async fn act(state: &State, name: &str, at: i64) {
    let actor = Actor { name: name.to_owned(), way: Way::Cli, reference: "r".to_owned() };
    let (subject, after) = (Subject::new(SubjectKind::Database, "d"), json!({ "line": "a\nb" }));
    state.store.audited(&actor, Act::DbBackup).write_down(subject, None, Some(after), at).await.unwrap();
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("claviger-audit-{name}-{}.jsonl", std::process::id()))
}

fn lines(file: &PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_are_passed_on_in_order_and_go_when_they_were_kept_for_long_enough() {
    let ((state, hand), file) = (state().await, file("kept"));
    let keeping =
        AuditKeeping { stream: Some(AuditStream::File(file.clone())), retention: Some(Span::seconds(30 * 86_400)) };
    for name in ["ada", "bob", "cy"] {
        act(&state, name, NOW).await;
    }
    turn(&state, &keeping).await.unwrap();
    turn(&state, &keeping).await.unwrap();
    let told = lines(&file);
    assert_eq!(told.iter().map(|line| &line["actor"]).collect::<Vec<_>>(), ["ada", "bob", "cy"], "each once");
    assert_eq!(
        (&told[0]["number"], &told[0]["act"], &told[0]["after"]["line"]),
        (&json!(1), &json!("db.backup"), &json!("a\nb"))
    );
    assert!(told[0]["digest"].as_str().is_some_and(|digest| digest.len() == 64));

    // It was moved away meanwhile.
    std::fs::remove_file(&file).unwrap();
    act(&state, "dan", NOW).await;
    turn(&state, &keeping).await.unwrap();
    assert_eq!(lines(&file).len(), 1);
    std::fs::remove_file(&file).unwrap();

    hand.store(NOW + 30 * DAY + 1, Ordering::SeqCst);
    turn(&state, &keeping).await.unwrap();
    assert_eq!(state.store.verify_audit().await.unwrap().cut, 0, "once a day at most");
    hand.store(NOW + 31 * DAY + 1, Ordering::SeqCst);
    turn(&state, &keeping).await.unwrap();
    let found = state.store.verify_audit().await.unwrap();
    assert_eq!((found.cut, found.lines, found.broken), (4, 5, None));
    turn(&state, &keeping).await.unwrap();
    let _ = std::fs::remove_file(&file);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_passed_on_stays() {
    let (state, hand) = state().await;
    let keeping = AuditKeeping {
        stream: Some(AuditStream::File("/nonexistent/claviger/audit.jsonl".into())),
        retention: Some(Span::seconds(86_400)),
    };
    act(&state, "ada", NOW).await;
    hand.store(NOW + 10 * DAY, Ordering::SeqCst);
    let error = turn(&state, &keeping).await.unwrap_err().to_string();
    assert!(error.starts_with("[audit] stream: "), "{error}");
    assert_eq!(state.store.audit_streamed().await.unwrap(), 0);
    assert_eq!(state.store.verify_audit().await.unwrap().cut, 0, "what was not passed on is not let go");
}
