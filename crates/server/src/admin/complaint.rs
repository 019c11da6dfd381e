//! What is wrong with what somebody typed.

use claviger_core::rule::Rule;
use std::fmt;

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
    /// The rule that is broken, by which pages say it in their reader's language; none: the message says it.
    pub rule: Option<Rule>,
}

impl Complaint {
    /// A field breaks one of the rules below.
    pub fn of(field: &'static str, broken: &Broken) -> Self {
        Self { field, message: broken.to_string(), rule: Some(broken.rule()) }
    }

    /// A field is wrong as a text in English says.
    pub const fn text(field: &'static str, message: String) -> Self {
        Self { field, message, rule: None }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Rules that are neither of clients ([`claviger_core::client::rules`]) nor of users ([`claviger_core::user::rules`]).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Something is removed that is not there.
    #[error("`{0}` is not there to be removed")]
    NotThere(String),
    /// A mail address that is none.
    #[error("`{0}` is no mail address")]
    Address(String),
    /// A name that cannot be shown.
    #[error("1 to {longest} printable characters")]
    Name {
        /// The most characters that it may have.
        longest: usize,
    },
    /// A text that is empty or too long.
    #[error("write 1 to {longest} characters")]
    Text {
        /// The most characters that it may have.
        longest: usize,
    },
    /// A note that is too long.
    #[error("write {longest} characters at most")]
    Note {
        /// The most characters that it may have.
        longest: usize,
    },
    /// A question of the vendor's was not answered.
    #[error("\u{201c}{question}\u{201d} needs an answer")]
    Unanswered {
        /// The question.
        question: String,
    },
    /// An answer that is too long.
    #[error("the answer to \u{201c}{question}\u{201d} has {longest} characters at most")]
    LongAnswer {
        /// The question.
        question: String,
        /// The most characters that it may have.
        longest: usize,
    },
    /// A machine's app asks for what only a user can allow.
    #[error(
        "`{scope}` makes sense for an app with users only: leave it out, or register an app that people sign in to"
    )]
    ScopeOfUsers {
        /// The scope.
        scope: String,
    },
    /// A date that has passed.
    #[error("this is over already: choose a later date")]
    Over,
    /// A date that nobody will see.
    #[error("choose a date before the year 10000")]
    TooLate,
    /// It ends before it begins.
    #[error("it would be over before it begins")]
    EndsFirst,
    /// There is no such old behaviour.
    #[error("there is: {0}")]
    NoSuchBehaviour(String),
    /// The app does not have the old behaviour.
    #[error("the app `{app}` was not given `{legacy}`")]
    NotGiven {
        /// The app.
        app: String,
        /// The behaviour.
        legacy: &'static str,
    },
    /// An address that is not called.
    #[error(
        "write an https:// address without user name and fragment that is not of a private network (the operator's \
         `outbound.private-hosts` names exceptions)"
    )]
    NotCalled,
    /// An event that only operators hear.
    #[error("`{0}` is told to operators alone")]
    EventOfOperators(String),
    /// There is no such event.
    #[error("there is no `{event}`; there is: {all}")]
    NoSuchEvent {
        /// What was asked for.
        event: String,
        /// All that there are.
        all: String,
    },
    /// An owner has as many webhooks as there may be.
    #[error("there are {0} already; remove one first")]
    TooManyWebhooks(usize),
    /// An app without its realm.
    #[error("an app's webhook is of the app's realm")]
    AppWithoutRealm,
    /// The id of an organisation.
    #[error("an id is 1 to 200 bytes without spaces and controls")]
    OrganisationId,
    /// A name with characters that steer what shows them.
    #[error("{}", claviger_core::text::NOT_A_NAME)]
    NotAName,
    /// There is no such scope.
    #[error("the realm has no scope `{0}`")]
    NoSuchScope(String),
    /// A place in a list that no page named.
    #[error("this is not what the page before said")]
    Cursor,
}

claviger_core::rules! { Broken:
    Self::NotThere(what) => "not-there", what = what;
    Self::Address(address) => "address", address = address;
    Self::Name { longest } => "short-name", longest = longest;
    Self::Text { longest } => "text", longest = longest;
    Self::Note { longest } => "note", longest = longest;
    Self::Unanswered { question } => "unanswered", question = question;
    Self::LongAnswer { question, longest } => "long-answer", question = question, longest = longest;
    Self::ScopeOfUsers { scope } => "scope-of-users", scope = scope;
    Self::Over => "over";
    Self::TooLate => "too-late";
    Self::EndsFirst => "ends-first";
    Self::NoSuchBehaviour(all) => "no-such-behaviour", all = all;
    Self::NotGiven { app, legacy } => "not-given", app = app, legacy = legacy;
    Self::NotCalled => "not-called";
    Self::EventOfOperators(event) => "event-of-operators", event = event;
    Self::NoSuchEvent { event, .. } => "no-such-event", event = event;
    Self::TooManyWebhooks(most) => "too-many-webhooks", most = most;
    Self::AppWithoutRealm => "app-without-realm";
    Self::OrganisationId => "organisation-id";
    Self::NotAName => "not-a-name";
    Self::NoSuchScope(scope) => "no-such-scope", scope = scope;
    Self::Cursor => "cursor";
}
