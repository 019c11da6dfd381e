//! What account pages show and change, and what is kept of what people agreed to.

use crate::fixtures::{HOUR, MINUTE, NOW, access, client, grant, id, organisation, seat, set_up, user};
use claviger_core::ScopeSet;
use claviger_core::sign_in::FactorKind;
use claviger_store::{
    Act, Activity, ActivityKind, Actor, AppConsent, Approval, AuditFilter, ConsentGrant, Evidence, Factor, Id, Issue,
    Issued, Masked, NewGrant, Of, Precondition, Session, Store, Way,
};

fn act(store: &Store, act: Act) -> Store {
    let actor = Actor { name: "u".into(), way: Way::Account, reference: "r".into() };
    store.audited(&actor, act)
}

async fn acts(store: &Store) -> Vec<String> {
    let lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
    lines.iter().rev().map(|line| format!("{} {}/{}", line.act, line.subject_kind, line.subject)).collect()
}

fn consent(app: &str, organisations: &[&str]) -> ConsentGrant {
    ConsentGrant {
        realm: "r".into(),
        user: "u".into(),
        client: app.into(),
        scope: ScopeSet::parse("read").unwrap(),
        organisations: organisations.iter().map(|id| (*id).to_owned()).collect(),
        until: None,
    }
}

fn evidence(app: &str, doc: &str) -> Evidence {
    Evidence {
        id: id(),
        realm: "r".into(),
        user: "u".into(),
        client: app.into(),
        doc: doc.into(),
        address: "192.0.2.7".into(),
        at: NOW,
        kept: HOUR,
    }
}

/// A grant for these organisations, with an opaque token.
async fn begun(store: &Store, app: &str, organisations: &[&str]) -> (Id, Id) {
    let (id, token) = (id(), crate::fixtures::id());
    let doc = serde_json::json!({ "scope": "read", "organisations": organisations }).to_string();
    let new = NewGrant { client: app.into(), doc, ..grant(id) };
    let access = claviger_store::NewAccessToken { client: app.into(), ..access(token, Some(id)) };
    let issue = Issue { now: NOW, new_grant: Some(new), access: Some(access), ..Issue::default() };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    (id, token)
}

pub(crate) async fn apps_are_listed_in_pages_and_taken_back(store: Store) {
    set_up(&store).await;
    for app in ["a", "b", "d"] {
        store.put_client("r", &client(app), NOW).await.unwrap();
    }
    store.grant_consent(consent("a", &[]), NOW).await.unwrap();
    store.grant_consent(consent("b", &[]), NOW + 1).await.unwrap();
    store.grant_consent(consent("b", &[]), NOW + 2).await.unwrap();
    let (first, _) = begun(&store, "a", &[]).await;
    begun(&store, "a", &[]).await;
    let (alone, _) = begun(&store, "c", &[]).await;
    let listed = async |after: &str, limit| {
        let all = store.connected_apps("r", "u", after, NOW, limit).await.unwrap();
        all.into_iter().map(|app| (app.id, app.since - NOW, app.used_at.is_some())).collect::<Vec<_>>()
    };
    let entry = |id: &str, since, used| (id.to_owned(), since, used);
    // What one was asked for, and what acts without it; `since` does not move with what is allowed later.
    assert_eq!(listed("", 10).await, [entry("a", 0, true), entry("b", 1, false), entry("c", 0, true)]);
    assert_eq!(listed("a", 1).await, [entry("b", 1, false)]);
    assert!(store.connected_app("r", "u", "d", NOW).await.unwrap().is_none());
    assert!(store.connected_app("r", "v", "a", NOW).await.unwrap().is_none());
    assert_eq!(store.grants_of_apps("r", "u", ("a", "b"), NOW, 10).await.unwrap().len(), 2);
    // None that is over.
    assert_eq!(listed("", 10).await.len(), 3);
    let late = store.connected_apps("r", "u", "", NOW + 2 * HOUR, 10).await.unwrap();
    assert_eq!(late.iter().map(|app| (app.id.as_str(), app.used_at)).collect::<Vec<_>>(), [("a", None), ("b", None)]);

    let remembered = AppConsent {
        realm: "r".into(),
        user: "u".into(),
        client: "a".into(),
        doc: "{}".into(),
        remembered_until: i64::MAX,
    };
    store.put_app_consent(remembered).await.unwrap();
    let withdraw = act(&store, Act::ConsentWithdraw);
    assert_eq!(withdraw.withdraw_consent_by_act("r", "u", "a", NOW, NOW + HOUR).await.unwrap(), Some(2));
    assert!(store.app_consent("r", "u", "a").await.unwrap().is_none());
    assert!(!store.grant(&first).await.unwrap().unwrap().is_live(NOW));
    assert_eq!(withdraw.withdraw_consent_by_act("r", "u", "c", NOW, NOW + HOUR).await.unwrap(), None);
    assert_eq!(withdraw.disconnect_app_by_act("r", "u", "c", NOW, NOW + HOUR).await.unwrap(), Some(1));
    assert!(!store.grant(&alone).await.unwrap().unwrap().is_live(NOW));
    assert_eq!(listed("", 10).await, [entry("b", 1, false)]);
    assert_eq!(acts(&store).await, ["consent.withdraw consent/a/u", "consent.withdraw consent/c/u"]);
}

