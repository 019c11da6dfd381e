//! The partner of the demo: a team with an app that was called already, so that no page of the portal is empty.

use anyhow::Context;
use claviger_core::Realm;
use claviger_files::realm::RealmFile;
use claviger_server::admin::partner_apps::{self, Draft, PartnerKind, TeamApp};
use claviger_server::admin::{Admin, teams};
use claviger_server::secrets::Secrets;
use claviger_store::{Speaker, SpeakerKind};

/// The partner, for the lines.
pub(super) const PERSON: &str = "paula / demo-paula-partners";
const USER: &str = "partners-paula";
const NAME: &str = "Paula Partner";
const MAIL: &str = "paula@harbour.example";
const TEAM: &str = "Harbour Software";

/// The credentials of the app in the sandbox.
pub(super) struct SampleApp {
    realm: Realm,
    id: String,
    secret: String,
}

/// Makes the partner's team and its app, which waits for approval; none where there is one already.
///
/// # Errors
/// The database cannot be written, or the realm files do not fit together.
pub(super) async fn make(
    admin: &Admin<'_>,
    secrets: &Secrets,
    files: &[RealmFile],
) -> anyhow::Result<Option<SampleApp>> {
    let found = files.iter().find_map(|file| Some((&file.realm, file.realm.portal.as_ref()?)));
    let Some((realm, portal)) = found else { return Ok(None) };
    if !admin.store.teams_of(&realm.id, USER).await?.is_empty() {
        return Ok(None);
    }
    if let Some(terms) = &portal.terms {
        admin.store.accept_terms(&realm.id, USER, &terms.version, admin.now).await?;
    }
    let team = teams::create(admin, realm, TEAM, USER).await?;
    let drawn = partner_apps::begin(admin, realm, &team.id, (PartnerKind::Machine, TEAM)).await?;
    let app = partner_apps::save(admin, typed(drawn)).await?;
    let (lands, id) = (partner_apps::lands(admin.store, realm).await?, app.app.sandbox.clone());
    let user = Some((realm.id.clone(), USER.to_owned()));
    let by = Speaker { kind: SpeakerKind::Partner, name: NAME.to_owned(), user };
    let created = partner_apps::create(admin, secrets, (realm, &lands), app, (&by, MAIL)).await?;
    let made = lands.sandbox.zip(created.secret);
    Ok(made.map(|(realm, secret)| SampleApp { realm, id, secret: secret.secret.expose().to_owned() }))
}

fn typed(drawn: TeamApp) -> TeamApp {
    let reason = "It copies the notes of a team into its archive each night.";
    let mut app = drawn;
    "Harbour Archive".clone_into(&mut app.app.name);
    app.draft = Draft {
        scopes: [("notes:read".to_owned(), reason.to_owned())].into(),
        answers: [("data".to_owned(), "Copies of notes, on servers in Hamburg.".to_owned())].into(),
        ..app.draft
    };
    app
}

/// Calls with them: one that goes well, one with another secret, one for a scope that the app does not have.
///
/// # Errors
/// The server does not answer.
pub(super) async fn call(http: &reqwest::Client, app: &SampleApp) -> anyhow::Result<()> {
    let url = app.realm.url(claviger_core::dialect::Endpoint::Token).context("the sandbox has no token endpoint")?;
    for (secret, scope) in
        [(&*app.secret, "notes:read"), ("not-the-secret", "notes:read"), (&app.secret, "notes:write")]
    {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let request = http.post(&url).basic_auth(&app.id, Some(secret)).form(&form);
        request.send().await.with_context(|| format!("{url} does not answer"))?;
    }
    Ok(())
}
