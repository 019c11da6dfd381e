//! Why a command failed, and the exit code that says so to a script.

use claviger_core::text::printable_lines;
use claviger_files::Problems;
use claviger_server::admin::AdminError;
use claviger_server::leaked::LeakedError;
use claviger_server::mail::MailError;
use claviger_server::master_key::MasterKeyError;
use claviger_server::secrets::SecretsError;
use claviger_store::Fault;
use std::fmt;
use std::process::ExitCode;

/// What the exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something went wrong.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration or a file is wrong.
    Configuration = 3,
    /// We are not let in.
    Authentication = 4,
    /// What was named is not there.
    NotFound = 5,
    /// It does not fit what is there.
    Conflict = 6,
    /// A server does not answer.
    Unreachable = 7,
    /// The database is of a newer program.
    Schema = 8,
    /// Nothing went wrong: files say something else than the database.
    Pending = 10,
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Trouble {
    exit: Exit,
    message: String,
    help: Option<String>,
}

impl Trouble {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None }
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What the process would end with.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// Says it on stderr; what the process ends with.
    pub(crate) fn report(&self) -> ExitCode {
        // Mistakes in files say "error:" themselves, each with its place.
        let is_said = self.message.starts_with("error: ") || self.exit == Exit::Pending;
        let prefix = if is_said { "" } else { "error: " };
        eprintln!("{prefix}{}", printable_lines(&self.message));
        if let Some(help) = &self.help {
            eprintln!("  help: {}", printable_lines(help));
        }
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        let exit = match &fault {
            Fault::SchemaTooNew { .. } => Exit::Schema,
            Fault::Unfinished(_) | Fault::SameId(_) | Fault::Changed(_) => Exit::Conflict,
            Fault::Unavailable(_) => Exit::Unreachable,
            Fault::NotLetIn(_) => Exit::Authentication,
            _ => Exit::Failure,
        };
        let trouble = Self::new(exit, fault.to_string());
        match fault {
            Fault::SchemaTooNew { .. } => trouble.help("use the newer program, or a backup from before its upgrade"),
            Fault::Unavailable(_) => trouble.help("`claviger doctor` looks at the database, its address and its files"),
            Fault::NotLetIn(_) => {
                trouble.help("compare the user of database.url and database.password-file with the database's own")
            }
            Fault::Locked(_) => trouble.help("stop that server first; all other commands work beside it"),
            Fault::SameId(_) => trouble.help("give one of them another id"),
            Fault::InDoubt => trouble.help("look whether it is done; `claviger apply` can be run again without harm"),
            _ => trouble,
        }
    }
}