pub(crate) async fn companies_of_an_app_are_changed_in_its_grants(store: Store) {
    set_up(&store).await;
    store.grant_consent(consent("c", &["north", "south"]), NOW).await.unwrap();
    let (both, token) = begun(&store, "c", &["north", "south"]).await;
    let (alone, _) = begun(&store, "c", &["south"]).await;
    let (none, _) = begun(&store, "c", &[]).await;
    let before = store.grant_with_user(&both).await.unwrap().unwrap().precondition;
    let edit = act(&store, Act::ConsentEdit);
    let (now, until) = (NOW + MINUTE, NOW + 2 * HOUR);
    let wanted = ["north".to_owned(), "west".to_owned()];
    assert!(edit.change_companies("r", ("u", "c"), &wanted, now, until).await.unwrap());
    assert!(!edit.change_companies("r", ("u", "c"), &wanted, now, until).await.unwrap(), "the same again");
    assert!(!edit.change_companies("r", ("u", "d"), &wanted, now, until).await.unwrap(), "no such consent");
    let doc = async |id: &Id| {
        let row = store.grant(id).await.unwrap().unwrap();
        let doc: serde_json::Value = serde_json::from_str(&row.grant.doc).unwrap();
        (row.is_live(now), doc["organisations"].clone())
    };
    assert_eq!(doc(&both).await, (true, serde_json::json!(["north", "west"])));
    assert_eq!(doc(&alone).await, (true, serde_json::json!(["west"])));
    assert_eq!(doc(&none).await, (true, serde_json::json!([])));
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    assert_ne!(store.grant_with_user(&both).await.unwrap().unwrap().precondition, before, "nobody goes on as before");
    let feed = store.revocations_after(Some("r"), 0, 10).await.unwrap();
    assert!(feed.items.iter().all(|item| item.before == now), "what is given later is good: {feed:?}");
    assert!(edit.change_companies("r", ("u", "c"), &["north".to_owned()], now, until).await.unwrap());
    assert!(!doc(&alone).await.0, "a grant for none ends");
    assert_eq!(acts(&store).await, ["consent.edit consent/c/u", "consent.edit consent/c/u"]);
}

