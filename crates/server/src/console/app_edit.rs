//! An app is registered or changed by somebody of the vendor's: by the rules that every registration is checked by, and with a
//! look at what would be different before it is.

use super::app::trail;
use super::build::{check, choice, form, heading, hidden, hinted, line, lines, required, table, text};
use super::desk::{At, Of, Stop};
use crate::admin::apply::changes::Field as Changed;
use crate::admin::apps::{self, Edit, Registration};
use crate::admin::{AdminError, SubjectKind};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Field, Tone, Words};
use claviger_core::crypto::sha256;
use claviger_core::dialect::Legacy;
use claviger_core::jose::base64url;
use claviger_core::permission::{Resource, Verb};
use claviger_core::redirect::RedirectUri;
use claviger_core::{Client, Params};
use std::collections::BTreeSet;

/// The form of a new app.
pub(super) fn new(of: &Of<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Write)?;
    let nothing = Params::of_pairs(Vec::new()).map_err(crate::failure::Failure::from)?;
    Ok(of.show("console-app-new", trail(of), &nothing, vec![text("console-app-new-message"), blank(of, &nothing)]))
}

fn blank(of: &Of<'_>, typed: &Params<'_>) -> Block {
    let was = |name: &str| typed.get(name).unwrap_or_default().to_owned();
    let kinds = ["confidential", "public", "browser"];
    let kinds = kinds.into_iter().zip(["console-kind-confidential", "console-kind-public", "console-kind-browser"]);
    let kinds = kinds.map(|(value, words)| (value.to_owned(), Words::of(words)));
    let fields = vec![
        required(line("name", "console-name", was("name"))),
        hinted(line("id", "console-id", was("id")), "console-id-hint"),
        choice("kind", "console-kind", kinds, typed.get("kind").unwrap_or("confidential")),
        line("publisher", "console-publisher", was("publisher")),
        hinted(line("owner", "console-owner", was("owner")), "console-owner-hint"),
        hinted(lines("redirect_uris", "console-redirect-uris", was("redirect_uris")), "console-lines-hint"),
        hinted(line("scope", "console-scopes", was("scope")), scopes(of)),
    ];
    Block::Form { form: form(of.url("/apps/new"), "register", "console-register", Tone::Good, fields) }
}

/// The scopes that there are.
fn scopes(of: &Of<'_>) -> Words {
    let all: Vec<&str> = of.realm.scopes.iter().map(|scope| scope.name.as_str()).collect();
    Words::of("console-scopes-hint").name("scopes", all.join(" "))
}

pub(super) async fn register(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Write)?;
    let kind = params.get("kind").unwrap_or_default();
    let registration = Registration {
        id: filled(params, "id"),
        name: params.get("name").unwrap_or_default().trim().to_owned(),
        publisher: filled(params, "publisher"),
        owner_email: filled(params, "owner"),
        public: kind != "confidential",
        in_browser: kind == "browser",
        redirect_uris: each_line(params, "redirect_uris"),
        scope: params.get("scope").unwrap_or_default().trim().to_owned(),
        ..Registration::default()
    };
    match apps::register(&of.desk.acting(), &of.realm, registration).await {
        Ok(client) => {
            let query = super::build::query(&[("id", &client.id)]);
            Ok(of.desk.go(&format!("{}?{query}", of.tail("/app")), "added"))
        }
        Err(error @ (AdminError::Invalid(_) | AdminError::Exists(_))) => {
            Ok(of.show_wrong("console-app-new", trail(of), &error, vec![blank(of, params)]))
        }
        Err(error) => Err(error.into()),
    }
}

fn filled(params: &Params<'_>, name: &str) -> Option<String> {
    params.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn each_line(params: &Params<'_>, name: &str) -> Vec<String> {
    let text = params.get(name).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Whether an app is an agent, as the form says it.
const AGENT: [(&str, &str); 3] = [("", "console-agent-usual"), ("yes", "console-yes"), ("no", "console-no")];

const fn agent_word(agent: Option<bool>) -> &'static str {
    match agent {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    }
}

/// The form of an app as it is.
pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let client = editable(of, params).await?;
    let joined = |texts: Vec<&str>| texts.join("\n");
    let fields = fields(
        of,
        &client,
        [
            client.name.clone(),
            client.publisher.clone().unwrap_or_default(),
            client.owner_email.clone().unwrap_or_default(),
            joined(client.redirect_uris.iter().map(RedirectUri::as_str).collect()),
            client.scope.to_string(),
        ],
        &client.legacy,
        agent_word(client.agent),
    );
    let form = form(of.url("/app/edit"), "look", "console-look", Tone::Good, fields);
    Ok(of.show("console-edit", above(of, &client), params, vec![Block::Form { form }]))
}

fn above(of: &Of<'_>, client: &Client) -> Vec<ConsoleLink> {
    let mut trail = trail(of);
    trail.push(ConsoleLink::new(Words::text(client.name.as_str()), of.url_of("/app", &client.id)));
    trail
}

async fn editable(of: &Of<'_>, params: &Params<'_>) -> Result<Client, Stop> {
    of.must(Resource::Apps, Verb::Write)?;
    let id = params.get("id").unwrap_or_default();
    let client = apps::find(of.desk.store(), &of.realm, id).await?;
    match of.desk.store().managed_by(&of.realm.id, SubjectKind::App, id).await? {
        None => Ok(client),
        Some(file) => {
            let error = AdminError::Managed { what: format!("the app `{id}`"), file };
            Err(error).at(format!("{}?{}", of.tail("/app"), super::build::query(&[("id", id)])))
        }
    }
}

