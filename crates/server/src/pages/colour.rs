//! `{{ text | coloured }}`: JSON and HTTP messages with their parts told apart by the style sheet.

use std::fmt::Write as _;

use minijinja::{HtmlEscape, Value};

/// Markup for `text`, everything in it escaped. What is neither JSON nor HTTP stays plain.
pub(super) fn coloured(text: &str) -> Value {
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len() * 2);
    let first = text.lines().next().unwrap_or_default();
    if first.starts_with("HTTP/") || first.contains(" HTTP/") {
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        http_head(&mut out, head);
        if !body.is_empty() {
            out.push_str("\n\n");
            json_or_plain(&mut out, body);
        }
    } else {
        json_or_plain(&mut out, &text);
    }
    Value::from_safe_string(out)
}

fn http_head(out: &mut String, head: &str) {
    for (number, line) in head.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        match line.split_once(':') {
            _ if number == 0 => span(out, "first", line),
            Some((name, value)) => {
                span(out, "name", name);
                plain(out, ":");
                plain(out, value);
            }
            None => plain(out, line),
        }
    }
}

fn json_or_plain(out: &mut String, text: &str) {
    if !text.trim_start().starts_with(['{', '[']) {
        return plain(out, text);
    }
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, class) = match first {
            '"' => {
                let length = string_length(rest);
                let after = rest.get(length..).unwrap_or_default().trim_start();
                (length, if after.starts_with(':') { "name" } else { "string" })
            }
            '-' | '0'..='9' | 'a'..='z' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
                (end.unwrap_or(rest.len()), "literal")
            }
            other => (other.len_utf8(), ""),
        };
        let (token, tail) = rest.split_at(length);
        if class.is_empty() {
            plain(out, token);
        } else {
            span(out, class, token);
        }
        rest = tail;
    }
}

/// The length in bytes of the string that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn span(out: &mut String, class: &str, text: &str) {
    // A String takes every write.
    let _ = write!(out, "<span class=\"{class}\">{}</span>", HtmlEscape(text));
}

fn plain(out: &mut String, text: &str) {
    let _ = write!(out, "{}", HtmlEscape(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_told_apart() {
        assert_eq!(
            coloured("{\"a\": \"b\\\"c\", \"n\": [-1.5e+3, true]}").to_string(),
            "{<span class=\"name\">&quot;a&quot;</span>: <span class=\"string\">&quot;b\\&quot;c&quot;</span>, \
             <span class=\"name\">&quot;n&quot;</span>: [<span class=\"literal\">-1.5e+3</span>, <span class=\"literal\">true</span>]}"
        );
        assert_eq!(
            coloured("GET / HTTP/1.1\r\nHost: x\r\n\r\na<b").to_string(),
            "<span class=\"first\">GET &#x2f; HTTP&#x2f;1.1</span>\n<span class=\"name\">Host</span>: x\n\na&lt;b"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_raw(text in "[{\\[]?[\"\\\\{}:a1<&é\n -]{0,30}") {
            let markup = coloured(&text).to_string();
            let bare: String = markup
                .replace("</span>", "")
                .split("<span class=\"")
                .enumerate()
                .map(|(at, piece)| if at == 0 { piece } else { piece.split_once("\">").unwrap().1 })
                .collect();
            prop_assert_eq!(bare, HtmlEscape(&text).to_string());
        }
    }
}
