//! YAML 1.2, as far as JSON's values need it: blocks of keys and lists, every text in quotes, so that no text is ever taken for
//! something else.

use super::super::trouble::{Exit, Trouble};
use claviger_core::text::is_steering;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// Spells a value.
///
/// # Errors
/// It has no JSON, which does not happen.
pub(super) fn spell<T: Serialize>(value: &T) -> Result<String, Trouble> {
    let value = serde_json::to_value(value)
        .map_err(|error| Trouble::new(Exit::Failure, format!("the answer cannot be printed: {error}")))?;
    let mut out = String::new();
    block(&value, 0, &mut out);
    Ok(out)
}

/// Lines of a value, each indented, the last one ended.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                pad(indent, out);
                key(name, out);
                out.push(':');
                nested(value, indent + 2, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(indent, out);
                out.push('-');
                nested(item, indent + 2, out);
            }
        }
        flat => {
            pad(indent, out);
            scalar(flat, out);
            out.push('\n');
        }
    }
}

fn nested(value: &Value, indent: usize, out: &mut String) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        block(value, indent, out);
    } else {
        out.push(' ');
        scalar(value, out);
        out.push('\n');
    }
}

/// A name in quotes, unless it is one of ours: letters and `_` that no parser takes for a truth value.
fn key(name: &str, out: &mut String) {
    let is_plain = name.len() > 3 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if (is_plain && !matches!(name, "true" | "false" | "null")) || name == "id" {
        out.push_str(name);
    } else {
        text(name, out);
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(value: &Value, out: &mut String) {
    match value {
        Value::String(value) => text(value, out),
        // Numbers, words and what is empty are spelled as in JSON.
        other => out.push_str(&other.to_string()),
    }
}

/// A text in double quotes (YAML 1.2 7.3.1), without a character that would steer a terminal.
fn text(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if is_steering(c) || c.is_control() || c == '\u{feff}' => {
                // A String takes every write.
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::spell;
    use serde_json::json;

    #[test]
    fn blocks_are_indented_and_texts_are_texts() {
        let value = json!([
            { "id": "a", "no": "no", "list": ["x", 1, true, null], "empty": [], "none": {} },
            { "id": "b: \"c\" \\ # d\n\u{1b}[31m\u{E0041}é", "deep": { "list": [{ "k": 1.5 }] } },
        ]);
        let expected = r#"-
  id: "a"
  "no": "no"
  list:
    - "x"
    - 1
    - true
    - null
  empty: []
  none: {}
-
  id: "b: \"c\" \\ # d\n\U0000001B[31m\U000E0041é"
  deep:
    list:
      -
        "k": 1.5
"#;
        assert_eq!(spell(&value).unwrap(), expected);
        assert_eq!(spell(&json!([])).unwrap(), "[]\n");
        assert_eq!(spell(&json!("x")).unwrap(), "\"x\"\n");
    }
}
