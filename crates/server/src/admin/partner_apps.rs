//! Apps of a team of partners: drawn up step by step, with credentials in the sandbox at once, and asked for in production.
//!
//! One record ([`PartnerApp`]) links the client in the sandbox realm and the one in production. Both ids are chosen when the draft is
//! begun, so whoever is cut off between the two clients goes on with the same ids.

mod drawn;

pub use drawn::{Draft, PartnerKind};

use super::apps::{self, NewSecret};
use super::{Act, Admin, AdminError, Complaint, reviews};
use crate::ids;
use crate::secrets::{Secrets, new_client_secret};
use claviger_core::claims::id_text;
use claviger_core::client::ClientStatus;
use claviger_core::realm::{Portal, RedirectChanges};
use claviger_core::redirect::RedirectUri;
use claviger_core::{Client, Realm};
use claviger_store::{EventKind, PartnerApp, PartnerAppState, Speaker, Store};
use std::collections::BTreeSet;

/// Where the apps of a realm's partners live.
#[derive(Debug, Clone)]
pub struct Lands {
    /// Where they are served in earnest.
    pub production: Realm,
    /// Where each has credentials at once.
    pub sandbox: Option<Realm>,
}

/// An app with what was typed of it.
#[derive(Debug, Clone)]
pub struct TeamApp {
    /// The record.
    pub app: PartnerApp,
    /// What was typed.
    pub draft: Draft,
}

/// An app that has its clients.
#[derive(Debug)]
pub struct Created {
    /// The secret of its client in the sandbox: the only time that it is seen. None where it has none, or had one before.
    pub secret: Option<NewSecret>,
    /// The vendor was asked to approve it in production.
    pub is_asked: bool,
}

/// What a realm says of its partners.
///
/// # Errors
/// It has no portal.
pub fn portal(realm: &Realm) -> Result<&Portal, AdminError> {
    realm.portal.as_deref().ok_or_else(|| AdminError::NoPortal(realm.id.clone()))
}

/// The realms in which the apps of a realm's partners live.
///
/// # Errors
/// It has no portal, one of them is not there, or the store cannot be read.
pub async fn lands(store: &Store, realm: &Realm) -> Result<Lands, AdminError> {
    let portal = portal(realm)?;
    let missing = |id: &str| AdminError::NoSuchRealm { id: id.to_owned(), hint: None };
    let production = store.realm(&portal.production).await?.ok_or_else(|| missing(&portal.production))?;
    let sandbox = match &portal.sandbox {
        None => None,
        Some(id) => Some(store.realm(id).await?.ok_or_else(|| missing(id))?),
    };
    Ok(Lands { production, sandbox })
}

/// The apps of a team behind `after`, in the order in which they came to be, at most `limit`.
///
/// # Errors
/// The store cannot be read.
pub async fn list(
    store: &Store,
    realm: &Realm,
    team: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<PartnerApp>, AdminError> {
    Ok(store.partner_apps_of(&realm.id, team, after, limit).await?)
}

/// An app by its id; whose it is, is for the caller to compare.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, realm: &Realm, id: &str) -> Result<TeamApp, AdminError> {
    let app = store.partner_app(&realm.id, id).await?.ok_or_else(|| AdminError::NoSuchApp(id.to_owned()))?;
    let draft = serde_json::from_str(&app.doc).unwrap_or_default();
    Ok(TeamApp { app, draft })
}

/// Begins to draw an app up.
///
/// # Errors
/// The team has as many as it may have, or the store cannot write.
pub async fn begin(
    admin: &Admin<'_>,
    realm: &Realm,
    team: &str,
    (kind, publisher): (PartnerKind, &str),
) -> Result<TeamApp, AdminError> {
    let portal = portal(realm)?;
    let draft = Draft { publisher: publisher.to_owned(), ..Draft::default() };
    let id = || id_text(&ids::new(admin.now));
    let app = PartnerApp {
        realm: realm.id.clone(),
        id: id(),
        team: team.to_owned(),
        name: String::new(),
        kind: kind.name().to_owned(),
        doc: serde_json::to_string(&draft).map_err(claviger_store::Fault::from)?,
        sandbox_realm: portal.sandbox.clone(),
        sandbox: id(),
        production_realm: portal.production.clone(),
        production: id(),
        state: PartnerAppState::Draft,
        version: 1,
        created_at: admin.now,
        updated_at: admin.now,
    };
    if admin.store.add_partner_app(&app).await? {
        Ok(TeamApp { app, draft })
    } else {
        Err(AdminError::Full("as many apps"))
    }
}

