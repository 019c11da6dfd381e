//! An app is registered step by step; what was typed is kept at each.

use super::app::{own, scopes};
use super::desk::{Desk, complaint, fault, link, refused};
use super::{credentials, uris};
use crate::admin::partner_apps::{self, Draft, PartnerKind, TeamApp};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{CheckedUri, KindPage, PortalBody, PortalError, QuestionField, StepPage};
use claviger_core::Params;
use claviger_store::{PartnerAppState, Team};
use std::collections::BTreeMap;

/// The steps after the kind.
const STEPS: [&str; 5] = ["name", "redirects", "scopes", "questions", "summary"];

/// The steps of an app: one without users is sent back nowhere.
fn steps(app: &TeamApp) -> Vec<&'static str> {
    STEPS.into_iter().filter(|step| *step != "redirects" || app.kind().has_users()).collect()
}

/// Asks for the kind.
pub(super) async fn kind(desk: &Desk<'_>, team: &str, errors: Vec<PortalError>) -> Result<Answer, Failure> {
    let Some((team, _)) = desk.team(team).await? else { return Ok(desk.not_found()) };
    let kinds = PartnerKind::ALL.map(PartnerKind::name).to_vec();
    Ok(desk.show(PortalBody::Kind(KindPage { team: link(&team, true), kinds }), errors))
}

pub(super) async fn begin(desk: &Desk<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((team, _)) = desk.team(params.get("team").unwrap_or_default()).await? else {
        return Ok(desk.not_found());
    };
    let Some(chosen) = params.get("kind").and_then(PartnerKind::of) else {
        return kind(desk, &team.id, vec![PortalError::of("kind")]).await;
    };
    match partner_apps::begin(&desk.admin(), desk.realm(), &team.id, (chosen, &team.name)).await {
        Ok(app) => Ok(desk.go(&format!("/apps/{}/draft?step=name", app.app.id), "")),
        Err(error) => kind(desk, &team.id, refused(error)?).await,
    }
}

/// A draft of one of their teams.
async fn draft(desk: &Desk<'_>, id: &str) -> Result<Option<(TeamApp, Team)>, Failure> {
    Ok(own(desk, id).await?.filter(|(app, _)| app.app.state == PartnerAppState::Draft))
}

pub(super) async fn open(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, _)) = draft(desk, id).await? else { return Ok(desk.not_found()) };
    let wanted = params.get("step").unwrap_or("name");
    let Some(step) = steps(&app).into_iter().find(|step| *step == wanted) else { return Ok(desk.not_found()) };
    show(desk, &app, step, Vec::new(), Vec::new()).await
}

async fn show(
    desk: &Desk<'_>,
    app: &TeamApp,
    step: &'static str,
    checked: Vec<CheckedUri>,
    errors: Vec<PortalError>,
) -> Result<Answer, Failure> {
    let (lands, portal) = (desk.lands().await?, partner_apps::portal(desk.realm()).map_err(fault)?);
    let steps = steps(app);
    let at = steps.iter().position(|one| *one == step).unwrap_or_default();
    let answer = |id: &String| app.draft.answers.get(id).cloned().unwrap_or_default();
    let page = StepPage {
        step,
        number: at + 2,
        of: steps.len() + 1,
        before: at.checked_sub(1).and_then(|before| steps.get(before).copied()),
        action: format!("{}/apps/{}/draft", desk.base, app.app.id),
        name: app.app.name.clone(),
        publisher: app.draft.publisher.clone(),
        jwks_uri: app.draft.jwks_uri.clone(),
        is_confidential: app.kind().is_confidential(),
        app_kind: app.app.kind.clone(),
        redirects: app.draft.redirect_uris.join("\n"),
        checked,
        scopes: scopes(&lands.production, app),
        questions: portal
            .questions
            .iter()
            .map(|one| QuestionField {
                id: one.id.clone(),
                text: one.text.clone(),
                required: one.required,
                max_length: one.max_length,
                answer: answer(&one.id),
            })
            .collect(),
        has_sandbox: lands.sandbox.is_some(),
    };
    Ok(desk.show(PortalBody::Step(page), errors))
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some((app, team)) = draft(desk, id).await? else { return Ok(desk.not_found()) };
    let wanted = params.get("step").unwrap_or_default();
    let Some(step) = steps(&app).into_iter().find(|step| *step == wanted) else { return Ok(desk.not_found()) };
    let act = params.get("act").unwrap_or("next");
    if act == "discard" {
        return match partner_apps::discard(&desk.admin(), &app).await {
            Ok(()) => Ok(desk.go(&format!("?team={}", team.id), "discarded")),
            Err(error) => show(desk, &app, step, Vec::new(), refused(error)?).await,
        };
    }
    if step == "summary" {
        return create(desk, app).await;
    }
    let typed = typed(app, step, params);
    let kept = typed.clone();
    let app = match partner_apps::save(&desk.admin(), typed).await {
        Ok(app) => app,
        Err(error) => return show(desk, &kept, step, Vec::new(), refused(error)?).await,
    };
    let checked = if step == "redirects" { uris::checked(&app.draft.redirect_uris) } else { Vec::new() };
    if act == "check" {
        return show(desk, &app, step, checked, Vec::new()).await;
    }
    let errors = wrong_here(desk, step, &app, &checked).await?;
    if !errors.is_empty() {
        return show(desk, &app, step, checked, errors).await;
    }
    let all = steps(&app);
    let next = all.iter().position(|one| *one == step).and_then(|at| all.get(at + 1)).copied().unwrap_or("summary");
    Ok(desk.go(&format!("/apps/{id}/draft?step={next}"), ""))
}

