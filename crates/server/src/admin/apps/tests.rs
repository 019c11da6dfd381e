//! From a registration to a token, with a real database and a real SMTP conversation.

mod mails;
mod smtp;

use super::*;
use crate::Service;
use crate::admin::{Actor, Way};
use crate::clock::Clock;
use crate::hashing::Hasher;
use crate::http::{Answer, Handler, Incoming, RequestId};
use crate::mail::{Delivered, Mailer, Outlet, Smtp, TlsMode, deliver_due};
use crate::master_key::MasterKey;
use crate::state::State;
use claviger_core::dialect::Legacy;
use claviger_store::{MAIL_TOPIC, Options, RevocationKind};
use http::header::{AUTHORIZATION, COOKIE, HOST, SET_COOKIE};
use http_body_util::BodyExt;
use smtp::part;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW: i64 = 1_795_234_607_000;
const MINUTE: i64 = 60_000;

struct World {
    state: Arc<State>,
    hand: Arc<AtomicI64>,
    realm: Realm,
    actor: Actor,
}

fn realm(id: &str, port: u16) -> Realm {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": "Harbour", "issuer": format!("http://localhost:{port}"),
        "authorities": [format!("localhost:{port}")], "dialect": {},
        "apis": [{"audience": "https://api.example", "name": "API"}],
        "scopes": [{"name": "read", "sentence": "Read."}],
    }))
    .unwrap()
}

impl World {
    async fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let realm = realm("harbour", 9001);
        store.put_realm(&realm, NOW).await.unwrap();
        store.put_realm(&self::realm("other", 9002), NOW).await.unwrap();
        let (clock, hand) = Clock::set_to(NOW);
        let state = Box::pin(crate::server::open(store, &MasterKey::generate(), clock, Pages::new(None).unwrap()))
            .await
            .unwrap();
        let actor = Actor { name: "vendor".to_owned(), way: Way::Cli, reference: "r".to_owned() };
        Self { state, hand, realm, actor }
    }

    fn admin(&self) -> Admin<'_> {
        Admin { store: &self.state.store, actor: &self.actor, now: self.state.clock.now() }
    }

    async fn register(&self, id: &str) -> Client {
        let registration = Registration {
            id: Some(id.to_owned()),
            name: "Fleet Planner".to_owned(),
            owner_email: Some("dev@fleet.example".to_owned()),
            scope: "read".to_owned(),
            ..Registration::default()
        };
        register(&self.admin(), &self.realm, registration).await.unwrap()
    }

    async fn approve(&self, id: &str) -> Result<Approved, AdminError> {
        approve(&self.admin(), &self.state.secrets, &self.state.pages.load(), &self.realm, id).await
    }

    async fn reject(&self, id: &str) -> Result<Option<Id>, AdminError> {
        let (secrets, pages) = (&self.state.secrets, &self.state.pages.load());
        reject(&self.admin(), secrets, pages, &self.realm, id, Some("The return address is somebody else's.")).await
    }

    async fn deliver(&self, port: u16) -> Vec<crate::mail::Attempt> {
        deliver_due(&self.state.store, &self.state.secrets, &mailer(port), self.state.clock.now()).await.unwrap()
    }

    async fn request(&self, method: &str, url: &str, headers: &[(http::HeaderName, &str)], body: &str) -> Seen {
        let (authority, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut request = http::Request::builder().method(method).uri(format!("/{target}")).header(HOST, authority);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let peer = "127.0.0.1:1".parse().unwrap();
        let incoming = Incoming {
            head,
            body: body.to_owned().into(),
            peer,
            client: peer.ip(),
            id: RequestId::next(),
            presented: None,
        };
        Seen::of(Service { state: Arc::clone(&self.state), fallback: None, realms: None }.answer(incoming).await).await
    }

    /// The status of a token request with client credentials.
    async fn token(&self, id: &str, secret: &str) -> u16 {
        use base64::Engine;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
        let headers = [
            (AUTHORIZATION, format!("Basic {pair}")),
            (http::header::CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.as_str())).collect();
        self.request("POST", "http://localhost:9001/token", &headers, "grant_type=client_credentials").await.status
    }
}

