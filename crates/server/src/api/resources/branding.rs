//! How a realm looks.

use crate::admin::branding::{self, Change, Set};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::problem::Problem;
use crate::api::schema::{FieldError, Schema, Shape, always, may_be_null, or_null};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::Realm;
use claviger_core::brand::Part;
use claviger_core::permission::{Resource, Verb};
use serde_json::{Map, Value, json};

const PART: Schema = Schema {
    name: "BrandingPart",
    says: "A part of how a realm looks",
    fields: &[
        or_null("value", Shape::Text, "What it is; of the logo a data: address that holds it"),
        always("from", Shape::OneOf(&["default", "file", "here"]), "`file`: it is changed in the realm's file alone"),
    ],
    open: false,
};

const BRANDING: Schema = Schema {
    name: "Branding",
    says: "How a realm looks",
    fields: &[
        always("name", Shape::Object(&PART), "What people read in place of the realm's name"),
        always("accent", Shape::Object(&PART), "The colour of buttons and links"),
        always("logo", Shape::Object(&PART), "The picture"),
        always("contact", Shape::Object(&PART), "The mail address that people can ask"),
        always("forgotten_password", Shape::Object(&PART), "For whoever has forgotten their password"),
        always("help", Shape::Object(&PART), "Help"),
        always("privacy", Shape::Object(&PART), "What is done with personal data"),
        always("terms", Shape::Object(&PART), "The terms of use"),
        or_null("file", Shape::Text, "The realm's file, where it is known"),
    ],
    open: false,
};

const CHANGES: Schema = Schema {
    name: "BrandingChanges",
    says: "What is set of how a realm looks; `null` sets it back, and what is left out stays",
    fields: &[
        may_be_null("name", Shape::Text, "What people read in place of the realm's name: 60 characters at most"),
        may_be_null("accent", Shape::Text, "#rrggbb, on which white text has a contrast of 4.5"),
        may_be_null("logo", Shape::Text, "A PNG, JPEG or WebP of 512 KiB at most in base64; it is drawn anew"),
        may_be_null("contact", Shape::Text, "A mail address"),
        may_be_null("forgotten_password", Shape::Text, "https, or mailto"),
        may_be_null("help", Shape::Text, "https, or mailto"),
        may_be_null("privacy", Shape::Text, "https, or mailto"),
        may_be_null("terms", Shape::Text, "https, or mailto"),
    ],
    open: false,
};

const PATH: &str = "/realms/{realm}/branding";

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "getBranding",
        PATH,
        "How a realm looks, and where each part of that comes from",
        (Resource::Realms, About::Realm),
        Answers::One(200, &BRANDING),
        |call| Box::pin(async { shown(call, call.realm()?).await }),
    ),
    Operation::act(
        "setBranding",
        (Method::Patch, PATH),
        "Changes how a realm looks; what its file says is changed there",
        (Resource::Realms, Verb::Write, About::Realm),
        Answers::One(200, &BRANDING),
        |call| Box::pin(set(call)),
    )
    .body(&CHANGES),
];

fn key(part: Part) -> String {
    part.name().replace('-', "_")
}

async fn shown(call: &Call<'_>, realm: &Realm) -> Result<Reply, Problem> {
    let part = |part: Part| {
        let value = if part == Part::Logo { branding::picture(realm) } else { realm.brand.value(part) };
        (key(part), json!({ "value": value, "from": realm.brand.origin(part).name() }))
    };
    let mut all: Map<String, Value> = Part::ALL.into_iter().map(part).collect();
    all.insert("file".to_owned(), json!(branding::file(&call.state.store, realm).await?));
    Ok(Reply::ok(Value::Object(all)))
}

async fn set(call: &Call<'_>) -> Result<Reply, Problem> {
    let changes = Part::ALL.into_iter().filter_map(|part| asked(call, part)).collect::<Result<Vec<_>, _>>()?;
    let after = branding::set(&call.admin(), call.realm()?, &changes).await?;
    call.state.sites.forget(&after.id);
    shown(call, &after).await
}

/// What the body says of a part.
fn asked(call: &Call<'_>, part: Part) -> Option<Result<Change, Problem>> {
    let value = call.body.get(key(part))?;
    let Some(text) = value.as_str() else { return Some(Ok((part, Set::Back))) };
    if part != Part::Logo {
        return Some(Ok((part, Set::Text(text.to_owned()))));
    }
    let wrong = |_| {
        let detail = "this is no base64 (RFC 4648 4): send the bytes of a PNG, JPEG or WebP in it".to_owned();
        Problem::fields(vec![FieldError { field: "/logo".to_owned(), detail }])
    };
    Some(STANDARD.decode(text).map_err(wrong).map(|bytes| (part, Set::Picture(bytes))))
}