/// What stands in the way of the next step; everything is looked at again at the end.
async fn wrong_here(
    desk: &Desk<'_>,
    step: &str,
    app: &TeamApp,
    checked: &[CheckedUri],
) -> Result<Vec<PortalError>, Failure> {
    Ok(match step {
        "name" if app.app.name.is_empty() => vec![PortalError::of("name")],
        "redirects" if checked.is_empty() => vec![PortalError::of("redirects")],
        "redirects" => {
            let broken = checked.iter().filter(|one| one.rule.is_some());
            broken.map(|one| PortalError::about("redirect-uri", &*one.uri)).collect()
        }
        "scopes" => app.scopes_of_users(&desk.lands().await?.production).into_iter().map(complaint).collect(),
        _ => Vec::new(),
    })
}

/// The app with what a step's form says.
fn typed(mut app: TeamApp, step: &str, params: &Params<'_>) -> TeamApp {
    let field = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    let draft = app.draft;
    app.draft = match step {
        "name" => {
            app.app.name = field("name");
            Draft { publisher: field("publisher"), jwks_uri: field("jwks_uri"), ..draft }
        }
        "redirects" => Draft { redirect_uris: uris::lines(params.get("redirect_uris").unwrap_or_default()), ..draft },
        "scopes" => {
            let chosen = params.all("scope").map(|name| (name.to_owned(), field(&format!("reason:{name}"))));
            Draft { scopes: chosen.collect(), ..draft }
        }
        _ => {
            let named = params.iter().filter_map(|(name, value)| Some((name.strip_prefix("answer:")?, value.trim())));
            let answers: BTreeMap<String, String> =
                named.take(20).map(|(id, value)| (id.to_owned(), value.to_owned())).collect();
            Draft { answers, ..draft }
        }
    };
    app
}

async fn create(desk: &Desk<'_>, app: TeamApp) -> Result<Answer, Failure> {
    let (lands, by) = (desk.lands().await?, desk.speaker());
    let kept = app.clone();
    let (state, of) = (desk.flow.state, (desk.realm(), &lands));
    match partner_apps::create(&desk.admin(), &state.secrets, of, app, (&by, desk.owner())).await {
        Ok(created) => match (created.secret, &lands.sandbox) {
            (Some(secret), Some(sandbox)) => {
                credentials::once(desk, ("sandbox", sandbox), (&kept.app.id, &kept.app.sandbox), &secret).await
            }
            _ => Ok(desk.go(&format!("/apps/{}", kept.app.id), "created")),
        },
        Err(error) => show(desk, &kept, "summary", Vec::new(), refused(error)?).await,
    }
}
