mod identity;
mod looks;

use super::*;
use crate::admin::{Actor, Way};
use crate::secrets::FROM_FILE;
use claviger_files::Variables;
use claviger_files::dialect::Dialects;
use claviger_files::realm;
use claviger_store::{ClientSecret, Options, SecretKind, SubjectKind};
use std::path::Path;

struct World {
    store: Store,
    hasher: Hasher,
    secrets: Secrets,
}

const HEAD: &str = "[realm]\nid = \"r\"\nname = \"R\"\ndialect = \"standard\"\nissuer = \"https://r.example\"\nauthorities = [\"r.example\"]\n\
                    [[api]]\naudience = \"api\"\nname = \"API\"\n[[organisation]]\nid = \"acme\"\nname = \"Acme\"\n";
const USER: &str = "[[user]]\nusername = \"Alice\"\npassword = \"pw\"\norganisations = [\"acme\"]\n";
const CLIENT: &str = "[[client]]\nid = \"c\"\nname = \"C\"\ngrants = [\"client_credentials\"]\naudiences = [\"api\"]\n";

impl World {
    fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        Self { store, hasher: Hasher::new(2, 8).unwrap(), secrets: Secrets::new(&[7; 32]) }
    }

    async fn try_apply(&self, texts: &[&str], now: i64) -> Result<Report, ApplyError> {
        let names: Vec<String> = (0..texts.len()).map(|i| format!("{i}.toml")).collect();
        let files: Vec<_> = names.iter().zip(texts).map(|(name, text)| (Path::new(name), text.as_bytes())).collect();
        let files =
            realm::parse(&files, &Dialects::embedded().unwrap(), &Variables::new()).unwrap_or_else(|p| panic!("{p}"));
        let actor = Actor { name: "ada".to_owned(), way: Way::Apply, reference: "r".to_owned() };
        let admin = Admin { store: &self.store, actor: &actor, now };
        apply(&admin, &files, &self.hasher, &self.secrets).await
    }

    async fn apply(&self, text: &str, now: i64) -> Report {
        self.try_apply(&[text], now).await.unwrap()
    }

    async fn secrets(&self) -> Vec<ClientSecret> {
        self.store.client_with_secrets("r", "c").await.unwrap().unwrap().1
    }
}

#[tokio::test]
async fn applying_twice_changes_nothing() {
    let world = World::new();
    let text = format!("{HEAD}{USER}{CLIENT}secret = \"short\"\n");
    let report = world.apply(&text, 1).await;
    assert_eq!(report.created, ["realm r", "organisation r/acme", "user r/Alice", "client r/c"]);
    assert_eq!((report.changed.len(), report.unchanged, report.secrets.len()), (0, 0, 0));
    assert_eq!(report.to_string().lines().last(), Some("4 created, 0 changed, 0 unchanged"));
    let user = world.store.user_by_username("r", "alice").await.unwrap().unwrap();
    let hash = user.password_hash.unwrap().0;
    assert!(world.hasher.verify("pw".into(), &hash).await.unwrap());
    assert_eq!(user.user.organisations, ["acme"]);

    let report = world.apply(&text, 2).await;
    assert_eq!(report, Report { unchanged: 4, ..Report::default() });
    let again = world.store.user_by_username("r", "alice").await.unwrap().unwrap();
    assert_eq!((again.user.id, again.password_hash.unwrap().0), (user.user.id, hash));
}

#[tokio::test]
async fn what_differs_is_written() {
    let world = World::new();
    let text = format!("{HEAD}{USER}{CLIENT}secret = \"short\"\n");
    world.apply(&text, 1).await;
    let other =
        text.replace("\"pw\"", "\"other\"").replace("\"short\"", "\"shorter\"").replace("\"Acme\"", "\"Acme Ltd\"");
    let report = world.apply(&other, 2).await;
    assert_eq!(report.changed, ["organisation r/acme", "user r/Alice", "client r/c"]);
    let user = world.store.user_by_username("r", "alice").await.unwrap().unwrap();
    assert!(world.hasher.verify("other".into(), &user.password_hash.unwrap().0).await.unwrap());
    let secrets = world.secrets().await;
    assert_eq!(secrets.len(), 1);
    let phc = String::from_utf8(secrets[0].hash.0.clone()).unwrap();
    assert!(world.hasher.verify("shorter".into(), &phc).await.unwrap());
    assert_eq!(world.apply(&other, 3).await.unchanged, 4);
}

