//! Every act leaves one line, and no secret in it.

mod acts;

use super::apps::{self, Registration};
use super::{Act, Actor, Admin, AdminError, Subject, SubjectKind, Way, audit, keys, seats, users};
use crate::clock::Clock;
use crate::hashing::Hasher;
use crate::master_key::MasterKey;
use crate::master_keys::MasterKeys;
use crate::pages::Pages;
use crate::secrets::Secrets;
use claviger_core::{Realm, User};
use claviger_store::{AuditFilter, AuditLine, Options, Store};
use serde_json::{Value, json};

const NOW: i64 = 1_795_234_607_000;

struct World {
    store: Store,
    actor: Actor,
    realm: Realm,
}

impl World {
    async fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let realm: Realm = serde_json::from_value(json!({
            "id": "r", "name": "R", "issuer": "http://localhost:9001", "authorities": ["localhost:9001"],
            "dialect": {}, "apis": [{"audience": "https://api.example", "name": "API"}],
            "scopes": [{"name": "read", "sentence": "Read."}],
        }))
        .unwrap();
        store.put_realm(&realm, NOW).await.unwrap();
        let ada: User =
            serde_json::from_value(json!({ "id": "u", "username": "ada", "email": "ada@example.com" })).unwrap();
        store.put_user("r", &ada, None, NOW).await.unwrap();
        let actor = Actor { name: "vendor".to_owned(), way: Way::Console, reference: "ref".to_owned() };
        Self { store, actor, realm }
    }

    fn admin(&self) -> Admin<'_> {
        Admin { store: &self.store, actor: &self.actor, now: NOW }
    }

    async fn lines(&self) -> Vec<AuditLine> {
        audit::list(&self.store, &AuditFilter::default(), 1000).await.unwrap()
    }

    /// The one line that came since the last call; its act, subject, before and after.
    async fn line(&self, seen: &mut usize) -> (String, String, Value, Value) {
        let lines = self.lines().await;
        *seen += 1;
        assert_eq!(lines.len(), *seen, "{:?}", lines.last());
        let line = lines.last().unwrap();
        let json =
            |text: &Option<String>| text.as_ref().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
        assert_eq!(
            (line.actor.as_deref(), line.way.as_str(), line.reference.as_str()),
            (Some("vendor"), "console", "ref")
        );
        let subject = format!("{}/{}", line.subject_kind, line.subject);
        (line.act.clone(), subject, json(&line.before), json(&line.after))
    }
}

