//! `claviger plan`: what `claviger apply` would change, field by field.

use super::apply::{ApplyArgs, rehearsed};
use super::context::Context;
use super::output::{self, Format};
use super::trouble::{Exit, Trouble};
use claviger_core::text::{printable, printable_lines};
use claviger_server::admin::apply::Report;
use claviger_server::admin::apply::changes::{Change, Field};
use serde_json::Value;
use std::fmt::Write as _;

/// The most of a value that is shown in a line, in characters; JSON has all of it.
const SHOWN: usize = 200;

/// Says what would change; ends with 10 where something would.
pub(crate) async fn run(args: ApplyArgs, context: &Context) -> Result<(), Trouble> {
    told(context, &rehearsed(&args, context).await?)
}

/// Says what would change.
///
/// # Errors
/// Something would.
pub(super) fn told(context: &Context, report: &Report) -> Result<(), Trouble> {
    print(context, report)?;
    match report.changes.len() {
        0 => Ok(()),
        _ => Err(Trouble::new(Exit::Pending, summary(report)).help("`claviger apply` with the same files makes them")),
    }
}

/// The same by its other name, which ends with 0.
pub(crate) async fn by_its_other_name(args: ApplyArgs, context: &Context) -> Result<(), Trouble> {
    by_another_name(context, &rehearsed(&args, context).await?)
}

/// The same of what is known.
pub(super) fn by_another_name(context: &Context, report: &Report) -> Result<(), Trouble> {
    eprintln!("`claviger apply --dry-run` is `claviger plan` now, which ends with 10 where something would change.");
    print(context, report)
}

/// The plan on stdout.
fn print(context: &Context, report: &Report) -> Result<(), Trouble> {
    if context.format != Format::Table {
        return listed(context, report);
    }
    output::put(&printable_lines(&text(report)))
}

/// As JSON all of it; as a list a line for each field.
fn listed(context: &Context, report: &Report) -> Result<(), Trouble> {
    if context.format == Format::Csv {
        let lines: Vec<(&Change, &Field)> =
            report.changes.iter().flat_map(|change| change.fields.iter().map(move |field| (change, field))).collect();
        let columns = ["object", "change", "field", "before", "after", "destructive"];
        return context.format.list(columns, &lines, |(change, field)| {
            [
                change.to_string(),
                word(change).to_owned(),
                field.field.clone(),
                spelled(&field.before),
                spelled(&field.after),
                field.destructive.to_string(),
            ]
        });
    }
    let item = serde_json::json!({
        "dry_run": true, "changes": report.changes, "created": report.created, "changed": report.changed,
        "unchanged": report.unchanged, "destructive": destructive(report), "not_in_files": report.not_in_files,
        "notes": report.notes, "secrets": [],
    });
    context.format.one(&item, &[])
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for change in &report.changes {
        // A String takes every write.
        let _ = writeln!(text, "{} {change}", if change.created { "+" } else { "~" });
        for field in &change.fields {
            let mark = if field.destructive { "!" } else { " " };
            let after = shortened(&field.after);
            let _ = match (&field.before, &field.after) {
                (Value::Null, _) => writeln!(text, "  {mark} {}: {after}", field.field),
                (before, Value::Null) => writeln!(text, "  {mark} {}: {} -> (none)", field.field, shortened(before)),
                (before, _) => writeln!(text, "  {mark} {}: {} -> {after}", field.field, shortened(before)),
            };
        }
    }
    for name in &report.not_in_files {
        let _ = writeln!(text, "  not in files (kept): {name}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    if destructive(report) > 0 {
        text.push_str("! ends or refuses something that works today\n");
    }
    let _ = writeln!(text, "{}; nothing was written", summary(report));
    text
}

fn summary(report: &Report) -> String {
    let (created, changed) = (report.created.len(), report.changed.len());
    format!(
        "{created} to create, {changed} to change, {} as they are, {} destructive",
        report.unchanged,
        destructive(report)
    )
}

fn destructive(report: &Report) -> usize {
    report.changes.iter().filter(|change| change.is_destructive()).count()
}

const fn word(change: &Change) -> &'static str {
    if change.created { "create" } else { "change" }
}

/// A value as a realm file would have it, near enough for a person.
fn spelled(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    printable(&claviger_core::text::shortened(&text, SHOWN)).into_owned()
}

/// The fields of one object, for whoever changed just that.
pub(super) fn fields(change: &Change) -> String {
    let line = |field: &Field| format!("{}: {} -> {}", field.field, shortened(&field.before), shortened(&field.after));
    change.fields.iter().map(line).collect::<Vec<_>>().join("\n")
}