impl From<AdminError> for Trouble {
    fn from(error: AdminError) -> Self {
        let exit = match &error {
            AdminError::Store(fault) => return fault.clone().into(),
            AdminError::NoSuchApp(_)
            | AdminError::NoSuchSecret { .. }
            | AdminError::NoSuchRealm { .. }
            | AdminError::NoSuchUser { .. }
            | AdminError::NoSuchSeat { .. }
            | AdminError::NoSuchOrganisation { .. }
            | AdminError::NoSuchKey(_)
            | AdminError::NoSuchGrant { .. }
            | AdminError::NoSuchConsent { .. }
            | AdminError::NoSuchSession { .. }
            | AdminError::NoSuchRole { .. }
            | AdminError::NoFactor(_)
            | AdminError::NoSuchMail(_)
            | AdminError::NoSuchWebhook(_)
            | AdminError::NothingToReplay(_)
            | AdminError::NoSuchCall(_)
            | AdminError::NoSuchInitialToken(_)
            | AdminError::NoSuchTeam(_)
            | AdminError::NoSuchAnnouncement(_)
            | AdminError::NoSuchDeadline(_)
            | AdminError::NothingToErase(_) => Exit::NotFound,
            AdminError::Exists(_)
            | AdminError::OrganisationExists(_)
            | AdminError::HasMembers { .. }
            | AdminError::ActedAs { .. }
            | AdminError::OwnerExists(_)
            | AdminError::LastTeamOwner(_)
            | AdminError::NoAddress(_)
            | AdminError::NotApproved { .. }
            | AdminError::LinkUsed { .. }
            | AdminError::Managed { .. }
            | AdminError::SaidByFile { .. }
            | AdminError::ChangedMeanwhile(_)
            | AdminError::NameTaken { .. }
            | AdminError::WrongStatus { .. }
            | AdminError::TwoSecrets(_)
            | AdminError::NoSecretOfItsOwn { .. }
            | AdminError::LastOwner(_)
            | AdminError::Full(_)
            | AdminError::NotRefused(_)
            | AdminError::Refused(_)
            | AdminError::TestedTooOften(_)
            | AdminError::TooManyTokenKeys => Exit::Conflict,
            AdminError::OneMasterKey
            | AdminError::OtherMasterKey
            | AdminError::UnreadableKeys(_)
            | AdminError::NoRegistration(_)
            | AdminError::NotAnAdminRealm(_)
            | AdminError::NotAdministered { .. }
            | AdminError::NoPortal(_)
            | AdminError::Misfit { .. } => Exit::Configuration,
            AdminError::Invalid(_)
            | AdminError::OrganisationOfNoRealm(_)
            | AdminError::ShortPassword(_)
            | AdminError::ShortSecret(_) => Exit::Usage,
            AdminError::Crypto(_) | AdminError::Mail(_) | AdminError::Busy(_) => Exit::Failure,
        };
        let trouble = Self::new(exit, error.to_string());
        match error {
            AdminError::Misfit { .. } => trouble.help("change the realm file with it, and `claviger apply` both"),
            AdminError::NoRegistration(_) => {
                trouble.help("write [registration] mode = \"initial-access-token\" into its realm file, and apply it")
            }
            AdminError::NotAnAdminRealm(_) => {
                trouble.help("write [administration] realms = [\"*\"] into its realm file, and apply it")
            }
            AdminError::NotAdministered { .. } => trouble.help("[administration] realms in its realm file names them"),
            AdminError::OwnerExists(_) => {
                trouble.help("`claviger role list` names the owners; --force makes another one all the same")
            }
            AdminError::LastOwner(_) => trouble.help("give the role to somebody else first, or say --even-last"),
            AdminError::NoSuchRole { .. } => trouble.help("`claviger role list` names the roles"),
            AdminError::NoSuchWebhook(_) => trouble.help("`claviger webhook list` names them"),
            AdminError::NoSuchInitialToken(_) => trouble.help("`claviger registration-token list` names them"),
            AdminError::NoSuchRealm { hint: Some(hint), .. } => trouble.help(hint),
            AdminError::Managed { .. } => {
                trouble.help("--despite-file changes it here, until the file is applied again")
            }
            AdminError::LinkUsed { .. } => trouble.help("`claviger secret add` makes another secret"),
            AdminError::NameTaken { .. } => trouble.help("`claviger user list` names the users"),
            AdminError::ChangedMeanwhile(_) => trouble.help("look at it, and do it again"),
            AdminError::ActedAs { .. } => trouble.help("`claviger user disable` lets them in no more"),
            AdminError::HasMembers { .. } => trouble.help("`claviger member list ORGANISATION` names them"),
            AdminError::NoSuchSeat { .. } => trouble.help("claviger seat list names the holders"),
            AdminError::NoSuchKey(_) => trouble.help("`claviger key list` names the keys of the set"),
            AdminError::OneMasterKey => trouble
                .help("add the new key below the one in use, on every server: openssl rand -hex 32 >> master.key"),
            AdminError::UnreadableKeys(_) => {
                trouble.help("the first line of the master key file must be the key in use, the second the new one")
            }
            _ => trouble,
        }
    }
}

impl From<Problems> for Trouble {
    fn from(problems: Problems) -> Self {
        Self::new(Exit::Configuration, problems.to_string())
    }
}

impl From<MasterKeyError> for Trouble {
    fn from(error: MasterKeyError) -> Self {
        Self::new(Exit::Configuration, error.to_string())
    }
}

impl From<LeakedError> for Trouble {
    fn from(error: LeakedError) -> Self {
        Self::new(Exit::Configuration, error.to_string())
    }
}

impl From<SecretsError> for Trouble {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Store(fault) => fault.into(),
            SecretsError::OtherMasterKey => Self::new(Exit::Configuration, error.to_string()),
            SecretsError::Crypto(_) => Self::new(Exit::Failure, error.to_string()),
        }
    }
}

impl From<MailError> for Trouble {
    fn from(error: MailError) -> Self {
        let exit = match error {
            MailError::Smtp(_) | MailError::Folder { .. } | MailError::Form(_) => Exit::Failure,
            _ => Exit::Configuration,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Exit::Failure, format!("{error:#}"))
    }
}
