//! An app: how it stands, what was said about it, what will have to change.

use super::desk::{Desk, fault, link, refused};
use super::home::status;
use crate::admin::partner_apps::{self, Lands, TeamApp};
use crate::admin::{AdminError, announcements, apps, log, reviews};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::Moment;
use crate::pages::views::console::Words;
use crate::pages::views::{
    AppPage, DeadlineLine, EventLine, LegacyLine, PortalBody, PortalError, RefusedLine, ScopeChoice,
};
use claviger_core::dialect::Legacy;
use claviger_core::{Client, Params, Realm};
use claviger_store::{AppEvent, PartnerAppState, Team};
use std::collections::BTreeMap;

/// Errors are grouped over so many days.
pub(super) const ERROR_DAYS: i64 = 7;

const DAY: i64 = 86_400_000;

/// An app of one of their teams; `None` for every other.
pub(super) async fn own(desk: &Desk<'_>, id: &str) -> Result<Option<(TeamApp, Team)>, Failure> {
    let found = match partner_apps::find(&desk.flow.state.store, desk.realm(), id).await {
        Ok(found) => found,
        Err(AdminError::NoSuchApp(_)) => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    let team = desk.team(&found.app.team).await?;
    Ok(team.map(|(team, _)| (found, team)))
}

/// One that has its clients.
pub(super) async fn made(desk: &Desk<'_>, id: &str) -> Result<Option<(TeamApp, Team)>, Failure> {
    Ok(own(desk, id).await?.filter(|(app, _)| app.app.state == PartnerAppState::Created))
}

/// The client of an app in a realm.
pub(super) async fn client(desk: &Desk<'_>, realm: &Realm, id: &str) -> Result<Option<Client>, Failure> {
    match apps::find(&desk.flow.state.store, realm, id).await {
        Ok(client) => Ok(Some(client)),
        Err(AdminError::NoSuchApp(_)) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// Where an app lives.
pub(super) struct Place<'l> {
    /// `sandbox` or `production`.
    pub(super) environment: &'static str,
    pub(super) realm: &'l Realm,
    /// The id of its client there.
    pub(super) client: &'l str,
}

impl Place<'_> {
    /// Realm and client, as the log and the webhooks name an app.
    pub(super) fn key(&self) -> (&str, &str) {
        (&self.realm.id, self.client)
    }
}

/// Where an app lives: the sandbox first.
pub(super) fn places<'l>(lands: &'l Lands, app: &'l TeamApp) -> Vec<Place<'l>> {
    let sandbox = lands.sandbox.as_ref();
    let sandbox = sandbox.map(|realm| Place { environment: "sandbox", realm, client: &app.app.sandbox });
    let production = Place { environment: "production", realm: &lands.production, client: &app.app.production };
    sandbox.into_iter().chain([production]).collect()
}

pub(super) async fn open(desk: &Desk<'_>, id: &str, errors: Vec<PortalError>) -> Result<Answer, Failure> {
    let Some((app, team)) = own(desk, id).await? else { return Ok(desk.not_found()) };
    if app.app.state == PartnerAppState::Draft {
        return Ok(desk.go(&format!("/apps/{id}/draft"), ""));
    }
    let lands = desk.lands().await?;
    let store = &desk.flow.state.store;
    let sandbox = match &lands.sandbox {
        Some(realm) => Some(client(desk, realm, &app.app.sandbox).await?),
        None => None,
    };
    let production = client(desk, &lands.production, &app.app.production).await?;
    let events = store.app_events(&lands.production.id, &app.app.production, i64::MAX, 200).await?;
    let clients: Vec<Client> = sandbox.iter().flatten().chain(&production).cloned().collect();
    let told = announcements::list(store, desk.realm()).await.map_err(fault)?;
    let told = told.into_iter().filter(|one| announcements::concerns(one, &clients, desk.now()));
    let page = AppPage {
        name: app.app.name.clone(),
        url: format!("{}/apps/{id}", desk.base),
        team: link(&team, true),
        app_kind: app.app.kind.clone(),
        sandbox: sandbox.as_ref().map(|client| status(false, client.as_ref())),
        production: status(false, production.as_ref()),
        redirects: app.draft.redirect_uris.clone(),
        scopes: scopes(&lands.production, &app).into_iter().filter(|scope| scope.checked).collect(),
        events: events.iter().rev().map(event).collect(),
        legacy: legacy(desk, &lands.production, &app).await?,
        announcements: told.map(|one| one.words).collect(),
        refused: refused_lately(desk, &places(&lands, &app)).await?,
    };
    Ok(desk.show(PortalBody::App(page), errors))
}

/// How many calls were refused lately, and what was most often wrong with them.
async fn refused_lately(desk: &Desk<'_>, places: &[Place<'_>]) -> Result<Vec<RefusedLine>, Failure> {
    let Some(log) = desk.flow.state.request_log() else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for place in places {
        let groups = log::errors(&log, place.key(), desk.now() - ERROR_DAYS * DAY).await.map_err(fault)?;
        let count = groups.iter().map(|group| group.count).sum();
        let worst = groups.into_iter().next().map(|group| (group.error, Words::mend(&group.kind)));
        lines.push(RefusedLine { environment: place.environment, count, worst });
    }
    Ok(lines)
}