struct Seen {
    status: u16,
    cookie: String,
    body: String,
    no_store: bool,
}

impl Seen {
    async fn of(answer: Answer) -> Self {
        let cookie = answer.headers().get(SET_COOKIE).map_or("", |value| value.to_str().unwrap());
        Self {
            status: answer.status().as_u16(),
            cookie: cookie.split(';').next().unwrap_or_default().to_owned(),
            no_store: answer.headers().get("cache-control").is_some_and(|value| value == "no-store"),
            body: String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        }
    }

    fn csrf(&self) -> &str {
        let at = self.body.find("name=\"csrf\" value=\"").expect("a form with csrf");
        self.body[at..].split('"').nth(3).unwrap()
    }
}

fn mailer(port: u16) -> Mailer {
    let smtp =
        Smtp { host: "127.0.0.1".to_owned(), port, tls: TlsMode::None, credentials: None, ca_file: None, ehlo: None };
    Mailer::new("Harbour <apps@harbour.example>", &Outlet::Smtp(smtp)).unwrap()
}

/// A1: registered, approved by the vendor, a mail with id and addresses, and a link that shows the secret once.
#[tokio::test]
async fn an_approval_brings_a_mail_whose_link_shows_a_working_secret_once() {
    let world = World::new().await;
    let (port, received) = smtp::start(0);
    assert_eq!(world.register("fleet").await.status, ClientStatus::Pending);
    let approved = world.approve("fleet").await.unwrap();
    assert_eq!(approved.client.status, ClientStatus::Active);
    let attempts = world.deliver(port).await;
    assert!(matches!(attempts[0].outcome, Ok(Delivered::Accepted)), "{attempts:?}");
    assert!(world.deliver(port).await.is_empty(), "sent once");

    let mail = received.recv().unwrap();
    assert!(mail.from.contains("<apps@harbour.example>"), "{}", mail.from);
    assert!(mail.to.contains("<dev@fleet.example>"), "{}", mail.to);
    assert!(mail.data.contains("Content-Type: multipart/alternative"));
    assert!(mail.data.contains("Subject: Fleet Planner is approved for Harbour"));
    assert!(mail.data.contains("Date: Sat, 21 Nov 2026"), "{}", mail.data);
    let (text, html) = (part(&mail.data, "text/plain"), part(&mail.data, "text/html").replace("&#x2f;", "/"));
    for said in [&text, &html] {
        assert!(said.contains("fleet") && said.contains("http://localhost:9001/token"), "{said}");
        assert!(!said.contains("cvs_"), "a mail carries no secret");
    }
    let at = text.find("http://localhost:9001/-/secret?link=").unwrap();
    let link = text[at..].split_whitespace().next().unwrap();
    assert!(html.contains(link));

    // Scanners that open the link use nothing up.
    let _ = world.request("GET", link, &[], "").await;
    let page = world.request("GET", link, &[], "").await;
    assert_eq!((page.status, page.no_store), (200, true));
    assert!(page.body.contains("fleet") && !page.body.contains("cvs_"));

    assert!(
        page.body.contains("Fleet Planner") && page.body.contains("The link works for 7 days more."),
        "{}",
        page.body
    );

    // A post that does not come from that page in that browser uses nothing up either: the button is shown once more.
    let form = format!("csrf={}", page.csrf());
    let cookie = [(COOKIE, page.cookie.as_str())];
    for (cookie, form) in [(&[][..], form.as_str()), (&cookie[..], "csrf=wrong")] {
        let once_more = world.request("POST", link, cookie, form).await;
        assert_eq!((once_more.status, once_more.no_store), (200, true));
        assert!(once_more.body.contains("csrf") && !once_more.body.contains("cvs_"));
    }
    let elsewhere = link.replace("9001", "9002");
    assert_eq!(world.request("GET", &elsewhere, &[], "").await.status, 410);
    assert_eq!(world.request("POST", &elsewhere, &cookie, &form).await.status, 410);

    let shown = world.request("POST", link, &cookie, &form).await;
    assert_eq!((shown.status, shown.no_store), (200, true), "{}", shown.body);
    let at = shown.body.find("cvs_").unwrap();
    let secret = &shown.body[at..at + 47];
    assert_eq!(world.token("fleet", secret).await, 200);
    assert_eq!(world.token("fleet", "cvs_another").await, 401);

    let again = world.request("POST", link, &cookie, &form).await;
    assert_eq!(again.status, 410);
    assert!(!again.body.contains("cvs_"));
    assert_eq!(world.request("GET", link, &[], "").await.status, 410);
}

