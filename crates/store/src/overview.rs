//! What operators look through: what was given to whom, who is signed in, who let which app act for them.

use crate::sessions::{read_consent_at, read_session};
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::{Row, values};
use crate::{Consent, Fault, Id, Session, Store};
use claviger_core::User;

/// Behind every id that is text.
const LAST: &str = "\u{10FFFF}";

/// Whose grants, consents or sessions; both where both are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Of {
    /// Only of this app.
    pub app: Option<String>,
    /// Only of this user, by id.
    pub user: Option<String>,
}

/// A live grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantLine {
    /// Its id.
    pub id: Id,
    /// To whom it was given.
    pub client: String,
    /// The user it acts for.
    pub user: Option<String>,
    /// What people call them.
    pub username: Option<String>,
    /// How it came about.
    pub flow: String,
    /// Scope and so on, as its owner writes them.
    pub doc: String,
    /// When it began.
    pub created_at: i64,
    /// When it was last refreshed, or began.
    pub refreshed_at: i64,
    /// When it is over: the nearer of the idle and the absolute limit.
    pub expires_at: i64,
}

/// A browser in which somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// The session.
    pub session: Session,
    /// What people call its user.
    pub username: Option<String>,
}

/// What a user lets an app do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentLine {
    /// The user.
    pub user: String,
    /// What people call them.
    pub username: Option<String>,
    /// The app.
    pub client: String,
    /// What it may do.
    pub consent: Consent,
}

impl Store {
    /// The live grants of a realm behind `after` (none: from the first), at most `limit`; those that began after `now` are left
    /// out.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_grants(
        &self,
        realm: &str,
        of: &Of,
        after: Option<&GrantLine>,
        now: i64,
        limit: i64,
    ) -> Result<Vec<GrantLine>, Fault> {
        read!(self, |tx| { list_grants(tx, realm, of, after, now, limit).await })
    }

    /// The sessions of a realm behind `after` (none: from the first) that are not over, by user, at most `limit`. Where an
    /// app is named: of the users who let it act for them.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_sessions(
        &self,
        realm: &str,
        of: &Of,
        after: Option<&SessionLine>,
        now: i64,
        limit: i64,
    ) -> Result<Vec<SessionLine>, Fault> {
        let (user, hash) = after.map_or(("", [].as_slice()), |line| (&line.session.user, &line.session.hash));
        let (from, to) = range(of, user);
        read!(self, |tx| {
            let params = values![realm, from, hash, to, of.app.as_deref(), now, limit];
            tx.query(Statement::Sessions, params, |row| {
                Ok(SessionLine { session: read_session(row)?, username: username(row, 8)? })
            })
            .await
        })
    }

    /// What users of a realm let apps do, behind `after` (none: from the first), by user, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_consents(
        &self,
        realm: &str,
        of: &Of,
        after: Option<&ConsentLine>,
        limit: i64,
    ) -> Result<Vec<ConsentLine>, Fault> {
        let (user, client) = after.map_or(("", ""), |line| (&line.user, &line.client));
        let (from, to) = range(of, user);
        read!(self, |tx| {
            let params = values![realm, from, client, to, of.app.as_deref(), limit];
            tx.query(Statement::Consents, params, |row| {
                let consent = read_consent_at(row, 0, 6)?.ok_or_else(|| Fault::other("a consent without a scope"))?;
                Ok(ConsentLine { consent, user: row.string(3)?, client: row.string(4)?, username: username(row, 5)? })
            })
            .await
        })
    }
}

/// As [`Store::list_grants`].
pub(crate) async fn list_grants(
    tx: &mut impl Tx,
    realm: &str,
    of: &Of,
    after: Option<&GrantLine>,
    now: i64,
    limit: i64,
) -> Result<Vec<GrantLine>, Fault> {
    let (client, id) = after.map_or(("", [].as_slice()), |line| (line.client.as_str(), line.id.as_slice()));
    match (&of.app, &of.user) {
        (app, Some(user)) => {
            let params = values![realm, user, id, now, limit, app];
            tx.query(Statement::GrantsOfUser, params, read_grant_line).await
        }
        (Some(app), None) => {
            tx.query(Statement::GrantsOfApp, values![realm, app, id, now, limit], read_grant_line).await
        }
        (None, None) => {
            tx.query(Statement::GrantsOfRealm, values![realm, client, id, now, limit], read_grant_line).await
        }
    }
}

/// The users to look at: the one that is named, or all from where the last page ended.
pub(crate) fn range<'a>(of: &'a Of, after: &'a str) -> (&'a str, &'a str) {
    of.user.as_deref().map_or((after, LAST), |user| (user, user))
}

fn read_grant_line(row: &Row<'_>) -> Result<GrantLine, Fault> {
    Ok(GrantLine {
        id: row.array(0)?,
        client: row.string(1)?,
        user: row.string_or_null(2)?,
        username: username(row, 3)?,
        flow: row.string(4)?,
        doc: row.string(5)?,
        created_at: row.int(6)?,
        refreshed_at: row.int(7)?,
        expires_at: row.int(8)?.min(row.int(9)?),
    })
}

/// The name of the user whose document is in this column; none where a join found none.
pub(crate) fn username(row: &Row<'_>, column: usize) -> Result<Option<String>, Fault> {
    let Some(doc) = row.text_or_null(column)? else { return Ok(None) };
    Ok(Some(serde_json::from_str::<User>(doc)?.username))
}
