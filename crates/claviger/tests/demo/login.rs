//! `claviger login`: an operator types the code into a browser, and commands work at the server.

use crate::support::{Browser, Demo, Page};
use claviger_core::totp::TotpSecret;
use claviger_testing::Scratch;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(args).current_dir(folder).env("XDG_CONFIG_HOME", folder.join("config")).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLAVIGER_")) {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

pub async fn submit(browser: &mut Browser, page: &Page, name: &str, more: &[(&str, &str)]) -> Page {
    let form = page.form(name).unwrap_or_else(|| panic!("no form with {name}: {}", page.text()));
    browser.submit(page, &form, more).await
}

/// What an authenticator app says of the key on the page: groups of four characters of base32 (RFC 4648 6).
pub fn code_of(page: &Page) -> String {
    let is_group = |group: &str| group.len() == 4 && group.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'2'..=b'7'));
    let text = page.text();
    let key = text.lines().map(str::trim).find(|line| line.contains(' ') && line.split(' ').all(is_group));
    let key = key.unwrap_or_else(|| panic!("no key: {text}"));
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in key.bytes().filter(|c| *c != b' ') {
        let value = if c.is_ascii_digit() { c - b'2' + 26 } else { c - b'A' };
        (bits, count) = ((bits << 5) | u32::from(value), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    TotpSecret::new(&bytes).code(TotpSecret::step_at(i64::try_from(now).unwrap()))
}

#[tokio::test]
async fn an_operator_logs_in_by_the_device_grant_and_out_again() {
    let demo = Demo::start();
    let folder = demo.folder.0.join("operator");
    std::fs::create_dir(&folder).unwrap();
    let issuer = demo.realm("admin")["issuer"].as_str().unwrap().to_owned();
    let mut login = command(&folder, &["login", "--server", &issuer, "-o", "json"]);
    let mut login = login.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(login.stderr.take().unwrap()).lines();
    let address = said.by_ref().map_while(Result::ok).find_map(|line| Some(line.strip_prefix("or open ")?.to_owned()));

    let mut browser = Browser::new();
    let page = browser.get(&address.expect("an address")).await;
    let page = submit(&mut browser, &page, "user_code", &[]).await;
    let page = submit(&mut browser, &page, "decision", &[("decision", "continue")]).await;
    let password = demo.password("admin", "olga");
    let page = submit(&mut browser, &page, "username", &[("username", "olga"), ("password", &password)]).await;
    // Who administers has a second step: an app on their phone.
    let code = code_of(&page);
    let page = submit(&mut browser, &page, "code", &[("act", "set-up"), ("code", &code)]).await;
    let page = submit(&mut browser, &page, "act", &[("act", "go-on")]).await;
    let page = submit(&mut browser, &page, "decision", &[("decision", "allow")]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let ended = tokio::task::spawn_blocking(move || {
        let mut out = String::new();
        login.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        (login.wait().unwrap(), out, said.map_while(Result::ok).collect::<Vec<_>>().join("\n"))
    });
    let (status, out, err) = ended.await.unwrap();
    assert!(status.success() && !out.contains("cvr_"), "{out}{err}");
    let file = folder.join("config/claviger/login.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // Nothing names a configuration: what was logged in to is meant. The role and the log know the person.
    let listed = run(&folder, &["app", "list", "--realm", "standard", "-o", "id"]);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let made = run(&folder, &["app", "create", "--id", "by-olga", "--name", "By Olga", "--realm", "standard"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = run(&folder, &["audit", "list", "--subject", "app/by-olga", "--realm", "standard", "-o", "json"]);
    let lines: serde_json::Value = serde_json::from_slice(&lines.stdout).unwrap();
    assert_eq!((&lines[0]["actor"], &lines[0]["way"]), (&"olga".into(), &"api".into()), "{lines}");

    // A token that is over is renewed without a word.
    let mut kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let before = kept["servers"][&issuer]["refresh_token"].clone();
    kept["servers"][&issuer]["expires_at"] = 0.into();
    std::fs::write(&file, kept.to_string()).unwrap();
    assert!(run(&folder, &["realm", "list"]).status.success());
    let renewed: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_ne!(renewed["servers"][&issuer]["refresh_token"], before);

    assert!(run(&folder, &["logout"]).status.success());
    assert!(!std::fs::read_to_string(&file).unwrap().contains("cvr_"));
    let refused = run(&folder, &["app", "list", "--server", &issuer, "--realm", "standard"]);
    assert_eq!(refused.status.code(), Some(4), "{}", String::from_utf8_lossy(&refused.stderr));
    // What was given is no good any more, whoever kept a copy.
    std::fs::write(&file, renewed.to_string().replace("\"expires_at\":", "\"expires_at\":0,\"was\":")).unwrap();
    assert_eq!(run(&folder, &["realm", "list"]).status.code(), Some(4));
}

/// RFC 8414 3.3: what a server says of itself counts only for the issuer that was asked for.
#[test]
fn who_speaks_for_another_issuer_gets_no_code() {
    let folder = Scratch::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let asked = BufReader::new(peer.try_clone().unwrap()).lines().map_while(Result::ok).next().unwrap();
        let said = r#"{"issuer":"https://other.example","token_endpoint":"https://other.example/token"}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        write!(peer, "{head}content-length: {}\r\n\r\n{said}", said.len()).unwrap();
        asked
    });
    let refused = run(&folder.path, &["login", "--server", &url]);
    assert!(other.join().unwrap().starts_with("GET /.well-known/oauth-authorization-server "));
    let err = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{err}");
    assert!(err.contains("calls itself https://other.example"), "{err}");
}
