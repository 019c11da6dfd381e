//! The page of the second factor, and that of what somebody signs in with.

use super::{Account, Ago, Masked, OwnProvider, PasskeyForm, ProviderButton, QrCode, View};
use serde::Serialize;

/// What is asked for beside the password, or set up.
#[derive(Debug, Clone, Serialize)]
pub struct SecondFactor {
    /// The app that waits.
    pub client_name: Option<String>,
    /// Who signs in.
    pub account: Account,
    /// Which of its faces.
    pub state: FactorState,
    /// Why the last attempt did not work.
    pub error: Option<FactorError>,
    /// Where the forms go.
    pub action: String,
    /// Ties the forms to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed.
    pub pending: Option<String>,
    /// That the password was right, sealed.
    pub half: Option<String>,
    /// Where somebody goes on without a request.
    pub onward: Option<&'static str>,
    /// What a passkey is asked, to be shown or set up.
    pub passkey: Option<PasskeyForm>,
    /// The app goes on without it as well.
    pub may_skip: bool,
    /// Where "Use another account" posts to.
    pub switch_account_action: Option<String>,
}

/// How far a person has come.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactorState {
    /// A code is to be typed.
    Ask {
        /// One of an authenticator app will do.
        has_app: bool,
        /// A recovery code will.
        has_codes: bool,
        /// For how long the browser may be remembered, where it may.
        remember_seconds: Option<u64>,
    },
    /// An authenticator app is to be set up.
    SetUp {
        /// What the app's camera reads.
        qr: QrCode,
        /// The same to be typed.
        secret: Masked,
        /// The same, sealed, for the form.
        sealed: String,
        /// The programs that stop working with the password alone.
        programs: Vec<String>,
    },
    /// A passkey is to be set up, and nothing else.
    SetUpPasskey {
        /// What it is called if nobody says otherwise.
        name: String,
        /// The programs that stop working with the password alone.
        programs: Vec<String>,
    },
    /// These are the recovery codes.
    Codes {
        /// One a line.
        codes: Masked,
    },
}

/// Why a code did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactorError {
    /// Wrong, or used before: the page does not tell which.
    Wrong,
    /// The form was not shown in this browser, or its cookies are gone.
    Again,
    /// The passkey is not one that was asked for, or could not be set up.
    Passkey,
    /// The brake is on for so many seconds.
    TooMany {
        /// Seconds until the next attempt.
        seconds: u64,
    },
}

impl View for SecondFactor {
    const TEMPLATE: &'static str = "second_factor.html";

    fn status(&self) -> u16 {
        if self.retry_after().is_some() { 429 } else { 200 }
    }

    fn leaves(&self) -> bool {
        true
    }

    fn retry_after(&self) -> Option<u64> {
        match self.error? {
            FactorError::TooMany { seconds } => Some(seconds),
            FactorError::Wrong | FactorError::Again | FactorError::Passkey => None,
        }
    }
}

/// What somebody signs in with, and what they can add and take away.
#[derive(Debug, Clone, Serialize)]
pub struct Security {
    /// Whose it is.
    pub account: Account,
    /// What was done, or why not.
    pub notice: Option<SecurityNotice>,
    /// Where mails to them go.
    pub email: Option<String>,
    /// They have a password here, and can choose another.
    pub has_password: bool,
    /// Second factors are there in this realm.
    pub has_second_factors: bool,
    /// They need one.
    pub is_required: bool,
    /// What they have.
    pub apps: Vec<OwnFactor>,
    /// Their passkeys.
    pub passkeys: Vec<OwnFactor>,
    /// How many recovery codes are left, where they have something that these go with.
    pub codes_left: Option<usize>,
    /// Where an authenticator app is set up.
    pub set_up_url: Option<String>,
    /// Where a passkey is.
    pub passkey_url: Option<String>,
    /// Browsers in which they are not asked.
    pub browsers: Vec<OwnBrowser>,
    /// Accounts at providers that they can sign in with.
    pub providers: Vec<OwnProvider>,
    /// Providers at which they could have one more.
    pub more_providers: Vec<ProviderButton>,
    /// Where the forms go.
    pub action: String,
    /// Ties the forms to this session.
    pub csrf: Masked,
}

/// Something that somebody signs in with.
#[derive(Debug, Clone, Serialize)]
pub struct OwnFactor {
    /// Names it in the form.
    pub id: String,
    /// What they call it.
    pub label: String,
    /// When it was set up.
    pub added: Ago,
    /// When it was used last.
    pub used: Option<Ago>,
}

/// A browser in which somebody is not asked for a second factor.
#[derive(Debug, Clone, Serialize)]
pub struct OwnBrowser {
    /// Names it in the form.
    pub id: String,
    /// What it is.
    pub name: String,
    /// When it was used last.
    pub used: Ago,
}

/// What the page says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityNotice {
    /// It was removed.
    Removed,
    /// It is called something else.
    Renamed,
    /// It cannot be removed: it is the only one, and one is needed.
    Needed,
    /// The browser is forgotten.
    Forgotten,
    /// The form was not of this session.
    Again,
    /// The password is another one.
    PasswordFair,
    /// And strong enough.
    PasswordGood,
    /// And strong.
    PasswordStrong,
    /// The present one is not right.
    PasswordWrong,
    /// The new one is too short.
    PasswordShort,
    /// It is guessed first.
    PasswordGuessable,
    /// It is little more than a name.
    PasswordOwnName,
    /// It is on a list of those that became known.
    PasswordKnown,
    /// There were too many attempts.
    PasswordLocked,
    /// A link to an address is on its way.
    EmailSent,
    /// That is no address.
    EmailWrong,
    /// Too many addresses were tried.
    EmailLocked,
    /// It cannot be removed: they have nothing else to sign in with.
    LastWay,
    /// An account at a provider is theirs from now on.
    Connected,
    /// It was not, whatever went wrong.
    NotConnected,
    /// Another user has it.
    ConnectedElsewhere,
}

impl SecurityNotice {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Removed,
        Self::Renamed,
        Self::Needed,
        Self::Forgotten,
        Self::Again,
        Self::PasswordFair,
        Self::PasswordGood,
        Self::PasswordStrong,
        Self::PasswordWrong,
        Self::PasswordShort,
        Self::PasswordGuessable,
        Self::PasswordOwnName,
        Self::PasswordKnown,
        Self::PasswordLocked,
        Self::EmailSent,
        Self::EmailWrong,
        Self::EmailLocked,
        Self::LastWay,
        Self::Connected,
        Self::NotConnected,
        Self::ConnectedElsewhere,
    ];

    /// As an address says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Needed => "needed",
            Self::Forgotten => "forgotten",
            Self::Again => "again",
            Self::PasswordFair => "password_fair",
            Self::PasswordGood => "password_good",
            Self::PasswordStrong => "password_strong",
            Self::PasswordWrong => "password_wrong",
            Self::PasswordShort => "password_short",
            Self::PasswordGuessable => "password_guessable",
            Self::PasswordOwnName => "password_own_name",
            Self::PasswordKnown => "password_known",
            Self::PasswordLocked => "password_locked",
            Self::EmailSent => "email_sent",
            Self::EmailWrong => "email_wrong",
            Self::EmailLocked => "email_locked",
            Self::LastWay => "last_way",
            Self::Connected => "connected",
            Self::NotConnected => "not_connected",
            Self::ConnectedElsewhere => "connected_elsewhere",
        }
    }
}

impl View for Security {
    const TEMPLATE: &'static str = "security.html";

    fn leaves(&self) -> bool {
        // To a provider.
        !self.more_providers.is_empty()
    }
}
