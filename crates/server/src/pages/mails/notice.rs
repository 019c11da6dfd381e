//! The mails that tell people what happened to their account.

use super::MailView;
use crate::pages::render::Mail;
use claviger_core::realm::AccountMail;
use claviger_core::text::on_one_line;
use serde::Serialize;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody signed in in another browser.
    NewBrowser,
    /// The password is another one.
    PasswordChanged,
    /// An app acts for them.
    AppConnected,
    /// An app asks while they are elsewhere.
    AgentAsks,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NewBrowser, Self::PasswordChanged, Self::AppConnected, Self::AgentAsks];
}

impl From<AccountMail> for NoticeKind {
    fn from(mail: AccountMail) -> Self {
        match mail {
            AccountMail::NewBrowser => Self::NewBrowser,
            AccountMail::PasswordChanged => Self::PasswordChanged,
            AccountMail::AppConnected => Self::AppConnected,
        }
    }
}

/// A mail that tells somebody what happened to their account.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeMail {
    /// What.
    pub kind: NoticeKind,
    /// Whom it greets.
    pub owner_name: Option<String>,
    /// The realm.
    pub realm_name: String,
    /// The app, where one was connected; else the realm.
    pub app_name: String,
    /// In what browser and from where, or what an app says that it asks for; may be empty.
    pub place: String,
    /// The page where they can do something about it.
    pub link: String,
    /// The mail address that they can ask.
    pub contact: Option<String>,
    /// The colour of the button, as `#rrggbb`; white text can be read on it.
    pub accent: String,
    /// Whether the realm's logo comes with it.
    pub has_logo: bool,
    /// BCP 47 language.
    pub lang: String,
}

impl MailView for NoticeMail {
    const TEMPLATE: &'static str = "mail/notice";
    const SUBJECT: &'static str = "mail-notice-new-browser-subject";

    fn subject(&self) -> &'static str {
        match self.kind {
            NoticeKind::NewBrowser => Self::SUBJECT,
            NoticeKind::PasswordChanged => "mail-notice-password-changed-subject",
            NoticeKind::AppConnected => "mail-notice-app-connected-subject",
            NoticeKind::AgentAsks => "mail-notice-agent-asks-subject",
        }
    }

    fn lang(&self) -> &str {
        &self.lang
    }

    fn on_one_line(&self) -> Self {
        let plain = |text: &str| on_one_line(text).into_owned();
        Self {
            owner_name: self.owner_name.as_deref().map(plain),
            realm_name: plain(&self.realm_name),
            app_name: plain(&self.app_name),
            place: plain(&self.place),
            ..self.clone()
        }
    }

    fn bare(&self) -> Mail {
        let text = format!("{}\n", self.link);
        Mail { subject: on_one_line(&self.realm_name).into_owned(), html: String::new(), text }
    }
}
