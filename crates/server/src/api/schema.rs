//! What bodies look like: one table of which requests are checked and the `OpenAPI` document is made.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// A text of at most so many characters, and at least one.
    Name(usize),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A time of RFC 3339.
    Time,
    /// A whole number.
    Int,
    /// True or false.
    Bool,
    /// Several.
    List(&'static Shape),
    /// An object with these fields.
    Object(&'static Schema),
    /// An object with whatever names.
    Map,
    /// Anything.
    Any,
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// It is always there.
    pub(super) required: bool,
    /// It may be `null`.
    pub(super) nullable: bool,
    pub(super) says: &'static str,
}

/// An object.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) fields: &'static [Field],
    /// There may be more fields than these; never in what is sent to the server.
    pub(super) open: bool,
}

/// A parameter of the query.
#[derive(Debug)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) says: &'static str,
}

/// Declares a parameter.
pub(super) const fn param(name: &'static str, shape: Shape, says: &'static str) -> Param {
    Param { name, shape, says }
}

/// A field that is always there.
pub(super) const fn always(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, required: true, nullable: false, says }
}

/// A field that is there, or `null`.
pub(super) const fn or_null(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, required: true, nullable: true, says }
}

/// A field that may be left out.
pub(super) const fn may(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, required: false, nullable: false, says }
}

/// A field that may be left out, and may be `null`.
pub(super) const fn may_be_null(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, required: false, nullable: true, says }
}

/// A field of a body that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct FieldError {
    /// Where: a JSON pointer (RFC 6901), or the name of a parameter.
    pub(super) field: String,
    /// What is wrong, and what to do.
    pub(super) detail: String,
}

/// Everything that is wrong with a body.
pub(super) fn check(schema: &Schema, body: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    object(schema, body, "", &mut errors);
    errors
}

fn say(errors: &mut Vec<FieldError>, field: &str, detail: impl Into<String>) {
    errors.push(FieldError { field: field.to_owned(), detail: detail.into() });
}

fn object(schema: &Schema, value: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let Value::Object(members) = value else { return say(errors, at, "this must be an object") };
    for field in schema.fields {
        let at = format!("{at}/{}", field.name);
        match members.get(field.name) {
            None if field.required => say(errors, &at, "this is missing"),
            None => {}
            Some(Value::Null) if field.nullable => {}
            Some(value) => shape(field.shape, value, &at, errors),
        }
    }
    if schema.open {
        return;
    }
    for name in members.keys().filter(|name| !schema.fields.iter().any(|field| field.name == *name)) {
        let known: Vec<_> = schema.fields.iter().map(|field| field.name).collect();
        let escaped = name.replace('~', "~0").replace('/', "~1");
        say(errors, &format!("{at}/{escaped}"), format!("there is no such field; there is: {}", known.join(", ")));
    }
}

fn shape(wanted: Shape, value: &Value, at: &str, errors: &mut Vec<FieldError>) {
    match (wanted, value) {
        (Shape::Text | Shape::Name(_) | Shape::Time | Shape::OneOf(_), Value::String(text)) if text.contains('\0') => {
            say(errors, at, "a text has no zero character");
        }
        (Shape::Any, _)
        | (Shape::Map, Value::Object(_))
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Text, Value::String(_)) => {}
        (Shape::Name(most), Value::String(text)) => {
            if text.trim().is_empty() || text.chars().count() > most {
                say(errors, at, format!("this has 1 to {most} characters"));
            }
        }
        (Shape::OneOf(words), Value::String(text)) => {
            if !words.contains(&text.as_str()) {
                say(errors, at, format!("there is: {}", words.join(", ")));
            }
        }
        (Shape::Time, Value::String(text)) => {
            if super::times::parse(text).is_none() {
                say(errors, at, "this must be a time of RFC 3339, like 2026-11-28T09:30:00Z");
            }
        }
        (Shape::Int, Value::Number(number)) if number.is_i64() => {}
        (Shape::List(each), Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                shape(*each, item, &format!("{at}/{i}"), errors);
            }
        }
        (Shape::Object(schema), value) => object(schema, value, at, errors),
        _ => say(errors, at, format!("this must be {}", kind(wanted))),
    }
}