pub(crate) async fn evidence_is_kept_while_it_stands_and_for_so_long_after(store: Store) {
    set_up(&store).await;
    let agreed = async |evidence: Evidence| {
        let approval =
            Approval { now: NOW, consent: Some(consent("c", &[])), evidence: Some(evidence), ..Approval::default() };
        assert!(store.approve(approval).await.unwrap());
    };
    agreed(evidence("c", "one")).await;
    agreed(evidence("c", "one")).await;
    agreed(evidence("c", "two")).await;
    let listed = async |limit| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_evidence("r", &Of::default(), after.as_ref(), limit).await.unwrap();
            let Some(last) = page.last().cloned() else { break };
            all.extend(page.into_iter().map(|line| (line.doc, line.ended_at, line.expires_at)));
            after = Some(last);
        }
        all
    };
    assert_eq!(listed(1).await, [("one".to_owned(), None, None), ("two".to_owned(), None, None)]);
    store.purge(i64::MAX - 1, 100).await.unwrap();
    assert_eq!(listed(9).await.len(), 2, "it stands");
    let of = Of { app: Some("c".into()), user: Some("u".into()) };
    let line = &store.list_evidence("r", &of, None, 9).await.unwrap()[0];
    assert_eq!((line.username.as_deref(), line.address.as_str(), line.at), (Some("u@example.com"), "192.0.2.7", NOW));
    act(&store, Act::ConsentWithdraw).withdraw_consent_by_act("r", "u", "c", NOW, NOW + HOUR).await.unwrap();
    assert!(listed(9).await.iter().all(|(_, ended, until)| (*ended, *until) == (Some(NOW), Some(NOW + HOUR))));
    agreed(evidence("c", "one")).await;
    assert_eq!(listed(9).await.len(), 3, "agreed to anew");
    store.purge(NOW + HOUR + 1, 100).await.unwrap();
    assert_eq!(listed(9).await, [("one".to_owned(), None, None)]);
    store.delete_client("r", "c", NOW, NOW).await.unwrap();
    assert_eq!(listed(9).await, [("one".to_owned(), Some(NOW), Some(NOW + HOUR))], "an app that is gone acts no more");
    store.delete_user("r", "u", NOW, NOW).await.unwrap();
    assert!(listed(9).await.is_empty());
}

pub(crate) async fn activity_is_bounded_and_goes_with_its_user(store: Store) {
    set_up(&store).await;
    let session = Session {
        hash: [1; 32],
        realm: "r".into(),
        user: "u".into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + HOUR,
        how: None,
    };
    store.create_session(session, Precondition::default()).await.unwrap();
    let one = |n: u8, kind| Activity {
        id: [n; 16],
        realm: "r".into(),
        user: "u".into(),
        kind,
        about: "app".into(),
        browser: "Firefox, Linux".into(),
        address: "192.0.2.7".into(),
        at: NOW + i64::from(n),
    };
    for n in 0..130 {
        let session = (n == 0).then_some([1; 32]);
        store.note_activity(session, Some(one(n, ActivityKind::SignedIn))).await.unwrap();
    }
    for n in 130..180 {
        store.note_activity(None, Some(one(n, ActivityKind::Refused))).await.unwrap();
    }
    let all = store.activity("r", "u", None, 1000).await.unwrap();
    assert_eq!((all.len(), all[0].id, all[20].id, all[119].id), (120, [179; 16], [129; 16], [30; 16]));
    let behind = store.activity("r", "u", Some(&[129; 16]), 2).await.unwrap();
    assert_eq!((behind[0].id, behind[0].kind.as_str(), behind[0].about.as_str()), ([128; 16], "signed-in", "app"));
    assert!(store.activity("r", "v", None, 9).await.unwrap().is_empty());
    let own = store.sessions_of_user("r", "u", NOW, 9).await.unwrap();
    assert_eq!((own.len(), own[0].browser.as_str(), own[0].address.as_str()), (1, "Firefox, Linux", "192.0.2.7"));
    store.delete_user("r", "u", NOW, NOW).await.unwrap();
    assert!(store.activity("r", "u", None, 9).await.unwrap().is_empty());
}

pub(crate) async fn a_language_is_kept_and_lost_factors_are_removed_once(store: Store) {
    set_up(&store).await;
    assert!(store.set_language("r", "u", "de", NOW).await.unwrap());
    assert!(!store.set_language("r", "u", "de", NOW).await.unwrap());
    assert!(!store.set_language("r", "ghost", "de", NOW).await.unwrap());
    let stored = store.user("r", "u").await.unwrap().unwrap().user;
    assert_eq!(stored.details.claims["locale"], "de");
    let factor = Factor {
        id: "f".into(),
        kind: FactorKind::Totp,
        label: String::new(),
        content: Masked(vec![1]),
        counter: 0,
        created_at: NOW,
        used_at: None,
    };
    store.add_factors("r", "u", vec![factor], NOW, NOW).await.unwrap();
    let reset = act(&store, Act::UserResetFactor);
    assert_eq!(reset.reset_factors("r", "u", NOW).await.unwrap(), 1);
    assert_eq!(reset.reset_factors("r", "u", NOW).await.unwrap(), 0);
    assert!(store.factors("r", "u").await.unwrap().is_empty());
    assert_eq!(acts(&store).await, ["user.reset-factor user/u"]);
}

