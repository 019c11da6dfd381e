//! Realms: as values, as files, and files that are compared or applied.

use crate::admin::apply::{self, Report, changes::Change};
use crate::admin::{export, realms};
use crate::api::call::Call;
use crate::api::operation::Body;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::problem::{self, Problem};
use crate::api::schema::{FieldError, Schema, Shape, always, may};
use claviger_core::Realm;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_files::Variables;
use claviger_files::dialect::Dialects;
use claviger_files::realm::{RealmFile, parse, written};
use http::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

const REALM: Schema = Schema {
    name: "Realm",
    says: "A realm",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("name", Shape::Text, "What people call it"),
        always("issuer", Shape::Text, "`iss`"),
        always("dialect", Shape::Text, "How its contract spells things"),
        always("administers", Shape::List(&Shape::Text), "The realms that its users administer; `*`: all"),
    ],
    open: false,
};

const REALMS: Schema = Schema {
    name: "Realms",
    says: "The realms that the caller may see",
    fields: &[always("items", Shape::List(&Shape::Object(&REALM)), "By id")],
    open: false,
};

const VALUES: Schema = Schema {
    name: "RealmValues",
    says: "The settings of a realm, in the sections and with the keys of a realm file; without users and apps",
    fields: &[always("realm", Shape::Map, "The section [realm]")],
    open: true,
};

const SERVED: Schema = Schema {
    name: "ServedRealm",
    says: "A realm as it is served: every setting with its default filled in, and its dialect. Programs of the server's version read it",
    fields: &[always("id", Shape::Text, "Its id"), always("issuer", Shape::Text, "`iss`")],
    open: true,
};

const FILE: Schema = Schema {
    name: "RealmFile",
    says: "A realm file",
    fields: &[
        always("name", Shape::Name(200), "What it is called in messages, and in what manages what: `live.toml`"),
        always("toml", Shape::Text, "Its text. It names no file: secrets and passwords stand in it, or as variables"),
    ],
    open: false,
};

const FILES: Schema = Schema {
    name: "RealmFiles",
    says: "Realm files that are read together",
    fields: &[
        always("files", Shape::List(&Shape::Object(&FILE)), "The files"),
        may("variables", Shape::Map, "What ${name} stands for: texts"),
    ],
    open: false,
};

const FIELD: Schema = Schema {
    name: "ChangedField",
    says: "A field that is different",
    fields: &[
        always("field", Shape::Text, "Its key, with those of the tables around it"),
        always("before", Shape::Any, "As it is"),
        always("after", Shape::Any, "As it will be"),
        always("destructive", Shape::Bool, "Something that works today does not work after it"),
    ],
    open: false,
};

const CHANGE: Schema = Schema {
    name: "Change",
    says: "Something that is new or different",
    fields: &[
        always("kind", Shape::Text, "realm, organisation, user or client"),
        always("realm", Shape::Text, "The realm"),
        always("id", Shape::Text, "Its id; of a user the name"),
        always("created", Shape::Bool, "It is new"),
        always("fields", Shape::List(&Shape::Object(&FIELD)), "Each field that is different"),
    ],
    open: false,
};

const MADE: Schema = Schema {
    name: "SecretOfApp",
    says: "A secret that was made for an app; this is the only time that it is told",
    fields: &[
        always("realm", Shape::Text, "The realm"),
        always("app", Shape::Text, "The app"),
        always("secret", Shape::Text, "The secret"),
    ],
    open: false,
};

const REPORT: Schema = Schema {
    name: "Report",
    says: "What realm files change",
    fields: &[
        always("changes", Shape::List(&Shape::Object(&CHANGE)), "Field by field"),
        always("unchanged", Shape::Int, "How many are as the files say"),
        always("not_in_files", Shape::List(&Shape::Text), "What is stored and in no file; it stays"),
        always("notes", Shape::List(&Shape::Text), "What stays different all the same"),
        always("secrets", Shape::List(&Shape::Object(&MADE)), "Secrets that were made"),
    ],
    open: false,
};

const READ: (Resource, About) = (Resource::Realms, About::Realm);

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listRealms",
        "/realms",
        "The realms that the caller may see",
        (Resource::Realms, About::Some),
        Answers::One(200, &REALMS),
        |call| Box::pin(list(call)),
    ),
    Operation::get("getRealm", "/realms/{realm}", "A realm", READ, Answers::One(200, &REALM), |call| {
        Box::pin(async { Ok(Reply::ok(shown(call.realm()?))) })
    }),
    Operation::get(
        "getRealmValues",
        "/realms/{realm}/values",
        "Its settings",
        READ,
        Answers::One(200, &VALUES),
        |call| Box::pin(async { Ok(Reply::ok(Value::Object(written::of_realm(call.realm()?)?))) }),
    ),
    Operation::get(
        "getServedRealm",
        "/realms/{realm}/served",
        "A realm as it is served; never what it was given to keep secret",
        READ,
        Answers::One(200, &SERVED),
        |call| Box::pin(async { Ok(Reply::ok(serde_json::to_value(realms::without_secrets(call.realm()?.clone()))?)) }),
    ),
    Operation::act(
        "exportRealm",
        (Method::Post, "/realms/{realm}/export"),
        "Its realm file, with organisations, users and apps, and without secrets and passwords: applied again, it changes nothing",
        (Resource::Realms, Verb::Write, About::Realm),
        Answers::Text("application/toml"),
        |call| Box::pin(export_file(call)),
    ),
    Operation::act(
        "planRealms",
        (Method::Post, "/realms/plan"),
        "What realm files would change, field by field",
        (Resource::Realms, Verb::Write, About::Some),
        Answers::One(200, &REPORT),
        |call| Box::pin(plan(call)),
    )
    .body(&FILES),
    Operation::act(
        "applyRealms",
        (Method::Post, "/realms/apply"),
        "Brings realm files into the database, all or nothing",
        (Resource::Realms, Verb::Write, About::Some),
        Answers::One(200, &REPORT),
        |call| Box::pin(apply_files(call)),
    )
    .body(&FILES),
];

