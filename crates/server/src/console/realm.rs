//! A realm at a glance, and as the file that it could be applied from. Its settings come from a file and are changed there.

use super::build::{fact, facts, heading, table, text};
use super::desk::{Of, Stop};
use crate::admin::{SubjectKind, export};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Fact, Words};
use claviger_core::dialect::Endpoint;
use claviger_core::permission::{Resource, Verb};
use claviger_core::realm::TokenPolicy;
use claviger_core::{Params, Realm};

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let realm = &of.realm;
    let file = of.desk.store().managed_by(&realm.id, SubjectKind::Realm, &realm.id).await?;
    let endpoints = Endpoint::ALL.into_iter().filter(|endpoint| realm.serves(*endpoint));
    let endpoints = endpoints.filter_map(|one| Some(fact(Words::text(one.name()), Cell::code(realm.url(one)?))));
    let mut blocks = vec![
        facts(vec![
            fact("console-id", Cell::code(realm.id.as_str())),
            fact("console-issuer", Cell::code(realm.issuer.as_str())),
            fact("console-dialect", Cell::code(realm.dialect.name.as_str())),
            fact("console-file", Cell::code(file.clone().unwrap_or_default())),
        ]),
        text(if file.is_some() { "console-realm-managed" } else { "console-realm-not-managed" }),
        heading("console-tokens"),
        Block::Facts { facts: tokens(&realm.tokens, file.as_deref()) },
        heading("console-addresses"),
        facts(endpoints.collect()),
        heading("console-apis"),
        apis(realm),
        heading("console-scopes"),
        scopes(realm),
    ];
    if of.may(Resource::Realms, Verb::Read) {
        blocks.push(Block::Links { links: vec![ConsoleLink::new("console-raw", of.url("/raw"))] });
    }
    Ok(of.show("console-realm", Vec::new(), params, blocks))
}

/// Each setting, and whether somebody set it.
fn tokens(policy: &TokenPolicy, file: Option<&str>) -> Vec<Fact> {
    let told = |policy: &TokenPolicy| match serde_json::to_value(policy) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let usual = told(&TokenPolicy::default());
    let set = |words: Words| file.map_or(words.clone(), |file| Words::of("console-origin-file").name("file", file));
    let origin = |name: &str, value: &serde_json::Value| {
        if usual.get(name) == Some(value) {
            Words::of("console-origin-default")
        } else {
            set(Words::of("console-origin-set"))
        }
    };
    let shown = |value: &serde_json::Value| match value.as_str() {
        Some(text) => Cell::code(text),
        None => Cell::code(value.to_string()),
    };
    let all = told(policy);
    let all = all.iter().map(|(name, value)| Fact {
        label: Words::text(name.as_str()),
        cell: shown(value),
        origin: Some(origin(name, value)),
    });
    all.collect()
}

fn apis(realm: &Realm) -> Block {
    let rows = realm.apis.iter().map(|api| [Cell::text(api.name.as_str()), Cell::code(api.audience.as_str())]);
    table("console-apis", ["console-name", "console-audience"], rows.collect(), "console-no-apis")
}

fn scopes(realm: &Realm) -> Block {
    let rows = realm.scopes.iter().map(|scope| {
        let sensitive = if scope.sensitive { Cell::of("console-sensitive") } else { Cell::None };
        [Cell::code(scope.name.as_str()), Cell::text(scope.sentence.as_str()), sensitive]
    });
    let head = ["console-scope", "console-sentence", "console-note"];
    table("console-scopes", head, rows.collect(), "console-no-scopes")
}

/// The realm as a file, without its users and apps.
pub(super) fn raw(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Realms, Verb::Read)?;
    let text = export::settings(&of.realm)?;
    let blocks = vec![super::build::text("console-raw-message"), Block::Code { label: "console-raw".into(), text }];
    Ok(of.show("console-raw", Vec::new(), params, blocks))
}
