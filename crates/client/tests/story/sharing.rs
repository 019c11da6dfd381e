//! Tokens outlive the process, and several processes share them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use claviger_client::{Error, FileStorage, Grant, Locked, Storage, StorageError};
use serde_json::json;

use crate::server::{Folder, Server, TestClock, refusal, token};

/// A server that rotates: each refresh token works once, and using a spent one ends the family.
async fn rotating() -> Server {
    let newest = Arc::new(Mutex::new(Some(1)));
    Server::start(move |seen, _| {
        let newest = Arc::clone(&newest);
        async move {
            let mut newest = newest.lock().unwrap();
            let Some(current) = *newest else {
                return refusal(400, "invalid_grant", "the family was revoked");
            };
            if seen.parameter("refresh_token") != format!("r{current}") {
                *newest = None;
                return refusal(400, "invalid_grant", "it was used before");
            }
            *newest = Some(current + 1);
            token(current, &json!({"refresh_token": format!("r{}", current + 1)}))
        }
    })
    .await
}

#[tokio::test]
async fn a_restart_goes_on_with_the_newest_refresh_token() {
    let (server, clock, folder) = (rotating().await, TestClock::new(), Folder::new("restart"));
    let start = || {
        server
            .client(&clock)
            .grant(Grant::RefreshToken("r1".into()))
            .storage(FileStorage::new(folder.file()))
            .build()
            .unwrap()
    };
    assert_eq!(start().bearer().await.unwrap().expose(), "access-1");
    // Still alive: the second one reads it and asks nobody.
    assert_eq!(start().bearer().await.unwrap().expose(), "access-1");
    assert_eq!(server.count(), 1);
    clock.pass(3600);
    assert_eq!(start().bearer().await.unwrap().expose(), "access-2");
    clock.pass(3600);
    assert_eq!(start().bearer().await.unwrap().expose(), "access-3");
}

#[tokio::test]
async fn several_managers_on_one_file_refresh_once() {
    let (server, clock, folder) = (rotating().await, TestClock::new(), Folder::new("several"));
    let managers: Vec<_> = (0..6)
        .map(|_| {
            server
                .client(&clock)
                .grant(Grant::RefreshToken("r1".into()))
                .storage(FileStorage::new(folder.file()))
                .build()
                .unwrap()
        })
        .collect();
    for round in 1..=3 {
        let asked: Vec<_> =
            managers.iter().cloned().map(|tokens| tokio::spawn(async move { tokens.bearer().await })).collect();
        for task in asked {
            assert_eq!(task.await.unwrap().unwrap().expose(), format!("access-{round}"));
        }
        assert_eq!(server.count(), round);
        clock.pass(3600);
    }
}

#[tokio::test]
async fn a_401_in_one_manager_takes_what_another_has_already_fetched() {
    let (server, clock, folder) = (rotating().await, TestClock::new(), Folder::new("refused"));
    let manager = || {
        server
            .client(&clock)
            .grant(Grant::RefreshToken("r1".into()))
            .storage(FileStorage::new(folder.file()))
            .build()
            .unwrap()
    };
    let (one, two) = (manager(), manager());
    let old = one.bearer().await.unwrap();
    assert_eq!(two.bearer().await.unwrap(), old);
    assert_eq!(one.replace(&old).await.unwrap().expose(), "access-2");
    assert_eq!(two.replace(&old).await.unwrap().expose(), "access-2");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn processes_share_one_refresh() {
    let (server, folder) = (rotating().await, Folder::new("processes"));
    let program = example("bearer");
    let children: Vec<_> = (0..5)
        .map(|_| {
            tokio::task::spawn_blocking({
                let (program, endpoint, file) = (program.clone(), server.endpoint(), folder.file());
                move || {
                    std::process::Command::new(program)
                        .arg(endpoint)
                        .arg("app")
                        .arg(file)
                        .arg("r1")
                        .env("CLIENT_SECRET", "s3cret")
                        .stdin(Stdio::null())
                        .output()
                        .unwrap()
                }
            })
        })
        .collect();
    for child in children {
        let output = child.await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "access-1\n");
    }
    assert_eq!(server.count(), 1);
}

/// An example that cargo has built beside this test.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.is_file(), "cargo build -p claviger-client --examples makes {}", program.display());
    program
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (server, folder) = (Server::generous().await, Folder::new("mode"));
    let storage = FileStorage::new(folder.file());
    // Left behind by a crash, open to all.
    std::fs::write(folder.0.join("tokens.json.new"), "half").unwrap();
    let tokens = server.client(&TestClock::new()).storage(storage).build().unwrap();
    tokens.bearer().await.unwrap();
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
    }
    assert!(!Path::new(&folder.0.join("tokens.json.new")).exists());
}

#[tokio::test]
async fn another_scope_client_or_consent_does_not_use_what_is_stored() {
    let (server, clock, folder) = (Server::generous().await, TestClock::new(), Folder::new("other"));
    let base = || server.client(&clock).storage(FileStorage::new(folder.file()));
    base().scope("view").build().unwrap().bearer().await.unwrap();
    base().scope("view").build().unwrap().bearer().await.unwrap();
    assert_eq!(server.count(), 1);
    base().scope("all").build().unwrap().bearer().await.unwrap();
    assert_eq!(server.count(), 2);
    base().client("other", "x").build().unwrap().bearer().await.unwrap();
    assert_eq!(server.count(), 3);
    let consent = |token: &str| base().grant(Grant::RefreshToken(token.into())).build().unwrap();
    consent("first").bearer().await.unwrap();
    consent("second").bearer().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[3].parameter("refresh_token"), "first");
    assert_eq!(seen[4].parameter("refresh_token"), "second");
}

#[tokio::test]
async fn what_is_not_a_record_is_an_error_and_is_left_alone() {
    let (server, folder) = (Server::generous().await, Folder::new("foreign"));
    std::fs::write(folder.file(), "my shopping list").unwrap();
    let storage = FileStorage::new(folder.file());
    let tokens = server.client(&TestClock::new()).storage(storage).build().unwrap();
    let error = tokens.bearer().await.unwrap_err();
    assert!(matches!(&error, Error::Storage(cause) if matches!(**cause, StorageError::Unreadable)), "{error:?}");
    assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), "my shopping list");
    assert_eq!(server.count(), 0);
}

/// Reads nothing, writes nothing.
struct Full;

impl Storage for Full {
    fn lock(&self) -> Result<Box<dyn Locked>, StorageError> {
        Ok(Box::new(Self))
    }
}

impl Locked for Full {
    fn load(&mut self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(None)
    }

    fn store(&mut self, _: &[u8]) -> Result<(), StorageError> {
        Err(StorageError::Other("the disk is full".into()))
    }
}

#[tokio::test]
async fn a_full_disk_is_reported_and_the_tokens_go_on_from_memory() {
    let (server, clock) = (rotating().await, TestClock::new());
    let tokens = server.client(&clock).grant(Grant::RefreshToken("r1".into())).storage(Full).build().unwrap();
    assert!(matches!(tokens.bearer().await.unwrap_err(), Error::Storage(_)));
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    clock.pass(3600);
    assert!(matches!(tokens.bearer().await.unwrap_err(), Error::Storage(_)));
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-2");
    assert_eq!(server.count(), 2);
}
