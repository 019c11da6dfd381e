//! The organisations of a realm: who belongs to them, which apps act for them, and which may.

use super::build::{PAGE, button, fact, facts, form, heading, hidden, line, listing, query, required, table, text};
use super::desk::{At, Of, Stop};
use crate::admin::{organisation_apps, organisations};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Form, Tone, Words};
use claviger_core::Params;
use claviger_core::permission::{Resource, Verb};
use claviger_core::user::Organisation;
use claviger_store::{ActingFor, AppRule};

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let after = params.get("after").unwrap_or_default();
    let mut found = of.desk.store().list_organisations(&of.realm.id, after, PAGE + 1).await?;
    let page = usize::try_from(PAGE).unwrap_or_default();
    let has_more = found.len() > page;
    found.truncate(page);
    let more = found.last().filter(|_| has_more);
    let more = more.map(|last| format!("{}?{}", of.url("/organisations"), query(&[("after", &last.id)])));
    // Who administers one organisation alone sees that one.
    found.retain(|one| of.may_for(Resource::Organisations, Verb::Read, &one.id));
    let row = |one: &Organisation| {
        [Cell::link(one.name.as_str(), of.url_of("/organisation", &one.id)), Cell::code(one.id.as_str())]
    };
    let head = ["console-organisation", "console-id"];
    let rows = found.iter().map(row).collect();
    let mut blocks = vec![listing("console-organisations", head, rows, "console-no-organisations", more)];
    if of.may(Resource::Organisations, Verb::Write) {
        let fields = vec![required(line("id", "console-id", "")), required(line("name", "console-name", ""))];
        blocks.push(heading("console-organisation-add"));
        let form = form(of.url("/organisations"), "add", "console-organisation-add", Tone::Good, fields);
        blocks.push(Block::Form { form });
    }
    Ok(of.show("console-organisations", Vec::new(), params, blocks))
}

pub(super) async fn add(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Organisations, Verb::Write)?;
    let filled = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    let organisation = Organisation { id: filled("id"), name: filled("name"), kind: filled("kind") };
    organisations::add(&of.desk.acting(), &of.realm, organisation).await.at(of.tail("/organisations"))?;
    Ok(of.desk.go(&of.tail("/organisations"), "added"))
}

fn must(of: &Of<'_>, verb: Verb, id: &str) -> Result<(), Stop> {
    let may = of.may_for(Resource::Organisations, verb, id);
    if may { Ok(()) } else { of.must(Resource::Organisations, verb) }
}

pub(super) async fn one(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let id = params.get("id").unwrap_or_default();
    must(of, Verb::Read, id)?;
    let (store, realm, now) = (of.desk.store(), &of.realm, of.desk.now());
    let organisation = organisations::find(store, realm, id).await?;
    let (members, last) = store.members(&realm.id, id, params.get("after").unwrap_or_default(), PAGE).await?;
    let (acting, rules) = organisation_apps::list(store, realm, id, now).await?;
    let may = of.may_for(Resource::Organisations, Verb::Write, id);
    let rows = members.iter().map(|user| {
        let held = user.details.organisation_roles.get(id).into_iter().flatten().map(String::as_str);
        [Cell::link(user.username.as_str(), of.url_of("/user", &user.id)), Cell::codes(held)]
    });
    let more = last.map(|last| format!("{}&{}", of.url_of("/organisation", id), query(&[("after", &last)])));
    let only_listed = rules.iter().any(|rule| rule.app.is_empty() && !rule.allowed);
    let mut blocks = vec![
        facts(vec![
            fact("console-id", Cell::code(id)),
            fact("console-name", Cell::text(organisation.name.as_str())),
            fact(
                "console-unlisted",
                Cell::of(if only_listed { "console-unlisted-blocked" } else { "console-unlisted-allowed" }),
            ),
        ]),
        heading("console-members"),
        listing("console-members", ["console-username", "console-roles"], rows.collect(), "console-no-members", more),
        heading("console-acting"),
        acting_for(of, id, &acting, &rules, may),
    ];
    if may {
        rules_of(of, id, only_listed, &mut blocks);
    }
    let trail = vec![ConsoleLink::new("console-organisations", of.url("/organisations"))];
    Ok(of.show(Words::text(organisation.name.as_str()), trail, params, blocks))
}

fn act(of: &Of<'_>, id: &str, act: &'static str, words: &'static str, tone: Tone) -> Form {
    form(of.url("/organisation"), act, words, tone, vec![hidden("id", id)])
}

fn acting_for(of: &Of<'_>, id: &str, acting: &[ActingFor], rules: &[AppRule], may: bool) -> Block {
    let row = |one: &ActingFor| {
        let mut block = act(of, id, "block", "console-block", Tone::Plain);
        block.fields.push(hidden("app", one.app.as_str()));
        let rule = rules.iter().find(|rule| rule.app == one.app).map(|rule| rule.allowed);
        [
            Cell::link(one.app_name.clone().unwrap_or_else(|| one.app.clone()), of.url_of("/app", &one.app)),
            Cell::text(one.username.clone().unwrap_or_default()),
            Cell::at(one.since),
            Cell::at(one.used_at),
            rule.map_or(Cell::None, |allowed| Cell::of(if allowed { "console-allowed" } else { "console-blocked" })),
            if may { button(block, one.app_name.clone().unwrap_or_else(|| one.app.clone())) } else { Cell::None },
        ]
    };
    let head =
        ["console-app", "console-allowed-by", "console-since", "console-last-used", "console-rule", "console-act"];
    table("console-acting", head, acting.iter().map(row).collect(), "console-none-acts")
}

fn rules_of(of: &Of<'_>, id: &str, only_listed: bool, blocks: &mut Vec<Block>) {
    blocks.push(heading("console-rules"));
    let mut allow = act(of, id, "allow", "console-allow", Tone::Plain);
    allow.fields.push(required(line("app", "console-app-id", "")));
    blocks.push(Block::Form { form: allow });
    let (name, words) =
        if only_listed { ("all-apps", "console-all-apps") } else { ("only-listed", "console-only-listed") };
    blocks.push(text(if only_listed { "console-all-apps-what" } else { "console-only-listed-what" }));
    blocks.push(Block::Form { form: act(of, id, name, words, Tone::Plain) });
    blocks.push(text("console-end-all-what"));
    blocks.push(Block::Form { form: act(of, id, "end", "console-end-all", Tone::Bad) });
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let id = params.get("id").unwrap_or_default();
    must(of, Verb::Write, id)?;
    let back = format!("{}?{}", of.tail("/organisation"), query(&[("id", id)]));
    let (admin, realm) = (of.desk.acting(), &of.realm);
    let app = params.get("app").unwrap_or_default().trim();
    let said = match params.get("act").unwrap_or_default() {
        "allow" => organisation_apps::set(&admin, realm, id, app, true).await.map(|_| "changed"),
        "block" => organisation_apps::set(&admin, realm, id, app, false).await.map(|_| "changed"),
        "only-listed" => organisation_apps::only_listed(&admin, realm, id, true).await.map(|_| "changed"),
        "all-apps" => organisation_apps::only_listed(&admin, realm, id, false).await.map(|_| "changed"),
        "end" => organisation_apps::end(&admin, realm, id, None).await.map(|_| "ended"),
        _ => return Err(Stop::NotFound),
    };
    let said = said.at(back.as_str())?;
    Ok(of.desk.go(&back, said))
}
