//! What happened to an account, for its owner to look through: the newest of each user, for a year.
//!
//! Refused sign-ins are counted apart: whoever guesses passwords does not push out what matters more.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Hash, Id, Store};

/// How many there are of a user at most, and how many refused sign-ins beside them.
const MOST: i64 = 100;
const MOST_REFUSED: i64 = 20;

/// How long each is kept, in milliseconds.
const KEPT: i64 = 365 * 86_400_000;

/// Declares the kinds, with their names in the database.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ActivityKind { $($(#[$doc])* $variant,)* }

        impl ActivityKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is stored, and the end of the name of the message that says it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    /// They signed in.
    SignedIn = "signed-in",
    /// Somebody gave a wrong password, or a wrong code after it.
    Refused = "refused",
    /// Their password is another one.
    PasswordChanged = "password-changed",
    /// They set up what they sign in with beside it.
    FactorAdded = "factor-added",
    /// They took that away.
    FactorRemoved = "factor-removed",
    /// They made new recovery codes.
    CodesMade = "codes-made",
    /// Mails go to another address.
    EmailChanged = "email-changed",
    /// They let an app act for them.
    AppConnected = "app-connected",
    /// They took that back.
    AppTakenBack = "app-taken-back",
    /// They changed for which companies an app acts.
    CompaniesChanged = "companies-changed",
    /// They signed other browsers out.
    SessionsEnded = "sessions-ended",
    /// They gave a licence back.
    SeatReleased = "seat-released",
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// A new one, which tells when.
    pub id: Id,
    /// The realm.
    pub realm: String,
    /// Whose account.
    pub user: String,
    /// What.
    pub kind: ActivityKind,
    /// The app, the address; empty where there is no such thing.
    pub about: String,
    /// The browser, as people call it.
    pub browser: String,
    /// From where.
    pub address: String,
    /// When.
    pub at: i64,
}

/// The same, as it is read; a newer program knows more kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityLine {
    /// Its id.
    pub id: Id,
    /// What: see [`ActivityKind::name`].
    pub kind: String,
    /// What it was about.
    pub about: String,
    /// The browser.
    pub browser: String,
    /// From where.
    pub address: String,
    /// When.
    pub at: i64,
}

impl Store {
    /// Notes what happened; with a session, also in what browser and from where that one is.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn note_activity(&self, session: Option<Hash>, activity: Option<Activity>) -> Result<(), Fault> {
        write!(self, Several, |tx| {
            let Some(activity) = &activity else { return Ok(Keep(())) };
            if let Some(session) = &session {
                note_origin(tx, session, &activity.browser, &activity.address).await?;
            }
            Ok(Keep(put(tx, activity).await?))
        })
    }

    /// Notes in what browser and from where a session is.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn note_origin(&self, session: &Hash, browser: &str, address: &str) -> Result<(), Fault> {
        let (session, browser, address) = (*session, browser.to_owned(), address.to_owned());
        write!(self, Single, |tx| { Ok(Keep(note_origin(tx, &session, &browser, &address).await?)) })
    }

    /// What happened to an account, before `below` (none: from the newest), at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn activity(
        &self,
        realm: &str,
        user: &str,
        below: Option<&Id>,
        limit: i64,
    ) -> Result<Vec<ActivityLine>, Fault> {
        let below = below.unwrap_or(&[0xff; 16]);
        read!(self, |tx| { tx.query(Statement::Activity, values![realm, user, below, limit], read_line).await })
    }
}

async fn note_origin(tx: &mut impl Tx, session: &Hash, browser: &str, address: &str) -> Result<(), Fault> {
    tx.execute(Statement::NoteOrigin, values![session, browser, address]).await.map(drop)
}

/// As [`Store::note_activity`].
async fn put(tx: &mut impl Tx, activity: &Activity) -> Result<(), Fault> {
    let Activity { id, realm, user, kind, about, browser, address, at } = activity;
    let params = values![id, realm, user, kind.name(), about, browser, address, *at, *at + KEPT];
    tx.execute(Statement::AddActivity, params).await?;
    let refused = ActivityKind::Refused.name();
    let (trim, most) = match kind {
        ActivityKind::Refused => (Statement::TrimActivityOfKind, MOST_REFUSED),
        _ => (Statement::TrimActivity, MOST),
    };
    tx.execute(trim, values![realm, user, most, refused]).await.map(drop)
}

fn read_line(row: &Row<'_>) -> Result<ActivityLine, Fault> {
    Ok(ActivityLine {
        id: row.array(0)?,
        kind: row.string(1)?,
        about: row.string(2)?,
        browser: row.string(3)?,
        address: row.string(4)?,
        at: row.int(5)?,
    })
}