#[tokio::test]
async fn a_short_secret_is_stretched_and_a_long_one_is_tagged() {
    let world = World::new();
    world.apply(&format!("{HEAD}{CLIENT}secret = \"{}\"\n", "x".repeat(31)), 1).await;
    assert_eq!(world.secrets().await[0].kind, SecretKind::Argon2);
    let long = "y".repeat(32);
    world.apply(&format!("{HEAD}{CLIENT}secret = \"{long}\"\n"), 2).await;
    let secrets = world.secrets().await;
    assert_eq!((secrets.len(), secrets[0].kind), (1, SecretKind::Hmac));
    assert!(world.secrets.is_client_secret(&long, &secrets[0].hash));
}

#[tokio::test]
async fn a_client_without_a_secret_is_given_one_that_is_shown_once() {
    let world = World::new();
    let text = format!("{HEAD}{CLIENT}");
    let report = world.apply(&text, 1).await;
    let [made] = report.secrets.as_slice() else { panic!("{report:?}") };
    assert_eq!((made.realm.as_str(), made.client.as_str()), ("r", "c"));
    assert!(!format!("{report:?} {report}").contains(made.secret.expose()));
    assert!(world.secrets.is_client_secret(made.secret.expose(), &world.secrets().await[0].hash));
    assert!(world.apply(&text, 2).await.secrets.is_empty());

    let pending = CLIENT.replace("\"c\"", "\"p\"");
    let report = world.apply(&format!("{text}{pending}status = \"pending\"\n"), 3).await;
    assert_eq!((report.created, report.secrets.len()), (vec!["client r/p".to_owned()], 0));
}

#[tokio::test]
async fn a_file_revives_nobody() {
    let world = World::new();
    let text = format!("{HEAD}{USER}{CLIENT}secret = \"short\"\n");
    world.apply(&text, 1).await;
    let id = world.store.user_by_username("r", "alice").await.unwrap().unwrap().user.id;
    world.store.set_client_status("r", "c", ClientStatus::Suspended, 2, 3).await.unwrap();
    world.store.disable_user("r", &id, true, 2, 3).await.unwrap();
    world.store.retire_secret("r", "c", FROM_FILE, 2).await.unwrap();
    let report = world.apply(&text, 4).await;
    assert_eq!((report.created.len(), report.changed.len()), (0, 0), "{report:?}");
    assert_eq!(
        report.notes,
        ["the user r/Alice stays disabled", "the file's secret of the client r/c was retired and stays so"]
    );
    let (client, secrets) = world.store.client_with_secrets("r", "c").await.unwrap().unwrap();
    assert_eq!((client.status, secrets[0].retired_at), (ClientStatus::Suspended, Some(2)));
    assert!(world.store.user("r", &id).await.unwrap().unwrap().user.disabled);
}

#[tokio::test]
async fn what_no_file_has_stays_and_is_told() {
    let world = World::new();
    world.apply(&format!("{HEAD}{USER}{CLIENT}"), 1).await;
    let report = world.apply(HEAD, 2).await;
    assert_eq!(report.not_in_files, ["user r/Alice", "client r/c"]);
    assert_eq!(report.unchanged, 2);
    assert!(world.store.client_with_secrets("r", "c").await.unwrap().is_some());
}

#[tokio::test]
async fn a_contradiction_leaves_everything_as_it_was() {
    let world = World::new();
    world.apply(&format!("{HEAD}{USER}"), 1).await;
    let second = HEAD.replace("\"r\"", "\"s\"").replace("r.example", "s.example");
    let contrary = format!("{HEAD}{}", USER.replace("username", "id = \"x\"\nusername"));
    let error = world.try_apply(&[&second, &contrary], 2).await.unwrap_err();
    assert!(error.to_string().starts_with("1.toml: the user `Alice` is stored with the id"), "{error}");
    assert!(world.store.realm("s").await.unwrap().is_none());

    let error = world.try_apply(&[&HEAD.replace("\"r\"", "\"t\"")], 3).await.unwrap_err();
    assert!(error.to_string().contains("the stored realm `r` is at r.example"), "{error}");
}

#[tokio::test]
async fn a_user_whom_a_file_disables_is_disabled() {
    let world = World::new();
    world.apply(&format!("{HEAD}{USER}"), 1).await;
    let report = world.apply(&format!("{HEAD}{USER}disabled = true\n"), 2).await;
    assert_eq!(report.changed, ["user r/Alice"]);
    assert!(world.store.user_by_username("r", "alice").await.unwrap().unwrap().user.disabled);
}

#[tokio::test]
async fn a_client_stands_for_its_user_by_id() {
    let world = World::new();
    world.apply(&format!("{HEAD}{USER}{CLIENT}acts-as = \"alice\"\nsecret-is-password = true\n"), 1).await;
    let id = world.store.user_by_username("r", "alice").await.unwrap().unwrap().user.id;
    let (client, secrets) = world.store.client_with_secrets("r", "c").await.unwrap().unwrap();
    assert_eq!((client.acts_as, secrets.len()), (Some(id), 0));
}

