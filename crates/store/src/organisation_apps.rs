//! Which apps may act for an organisation, as its administrators say, and which do.

use crate::account::{GrantOfApp, change_grants, companies_of, read_grant};
use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::events;
use crate::organisations::pattern;
use crate::overview::username;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};
use claviger_core::Client;
use serde_json::json;

/// How many grants end in one transaction at most.
const AT_ONCE: i64 = 100;

/// What an organisation says of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRule {
    /// The organisation.
    pub organisation: String,
    /// The app; empty: every one that is not named.
    pub app: String,
    /// Whether it may act for the organisation.
    pub allowed: bool,
    /// Since when.
    pub changed_at: i64,
}

/// An app that acts for an organisation in a member's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingFor {
    /// The app.
    pub app: String,
    /// What people call it.
    pub app_name: Option<String>,
    /// Whether it is an agent.
    pub is_agent: bool,
    /// The member, by id; none: the app acts for itself.
    pub user: Option<String>,
    /// What people call them.
    pub username: Option<String>,
    /// Since when.
    pub since: i64,
    /// When it was given tokens last.
    pub used_at: i64,
}

impl Store {
    /// What the organisations of a realm say of apps.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn app_rules(&self, realm: &str) -> Result<Vec<AppRule>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::AppRules, values![realm], |row| {
                Ok(AppRule {
                    organisation: row.string(0)?,
                    app: row.string(1)?,
                    allowed: row.flag(2)?,
                    changed_at: row.int(3)?,
                })
            })
            .await
        })
    }

    /// Says whether an app may act for an organisation (empty: those that are not named), or takes back what was said, as an act;
    /// whether that changed anything.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn set_app_rule(
        &self,
        realm: &str,
        organisation: &str,
        app: &str,
        allowed: Option<bool>,
        now: i64,
    ) -> Result<bool, Fault> {
        let [realm, organisation, app] = [realm, organisation, app].map(str::to_owned);
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let changed = match allowed {
                Some(allowed) => {
                    let params = values![&realm, &organisation, &app, allowed, now];
                    tx.execute(Statement::PutAppRule, params).await? > 0
                }
                None => tx.execute(Statement::DropAppRule, values![&realm, &organisation, &app]).await? > 0,
            };
            if !changed {
                return Ok(Undo(false));
            }
            note(tx, ChangeKind::Realm, &realm, &realm, now).await?;
            let named = if app.is_empty() { "every other" } else { app.as_str() };
            let changed = Values::added(json!({ "app": named, "allowed": allowed }));
            log.write(tx, &realm, &Subject::new(SubjectKind::Organisation, &organisation), changed, now).await?;
            Ok(Keep(true))
        })
    }

    /// The apps that act for an organisation, by app and member; of at most `limit` live grants.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn acting_for(
        &self,
        realm: &str,
        organisation: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<ActingFor>, Fault> {
        let pattern = pattern(organisation)?;
        let all = read!(self, |tx| {
            let params = values![realm, &pattern, now, limit];
            tx.query(Statement::ActingFor, params, |row| read_acting(row, organisation)).await
        })?;
        let mut merged: Vec<ActingFor> = Vec::new();
        for one in all.into_iter().flatten() {
            match merged.last_mut().filter(|last| last.app == one.app && last.user == one.user) {
                Some(last) => {
                    last.since = last.since.min(one.since);
                    last.used_at = last.used_at.max(one.used_at);
                }
                None => merged.push(one),
            }
        }
        Ok(merged)
    }

    /// Ends what apps may do for an organisation, one of them or all, as an act in batches; how many grants it was taken from. What is
    /// for other organisations as well goes on for those. Somebody may connect an app anew, unless a rule says no.
    ///
    /// # Errors
    /// The store cannot write; what ended until then stays so.
    pub async fn end_acting_for(
        &self,
        realm: &str,
        organisation: &str,
        app: Option<&str>,
        now: i64,
        tokens_until: i64,
    ) -> Result<u64, Fault> {
        let pattern = pattern(organisation)?;
        let (mut ended, mut after): (u64, Vec<u8>) = (0, Vec::new());
        loop {
            let found: Vec<GrantOfApp> = read!(self, |tx| {
                let params = values![realm, &pattern, app, &after, AT_ONCE];
                tx.query(Statement::GrantsForOrganisation, params, read_grant).await
            })?;
            let Some(last) = found.last() else { return Ok(ended) };
            after = last.id.to_vec();
            ended += self.end_these(realm, organisation, found, (now, tokens_until)).await?;
        }
    }

    async fn end_these(
        &self,
        realm: &str,
        organisation: &str,
        grants: Vec<GrantOfApp>,
        (now, tokens_until): (i64, i64),
    ) -> Result<u64, Fault> {
        let (realm, organisation, audit) = (realm.to_owned(), organisation.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let mut touched = Vec::new();
            for grant in &grants {
                if acts_for(&grant.doc, &organisation)? {
                    touched.push(grant.clone());
                }
            }
            if touched.is_empty() {
                return Ok(Undo(0));
            }
            // What servers remember of these grants rests on their users as they were. Users before grants, as everybody locks them.
            for grant in &touched {
                tx.execute(Statement::TouchUserOfGrant, values![&grant.id, now]).await?;
            }
            let keeps = |id: &String| *id != organisation;
            change_grants(tx, &realm, &touched, (&keeps, &[]), (now, tokens_until)).await?;
            let told = events::of_grants(touched.iter().map(|grant| (grant.client.as_str(), grant.id)));
            log.raise(tx, &realm, &told, now).await?;
            let count = u64::try_from(touched.len()).unwrap_or(u64::MAX);
            let changed = Values::change(json!({ "grants": count }), json!({ "grants": 0 }));
            log.write(tx, &realm, &Subject::new(SubjectKind::Organisation, &organisation), changed, now).await?;
            Ok(Keep(count))
        })
    }
}

/// Whether a grant's document names an organisation as one that it is for.
fn acts_for(doc: &str, organisation: &str) -> Result<bool, Fault> {
    Ok(companies_of(&serde_json::from_str(doc)?).iter().any(|id| id == organisation))
}

/// `None` where the organisation stands in the document as something else.
fn read_acting(row: &Row<'_>, organisation: &str) -> Result<Option<ActingFor>, Fault> {
    if !acts_for(row.text(6)?, organisation)? {
        return Ok(None);
    }
    let client = row.text_or_null(2)?.map(serde_json::from_str::<Client>).transpose()?;
    Ok(Some(ActingFor {
        app: row.string(0)?,
        is_agent: client.as_ref().is_some_and(Client::is_agent),
        app_name: client.map(|client| client.name),
        user: row.string_or_null(1)?,
        username: username(row, 3)?,
        since: row.int(4)?,
        used_at: row.int(5)?,
    }))
}
