//! The partners' portal: an app from its first step to its second secret, the reviewer's side of it, and what others' eyes see of it.

use crate::common::{Browser, Folder, NOW, PASSWORD, Reply, Server, user};
use claviger_core::User;
use claviger_core::realm::{GuideAudience, Portal, PortalQuestion, PortalTerms, RedirectChanges, SignUp};
use claviger_core::redirect::RedirectUri;
use claviger_server::admin::partner_letters::Desk;
use claviger_server::admin::{Admin, AdminError, apps, partner_apps, reviews, teams};
use claviger_server::pages::Pages;
use claviger_server::state::requests::RequestLogSettings;
use claviger_store::{Actor, TeamRole, Way};
use reqwest::Method;
use std::time::Duration;

/// A partners' realm with where its apps live.
pub(super) struct World {
    pub(super) portal: Server,
    pub(super) production: Server,
    pub(super) sandbox: Server,
}

impl World {
    pub(super) async fn with(adapt: impl FnOnce(&mut Portal)) -> Self {
        let mut of = Portal {
            production: "production".into(),
            sandbox: Some("sandbox".into()),
            sign_up: SignUp::Open,
            redirect_changes: RedirectChanges::Review,
            questions: vec![],
            terms: None,
        };
        adapt(&mut of);
        Self::of(Server::with(|realm| realm.portal = Some(Box::new(of))).await).await
    }

    /// The same in a file, beside which calls are logged.
    pub(super) async fn logged(folder: &Folder) -> Self {
        let of = Portal {
            production: "production".into(),
            sandbox: Some("sandbox".into()),
            sign_up: SignUp::Open,
            redirect_changes: RedirectChanges::Review,
            questions: vec![],
            terms: None,
        };
        let world = Self::of(Server::at(&folder.url(), |realm| realm.portal = Some(Box::new(of))).await).await;
        world.portal.state.log_requests(RequestLogSettings::default()).unwrap();
        world
    }

    async fn of(portal: Server) -> Self {
        let production = portal.neighbour(|realm| realm.id = "production".into()).await;
        let limited = |realm: &mut claviger_core::Realm| {
            realm.id = "sandbox".into();
            realm.limits.token_calls_per_minute = Some(70);
        };
        let sandbox = portal.neighbour(limited).await;
        Self { portal, production, sandbox }
    }

    pub(super) async fn signed_in(&self, name: &'static str) -> Browser {
        let browser = Browser::of(name);
        let page = browser.get(&self.portal, "/-/sign-in").await;
        browser.sign_in(&self.portal, &page, name, PASSWORD).await;
        browser
    }

