//! What somebody's account pages show and change: the apps that act for them, their sessions and licences, their language.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::endings::revoke_each;
use crate::revocations::{self, RevocationKind};
use crate::seats::{SeatRow, read_seat};
use crate::sessions::{Consent, read_consent_at, read_session};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Id, Session, Store, id_text, users};
use claviger_core::Client;
use claviger_core::user::Organisation;
use serde_json::{Value, json};

/// An app that somebody let act for them, or that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedApp {
    /// Its id.
    pub id: String,
    /// What it is; none where it is gone.
    pub client: Option<Client>,
    /// What it may do; none where nobody was asked.
    pub consent: Option<Consent>,
    /// Since when.
    pub since: i64,
    /// When it was given tokens last; none where it has no live grant.
    pub used_at: Option<i64>,
}

/// A live grant of such an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantOfApp {
    /// The app.
    pub client: String,
    /// The grant.
    pub id: Id,
    /// What it covers, as its owner writes it.
    pub doc: String,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// The session.
    pub session: Session,
    /// The browser, as people call it; empty: not known.
    pub browser: String,
    /// From where it began; empty: not known.
    pub address: String,
}

/// A licence that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSeat {
    /// The seat.
    pub seat: SeatRow,
    /// What people call the app.
    pub client_name: Option<String>,
    /// What people call the organisation whose licence it is.
    pub organisation_name: Option<String>,
}

impl Store {
    /// The apps that act for a user, behind `after` (empty: from the first), in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn connected_apps(
        &self,
        realm: &str,
        user: &str,
        after: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<ConnectedApp>, Fault> {
        read!(self, |tx| {
            let params = values![realm, user, after, now, limit];
            tx.query(Statement::AppsOfUser, params, read_app).await
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn connected_app(
        &self,
        realm: &str,
        user: &str,
        app: &str,
        now: i64,
    ) -> Result<Option<ConnectedApp>, Fault> {
        let found =
            read!(self, |tx| { tx.optional(Statement::AppOfUser, values![realm, user, app, now], read_app).await })?;
        Ok(found.filter(|found| found.consent.is_some() || found.used_at.is_some()))
    }

    /// The live grants of a user's apps from `first` to `last`, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn grants_of_apps(
        &self,
        realm: &str,
        user: &str,
        (first, last): (&str, &str),
        now: i64,
        limit: i64,
    ) -> Result<Vec<GrantOfApp>, Fault> {
        read!(self, |tx| {
            let params = values![realm, user, first, last, now, limit];
            tx.query(Statement::GrantsOfApps, params, read_grant).await
        })
    }

    /// Changes the companies that an app acts for in a user's name, as an act: their consent, and each live grant. A grant that is
    /// left with none ends; tokens that name one which was taken away are revoked, and the next ones do not. Whether there was
    /// such a consent, and it names others now.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn change_companies(
        &self,
        realm: &str,
        (user, app): (&str, &str),
        companies: &[String],
        now: i64,
        tokens_until: i64,
    ) -> Result<bool, Fault> {
        let (realm, user, app) = (realm.to_owned(), user.to_owned(), app.to_owned());
        let (companies, audit) = (companies.to_vec(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let read = |row: &Row<'_>| read_consent_at(row, 0, 3);
            let was = tx.optional(Statement::Consent, values![&realm, &user, &app], read).await?.flatten();
            let Some(was) = was.filter(|was| was.organisations != companies) else { return Ok(Undo(false)) };
            let text = serde_json::to_string(&companies)?;
            tx.execute(Statement::SetCompanies, values![&realm, &user, &app, &text, now]).await?;
            tx.execute(Statement::DropCodesOfPair, values![&realm, &user, &app, now]).await?;
            let params = values![&realm, &user, &app, &app, now, i64::from(u32::MAX)];
            let grants = tx.query(Statement::GrantsOfApps, params, read_grant).await?;
            let added: Vec<String> = companies.iter().filter(|id| !was.organisations.contains(id)).cloned().collect();
            let keeps = |id: &String| companies.contains(id);
            change_grants(tx, &realm, &grants, (&keeps, &added), (now, tokens_until)).await?;
            let changed =
                Values::change(json!({ "organisations": was.organisations }), json!({ "organisations": companies }));
            let subject = Subject::new(SubjectKind::Consent, format!("{app}/{user}"));
            log.write(tx, &realm, &subject, changed, now).await?;
            Ok(Keep(true))
        })
    }

    /// The sessions of a user, the last used first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn sessions_of_user(
        &self,
        realm: &str,
        user: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<OwnSession>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::SessionsOfUser, values![realm, user, now, limit], |row| {
                let text = |column| Ok::<_, Fault>(row.string_or_null(column)?.unwrap_or_default());
                Ok(OwnSession { session: read_session(row)?, browser: text(8)?, address: text(9)? })
            })
            .await
        })
    }

    /// The licences that a user holds, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn seats_of_user(&self, realm: &str, user: &str, now: i64, limit: i64) -> Result<Vec<OwnSeat>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::SeatsOfUser, values![realm, user, now, limit], |row| {
                let client = row.text_or_null(9)?.map(serde_json::from_str::<Client>).transpose()?;
                let organisation = row.text_or_null(10)?.map(serde_json::from_str::<Organisation>).transpose()?;
                Ok(OwnSeat {
                    seat: read_seat(row)?,
                    client_name: client.map(|client| client.name),
                    organisation_name: organisation.map(|organisation| organisation.name),
                })
            })
            .await
        })
    }

    /// The apps that a user asked the operator for: which, when first, when last, how often.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn asked_by(&self, realm: &str, user: &str, limit: i64) -> Result<Vec<(String, i64, i64, i64)>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::AskedBy, values![realm, user, limit], |row| {
                Ok((row.string(0)?, row.int(1)?, row.int(2)?, row.int(3)?))
            })
            .await
        })
    }

    /// Keeps the language that a user chose: their claim `locale`. Whether it is another one now.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn set_language(&self, realm: &str, user: &str, language: &str, now: i64) -> Result<bool, Fault> {
        let (realm, user, language) = (realm.to_owned(), user.to_owned(), language.to_owned());
        write!(self, Several, |tx| {
            let Some(stored) = users::find(tx, &realm, &user).await? else { return Ok(Undo(false)) };
            let mut after = stored.user;
            let value = Value::from(language.as_str());
            if after.details.claims.get("locale") == Some(&value) {
                return Ok(Undo(false));
            }
            after.details.claims.insert("locale".to_owned(), value);
            after.details.updated_at = Some(now / 1000);
            Ok(Keep(users::put(tx, &realm, &after, None, now).await?))
        })
    }
}

