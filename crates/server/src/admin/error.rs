//! Why an act was not done.

use super::complaint::{Broken, Complaint};
use crate::hashing::Busy;
use crate::secrets::SecretsError;
use claviger_core::Refusal;
use claviger_core::client::ClientStatus;
use claviger_core::crypto::CryptoError;
use claviger_core::permission::Role;
use claviger_store::Fault;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The realm has no such app.
    #[error("there is no app `{0}`")]
    NoSuchApp(String),
    /// Nobody knows where to write to.
    #[error("the user `{0}` has no mail address; `claviger user edit {0} --email ..` gives one")]
    NoAddress(String),
    /// There is nothing to remove.
    #[error("the user `{0}` has nothing beside their password to sign in with")]
    NoFactor(String),
    /// The id is taken.
    #[error("there is an app `{0}` already")]
    Exists(String),
    /// What was asked does not fit the status of the app.
    #[error("the app `{app}` is {}: {}", is.name(), what_then(*is))]
    WrongStatus {
        /// Which.
        app: String,
        /// Its status.
        is: ClientStatus,
    },
    /// The registration breaks the realm's rules.
    #[error("{}", complaints(.0))]
    Invalid(Vec<Complaint>),
    /// Two secrets are live.
    #[error("the app `{0}` has two live secrets; retire one first (`claviger secret list` names them)")]
    TwoSecrets(String),
    /// A secret that is too short to sign with.
    #[error("the app `{0}` signs with its secret (client_secret_jwt): that has 32 characters at least (RFC 7518 3.2)")]
    ShortSecret(String),
    /// A public app, or one whose secret is its user's password.
    #[error("the app `{app}` has no secret of its own: {why}")]
    NoSecretOfItsOwn {
        /// Which.
        app: String,
        /// Why.
        why: &'static str,
    },
    /// The app has no such live secret.
    #[error("the app `{app}` has no live secret `{id}`")]
    NoSuchSecret {
        /// Which.
        app: String,
        /// The secret's id.
        id: String,
    },
    /// The realm lets no client register itself.
    #[error("the realm `{0}` lets no client register itself")]
    NoRegistration(String),
    /// There is no such token that lets clients register themselves.
    #[error("there is no registration token `{0}` that was not taken back")]
    NoSuchInitialToken(String),
    /// There is no such realm.
    #[error("there is no realm `{id}`")]
    NoSuchRealm {
        /// What was asked for.
        id: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// A realm lacks what its dialect has come to need.
    #[error("the realm `{realm}` does not fit its dialect `{dialect}` any more: {why}")]
    Misfit {
        /// The realm.
        realm: String,
        /// The dialect.
        dialect: String,
        /// What is missing.
        why: String,
    },
    /// The realm's users are no partners.
    #[error("the realm `{0}` has no [portal]")]
    NoPortal(String),
    /// There is no such team.
    #[error("there is no team, member or invitation of `{0}`")]
    NoSuchTeam(String),
    /// A team keeps an owner.
    #[error("the team `{0}` would have no owner any more; name another one first")]
    LastTeamOwner(String),
    /// There is no such announcement.
    #[error("there is no announcement `{0}`")]
    NoSuchAnnouncement(String),
    /// There is no such deadline: `APP/BEHAVIOUR`.
    #[error("there is no deadline `{0}`")]
    NoSuchDeadline(String),
    /// There are as many as there may be.
    #[error("there are {0} already as there may be")]
    Full(&'static str),
    /// The realm has no such user.
    #[error("the realm `{realm}` has no user `{user}`")]
    NoSuchUser {
        /// The realm.
        realm: String,
        /// What was asked for.
        user: String,
    },
    /// It has not been approved, so there is no approval to tell of.
    #[error("the app `{app}` is {}, so there is no approval to tell its owner of", is.name())]
    NotApproved {
        /// Which.
        app: String,
        /// Its status.
        is: ClientStatus,
    },
    /// Whoever got the mail has the secret.
    #[error("the link in the approval mail of `{app}` was opened: its owner has the secret")]
    LinkUsed {
        /// The app.
        app: String,
        /// When it was opened, in milliseconds.
        used_at: i64,
    },
    /// A realm file would overrule what is changed here.
    #[error("{what} comes from the realm file {file}: change it there, and apply the file")]
    Managed {
        /// What would be changed.
        what: String,
        /// The file.
        file: String,
    },
    /// The realm file says a part of the realm's looks.
    #[error("`{part}` is said by [brand] of the realm file {file}: change it there, and apply the file")]
    SaidByFile {
        /// Which part.
        part: &'static str,
        /// The file; the realm's id where nobody knows it.
        file: String,
    },
    /// Somebody else was quicker.
    #[error("{0} was changed by somebody else meanwhile; nothing was written")]
    ChangedMeanwhile(String),
    /// Another user has the name.
    #[error("another user of the realm `{realm}` is called `{username}`")]
    NameTaken {
        /// The realm.
        realm: String,
        /// The name.
        username: String,
    },
    /// An app stands for the user.
    #[error("the app `{app}` stands for the user `{user}`")]
    ActedAs {
        /// The user.
        user: String,
        /// The app.
        app: String,
    },
    /// There is no such organisation.
    #[error("the realm `{realm}` has no organisation `{id}`")]
    NoSuchOrganisation {
        /// The realm.
        realm: String,
        /// What was asked for.
        id: String,
    },
    /// The id of an organisation is taken.
    #[error("there is an organisation `{0}` already")]
    OrganisationExists(String),
    /// Somebody belongs to the organisation.
    #[error("somebody belongs to the organisation `{id}`: `{first}` is the first")]
    HasMembers {
        /// Which.
        id: String,
        /// The name of the first member.
        first: String,
    },
    /// There is no such live grant.
    #[error("the realm `{realm}` has no live grant `{id}`")]
    NoSuchGrant {
        /// The realm.
        realm: String,
        /// What was asked for.
        id: String,
    },
    /// The user lets the app do nothing.
    #[error("`{user}` lets the app `{app}` do nothing")]
    NoSuchConsent {
        /// The user.
        user: String,
        /// The app.
        app: String,
    },
    /// There is no such session.
    #[error("the realm `{realm}` has no session `{id}`")]
    NoSuchSession {
        /// The realm.
        realm: String,
        /// What was asked for.
        id: String,
    },
    /// The realm administers nothing.
    #[error("the realm `{0}` administers nothing: it has no [administration]")]
    NotAnAdminRealm(String),
    /// The realm administers others, and not this one.
    #[error("the realm `{realm}` does not administer `{over}`")]
    NotAdministered {
        /// The admin realm.
        realm: String,
        /// What it was asked about.
        over: String,
    },
    /// An organisation is one of a realm.
    #[error("the organisation `{0}` is one of a realm: say which")]
    OrganisationOfNoRealm(String),
    /// The first owner is there already.
    #[error("the realm `{0}` has an owner already")]
    OwnerExists(String),
    /// Nobody would be an owner any more.
    #[error("nobody would own everything in `{0}` any more")]
    LastOwner(String),
    /// There is nothing to take back.
    #[error("`{id}` is no {role} over `{over}`")]
    NoSuchRole {
        /// Whose.
        id: String,
        /// As what.
        role: Role,
        /// Over which realm.
        over: String,
    },
    /// There is no such mail, or it was sent.
    #[error("there is no unsent mail `{0}`")]
    NoSuchMail(String),
    /// There is no such webhook.
    #[error("there is no webhook `{0}`")]
    NoSuchWebhook(String),
    /// Webhooks were tried out too often; in how many seconds they can be again.
    #[error("there were as many tests in this minute as there may be; try again in {0} seconds")]
    TestedTooOften(i64),
    /// Nothing fits what shall be told again, or it waits to be told already.
    #[error("the webhook `{0}` has no such delivery that does not wait already")]
    NothingToReplay(String),
    /// The password is too short.
    #[error("a password has at least {0} characters")]
    ShortPassword(usize),
    /// Nobody of this name holds a seat of the pool.
    #[error("nobody called `{holder}` holds a seat of `{pool}`")]
    NoSuchSeat {
        /// The pool.
        pool: String,
        /// The holder.
        holder: String,
    },
    /// No line about the subject has anything to erase.
    #[error("no line about `{0}` has personal values")]
    NothingToErase(String),
    /// The realm never had such a key.
    #[error("there is no signing key `{0}`")]
    NoSuchKey(String),
    /// There is nothing to change over to.
    #[error("only one master key is given; the new one is missing")]
    OneMasterKey,
    /// Something is sealed under another master key than those that are given.
    #[error("the master key is not the one that this database was made with")]
    OtherMasterKey,
    /// The same, and how many keys of the database it is.
    #[error("{0} keys in the database are sealed under a master key that is not given")]
    UnreadableKeys(u64),
    /// There are as many token keys as there may be.
    #[error("there are too many token keys already")]
    TooManyTokenKeys,
    /// The request log has no such call.
    #[error("the request log has no call with the reference `{0}`: it may be too old, or still on its way")]
    NoSuchCall(String),
    /// There is nothing to mend.
    #[error("the call `{0}` was not refused, so there is nothing to go through")]
    NotRefused(String),
    /// What is asked for would be refused.
    #[error("it would be refused: {0}")]
    Refused(#[from] Refusal),
    /// Passwords cannot be hashed now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The library failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A mail could not be written down.
    #[error("the mail cannot be queued: {0}")]
    Mail(#[from] serde_json::Error),
}

impl AdminError {
    /// One field breaks a rule.
    pub(crate) fn invalid(field: &'static str, broken: &Broken) -> Self {
        Self::Invalid(vec![Complaint::of(field, broken)])
    }

    /// Something shall be removed that is not there.
    pub(super) fn not_there(field: &'static str, what: &str) -> Self {
        Self::invalid(field, &Broken::NotThere(what.to_owned()))
    }
}

impl From<SecretsError> for AdminError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Store(fault) => fault.into(),
            SecretsError::Crypto(error) => error.into(),
            SecretsError::OtherMasterKey => Self::OtherMasterKey,
        }
    }
}

fn what_then(is: ClientStatus) -> &'static str {
    match is {
        ClientStatus::Pending => "approve or reject it first",
        ClientStatus::Active => "there is nothing to approve",
        ClientStatus::Rejected => "approve it if it was turned down by mistake",
        ClientStatus::Suspended => "resume it to serve it again",
    }
}

fn complaints(all: &[Complaint]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