    /// Sends a form with the token of a page.
    pub(super) async fn send(&self, browser: &Browser, page: &Reply, path: &str, more: &[(&str, &str)]) -> Reply {
        let csrf = page.hidden("csrf").unwrap_or_else(|| panic!("no form: {} {}", page.status, page.body));
        let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).collect();
        browser.send(&self.portal, Method::POST, path, Some(&form)).await
    }

    /// The id of a new team of whoever is signed in.
    pub(super) async fn team(&self, browser: &Browser) -> String {
        let home = browser.get(&self.portal, "/portal").await;
        let made = self.send(browser, &home, "/portal/teams", &[("name", "Fleet <b>Ltd</b>")]).await;
        assert_eq!(made.status, 303, "{}", made.body);
        made.header("location").split("team=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    }

    /// The path of an app whose registration went through all steps, and the page that came of it.
    pub(super) async fn app(&self, browser: &Browser, team: &str, kind: &str) -> (String, Reply) {
        let page = browser.get(&self.portal, &format!("/portal/apps/new?team={team}")).await;
        let begun = self.send(browser, &page, "/portal/apps/new", &[("team", team), ("kind", kind)]).await;
        let draft = begun.header("location").split('?').next().unwrap().to_owned();
        let name = [("step", "name"), ("act", "next"), ("name", "Planner <script>alert(1)</script>")];
        let mut next = self.send(browser, &page, &draft, &name).await;
        if kind != "machine" {
            assert_eq!(next.header("location"), format!("{draft}?step=redirects"));
            let uris = [("step", "redirects"), ("act", "next"), ("redirect_uris", "https://fleet.example/back")];
            next = self.send(browser, &page, &draft, &uris).await;
        }
        assert_eq!(next.header("location"), format!("{draft}?step=scopes"), "{}", next.body);
        let scopes = [("step", "scopes"), ("act", "next"), ("scope", "read"), ("reason:read", "To <i>plan</i>")];
        let next = self.send(browser, &page, &draft, &scopes).await;
        assert_eq!(next.header("location"), format!("{draft}?step=questions"));
        let answers = [("step", "questions"), ("act", "next"), ("answer:data", "Names only")];
        self.send(browser, &page, &draft, &answers).await;
        let summary = browser.get(&self.portal, &format!("{draft}?step=summary")).await;
        assert!(summary.body.contains("Planner &lt;script&gt;") && !summary.body.contains("<script>alert"));
        let made = self.send(browser, &summary, &draft, &[("step", "summary"), ("act", "create")]).await;
        (draft.trim_end_matches("/draft").to_owned(), made)
    }

    /// The ids of an app's clients in the sandbox and in production.
    pub(super) async fn clients(&self, path: &str) -> (String, String) {
        let id = path.rsplit('/').next().unwrap();
        let app = partner_apps::find(&self.portal.store, &self.portal.realm, id).await.unwrap().app;
        (app.sandbox, app.production)
    }

    async fn mails(&self) -> Vec<(String, String)> {
        let due = self.portal.store.due_parcels(claviger_store::MAIL_TOPIC, self.portal.now(), 100).await.unwrap();
        let text = |mail: &claviger_store::Parcel| {
            let sealed = claviger_core::jose::from_base64url(std::str::from_utf8(&mail.sealed).unwrap()).unwrap();
            let plain = self.portal.state.secrets.outbox_key(&mail.id).unwrap().open(b"mail", &sealed).unwrap();
            let letter: serde_json::Value = serde_json::from_slice(&plain).unwrap();
            letter["text"].as_str().unwrap().to_owned()
        };
        due.iter().map(|due| (due.parcel.addressee.clone(), text(&due.parcel))).collect()
    }

    /// The path behind the link of the newest mail to somebody.
    async fn link(&self, to: &str) -> String {
        let mails = self.mails().await;
        let (_, text) = mails.iter().rev().find(|(address, _)| address == to).unwrap_or_else(|| panic!("{mails:?}"));
        let link = text.split_whitespace().find(|word| word.contains("/portal/")).unwrap();
        link.strip_prefix(&self.portal.realm.issuer).unwrap().to_owned()
    }
}

fn actor() -> Actor {
    Actor { name: "rita".into(), way: Way::Cli, reference: "r".into() }
}

/// The code block behind a label of a page.
pub(super) fn shown(page: &Reply, label: &str) -> String {
    let block = page.body.split(&format!("aria-label=\"{label}\">")).nth(1).unwrap_or_else(|| panic!("{}", page.body));
    block.split('<').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_has_a_sandbox_at_once_and_production_after_review() {
    let question = PortalQuestion { id: "data".into(), text: "Which data?".into(), required: true, max_length: 50 };
    let world = World::with(|portal| portal.questions.push(question)).await;
    let browser = world.signed_in("alice").await;
    let team = world.team(&browser).await;
    let (path, made) = world.app(&browser, &team, "machine").await;
    made.is_html();
    let (sandbox, production) = world.clients(&path).await;
    let secret = shown(&made, "Client secret");
    assert!(secret.starts_with("cvs_"), "{}", made.body);
    assert!(made.body.contains("curl ") && made.body.contains("OAUTH_CLIENT_SECRET="), "{}", made.body);
    let form = [("client_id", &*sandbox), ("client_secret", &*secret), ("grant_type", "client_credentials")];
    assert_eq!(world.sandbox.post("/token", &form).await.status, 200);
    // In production it waits, with what was typed for the reviewer.
    let form = [("client_id", &*production), ("client_secret", &*secret), ("grant_type", "client_credentials")];
    assert_ne!(world.production.post("/token", &form).await.status, 200);
    let queue = reviews::queue(&world.portal.store, &world.production.realm, None).await.unwrap();
    let first = queue.apps.first().unwrap();
    assert_eq!((queue.apps.len(), &first.client.id), (1, &production));
    let asked = &first.last.as_ref().unwrap().words;
    assert!(asked.contains("read") && asked.contains("To <i>plan</i>") && asked.contains("Names only"), "{asked}");

    // A question comes by mail, and is answered at the app's page.
    let (who, pages) = (actor(), Pages::new(None).unwrap());
    let admin = Admin { store: &world.portal.store, actor: &who, now: world.portal.now() };
    let letters = Desk { secrets: &world.portal.state.secrets, pages: &pages };
    reviews::ask(&admin, letters, &world.production.realm, &production, "Why <b>so</b>?").await.unwrap();
    assert_eq!(world.link("alice@example.com").await, path);
    let page = browser.get(&world.portal, &path).await;
    page.is_html();
    assert!(page.body.contains("Why &lt;b&gt;so&lt;/b&gt;?") && page.body.contains("Waits for approval"));
    let empty = world.send(&browser, &page, &path, &[("act", "answer"), ("text", " ")]).await;
    assert_eq!(empty.status, 422, "{}", empty.body);
    let sent = world.send(&browser, &page, &path, &[("act", "answer"), ("text", "Because.")]).await;
    assert_eq!(sent.header("location"), format!("{path}?said=answered"));

    // Of two reviewers at once one decides, and the other is told.
    let approve = || apps::approve(&admin, &world.portal.state.secrets, &pages, &world.production.realm, &production);
    let (one, two) = tokio::join!(approve(), approve());
    assert_eq!([&one, &two].iter().filter(|each| each.is_ok()).count(), 1);
    let told = if one.is_err() { one } else { two }.unwrap_err();
    assert!(matches!(told, AdminError::WrongStatus { .. } | AdminError::ChangedMeanwhile(_)), "{told}");
    let kinds: Vec<&str> = reviews::timeline(&world.portal.store, &world.production.realm, &production)
        .await
        .unwrap()
        .iter()
        .map(|event| event.kind.name())
        .collect();
    assert_eq!(kinds, ["requested", "question", "answer", "approved"]);

    // A second secret, and the first is stopped.
    let credentials = format!("{path}/credentials");
    let page = browser.get(&world.portal, &credentials).await;
    let add = [("act", "add"), ("environment", "production"), ("label", "night"), ("days", "30")];
    let added = world.send(&browser, &page, &credentials, &add).await;
    let secret = shown(&added, "Client secret");
    let form = [("client_id", &*production), ("client_secret", &*secret), ("grant_type", "client_credentials")];
    // A server that remembered the app knows of the secret within a tenth of a second.
    let mut answer = world.production.post("/token", &form).await;
    for _ in 0..600 {
        if answer.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = world.production.post("/token", &form).await;
    }
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = browser.get(&world.portal, &credentials).await;
    assert!(page.body.contains("Two secrets are live") && page.body.contains("night"), "{}", page.body);
    let third = world.send(&browser, &page, &credentials, &add).await;
    assert_eq!(third.status, 422);

    // Tried from the page, against the sandbox.
    let try_it = format!("{path}/try");
    let page = browser.get(&world.portal, &try_it).await;
    let tried = world.send(&browser, &page, &try_it, &[("act", "call"), ("client_secret", "wrong")]).await;
    assert!(tried.body.contains("HTTP/1.1 401") && tried.body.contains("invalid_client"), "{}", tried.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_teams_things_are_not_there() {
    let world = World::with(|_| {}).await;
    let password = crate::common::password_hash().await;
    let bob = User { email: Some("bob@example.com".into()), ..user("u2", "bob") };
    let hash = claviger_store::Masked(password);
    world.portal.store.put_user("test", &bob, Some(hash), NOW).await.unwrap();
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let (path, _) = world.app(&alice, &team, "web").await;
    let bob = world.signed_in("bob").await;
    let home = bob.get(&world.portal, "/portal").await;
    assert!(!home.body.contains("Planner"));
    let unknown = bob.get(&world.portal, "/portal/apps/nothing").await;
    let places = [
        path.clone(),
        format!("{path}/credentials"),
        format!("{path}/redirects"),
        format!("{path}/try"),
        format!("{path}/draft"),
        format!("/portal/teams/{team}"),
        format!("/portal/teams/{team}/sandbox"),
        format!("/portal?team={team}"),
        format!("/portal/apps/new?team={team}"),
    ];
    for place in &places {
        let seen = bob.get(&world.portal, place).await;
        assert_eq!((seen.status.as_u16(), &seen.body), (404, &unknown.body), "{place}");
    }
    for (place, act) in
        [(0, "withdraw"), (0, "answer"), (1, "add"), (2, "save"), (3, "call"), (5, "leave"), (6, "add-user")]
    {
        let form = [("act", act), ("text", "x"), ("environment", "sandbox"), ("label", "x"), ("name", "x")];
        let reply = world.send(&bob, &home, &places[place], &form).await;
        assert_eq!(reply.status, 404, "{} {act}", places[place]);
    }
    // A form of another session does nothing.
    let stale = [("csrf", "x"), ("act", "withdraw")];
    let reply = alice.send(&world.portal, Method::POST, &path, Some(&stale)).await;
    assert_eq!(reply.header("location"), "/portal?said=again");
    let page = alice.get(&world.portal, &path).await;
    assert!(page.body.contains("Waits for approval") && !page.body.contains("<script>alert"), "{}", page.body);
    let withdrawn = world.send(&alice, &page, &path, &[("act", "withdraw")]).await;
    assert_eq!(withdrawn.header("location"), format!("{path}?said=withdrawn"));
    let again = world.send(&alice, &page, &path, &[("act", "withdraw")]).await;
    assert_eq!(again.status, 422);
    let asked = world.send(&alice, &page, &path, &[("act", "submit")]).await;
    assert_eq!(asked.header("location"), format!("{path}?said=submitted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_acts_for_itself_has_no_scopes_of_users() {
    let world = World::with(|_| {}).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let page = alice.get(&world.portal, &format!("/portal/apps/new?team={team}")).await;
    let scopes = async |kind: &str| {
        let begun = world.send(&alice, &page, "/portal/apps/new", &[("team", &team), ("kind", kind)]).await;
        let draft = begun.header("location").split('?').next().unwrap().to_owned();
        world.send(&alice, &page, &draft, &[("step", "name"), ("act", "next"), ("name", "Backup")]).await;
        (alice.get(&world.portal, &format!("{draft}?step=scopes")).await.body, draft)
    };
    let (of_people, _) = scopes("web").await;
    assert!(of_people.contains("value=\"openid\"") && of_people.contains("value=\"read\""), "{of_people}");
    let (of_machine, draft) = scopes("machine").await;
    assert!(!of_machine.contains("value=\"openid\"") && of_machine.contains("value=\"read\""), "{of_machine}");
    // Whoever sends it all the same is told why not, at once and at the end.
    let sent = [("step", "scopes"), ("act", "next"), ("scope", "read"), ("scope", "openid")];
    let refused = world.send(&alice, &page, &draft, &sent).await;
    assert!(
        refused.status == 422 && refused.body.contains("“openid” makes sense for an app with users"),
        "{}",
        refused.body
    );
    let refused = world.send(&alice, &page, &draft, &[("step", "summary"), ("act", "create")]).await;
    assert!(refused.status == 422 && refused.body.contains("“openid” makes sense"), "{}", refused.body);
    world.send(&alice, &page, &draft, &[("step", "scopes"), ("act", "next"), ("scope", "read")]).await;
    let made = world.send(&alice, &page, &draft, &[("step", "summary"), ("act", "create")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guide_for_partners_is_read_by_who_signed_in_at_the_realm() {
    let guide = |realm: &mut claviger_core::Realm| realm.guide.audience = GuideAudience::Partners;
    let portal = Server::with(guide).await;
    let other = portal.neighbour(guide).await;
    for form in ["/guide", "/guide.md", "/llms.txt", "/guide/openapi.json", "/guide/postman.json"] {
        let anonymous = Browser::of("nobody").get(&portal, form).await;
        assert_eq!(anonymous.status, 303, "{form}");
        assert_eq!(anonymous.header("location"), "/-/sign-in?to=guide", "{form}");
    }
    let alice = Browser::of("alice");
    let page = alice.get(&portal, "/-/sign-in?to=guide").await;
    let csrf = page.hidden("csrf").unwrap();
    let form = [("csrf", csrf.as_str()), ("to", "guide"), ("username", "alice"), ("password", PASSWORD)];
    let back = alice.send(&portal, Method::POST, "/-/sign-in", Some(&form)).await;
    assert_eq!(back.header("location"), "/guide");
    assert_eq!(alice.get(&portal, "/guide").await.status, 200);
    assert_eq!(alice.get(&portal, "/guide/openapi.json").await.status, 200);
    // The same person at another realm of this server is nobody here, with whatever cookies they have there.
    let stranger = Browser::of("alice-elsewhere");
    let page = stranger.get(&other, "/-/sign-in").await;
    stranger.sign_in(&other, &page, "alice", PASSWORD).await;
    assert_eq!(stranger.get(&other, "/guide").await.status, 200);
    let there = stranger.get(&portal, "/guide").await;
    assert_eq!(there.header("location"), "/-/sign-in?to=guide");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_is_told_the_rule_that_it_breaks() {
    let world = World::with(|_| {}).await;
    let browser = world.signed_in("alice").await;
    let team = world.team(&browser).await;
    let (path, _) = world.app(&browser, &team, "web").await;
    let redirects = format!("{path}/redirects");
    let page = browser.get(&world.portal, &redirects).await;
    for (uri, words) in [("https://a.example/#x", "fragment"), ("https://a.example/*", "*")] {
        let form = [("act", "check"), ("redirect_uris", uri)];
        let checked = world.send(&browser, &page, &redirects, &form).await;
        assert!(checked.body.contains(words) && !checked.body.contains("can be used"), "{uri}: {}", checked.body);
    }
    let good = [("act", "save"), ("redirect_uris", "https://b.example/back\n\n https://c.example/x ")];
    let saved = world.send(&browser, &page, &redirects, &good).await;
    assert_eq!(saved.header("location"), format!("{redirects}?said=saved"), "it waits, so it changes: {}", saved.body);
    let (sandbox, production) = world.clients(&path).await;
    for (realm, id) in [(&world.sandbox.realm, &sandbox), (&world.production.realm, &production)] {
        let client = apps::find(&world.portal.store, realm, id).await.unwrap();
        let uris: Vec<&str> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
        assert_eq!(uris, ["https://b.example/back", "https://c.example/x"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_by_mail_and_an_address_that_is_known_is_told_the_same() {
    let world = World::with(|_| {}).await;
    let browser = Browser::default();
    let page = browser.get(&world.portal, "/portal/sign-up").await;
    page.is_html();
    let sign_up = async |email: &str, password: &str| {
        let form = [("email", email), ("name", "Pia"), ("new_password", password)];
        world.send(&browser, &page, "/portal/sign-up", &form).await
    };
    assert_eq!(sign_up("pia@fleet.example", "short").await.status, 422);
    let new = sign_up("pia@fleet.example", "seven green boats").await;
    assert_eq!((new.status.as_u16(), new.header("location")), (303, "/portal/sign-up?sent"));
    let link = world.link("pia@fleet.example").await;
    let confirm = browser.get(&world.portal, &link).await;
    let wrong = world.send(&browser, &confirm, &link, &[("password", "seven red boats")]).await;
    assert_eq!(wrong.status, 422);
    let found = async || world.portal.store.user_by_username("test", "pia@fleet.example").await.unwrap();
    assert!(found().await.is_none());
    let made = world.send(&browser, &confirm, &link, &[("password", "seven green boats")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let user = found().await.unwrap().user;
    assert!(user.email_verified && user.email.as_deref() == Some("pia@fleet.example"));
    let again = world.send(&browser, &confirm, &link, &[("password", "seven green boats")]).await;
    assert!(again.body.contains("works no more"), "{}", again.body);
    // Once more with the same address: the page says the same, the mail does not.
    let known = sign_up("pia@fleet.example", "nine green boats").await;
    assert_eq!((known.status.as_u16(), known.header("location")), (303, "/portal/sign-up?sent"));
    let mails = world.mails().await;
    assert!(mails.last().unwrap().1.contains("you have an account already"), "{mails:?}");
    let closed = World::with(|portal| portal.sign_up = SignUp::Invited).await;
    assert_eq!(browser.get(&closed.portal, "/portal/sign-up").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_invites_and_keeps_an_owner() {
    let world = World::with(|_| {}).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let place = format!("/portal/teams/{team}");
    let page = alice.get(&world.portal, &place).await;
    page.is_html();
    let sent = world.send(&alice, &page, &place, &[("act", "invite"), ("email", "pia@fleet.example")]).await;
    assert_eq!(sent.header("location"), format!("{place}?said=invited"));
    let link = world.link("pia@fleet.example").await;
    let left = world.send(&alice, &page, &place, &[("act", "leave")]).await;
    assert_eq!(left.status, 422, "the last owner stays");
    let pia = Browser::default();
    let join = pia.get(&world.portal, &link).await;
    let form = [("act", "sign-up"), ("name", "Pia"), ("new_password", "seven green boats")];
    let joined = world.send(&pia, &join, &link, &form).await;
    assert_eq!(joined.status, 303, "{}", joined.body);
    assert!(pia.get(&world.portal, &link).await.body.contains("works no more"), "it works once");
    let (_, members) = teams::show(&world.portal.store, &world.portal.realm, &team).await.unwrap();
    assert_eq!(members.len(), 2);
    let pia = members.iter().find(|one| one.role == TeamRole::Member).unwrap();
    let handed = [("act", "leave"), ("successor", &*pia.user)];
    assert_eq!(world.send(&alice, &page, &place, &handed).await.header("location"), "/portal?said=left");
    let (_, members) = teams::show(&world.portal.store, &world.portal.realm, &team).await.unwrap();
    assert_eq!(members.iter().map(|one| (&*one.user, one.role)).collect::<Vec<_>>(), [(&*pia.user, TeamRole::Owner)]);
    assert_eq!(alice.get(&world.portal, &place).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_user_signs_in_and_is_put_back() {
    let world = World::with(|_| {}).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let place = format!("/portal/teams/{team}/sandbox");
    let page = alice.get(&world.portal, &place).await;
    page.is_html();
    let made = world.send(&alice, &page, &place, &[("act", "add-user"), ("name", "Test Tina")]).await;
    let (username, password) = (shown(&made, "User name"), shown(&made, "Password"));
    let signs_in = async |password: &str| {
        let browser = Browser::default();
        let form = browser.get(&world.sandbox, "/-/sign-in").await;
        let reply = browser.sign_in(&world.sandbox, &form, &username, password).await;
        reply.status == 303
    };
    assert!(signs_in(&password).await);
    let id = world.portal.store.in_sandbox("test", &team).await.unwrap()[0].id.clone();
    let reset = world.send(&alice, &page, &place, &[("act", "reset"), ("id", &id)]).await;
    let fresh = shown(&reset, "Password");
    assert!(!signs_in(&password).await && signs_in(&fresh).await);
    let stray = world.send(&alice, &page, &place, &[("act", "remove-user"), ("id", "u1")]).await;
    assert_eq!(stray.status, 404, "only what the team made");
    assert!(world.portal.store.user("sandbox", "u1").await.unwrap().is_some());
    let gone = world.send(&alice, &page, &place, &[("act", "remove-user"), ("id", &id)]).await;
    assert_eq!(gone.header("location"), format!("{place}?said=saved"));
    assert!(world.portal.store.user("sandbox", &id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_of_the_terms_asks_again() {
    let terms = PortalTerms { version: "1".into(), url: None, text: Some("Be kind <3".into()) };
    let world = World::with(|portal| portal.terms = Some(terms)).await;
    let alice = world.signed_in("alice").await;
    let page = alice.get(&world.portal, "/portal").await;
    assert!(page.body.contains("Be kind &lt;3") && !page.body.contains("Make a team"), "{}", page.body);
    world.send(&alice, &page, "/portal/terms", &[("version", "2")]).await;
    assert!(alice.get(&world.portal, "/portal").await.body.contains("Be kind"), "what was not shown is not accepted");
    world.send(&alice, &page, "/portal/terms", &[("version", "1")]).await;
    assert!(alice.get(&world.portal, "/portal").await.body.contains("Make a team"));
    let accepted = world.portal.store.terms_accepted("test", "u1").await.unwrap();
    assert_eq!(accepted, [("1".to_owned(), world.portal.now())]);
}
