//! The mails to people about their own account.

use super::{Letterhead, MailView};
use crate::pages::views::Masked;
use serde::Serialize;

/// What a mail to somebody is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkMailKind {
    /// They forgot their password.
    Reset,
    /// They choose their first one.
    FirstLogin,
    /// They show that the address is theirs.
    Email,
    /// Somebody asked for a link, and nobody has this address.
    Nobody,
    /// They asked for a link, and sign in at a provider instead.
    Provider,
    /// Their account has another address now.
    Moved,
}

impl LinkMailKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Reset, Self::FirstLogin, Self::Email, Self::Nobody, Self::Provider, Self::Moved];
}

/// A mail to somebody about their own account.
#[derive(Debug, Clone, Serialize)]
pub struct LinkMail {
    /// As every mail.
    #[serde(flatten)]
    pub head: Letterhead,
    /// What it is about.
    pub kind: LinkMailKind,
    /// What they sign in with.
    pub username: Option<String>,
    /// The link.
    pub link: Option<Masked>,
    /// How long it works, in seconds.
    pub link_valid_seconds: u64,
}

impl MailView for LinkMail {
    const TEMPLATE: &'static str = "mail/link";
    const SUBJECT: &'static str = "mail-link-reset-subject";

    fn subject(&self) -> &'static str {
        match self.kind {
            LinkMailKind::Reset => Self::SUBJECT,
            LinkMailKind::FirstLogin => "mail-link-first-login-subject",
            LinkMailKind::Email => "mail-link-email-subject",
            LinkMailKind::Nobody => "mail-link-nobody-subject",
            LinkMailKind::Provider => "mail-link-provider-subject",
            LinkMailKind::Moved => "mail-link-moved-subject",
        }
    }

    fn head(&self) -> &Letterhead {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Letterhead {
        &mut self.head
    }

    fn names(&mut self) -> Vec<&mut String> {
        self.username.iter_mut().collect()
    }

    fn bare(&self) -> String {
        format!("{}\n", self.link.as_ref().map_or("", Masked::reveal))
    }
}