#[tokio::test]
async fn a_link_is_over_after_seven_days_and_a_wrong_one_never_was() {
    let world = World::new().await;
    world.register("fleet").await;
    let link = world.approve("fleet").await.unwrap().link.unwrap();
    let altered = format!("http://localhost:9001/-/secret?link=cvl_{}", "A".repeat(64));
    assert_eq!(world.request("GET", &altered, &[], "").await.status, 410);
    // Cut or wrapped by a mail program: no alarm.
    let cut = &link.expose()[..link.expose().len() - 3];
    let longer = format!("{}A", link.expose());
    for wrong in [cut, &longer, "http://localhost:9001/-/secret?link=x", "http://localhost:9001/-/secret"] {
        let page = world.request("GET", wrong, &[], "").await;
        assert_eq!(page.status, 400, "{wrong}");
        assert!(page.body.contains("This link is not complete"), "{}", page.body);
    }
    world.hand.store(NOW + LINK_MILLIS - 1, Ordering::Relaxed);
    assert_eq!(world.request("GET", link.expose(), &[], "").await.status, 200);
    world.hand.store(NOW + LINK_MILLIS, Ordering::Relaxed);
    assert_eq!(world.request("GET", link.expose(), &[], "").await.status, 410);
    assert_eq!(world.request("PUT", link.expose(), &[], "").await.status, 405);
}

/// What the page says in both languages, and that it shows nothing.
async fn says(world: &World, link: &str, page: &Seen, english: &str, german: &str) {
    let form = format!("csrf={}", page.csrf());
    let cookie = [(COOKIE, page.cookie.as_str())];
    for (language, words) in [("en", english), ("de", german)] {
        let shown = [(http::header::ACCEPT_LANGUAGE, language)];
        let offered = world.request("GET", link, &shown, "").await;
        let pressed = world.request("POST", link, &[cookie.clone(), shown].concat(), &form).await;
        for seen in [offered, pressed] {
            assert_eq!((seen.status, seen.no_store), (410, true), "{}", seen.body);
            assert!(seen.body.contains(words) && !seen.body.contains("cvs_"), "{words}: {}", seen.body);
        }
    }
}

#[tokio::test]
async fn a_link_shows_no_secret_that_was_retired_and_none_of_an_app_that_is_not_active() {
    let mut world = World::new().await;
    world.realm.languages = vec!["en".to_owned(), "de".to_owned()];
    world.state.store.put_realm(&world.realm, NOW).await.unwrap();
    for id in ["retired", "stopped", "removed"] {
        world.register(id).await;
        let link = world.approve(id).await.unwrap().link.unwrap();
        let page = world.request("GET", link.expose(), &[], "").await;
        assert_eq!(page.status, 200);
        let (english, german) = ("This app is not active", "Diese App ist nicht aktiv");
        match id {
            "retired" => {
                let secret = &secrets_of(&world.state.store, &world.realm, id).await.unwrap().1[0];
                assert!(retire_secret(&world.admin(), &world.realm, id, &secret.id).await.is_ok());
                let german = "Dieses Geheimnis gilt nicht mehr";
                says(&world, link.expose(), &page, "This secret is no longer good", german).await;
            }
            "stopped" => {
                suspend(&world.admin(), &world.realm, id).await.unwrap();
                says(&world, link.expose(), &page, english, german).await;
                resume(&world.admin(), &world.realm, id).await.unwrap();
                let form = format!("csrf={}", page.csrf());
                let cookie = [(COOKIE, page.cookie.as_str())];
                let shown = world.request("POST", link.expose(), &cookie, &form).await;
                assert!(shown.status == 200 && shown.body.contains("cvs_"), "nothing was used up: {}", shown.body);
            }
            _ => {
                delete(&world.admin(), &world.realm, id).await.unwrap();
                says(&world, link.expose(), &page, english, german).await;
                // Whoever has its id now has another secret.
                world.register(id).await;
                world.approve(id).await.unwrap();
                let seen = world.request("GET", link.expose(), &[], "").await;
                assert!(seen.status == 410 && seen.body.contains("no longer good"), "{}", seen.body);
            }
        }
    }
}

