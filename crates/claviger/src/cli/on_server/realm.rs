//! `claviger realm`, `claviger scope` and `claviger legacy` at a server.

use super::not_here;
use crate::cli::context::Context;
use crate::cli::legacy::{self, LegacyArgs, LegacyCommand};
use crate::cli::output;
use crate::cli::place::{Server, answered, member, put};
use crate::cli::realm::branding::{self, BrandingArgs};
use crate::cli::realm::{self, RealmCommand};
use crate::cli::scope::{self, ScopeCommand};
use crate::cli::trouble::Trouble;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_server::admin::branding::Set;
use claviger_server::clock::Clock;
use serde_json::{Value, json};

/// Does it with realms.
pub(crate) async fn run(command: RealmCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    match command {
        RealmCommand::List => {
            let found = server.get(&["realms"], &[]).await?;
            realm::listed(context, &answered::<Vec<_>>(member(&found, "items").clone())?)
        }
        RealmCommand::Export { with_password_hashes: true, .. } => Err(not_here("--with-password-hashes")),
        RealmCommand::Export { id, .. } => output::put(&server.realm_named(&id).await?.file().await?),
        RealmCommand::Branding(args) => brand(args, context, server).await,
        RealmCommand::Show { id } => realm::shown(context, &server.realm_named(&id).await?.served().await?),
    }
}

async fn brand(args: BrandingArgs, context: &Context, server: &Server) -> Result<(), Trouble> {
    let changes = args.changes()?;
    let realm = server.realm().await?;
    let mut wanted = json!({});
    for (part, set) in &changes {
        let value = match set {
            Set::Text(text) => text.as_str().into(),
            Set::Picture(bytes) => STANDARD.encode(bytes).into(),
            Set::Back => Value::Null,
        };
        put(&mut wanted, &part.name().replace('-', "_"), value);
    }
    if !changes.is_empty() {
        realm.patch::<Value>(&["branding"], &wanted).await?;
    }
    branding::show(context, &realm.served().await?)
}

/// Does it with scopes.
pub(crate) async fn scopes(command: ScopeCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let ScopeCommand::List = command;
    scope::listed(context, &server.realm().await?.items(&["scopes"], &[]).await?)
}

/// Does it with legacy behaviours.
pub(crate) async fn legacy(args: LegacyArgs, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match args.command {
        None => {
            let since = output::time(realm::first_day(&args.report, Clock::default().now()) * realm::DAY);
            let found = realm.items(&["legacy-uses"], &[("since", since.as_str())]).await?;
            realm::legacy_uses(context, &realm.id, &args.report, found)
        }
        Some(LegacyCommand::Deadlines) => {
            legacy::listed(context, &realm.all(&["legacy-deadlines"], &[], usize::MAX).await?)
        }
        Some(LegacyCommand::SetDeadline { legacy, app, all: _, ends, note, enforce }) => {
            let mut wanted = json!({ "ends_at": output::time(ends), "note": note, "enforce": enforce });
            if let Some(app) = app {
                let place = ["apps", &*app, "legacy-deadlines", legacy.name()];
                return legacy::is_set(context, &realm.put(&place, &wanted).await?);
            }
            put(&mut wanted, "legacy", legacy.name());
            let set: Value = realm.post(&["legacy-deadlines"], wanted).await?;
            legacy::set_for_all(context, &realm.id, (legacy, ends), how_many(&set))
        }
        Some(LegacyCommand::RemoveDeadline { legacy, app: None, .. }) => {
            let gone = realm.delete_all(&["legacy-deadlines", legacy.name()]).await?;
            legacy::removed_for_all(context, &realm.id, legacy, how_many(&gone))
        }
        Some(LegacyCommand::RemoveDeadline { legacy, app: Some(app), .. }) => {
            realm.delete(&["apps", &app, "legacy-deadlines", legacy.name()], &[]).await?;
            legacy::removed(context, &app, legacy)
        }
    }
}

/// Of how many apps something is.
fn how_many(said: &Value) -> usize {
    usize::try_from(member(said, "apps").as_u64().unwrap_or_default()).unwrap_or(usize::MAX)
}