pub(crate) async fn seats_of_a_user_are_told_with_names(store: Store) {
    set_up(&store).await;
    let id = id();
    let claim = seat(id, 2, NOW + HOUR);
    let issue = Issue { now: NOW, new_grant: Some(grant(id)), seats: vec![claim], ..Issue::default() };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    let held = store.seats_of_user("r", "u", NOW, 9).await.unwrap();
    assert_eq!((held.len(), held[0].seat.pool.as_str(), held[0].client_name.as_deref()), (1, "p", Some("c")));
    assert!(store.seats_of_user("r", "v", NOW, 9).await.unwrap().is_empty());
    assert!(store.seats_of_user("r", "u", NOW + 2 * HOUR, 9).await.unwrap().is_empty());
}

pub(crate) async fn an_organisation_says_which_apps_may_act_and_ends_what_they_have(store: Store) {
    set_up(&store).await;
    store.put_organisation("r", &organisation("acme"), NOW).await.unwrap();
    store.put_client("r", &client("d"), NOW).await.unwrap();
    store.put_user("r", &user("v"), None, NOW).await.unwrap();
    let rules = act(&store, Act::OrganisationApps);
    assert!(rules.set_app_rule("r", "acme", "c", Some(false), NOW).await.unwrap());
    assert!(!rules.set_app_rule("r", "acme", "c", Some(false), NOW).await.unwrap());
    assert!(rules.set_app_rule("r", "acme", "", Some(false), NOW).await.unwrap());
    let said = async || {
        let all = store.app_rules("r").await.unwrap();
        all.into_iter().map(|rule| (rule.organisation, rule.app, rule.allowed)).collect::<Vec<_>>()
    };
    let rule = |app: &str, allowed| ("acme".to_owned(), app.to_owned(), allowed);
    assert_eq!(said().await, [rule("", false), rule("c", false)]);
    assert!(rules.set_app_rule("r", "acme", "", None, NOW).await.unwrap());
    assert!(!rules.set_app_rule("r", "acme", "", None, NOW).await.unwrap());
    assert_eq!(said().await, [rule("c", false)]);

    let (only, _) = begun(&store, "c", &["acme"]).await;
    begun(&store, "c", &["acme"]).await;
    let (both, token) = begun(&store, "d", &["acme", "other"]).await;
    let (other, _) = begun(&store, "d", &["other"]).await;
    let acting = store.acting_for("r", "acme", NOW, 100).await.unwrap();
    let named: Vec<_> = acting.iter().map(|one| (one.app.as_str(), one.username.as_deref())).collect();
    assert_eq!(named, [("c", Some("u@example.com")), ("d", Some("u@example.com"))]);
    let end = act(&store, Act::GrantRevoke);
    assert_eq!(end.end_acting_for("r", "acme", Some("d"), NOW + 1, NOW + HOUR).await.unwrap(), 1);
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    let row = store.grant(&both).await.unwrap().unwrap();
    assert!(row.is_live(NOW) && row.grant.doc.contains("other") && !row.grant.doc.contains("acme"), "{row:?}");
    assert!(store.grant(&only).await.unwrap().unwrap().is_live(NOW));
    assert_eq!(end.end_acting_for("r", "acme", None, NOW + 1, NOW + HOUR).await.unwrap(), 2);
    assert!(!store.grant(&only).await.unwrap().unwrap().is_live(NOW));
    assert!(store.grant(&other).await.unwrap().unwrap().is_live(NOW));
    assert!(store.acting_for("r", "acme", NOW, 100).await.unwrap().is_empty());
    store.remove_organisation("r", "acme", NOW).await.unwrap();
    assert!(said().await.is_empty());
}
