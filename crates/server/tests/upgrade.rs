//! What an earlier release left comes along: each folder of `tests/upgrade` holds a database that a release's program made
//! (`tests/upgrade/make.py`), and what integrators and users held at that moment. All of it goes on working.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use claviger_server::clock::Clock;
use claviger_server::http::Limits;
use claviger_server::master_key::MasterKey;
use claviger_server::{Service, server};
use claviger_store::{Options, Store};
use claviger_testing::folder::Folder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A server on a copy of what a release left, a minute later.
struct Upgraded {
    made: Value,
    base: u16,
    address: std::net::SocketAddr,
    http: reqwest::Client,
    store: Store,
    _folder: Folder,
    _stop: watch::Sender<bool>,
}

fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/upgrade");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.join("made.json").is_file());
    assert!(!found.is_empty(), "no release's data");
    found.sort();
    found
}

/// A copy that only its owner may read: a checkout makes every file readable for all, and such a key is refused.
fn private_copy(key: &Path, folder: &Folder) -> PathBuf {
    let copy = folder.path().join("master.key");
    std::fs::copy(key, &copy).unwrap();
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).unwrap();
    copy
}

impl Upgraded {
    async fn from(release: &Path) -> Self {
        let folder = Folder::new("upgrade");
        let database = folder.path().join("claviger.db");
        std::fs::copy(release.join("claviger.db"), &database).unwrap();
        let made: Value = serde_json::from_slice(&std::fs::read(release.join("made.json")).unwrap()).unwrap();
        let master = MasterKey::read(&private_copy(&release.join("master.key"), &folder)).unwrap();
        let store = Store::open(&format!("sqlite://{}", database.display()), &Options::default()).unwrap();
        let (clock, _) = Clock::set_to(made["made_at"].as_i64().unwrap() + 60_000);
        let state = server::open(store.clone(), &master, clock, claviger_server::pages::Pages::new(None).unwrap())
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server::run(
            Service { state, fallback: None, realms: None },
            vec![listener],
            Limits::default(),
            stopped,
        ));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = http.tls_certs_only([]).build().unwrap();
        let base = u16::try_from(made["port_base"].as_u64().unwrap()).unwrap();
        Self { made, base, address, http, store, _folder: folder, _stop: stop }
    }

    /// A request to the realm at this offset of the port base.
    fn request(&self, method: reqwest::Method, offset: u16, path: &str) -> reqwest::RequestBuilder {
        let host = format!("localhost:{}", self.base + offset);
        self.http.request(method, format!("http://{}{path}", self.address)).header(HOST, host)
    }

    async fn post(&self, offset: u16, path: &str, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, Value) {
        let mut request = self.request(reqwest::Method::POST, offset, path).form(form);
        if let Some((id, secret)) = basic {
            request = request.basic_auth(id, Some(secret));
        }
        read(request).await
    }

    fn grant(&self, realm: &str, key: &str) -> &str {
        self.made["grants"][realm][key].as_str().unwrap_or_else(|| panic!("{realm}: no {key}"))
    }
}

