//! What an operator set of a realm's looks, when its file is applied.

use super::*;
use crate::admin::AdminError;
use crate::admin::branding::{self, Set};
use claviger_core::brand::{Origin, Part};

impl World {
    async fn set(&self, part: Part, set: Set) -> Result<claviger_core::Realm, AdminError> {
        let actor = Actor { name: "ada".to_owned(), way: Way::Cli, reference: "r".to_owned() };
        let admin = Admin { store: &self.store, actor: &actor, now: 5 };
        let realm = self.store.realm("r").await.unwrap().unwrap();
        branding::set(&admin, &realm, &[(part, set)]).await
    }
}

#[tokio::test]
async fn a_file_keeps_what_was_set_until_it_says_it_itself() {
    let world = World::new();
    let text = format!("{HEAD}{USER}{CLIENT}secret = \"short\"\n");
    world.apply(&text, 1).await;
    world.set(Part::Accent, Set::Text("#0a5fb4".to_owned())).await.unwrap();
    let after = world.set(Part::Contact, Set::Text("help@r.example".to_owned())).await.unwrap();
    assert_eq!(after.brand.here, [Part::Accent, Part::Contact].into());

    let report = world.apply(&text, 6).await;
    assert_eq!(report, Report { unchanged: 4, ..Report::default() });
    assert_eq!(world.store.realm("r").await.unwrap().unwrap(), after);

    let with_brand = text.replace("[[api]]", "[brand]\naccent = \"#444444\"\n[[api]]");
    let report = world.apply(&with_brand, 7).await;
    assert_eq!(report.changed, ["realm r"]);
    assert!(report.notes.iter().any(|note| note.contains("[brand] accent")), "{:?}", report.notes);
    let brand = world.store.realm("r").await.unwrap().unwrap().brand;
    assert_eq!((brand.origin(Part::Accent), brand.origin(Part::Contact)), (Origin::File, Origin::Here));
    for set in [Set::Text("#000000".to_owned()), Set::Back] {
        let refused = world.set(Part::Accent, set).await.unwrap_err();
        assert!(matches!(&refused, AdminError::SaidByFile { file, .. } if file == "0.toml"), "{refused}");
    }

    world.set(Part::Contact, Set::Back).await.unwrap();
    assert_eq!(world.apply(&with_brand, 8).await.unchanged, 4);
    let brand = world.store.realm("r").await.unwrap().unwrap().brand;
    assert_eq!(brand.origin(Part::Contact), Origin::Default);
}

#[tokio::test]
async fn an_act_on_a_realm_that_changed_meanwhile_writes_nothing() {
    let world = World::new();
    world.apply(HEAD, 1).await;
    let seen = world.store.realm("r").await.unwrap().unwrap();
    world.set(Part::Contact, Set::Text("help@r.example".to_owned())).await.unwrap();
    let actor = Actor { name: "ada".to_owned(), way: Way::Cli, reference: "r".to_owned() };
    let admin = Admin { store: &world.store, actor: &actor, now: 6 };
    let late = branding::set(&admin, &seen, &[(Part::Accent, Set::Text("#0a5fb4".to_owned()))]).await;
    assert!(matches!(late, Err(AdminError::ChangedMeanwhile(_))));
    assert_eq!(world.store.realm("r").await.unwrap().unwrap().brand.accent, None);
    let wrong = [(Part::Logo, Set::Text("x".to_owned())), (Part::Name, Set::Picture(vec![1]))];
    let realm = world.store.realm("r").await.unwrap().unwrap();
    let Err(AdminError::Invalid(all)) = branding::set(&admin, &realm, &wrong).await else { panic!("taken") };
    assert_eq!(all.iter().map(|one| one.field).collect::<Vec<_>>(), ["logo", "name"]);
}
