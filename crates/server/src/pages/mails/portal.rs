//! The mails to partners.

use super::{Letterhead, MailView};
use crate::pages::views::Masked;
use serde::Serialize;

/// What a mail to a partner is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalMailKind {
    /// They sign up, and show that the address is theirs.
    SignUp,
    /// Somebody signs up with an address that has an account.
    Known,
    /// A team invites them.
    Invitation,
    /// The vendor asks something about an app.
    Question,
    /// An app is served no more.
    Suspended,
    /// An app is served again.
    Resumed,
    /// An app uses something that has a date.
    Deadline,
    /// The same, and it is refused from then on.
    DeadlineEnforced,
    /// The date has come.
    Over,
    /// The date has come, and it is refused from now on.
    OverEnforced,
    /// An app was removed.
    Ended,
}

impl PortalMailKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SignUp,
        Self::Known,
        Self::Invitation,
        Self::Question,
        Self::Suspended,
        Self::Resumed,
        Self::Deadline,
        Self::DeadlineEnforced,
        Self::Over,
        Self::OverEnforced,
        Self::Ended,
    ];
}

/// A mail to a partner.
#[derive(Debug, Clone, Serialize)]
pub struct PortalMail {
    /// As every mail.
    #[serde(flatten)]
    pub head: Letterhead,
    /// What it is about.
    pub kind: PortalMailKind,
    /// What the vendor said; may be empty.
    pub words: String,
    /// The legacy behaviour that it is about.
    pub legacy: Option<String>,
    /// Where they go on.
    pub link: Option<Masked>,
    /// How long the link works, in seconds; 0: as long as the page is there.
    pub link_valid_seconds: u64,
}

impl MailView for PortalMail {
    const TEMPLATE: &'static str = "mail/portal";
    const SUBJECT: &'static str = "mail-portal-sign-up-subject";

    fn subject(&self) -> &'static str {
        match self.kind {
            PortalMailKind::SignUp => Self::SUBJECT,
            PortalMailKind::Known => "mail-portal-known-subject",
            PortalMailKind::Invitation => "mail-portal-invitation-subject",
            PortalMailKind::Question => "mail-portal-question-subject",
            PortalMailKind::Suspended => "mail-portal-suspended-subject",
            PortalMailKind::Resumed => "mail-portal-resumed-subject",
            PortalMailKind::Deadline | PortalMailKind::DeadlineEnforced => "mail-portal-deadline-subject",
            PortalMailKind::Over | PortalMailKind::OverEnforced => "mail-portal-over-subject",
            PortalMailKind::Ended => "mail-portal-ended-subject",
        }
    }

    fn head(&self) -> &Letterhead {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Letterhead {
        &mut self.head
    }

    fn bare(&self) -> String {
        format!("{}\n\n{}\n", self.words, self.link.as_ref().map_or("", Masked::reveal))
    }
}
