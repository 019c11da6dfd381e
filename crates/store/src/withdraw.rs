//! What operators end: grants, consents and sessions, one or many, each with its line in the log.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::endings::revoke_each;
use crate::events;
use crate::logouts;
use crate::overview::{Of, list_grants};
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Hash, Id, Store, id_text};
use claviger_core::jose::base64url;
use serde_json::json;

/// How many grants end in one transaction at most, so that nobody waits long behind it.
const AT_ONCE: i64 = 100;

impl Store {
    /// Ends some of the live grants that began until `now`, with their tokens and seats; how many. Zero: there are none
    /// left. A line in the log names them.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn revoke_some_grants(&self, realm: &str, of: &Of, now: i64, tokens_until: i64) -> Result<u64, Fault> {
        let (realm, of, audit) = (realm.to_owned(), of.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let lines = list_grants(tx, &realm, &of, None, now, AT_ONCE).await?;
            let mut ids: Vec<Id> = lines.iter().map(|line| line.id).collect();
            ids.sort_unstable();
            if ids.is_empty() {
                return Ok(Undo(0));
            }
            let ended = revoke_each(tx, &realm, &ids, "revoked", now, tokens_until).await?;
            let names: Vec<String> = ids.iter().map(id_text).collect();
            let changed = Values::change(json!({ "grants": names }), json!({ "grants": [] }));
            log.write(tx, &realm, &of.subject(&realm), changed, now).await?;
            let told = events::of_grants(lines.iter().map(|line| (line.client.as_str(), line.id)));
            log.raise(tx, &realm, &told, now).await?;
            Ok(Keep(ended))
        })
    }

    /// Ends one live grant of a realm, as an act; whether it was live.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn revoke_grant_by_act(&self, realm: &str, id: &Id, now: i64, tokens_until: i64) -> Result<bool, Fault> {
        let (realm, id, audit) = (realm.to_owned(), *id, self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let row = tx
                .optional(Statement::Grant, values![&id], crate::grants::read_grant)
                .await?
                .filter(|row| row.grant.realm == realm && row.is_live(now));
            let Some(row) = row else { return Ok(Undo(false)) };
            revoke_each(tx, &realm, &[id], "revoked", now, tokens_until).await?;
            let (app, user) = (&row.grant.client, &row.grant.user);
            let before = json!({ "live": true, "app": app, "user": user });
            let changed = Values::change(before, json!({ "live": false, "app": app, "user": user }));
            log.write(tx, &realm, &Subject::new(SubjectKind::Grant, id_text(&id)), changed, now).await?;
            Ok(Keep(true))
        })
    }

    /// Takes back what a user lets an app do, and ends the grants that came of it; how many ended. What the vendor's own page
    /// remembers goes with it. None: there was no such consent.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn withdraw_consent_by_act(
        &self,
        realm: &str,
        user: &str,
        app: &str,
        now: i64,
        tokens_until: i64,
    ) -> Result<Option<u64>, Fault> {
        self.take_back([realm, user, app], false, (now, tokens_until)).await
    }

    /// The same for an app that acts for the user, whether they were asked or not.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn disconnect_app_by_act(
        &self,
        realm: &str,
        user: &str,
        app: &str,
        now: i64,
        tokens_until: i64,
    ) -> Result<Option<u64>, Fault> {
        self.take_back([realm, user, app], true, (now, tokens_until)).await
    }

    async fn take_back(
        &self,
        names: [&str; 3],
        without_consent: bool,
        (now, tokens_until): (i64, i64),
    ) -> Result<Option<u64>, Fault> {
        let [realm, user, app] = names.map(str::to_owned);
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let was = tx.optional(Statement::Consent, values![&realm, &user, &app], |row| row.string(0)).await?;
            tx.execute(Statement::WithdrawConsent, values![&realm, &user, &app]).await?;
            // What the vendor's own page remembers would answer in its place.
            let remembered = tx.execute(Statement::DeleteAppConsent, values![&realm, &user, &app]).await?;
            tx.execute(Statement::EndEvidence, values![&realm, &user, &app, now]).await?;
            let grants: Vec<Id> =
                tx.query(Statement::GrantsOfPair, values![&realm, &user, &app], |row| row.array(0)).await?;
            let has_grants = without_consent && !grants.is_empty();
            if was.is_none() && remembered == 0 && !has_grants {
                return Ok(Undo(None));
            }
            let ended = revoke_each(tx, &realm, &grants, "consent", now, tokens_until).await?;
            let changed =
                Values::change(json!({ "scope": was, "grants": ended }), json!({ "scope": null, "grants": 0 }));
            let subject = Subject::new(SubjectKind::Consent, format!("{app}/{user}"));
            log.write(tx, &realm, &subject, changed, now).await?;
            Ok(Keep(Some(ended)))
        })
    }

    /// Signs browsers out: ends these sessions of a realm, given with their users; how many there still were.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn end_sessions_by_act(
        &self,
        realm: &str,
        sessions: Vec<(Hash, String)>,
        now: i64,
    ) -> Result<u64, Fault> {
        let (realm, audit) = (realm.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let mut ended = Vec::new();
            for (hash, user) in &sessions {
                if tx.execute(Statement::EndSessionOf, values![hash, &realm, user]).await? > 0 {
                    logouts::tell(tx, logouts::Ending::Session(hash), now).await?;
                    ended.push((session_name(hash), user));
                }
            }
            let Some((name, user)) = ended.first() else { return Ok(Undo(0)) };
            let subject = if ended.len() == 1 {
                Subject::new(SubjectKind::Session, name)
            } else if ended.iter().all(|(_, other)| other == user) {
                Subject::new(SubjectKind::User, user.as_str())
            } else {
                Subject::new(SubjectKind::Realm, &realm)
            };
            let names: Vec<&String> = ended.iter().map(|(name, _)| name).collect();
            let changed = Values::change(json!({ "sessions": names }), json!({ "sessions": [] }));
            log.write(tx, &realm, &subject, changed, now).await?;
            Ok(Keep(u64::try_from(ended.len()).unwrap_or(u64::MAX)))
        })
    }
}

impl Of {
    /// What an act on all of these is done to.
    fn subject(&self, realm: &str) -> Subject {
        match (&self.user, &self.app) {
            (Some(user), _) => Subject::new(SubjectKind::User, user),
            (None, Some(app)) => Subject::new(SubjectKind::App, app),
            (None, None) => Subject::new(SubjectKind::Realm, realm),
        }
    }
}

/// What operators call a session: the beginning of its hash, which nobody can sign in with.
pub fn session_name(hash: &Hash) -> String {
    base64url(hash.get(..15).unwrap_or_default())
}
