use crate::fixtures::set_up;
use claviger_store::{Fault, Options, Store};
use claviger_testing::postgres::Cluster;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A key and a certificate for `localhost`, which only its file vouches for.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (key, certificate) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.pem")));
    let mut openssl = Command::new("openssl");
    openssl.args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(' '));
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    run(openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate));
    (key, certificate)
}

/// The server is believed if, and only if, its certificate is; and without TLS it is not spoken to where TLS was asked for.
#[tokio::test]
async fn the_database_proves_who_it_is() {
    let folder = Folder(std::env::temp_dir().join(format!("claviger-tls-{}", uuid::Uuid::now_v7().simple())));
    std::fs::create_dir(&folder.0).unwrap();
    let (key, own) = certificate(&folder.0, "own");
    let (_, strange) = certificate(&folder.0, "strange");
    // The server wants its key to be its own, and it is another user where this one is root.
    if run(Command::new("id").arg("-u")) == "0" {
        run(Command::new("chown").arg("postgres").args([&folder.0, &key, &own]));
    }
    let settings =
        ["ssl=on".to_owned(), format!("ssl_cert_file={}", own.display()), format!("ssl_key_file={}", key.display())];
    let cluster = Cluster::with(false, &settings.each_ref().map(String::as_str)).unwrap();
    let port = cluster.port().unwrap();
    let options = |ca: &Path| Options { ca_file: Some(ca.to_owned()), ..Options::default() };
    let url = |mode: &str| format!("postgres://postgres@localhost:{port}/postgres?sslmode={mode}");

    let store = Store::connect(&url("verify-full"), &options(&own)).await.unwrap();
    set_up(&store).await;
    let encrypted = "SELECT COUNT(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE ssl AND application_name = 'claviger'";
    assert_ne!(cluster.psql(encrypted).unwrap().trim(), "0");

    for wrong in [options(&strange), Options::default()] {
        let fault = Store::connect(&url("require"), &wrong).await.unwrap_err();
        assert!(matches!(&fault, Fault::Unavailable(detail) if detail.contains("certificate")), "{fault}");
    }
    let elsewhere = url("require").replace("localhost", "127.0.0.1");
    let fault = Store::connect(&elsewhere, &options(&own)).await.unwrap_err();
    assert!(fault.to_string().contains("not valid for name"), "{fault}");

    let plain = Cluster::shared().unwrap().url("postgres").replace("sslmode=disable", "sslmode=require");
    assert!(matches!(Store::connect(&plain, &options(&own)).await, Err(Fault::Unavailable(_))));
    let nothing = folder.0.join("nothing.pem");
    std::fs::write(&nothing, "").unwrap();
    assert!(
        Store::connect(&url("require"), &options(&nothing)).await.unwrap_err().to_string().contains("no certificate")
    );
}
