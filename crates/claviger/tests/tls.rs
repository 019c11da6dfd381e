//! TLS of our own, as an operator has it: configuration, doctor, SIGHUP, metrics.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "common/program.rs"]
mod program;

use claviger_testing::certificates::{Maker, Pair};
use program::{Home, Serving, free_port};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// The certificate that is shown at a port, in PEM.
fn shown(port: u16) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]).stdin(Stdio::null());
    let said = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    let (_, rest) = said.split_once("-----BEGIN CERTIFICATE-----").unwrap_or_else(|| panic!("{said}"));
    rest.split_once("-----END CERTIFICATE-----").unwrap().0.split_whitespace().collect()
}

fn copy(home: &Home, pair: &Pair) {
    home.write("own.pem", &pair.pem());
    home.write("own.key", &std::fs::read_to_string(&pair.key).unwrap());
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(home.0.join("own.key"), mode).unwrap();
}

#[test]
fn certificates_are_looked_at_and_replaced_by_sighup() {
    let maker = Maker::default();
    let first = maker.self_signed("first", "/CN=login.example", "DNS:login.example");
    let second = maker.self_signed("second", "/CN=login.example", "DNS:login.example");
    let soon = maker.self_signed_for_days("soon", "/CN=login.example", "DNS:login.example", 3);
    let home = Home::applied();
    let port = free_port();
    let tls = format!("[tls]\nlisten = [\"127.0.0.1:{port}\"]\ncertificate = \"own.pem\"\nkey = \"own.key\"\n");
    let config = home.read("claviger.toml").replace("[tls]\n", &tls);
    home.write("claviger.toml", &config);

    home.fails(3, &["config", "check"], "own.pem cannot be read");
    copy(&home, &first);
    home.ok(&["config", "check"]);
    home.write("own.key", &std::fs::read_to_string(&second.key).unwrap());
    home.fails(3, &["config", "check"], "does not fit the certificate");
    copy(&home, &first);
    let doctor = |text: &str| {
        let said = home.run(&["doctor", "--offline"]).out();
        assert!(said.lines().any(|line| text.split('|').all(|part| line.contains(part))), "{text}: {said}");
    };
    doctor("certificates|ok|own.pem is good until");
    std::fs::set_permissions(home.0.join("own.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    doctor("file modes|problem|own.key");
    copy(&home, &soon);
    doctor("certificates|warning|own.pem ends on");
    copy(&home, &first);

    let serving = Serving::start(&home);
    assert_eq!(shown(port), first.base64());
    let metrics = Serving::ask(serving.management, "localhost", "GET /metrics");
    let ends = metrics.lines().find_map(|line| line.strip_prefix("claviger_tls_certificate_ends ")).unwrap();
    assert!(ends.parse::<i64>().unwrap() > 2_000_000_000, "{ends}");

    // A wrong new pair keeps the old one.
    home.write("own.key", "rubbish");
    serving.hang_up();
    let line = serving.line(&["the old one stays in effect", "own.key"]);
    assert_eq!(line["level"], "ERROR");
    assert_eq!(shown(port), first.base64());
    copy(&home, &second);
    serving.hang_up();
    let line = serving.line(&["the configuration was read again"]);
    assert!(line["changed"].as_str().unwrap().contains("certificates"), "{line}");
    assert_eq!(shown(port), second.base64());
    copy(&home, &soon);
    serving.hang_up();
    serving.line(&["the certificate ends soon", "own.pem"]);
    assert_eq!(serving.stop(), 0);
}
