//! What is said of an act: who did what to what, by what way.

use crate::Hash;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Declares an enum whose variants have names in the database.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($(#[$of:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $kind { $($(#[$of])* $variant,)* }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is stored and printed.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl std::str::FromStr for $kind {
            type Err = String;

            /// # Errors
            /// There is none of this name; says which there are.
            fn from_str(name: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.name() == name);
                found.ok_or_else(|| {
                    let all: Vec<_> = Self::ALL.iter().map(|one| one.name()).collect();
                    format!("there is: {}", all.join(", "))
                })
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// By what way somebody acts.
    Way {
        /// The command line.
        Cli = "cli",
        /// The admin API.
        Api = "api",
        /// The operator's console.
        Console = "console",
        /// The partners' portal.
        Portal = "portal",
        /// Realm files.
        Apply = "apply",
        /// A client itself, at the registration endpoint.
        Registration = "registration",
        /// Whoever signs in, at a page of ours.
        Pages = "pages",
        /// A user, at their own account pages.
        Account = "account",
        /// The server itself, by a rule.
        Server = "server",
    }
}

named! {
    /// What was done.
    Act {
        /// An app was registered.
        AppCreate = "app.create",
        /// An app was approved.
        AppApprove = "app.approve",
        /// An app was turned down.
        AppReject = "app.reject",
        /// An app was stopped.
        AppSuspend = "app.suspend",
        /// A stopped app is served again.
        AppResume = "app.resume",
        /// What an app may do, or is called, was changed.
        AppEdit = "app.edit",
        /// The mail of an approval was sent once more, with another secret behind another link.
        AppResend = "app.resend",
        /// An app was removed.
        AppDelete = "app.delete",
        /// The vendor asked an app's owner something.
        AppAsk = "app.ask",
        /// An app's owner answered.
        AppAnswer = "app.answer",
        /// An app's owner asked for its approval.
        AppSubmit = "app.submit",
        /// An app's owner took back what they asked for.
        AppWithdraw = "app.withdraw",
        /// A team of partners came to be.
        TeamCreate = "team.create",
        /// A team is called something else, or others belong to it.
        TeamEdit = "team.edit",
        /// An app may use a legacy behaviour until a date.
        LegacyDeadline = "legacy.deadline",
        /// Such a date was taken back.
        LegacyDeadlineRemove = "legacy.deadline-remove",
        /// Such a date came, and the behaviour is refused from then on.
        LegacyEnd = "legacy.end",
        /// Partners are told something.
        AnnouncementAdd = "announcement.add",
        /// Partners are told it no more.
        AnnouncementRemove = "announcement.remove",
        /// A token was made that lets clients register themselves.
        InitialTokenCreate = "registration-token.create",
        /// Such a token was taken back.
        InitialTokenRevoke = "registration-token.revoke",
        /// An app got one more secret, made here.
        SecretAdd = "secret.add",
        /// An app got one more secret, brought along.
        SecretImport = "secret.import",
        /// A secret was stopped.
        SecretRetire = "secret.retire",
        /// A user was added.
        UserCreate = "user.create",
        /// Users came along from a file; one line for each batch.
        UserImport = "user.import",
        /// What is known of a user was changed.
        UserEdit = "user.edit",
        /// A user got another password.
        UserPassword = "user.password",
        /// A passkey was used whose counter went back: there may be a copy of it.
        PasskeyCopied = "user.passkey-copied",
        /// A user lost their passkeys.
        PasskeysRemove = "user.passkeys-remove",
        /// What a user signs in with beside their password was removed.
        UserResetFactor = "user.reset-factor",
        /// A user signs in no more.
        UserDisable = "user.disable",
        /// A user may sign in again.
        UserEnable = "user.enable",
        /// A user was removed, with all that was theirs.
        UserDelete = "user.delete",
        /// An organisation was added.
        OrganisationCreate = "organisation.create",
        /// An organisation is called something else.
        OrganisationEdit = "organisation.edit",
        /// An organisation was removed.
        OrganisationDelete = "organisation.delete",
        /// Which apps may act for an organisation was changed.
        OrganisationApps = "organisation.apps",
        /// A seat was taken from its holder.
        SeatRelease = "seat.release",
        /// Grants ended, with their tokens and seats.
        GrantRevoke = "grant.revoke",
        /// What a user let an app do was taken back, with the grants that came of it.
        ConsentWithdraw = "consent.withdraw",
        /// The companies that an app may act for in a user's name were changed.
        ConsentEdit = "consent.edit",
        /// Browsers were signed out.
        SessionEnd = "session.end",
        /// A mail that was not sent is tried again.
        MailRetry = "mail.retry",
        /// A realm's keys got successors.
        KeyRotate = "key.rotate",
        /// A signing key that had leaked was taken out of its realm's keys.
        KeyRevoke = "key.revoke",
        /// The database names another master key: everything is sealed under that from then on.
        MasterKeyRotate = "master-key.rotate",
        /// There is a new token key.
        TokenKeyRotate = "token-key.rotate",
        /// Somebody may administer.
        RoleGive = "role.give",
        /// Somebody may administer no more.
        RoleTake = "role.take",
        /// How a realm looks was changed.
        RealmBrand = "realm.brand",
        /// A realm file was applied; one line for each object that it changed.
        RealmApply = "realm.apply",
        /// The database was copied into a file.
        DbBackup = "db.backup",
        /// The database came out of another one.
        DbCopy = "db.copy",
        /// The schema was brought up to date.
        DbMigrate = "db.migrate",
        /// The database was brought back from a backup.
        DbRestore = "db.restore",
        /// An address is told what happens from now on.
        WebhookCreate = "webhook.create",
        /// Where a webhook is called, or what it is told, was changed.
        WebhookEdit = "webhook.edit",
        /// A webhook got another secret.
        WebhookRotate = "webhook.rotate-secret",
        /// A webhook was stopped: nobody heard its calls for days.
        WebhookDisable = "webhook.disable",
        /// A webhook was removed.
        WebhookDelete = "webhook.delete",
        /// What a webhook was told is told again.
        WebhookReplay = "webhook.replay",
        /// Lines that were kept for long enough left the log.
        AuditCut = "audit.cut",
        /// Personal values were erased from lines.
        AuditErase = "audit.erase",
    }
}

named! {
    /// What kind of thing an act was done to.
    SubjectKind {
        /// A realm; its keys are its own.
        Realm = "realm",
        /// An app.
        App = "app",
        /// An app's secret: `APP/SECRET`.
        Secret = "secret",
        /// A token that lets clients register themselves.
        InitialToken = "registration-token",
        /// A user.
        User = "user",
        /// An organisation.
        Organisation = "organisation",
        /// A seat: `POOL/HOLDER`, with the organisation between them where pools are per organisation.
        Seat = "seat",
        /// What an app was given.
        Grant = "grant",
        /// What a user lets an app do: `APP/USER`.
        Consent = "consent",
        /// A browser in which somebody signed in.
        Session = "session",
        /// A team of partners.
        Team = "team",
        /// What partners are told.
        Announcement = "announcement",
        /// A mail.
        Mail = "mail",
        /// A webhook.
        Webhook = "webhook",
        /// The whole database, or a key of the server's own in it.
        Database = "database",
    }
}

/// To what an act was done; spelled `user/0199c3e6`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The kind.
    pub kind: SubjectKind,
    /// Its id within its realm; of a person an id that says nothing by itself.
    pub id: String,
}

