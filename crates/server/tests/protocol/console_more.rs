//! The console: deadlines of old behaviours, live parts, files of the log of acts.

use crate::common::{Server, client};
use crate::console::{enter, give, send};
use claviger_core::client::{Client, GrantType};
use claviger_core::dialect::Legacy;
use claviger_core::permission::Role;
use claviger_core::realm::Administration;
use claviger_core::sign_in::{Demand, SignInPolicy};
use claviger_store::AuditFilter;

const DAY: i64 = 86_400_000;

/// An admin realm, and one whose dialect permits the password grant.
async fn started() -> (Server, Server) {
    let server = Server::with(|realm| {
        realm.administration = Some(Administration { realms: vec!["*".to_owned()], ..Administration::default() });
        // The form that chooses one of several languages has the session's token.
        realm.languages = vec!["en".to_owned(), "de".to_owned()];
        realm.sign_in = SignInPolicy { second_factor: Demand::Optional, ..SignInPolicy::default() };
    })
    .await;
    let orders = server.neighbour(|realm| realm.dialect.permits = [Legacy::Password].into()).await;
    (server, orders)
}

fn old(id: &str) -> Client {
    let grants = [GrantType::Password, GrantType::RefreshToken].into();
    Client {
        grants,
        legacy: [Legacy::Password].into(),
        owner_email: Some("dev@fleet.example".to_owned()),
        ..client(id)
    }
}