/// Keeps what was typed.
///
/// # Errors
/// Somebody else changed the app meanwhile, or the store cannot write.
pub async fn save(admin: &Admin<'_>, app: TeamApp) -> Result<TeamApp, AdminError> {
    let doc = serde_json::to_string(&app.draft).map_err(claviger_store::Fault::from)?;
    let record = PartnerApp { doc, ..app.app };
    if !admin.store.edit_partner_app(&record, admin.now).await? {
        return Err(AdminError::ChangedMeanwhile(format!("the app `{}`", record.name)));
    }
    let version = record.version + 1;
    Ok(TeamApp { app: PartnerApp { version, updated_at: admin.now, ..record }, draft: app.draft })
}

/// Throws a draft away.
///
/// # Errors
/// It is no draft any more, somebody else changed it meanwhile, or the store cannot write.
pub async fn discard(admin: &Admin<'_>, app: &TeamApp) -> Result<(), AdminError> {
    if app.app.state == PartnerAppState::Draft && admin.store.delete_partner_app(&app.app).await? {
        return Ok(());
    }
    Err(AdminError::ChangedMeanwhile(format!("the app `{}`", app.app.name)))
}

/// Everything that is wrong with an app as it was typed: what its clients would break of the rules of their realms, scopes that
/// its kind cannot have, and the vendor's questions without an answer.
pub fn complaints(realm: &Realm, lands: &Lands, app: &TeamApp, owner: &str, now: i64) -> Vec<Complaint> {
    let mut all = app.client(&lands.production, &app.app.production, owner, now).err().unwrap_or_default();
    if let Some(sandbox) = &lands.sandbox
        && let Err(more) = app.client(sandbox, &app.app.sandbox, owner, now)
    {
        all.extend(more.into_iter().filter(|one| !all.contains(one)).collect::<Vec<_>>());
    }
    all.extend(app.scopes_of_users(&lands.production));
    if let Some(portal) = realm.portal.as_deref() {
        all.extend(app.draft.unanswered(portal));
    }
    all
}

/// Gives an app its clients: one with a secret in the sandbox, and one that waits for approval in production. Whoever was cut off
/// before calls it again.
///
/// # Errors
/// Everything that is wrong with it; somebody else did it; the store cannot write.
pub async fn create(
    admin: &Admin<'_>,
    secrets: &Secrets,
    (realm, lands): (&Realm, &Lands),
    app: TeamApp,
    (by, owner): (&Speaker, &str),
) -> Result<Created, AdminError> {
    let wrong = complaints(realm, lands, &app, owner, admin.now);
    if !wrong.is_empty() {
        return Err(AdminError::Invalid(wrong));
    }
    if app.app.state != PartnerAppState::Draft {
        return Err(AdminError::ChangedMeanwhile(format!("the app `{}`", app.app.name)));
    }
    let secret = match &lands.sandbox {
        Some(sandbox) => open(admin, secrets, sandbox, &app, owner).await?,
        None => None,
    };
    let is_asked = ask(admin, (realm, lands), &app, (by, owner)).await?;
    let mut created = app;
    created.app.state = PartnerAppState::Created;
    save(admin, created).await?;
    Ok(Created { secret, is_asked })
}

/// Asks the vendor again to approve an app that was turned down or withdrawn, as it is now.
///
/// # Errors
/// Everything that is wrong with it, it waits or was approved already, or the store cannot write.
pub async fn submit(
    admin: &Admin<'_>,
    (realm, lands): (&Realm, &Lands),
    app: &TeamApp,
    (by, owner): (&Speaker, &str),
) -> Result<(), AdminError> {
    let wrong = complaints(realm, lands, app, owner, admin.now);
    if !wrong.is_empty() {
        return Err(AdminError::Invalid(wrong));
    }
    if ask(admin, (realm, lands), app, (by, owner)).await? {
        Ok(())
    } else {
        Err(AdminError::ChangedMeanwhile(format!("the app `{}`", app.app.name)))
    }
}