async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn grants_that_were_live_are_live() {
    for release in releases() {
        let server = Upgraded::from(&release).await;
        let refresh = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];

        // Both tokens of a confidential client whose refresh tokens stay, its first and its second.
        let basic = Some((server.grant("audaconnect", "client"), server.grant("audaconnect", "secret")));
        for key in ["refresh_token", "second"] {
            let form = refresh(server.grant("audaconnect", key));
            let (status, answer) = server.post(1, "/AudaAPI.Portal/OAuth20/token", &form, basic).await;
            assert_eq!(status, 200, "{}: {key}: {answer}", release.display());
        }
        // A public client, whose refresh tokens rotate: the successor works, and the spent one within the grace only.
        let mut form = refresh(server.grant("blastiq", "refresh_token")).to_vec();
        form.push(("client_id", server.grant("blastiq", "client")));
        let (status, first) = server.post(3, "/identity/connect/token", &form, None).await;
        assert_eq!(status, 200, "{first}");
        let (status, again) = server.post(3, "/identity/connect/token", &form, None).await;
        assert_eq!((status, &again["refresh_token"]), (200, &first["refresh_token"]));
        // A JSON contract.
        let body = json!({
            "client_id": server.grant("billit-live", "client"), "client_secret": server.grant("billit-live", "secret"),
            "grant_type": "refresh_token", "refresh_token": server.grant("billit-live", "refresh_token"),
        });
        let request =
            server.request(reqwest::Method::POST, 9, "/OAuth2/token").header(CONTENT_TYPE, "application/json");
        let (status, answer) = read(request.body(body.to_string())).await;
        assert_eq!(status, 200, "{answer}");
        // A service user's password grant.
        let mut form = refresh(server.made["service"]["refresh_token"].as_str().unwrap()).to_vec();
        form.push(("client_id", "external.customer"));
        let (status, answer) = server.post(3, "/identity/connect/token", &form, None).await;
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test]
async fn access_tokens_and_browser_sessions_go_on() {
    for release in releases() {
        let server = Upgraded::from(&release).await;
        let token = server.grant("standard", "access_token");
        let userinfo = server.request(reqwest::Method::GET, 10, "/userinfo");
        let (status, answer) = read(userinfo.header(AUTHORIZATION, format!("Bearer {token}"))).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer["sub"].is_string());

        // Who was signed in and had consented gets a code without a page.
        let cookies = server.made["grants"]["audaconnect"]["cookies"].as_object().unwrap();
        let cookies: Vec<String> =
            cookies.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
        let (client, callback) = (server.grant("audaconnect", "client"), server.grant("audaconnect", "callback"));
        let mut path = String::from("/AudaAPI.Portal/OAuth20?");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", client),
            ("scope", "BMS.Basic"),
            ("state", "s"),
            ("redirect_uri", callback),
        ] {
            claviger_core::params::form_encode(&mut path, name, value);
        }
        let request = server.request(reqwest::Method::GET, 1, &path);
        let answer = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        let location = answer.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let location = location.unwrap_or_default();
        assert!(location.starts_with(callback) && location.contains("code="), "{} {location}", answer.status());
    }
}

#[tokio::test]
async fn seats_that_were_held_are_held() {
    for release in releases() {
        let server = Upgraded::from(&release).await;
        let now = server.made["made_at"].as_i64().unwrap() + 60_000;
        let held = server.store.seats("jim2", now).await.unwrap();
        assert_eq!(held.len(), server.made["seats"].as_array().unwrap().len());
        for session in server.made["sessions"].as_array().unwrap() {
            let token = session["refresh_token"].as_str().unwrap();
            let basic = Some((session["client"].as_str().unwrap(), session["secret"].as_str().unwrap()));
            let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
            let (status, answer) = server.post(2, "/Jim_Test/token", &form, basic).await;
            assert_eq!(status, 200, "{answer}");
        }
        let after = server.store.seats("jim2", now).await.unwrap();
        assert_eq!(after.len(), held.len(), "a refresh keeps its seat and takes no other");
    }
}

#[tokio::test]
async fn apps_stand_where_they_stood() {
    for release in releases() {
        let server = Upgraded::from(&release).await;
        let form = [("grant_type", "client_credentials")];
        let secret = |app: &str| server.made["apps"][app].as_str().unwrap();
        let active = ("upgrade-active", secret("upgrade-active"));
        assert_eq!(server.post(10, "/token", &form, Some(active)).await.0, 200);
        let suspended = ("upgrade-suspended", secret("upgrade-suspended"));
        let (status, answer) = server.post(10, "/token", &form, Some(suspended)).await;
        assert!((400..=401).contains(&status), "{status} {answer}");
        for (name, state) in [("upgrade-pending", "pending"), ("upgrade-rejected", "rejected")] {
            let (client, _) = server.store.client_with_secrets("standard", name).await.unwrap().unwrap();
            assert_eq!(client.status.name(), state);
        }
        let disabled = server.made["disabled"]["username"].as_str().unwrap();
        assert!(server.store.user_by_username("standard", disabled).await.unwrap().unwrap().user.disabled);
    }
}
