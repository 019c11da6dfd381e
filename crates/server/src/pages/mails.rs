//! One plain struct for each mail, and how they are rendered: a line for the subject, a text and an HTML part.

mod link;
mod notice;
mod portal;

pub use link::{LinkMail, LinkMailKind};
pub use notice::{NoticeKind, NoticeMail};
pub use portal::{PortalMail, PortalMailKind};

use super::Pages;
use super::locale::direction;
use super::pair::Pair;
use super::render::{Mail, render};
use super::views::Masked;
use claviger_core::text::on_one_line;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, context};
use serde::Serialize;
use std::borrow::Cow;

/// What every mail has: whom it greets, in whose name, and how it looks.
#[derive(Debug, Clone, Serialize)]
pub struct Letterhead {
    /// Whom it greets; none: nobody knows their name.
    pub owner_name: Option<String>,
    /// The realm in whose name it comes.
    pub realm_name: String,
    /// The app or the team that it is about; else the realm.
    pub app_name: String,
    /// The mail address that they can ask.
    pub contact: Option<String>,
    /// The colour of the button and the mark, as `#rrggbb`; white text can be read on it.
    pub accent: String,
    /// Whether the realm's logo comes with it.
    pub has_logo: bool,
    /// BCP 47 language.
    pub lang: String,
}

/// A mail that can be rendered.
pub trait MailView: Serialize + Clone {
    /// Its templates, without the ending.
    const TEMPLATE: &'static str;
    /// The message that is its subject; it may name `app` and `realm`.
    const SUBJECT: &'static str;

    /// The message that is the subject of this one, where there are several.
    fn subject(&self) -> &'static str {
        Self::SUBJECT
    }

    /// What it has as every mail.
    fn head(&self) -> &Letterhead;

    /// The same, to be changed.
    fn head_mut(&mut self) -> &mut Letterhead;

    /// The names that it has beside those of its head.
    fn names(&mut self) -> Vec<&mut String> {
        Vec::new()
    }

    /// The text that is sent where every template fails.
    fn bare(&self) -> String;
}

/// A mail with its names on one line each: also of what was stored before names were checked.
fn on_one_line_each<M: MailView>(mail: &M) -> M {
    let mut mail = mail.clone();
    let head = mail.head_mut();
    let own = [Some(&mut head.realm_name), Some(&mut head.app_name), head.owner_name.as_mut()];
    own.into_iter().flatten().for_each(straighten);
    mail.names().into_iter().for_each(straighten);
    mail
}

fn straighten(name: &mut String) {
    if let Cow::Owned(straight) = on_one_line(name) {
        *name = straight;
    }
}

impl Pages {
    /// Renders a mail. Should an operator's template fail, the built-in one is sent and the log says why.
    pub fn mail<M: MailView>(&self, mail: &M) -> Mail {
        self.try_mail(mail)
            .or_else(|error| {
                tracing::error!(template = M::TEMPLATE, %error, "a mail template failed; the built-in one is sent");
                rendered(self.built_in(), mail)
            })
            .unwrap_or_else(|error| {
                tracing::error!(template = M::TEMPLATE, %error, "a built-in mail template failed");
                let subject = on_one_line(&mail.head().app_name).into_owned();
                Mail { subject, html: String::new(), text: mail.bare() }
            })
    }

    /// As [`Self::mail`], without a template to fall back on.
    ///
    /// # Errors
    /// A template that fails.
    pub(super) fn try_mail<M: MailView>(&self, mail: &M) -> Result<Mail, Error> {
        rendered(self.environment(&mail.head().lang), mail)
    }
}

fn rendered<M: MailView>(environment: &Environment<'static>, mail: &M) -> Result<Mail, Error> {
    #[derive(Serialize)]
    struct WithDirection<'a, M> {
        #[serde(flatten)]
        mail: &'a M,
        dir: &'static str,
        subject: &'static str,
    }
    let mail = &on_one_line_each(mail);
    let dir = direction(&mail.head().lang);
    let value = Value::from(Serde(WithDirection { mail, dir, subject: mail.subject() }));
    let subject = format!(r#"{{{{ t("{}", app=mail.app_name, realm=mail.realm_name) }}}}"#, mail.subject());
    let subject =
        environment.template_from_named_str("subject.txt", &subject)?.render(context! { mail => value.clone() })?;
    let part =
        |ending: &str| render(environment, &format!("{}.{ending}", M::TEMPLATE), context! { mail => value.clone() });
    Ok(Mail { subject: on_one_line(&subject).into_owned(), text: part("txt")?, html: part("html")? })
}

/// The mail to an app's owner after its approval. It carries no secret.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalMail {
    /// As every mail.
    #[serde(flatten)]
    pub head: Letterhead,
    /// The app's client id.
    pub client_id: String,
    /// The addresses that the app needs.
    pub endpoints: Vec<Pair>,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<MailScope>,
    /// The APIs that its tokens are for.
    pub audiences: Vec<String>,
    /// Whether the code flow needs PKCE; none for an app without it.
    pub pkce: Option<bool>,
    /// The one-time link to the secret; none for an app that has no secret.
    pub link: Option<Masked>,
    /// How long the link works, in seconds.
    pub link_valid_seconds: u64,
}

/// A scope, in a mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailScope {
    /// Its name.
    pub name: String,
    /// What an app with it may do.
    pub sentence: String,
}

/// The mail to an app's owner after it was turned down.
#[derive(Debug, Clone, Serialize)]
pub struct RejectionMail {
    /// As every mail.
    #[serde(flatten)]
    pub head: Letterhead,
    /// The app's client id.
    pub client_id: String,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

impl MailView for ApprovalMail {
    const TEMPLATE: &'static str = "mail/approval";
    const SUBJECT: &'static str = "mail-subject";

    fn head(&self) -> &Letterhead {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Letterhead {
        &mut self.head
    }

    fn bare(&self) -> String {
        format!("Client id: {}\n{}\n", self.client_id, self.link.as_ref().map_or("", Masked::reveal))
    }
}

impl MailView for RejectionMail {
    const TEMPLATE: &'static str = "mail/rejection";
    const SUBJECT: &'static str = "mail-rejection-subject";

    fn head(&self) -> &Letterhead {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Letterhead {
        &mut self.head
    }

    fn names(&mut self) -> Vec<&mut String> {
        self.reason.iter_mut().collect()
    }

    fn bare(&self) -> String {
        format!("{}: {}\n", self.client_id, self.reason.as_deref().unwrap_or("not approved"))
    }
}
