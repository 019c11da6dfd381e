//! The mails that tell people what happened to their account.

use super::{Letterhead, MailView};
use claviger_core::realm::AccountMail;
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
    /// As every mail.
    #[serde(flatten)]
    pub head: Letterhead,
    /// What.
    pub kind: NoticeKind,
    /// In what browser and from where, or what an app says that it asks for; may be empty.
    pub place: String,
    /// The page where they can do something about it.
    pub link: String,
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

    fn head(&self) -> &Letterhead {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Letterhead {
        &mut self.head
    }

    fn names(&mut self) -> Vec<&mut String> {
        vec![&mut self.place]
    }

    fn bare(&self) -> String {
        format!("{}\n", self.link)
    }
}
