//! One user: who they are, what they sign in with, where, and what acts for them.

use super::build::{fact, facts, form, heading, hidden, query, table, text};
use super::desk::{At, Of, Stop};
use super::users::standing;
use crate::admin::{SubjectKind, given, users};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Tone, Words};
use claviger_core::permission::{Resource, Verb};
use claviger_core::{Params, User};
use claviger_store::{Of as Whose, session_name};

/// How many sessions and grants are shown.
const MOST: usize = 50;

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Users, Verb::Read)?;
    let id = params.get("id").unwrap_or_default();
    let (store, realm) = (of.desk.store(), &of.realm);
    let user = users::find(store, realm, id).await?;
    if let Some(act) = params.get("confirm") {
        return confirm(of, &user, act, params);
    }
    let file = store.managed_by(&realm.id, SubjectKind::User, &user.id).await?;
    let factors = users::factors(store, realm, &user.id).await?;
    let factors = factors.iter().map(|(kind, count)| Cell::text(format!("{} × {count}", kind.name())));
    let companies = user.organisations.iter().map(|id| Cell::link(id.as_str(), of.url_of("/organisation", id)));
    let mut blocks = vec![facts(vec![
        fact("console-username", Cell::text(user.username.as_str())),
        fact("console-id", Cell::code(user.id.as_str())),
        fact("console-name", Cell::text(user.name.clone().unwrap_or_default())),
        fact("console-email", Cell::text(user.email.clone().unwrap_or_default())),
        fact("console-status", standing(&user)),
        fact("console-factors", Cell::many(factors)),
        fact("console-organisations", Cell::many(companies)),
        fact("console-file", Cell::code(file.unwrap_or_default())),
    ])];
    if of.may(Resource::Sessions, Verb::Read) {
        blocks.push(heading("console-sessions"));
        blocks.push(sessions(of, &user).await?);
    }
    if of.may(Resource::Grants, Verb::Read) {
        let url = format!("{}?{}", of.url("/grants"), query(&[("user", &user.id)]));
        blocks.push(Block::Links { links: vec![ConsoleLink::new("console-see-grants", url)] });
    }
    if of.may(Resource::Users, Verb::Write) {
        blocks.push(heading("console-acts"));
        let confirmed = |act: &str| format!("{}&confirm={act}", of.url_of("/user", &user.id));
        let mut links = vec![if user.disabled {
            ConsoleLink::new("console-enable", confirmed("enable"))
        } else {
            ConsoleLink::new("console-disable", confirmed("disable"))
        }];
        links.push(ConsoleLink::new("console-user-invite-again", confirmed("invite")));
        links.push(ConsoleLink::new("console-reset-factors", confirmed("reset")));
        links.push(ConsoleLink::new("console-delete", confirmed("delete")));
        blocks.push(Block::Links { links });
    }
    Ok(of.show(Words::text(user.username.as_str()), trail(of), params, blocks))
}

fn trail(of: &Of<'_>) -> Vec<ConsoleLink> {
    vec![ConsoleLink::new("console-users", of.url("/users"))]
}

async fn sessions(of: &Of<'_>, user: &User) -> Result<Block, Stop> {
    let whose = Whose { app: None, user: Some(user.id.clone()) };
    let found = given::sessions(of.desk.store(), &of.realm, &whose, of.desk.now(), MOST).await?;
    let may = of.may(Resource::Sessions, Verb::Revoke);
    let rows = found.iter().map(|line| {
        let name = session_name(&line.session.hash);
        let fields = vec![hidden("id", user.id.as_str()), hidden("session", name.as_str())];
        let end = form(of.url("/user"), "end-session", "console-end", Tone::Plain, fields);
        [
            Cell::code(name.as_str()),
            Cell::at(line.session.created_at),
            Cell::at(line.session.last_seen_at),
            if may { super::build::button(end, name) } else { Cell::None },
        ]
    });
    let head = ["console-id", "console-since", "console-last-used", "console-act"];
    Ok(table("console-sessions", head, rows.collect(), "console-no-sessions"))
}

fn confirm(of: &Of<'_>, user: &User, act: &str, params: &Params<'_>) -> Result<Answer, Stop> {
    let (name, words, tone, what) = match act {
        "disable" => ("disable", "console-disable", Tone::Bad, "console-disable-what"),
        "enable" => ("enable", "console-enable", Tone::Good, "console-enable-what"),
        "invite" => ("invite", "console-user-invite-again", Tone::Plain, "console-user-invite-what"),
        "reset" => ("reset", "console-reset-factors", Tone::Bad, "console-reset-what"),
        "delete" => ("delete", "console-delete", Tone::Bad, "console-user-delete-what"),
        _ => return Err(Stop::NotFound),
    };
    let form = form(of.url("/user"), name, words, tone, vec![hidden("id", user.id.as_str())]);
    let back = ConsoleLink::new("console-go-back", of.url_of("/user", &user.id));
    let blocks = vec![
        text(Words::of(what).name("user", user.username.as_str())),
        Block::Links { links: vec![back] },
        Block::Form { form },
    ];
    Ok(of.show(words, trail(of), params, blocks))
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let id = params.get("id").unwrap_or_default();
    let act = params.get("act").unwrap_or_default();
    let (resource, verb) =
        if act == "end-session" { (Resource::Sessions, Verb::Revoke) } else { (Resource::Users, Verb::Write) };
    of.must(resource, verb)?;
    let (admin, state, realm) = (of.desk.acting(), of.desk.flow.state, &of.realm);
    let user = users::find(of.desk.store(), realm, id).await?;
    let back = format!("{}?{}", of.tail("/user"), query(&[("id", &user.id)]));
    let said = match act {
        "end-session" => {
            let name = params.get("session").unwrap_or_default();
            given::end_session_of(&admin, realm, &user.id, name).await.at(back.as_str())?;
            state.handed_in.notify_one();
            "ended"
        }
        "disable" => {
            users::disable(&admin, realm, &user.id).await.at(back.as_str())?;
            "disabled"
        }
        "enable" => {
            users::enable(&admin, realm, &user.id).await.at(back.as_str())?;
            "enabled"
        }
        "invite" => {
            let pages = state.pages.load_full();
            users::invite(&admin, &state.secrets, &pages, realm, &user).await.at(back.as_str())?;
            state.handed_in.notify_one();
            "invited"
        }
        "reset" => {
            users::reset_factors(&admin, realm, &user).await.at(back.as_str())?;
            "changed"
        }
        "delete" => {
            users::delete(&admin, realm, &user, false, false).await.at(back.as_str())?;
            return Ok(of.desk.go(&of.tail("/users"), "deleted"));
        }
        _ => return Err(Stop::NotFound),
    };
    Ok(of.desk.go(&back, said))
}
