//! Who administers, as what, and where; given and taken by owners.

use super::build::{button, choice, form, heading, hidden, hinted, line, required, role, table, text};
use super::desk::{At, Desk, Stop};
use crate::admin::roles::{self, Gift};
use crate::admin::{AdminError, users};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, Tone, Words};
use claviger_core::permission::{Permission, Resource, Role, Verb};
use claviger_core::realm::EVERY_REALM;
use claviger_core::{Params, Realm};
use claviger_store::{AdminRole, HolderKind, RoleHolder};

fn admin_realm<'a>(desk: &'a Desk<'_>) -> &'a Realm {
    &desk.flow.site.realm
}

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let permission = Permission::new(Resource::Roles, Verb::Read);
    if !desk.admin.may_somewhere(permission) {
        return Err(Stop::MayNot(permission));
    }
    let all = roles::list(desk.store(), admin_realm(desk)).await?;
    let mut rows = Vec::new();
    for one in &all {
        rows.push(row(desk, one).await?);
    }
    let head = ["console-who", "console-role", "console-over", "console-organisation", "console-since", "console-act"];
    let mut blocks = vec![text("console-people-message"), table("console-people", head, rows, "console-no-people")];
    if desk.admin.may_somewhere(Permission::new(Resource::Roles, Verb::Write)) {
        blocks.push(heading("console-person-add"));
        blocks.push(text("console-person-add-what"));
        blocks.push(Block::Form { form: gift_form(desk).await? });
    }
    Ok(desk.show("console-people", params, blocks))
}

async fn row(desk: &Desk<'_>, one: &AdminRole) -> Result<[Cell; 6], Stop> {
    let name = match one.holder.kind {
        HolderKind::User => {
            let user = desk.store().user(&admin_realm(desk).id, &one.holder.id).await?;
            user.map_or_else(|| one.holder.id.clone(), |user| user.user.username)
        }
        HolderKind::Client => one.holder.id.clone(),
    };
    let fields = vec![
        hidden("kind", one.holder.kind.name()),
        hidden("holder", one.holder.id.as_str()),
        hidden("role", one.role.name()),
        hidden("over", one.over.as_str()),
        hidden("organisation", one.organisation.as_str()),
    ];
    let take = form(format!("{}/people", desk.base), "take", "console-take-role", Tone::Plain, fields);
    let may = desk.admin.may_give(&one.over, &one.organisation);
    Ok([
        match one.holder.kind {
            HolderKind::User => Cell::text(name.as_str()),
            HolderKind::Client => Cell::code(name.as_str()),
        },
        Cell::tag(role(one.role), Tone::Plain),
        if one.over == EVERY_REALM { Cell::of("console-every-realm") } else { Cell::code(one.over.as_str()) },
        Cell::code(one.organisation.as_str()),
        Cell::at(one.since),
        if may { button(take, name) } else { Cell::None },
    ])
}

async fn gift_form(desk: &Desk<'_>) -> Result<crate::pages::views::console::Form, Stop> {
    let all = [Role::Reviewer, Role::Auditor, Role::Operator, Role::Owner];
    let all = all.into_iter().map(|one| (one.name().to_owned(), role(one)));
    let realms = desk.realms().await?;
    let realms = realms.iter().map(|realm| (realm.id.clone(), Words::text(realm.name.as_str())));
    let every = std::iter::once((EVERY_REALM.to_owned(), Words::of("console-every-realm")));
    let over: Vec<_> = every.chain(realms).filter(|(id, _)| desk.admin.may_give(id, "")).collect();
    let fields = vec![
        required(hinted(line("username", "console-username", ""), "console-person-hint")),
        hinted(line("email", "console-email", ""), "console-person-email-hint"),
        choice("role", "console-role", all, "reviewer"),
        choice("over", "console-over", over, EVERY_REALM),
        line("organisation", "console-organisation", ""),
    ];
    Ok(form(format!("{}/people", desk.base), "give", "console-give-role", Tone::Good, fields))
}

pub(super) async fn take(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let said = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    let (over, organisation) = (said("over"), said("organisation"));
    if !desk.admin.may_give(&over, &organisation) {
        return Err(Stop::MayNot(Permission::new(Resource::Roles, Verb::Write)));
    }
    let role: Role = said("role").parse().map_err(|_| Stop::NotFound)?;
    match params.get("act").unwrap_or_default() {
        "give" => {
            let (holder, invited) = invited(desk, &said("username"), &said("email")).await.at("/people")?;
            let gift = Gift { holder, role, over, organisation };
            roles::give(&desk.acting(), admin_realm(desk), gift).await.at("/people")?;
            Ok(desk.go("/people", if invited { "invited" } else { "changed" }))
        }
        "take" => {
            let id = said("holder");
            let holder =
                if said("kind") == HolderKind::Client.name() { RoleHolder::client(id) } else { RoleHolder::user(id) };
            let gift = Gift { holder, role, over, organisation };
            roles::take(&desk.acting(), admin_realm(desk), gift, false).await.at("/people")?;
            Ok(desk.go("/people", "changed"))
        }
        _ => Err(Stop::NotFound),
    }
}

/// The user of this name; where there is none, one who is invited by mail. Whether that was so.
async fn invited(desk: &Desk<'_>, username: &str, email: &str) -> Result<(RoleHolder, bool), AdminError> {
    let (realm, state, admin) = (admin_realm(desk), desk.flow.state, desk.acting());
    match users::find(desk.store(), realm, username).await {
        Ok(user) => return Ok((RoleHolder::user(user.id), false)),
        Err(AdminError::NoSuchUser { .. }) if !email.is_empty() => {}
        Err(error) => return Err(error),
    }
    let user = roles::new_administrator(username, email);
    let user = users::add(&admin, &state.hasher, realm, user, None).await?;
    users::invite(&admin, &state.secrets, &state.pages.load_full(), realm, &user).await?;
    state.handed_in.notify_one();
    Ok((RoleHolder::user(user.id), true))
}