const fn kind(shape: Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::Name(_) | Shape::OneOf(_) | Shape::Time => "a text",
        Shape::Int => "a whole number",
        Shape::Bool => "true or false",
        Shape::List(_) => "a list",
        Shape::Object(_) | Shape::Map => "an object",
        Shape::Any => "anything",
    }
}

/// The schemas of a document, by name.
pub(super) type Schemas = BTreeMap<&'static str, Value>;

/// A shape as JSON Schema (2020-12); what it names is put among the others.
pub(super) fn spell(shape: Shape, named: &mut Schemas) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Name(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        Shape::OneOf(words) => json!({ "type": "string", "enum": words }),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::Int => json!({ "type": "integer", "format": "int64" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::List(each) => json!({ "type": "array", "items": spell(*each, named) }),
        Shape::Map => json!({ "type": "object", "additionalProperties": true }),
        Shape::Any => json!({}),
        Shape::Object(schema) => reference(schema, named),
    }
}

/// A reference to an object's schema, which is put among the others.
pub(super) fn reference(schema: &'static Schema, named: &mut Schemas) -> Value {
    if !named.contains_key(schema.name) {
        named.insert(schema.name, Value::Null);
        let spelled = of_object(schema, named);
        named.insert(schema.name, spelled);
    }
    json!({ "$ref": format!("#/components/schemas/{}", schema.name) })
}

fn of_object(schema: &'static Schema, named: &mut Schemas) -> Value {
    let mut properties = Map::new();
    for field in schema.fields {
        let mut spelled = spell(field.shape, named);
        if field.nullable {
            spelled = nullable(spelled);
        }
        if let Value::Object(members) = &mut spelled {
            members.insert("description".to_owned(), field.says.into());
        }
        properties.insert(field.name.to_owned(), spelled);
    }
    let required: Vec<_> = schema.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut spelled = json!({
        "type": "object", "description": schema.says, "properties": properties, "additionalProperties": schema.open,
    });
    if !required.is_empty()
        && let Value::Object(members) = &mut spelled
    {
        members.insert("required".to_owned(), required.into());
    }
    spelled
}

fn nullable(spelled: Value) -> Value {
    match spelled {
        Value::Object(mut members)
            if members.get("type").is_some_and(Value::is_string) && !members.contains_key("enum") =>
        {
            let kind = members.remove("type").unwrap_or_default();
            members.insert("type".to_owned(), json!([kind, "null"]));
            Value::Object(members)
        }
        other => json!({ "anyOf": [other, { "type": "null" }] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Schema = Schema { name: "Inner", says: "", fields: &[always("at", Shape::Time, "")], open: false };
    const OUTER: Schema = Schema {
        name: "Outer",
        says: "",
        fields: &[
            always("name", Shape::Name(5), ""),
            may("words", Shape::List(&Shape::OneOf(&["a", "b"])), ""),
            may("inner", Shape::Object(&INNER), ""),
            or_null("count", Shape::Int, ""),
        ],
        open: false,
    };

    #[test]
    fn everything_that_is_wrong_is_named() {
        assert_eq!(
            check(&OUTER, &json!({ "name": "x", "count": null, "inner": { "at": "2026-11-28T09:30:00Z" } })),
            []
        );
        let wrong =
            json!({ "name": "", "words": ["a", "c", 1], "inner": { "at": "yesterday" }, "count": 1.5, "a/b": 1 });
        let found: Vec<_> = check(&OUTER, &wrong).into_iter().map(|error| error.field).collect();
        assert_eq!(found, ["/name", "/words/1", "/words/2", "/inner/at", "/count", "/a~1b"]);
        assert_eq!(check(&OUTER, &json!([]))[0].detail, "this must be an object");
        assert_eq!(check(&OUTER, &json!({ "count": 1 }))[0].detail, "this is missing");
        assert_eq!(check(&OUTER, &json!({ "name": "a\0", "count": 1 }))[0].field, "/name");
    }

    #[test]
    fn a_shape_is_spelled_as_it_is_checked() {
        let mut named = Schemas::new();
        reference(&OUTER, &mut named);
        assert_eq!(named.keys().copied().collect::<Vec<_>>(), ["Inner", "Outer"]);
        assert_eq!(named["Outer"]["properties"]["count"]["type"], json!(["integer", "null"]));
        assert_eq!(named["Outer"]["required"], json!(["name", "count"]));
        assert_eq!(named["Outer"]["additionalProperties"], false);
    }
}
