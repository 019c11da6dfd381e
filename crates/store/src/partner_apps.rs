//! Apps as a team of partners draws them up: one record for the client in the sandbox and the one in production.

use crate::app_events::named;
use crate::clients::client_of;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};
use claviger_core::Client;

/// How many apps a team has at most.
const MOST_APPS: i64 = 200;

named! {
    /// How far it is.
    PartnerAppState {
        /// It is being drawn up; it has no clients.
        Draft = "draft",
        /// It has its clients.
        Created = "created",
    }
}

/// An app of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerApp {
    /// The partners' realm.
    pub realm: String,
    /// Its id there.
    pub id: String,
    /// The team.
    pub team: String,
    /// What people call it.
    pub name: String,
    /// What kind of app it is, as its owner spells it.
    pub kind: String,
    /// What was typed, as its owner spells it.
    pub doc: String,
    /// The sandbox, where there is one.
    pub sandbox_realm: Option<String>,
    /// The id of its client there, from the time that it was drawn up.
    pub sandbox: String,
    /// Where it is served in earnest.
    pub production_realm: String,
    /// The id of its client there, from the time that it was drawn up.
    pub production: String,
    /// How far it is.
    pub state: PartnerAppState,
    /// Counts the changes.
    pub version: i64,
    /// Since when it is there.
    pub created_at: i64,
    /// When it was changed last.
    pub updated_at: i64,
}

/// An app with its clients as they stand.
#[derive(Debug, Clone)]
pub struct PartnerAppLine {
    /// The app.
    pub app: PartnerApp,
    /// Its client in the sandbox.
    pub sandbox: Option<Client>,
    /// Its client in production.
    pub production: Option<Client>,
    /// When one of them authenticated last.
    pub used_at: Option<i64>,
    /// When the first of their live secrets ends by itself.
    pub secret_ends: Option<i64>,
}

impl Store {
    /// The apps of a team behind `after` with their clients, in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn partner_app_lines(
        &self,
        realm: &str,
        team: &str,
        after: &str,
        limit: i64,
        now: i64,
    ) -> Result<Vec<PartnerAppLine>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::PartnerAppLines, values![realm, team, after, limit, now], |row| {
                let client = |doc: usize| match (row.text_or_null(doc)?, row.text_or_null(doc + 1)?) {
                    (Some(doc), Some(status)) => client_of(doc, status).map(Some),
                    _ => Ok(None),
                };
                Ok(PartnerAppLine {
                    app: read_app(row)?,
                    sandbox: client(14)?,
                    production: client(16)?,
                    used_at: row.int_or_null(18)?.max(row.int_or_null(19)?),
                    secret_ends: [row.int_or_null(20)?, row.int_or_null(21)?].into_iter().flatten().min(),
                })
            })
            .await
        })
    }

    /// Keeps a new app of a team; false where there are as many as there may be.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_partner_app(&self, app: &PartnerApp) -> Result<bool, Fault> {
        let app = app.clone();
        write!(self, Single, |tx| {
            let params = values![
                &app.realm,
                &app.id,
                &app.team,
                &app.name,
                &app.kind,
                &app.doc,
                &app.sandbox_realm,
                &app.sandbox,
                &app.production_realm,
                &app.production,
                app.state.name(),
                app.created_at,
                MOST_APPS,
            ];
            Ok(Keep(tx.execute(Statement::AddPartnerApp, params).await? > 0))
        })
    }

    /// Writes name, kind, document and state of an app in the place of what was read; false where somebody else changed it meanwhile.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn edit_partner_app(&self, app: &PartnerApp, now: i64) -> Result<bool, Fault> {
        let app = app.clone();
        write!(self, Single, |tx| {
            let PartnerApp { realm, id, version, name, kind, doc, state, .. } = &app;
            let params = values![realm, id, *version, name, kind, doc, state.name(), now];
            Ok(Keep(tx.execute(Statement::EditPartnerApp, params).await? > 0))
        })
    }

    /// An app by its id.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn partner_app(&self, realm: &str, id: &str) -> Result<Option<PartnerApp>, Fault> {
        read!(self, |tx| { tx.optional(Statement::PartnerApp, values![realm, id], read_app).await })
    }

    /// The app whose client this is, in the sandbox or in production.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn partner_app_of(&self, client_realm: &str, client: &str) -> Result<Option<PartnerApp>, Fault> {
        read!(self, |tx| {
            let params = values![client_realm, client];
            match tx.optional(Statement::PartnerAppByProduction, params, read_app).await? {
                Some(found) => Ok(Some(found)),
                None => tx.optional(Statement::PartnerAppBySandbox, params, read_app).await,
            }
        })
    }

    /// The apps of a team behind `after`, in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn partner_apps_of(
        &self,
        realm: &str,
        team: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<PartnerApp>, Fault> {
        read!(self, |tx| { tx.query(Statement::PartnerAppsOf, values![realm, team, after, limit], read_app).await })
    }

    /// Removes an app's record; its clients stay as they are. False where somebody else changed it meanwhile.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn delete_partner_app(&self, app: &PartnerApp) -> Result<bool, Fault> {
        let app = app.clone();
        write!(self, Single, |tx| {
            let params = values![&app.realm, &app.id, app.version];
            Ok(Keep(tx.execute(Statement::DeletePartnerApp, params).await? > 0))
        })
    }
}

fn read_app(row: &Row<'_>) -> Result<PartnerApp, Fault> {
    Ok(PartnerApp {
        realm: row.string(0)?,
        id: row.string(1)?,
        team: row.string(2)?,
        name: row.string(3)?,
        kind: row.string(4)?,
        doc: row.string(5)?,
        sandbox_realm: row.string_or_null(6)?,
        sandbox: row.string(7)?,
        production_realm: row.string(8)?,
        production: row.string(9)?,
        state: PartnerAppState::of(row.text(10)?).unwrap_or(PartnerAppState::Draft),
        version: row.int(11)?,
        created_at: row.int(12)?,
        updated_at: row.int(13)?,
    })
}
