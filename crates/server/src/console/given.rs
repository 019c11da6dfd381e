//! What was given to whom in a realm: searched by app and user, ended one by one or all that were found.

use super::build::{button, form, heading, hidden, line, query, question, table, text};
use super::desk::{At, Of, Stop};
use crate::admin::given::{self, Grant};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Form, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};
use claviger_store::id_text;

/// How many are shown.
const MOST: usize = 200;

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Grants, Verb::Read)?;
    let filled = |name: &str| params.get(name).map(str::trim).filter(|text| !text.is_empty());
    let (app, user) = (filled("app"), filled("user"));
    let (store, realm, now) = (of.desk.store(), &of.realm, of.desk.now());
    let whose = given::of(store, realm, app, user).await.at(of.tail("/grants"))?;
    if params.get("confirm") == Some("revoke") {
        return Ok(confirm(of, app, user, params));
    }
    let found = given::grants(store, realm, &whose, now, MOST).await?;
    let may = of.may(Resource::Grants, Verb::Revoke);
    let rows = found.iter().map(|grant| row(of, grant, may)).collect();
    let fields = vec![
        line("app", "console-app-id", app.unwrap_or_default()),
        line("user", "console-username", user.unwrap_or_default()),
    ];
    let head = [
        "console-app",
        "console-user",
        "console-scopes",
        "console-organisations",
        "console-since",
        "console-last-used",
        "console-act",
    ];
    let mut blocks = vec![
        question(of.url("/grants"), "console-filter", fields),
        text(Words::of("console-grants-shown").count("count", found.len()).count("most", MOST)),
        table("console-grants", head, rows, "console-no-grants"),
    ];
    if may && (app.is_some() || user.is_some()) && !found.is_empty() {
        let which = [("app", app.unwrap_or_default()), ("user", user.unwrap_or_default()), ("confirm", "revoke")];
        let url = format!("{}?{}", of.url("/grants"), query(&which));
        blocks.push(heading("console-acts"));
        blocks.push(Block::Links { links: vec![ConsoleLink::new("console-revoke-all", url)] });
    }
    Ok(of.show("console-grants", Vec::new(), params, blocks))
}

fn row(of: &Of<'_>, Grant { line, granted }: &Grant, may: bool) -> [Cell; 7] {
    let id = id_text(&line.id);
    let user = line
        .user
        .as_deref()
        .map(|user| Cell::link(line.username.clone().unwrap_or_else(|| user.to_owned()), of.url_of("/user", user)));
    let organisations = granted.iter().flat_map(|granted| granted.organisations.iter().map(String::as_str));
    let end = form(of.url("/grants"), "revoke-one", "console-end", Tone::Plain, vec![hidden("grant", id.as_str())]);
    [
        Cell::link(line.client.as_str(), of.url_of("/app", &line.client)),
        user.unwrap_or(Cell::None),
        Cell::code(granted.as_ref().map(|granted| granted.scope.to_string()).unwrap_or_default()),
        Cell::codes(organisations),
        Cell::at(line.created_at),
        Cell::at(line.refreshed_at),
        if may { button(end, id) } else { Cell::None },
    ]
}

fn confirm(of: &Of<'_>, app: Option<&str>, user: Option<&str>, params: &Params<'_>) -> Answer {
    let (app, user) = (app.unwrap_or_default(), user.unwrap_or_default());
    let fields = vec![hidden("app", app), hidden("user", user)];
    let form: Form = form(of.url("/grants"), "revoke", "console-revoke-all", Tone::Bad, fields);
    let back = format!("{}?{}", of.url("/grants"), query(&[("app", app), ("user", user)]));
    let blocks = vec![
        text("console-revoke-what"),
        Block::Links { links: vec![ConsoleLink::new("console-go-back", back)] },
        Block::Form { form },
    ];
    let trail = vec![ConsoleLink::new("console-grants", of.url("/grants"))];
    of.show("console-revoke-all", trail, params, blocks)
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Grants, Verb::Revoke)?;
    let back = of.tail("/grants");
    let admin = of.desk.acting();
    match params.get("act").unwrap_or_default() {
        "revoke-one" => {
            let id = params.get("grant").unwrap_or_default();
            given::revoke_grant(&admin, &of.realm, id).await.at(back.as_str())?;
        }
        "revoke" => {
            let filled = |name: &str| params.get(name).filter(|text| !text.is_empty());
            let (app, user) = (filled("app"), filled("user"));
            // All grants of a realm are not ended by a form that lost its fields.
            if app.is_none() && user.is_none() {
                return Err(Stop::NotFound);
            }
            let whose = given::of(of.desk.store(), &of.realm, app, user).await.at(back.as_str())?;
            given::revoke_grants(&admin, &of.realm, &whose).await.at(back.as_str())?;
        }
        _ => return Err(Stop::NotFound),
    }
    Ok(of.desk.go(&back, "ended"))
}