fn event(one: &AppEvent) -> EventLine {
    EventLine {
        kind: one.kind.name().replace('-', "_"),
        side: one.by_kind.name().to_owned(),
        name: one.by_name.clone(),
        at: Moment::of(one.at),
        words: one.words.clone(),
    }
}

/// The scopes of a realm that such an app can have, with what was typed of them.
pub(super) fn scopes(realm: &Realm, app: &TeamApp) -> Vec<ScopeChoice> {
    let choice = |scope: &claviger_core::realm::Scope| {
        let reason = app.draft.scopes.get(&scope.name);
        ScopeChoice {
            name: scope.name.clone(),
            sentence: scope.sentence.clone(),
            is_sensitive: scope.sensitive,
            checked: reason.is_some(),
            reason: reason.cloned().unwrap_or_default(),
        }
    };
    app.open_scopes(realm).map(choice).collect()
}

/// What it used in the last 30 days, and what has a date.
async fn legacy(desk: &Desk<'_>, realm: &Realm, app: &TeamApp) -> Result<Vec<LegacyLine>, Failure> {
    let (store, client) = (&desk.flow.state.store, &app.app.production);
    let mut lines: BTreeMap<String, (i64, Option<DeadlineLine>)> = BTreeMap::new();
    for one in store.legacy_uses_of(&realm.id, client, desk.now() / DAY - 30).await? {
        lines.entry(one.legacy).or_default().0 += one.count;
    }
    for one in store.deadlines_of(&realm.id, client).await? {
        let state = match (one.ended_at.is_some(), one.enforce) {
            (false, false) => "notice",
            (false, true) => "enforced",
            (true, false) => "over",
            (true, true) => "refused",
        };
        let ends = DeadlineLine { at: Moment::of(one.ends_at), state, note: one.note };
        lines.entry(one.legacy).or_default().1 = Some(ends);
    }
    let risk = |name: &str| Legacy::ALL.into_iter().find(|one| one.name() == name).map_or("", Legacy::risk).to_owned();
    let line = |(name, (count, ends)): (String, _)| LegacyLine { risk: risk(&name), name, count, ends };
    Ok(lines.into_iter().map(line).collect())
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = made(desk, id).await? else { return Ok(desk.not_found()) };
    let lands = desk.lands().await?;
    let (admin, by, of) = (desk.admin(), desk.speaker(), &app.app.production);
    let text = params.get("text").unwrap_or_default();
    let done = match params.get("act").unwrap_or_default() {
        "answer" => reviews::answer(&admin, &lands.production, of, Some(&by), text).await.map(|()| "answered"),
        "withdraw" => reviews::withdraw(&admin, &lands.production, of, Some(&by), text).await.map(|()| "withdrawn"),
        "submit" => {
            let asked = partner_apps::submit(&admin, (desk.realm(), &lands), &app, (&by, desk.owner())).await;
            asked.map(|()| "submitted")
        }
        _ => return Ok(desk.not_found()),
    };
    match done {
        Ok(said) => Ok(desk.go(&format!("/apps/{id}"), said)),
        Err(error) => open(desk, id, refused(error)?).await,
    }
}
