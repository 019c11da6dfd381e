//! The users of a realm: found by name, and added.

use super::build::{PAGE, form, hinted, line, listing, query, required, search};
use super::desk::{At, Of, Stop};
use crate::admin::users;
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, Tone};
use claviger_core::permission::{Resource, Verb};
use claviger_core::{Params, User};

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Users, Verb::Read)?;
    let (asked, after) = (params.get("q").unwrap_or_default().trim(), params.get("after").unwrap_or_default());
    let store = of.desk.store();
    let mut found = if asked.is_empty() {
        store.list_users(&of.realm.id, after, PAGE + 1).await?
    } else {
        store.find_users(&of.realm.id, asked, after, PAGE + 1).await?
    };
    let page = usize::try_from(PAGE).unwrap_or_default();
    let has_more = found.len() > page;
    found.truncate(page);
    let more = found
        .last()
        .filter(|_| has_more)
        .map(|last| format!("{}?{}", of.url("/users"), query(&[("q", asked), ("after", &last.id)])));
    let rows = found.iter().map(|user| {
        [
            Cell::link(user.username.as_str(), of.url_of("/user", &user.id)),
            Cell::text(user.name.clone().unwrap_or_default()),
            Cell::text(user.email.clone().unwrap_or_default()),
            Cell::codes(user.organisations.iter().map(String::as_str)),
            standing(user),
        ]
    });
    let head = ["console-username", "console-name", "console-email", "console-organisations", "console-status"];
    let empty = if asked.is_empty() { "console-no-users" } else { "console-no-such" };
    let fields = vec![hinted(line("q", "console-user-search", asked), "console-user-search-hint")];
    let mut blocks =
        vec![search(of.url("/users"), fields), listing("console-users", head, rows.collect(), empty, more)];
    if of.may(Resource::Users, Verb::Write) {
        let fields = vec![
            required(line("username", "console-username", "")),
            line("name", "console-name", ""),
            hinted(required(line("email", "console-email", "")), "console-invite-hint"),
        ];
        blocks.push(super::build::heading("console-user-invite"));
        blocks.push(Block::Form { form: form(of.url("/users"), "invite", "console-user-invite", Tone::Good, fields) });
    }
    Ok(of.show("console-users", Vec::new(), params, blocks))
}

/// Whether a user may sign in.
pub(super) fn standing(user: &User) -> Cell {
    if user.disabled {
        Cell::tag("console-user-disabled", Tone::Bad)
    } else {
        Cell::tag("console-status-active", Tone::Good)
    }
}

/// Adds a user, who chooses a password behind a mailed link.
pub(super) async fn add(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Users, Verb::Write)?;
    let back = of.tail("/users");
    let (admin, state) = (of.desk.acting(), of.desk.flow.state);
    let filled = |name: &str| params.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let username = filled("username").unwrap_or_default();
    let user = User { name: filled("name"), email: filled("email"), ..User::new("", username) };
    let user = users::add(&admin, &state.hasher, &of.realm, user, None).await.at(back.as_str())?;
    let pages = state.pages.load_full();
    users::invite(&admin, &state.secrets, &pages, &of.realm, &user).await.at(back)?;
    state.handed_in.notify_one();
    Ok(of.desk.go(&format!("{}?{}", of.tail("/user"), query(&[("id", &user.id)])), "invited"))
}
