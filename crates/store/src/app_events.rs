//! What was said and decided about an app: the conversation between its owner and the vendor, of any client.

use crate::Fault;
use crate::audit::act::{Actor, Audit, Way};
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Row, values};

/// Declares an enum whose variants have names in the database.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($(#[$of:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $kind { $($(#[$of])* $variant,)* }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is stored and printed.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub(crate) fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}
pub(crate) use named;

named! {
    /// What happened.
    EventKind {
        /// The app's owner asks for approval.
        Requested = "requested",
        /// The vendor asks its owner something.
        Question = "question",
        /// Its owner answers, or adds something.
        Answer = "answer",
        /// It is served from now on.
        Approved = "approved",
        /// It was turned down.
        Rejected = "rejected",
        /// Its owner took the request back.
        Withdrawn = "withdrawn",
        /// It is served no more.
        Suspended = "suspended",
        /// It is served again.
        Resumed = "resumed",
        /// Its owner changed it.
        Changed = "changed",
        /// Its owner asks the vendor to change it.
        ChangeRequested = "change-requested",
        /// A legacy behaviour of it has a date after which it ends.
        Deadline = "deadline",
        /// Such a date was taken back.
        DeadlineRemoved = "deadline-removed",
        /// Such a date came.
        LegacyEnded = "legacy-ended",
        /// Something that a newer program knows.
        Other = "other",
    }
}

named! {
    /// Who speaks.
    SpeakerKind {
        /// Somebody of the vendor's.
        Operator = "operator",
        /// Somebody of the app's team.
        Partner = "partner",
        /// The app itself, which registered.
        App = "app",
        /// A realm file.
        File = "file",
    }
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// On which side.
    pub kind: SpeakerKind,
    /// What people call them; empty once they are gone.
    pub name: String,
    /// The realm and the id of a partner, so that their name goes with them.
    pub user: Option<(String, String)>,
}

impl Speaker {
    /// Whoever acts.
    pub fn of(actor: &Actor) -> Self {
        let kind = match actor.way {
            Way::Portal => SpeakerKind::Partner,
            Way::Registration => SpeakerKind::App,
            Way::Apply => SpeakerKind::File,
            _ => SpeakerKind::Operator,
        };
        Self { kind, name: actor.name.clone(), user: None }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppEvent {
    /// Its number among the app's, from 1.
    pub number: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// What.
    pub kind: EventKind,
    /// Who, on which side.
    pub by_kind: SpeakerKind,
    /// What people call them; empty once they are gone.
    pub by_name: String,
    /// What they said; may be empty.
    pub words: String,
}

/// Writes what happened; the client's row is held by the caller.
pub(crate) async fn put(
    tx: &mut impl Tx,
    (realm, client): (&str, &str),
    kind: EventKind,
    by: &Speaker,
    words: &str,
    now: i64,
) -> Result<(), Fault> {
    let (by_realm, by_user) = by.user.as_ref().map_or((None, None), |(realm, user)| (Some(&**realm), Some(&**user)));
    let words = words.replace('\0', "\u{fffd}");
    let params = values![realm, client, now, kind.name(), by.kind.name(), &by.name, by_realm, by_user, &words];
    tx.execute(Statement::AddAppEvent, params).await?;
    Ok(())
}

/// The same by whoever does an act.
pub(crate) async fn decided(
    tx: &mut impl Tx,
    of: (&str, &str),
    kind: EventKind,
    (audit, words): (Option<&Audit>, &str),
    now: i64,
) -> Result<(), Fault> {
    let Some(audit) = audit else { return Ok(()) };
    put(tx, of, kind, &Speaker::of(&audit.actor), words, now).await
}

/// One of them, from a column on.
pub(crate) fn read_event(row: &Row<'_>, from: usize) -> Result<AppEvent, Fault> {
    Ok(AppEvent {
        number: row.int(from)?,
        at: row.int(from + 1)?,
        kind: EventKind::of(row.text(from + 2)?).unwrap_or(EventKind::Other),
        by_kind: SpeakerKind::of(row.text(from + 3)?).unwrap_or(SpeakerKind::Operator),
        by_name: row.string(from + 4)?,
        words: row.string(from + 5)?,
    })
}