/// The first day that is so many days away.
fn day(server: &Server, days: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(server.now() + days * DAY).unwrap();
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// Does what the job does, now.
async fn look(server: &Server) {
    for due in server.store.due_deadlines(server.now(), 10).await.unwrap() {
        let next = due.next_at.filter(|_| due.ends_at > server.now()).map(|_| due.ends_at);
        assert!(server.store.tell_of_deadline(&due, next, (true, None), server.now()).await.unwrap());
        assert!(!server.store.tell_of_deadline(&due, next, (true, None), server.now()).await.unwrap(), "told twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_told_and_where_that_was_said_the_behaviour_ends_with_it() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    for id in ["app", "later"] {
        orders.add_client(&old(id)).await;
    }
    orders.add_client(&client("modern")).await;
    let browser = enter(&server, "alice").await;
    let page = "/console/r/neighbour/deadline";
    let about =
        |app, day| [("legacy", "password"), ("app", app), ("day", day), ("note", "Use <b>codes</b>."), ("act", "set")];

    for (app, day, status) in
        [("app", "2020-01-01", 422), ("app", "soon", 422), ("modern", "2999-01-01", 422), ("nobody", "2999-01-01", 404)]
    {
        let refused = send(&browser, &server, page, &about(app, day)).await;
        assert_eq!(refused.status, status, "{app} {day}: {}", refused.body);
    }
    assert!(orders.store.deadlines_by_end("neighbour", 10).await.unwrap().is_empty());

    let (soon, far) = (day(&server, 3), day(&server, 90));
    let mut form = about("app", &soon).to_vec();
    form.push(("enforce", "yes"));
    let done = send(&browser, &server, page, &form).await;
    assert_eq!(done.header("location"), "/console/r/neighbour/dialect?said=deadline", "{}", done.body);
    let done = send(&browser, &server, page, &about("later", &far)).await;
    assert_eq!(done.status, 303);
    let dialect = browser.get(&server, "/console/r/neighbour/dialect").await;
    assert!(dialect.body.contains("refused from then on") && dialect.body.contains(&soon), "{}", dialect.body);
    let app = browser.get(&server, "/console/r/neighbour/app?id=app").await;
    assert!(
        app.body.contains("Has a deadline") && app.body.contains("&lt;b&gt;codes") && !app.body.contains("<b>codes")
    );
    let mails = claviger_server::admin::mails::list(&orders.store).await.unwrap();
    assert_eq!(mails.iter().filter(|mail| mail.addressee == "dev@fleet.example").count(), 2);

    let back = [("legacy", "password"), ("app", "later"), ("act", "remove")];
    let back = send(&browser, &server, page, &back).await;
    assert_eq!(back.header("location"), "/console/r/neighbour/dialect?said=deadline-removed", "{}", back.body);

    let ask =
        [("grant_type", "password"), ("username", "alice"), ("password", crate::common::PASSWORD), ("scope", "read")];
    assert_eq!(orders.token("app", &ask).await.status, 200, "until then it goes on");
    server.pass(4 * 86_400);
    orders.set_clock(server.now());
    look(&orders).await;
    orders.until(|| async { orders.token("app", &ask).await.status == 400 }).await;
    let refused = orders.token("app", &ask).await;
    assert_eq!(refused.json()["error"], "unauthorized_client");
    assert!(refused.body.contains("deadline is over"), "{}", refused.body);
    assert_eq!(orders.token("later", &ask).await.status, 200, "it has no deadline any more");

    // What is said of the client otherwise does not bring it back.
    let was = orders.store.client_with_secrets("neighbour", "app").await.unwrap().unwrap().0;
    assert!(was.legacy_ended.contains(&Legacy::Password));
    let renamed = Client { name: "Another".to_owned(), ..was.clone() };
    orders.store.edit_client("neighbour", &was, &renamed, orders.now()).await.unwrap();
    let now = orders.store.client_with_secrets("neighbour", "app").await.unwrap().unwrap().0;
    assert!(now.name == "Another" && now.legacy_ended.contains(&Legacy::Password));

    // Without the deadline it goes on.
    let apps = vec!["app".to_owned()];
    assert_eq!(orders.store.remove_deadlines("neighbour", apps, "password", orders.now()).await.unwrap(), 1);
    orders.until(|| async { orders.token("app", &ask).await.status == 200 }).await;
    let lines = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
    let mut acts: Vec<_> =
        lines.iter().map(|line| line.act.as_str()).filter(|act| act.starts_with("legacy.")).collect();
    acts.reverse();
    assert_eq!(acts, ["legacy.deadline", "legacy.deadline", "legacy.deadline-remove"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_for_all_is_set_for_those_that_have_the_behaviour() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    give(&server, "carl", Role::Auditor, "*").await;
    give(&server, "dora", Role::Auditor, "*").await;
    for n in 0..3 {
        orders.add_client(&old(&format!("old-{n}"))).await;
    }
    orders.add_client(&client("modern")).await;
    let far = day(&server, 90);
    let form = [("legacy", "password"), ("app", ""), ("day", far.as_str()), ("act", "set")];
    let browser = enter(&server, "carl").await;
    let refused = send(&browser, &server, "/console/r/neighbour/deadline", &form).await;
    assert_eq!(refused.status, 403);
    let browser = enter(&server, "alice").await;
    let no_csrf = browser.send(&server, reqwest::Method::POST, "/console/r/neighbour/deadline", Some(&form)).await;
    assert_eq!(no_csrf.header("location"), "/console?said=again");
    assert!(orders.store.deadlines_by_end("neighbour", 10).await.unwrap().is_empty());
    let ask = browser.get(&server, "/console/r/neighbour/deadline?legacy=password").await;
    assert!(ask.body.contains("for every app that was given"), "{}", ask.body);
    assert_eq!(send(&browser, &server, "/console/r/neighbour/deadline", &form).await.status, 303);
    let set = orders.store.deadlines_by_end("neighbour", 10).await.unwrap();
    assert_eq!(set.iter().map(|one| one.client.as_str()).collect::<Vec<_>>(), ["old-0", "old-1", "old-2"]);
    // An app that goes takes its deadline along.
    orders.store.delete_client("neighbour", "old-1", orders.now(), orders.now()).await.unwrap();
    assert_eq!(orders.store.deadlines_by_end("neighbour", 10).await.unwrap().len(), 2);

    // All are taken back at once, a line for each; what is said of another behaviour stays.
    let other = claviger_store::LegacyDeadline { legacy: "no-pkce".into(), ..set[0].clone() };
    orders.store.set_deadlines(vec![(other, None)], "", orders.now()).await.unwrap();
    let ask = browser.get(&server, "/console/r/neighbour/deadline?legacy=password").await;
    assert!(ask.body.contains("2 apps have a date") && ask.body.contains("To undo it"), "{}", ask.body);
    let back = [("legacy", "password"), ("app", ""), ("act", "remove")];
    let auditor = enter(&server, "dora").await;
    let refused = send(&auditor, &server, "/console/r/neighbour/deadline", &back).await;
    assert_eq!(refused.status, 403);
    let done = send(&browser, &server, "/console/r/neighbour/deadline", &back).await;
    assert_eq!(done.header("location"), "/console/r/neighbour/dialect?said=deadlines-removed", "{}", done.body);
    let left = orders.store.deadlines_by_end("neighbour", 10).await.unwrap();
    assert_eq!(left.iter().map(|one| one.legacy.as_str()).collect::<Vec<_>>(), ["no-pkce"]);
    let lines = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
    let mut taken: Vec<_> =
        lines.iter().filter(|line| line.act == "legacy.deadline-remove").map(|line| line.subject.as_str()).collect();
    taken.sort_unstable();
    assert_eq!(taken, ["old-0", "old-2"]);
    let ask = browser.get(&server, "/console/r/neighbour/deadline?legacy=password").await;
    assert!(!ask.body.contains("Take the deadlines of all apps back"), "{}", ask.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_apps_are_live_and_only_such_pages_may_fetch() {
    let (server, _orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    let browser = enter(&server, "alice").await;
    let live = browser.get(&server, "/console/approvals").await;
    assert!(live.body.contains("id=\"waiting\"") && live.body.contains("data-live"), "{}", live.body);
    assert!(live.header("content-security-policy").contains("connect-src 'self'"));
    let script = live.body.split("<script src=\"").find(|part| part.starts_with("/-/live.js")).unwrap();
    let script = browser.get(&server, script.split('"').next().unwrap()).await;
    assert!(script.status == 200 && script.header("content-type").starts_with("text/javascript"));
    let still = browser.get(&server, "/console/people").await;
    assert!(!still.body.contains("live.js") && !still.header("content-security-policy").contains("connect-src"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_acts_is_also_a_json_file() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    orders.add_client(&client("app")).await;
    let browser = enter(&server, "alice").await;
    send(&browser, &server, "/console/r/neighbour/app", &[("id", "app"), ("act", "suspend")]).await;
    let page = browser.get(&server, "/console/audit").await;
    assert!(page.body.contains("/console/audit.json"), "{}", page.body);
    let file = browser.get(&server, "/console/audit.json?act=app.suspend").await;
    assert_eq!(file.header("content-type"), "application/json");
    assert!(file.header("content-disposition").contains("audit.json"));
    let lines = file.json();
    assert_eq!(lines.as_array().unwrap().len(), 1);
    assert_eq!((&lines[0]["act"], &lines[0]["after"]["status"]), (&"app.suspend".into(), &"suspended".into()));
    give(&server, "rita", Role::Reviewer, "neighbour").await;
    let rita = enter(&server, "rita").await;
    assert_eq!(rita.get(&server, "/console/audit.json").await.json().as_array().unwrap().len(), 0);
}