fn fields(of: &Of<'_>, client: &Client, values: [String; 5], legacy: &BTreeSet<Legacy>, agent: &str) -> Vec<Field> {
    let [name, publisher, owner, redirect_uris, scope] = values;
    let mut fields = vec![
        hidden("id", client.id.as_str()),
        required(line("name", "console-name", name)),
        line("publisher", "console-publisher", publisher),
        hinted(line("owner", "console-owner", owner), "console-owner-hint"),
        hinted(lines("redirect_uris", "console-redirect-uris", redirect_uris), "console-lines-hint"),
        hinted(line("scope", "console-scopes", scope), scopes(of)),
        hinted(
            choice("agent", "console-agent", AGENT.map(|(value, words)| (value.to_owned(), Words::of(words))), agent),
            "console-agent-hint",
        ),
    ];
    let permitted = Legacy::ALL.into_iter().filter(|one| of.realm.dialect.permits.contains(one));
    fields.extend(permitted.map(|one| {
        let ticked = legacy.contains(&one);
        hinted(check("legacy", Words::text(one.name()), one.name(), ticked), Words::text(one.risk()))
    }));
    fields
}

fn edit_of(client: &Client, params: &Params<'_>) -> Edit {
    let text = |name: &str| Some(params.get(name).unwrap_or_default().trim().to_owned());
    let named: Vec<&str> = params.all("legacy").collect();
    let legacy = Legacy::ALL.into_iter().filter(|one| named.contains(&one.name())).collect();
    let redirect_uris = each_line(params, "redirect_uris");
    let had = client.redirect_uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>();
    Edit {
        name: text("name"),
        publisher: text("publisher"),
        owner_email: text("owner"),
        redirect_uris: (redirect_uris != had).then_some(redirect_uris),
        scope: text("scope"),
        legacy: Some(legacy),
        agent: Some(match params.get("agent") {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        }),
        ..Edit::default()
    }
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let client = editable(of, params).await?;
    let edit = edit_of(&client, params);
    let is_as_seen = params.get("seen").is_none_or(|seen| seen == digest(&client));
    let back = format!("{}?{}", of.tail("/app"), super::build::query(&[("id", &client.id)]));
    if params.get("act") == Some("save") {
        if !is_as_seen {
            return Err(AdminError::ChangedMeanwhile(format!("the app `{}`", client.id))).at(back);
        }
        let edition = match apps::edit(&of.desk.acting(), &of.realm, &client.id, edit, false).await {
            Err(error @ AdminError::Invalid(_)) => return Ok(wrong(of, &client, params, &error)),
            other => other.at(back.as_str())?,
        };
        let said = if edition.change.fields.is_empty() { "same" } else { "changed" };
        return Ok(of.desk.go(&back, said));
    }
    match apps::look(of.desk.store(), &of.realm, &client.id, edit).await {
        Err(error @ AdminError::Invalid(_)) => Ok(wrong(of, &client, params, &error)),
        other => Ok(differences(of, &client, params, &other.at(back)?.change.fields)),
    }
}

/// Tells whether an app is still as it was looked at.
fn digest(client: &Client) -> String {
    base64url(&sha256(&serde_json::to_vec(client).unwrap_or_default()))
}

fn typed(params: &Params<'_>) -> [String; 5] {
    ["name", "publisher", "owner", "redirect_uris", "scope"].map(|name| params.get(name).unwrap_or_default().to_owned())
}

fn ticked(params: &Params<'_>) -> BTreeSet<Legacy> {
    let named: Vec<&str> = params.all("legacy").collect();
    Legacy::ALL.into_iter().filter(|one| named.contains(&one.name())).collect()
}

fn wrong(of: &Of<'_>, client: &Client, params: &Params<'_>, error: &AdminError) -> Answer {
    let fields = fields(of, client, typed(params), &ticked(params), params.get("agent").unwrap_or_default());
    let form = form(of.url("/app/edit"), "look", "console-look", Tone::Good, fields);
    of.show_wrong("console-edit", above(of, client), error, vec![Block::Form { form }])
}

/// What would be different, with the button that makes it so.
fn differences(of: &Of<'_>, client: &Client, params: &Params<'_>, changed: &[Changed]) -> Answer {
    let told = |value: &serde_json::Value| match value {
        serde_json::Value::Null => Cell::None,
        serde_json::Value::String(text) => Cell::code(text.as_str()),
        other => Cell::code(other.to_string()),
    };
    let row = |field: &Changed| {
        let harm = if field.destructive { Cell::tag("console-destructive", Tone::Warn) } else { Cell::None };
        [Cell::code(field.field.as_str()), told(&field.before), told(&field.after), harm]
    };
    let head = ["console-field", "console-before", "console-after", "console-note"];
    let rows: Vec<_> = changed.iter().map(row).collect();
    let mut blocks =
        vec![heading("console-differences"), table("console-differences", head, rows, "console-no-differences")];
    let mut carried = vec![hidden("id", client.id.as_str()), hidden("seen", digest(client))];
    let names = ["name", "publisher", "owner", "redirect_uris", "scope"];
    carried.extend(names.into_iter().zip(typed(params)).map(|(name, value)| hidden(name, value)));
    carried.push(hidden("agent", params.get("agent").unwrap_or_default()));
    carried.extend(ticked(params).into_iter().map(|one| hidden("legacy", one.name())));
    if !changed.is_empty() {
        blocks.push(Block::Form { form: form(of.url("/app/edit"), "save", "console-save", Tone::Good, carried) });
    }
    let back = ConsoleLink::new("console-go-back", of.url_of("/app/edit", &client.id));
    blocks.push(Block::Links { links: vec![back] });
    of.show("console-edit", above(of, client), params, blocks)
}
