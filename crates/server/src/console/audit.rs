//! Who did what: filtered, and as a file.

use super::build::{choice, line, listing, query, question};
use super::desk::{Desk, Stop};
use crate::admin::audit;
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Words};
use claviger_core::Params;
use claviger_core::permission::{Permission, Resource, Verb};
use claviger_store::{Act, AuditFilter, AuditLine};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

/// How many lines are shown, and how many a file has at most.
const SHOWN: usize = 100;
const WRITTEN: usize = 100_000;

/// The lines that somebody may see: of one realm, unless they may see all.
async fn found(desk: &Desk<'_>, params: &Params<'_>, most: usize) -> Result<Vec<AuditLine>, Stop> {
    let permission = Permission::new(Resource::Audit, Verb::Read);
    let filled = |name: &str| params.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let realm = filled("realm");
    match &realm {
        None if desk.admin.may_everywhere(permission) => {}
        None => return Ok(Vec::new()),
        Some(id) => {
            let of = desk.realm(id).await?;
            of.must(Resource::Audit, Verb::Read)?;
        }
    }
    let act = filled("act").and_then(|act| act.parse::<Act>().ok());
    let filter = AuditFilter { realm, act, actor: filled("actor"), ..AuditFilter::default() };
    let mut lines = audit::list(desk.store(), &filter, most).await?;
    lines.reverse();
    Ok(lines)
}

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    if !desk.admin.may_somewhere(Permission::new(Resource::Audit, Verb::Read)) {
        return Err(Stop::MayNot(Permission::new(Resource::Audit, Verb::Read)));
    }
    let lines = found(desk, params, SHOWN).await?;
    let said = |name: &str| params.get(name).unwrap_or_default();
    let acts = Act::ALL.iter().map(|act| (act.name().to_owned(), Words::text(act.name())));
    let acts = std::iter::once((String::new(), Words::of("console-all"))).chain(acts);
    let realms = desk.realms().await?;
    let realms = realms.iter().map(|realm| (realm.id.clone(), Words::text(realm.name.as_str())));
    let realms = std::iter::once((String::new(), Words::of("console-all"))).chain(realms);
    let fields = vec![
        choice("realm", "console-realm", realms, said("realm")),
        choice("act", "console-act", acts, said("act")),
        line("actor", "console-actor", said("actor")),
    ];
    let rows = lines.iter().map(|one| {
        [
            Cell::at(one.at),
            one.actor.as_deref().map_or(Cell::of("console-erased"), Cell::text),
            Cell::code(one.act.as_str()),
            Cell::text(format!("{} {}", one.subject_kind, one.subject)),
            Cell::code(one.realm.as_str()),
            Cell::Many { cells: vec![change(one.before.as_deref(), one.after.as_deref())] },
            Cell::code(one.reference.as_str()),
        ]
    });
    let head = [
        "console-when",
        "console-actor",
        "console-act",
        "console-subject",
        "console-realm",
        "console-change",
        "console-reference",
    ];
    let asked = [("realm", said("realm")), ("act", said("act")), ("actor", said("actor"))];
    let as_file = |kind| format!("{}/audit.{kind}?{}", desk.base, query(&asked));
    let files =
        vec![ConsoleLink::new("console-as-csv", as_file("csv")), ConsoleLink::new("console-as-json", as_file("json"))];
    let blocks = vec![
        question(format!("{}/audit", desk.base), "console-filter", fields),
        listing("console-audit", head, rows.collect(), "console-no-audit", None),
        Block::Links { links: files },
    ];
    Ok(desk.show("console-audit", params, blocks))
}

fn change(before: Option<&str>, after: Option<&str>) -> Cell {
    match (before, after) {
        (None, None) => Cell::None,
        (before, after) => Cell::Lines { text: format!("{} → {}", before.unwrap_or("–"), after.unwrap_or("–")) },
    }
}

/// The same as comma-separated values (RFC 4180).
pub(super) async fn csv(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let lines = found(desk, params, WRITTEN).await?;
    let mut text = String::from("number,at,actor,way,act,subject_kind,subject,realm,before,after,reference\r\n");
    for one in &lines {
        let number = one.number.to_string();
        let at = crate::pages::Moment::of(one.at).exact;
        let cells = [
            number.as_str(),
            &at,
            one.actor.as_deref().unwrap_or_default(),
            &one.way,
            &one.act,
            &one.subject_kind,
            &one.subject,
            &one.realm,
            one.before.as_deref().unwrap_or_default(),
            one.after.as_deref().unwrap_or_default(),
            &one.reference,
        ];
        text.push_str(&cells.map(quoted).join(","));
        text.push_str("\r\n");
    }
    Ok(file("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\"", text))
}

/// The same as JSON: a list of lines, as the command line prints them.
pub(super) async fn json(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let lines: Vec<audit::Shown> = found(desk, params, WRITTEN).await?.into_iter().map(Into::into).collect();
    Ok(file("application/json", "attachment; filename=\"audit.json\"", serde_json::to_string(&lines)?))
}

/// A file to be kept.
fn file(kind: &'static str, disposition: &'static str, text: String) -> Answer {
    let mut answer = crate::failure::empty(StatusCode::OK);
    *answer.body_mut() = http_body_util::Full::new(bytes::Bytes::from(text));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    crate::people::page::no_store(&mut answer);
    answer
}

/// A cell in quotes. One that a spreadsheet would calculate begins with an apostrophe.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quoted("=cmd()"), "\"'=cmd()\"");
    }
}
