//! Why an act was not done.

use crate::hashing::Busy;
use crate::secrets::SecretsError;
use claviger_core::client::ClientStatus;
use claviger_core::crypto::CryptoError;
use claviger_store::Fault;
use std::fmt;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The realm has no such app.
    #[error("there is no app `{0}`")]
    NoSuchApp(String),
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
    /// The realm has no such user.
    #[error("the realm `{realm}` has no user `{user}`")]
    NoSuchUser {
        /// The realm.
        realm: String,
        /// What was asked for.
        user: String,
    },
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

impl From<SecretsError> for AdminError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Store(fault) => fault.into(),
            SecretsError::Crypto(error) => error.into(),
            SecretsError::OtherMasterKey => Self::OtherMasterKey,
        }
    }
}

/// One thing that is wrong with a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
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