#[tokio::test]
async fn a_plan_says_each_field_and_what_it_ends() {
    let world = World::new();
    let text = format!("{HEAD}{USER}{CLIENT}secret = \"short\"\n");
    let report = world.apply(&text, 1).await;
    assert!(report.changes.iter().all(|change| change.created && !change.is_destructive()), "{report:?}");
    let other = text
        .replace("\"R\"", "\"R2\"")
        .replace("\"pw\"", "\"other\"")
        .replace("\"short\"", "\"shorter\"")
        .replace("organisations = [\"acme\"]", "email = \"a@b.example\"");
    let report = world.apply(&other, 2).await;
    let told: Vec<String> = report
        .changes
        .iter()
        .flat_map(|change| {
            change.fields.iter().map(move |field| {
                let mark = if field.destructive { " !" } else { "" };
                format!("{change} {}: {} -> {}{mark}", field.field, field.before, field.after)
            })
        })
        .collect();
    let expected = [
        "realm r name: \"R\" -> \"R2\"",
        "user r/Alice email: null -> \"a@b.example\"",
        "user r/Alice organisations: [\"acme\"] -> null !",
        "user r/Alice password: \"set\" -> \"replaced\" !",
        "client r/c secret: \"set\" -> \"replaced\" !",
    ];
    assert_eq!(told, expected);
    assert!(!format!("{report:?}").contains("argon2id"));
}

#[tokio::test]
async fn what_a_file_brings_is_managed_by_it_until_the_file_has_it_no_more() {
    let world = World::new();
    world.apply(&format!("{HEAD}{USER}{CLIENT}"), 1).await;
    let id = world.store.user_by_username("r", "alice").await.unwrap().unwrap().user.id;
    let managed = async |kind, id: &str| world.store.managed_by("r", kind, id).await.unwrap();
    assert_eq!(managed(SubjectKind::App, "c").await.as_deref(), Some("0.toml"));
    assert_eq!(managed(SubjectKind::User, &id).await.as_deref(), Some("0.toml"));
    world.apply(HEAD, 2).await;
    assert_eq!((managed(SubjectKind::App, "c").await, managed(SubjectKind::User, &id).await), (None, None));
}

#[tokio::test]
async fn a_portal_is_exported_as_it_is() {
    let world = World::new();
    let portal = "[portal]\nproduction = \"orders\"\nsandbox = \"orders-sandbox\"\nsign-up = \"invited\"\n\
                  redirect-changes = \"at-once\"\n[[portal.question]]\nid = \"data\"\ntext = \"Which \\\"data\\\"?\"\n\
                  required = true\nmax-length = 77\n[[portal.question]]\nid = \"why\"\ntext = \"Why?\"\n[portal.terms]\n\
                  version = \"2026-11\"\nurl = \"https://orders.example/terms\"\n";
    world.apply(&format!("{HEAD}{portal}"), 1).await;
    let realm = world.store.realm("r").await.unwrap().unwrap();
    let stored = realm.portal.clone().unwrap();
    assert_eq!((stored.questions.len(), stored.questions[0].max_length), (2, 77));
    let file = crate::admin::export::realm(&world.store, &realm, false).await.unwrap();
    let exported = crate::admin::export::text(&file).unwrap();
    assert_eq!(world.apply(&exported, 2).await, Report { unchanged: 2, ..Report::default() }, "{exported}");
    assert_eq!(world.store.realm("r").await.unwrap().unwrap(), realm);
    // Where it is read by somebody who has nothing yet, it is the same realm.
    let other = World::new();
    other.apply(&exported, 1).await;
    assert_eq!(other.store.realm("r").await.unwrap().unwrap(), realm);
}

#[tokio::test]
async fn a_realm_that_is_exported_and_applied_changes_nothing() {
    let world = World::new();
    let pending = CLIENT.replace("\"c\"", "\"p\"");
    let public = "[[client]]\nid = \"w\"\nname = \"${x}\"\nkind = \"public\"\ngrants = [\"authorization_code\"]\n\
                  redirect-uris = [\"https://w.example/back\"]\naudiences = [\"api\"]\n"
        .replace("${x}", "$${x}");
    let text = format!("{HEAD}{USER}{CLIENT}acts-as = \"alice\"\n{pending}status = \"pending\"\n{public}");
    world.apply(&text, 1).await;
    let realm = world.store.realm("r").await.unwrap().unwrap();
    for with_hashes in [false, true] {
        let file = crate::admin::export::realm(&world.store, &realm, with_hashes).await.unwrap();
        let exported = crate::admin::export::text(&file).unwrap();
        assert_eq!(exported.contains("$argon2id$"), with_hashes, "{exported}");
        let report = world.apply(&exported, 2).await;
        assert_eq!(report, Report { unchanged: 6, ..Report::default() }, "{exported}");
    }
}
