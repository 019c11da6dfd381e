//! How pages are put together: short names for what nearly each of them has.

use crate::pages::views::console::{Block, Cell, ConsoleLink, Fact, Field, Form, Input, Table, Tone, Words};
use claviger_core::client::ClientStatus;
use claviger_core::params::form_encode;
use claviger_core::permission::Role;

/// How many rows a list has.
pub(super) const PAGE: i64 = 50;

/// The query of these parameters.
pub(super) fn query(params: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
        form_encode(&mut text, name, *value);
    }
    text
}

/// A link that knows whether its page is the one at this path.
pub(super) fn link(words: impl Into<Words>, url: String, path: &str) -> ConsoleLink {
    let is_here = path.trim_end_matches('/') == url.trim_end_matches('/');
    ConsoleLink { is_here, ..ConsoleLink::new(words, url) }
}

/// A label and what stands behind it.
pub(super) fn fact(label: impl Into<Words>, cell: Cell) -> Fact {
    Fact { label: label.into(), cell, origin: None }
}

/// Labels and values; those without a value are left out.
pub(super) fn facts(all: Vec<Fact>) -> Block {
    Block::Facts { facts: all.into_iter().filter(|fact| !matches!(fact.cell, Cell::None)).collect() }
}

/// A head.
pub(super) fn heading(words: impl Into<Words>) -> Block {
    Block::Heading { words: words.into() }
}

/// A paragraph.
pub(super) fn text(words: impl Into<Words>) -> Block {
    Block::Text { words: words.into() }
}

/// A table without further pages.
pub(super) fn table<const N: usize>(
    caption: impl Into<Words>,
    head: [&'static str; N],
    rows: Vec<[Cell; N]>,
    empty: &'static str,
) -> Block {
    listing(caption, head, rows, empty, None)
}

/// A table; `more`: the address of its next page.
pub(super) fn listing<const N: usize>(
    caption: impl Into<Words>,
    head: [&'static str; N],
    rows: Vec<[Cell; N]>,
    empty: &'static str,
    more: Option<String>,
) -> Block {
    let rows = rows.into_iter().map(Vec::from).collect();
    let head = head.into_iter().map(Words::of).collect();
    Block::Table { table: Table { caption: caption.into(), head, rows, empty: Words::of(empty), more } }
}

/// A form that does one thing.
pub(super) fn form(action: String, act: &'static str, button: &'static str, tone: Tone, fields: Vec<Field>) -> Form {
    Form { action, is_question: false, is_upload: false, fields, button: Words::of(button), act, tone, about: None }
}

/// A form that looks for something.
pub(super) fn search(action: String, fields: Vec<Field>) -> Block {
    question(action, "console-search", fields)
}

/// A form that changes nothing; its button says what comes of it.
pub(super) fn question(action: String, button: &'static str, fields: Vec<Field>) -> Block {
    let button = Words::of(button);
    let (is_question, is_upload, tone) = (true, false, Tone::Plain);
    Block::Form { form: Form { action, is_question, is_upload, fields, button, act: "", tone, about: None } }
}

/// One line to fill in.
pub(super) fn line(name: &'static str, label: &'static str, value: impl Into<String>) -> Field {
    let input = Input::Text { value: value.into() };
    Field { name, label: Words::of(label), input, hint: None, is_required: false }
}

/// Several lines to fill in.
pub(super) fn lines(name: &'static str, label: &'static str, value: impl Into<String>) -> Field {
    let input = Input::Lines { value: value.into() };
    Field { name, label: Words::of(label), input, hint: None, is_required: false }
}

/// The same that must be filled in.
pub(super) fn required(field: Field) -> Field {
    Field { is_required: true, ..field }
}

/// The same with a hint.
pub(super) fn hinted(field: Field, hint: impl Into<Words>) -> Field {
    Field { hint: Some(hint.into()), ..field }
}

/// What a form carries unseen.
pub(super) fn hidden(name: &'static str, value: impl Into<String>) -> Field {
    let input = Input::Hidden { value: value.into() };
    Field { name, label: Words::text(""), input, hint: None, is_required: false }
}

/// One of several; `chosen`: the value of the one that is.
pub(super) fn choice(
    name: &'static str,
    label: &'static str,
    options: impl IntoIterator<Item = (String, Words)>,
    chosen: &str,
) -> Field {
    let options = options.into_iter().map(|(value, words)| {
        let is_chosen = value == chosen;
        (value, words, is_chosen)
    });
    let input = Input::Choice { options: options.collect() };
    Field { name, label: Words::of(label), input, hint: None, is_required: false }
}

/// A box to tick.
pub(super) fn check(name: &'static str, label: impl Into<Words>, value: impl Into<String>, is_checked: bool) -> Field {
    let input = Input::Check { value: value.into(), is_checked };
    Field { name, label: label.into(), input, hint: None, is_required: false }
}

/// A button in a row; `about`: the row, for those who hear it.
pub(super) fn button(form: Form, about: impl Into<String>) -> Cell {
    Cell::Act { form: Box::new(Form { about: Some(about.into()), ..form }) }
}

/// What a role is called.
pub(super) fn role(role: Role) -> Words {
    Words::of(match role {
        Role::Owner => "console-role-owner",
        Role::Operator => "console-role-operator",
        Role::Reviewer => "console-role-reviewer",
        Role::Auditor => "console-role-auditor",
        _ => return Words::text(role.name()),
    })
}

/// Where an app stands.
pub(super) fn status(status: ClientStatus) -> Cell {
    match status {
        ClientStatus::Pending => Cell::tag("console-status-pending", Tone::Warn),
        ClientStatus::Active => Cell::tag("console-status-active", Tone::Good),
        ClientStatus::Rejected => Cell::tag("console-status-rejected", Tone::Bad),
        ClientStatus::Suspended => Cell::tag("console-status-suspended", Tone::Bad),
    }
}
