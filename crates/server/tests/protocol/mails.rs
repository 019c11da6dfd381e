//! What a mail server is told: the whole conversation, as a server of this test hears it.

use crate::common::{Server, client};
use base64::Engine;
use claviger_core::Client;
use claviger_core::brand::Logo;
use claviger_core::client::ClientStatus;
use claviger_core::jose::base64url;
use claviger_server::admin::{Admin, apps};
use claviger_server::mail::{Mailer, Outlet, Smtp, TlsMode, deliver_due};
use claviger_server::pages::Pages;
use claviger_server::secrets::Secrets;
use claviger_store::{Actor, Way};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// A mail server that takes one mail, and tells what it was sent.
pub(super) async fn mail_server() -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let (mut lines, mut all, mut in_data) = (BufReader::new(read).lines(), String::new(), false);
        write.write_all(b"220 mail.example\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            all.push_str(&line);
            all.push('\n');
            let answer = match (in_data, line.split(' ').next().unwrap_or_default()) {
                (true, ".") => "250 taken",
                (true, _) => continue,
                (false, "EHLO") => "250 mail.example",
                (false, "DATA") => "354 go on",
                (false, "QUIT") => "221 bye",
                _ => "250 ok",
            };
            in_data = answer.starts_with("354");
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            if answer.starts_with("250 taken") {
                break;
            }
        }
        all
    });
    (port, heard)
}

/// The mail of an approval in a realm with this logo, as it arrives.
async fn mail(logo: Option<Logo>) -> String {
    let server = Server::with(|realm| realm.brand.logo = logo).await;
    let owner = Some("dev@app.example".to_owned());
    server.add_client(&Client { owner_email: owner, status: ClientStatus::Pending, ..client("app") }).await;
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    let actor = Actor { name: "tester".to_owned(), way: Way::Console, reference: "ref".to_owned() };
    let admin = Admin { store: &server.store, actor: &actor, now: server.now() };
    apps::approve(&admin, &secrets, &Pages::new(None).unwrap(), &server.realm, "app").await.unwrap();
    let (port, heard) = mail_server().await;
    let smtp =
        Smtp { host: "127.0.0.1".to_owned(), port, tls: TlsMode::None, credentials: None, ca_file: None, ehlo: None };
    let mailer = Mailer::new("Claviger <login@claviger.example>", &Outlet::Smtp(smtp)).unwrap();
    let sent = deliver_due(&server.store, &secrets, &mailer, server.now()).await.unwrap();
    assert!(sent.len() == 1 && sent[0].outcome.is_ok(), "{sent:?}");
    heard.await.unwrap()
}

fn picture(media_type: &str, bytes: &[u8]) -> Logo {
    Logo { media_type: media_type.to_owned(), data: base64url(bytes) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_brings_the_realms_logo_along() {
    let bytes: Vec<u8> = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 120]].concat();
    let heard = mail(Some(picture("image/png", &bytes))).await;
    assert!(heard.starts_with("EHLO claviger.example\nMAIL FROM:<login@claviger.example>"), "{heard}");
    assert!(heard.contains("\nRCPT TO:<dev@app.example>"), "{heard}");
    let (alternative, related) = (heard.find("multipart/alternative"), heard.find("multipart/related"));
    let (text, html) = (heard.find("text/plain"), heard.find("text/html"));
    assert!(alternative < text && text < related && related < html && alternative.is_some(), "{heard}");
    let picture = heard.split("Content-ID: <logo@claviger>").nth(1).unwrap();
    assert!(picture.contains("Content-Type: image/png") && picture.contains("Content-Disposition: inline"), "{heard}");
    let body = picture.split("\n\n").nth(1).unwrap().split("\n--").next().unwrap().replace('\n', "");
    assert_eq!(base64::engine::general_purpose::STANDARD.decode(body).unwrap(), bytes);
    // The HTML part names it, wherever its lines were broken.
    assert!(heard.replace("=\n", "").contains("cid:logo@claviger"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mail_programs_do_not_show_is_not_sent() {
    for logo in [None, Some(picture("image/svg+xml", b"<svg/>")), Some(picture("image/webp", b"RIFF"))] {
        let heard = mail(logo.clone()).await;
        for absent in ["multipart/related", "Content-ID", "cid:", "svg", "webp"] {
            assert!(!heard.replace("=\n", "").contains(absent), "{absent} {logo:?}: {heard}");
        }
        assert!(heard.contains("multipart/alternative") && heard.contains("text/plain"), "{heard}");
    }
}
