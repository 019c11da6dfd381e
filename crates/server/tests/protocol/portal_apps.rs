//! The portal's pages about what an app does and is told; the mails to its team. What is another team's is not there.

use crate::common::{Browser, Folder, NOW, Reply, user};
use crate::mails::mail_server;
use crate::portal::{World, shown};
use claviger_core::User;
use claviger_core::client::ClientStatus;
use claviger_server::admin::log::{self, LoggedCall, RequestFilter};
use claviger_server::admin::partner_letters::Desk;
use claviger_server::admin::{Admin, apps, webhooks};
use claviger_server::mail::{Mailer, Outlet, Smtp, TlsMode, deliver_due};
use claviger_server::pages::Pages;
use claviger_store::{Actor, Way};
use std::time::Duration;

fn actor() -> Actor {
    Actor { name: "rita".into(), way: Way::Cli, reference: "r".into() }
}

/// The calls of an app once there are so many, the newest first.
async fn calls(world: &World, client: &str, many: usize) -> Vec<LoggedCall> {
    let log = world.portal.state.request_log().unwrap();
    for _ in 0..600 {
        let app = (&*world.sandbox.realm.id, client);
        let found = log::calls(&log, app, &RequestFilter::default(), None, 100).await.unwrap();
        if found.len() >= many {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{many} calls did not come about in thirty seconds");
}

async fn call(world: &World, client: &str, secret: &str) -> u16 {
    let form = [("client_id", client), ("client_secret", secret), ("grant_type", "client_credentials")];
    world.sandbox.post("/token", &form).await.status.as_u16()
}

/// Bob, whom the realm does not have by itself.
async fn second(world: &World) -> Browser {
    let bob = User { email: Some("bob@example.com".into()), ..user("u2", "bob") };
    let hash = claviger_store::Masked(crate::common::password_hash().await);
    world.portal.store.put_user("test", &bob, Some(hash), NOW).await.unwrap();
    world.signed_in("bob").await
}

async fn get(world: &World, browser: &Browser, path: &str) -> Reply {
    browser.get(&world.portal, path).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_sees_its_apps_calls_and_no_others() {
    let folder = Folder::new();
    let world = World::logged(&folder).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let (path, made) = world.app(&alice, &team, "machine").await;
    let secret = shown(&made, "Client secret");
    let (client, _) = world.clients(&path).await;
    assert_eq!(call(&world, &client, &secret).await, 200);
    for _ in 0..2 {
        assert_eq!(call(&world, &client, "wrong-<b>secret</b>").await, 401);
    }
    let found = calls(&world, &client, 3).await;

    let list = get(&world, &alice, &format!("{path}/calls?in=sandbox")).await;
    assert_eq!(list.status, 200);
    assert!(list.header("content-security-policy").contains("connect-src 'self'"));
    assert_eq!(list.body.matches("<tr><td><time").count(), 3, "{}", list.body);
    assert!(list.body.contains("2 times") && list.body.contains("Compare the client_id"), "{}", list.body);
    assert!(list.body.contains("portal.js"), "{}", list.body);
    let refused = get(&world, &alice, &format!("{path}/calls?in=sandbox&only=refused")).await;
    assert_eq!(refused.body.matches("<tr><td><time").count(), 2);
    let elsewhere = get(&world, &alice, &format!("{path}/calls?in=sandbox&endpoint=revocation")).await;
    assert_eq!(elsewhere.body.matches("<tr><td><time").count(), 0);
    let production = get(&world, &alice, &format!("{path}/calls?in=production")).await;
    assert_eq!(production.body.matches("<tr><td><time").count(), 0);
    // What came after a call, and nothing before it.
    let newer = get(&world, &alice, &format!("{path}/calls?in=sandbox&after={}", found[1].id)).await;
    assert_eq!(newer.body.matches("<tr><td><time").count(), 1, "{}", newer.body);
    // Whoever watches without scripts has the page again; in German, too.
    let watching = get(&world, &alice, &format!("{path}/calls?in=sandbox&watch=1")).await;
    assert!(watching.body.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"));
    assert!(!list.body.contains("http-equiv=\"refresh\""));

    // With a clock that stands still, calls that were written at different times are in no order.
    let with = |status: u16| &found.iter().find(|call| call.status == status).unwrap().reference;
    let reference = with(401);
    let one = get(&world, &alice, &format!("{path}/calls/call?in=sandbox&reference={reference}")).await;
    assert!(one.body.contains("The checks") && one.body.contains("Failed") && one.body.contains("Not reached"));
    assert!(!one.body.contains("<b>secret"), "{}", one.body);
    let searched = get(&world, &alice, &format!("{path}/calls?in=production&reference={reference}")).await;
    assert_eq!(searched.status, 303);
    let nothing = get(&world, &alice, &format!("{path}/calls?reference=nothing")).await;
    assert!(nothing.status == 422 && nothing.body.contains("no call of this app"), "{}", nothing.body);

    // Another team has an app of its own: it finds none of these calls, by no way.
    let bob = second(&world).await;
    let other_team = world.team(&bob).await;
    let (other, _) = world.app(&bob, &other_team, "machine").await;
    for hidden in [format!("{path}/calls"), format!("{path}/calls/call?in=sandbox&reference={reference}")] {
        assert_eq!(get(&world, &bob, &hidden).await.status, 404, "{hidden}");
    }
    for theirs in ["sandbox", "production"] {
        let page = get(&world, &bob, &format!("{other}/calls/call?in={theirs}&reference={reference}")).await;
        assert_eq!(page.status, 404, "another app's reference is not there");
    }
    let page = get(&world, &bob, &format!("{other}/calls?reference={reference}")).await;
    assert_eq!(page.status, 422);
    // A call that went well, and whose reference is another app's, is no way around it either.
    let well = with(200);
    assert_eq!(get(&world, &bob, &format!("{other}/calls/call?in=sandbox&reference={well}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_reads_its_limit_and_what_is_left() {
    let folder = Folder::new();
    let world = World::logged(&folder).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let (path, made) = world.app(&alice, &team, "machine").await;
    let (client, _) = world.clients(&path).await;
    assert_eq!(call(&world, &client, &shown(&made, "Client secret")).await, 200);
    let page = get(&world, &alice, &format!("{path}/calls?in=sandbox")).await;
    assert!(page.body.contains("70 times a minute") && page.body.contains("69 are left"), "{}", page.body);
    let page = get(&world, &alice, &format!("{path}/calls?in=production")).await;
    assert!(page.body.contains("as often as it likes"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_keeps_the_webhooks_of_its_app() {
    let world = World::with(|_| {}).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let (path, _) = world.app(&alice, &team, "machine").await;
    let (client, _) = world.clients(&path).await;
    let hooks = format!("{path}/webhooks");
    let page = get(&world, &alice, &hooks).await;
    let wrong = [("act", "add"), ("environment", "sandbox"), ("url", "https://10.0.0.1/hook")];
    let refused = world.send(&alice, &page, &hooks, &wrong).await;
    assert!(refused.status == 422 && refused.body.contains("cannot be called"), "{}", refused.body);
    let good =
        [("act", "add"), ("environment", "sandbox"), ("url", "https://hooks.example/a"), ("event", "app.approved")];
    let made = world.send(&alice, &page, &hooks, &good).await;
    assert!(made.status == 200 && made.body.contains("whsec_"), "{}", made.body);
    let of_operators = [good[0], good[1], good[2], ("event", "key.rotated")];
    assert_eq!(world.send(&alice, &page, &hooks, &of_operators).await.status, 422);
    let stored = webhooks::list(&world.portal.store, Some(&world.sandbox.realm.id), Some(&client)).await.unwrap();
    assert_eq!((stored.len(), &*stored[0].events), (1, &["app.approved".to_owned()][..]));
    let one = format!("{hooks}/{}", stored[0].id);
    assert!(!get(&world, &alice, &one).await.body.contains("whsec_"), "the secret is shown once");
    let rotated = world.send(&alice, &page, &one, &[("act", "rotate")]).await;
    assert!(rotated.status == 200 && rotated.body.contains("whsec_"));
    assert_eq!(world.send(&alice, &page, &one, &[("act", "off")]).await.status, 303);
    let paused = webhooks::find(&world.portal.store, &stored[0].id).await.unwrap();
    assert!(!paused.is_active);

    // Tests are bounded, and the answer says when there is another one; that of the other realm does not count.
    let test = async || world.send(&alice, &page, &one, &[("act", "test")]).await;
    for _ in 0..5 {
        assert_eq!(test().await.status, 200);
    }
    let refused = test().await;
    assert!(refused.status == 422 && refused.body.contains("Try again in "), "{}", refused.body);
    world.portal.pass(60);
    assert_eq!(test().await.status, 200);

    // Another team's webhook is not there, whether asked for by its own app or by this one.
    let bob = second(&world).await;
    let other_team = world.team(&bob).await;
    let (other, _) = world.app(&bob, &other_team, "machine").await;
    let own = get(&world, &bob, &format!("{other}/webhooks")).await;
    let foreign = format!("{other}/webhooks/{}", stored[0].id);
    assert_eq!(get(&world, &bob, &foreign).await.status, 404);
    for act in ["test", "remove", "rotate", "on"] {
        assert_eq!(world.send(&bob, &own, &foreign, &[("act", act)]).await.status, 404, "{act}");
        assert_eq!(world.send(&bob, &own, &one, &[("act", act)]).await.status, 404, "{act}");
    }
    assert_eq!(world.send(&alice, &page, &one, &[("act", "remove")]).await.status, 303);
    assert!(webhooks::find(&world.portal.store, &stored[0].id).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn redirect_uris_are_checked_without_being_kept() {
    let world = World::with(|_| {}).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let (path, _) = world.app(&alice, &team, "web").await;
    let page = get(&world, &alice, &format!("{path}/redirects")).await;
    let typed = [("redirect_uris", "http://fleet.example/<b>\nhttps://fleet.example/two")];
    let checked = world.send(&alice, &page, "/portal/check-redirects", &typed).await;
    assert!(checked.status == 200 && checked.body.contains("data-checked"), "{}", checked.body);
    assert!(checked.body.contains("a character that a URI cannot have") && checked.body.contains("can be used"));
    assert!(!checked.body.contains("<b>"));
    let kept = get(&world, &alice, &format!("{path}/redirects")).await;
    assert!(kept.body.contains("https://fleet.example/back") && !kept.body.contains("fleet.example/two"));
    let foreign = [("csrf", "another"), typed[0]];
    let sent = alice.send(&world.portal, reqwest::Method::POST, "/portal/check-redirects", Some(&foreign)).await;
    assert_eq!(sent.status, 303, "a form of another page is not answered");
}

/// Delivers what waits to a mail server of this test; what it was told.
async fn delivered(world: &World) -> String {
    let (port, heard) = mail_server().await;
    let smtp =
        Smtp { host: "127.0.0.1".into(), port, tls: TlsMode::None, credentials: None, ca_file: None, ehlo: None };
    let mailer = Mailer::new("Claviger <login@claviger.example>", &Outlet::Smtp(smtp)).unwrap();
    let server = &world.portal;
    let sent = deliver_due(&server.store, &server.state.secrets, &mailer, server.now()).await.unwrap();
    assert!(sent.len() == 1 && sent[0].outcome.is_ok(), "{sent:?}");
    heard.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_hears_that_its_app_was_stopped_is_served_again_and_ended() {
    let world = World::with(|_| {}).await;
    let alice = world.signed_in("alice").await;
    let team = world.team(&alice).await;
    let (path, _) = world.app(&alice, &team, "machine").await;
    let (_, production) = world.clients(&path).await;
    let (store, realm, now) = (&world.portal.store, &world.production.realm, world.portal.now());
    store.set_client_status(&realm.id, &production, ClientStatus::Active, now, now).await.unwrap();
    let (actor, pages) = (actor(), Pages::new(None).unwrap());
    let admin = Admin { store, actor: &actor, now };
    let desk = Desk { secrets: &world.portal.state.secrets, pages: &pages };

    apps::suspend_and_tell(&admin, desk, realm, &production).await.unwrap();
    let heard = delivered(&world).await;
    assert!(heard.contains("\nRCPT TO:<alice@") && heard.contains("is suspended at"), "{heard}");
    assert!(heard.replace("=\n", "").contains(&format!("{path}\n")), "the page of the app: {heard}");
    // Suspended again, nothing new happened, and nobody is told of it.
    apps::suspend_and_tell(&admin, desk, realm, &production).await.unwrap();
    assert_eq!(store.due_parcels(claviger_store::MAIL_TOPIC, now, 10).await.unwrap().len(), 0);
    apps::resume_and_tell(&admin, desk, realm, &production).await.unwrap();
    assert!(delivered(&world).await.contains("is served again at"));
    apps::delete_and_tell(&admin, desk, realm, &production).await.unwrap();
    assert!(delivered(&world).await.contains("was removed at"));
    assert!(apps::find(store, realm, &production).await.is_err());
    assert!(apps::delete_and_tell(&admin, desk, realm, &production).await.is_err());
}
