//! Until when an app, or all apps that were given it, may use an old behaviour.

use super::build::{check, fact, facts, form, hidden, hinted, line, lines, query, required, text};
use super::desk::{At, Of, Stop};
use super::dialect::{MOST_DEADLINES, ends};
use crate::admin::AdminError;
use crate::admin::deadlines::{self, New, behaviour};
use crate::admin::partner_letters::Desk;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Tone, Words};
use claviger_core::Params;
use claviger_core::dialect::Legacy;
use claviger_core::permission::{Resource, Verb};
use claviger_store::LegacyDeadline;

fn trail(of: &Of<'_>) -> Vec<ConsoleLink> {
    vec![ConsoleLink::new("console-dialect", of.url("/dialect"))]
}

fn legacy(params: &Params<'_>) -> Result<Legacy, Stop> {
    behaviour(params.get("legacy").unwrap_or_default()).map_err(|_| Stop::NotFound)
}

/// The app that it is about; none: all of them.
fn app<'p>(params: &'p Params<'_>) -> Option<&'p str> {
    params.get("app").filter(|app| !app.is_empty())
}

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Write)?;
    let (legacy, app) = (legacy(params)?, app(params));
    let set = match app {
        Some(app) => {
            crate::admin::apps::find(of.desk.store(), &of.realm, app).await?;
            let all = of.desk.store().deadlines_of(&of.realm.id, app).await?;
            all.into_iter().find(|one| one.legacy == legacy.name())
        }
        None => None,
    };
    let day = set.as_ref().map(|set| Moment::of(set.ends_at).day).unwrap_or_default();
    let note = set.as_ref().map(|set| set.note.clone()).unwrap_or_default();
    let typed = Typed { day, note, enforce: set.as_ref().is_some_and(|set| set.enforce) };
    let blocks = blocks(of, legacy, app, set.as_ref(), typed).await?;
    Ok(of.show(title(app), trail(of), params, blocks))
}

fn title(app: Option<&str>) -> &'static str {
    if app.is_some() { "console-deadline" } else { "console-deadline-for-all" }
}

/// What is in the form.
struct Typed {
    day: String,
    note: String,
    enforce: bool,
}

/// How many apps have a date for it.
async fn dated(of: &Of<'_>, legacy: Legacy) -> Result<usize, Stop> {
    let all = of.desk.store().deadlines_by_end(&of.realm.id, MOST_DEADLINES).await?;
    Ok(all.iter().filter(|one| one.legacy == legacy.name()).count())
}

async fn blocks(
    of: &Of<'_>,
    legacy: Legacy,
    app: Option<&str>,
    set: Option<&LegacyDeadline>,
    typed: Typed,
) -> Result<Vec<Block>, Stop> {
    let what = if app.is_some() { "console-deadline-message" } else { "console-deadline-all-message" };
    let of_app = |act, button, tone, fields| form(of.url("/deadline"), act, button, tone, fields);
    let about = || vec![hidden("legacy", legacy.name()), hidden("app", app.unwrap_or_default())];
    let mut fields = about();
    fields.push(hinted(required(line("day", "console-deadline-day", typed.day)), "console-deadline-day-hint"));
    fields.push(hinted(lines("note", "console-deadline-note", typed.note), "console-deadline-note-hint"));
    let enforce = check("enforce", "console-deadline-enforce", "yes", typed.enforce);
    fields.push(hinted(enforce, "console-deadline-enforce-hint"));
    let mut blocks = vec![
        facts(vec![
            fact("console-app", app.map_or(Cell::None, |app| Cell::link(app, of.url_of("/app", app)))),
            fact("console-weakening", Cell::tag(Words::text(legacy.name()), Tone::Warn)),
            fact("console-risk", Cell::text(legacy.risk())),
            fact("console-ends", set.map_or(Cell::None, ends)),
        ]),
        text(what),
        Block::Form { form: of_app("set", "console-deadline-set", Tone::Good, fields) },
    ];
    let dated = if app.is_none() { dated(of, legacy).await? } else { 0 };
    if set.is_some() || dated > 0 {
        let (what, button) = match app {
            Some(_) => (Words::of("console-deadline-remove-what"), "console-deadline-remove"),
            None => {
                (Words::of("console-deadline-remove-all-what").count("count", dated), "console-deadline-remove-all")
            }
        };
        blocks.push(text(what));
        blocks.push(Block::Form { form: of_app("remove", button, Tone::Bad, about()) });
    }
    Ok(blocks)
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Write)?;
    let (legacy, app) = (legacy(params)?, app(params));
    let mut back = of.tail("/deadline");
    back.push('?');
    back.push_str(&query(&[("legacy", legacy.name()), ("app", app.unwrap_or_default())]));
    match params.get("act").unwrap_or_default() {
        "set" => set(of, legacy, app, params).await,
        "remove" => {
            let admin = of.desk.acting();
            let said = if let Some(app) = app {
                deadlines::remove(&admin, &of.realm, app, legacy.name()).await.at(back)?;
                "deadline-removed"
            } else {
                deadlines::remove_for_all(&admin, &of.realm, legacy).await.at(back)?;
                "deadlines-removed"
            };
            Ok(of.desk.go(&of.tail("/dialect"), said))
        }
        _ => Err(Stop::NotFound),
    }
}

async fn set(of: &Of<'_>, legacy: Legacy, app: Option<&str>, params: &Params<'_>) -> Result<Answer, Stop> {
    let said = |name: &str| params.get(name).map(str::trim).unwrap_or_default().to_owned();
    let typed = Typed { day: said("day"), note: said("note"), enforce: params.get("enforce").is_some() };
    // A day that is none is over, and refused as such.
    let ends_at = day(&typed.day).unwrap_or(i64::MIN);
    let new = New { legacy, ends_at, note: &typed.note, enforce: typed.enforce };
    let (admin, state, pages) = (of.desk.acting(), of.desk.flow.state, of.desk.flow.state.pages.load_full());
    let desk = Desk { secrets: &state.secrets, pages: &pages };
    let done = match app {
        Some(app) => deadlines::set(&admin, desk, &of.realm, app, &new).await.map(drop),
        None => deadlines::set_for_all(&admin, desk, &of.realm, &new).await.map(drop),
    };
    match done {
        Ok(()) => {
            state.handed_in.notify_one();
            Ok(of.desk.go(&of.tail("/dialect"), "deadline"))
        }
        Err(error @ AdminError::Invalid(_)) => {
            Ok(of.show_wrong(title(app), trail(of), &error, blocks(of, legacy, app, None, typed).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The beginning of a day in UTC, in milliseconds.
fn day(text: &str) -> Option<i64> {
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