/// The client in the sandbox, with its first secret.
async fn open(
    admin: &Admin<'_>,
    secrets: &Secrets,
    sandbox: &Realm,
    app: &TeamApp,
    owner: &str,
) -> Result<Option<NewSecret>, AdminError> {
    let client = app.client(sandbox, &app.app.sandbox, owner, admin.now).map_err(AdminError::Invalid)?;
    let made = client.has_own_secret().then(new_client_secret);
    let row = match &made {
        Some(secret) => Some(apps::stored(secrets, (sandbox, &client), secret, ("first".into(), None), admin.now)?),
        None => None,
    };
    let id = row.as_ref().map(|row| row.id.clone());
    let is_new = admin.act(Act::AppCreate).open_client(&sandbox.id, &client, row, admin.now).await?;
    let shown = made.zip(id).filter(|_| is_new);
    Ok(shown.map(|(secret, id)| NewSecret { id, secret }))
}

/// The client in production waits; whether it did not before.
async fn ask(
    admin: &Admin<'_>,
    (realm, lands): (&Realm, &Lands),
    app: &TeamApp,
    (by, owner): (&Speaker, &str),
) -> Result<bool, AdminError> {
    let client = app.client(&lands.production, &app.app.production, owner, admin.now).map_err(AdminError::Invalid)?;
    apps::sector(&lands.production, &client).await?;
    let words = app.draft.told(portal(realm)?, &lands.production);
    let said = (by, &*words);
    Ok(admin.act(Act::AppSubmit).submit_client(&lands.production.id, &client, said, admin.now).await?)
}

/// What became of other redirect URIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectsChanged {
    /// They are so, wherever the app is served.
    Done,
    /// They are so in the sandbox; the vendor was asked for production.
    Asked,
}

/// Gives an app other redirect URIs: at once in the sandbox and while it waits, and in production where it was approved as the realm
/// says ([`RedirectChanges`]).
///
/// # Errors
/// Everything that is wrong with them, somebody else changed the app meanwhile, or the store cannot write.
pub async fn change_redirects(
    admin: &Admin<'_>,
    (realm, lands): (&Realm, &Lands),
    app: TeamApp,
    (by, owner): (&Speaker, &str),
    redirect_uris: Vec<String>,
) -> Result<RedirectsChanged, AdminError> {
    let mut changed = app;
    changed.draft.redirect_uris = redirect_uris;
    let wrong = complaints(realm, lands, &changed, owner, admin.now);
    if !wrong.is_empty() {
        return Err(AdminError::Invalid(wrong));
    }
    let changed = save(admin, changed).await?;
    let wanted = changed.draft.redirect_uris.clone();
    if let Some(sandbox) = &lands.sandbox {
        redirects(admin, sandbox, &changed.app.sandbox, &wanted).await?;
    }
    let production = &lands.production;
    let client = apps::find(admin.store, production, &changed.app.production).await?;
    if is_same(&client, &wanted) {
        return Ok(RedirectsChanged::Done);
    }
    let is_served = matches!(client.status, ClientStatus::Active | ClientStatus::Suspended);
    let words = wanted.join("\n");
    let of = (production, &*changed.app.production);
    if is_served && portal(realm)?.redirect_changes == RedirectChanges::Review {
        let kind = (Act::AppAnswer, EventKind::ChangeRequested);
        reviews::say(admin, of, kind, Some(by), &words).await?;
        return Ok(RedirectsChanged::Asked);
    }
    redirects(admin, production, &changed.app.production, &wanted).await?;
    reviews::say(admin, of, (Act::AppAnswer, EventKind::Changed), Some(by), &words).await?;
    Ok(RedirectsChanged::Done)
}

fn is_same(client: &Client, wanted: &[String]) -> bool {
    let has: BTreeSet<&str> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
    has == wanted.iter().map(String::as_str).collect()
}

async fn redirects(admin: &Admin<'_>, realm: &Realm, id: &str, wanted: &[String]) -> Result<(), AdminError> {
    let edit = apps::Edit { redirect_uris: Some(wanted.to_vec()), ..apps::Edit::default() };
    apps::edit(admin, realm, id, edit, false).await.map(drop)
}
