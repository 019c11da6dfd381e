//! The API's description: `OpenAPI` 3.1, made of the table that serves it.

use super::operation::{About, Answers, Guard, Method, Operation};
use super::problem::{KINDS, KINDS_PATH, PROBLEM};
use super::resources;
use super::schema::{Schemas, reference, spell};
use claviger_core::permission::Permission;
use serde_json::{Map, Value, json};

/// Where it is, below the API's path.
pub(super) const PATH: &str = "/openapi.json";

/// The kinds of problems, as their addresses tell them.
pub(super) fn kinds() -> Value {
    let kind =
        |kind: &super::problem::Kind| (kind.name.to_owned(), json!({ "status": kind.status, "title": kind.title }));
    Value::Object(KINDS.iter().map(kind).collect())
}

/// The document; `server`: where the API is, with its issuer's host.
pub fn document(server: Option<&str>) -> String {
    let mut named = Schemas::new();
    let problem = reference(&PROBLEM, &mut named);
    let mut paths: Map<String, Value> = Map::new();
    for operation in resources::all() {
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = entry {
            methods.insert(operation.method.name().to_ascii_lowercase(), of(operation, &mut named));
        }
    }
    let scopes: Map<String, Value> =
        Permission::ALL.iter().map(|permission| (permission.name(), permission.sentence().into())).collect();
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Claviger admin API",
            "version": "1",
            "description": "What operators do, for programs. Each call has an access token of the admin realm whose scope has the \
                permission of the operation, and whose user (or client, where it acts for itself) holds a role that allows it.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": server.unwrap_or("/admin/v1") }],
        "security": [{ "accessToken": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "accessToken": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "An access token for this API; the scopes are the permissions of the operations",
                "x-scopes": scopes,
            } },
            "schemas": named,
            "responses": { "Problem": {
                "description": format!("It was not done; the kinds are told at {KINDS_PATH}"),
                "content": { "application/problem+json": { "schema": problem } },
            } },
        },
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn of(operation: &Operation, named: &mut Schemas) -> Value {
    let mut spelled = json!({
        "operationId": operation.id,
        "tags": [tag(operation)],
        "summary": operation.says,
        "description": needs(operation),
        "parameters": parameters(operation, named),
        "responses": responses(operation, named),
    });
    if let Value::Object(members) = &mut spelled {
        if let Some(permission) = operation.permission {
            members.insert("x-permission".to_owned(), permission.name().into());
        }
        if let Some(schema) = operation.body {
            let required = schema.fields.iter().any(|field| field.required);
            let content = json!({ "application/json": { "schema": reference(schema, named) } });
            members.insert("requestBody".to_owned(), json!({ "required": required, "content": content }));
        }
    }
    spelled
}

fn tag(operation: &Operation) -> &'static str {
    operation.permission.map_or("caller", |permission| permission.resource.name())
}

fn needs(operation: &Operation) -> String {
    let Some(permission) = operation.permission else { return "Any good token of the admin realm.".to_owned() };
    let over = match operation.about {
        About::Everything => "over all realms",
        About::Caller | About::Some => "over any realm",
        About::Realm => "over the realm",
        About::Organisation => "over the realm, or over the organisation that is named",
        About::User => "over the realm, or over each organisation of the user",
    };
    format!("Needs the scope `{permission}` and a role that allows it {over}.")
}

fn parameters(operation: &Operation, named: &mut Schemas) -> Value {
    let of_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = of_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }))
        .collect();
    for param in operation.query {
        let mut schema = spell(param.shape, named);
        if param.name == "limit" {
            schema = json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 });
        }
        all.push(json!({
            "name": param.name, "in": "query", "required": false, "description": param.says, "schema": schema,
        }));
    }
    if !matches!(operation.guard, Guard::None) {
        let must = matches!(operation.guard, Guard::Must(_));
        all.push(json!({
            "name": "If-Match", "in": "header", "required": must, "schema": { "type": "string" },
            "description": "The `ETag` of what was read, or `*`",
        }));
    }
    if operation.method == Method::Post {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            "description": "The same request under the same key is done once, and answered alike for a day",
        }));
    }
    all.into()
}

fn responses(operation: &Operation, named: &mut Schemas) -> Value {
    let (status, content) = match operation.answers {
        Answers::One(status, schema) => (status, Some(("application/json", reference(schema, named)))),
        Answers::Page(schema) => {
            let items = reference(schema, named);
            let page = json!({
                "type": "object", "required": ["items", "next"], "additionalProperties": false,
                "properties": {
                    "items": { "type": "array", "items": items },
                    "next": { "type": ["string", "null"], "description": "`after` of the next page; null: this is the last" },
                },
            });
            (200, Some(("application/json", page)))
        }
        Answers::Nothing => (204, None),
        Answers::Text(media) => (200, Some((media, json!({ "type": "string" })))),
    };
    let mut answer = json!({ "description": "Done" });
    if let (Some((media, schema)), Value::Object(members)) = (content, &mut answer) {
        members.insert("content".to_owned(), json!({ media: { "schema": schema } }));
    }
    json!({ status.to_string(): answer, "default": { "$ref": "#/components/responses/Problem" } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_checked_in_document_is_current() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let kept = std::fs::read_to_string(golden).unwrap_or_default();
        assert!(kept == document(None), "run: claviger api openapi > docs/openapi.json");
    }

    #[test]
    fn each_operation_has_a_name_and_an_address_of_its_own() {
        let all: Vec<_> = resources::all().collect();
        let names: BTreeSet<_> = all.iter().map(|one| one.id).collect();
        let places: BTreeSet<_> = all.iter().map(|one| (one.method.name(), one.path)).collect();
        assert_eq!((names.len(), places.len()), (all.len(), all.len()));
        for one in &all {
            let permission = one.permission;
            assert!(permission.is_none_or(|permission| Permission::ALL.contains(&permission)), "{}", one.id);
            // What a token would hold is asked with a body, and changes nothing.
            let reads = one.method == Method::Get || one.id == "evaluateToken";
            assert_eq!(reads, permission.is_none_or(Permission::only_reads), "{}", one.id);
            let names = |name: &str| one.path.split('/').any(|part| part == name);
            let wants_realm = matches!(one.about, About::Realm | About::Organisation | About::User);
            assert_eq!(wants_realm, names("{realm}"), "{}", one.id);
            assert!(one.about != About::User || names("{user}"), "{}", one.id);
        }
    }
}
