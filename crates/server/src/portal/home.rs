//! The first page: the apps of a team, what partners are told; and the terms that come before everything else.

use super::desk::{Desk, fault, link};
use crate::admin::{announcements, partner_apps};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::{AppLine, PortalBody, PortalHome, TermsPage};
use claviger_core::client::ClientStatus;
use claviger_core::{Client, Params};
use claviger_store::{PartnerAppLine, PartnerAppState};

/// How many apps come at once.
const PAGE: i64 = 50;
/// A secret that ends within this time is pointed out.
const SOON: i64 = 30 * 86_400_000;

/// The page of the terms, where they were not accepted as they are now.
pub(super) async fn terms(desk: &Desk<'_>) -> Result<Option<Answer>, Failure> {
    let portal = partner_apps::portal(desk.realm()).map_err(fault)?;
    let Some(terms) = &portal.terms else { return Ok(None) };
    let accepted = desk.flow.state.store.terms_accepted(&desk.realm().id, &desk.who.user.id).await?;
    if accepted.iter().any(|(version, _)| *version == terms.version) {
        return Ok(None);
    }
    let (url, text) = (terms.url.clone(), terms.text.clone());
    let page = TermsPage { version: terms.version.clone(), url, text };
    Ok(Some(desk.show(PortalBody::Terms(page), Vec::new())))
}

/// Remembers that they were accepted: the version that the page showed, and no other.
pub(super) async fn accept(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let portal = partner_apps::portal(desk.realm()).map_err(fault)?;
    if let Some(terms) = &portal.terms
        && params.get("version") == Some(&*terms.version)
    {
        let (store, user) = (&desk.flow.state.store, &desk.who.user.id);
        store.accept_terms(&desk.realm().id, user, &terms.version, desk.now()).await?;
    }
    Ok(desk.go("", ""))
}

pub(super) async fn open(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (store, realm) = (&desk.flow.state.store, desk.realm());
    let portal = partner_apps::portal(realm).map_err(fault)?;
    let teams = store.teams_of(&realm.id, &desk.who.user.id).await?;
    let wanted = params.get("team");
    if let Some(wanted) = wanted
        && !teams.iter().any(|(team, _)| team.id == wanted)
    {
        return Ok(desk.not_found());
    }
    let chosen = teams.iter().map(|(team, _)| team).find(|team| wanted.is_none_or(|id| id == team.id));
    let after = params.get("after").unwrap_or_default();
    let lines = match chosen {
        Some(team) => store.partner_app_lines(&realm.id, &team.id, after, PAGE, desk.now()).await?,
        None => Vec::new(),
    };
    let clients: Vec<Client> =
        lines.iter().flat_map(|line| [line.sandbox.clone(), line.production.clone()]).flatten().collect();
    let told = announcements::list(store, realm).await.map_err(fault)?;
    let told = told.into_iter().filter(|one| announcements::concerns(one, &clients, desk.now()));
    let is_full = i64::try_from(lines.len()).is_ok_and(|count| count == PAGE);
    let more_url = lines
        .last()
        .filter(|_| is_full)
        .zip(chosen)
        .map(|(last, team)| format!("{}?team={}&after={}", desk.base, team.id, last.app.id));
    let user = &desk.who.user;
    let page = PortalHome {
        who: user.name.clone().unwrap_or_else(|| user.username.clone()),
        teams: teams.iter().map(|(team, _)| link(team, chosen.is_some_and(|one| one.id == team.id))).collect(),
        team: chosen.map(|team| link(team, true)),
        apps: lines.iter().map(|line| app(desk, line)).collect(),
        more_url,
        announcements: told.map(|one| one.words).collect(),
        has_sandbox: portal.sandbox.is_some(),
    };
    Ok(desk.show(PortalBody::Home(page), Vec::new()))
}

fn app(desk: &Desk<'_>, line: &PartnerAppLine) -> AppLine {
    let app = &line.app;
    let is_draft = app.state == PartnerAppState::Draft;
    let tail = if is_draft { "/draft" } else { "" };
    AppLine {
        name: app.name.clone(),
        url: format!("{}/apps/{}{tail}", desk.base, app.id),
        sandbox: app.sandbox_realm.as_ref().map(|_| status(is_draft, line.sandbox.as_ref())),
        production: status(is_draft, line.production.as_ref()),
        last_call: line.used_at.map(Moment::of),
        secret_ends: line.secret_ends.filter(|at| *at < desk.now() + SOON).map(Moment::of),
    }
}

/// How a client stands, as messages call it.
pub(super) fn status(is_draft: bool, client: Option<&Client>) -> String {
    let name = match client.map(|client| client.status) {
        None if is_draft => "draft",
        None => "none",
        Some(ClientStatus::Pending) => "pending",
        Some(ClientStatus::Active) => "active",
        Some(ClientStatus::Rejected) => "rejected",
        Some(ClientStatus::Suspended) => "suspended",
    };
    name.to_owned()
}