#[tokio::test]
async fn a_mail_that_is_refused_is_sent_later_and_never_lies_open_in_the_database() {
    let world = World::new().await;
    let (port, received) = smtp::start(2);
    world.register("fleet").await;
    let mail = world.approve("fleet").await.unwrap().mail.unwrap();
    let due = world.state.store.due_parcels(MAIL_TOPIC, NOW, 9).await.unwrap();
    let doc = String::from_utf8(due[0].parcel.sealed.to_vec()).unwrap();
    assert!(!doc.contains("cvl_") && !format!("{due:?}").contains("cvl_"));

    let attempts = world.deliver(port).await;
    assert_eq!(attempts[0].id, mail);
    assert!(attempts[0].outcome.as_ref().unwrap_err().to_string().contains("451"), "{attempts:?}");
    assert!(world.deliver(port).await.is_empty(), "not at once again");
    world.hand.store(NOW + MINUTE, Ordering::Relaxed);
    assert!(world.deliver(port).await[0].outcome.is_err());
    world.hand.store(NOW + 2 * MINUTE, Ordering::Relaxed);
    assert!(world.deliver(port).await.is_empty(), "the second pause is longer");
    world.hand.store(NOW + 5 * MINUTE, Ordering::Relaxed);
    let (one, two) = tokio::join!(world.deliver(port), world.deliver(port));
    assert_eq!(one.len() + two.len(), 1, "one of two processes sends it");
    assert!(received.recv().unwrap().data.contains("Fleet Planner"));
    world.hand.store(NOW + 900 * MINUTE, Ordering::Relaxed);
    assert!(world.deliver(port).await.is_empty());
}

#[tokio::test]
async fn a_mail_is_given_up_after_five_days() {
    let world = World::new().await;
    world.register("fleet").await;
    world.approve("fleet").await.unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut tried = 0;
    for hour in 0..24 * 9 {
        world.hand.store(NOW + hour * 60 * MINUTE, Ordering::Relaxed);
        tried += world.deliver(nobody).await.len();
    }
    assert!((20..32).contains(&tried), "{tried}");
}