/// Takes companies away from grants but for those that they keep, and gives them those that were added. One that is left with none ends;
/// how many did.
pub(crate) async fn change_grants(
    tx: &mut impl Tx,
    realm: &str,
    grants: &[GrantOfApp],
    (keeps, added): (&impl Fn(&String) -> bool, &[String]),
    (now, tokens_until): (i64, i64),
) -> Result<u64, Fault> {
    let mut without = Vec::new();
    let mut narrowed = Vec::new();
    for grant in grants {
        let mut doc: Value = serde_json::from_str(&grant.doc)?;
        let own = companies_of(&doc);
        // A grant for none is not for companies.
        if own.is_empty() {
            continue;
        }
        let mut kept: Vec<String> = own.iter().filter(|id| keeps(id)).cloned().collect();
        let is_narrowed = kept.len() < own.len();
        kept.extend(added.iter().filter(|id| !own.contains(id)).cloned());
        if kept == own {
            continue;
        }
        if kept.is_empty() {
            // Held in the order of the ids, as everybody else holds them; ended below.
            tx.execute(Statement::SetGrantDoc, values![&grant.id, &grant.doc]).await?;
            without.push(grant.id);
            continue;
        }
        if let Some(fields) = doc.as_object_mut() {
            fields.insert("organisations".to_owned(), json!(kept));
        }
        let text = serde_json::to_string(&doc)?;
        tx.execute(Statement::SetGrantDoc, values![&grant.id, &text]).await?;
        if is_narrowed {
            tx.execute(Statement::RevokeTokensOfGrant, values![&grant.id, now]).await?;
            narrowed.push(id_text(&grant.id));
        }
    }
    let ended = revoke_each(tx, realm, &without, "consent", now, tokens_until).await?;
    // The family goes on: what it was given until now does not.
    for name in &narrowed {
        revocations::put(tx, realm, RevocationKind::Grant, name, now, tokens_until, now).await?;
    }
    Ok(ended)
}

/// The organisations in a grant's document.
pub(crate) fn companies_of(doc: &Value) -> Vec<String> {
    let all = doc.get("organisations").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn read_grant(row: &Row<'_>) -> Result<GrantOfApp, Fault> {
    Ok(GrantOfApp { client: row.string(0)?, id: row.array(1)?, doc: row.string(2)? })
}

fn read_app(row: &Row<'_>) -> Result<ConnectedApp, Fault> {
    let consent = read_consent_at(row, 2, 8)?;
    // A consent of before that was noted is as old as its last change, or as its oldest grant.
    let began = [row.int_or_null(5)?.or(row.int_or_null(4)?), row.int_or_null(7)?];
    Ok(ConnectedApp {
        id: row.string(0)?,
        client: row.text_or_null(1)?.map(serde_json::from_str).transpose()?,
        consent,
        since: began.into_iter().flatten().min().unwrap_or_default(),
        used_at: row.int_or_null(6)?,
    })
}