fn status(name: &str) -> Value {
    json!({ "status": name })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_leaves_one_line_without_a_secret() {
    let world = World::new().await;
    let (admin, realm, secrets) = (world.admin(), &world.realm, Secrets::new(&[7; 32]));
    let (hasher, pages) = (Hasher::new(1, 4).unwrap(), Pages::new(None).unwrap());
    let mut seen = 0;
    let mut told = Vec::new();
    let registration = Registration {
        id: Some("a".to_owned()),
        name: "A".to_owned(),
        owner_email: Some("dev@a.example".to_owned()),
        scope: "read".to_owned(),
        ..Registration::default()
    };
    apps::register(&admin, realm, registration.clone()).await.unwrap();
    let (act, subject, before, after) = world.line(&mut seen).await;
    assert_eq!((subject.as_str(), &before, &after["status"]), ("app/a", &Value::Null, &json!("pending")));
    assert!(after.get("owner_email").is_none(), "an address stands apart");
    told.push(act);

    apps::reject(&admin, &secrets, &pages, realm, "a", None).await.unwrap();
    let (act, _, before, after) = world.line(&mut seen).await;
    assert_eq!((before, after), (status("pending"), status("rejected")));
    told.push(act);

    let approved = apps::approve(&admin, &secrets, &pages, realm, "a").await.unwrap();
    let (act, _, before, after) = world.line(&mut seen).await;
    assert_eq!((before, &after["status"]), (status("rejected"), &json!("active")));
    told.push(act);

    let made = apps::add_secret(&admin, &secrets, realm, "a", "second".to_owned(), None).await.unwrap();
    let (act, subject, before, after) = world.line(&mut seen).await;
    assert_eq!((subject, before), (format!("secret/a/{}", made.id), Value::Null));
    assert_eq!(after, json!({ "label": "second", "kind": "hmac", "expires_at": null }));
    told.push(act);

    apps::retire_secret(&admin, realm, "a", &made.id).await.unwrap();
    let (act, subject, _, after) = world.line(&mut seen).await;
    assert_eq!((subject, after), (format!("secret/a/{}", made.id), json!({ "retired_at": NOW })));
    told.push(act);

    let imported = ("brought".to_owned(), "brought-along".into());
    apps::import_secret(&admin, (&hasher, &secrets), realm, "a", imported, None).await.unwrap();
    let (act, _, _, after) = world.line(&mut seen).await;
    assert_eq!(after["kind"], "argon2");
    told.push(act);

    apps::suspend(&admin, realm, "a").await.unwrap();
    let (act, _, before, after) = world.line(&mut seen).await;
    assert_eq!((before, after), (status("active"), status("suspended")));
    told.push(act);
    apps::resume(&admin, realm, "a").await.unwrap();
    let (act, _, before, after) = world.line(&mut seen).await;
    assert_eq!((before, after), (status("suspended"), status("active")));
    told.push(act);
    apps::delete(&admin, realm, "a").await.unwrap();
    let (act, subject, before, after) = world.line(&mut seen).await;
    assert_eq!((subject.as_str(), &before["name"], after), ("app/a", &json!("A"), Value::Null));
    told.push(act);

    users::set_password(&admin, &hasher, realm, "u", "correct horse".into()).await.unwrap();
    let (act, subject, before, after) = world.line(&mut seen).await;
    assert_eq!((subject.as_str(), before, after), ("user/u", json!({"password": "none"}), json!({"password": "set"})));
    told.push(act);
    users::disable(&admin, realm, "u").await.unwrap();
    let (act, _, before, after) = world.line(&mut seen).await;
    assert_eq!((before, after), (json!({ "disabled": false }), json!({ "disabled": true })));
    told.push(act);
    users::enable(&admin, realm, "u").await.unwrap();
    let (act, _, before, after) = world.line(&mut seen).await;
    assert_eq!((before, after), (json!({ "disabled": true }), json!({ "disabled": false })));
    told.push(act);

    let subject = Subject::new(SubjectKind::User, "u");
    assert_eq!(audit::erase(&admin, realm, &subject).await.unwrap(), 3);
    let (act, _, _, after) = world.line(&mut seen).await;
    assert_eq!(after, json!({ "lines": 3 }));
    told.push(act);

    // Keys, applied files, edits and what ends grants have tests of their own, as the seats and the database have.
    let keys = [Act::KeyRotate, Act::KeyRevoke, Act::MasterKeyRotate, Act::TokenKeyRotate];
    let database = [Act::DbBackup, Act::DbCopy, Act::DbMigrate, Act::DbRestore];
    let given = [Act::GrantRevoke, Act::ConsentWithdraw, Act::SessionEnd, Act::MailRetry, Act::AppResend];
    let edits = [Act::AppEdit, Act::UserCreate, Act::UserEdit, Act::InitialTokenCreate, Act::InitialTokenRevoke];
    let people = [Act::UserImport, Act::UserDelete, Act::PasskeyCopied, Act::PasskeysRemove, Act::UserResetFactor];
    let theirs = [Act::ConsentEdit, Act::OrganisationApps];
    let organisations = [Act::OrganisationCreate, Act::OrganisationEdit, Act::OrganisationDelete];
    let partners = [Act::AppSubmit, Act::AppAsk, Act::AppAnswer, Act::AppWithdraw, Act::TeamCreate, Act::TeamEdit];
    let desks = [
        Act::RoleGive,
        Act::RoleTake,
        Act::AnnouncementAdd,
        Act::AnnouncementRemove,
        Act::AuditCut,
        Act::WebhookReplay,
    ];
    let webhooks = [Act::WebhookCreate, Act::WebhookEdit, Act::WebhookRotate, Act::WebhookDisable, Act::WebhookDelete];
    let deadlines = [Act::LegacyDeadline, Act::LegacyDeadlineRemove, Act::LegacyEnd, Act::RealmBrand];
    let others = [&keys[..], &database, &given, &edits, &people, &theirs, &organisations].concat();
    let others = [&others[..], &partners, &desks, &webhooks, &deadlines].concat();
    let elsewhere = [&[Act::RealmApply, Act::SeatRelease], &others[..]].concat();
    for act in Act::ALL.iter().filter(|act| !elsewhere.contains(act)).map(|act| act.name()) {
        assert_eq!(told.iter().filter(|told| *told == act).count(), 1, "{act}");
    }
    let all = format!("{:?}", world.lines().await);
    let link = approved.link.unwrap();
    for secret in [made.secret.expose(), link.expose(), "brought-along", "correct horse", "argon2id", "cvs_", "cvl_"] {
        assert!(!all.contains(secret), "{secret}");
    }
    assert!(!all.contains("ada@example.com"));
    let found = audit::verify(&world.store).await.unwrap();
    assert_eq!((found.lines, found.broken), (i64::try_from(seen).unwrap(), None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_on_keys_leaves_one_line_and_nothing_where_it_changes_nothing() {
    let world = World::new().await;
    let (admin, realm, mut seen) = (world.admin(), &world.realm, 0);
    let (master, next) = (MasterKey::generate(), MasterKey::generate());
    let (masters, clock) = (MasterKeys::from(&master), Clock::set_to(NOW).0);
    keys::rotate(&admin, &masters, clock.clone(), realm).await.unwrap();
    let (act, subject, before, after) = world.line(&mut seen).await;
    assert_eq!((&*act, &*subject, before), ("key.rotate", "realm/r", json!({ "keys": [] })));
    assert!(!after["keys"].as_array().unwrap().is_empty());

    let kid = keys::list(&world.store, realm).await.unwrap()[0].kid.clone();
    for _ in 0..2 {
        // The second time changes nothing.
        keys::revoke(&admin, &masters, clock.clone(), realm, &kid).await.unwrap();
        assert_eq!(world.lines().await.len(), seen + 1);
    }
    let (act, subject, before, after) = world.line(&mut seen).await;
    let has = |side: &Value| side["keys"].as_array().unwrap().iter().any(|key| key["kid"] == *kid);
    assert_eq!((&*act, &*subject, &after["revoked"]), ("key.revoke", "realm/r", &json!(kid)));
    assert!(has(&before) && !has(&after), "{before} {after}");

    assert_eq!(keys::rotate_token_key(&admin, &masters, true).await.unwrap(), 1);
    let (act, subject, before, after) = world.line(&mut seen).await;
    let (first, second) = (json!({ "number": 0, "accepted": true }), json!({ "number": 1, "accepted": true }));
    let refused = json!({ "number": 0, "accepted": false });
    assert_eq!((&*act, &*subject), ("token-key.rotate", "database/token key"));
    assert_eq!(before, json!({ "keys": [first] }));
    assert_eq!(after, json!({ "keys": [second, refused] }));

    let both = MasterKeys::of_two(master, next);
    for _ in 0..2 {
        keys::rotate_master_key(&admin, &both, |_| {}).await.unwrap();
        assert_eq!(world.lines().await.len(), seen + 1);
    }
    let (act, subject, before, after) = world.line(&mut seen).await;
    assert_eq!((&*act, &*subject), ("master-key.rotate", "database/master key"));
    assert!(before["id"].is_string() && after["id"].is_string() && before != after, "{before} {after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_fails_leaves_no_line() {
    let world = World::new().await;
    let (admin, realm, hasher) = (world.admin(), &world.realm, Hasher::new(1, 4).unwrap());
    assert!(matches!(apps::suspend(&admin, realm, "ghost").await, Err(AdminError::NoSuchApp(_))));
    assert!(matches!(apps::delete(&admin, realm, "ghost").await, Err(AdminError::NoSuchApp(_))));
    assert!(matches!(seats::release(&admin, realm, "p", "", "x").await, Err(AdminError::NoSuchSeat { .. })));
    let short = users::set_password(&admin, &hasher, realm, "u", "short".into()).await;
    assert!(matches!(short, Err(AdminError::ShortPassword(_))));
    let ghost = users::set_password(&admin, &hasher, realm, "ghost", "long enough".into()).await;
    assert!(matches!(ghost, Err(AdminError::NoSuchUser { .. })));
    users::enable(&admin, realm, "u").await.unwrap();
    let nothing = audit::erase(&admin, realm, &Subject::new(SubjectKind::App, "ghost")).await;
    assert!(matches!(nothing, Err(AdminError::NothingToErase(_))));
    let (masters, clock) = (MasterKeys::from(MasterKey::generate()), Clock::set_to(NOW).0);
    let ghost = keys::revoke(&admin, &masters, clock, realm, "ghost").await;
    assert!(matches!(ghost, Err(AdminError::NoSuchKey(_))));
    let one = keys::rotate_master_key(&admin, &masters, |_| {}).await;
    assert!(matches!(one, Err(AdminError::OneMasterKey)));
    let other = keys::rotate_token_key(&admin, &MasterKeys::from(MasterKey::generate()), true).await;
    assert!(matches!(other, Err(AdminError::OtherMasterKey)));
    assert!(world.lines().await.is_empty());
}

#[tokio::test]
async fn registration_tokens_are_made_and_taken_back_once() {
    use crate::admin::registrations;
    use claviger_core::realm::RegistrationMode;
    use claviger_core::registration::TokenAllows;
    use claviger_core::span::Span;
    let mut world = World::new().await;
    let week = Span::seconds(7 * 86_400);
    let none = TokenAllows::default();
    let off = registrations::create(&world.admin(), &world.realm, &none, (None, week)).await;
    assert!(matches!(off, Err(AdminError::NoRegistration(_))));
    world.realm.registration.mode = RegistrationMode::InitialAccessToken;
    let unknown = TokenAllows { scopes: Some(vec!["raed".into()]), ..TokenAllows::default() };
    let refused = registrations::create(&world.admin(), &world.realm, &unknown, (None, week)).await;
    assert!(refused.unwrap_err().to_string().contains("the realm has no scope `raed`"));
    let allows = TokenAllows { label: "Acme".into(), scopes: Some(vec!["read".into()]), ..TokenAllows::default() };
    let made = registrations::create(&world.admin(), &world.realm, &allows, (Some(2), week)).await.unwrap();
    let mut seen = 0;
    let (act, subject, _, after) = world.line(&mut seen).await;
    assert_eq!((act.as_str(), subject), ("registration-token.create", format!("registration-token/{}", made.id)));
    assert!(!format!("{after}").contains(made.token.expose()) && after["uses"] == 2);
    let listed = registrations::list(&world.store, &world.realm).await.unwrap();
    assert_eq!((listed[0].0.uses_left, listed[0].1.label.as_str()), (Some(2), "Acme"));
    registrations::revoke(&world.admin(), &world.realm, &made.id).await.unwrap();
    assert_eq!(world.line(&mut seen).await.0, "registration-token.revoke");
    let again = registrations::revoke(&world.admin(), &world.realm, &made.id).await;
    assert!(matches!(again, Err(AdminError::NoSuchInitialToken(_))));
}
