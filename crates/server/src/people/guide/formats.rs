//! The guide for tools: a Postman collection (format 2.1) and an `OpenAPI` 3.1 document of the OAuth endpoints.

use super::facts::Guide;
use super::grants::Flow;
use serde_json::{Map, Value, json};

/// The requests, with variables for what the reader has.
pub(super) fn postman(guide: &Guide<'_>) -> Value {
    let token = guide.token.clone().unwrap_or_default();
    let mut items: Vec<Value> = guide.flows.iter().map(|flow| item(flow.title, &token, &form(flow))).collect();
    if let Some(revocation) = &guide.revocation {
        let fields =
            [("token", "{{refresh_token}}"), ("client_id", "{{client_id}}"), ("client_secret", "{{client_secret}}")];
        items.push(item("Revoke", revocation, &fields.map(|(key, value)| entry(key, value))));
    }
    items.push(json!({
        "name": "What the server says of itself",
        "request": { "method": "GET", "header": [], "url": guide.discovery },
    }));
    let mut names: Vec<&str> = vec!["client_secret"];
    names.extend(guide.flows.iter().flat_map(|flow| flow.fields.iter()).filter_map(|field| field.variable));
    names.sort_unstable();
    names.dedup();
    let mut variables: Vec<Value> =
        names.iter().map(|name| json!({ "key": name.to_ascii_lowercase(), "value": "" })).collect();
    variables.push(json!({ "key": "client_id", "value": guide.client_id }));
    json!({
        "info": {
            "name": guide.name,
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": items,
        "variable": variables,
    })
}

fn item(name: &str, url: &str, urlencoded: &[Value]) -> Value {
    json!({
        "name": name,
        "request": {
            "method": "POST",
            "header": [],
            "url": url,
            "body": { "mode": "urlencoded", "urlencoded": urlencoded },
        },
    })
}

fn entry(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value, "type": "text" })
}

fn form(flow: &Flow) -> Vec<Value> {
    let mut fields: Vec<Value> = flow
        .fields
        .iter()
        .filter_map(|field| {
            let variable = field.variable.map(|name| format!("{{{{{}}}}}", name.to_ascii_lowercase()));
            Some(entry(field.name, field.value.as_deref().or(variable.as_deref())?))
        })
        .collect();
    fields.push(entry("client_id", "{{client_id}}"));
    if flow.has_secret {
        fields.push(entry("client_secret", "{{client_secret}}"));
    }
    fields
}

/// The endpoints, where they are.
pub(super) fn openapi(guide: &Guide<'_>) -> Value {
    let mut paths = Map::new();
    let mut servers: Vec<String> = Vec::new();
    let mut add = |url: Option<&String>, method: &str, operation: Value| {
        let Some((origin, path)) = url.and_then(|url| split(url)) else { return };
        if !servers.iter().any(|known| known == origin) {
            servers.push(origin.to_owned());
        }
        let mut item = Map::new();
        item.insert("servers".to_owned(), json!([{ "url": origin }]));
        item.insert(method.to_owned(), operation);
        paths.insert(path.to_owned(), item.into());
    };
    add(guide.token.as_ref(), "post", token_operation(guide));
    add(guide.authorization.as_ref().map(|browser| &browser.url), "get", authorization_operation());
    add(guide.revocation.as_ref(), "post", form_operation("Revoke a token", &["token"]));
    add(guide.introspection.as_ref(), "post", form_operation("Look at a token, for APIs", &["token"]));
    add(
        guide.jwks.as_ref(),
        "get",
        json!({
            "summary": "The keys that sign tokens",
            "responses": { "200": { "description": "A key set (RFC 7517)" } },
        }),
    );
    add(
        Some(&guide.discovery),
        "get",
        json!({
            "summary": "What the server says of itself",
            "responses": { "200": { "description": "The discovery document" } },
        }),
    );
    json!({
        "openapi": "3.1.0",
        "info": { "title": format!("{}: OAuth", guide.name), "version": "1" },
        "servers": servers.iter().map(|url| json!({ "url": url })).collect::<Vec<_>>(),
        "paths": paths,
        "components": { "securitySchemes": { "client": { "type": "http", "scheme": "basic" } } },
    })
}

fn split(url: &str) -> Option<(&str, &str)> {
    let after = url.find("://")? + 3;
    let at = after + url.get(after..)?.find('/')?;
    Some((url.get(..at)?, url.get(at..)?))
}

fn token_operation(guide: &Guide<'_>) -> Value {
    let mut fields = Map::new();
    for field in guide.flows.iter().flat_map(|flow| &flow.fields) {
        fields.entry(field.name).or_insert_with(|| json!({ "type": "string", "description": field.about }));
    }
    fields.insert("grant_type".to_owned(), json!({ "type": "string", "enum": guide.grants }));
    for name in ["client_id", "client_secret"] {
        fields.insert(name.to_owned(), json!({ "type": "string" }));
    }
    let schema = json!({ "type": "object", "required": ["grant_type"], "properties": fields });
    let mut content = Map::new();
    content.insert("application/x-www-form-urlencoded".to_owned(), json!({ "schema": schema }));
    if guide.json_body {
        content.insert("application/json".to_owned(), json!({ "schema": schema }));
    }
    let errors: Vec<&str> = guide.errors.iter().map(|error| error.error).collect();
    let refused = json!({
        "description": "Refused",
        "content": { "application/json": { "schema": {
            "type": "object", "required": ["error"],
            "properties": {
                "error": { "type": "string", "enum": errors }, "error_description": { "type": "string" },
            },
        } } },
    });
    json!({
        "summary": "Tokens",
        "security": [{ "client": [] }, {}],
        "requestBody": { "required": true, "content": content },
        "responses": {
            "200": { "description": "Tokens", "content": { "application/json": { "schema": answer(guide) } } },
            "400": refused.clone(),
            "401": refused,
        },
    })
}

fn answer(guide: &Guide<'_>) -> Value {
    let mut fields = json!({
        "access_token": { "type": "string" },
        "token_type": { "const": guide.answer.token_type },
        "expires_in": { "type": "integer", "examples": [guide.answer.expires_in] },
    });
    if let Value::Object(fields) = &mut fields {
        let more = [
            ("refresh_token", guide.answer.refresh_token),
            ("id_token", guide.answer.id_token),
            ("scope", guide.answer.scope != "never"),
        ];
        for (name, _) in more.into_iter().filter(|(_, is_there)| *is_there) {
            fields.insert(name.to_owned(), json!({ "type": "string" }));
        }
    }
    json!({ "type": "object", "required": ["access_token", "token_type", "expires_in"], "properties": fields })
}

fn authorization_operation() -> Value {
    let parameter = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
    let names =
        ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"];
    json!({
        "summary": "A person signs in and agrees; for browsers",
        "parameters": names.map(parameter),
        "responses": { "200": { "description": "A page" }, "303": { "description": "Back to the app" } },
    })
}

fn form_operation(summary: &str, names: &[&str]) -> Value {
    let fields: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    let schema = json!({ "type": "object", "required": names, "properties": fields });
    json!({
        "summary": summary,
        "security": [{ "client": [] }, {}],
        "requestBody": { "required": true, "content": { "application/x-www-form-urlencoded": { "schema": schema } } },
        "responses": { "200": { "description": "Done" } },
    })
}
