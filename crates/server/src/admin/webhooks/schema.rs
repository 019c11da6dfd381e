//! The schema of what webhooks are told, as JSON Schema (2020-12).

use claviger_store::WebhookEvent;
use serde_json::{Map, Value, json};

/// The schema of an event's body.
pub fn schema(kind: &WebhookEvent) -> Value {
    let fields: Map<String, Value> = kind
        .fields
        .iter()
        .map(|field| {
            let one = if let [only] = field.types { json!(only) } else { json!(field.types) };
            (field.name.to_owned(), json!({ "type": one, "description": field.about }))
        })
        .collect();
    let required: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.name,
        "description": kind.about,
        "type": "object",
        "required": ["type", "version", "timestamp", "realm", "data"],
        "properties": {
            "type": { "const": kind.name },
            "version": { "const": kind.version },
            "timestamp": { "type": "string", "format": "date-time", "description": "When it happened" },
            "realm": { "type": "string", "description": "The realm's id" },
            "data": { "type": "object", "required": required, "properties": fields },
        },
    })
}
