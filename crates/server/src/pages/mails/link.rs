//! The mails to people about their own account.

use super::MailView;
use crate::pages::render::Mail;
use crate::pages::views::Masked;
use claviger_core::text::on_one_line;
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
    /// What it is about.
    pub kind: LinkMailKind,
    /// Whom it greets.
    pub owner_name: Option<String>,
    /// The realm.
    pub realm_name: String,
    /// The same, for the subject.
    pub app_name: String,
    /// What they sign in with.
    pub username: Option<String>,
    /// The link.
    pub link: Option<Masked>,
    /// How long it works, in seconds.
    pub link_valid_seconds: u64,
    /// The mail address that they can ask.
    pub contact: Option<String>,
    /// The colour of the button, as `#rrggbb`; white text can be read on it.
    pub accent: String,
    /// Whether the realm's logo comes with it.
    pub has_logo: bool,
    /// BCP 47 language.
    pub lang: String,
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

    fn lang(&self) -> &str {
        &self.lang
    }

    fn on_one_line(&self) -> Self {
        let plain = |text: &str| on_one_line(text).into_owned();
        Self {
            owner_name: self.owner_name.as_deref().map(plain),
            realm_name: plain(&self.realm_name),
            app_name: plain(&self.app_name),
            username: self.username.as_deref().map(plain),
            ..self.clone()
        }
    }

    fn bare(&self) -> Mail {
        let text = format!("{}\n", self.link.as_ref().map_or("", Masked::reveal));
        Mail { subject: on_one_line(&self.realm_name).into_owned(), html: String::new(), text }
    }
}
