//! The users and companies that a team made in the sandbox.

use super::desk::{Desk, link, refused};
use crate::admin::sandboxes;
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{MadeLine, PortalBody, PortalError, SandboxPage, ShownOnce};
use claviger_core::Params;
use claviger_store::{InSandbox, SandboxKind};

pub(super) async fn open(
    desk: &Desk<'_>,
    id: &str,
    shown: Option<sandboxes::NewPassword>,
    errors: Vec<PortalError>,
) -> Result<Answer, Failure> {
    let Some((team, _)) = desk.team(id).await? else { return Ok(desk.not_found()) };
    let Some(sandbox) = desk.lands().await?.sandbox else { return Ok(desk.not_found()) };
    let made = desk.flow.state.store.in_sandbox(&desk.realm().id, id).await?;
    let of = |kind: SandboxKind| {
        made.iter().filter(|one| one.kind == kind && one.of_realm == sandbox.id).map(line).collect::<Vec<_>>()
    };
    let page = SandboxPage {
        team: link(&team, true),
        users: of(SandboxKind::User),
        companies: of(SandboxKind::Organisation),
        shown: shown.map(|one| ShownOnce { username: one.username, password: one.password.expose().into() }),
    };
    Ok(desk.show(PortalBody::Sandbox(page), errors))
}

fn line(made: &InSandbox) -> MadeLine {
    let doc: serde_json::Value = serde_json::from_str(&made.doc).unwrap_or_default();
    let text = |name: &str| doc.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let about = if made.kind == SandboxKind::User { text("username") } else { made.id.clone() };
    MadeLine { id: made.id.clone(), name: text("name"), about }
}

pub(super) async fn take(desk: &Desk<'_>, id: &str, params: &Params<'_>) -> Result<Answer, Failure> {
    if desk.team(id).await?.is_none() {
        return Ok(desk.not_found());
    }
    let Some(sandbox) = desk.lands().await?.sandbox else { return Ok(desk.not_found()) };
    let (admin, hasher, of) = (desk.admin(), &desk.flow.state.hasher, (desk.realm(), &sandbox));
    let field = |name: &str| params.get(name).unwrap_or_default();
    let done = match field("act") {
        "add-user" => {
            let companies = params.all("company").map(str::to_owned).collect();
            sandboxes::add_user(&admin, hasher, of, id, (field("name"), companies)).await.map(Some)
        }
        "reset" => sandboxes::reset_user(&admin, hasher, of, id, field("id")).await.map(Some),
        "remove-user" => sandboxes::remove_user(&admin, of, id, field("id")).await.map(|()| None),
        "add-company" => sandboxes::add_company(&admin, of, id, field("name")).await.map(|()| None),
        "remove-company" => sandboxes::remove_company(&admin, of, id, field("id")).await.map(|()| None),
        _ => return Ok(desk.not_found()),
    };
    match done {
        // A password is shown in the answer to the form, and nowhere again.
        Ok(Some(shown)) => open(desk, id, Some(shown), Vec::new()).await,
        Ok(None) => Ok(desk.go(&format!("/teams/{id}/sandbox"), "saved")),
        Err(crate::admin::AdminError::NoSuchTeam(_)) => Ok(desk.not_found()),
        Err(error) => open(desk, id, None, refused(error)?).await,
    }
}
