//! The page of an organisation's administrators: the apps that act for it, which may, and its members.

use super::desk::Desk;
use crate::admin::{Admin, AdminError, organisation_apps};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{AccountNotice, Ago, Company, CompanyApp, CompanyAppMember, CompanyLink, CompanyMember};
use crate::people::accounts::account;
use claviger_core::Params;
use claviger_core::params::{form_decode, form_encode};
use claviger_core::user::User;
use claviger_store::{ActingFor, AppRule};

/// The role of a member who administers an organisation.
const ADMIN: &str = "admin";
/// How many members are shown.
const MEMBERS: i64 = 200;

/// Whether somebody administers an organisation.
fn administers(user: &User, id: &str) -> bool {
    let roles = user.details.organisation_roles.get(id);
    user.organisations.iter().any(|own| own == id) && roles.is_some_and(|roles| roles.iter().any(|role| role == ADMIN))
}

/// The pages of the organisations that somebody administers.
pub(super) async fn links(desk: &Desk<'_>) -> Result<Vec<CompanyLink>, Failure> {
    let user = &desk.who.user;
    let ids: Vec<String> = user.organisations.iter().filter(|id| administers(user, id)).cloned().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = desk.flow.state.store.organisations(&desk.flow.site.realm.id, &ids).await?;
    Ok(found
        .into_iter()
        .map(|one| CompanyLink { url: format!("{}{}", desk.base, tail(&one.id)), name: one.name })
        .collect())
}

fn tail(id: &str) -> String {
    let mut encoded = String::new();
    form_encode(&mut encoded, "", id);
    format!("/organisations/{}", encoded.trim_start_matches('=').replace('+', "%20"))
}

/// The id in an address, if whoever asks administers it.
fn own(desk: &Desk<'_>, encoded: &str) -> Option<String> {
    let id = form_decode(encoded.as_bytes()).ok()?;
    administers(&desk.who.user, &id).then(|| id.into_owned())
}

pub(super) async fn open(desk: &Desk<'_>, encoded: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some(id) = own(desk, encoded) else { return Ok(desk.not_found()) };
    let (state, realm) = (desk.flow.state, &desk.flow.site.realm);
    let Some(organisation) = state.store.organisations(&realm.id, std::slice::from_ref(&id)).await?.pop() else {
        return Ok(desk.not_found());
    };
    let (acting, rules) = match organisation_apps::list(&state.store, realm, &id, desk.now()).await {
        Ok(found) => found,
        Err(error) => return failed(desk, error),
    };
    let (members, last) = state.store.members(&realm.id, &id, "", MEMBERS).await?;
    let only_listed = rules.iter().any(|rule| rule.app.is_empty() && !rule.allowed);
    Ok(desk.show(&Company {
        base: desk.base.clone(),
        notice: Desk::notice(params),
        name: organisation.name,
        apps: apps(desk, acting, &rules, only_listed).await?,
        only_listed,
        has_more_members: last.is_some() && i64::try_from(members.len()).is_ok_and(|count| count >= MEMBERS),
        members: members.iter().map(|user| member(user, &id)).collect(),
        action: format!("{}{}", desk.base, tail(&id)),
        csrf: desk.csrf(),
    }))
}

fn member(user: &User, id: &str) -> CompanyMember {
    let roles = user.details.organisation_roles.get(id).map(|roles| roles.join(", ")).unwrap_or_default();
    CompanyMember { account: account(user), roles }
}

/// The apps that act, and those that are named without doing so.
async fn apps(
    desk: &Desk<'_>,
    acting: Vec<ActingFor>,
    rules: &[AppRule],
    only_listed: bool,
) -> Result<Vec<CompanyApp>, Failure> {
    let said = |app: &str| rules.iter().find(|rule| rule.app == app).map(|rule| rule.allowed);
    let shown = |id: String, name: Option<String>, is_agent: bool| CompanyApp {
        is_agent,
        name: name.unwrap_or_else(|| id.clone()),
        members: Vec::new(),
        allowed: said(&id),
        may_act: said(&id).unwrap_or(!only_listed),
        id,
    };
    let mut all: Vec<CompanyApp> = Vec::new();
    for one in acting {
        if all.last().is_none_or(|last| last.id != one.app) {
            all.push(shown(one.app.clone(), one.app_name, one.is_agent));
        }
        let (since, used) = (Moment::of(one.since), Ago::of(desk.now() - one.used_at));
        if let Some(last) = all.last_mut() {
            last.members.push(CompanyAppMember { username: one.username, since, used });
        }
    }
    let (state, realm) = (desk.flow.state, &desk.flow.site.realm.id);
    for rule in rules.iter().filter(|rule| !rule.app.is_empty()) {
        if !all.iter().any(|app| app.id == rule.app) {
            let entry = state.clients.load(&state.store, realm, &rule.app).await?;
            let is_agent = entry.as_ref().is_some_and(|entry| entry.client.is_agent());
            all.push(shown(rule.app.clone(), entry.map(|entry| entry.client.name.clone()), is_agent));
        }
    }
    // Agents stand apart.
    all.sort_by_key(|app| !app.is_agent);
    Ok(all)
}

pub(super) async fn take(desk: &Desk<'_>, encoded: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some(id) = own(desk, encoded) else { return Ok(desk.not_found()) };
    if !desk.is_own(params) {
        return Ok(desk.go(&tail(&id), Some(AccountNotice::Again)));
    }
    let (state, realm, actor) = (desk.flow.state, &desk.flow.site.realm, desk.actor());
    let admin = Admin { store: &state.store, actor: &actor, now: desk.now() };
    let app = params.get("app").unwrap_or_default();
    let done = match (params.get("rule"), params.get("only_listed"), params.get("end_all")) {
        (Some(word @ ("block" | "allow")), ..) => {
            organisation_apps::set(&admin, realm, &id, app, word == "allow").await.map(|_| AccountNotice::Rule)
        }
        (Some("end"), ..) => {
            organisation_apps::end(&admin, realm, &id, Some(app)).await.map(|_| AccountNotice::PulledPlug)
        }
        (None, Some(word), _) => {
            organisation_apps::only_listed(&admin, realm, &id, word == "1").await.map(|_| AccountNotice::Rule)
        }
        (None, None, Some(_)) if params.get("sure").is_some() => {
            organisation_apps::end(&admin, realm, &id, None).await.map(|_| AccountNotice::PulledPlug)
        }
        _ => return Ok(desk.not_found()),
    };
    let notice = match done {
        Ok(notice) => notice,
        Err(error) => return failed(desk, error),
    };
    state.follower().catch_up().await?;
    Ok(desk.go(&tail(&id), Some(notice)))
}

fn failed(desk: &Desk<'_>, error: AdminError) -> Result<Answer, Failure> {
    match error {
        AdminError::Store(fault) => Err(fault.into()),
        _ => Ok(desk.not_found()),
    }
}
