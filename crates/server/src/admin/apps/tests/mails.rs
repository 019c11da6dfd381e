//! What mails say and to whom, and what becomes of one that a server refuses for good.

use super::smtp::{self, part};
use super::*;

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_told_to_the_operator_and_not_tried_again() {
    let world = World::new().await;
    let (port, received) = smtp::start_with(1, "550 5.1.1 nobody of this name");
    world.register("fleet").await;
    let mail = world.approve("fleet").await.unwrap().mail.unwrap();
    let attempts = world.deliver(port).await;
    assert!(attempts[0].outcome.as_ref().unwrap_err().is_for_good(), "{attempts:?}");
    for hour in 0..24 * 6 {
        world.hand.store(NOW + hour * 60 * MINUTE, Ordering::Relaxed);
        assert!(world.deliver(port).await.is_empty(), "after {hour} hours");
    }
    let listed = crate::admin::mails::list(&world.state.store).await.unwrap();
    assert_eq!((listed[0].attempts, listed[0].given_up_at), (1, Some(NOW)));
    assert!(listed[0].last_error.as_ref().unwrap().contains("nobody of this name"), "{listed:?}");

    crate::admin::mails::retry(&world.admin(), &id_text(&mail)).await.unwrap();
    assert!(matches!(world.deliver(port).await[0].outcome, Ok(Delivered::Accepted)));
    assert!(received.recv().unwrap().data.contains("Fleet Planner"));
    let again = crate::admin::mails::retry(&world.admin(), &id_text(&mail)).await;
    assert!(matches!(again, Err(AdminError::NoSuchMail(_))), "it was sent");
}

#[tokio::test]
async fn what_the_server_says_of_our_login_is_not_the_mails_end() {
    let world = World::new().await;
    let (port, _received) = smtp::start_with(1, "530 5.7.0 authenticate first");
    world.register("fleet").await;
    world.approve("fleet").await.unwrap();
    assert!(!world.deliver(port).await[0].outcome.as_ref().unwrap_err().is_for_good());
    world.hand.store(NOW + MINUTE, Ordering::Relaxed);
    assert!(matches!(world.deliver(port).await[0].outcome, Ok(Delivered::Accepted)));
}

#[tokio::test]
async fn the_greeting_is_the_senders_domain_unless_a_name_is_given() {
    for (ehlo, expected) in [
        (None, "harbour.example"),
        (Some("mx.harbour.example"), "mx.harbour.example"),
        (Some("192.0.2.7"), "[192.0.2.7]"),
    ] {
        let world = World::new().await;
        let (port, received) = smtp::start(0);
        world.register("fleet").await;
        world.approve("fleet").await.unwrap();
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port,
            tls: TlsMode::None,
            credentials: None,
            ca_file: None,
            ehlo: ehlo.map(str::to_owned),
        };
        let mailer = Mailer::new("Harbour <apps@harbour.example>", &Outlet::Smtp(smtp)).unwrap();
        deliver_due(&world.state.store, &world.state.secrets, &mailer, NOW).await.unwrap();
        assert_eq!(received.recv().unwrap().hello, expected);
    }
}

#[tokio::test]
async fn an_approval_mail_says_what_the_app_may_do() {
    let world = World::new().await;
    let (port, received) = smtp::start(0);
    let registration = Registration {
        id: Some("web".to_owned()),
        name: "Web".to_owned(),
        owner_email: Some("dev@fleet.example".to_owned()),
        redirect_uris: vec!["https://web.example/back".to_owned()],
        scope: "read".to_owned(),
        ..Registration::default()
    };
    register(&world.admin(), &world.realm, registration).await.unwrap();
    world.approve("web").await.unwrap();
    world.deliver(port).await;
    let mail = received.recv().unwrap();
    let html = part(&mail.data, "text/html").replace("&#x2f;", "/");
    for said in [&part(&mail.data, "text/plain"), &html] {
        for wanted in [
            "https://web.example/back",
            "read",
            "Read.",
            "https://api.example",
            "PKCE (RFC 7636, S256) may be left out",
        ] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
    assert!(html.contains("prefers-color-scheme: dark"), "{html}");
    // A public client, and one that acts for itself: nothing to say of PKCE.
    world.register("fleet").await;
    world.approve("fleet").await.unwrap();
    world.deliver(port).await;
    assert!(!part(&received.recv().unwrap().data, "text/plain").contains("PKCE"));
}

#[tokio::test]
async fn a_lost_mail_is_sent_again_with_another_secret_until_its_link_is_opened() {
    let world = World::new().await;
    world.register("fleet").await;
    let (secrets, pages, realm) = (&world.state.secrets, &world.state.pages.load(), &world.realm);
    let again = async || resend(&world.admin(), secrets, pages, realm, "fleet").await;
    assert!(matches!(again().await, Err(AdminError::NotApproved { .. })));
    let lost = world.approve("fleet").await.unwrap().link.unwrap();
    let resent = again().await.unwrap();
    let link = resent.link.unwrap();
    assert!(resent.mail.is_some());
    assert_eq!(world.request("GET", lost.expose(), &[], "").await.status, 410);
    let page = world.request("GET", link.expose(), &[], "").await;
    let form = format!("csrf={}", page.csrf());
    let shown = world.request("POST", link.expose(), &[(COOKIE, &page.cookie)], &form).await;
    let at = shown.body.find("cvs_").unwrap();
    world.state.follower().catch_up().await.unwrap();
    assert_eq!(world.token("fleet", &shown.body[at..at + 47]).await, 200);
    let (_, listed) = secrets_of(&world.state.store, realm, "fleet").await.unwrap();
    assert_eq!(listed.iter().filter(|secret| secret.is_live(NOW)).count(), 1);
    let opened = again().await.unwrap_err();
    assert!(matches!(opened, AdminError::LinkUsed { used_at: NOW, .. }), "{opened}");
}

#[tokio::test]
async fn an_owner_hears_of_a_rejection_and_why() {
    let world = World::new().await;
    let (port, received) = smtp::start(0);
    world.register("fleet").await;
    let mail = world.reject("fleet").await.unwrap().unwrap();
    assert_eq!(world.deliver(port).await[0].id, mail);
    let mail = received.recv().unwrap();
    assert!(mail.data.contains("Subject: Fleet Planner is not approved for Harbour"), "{}", mail.data);
    let html = part(&mail.data, "text/html").replace("&#x27;", "'");
    for said in [&part(&mail.data, "text/plain"), &html] {
        assert!(said.contains("fleet") && said.contains("The return address is somebody else's."), "{said}");
    }
    assert!(html.contains("prefers-color-scheme: dark"));
}