impl Subject {
    /// The thing of this kind and id.
    pub fn new(kind: SubjectKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

impl std::str::FromStr for Subject {
    type Err = String;

    /// # Errors
    /// It is not of the form `KIND/ID`, or there is no such kind.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, id) = text.split_once('/').ok_or("write KIND/ID, like user/0199c3e6")?;
        Ok(Self::new(kind.parse()?, id))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(format_args!("{}/{}", self.kind, self.id))
    }
}

/// Who acts. There is no way to act without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A name that people know: of the operating system's user, of a signed-in operator.
    pub name: String,
    /// By what way.
    pub way: Way,
    /// Of the request or command: what was done together has the same.
    pub reference: String,
}

/// What a handle writes down for what is done through it.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    pub(crate) actor: Actor,
    pub(crate) act: Act,
    /// What it rests on.
    pub(crate) expected: Option<Expected>,
}

impl Audit {
    /// The same, once what it rests on was met.
    pub(crate) fn met(&self) -> Arc<Self> {
        Arc::new(Self { expected: None, ..self.clone() })
    }
}

/// A thing as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub(crate) realm: String,
    pub(crate) subject: Subject,
    pub(crate) state: Hash,
}

/// The same, on its way to the first act that rests on it.
#[derive(Debug)]
pub(crate) struct Pending {
    expected: Expected,
    is_taken: AtomicBool,
}

impl Pending {
    /// Before any act rested on it.
    pub(crate) const fn of(expected: Expected) -> Self {
        Self { expected, is_taken: AtomicBool::new(false) }
    }

    /// For the first act; what the same request does after it rests on what that one wrote.
    pub(crate) fn take(&self) -> Option<Expected> {
        (!self.is_taken.swap(true, Ordering::Relaxed)).then(|| self.expected.clone())
    }
}