#[tokio::test]
async fn without_smtp_a_mail_is_a_file_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await;
    world.register("fleet").await;
    world.approve("fleet").await.unwrap();
    let folder = std::env::temp_dir().join(format!("claviger-mail-{}", id_text(&crate::ids::new(NOW))));
    let mailer = Mailer::new("apps@harbour.example", &Outlet::Folder(folder.clone())).unwrap();
    let attempts = deliver_due(&world.state.store, &world.state.secrets, &mailer, NOW).await.unwrap();
    let Ok(Delivered::Written(file)) = &attempts[0].outcome else { panic!("{attempts:?}") };
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(part(&std::fs::read_to_string(file).unwrap(), "text/plain").contains("/-/secret?link=cvl_"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn nobody_sends_a_password_in_the_clear() {
    let smtp = Smtp {
        host: "mail.example".to_owned(),
        port: 25,
        tls: TlsMode::None,
        credentials: Some(("u".to_owned(), Plain::from("p"))),
        ca_file: None,
        ehlo: None,
    };
    let error = Mailer::new("a@b.example", &Outlet::Smtp(smtp)).unwrap_err();
    assert!(matches!(error, crate::mail::MailError::PasswordInTheClear(_)), "{error}");
}

#[tokio::test]
async fn an_app_changes_status_only_where_its_present_one_allows_it() {
    let world = World::new().await;
    world.register("fleet").await;
    let (admin, realm) = (world.admin(), &world.realm);
    let refused_as = |result: Result<(), AdminError>| match result {
        Err(AdminError::WrongStatus { is, .. }) => is.name(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused_as(suspend(&admin, realm, "fleet").await), "pending");
    assert_eq!(refused_as(resume(&admin, realm, "fleet").await), "pending");
    world.reject("fleet").await.unwrap();
    assert_eq!(refused_as(world.reject("fleet").await.map(drop)), "rejected");
    world.approve("fleet").await.unwrap();
    assert_eq!(refused_as(world.approve("fleet").await.map(drop)), "active");
    assert_eq!(refused_as(world.reject("fleet").await.map(drop)), "active");
    assert!(matches!(world.approve("ghost").await, Err(AdminError::NoSuchApp(_))));
    assert!(matches!(suspend(&admin, realm, "ghost").await, Err(AdminError::NoSuchApp(_))));
    delete(&admin, realm, "fleet").await.unwrap();
    assert!(matches!(delete(&admin, realm, "fleet").await, Err(AdminError::NoSuchApp(_))));
}

#[tokio::test]
async fn a_suspended_app_gets_no_tokens_and_those_it_has_are_revoked() {
    let world = World::new().await;
    world.register("fleet").await;
    world.approve("fleet").await.unwrap();
    let made = add_secret(&world.admin(), &world.state.secrets, &world.realm, "fleet", "second".to_owned(), None)
        .await
        .unwrap();
    world.state.follower().catch_up().await.unwrap();
    assert_eq!(world.token("fleet", made.secret.expose()).await, 200);
    suspend(&world.admin(), &world.realm, "fleet").await.unwrap();
    world.state.follower().catch_up().await.unwrap();
    assert_ne!(world.token("fleet", made.secret.expose()).await, 200);
    let revocations = world.state.store.revocations_after(Some("harbour"), 0, 9).await.unwrap();
    assert!(revocations.items.iter().any(|item| item.kind == RevocationKind::Client && item.value == "fleet"));
    resume(&world.admin(), &world.realm, "fleet").await.unwrap();
    world.state.follower().catch_up().await.unwrap();
    assert_eq!(world.token("fleet", made.secret.expose()).await, 200);
}

#[tokio::test]
async fn two_secrets_live_side_by_side_and_a_retired_one_is_dead() {
    let world = World::new().await;
    world.register("fleet").await;
    world.approve("fleet").await.unwrap();
    let (admin, realm) = (world.admin(), &world.realm);
    let (_, listed) = secrets_of(admin.store, realm, "fleet").await.unwrap();
    retire_secret(&admin, realm, "fleet", &listed[0].id).await.unwrap();
    let expires = Some(NOW + MINUTE);
    let one = add_secret(&admin, &world.state.secrets, realm, "fleet", "one".to_owned(), expires).await.unwrap();
    let hasher = Hasher::new(1, 1).unwrap();
    let imported = ("brought along".to_owned(), Plain::from("correct horse battery"));
    let two = import_secret(&admin, (&hasher, &world.state.secrets), realm, "fleet", imported, None).await.unwrap();
    assert!(matches!(
        add_secret(&admin, &world.state.secrets, realm, "fleet", "three".to_owned(), None).await,
        Err(AdminError::TwoSecrets(_))
    ));
    world.state.follower().catch_up().await.unwrap();
    assert_eq!(world.token("fleet", one.secret.expose()).await, 200);
    assert_eq!(world.token("fleet", "correct%20horse%20battery").await, 200);
    world.hand.store(NOW + MINUTE, Ordering::Relaxed);
    assert_eq!(world.token("fleet", one.secret.expose()).await, 401, "expired");
    retire_secret(&admin, realm, "fleet", &two).await.unwrap();
    assert!(matches!(retire_secret(&admin, realm, "fleet", &two).await, Err(AdminError::NoSuchSecret { .. })));
    world.state.follower().catch_up().await.unwrap();
    assert_eq!(world.token("fleet", "correct%20horse%20battery").await, 401);
    assert!(!format!("{one:?}").contains("cvs_"));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_registration_is_said_at_once() {
    let world = World::new().await;
    let registration = Registration {
        id: Some("a b".to_owned()),
        name: " ".to_owned(),
        owner_email: Some("nobody".to_owned()),
        public: true,
        grants: [GrantType::ClientCredentials, GrantType::Password, GrantType::Implicit].into(),
        redirect_uris: vec!["http://fleet.example/".to_owned()],
        scope: "raed".to_owned(),
        audiences: vec!["https://nowhere.example".to_owned()],
        legacy: [Legacy::Password].into(),
        ..Registration::default()
    };
    let Err(AdminError::Invalid(wrong)) = register(&world.admin(), &world.realm, registration).await else { panic!() };
    let fields: Vec<&str> = wrong.iter().map(|complaint| complaint.field).collect();
    assert_eq!(
        fields,
        ["id", "name", "owner", "redirect-uri", "scope", "audience", "grant", "grant", "legacy"],
        "{wrong:?}"
    );
    assert!(wrong[4].message.contains("did you mean `read`?"));
}

#[tokio::test]
async fn what_a_dialect_permits_is_still_not_for_every_app() {
    let mut world = World::new().await;
    world.realm.dialect.permits = Legacy::ALL.into();
    world.realm.scopes[0].api = Some("https://api.example".to_owned());
    world
        .realm
        .apis
        .push(claviger_core::realm::Api { audience: "https://b.example".to_owned(), ..world.realm.apis[0].clone() });
    let wrong = async |change: &dyn Fn(&mut Registration)| {
        let mut registration = Registration {
            name: "N".to_owned(),
            redirect_uris: vec!["https://n.example/back/*".to_owned()],
            legacy: [Legacy::WildcardRedirect].into(),
            ..Registration::default()
        };
        change(&mut registration);
        match register(&world.admin(), &world.realm, registration).await {
            Err(AdminError::Invalid(wrong)) => wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"),
            other => format!("{:?}", other.map(|client| client.audiences)),
        }
    };
    assert_eq!(wrong(&|app| app.scope = "read".to_owned()).await, "Ok([\"https://api.example\"])");
    assert!(wrong(&|app| app.legacy.clear()).await.contains("needs the legacy behaviour"));
    for name in ["\u{1b}]0;x\u{7}", "a\u{202E}b", "a\u{200F}", "a\nBcc: x"] {
        assert!(wrong(&|app| app.name = name.to_owned()).await.contains("name: 1 to 100 printable"), "{name:?}");
        assert!(wrong(&|app| app.publisher = Some(name.to_owned())).await.contains("publisher: "), "{name:?}");
    }
    assert!(wrong(&|app| app.public = true).await.contains("confidential apps"));
    assert!(
        wrong(&|app| {
            app.public = true;
            app.legacy.insert(Legacy::NoPkce);
        })
        .await
        .contains("`no-pkce` is not for public")
    );
    let only = GrantType::ClientCredentials;
    assert!(
        wrong(&|app| app.grants = [GrantType::AuthorizationCode, only].into()).await.contains("code flow and nothing")
    );
    assert!(
        wrong(&|app| app.grants = [only, GrantType::RefreshToken].into()).await.contains("none of the other grants")
    );
    let elsewhere = wrong(&|app| {
        app.scope = "read".to_owned();
        app.audiences = vec!["https://b.example".to_owned()];
    });
    assert!(elsewhere.await.contains("not among the audiences"));
}

#[tokio::test]
async fn grants_follow_from_what_the_app_is_and_an_id_is_taken_once() {
    let world = World::new().await;
    let (admin, realm) = (world.admin(), &world.realm);
    let first = world.register("fleet").await;
    assert_eq!(first.grants, [GrantType::ClientCredentials].into());
    assert_eq!(first.audiences, ["https://api.example"]);
    let again = Registration { id: Some("fleet".to_owned()), name: "Other".to_owned(), ..Registration::default() };
    assert!(matches!(register(&admin, realm, again).await, Err(AdminError::Exists(_))));
    let public = Registration {
        name: "Phone".to_owned(),
        public: true,
        redirect_uris: vec!["com.example.phone:/back".to_owned()],
        ..Registration::default()
    };
    let public = register(&admin, realm, public).await.unwrap();
    assert_eq!(public.grants, [GrantType::AuthorizationCode, GrantType::RefreshToken].into());
    let approved = world.approve(&public.id).await.unwrap();
    assert!(approved.link.is_none() && approved.mail.is_none(), "no secret to show, nobody to write to");
    assert!(matches!(
        add_secret(&admin, &world.state.secrets, realm, &public.id, String::new(), None).await,
        Err(AdminError::NoSecretOfItsOwn { .. })
    ));
}