fn shown(realm: &Realm) -> Value {
    let administers = realm.administration.as_ref().map(|one| one.realms.clone()).unwrap_or_default();
    json!({
        "id": realm.id, "name": realm.name, "issuer": realm.issuer, "dialect": realm.dialect.name,
        "administers": administers,
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let permission = Permission::new(Resource::Realms, Verb::Read);
    let mut items = Vec::new();
    for id in realms::ids(&call.state.store).await? {
        if call.caller.may_for_some(permission, &id) {
            items.push(shown(&realms::find(&call.state.store, &id).await?));
        }
    }
    Ok(Reply::ok(json!({ "items": items })))
}

async fn export_file(call: &Call<'_>) -> Result<Reply, Problem> {
    let file = export::realm(&call.state.store, call.realm()?, false).await?;
    Ok(Reply { status: StatusCode::OK, body: Body::Text("application/toml", export::text(&file)?) })
}

/// The files of the body, checked; the caller may write each of their realms.
async fn files(call: &Call<'_>) -> Result<Vec<RealmFile>, Problem> {
    let given = call.body.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |file: &Value, name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let given: Vec<(String, String)> = given.iter().map(|file| (text(file, "name"), text(file, "toml"))).collect();
    for (i, (_, toml)) in given.iter().enumerate() {
        // Whoever calls reads none of this machine's files.
        let named = claviger_files::realm::files_named(toml);
        if let Some(key) = named.first() {
            let why = format!("`{key}` names a file of the server's machine: write the value itself, or a variable");
            return Err(Problem::field(&format!("/files/{i}/toml"), why));
        }
    }
    let variables = call.read::<Variables>("variables")?.unwrap_or_default();
    let dialects = Dialects::embedded().map_err(|problems| Problem::new(problem::FAILED, problems.to_string()))?;
    let read: Vec<(&Path, &[u8])> = given.iter().map(|(name, toml)| (Path::new(name), toml.as_bytes())).collect();
    let files = parse(&read, &dialects, &variables).map_err(|problems| {
        let error = |one: &claviger_files::Problem| FieldError { field: "/files".to_owned(), detail: one.to_string() };
        Problem::fields(problems.0.iter().map(error).collect())
    })?;
    for file in &files {
        may_write(call, &file.realm).await?;
    }
    Ok(files)
}

/// A realm that is new concerns everything; one that is or becomes an admin realm is its owners'.
async fn may_write(call: &Call<'_>, realm: &Realm) -> Result<(), Problem> {
    let permission = Permission::new(Resource::Realms, Verb::Write);
    let stored = call.state.store.realm(&realm.id).await?;
    let may_stored = stored
        .as_ref()
        .map_or_else(|| call.caller.may_everywhere(permission), |stored| call.caller.may(permission, stored, None));
    // What the file makes of it must be allowed as well.
    if may_stored && call.caller.may(permission, realm, None) {
        return Ok(());
    }
    let why = format!("no role of the caller writes the realm `{}`", realm.id);
    Err(Problem::new(problem::FORBIDDEN, why))
}

fn told(report: &Report) -> Reply {
    let secret =
        |one: &apply::MadeSecret| json!({ "realm": one.realm, "app": one.client, "secret": one.secret.expose() });
    let changes: &[Change] = &report.changes;
    Reply::ok(json!({
        "changes": changes, "unchanged": report.unchanged, "not_in_files": report.not_in_files, "notes": report.notes,
        "secrets": report.secrets.iter().map(secret).collect::<Vec<_>>(),
    }))
}

async fn plan(call: &Call<'_>) -> Result<Reply, Problem> {
    let files = files(call).await?;
    let (store, state) = (&call.state.store, call.state);
    let mut report = apply::plan(store, &files, &state.hasher, &state.secrets, call.now).await?;
    // None was made for good.
    report.secrets.clear();
    Ok(told(&report))
}

async fn apply_files(call: &Call<'_>) -> Result<Reply, Problem> {
    let files = files(call).await?;
    let report = apply::apply(&call.admin(), &files, &call.state.hasher, &call.state.secrets).await?;
    Ok(told(&report))
}
