//! Starting, stopping, failing.

use crate::support::{Demo, Folder, command, free_base, http};
use rustix::process::Signal;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// The demo ends at once; its exit code and what it says.
fn fails(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let done = command(&folder.0, arguments).output().unwrap();
    assert!(done.stdout.is_empty(), "{}", String::from_utf8_lossy(&done.stdout));
    (done.status.code(), String::from_utf8(done.stderr).unwrap())
}

#[tokio::test]
async fn ctrl_c_and_sigterm_end_it_cleanly_and_leave_nothing() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut demo = Demo::start();
        let (status, took) = demo.end(signal);
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(took < Duration::from_secs(5), "{signal:?}: {took:?}");
        let left: Vec<_> = std::fs::read_dir(&demo.folder.0).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| ["out", "log", "manifest.json"].iter().any(|known| name == known)), "{left:?}");
        let log = std::fs::read_to_string(demo.folder.0.join("log")).unwrap();
        assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
    }
}

#[test]
fn a_port_in_use_is_told_with_exit_code_1() {
    let folder = Folder::new();
    let base = free_base();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, base + 4)).unwrap();
    let (code, message) = fails(&folder, &["--port-base", &base.to_string()]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains(&format!("127.0.0.1:{}", base + 4)) && message.contains("aurora dev"), "{message}");
    drop(taken);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_folder_or_manifest_that_cannot_be_written_is_told_with_exit_code_1() {
    let folder = Folder::new();
    let base = free_base().to_string();
    let (code, message) = fails(&folder, &["--port-base", &base, "--data", "/dev/null/data"]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains("/dev/null/data"), "{message}");
    // Nobody, not even root, makes files in /proc.
    let (code, message) = fails(&folder, &["--port-base", &base, "--data", "/proc"]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains("cannot write the folder /proc"), "{message}");
    let (code, message) = fails(&folder, &["--port-base", &base, "--manifest", "/dev/null/manifest.json"]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains("cannot write the manifest /dev/null/manifest.json"), "{message}");
}

#[tokio::test]
async fn a_second_one_on_the_same_data_is_refused_and_data_is_kept() {
    let data = Folder::new();
    let path = data.0.to_str().unwrap().to_owned();
    let mut demo = Demo::start_with(Folder::new(), &["--data", &path]);
    let folder = Folder::new();
    let (code, message) = fails(&folder, &["--port-base", &free_base().to_string(), "--data", &path]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains(&path), "{message}");

    let jwks = || async {
        let url = demo.endpoint("standard", "jwks");
        http().get(url).send().await.unwrap().json::<serde_json::Value>().await.unwrap()["keys"][0]["kid"].clone()
    };
    let key = jwks().await;
    assert_eq!(demo.end(Signal::TERM).0.code(), Some(0));
    let again = Demo::start_at(demo.base, Folder::new(), &["--data", &path]);
    let url = again.endpoint("standard", "jwks");
    let keys: serde_json::Value = http().get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(keys["keys"][0]["kid"], key, "the same database, the same keys");
    let log = std::fs::read_to_string(again.folder.0.join("log")).unwrap();
    assert!(log.contains("the realm files are as they were"), "{log}");
}
