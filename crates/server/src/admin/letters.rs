//! Mails to people about their own account.

use super::AdminError;
use super::look::{letter, letterhead};
use crate::ids;
use crate::pages::mails::{LinkMail, LinkMailKind, NoticeKind, NoticeMail};
use crate::pages::{Pages, choose_language};
use crate::secrets::Secrets;
use claviger_core::Realm;
use claviger_core::token::{self, Id, Kind, Plain};
use claviger_core::user::User;
use claviger_store::{Fault, LinkKind, Mail, Masked, Store, UserLink};

/// The path of the page behind a link, below the issuer's own path.
pub(crate) const PATH: &str = "/-/link";

/// Who sends.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// Where mails wait.
    pub store: &'a Store,
    /// Seals them.
    pub secrets: &'a Secrets,
    /// Makes them.
    pub pages: &'a Pages,
    /// In whose name.
    pub realm: &'a Realm,
    /// Milliseconds since the epoch.
    pub now: i64,
}

/// How long a link works, in milliseconds.
const fn life_of(kind: LinkKind) -> i64 {
    match kind {
        LinkKind::Reset => 3_600_000,
        LinkKind::Email => 86_400_000,
        LinkKind::FirstLogin => 7 * 86_400_000,
    }
}

impl Post<'_> {
    /// Sends somebody the link to their first password.
    ///
    /// # Errors
    /// They have no address, or the store cannot write.
    pub async fn invite(&self, user: &User) -> Result<(), AdminError> {
        let to = user.email.as_deref().ok_or_else(|| AdminError::NoAddress(user.username.clone()))?;
        Ok(self.send_link(user, LinkKind::FirstLogin, to).await?)
    }

    /// Sends somebody a link. `to`: the address that is to be shown to be theirs, for a link to an address.
    ///
    /// # Errors
    /// The store cannot write.
    pub(crate) async fn send_link(&self, user: &User, kind: LinkKind, to: &str) -> Result<(), Fault> {
        let (id, secret) = ids::new_with_secret(self.now);
        let text = token::mint(Kind::Link, &id, &secret);
        let email = if kind == LinkKind::Email { to.to_owned() } else { String::new() };
        let link = UserLink {
            hash: Masked(text.hash()),
            realm: self.realm.id.clone(),
            user: user.id.clone(),
            kind,
            email,
            expires_at: self.now + life_of(kind),
        };
        let about = match kind {
            LinkKind::Reset => LinkMailKind::Reset,
            LinkKind::FirstLogin => LinkMailKind::FirstLogin,
            LinkKind::Email => LinkMailKind::Email,
        };
        let mail = self.letter(Some(user), (about, to), Some((&text, life_of(kind))), id)?;
        self.store.send_user_link(link, mail, self.now).await
    }

    /// Tells somebody something, or an address that nobody has that somebody asked: it gets as many mails as one that somebody has.
    ///
    /// # Errors
    /// The store cannot write.
    pub(crate) async fn tell(&self, user: Option<&User>, about: LinkMailKind, to: &str) -> Result<(), Fault> {
        let mail = self.letter(user, (about, to), None, ids::new(self.now))?;
        self.store.queue_mail(mail, self.now).await
    }

    /// Tells somebody what happened to their account; `about`: the app, where one was connected. Nothing where they have no address.
    ///
    /// # Errors
    /// The store cannot write.
    pub(crate) async fn notify(&self, user: &User, kind: NoticeKind, said: (&str, String)) -> Result<(), Fault> {
        match self.notice(user, kind, said)? {
            Some(mail) => self.store.queue_mail(mail, self.now).await,
            None => Ok(()),
        }
    }

    /// That mail, which is not sent yet.
    ///
    /// # Errors
    /// It cannot be sealed.
    pub(crate) fn notice(
        &self,
        user: &User,
        kind: NoticeKind,
        (about, place): (&str, String),
    ) -> Result<Option<Mail>, Fault> {
        let Some(to) = user.email.as_deref() else { return Ok(None) };
        let realm = self.realm;
        let page = match kind {
            NoticeKind::NewBrowser => "/account/sessions",
            NoticeKind::PasswordChanged => "/account/security",
            NoticeKind::AppConnected => "/account/apps",
            NoticeKind::AgentAsks => "/account/requests",
        };
        let about = Some(about).filter(|about| !about.is_empty());
        let mail = NoticeMail {
            head: letterhead(realm, user.name.as_deref(), about, self.language(Some(user))),
            kind,
            place,
            link: format!("{}{page}", realm.base()),
        };
        let letter = letter(self.pages, realm, to, &mail);
        let mail = letter.queued(self.secrets, ids::new(self.now)).map_err(|error| Fault::Other(error.to_string()))?;
        Ok(Some(mail))
    }

    /// The language in which somebody gets their mails.
    fn language(&self, user: Option<&User>) -> String {
        let languages = self.pages.languages().of_realm(&self.realm.languages);
        let locale = user.and_then(|user| user.details.claims.get("locale")).and_then(serde_json::Value::as_str);
        choose_language(&languages, locale, None).map(ToString::to_string).unwrap_or_default()
    }

    fn letter(
        &self,
        user: Option<&User>,
        (kind, to): (LinkMailKind, &str),
        link: Option<(&Plain, i64)>,
        id: Id,
    ) -> Result<Mail, Fault> {
        let realm = self.realm;
        let url = |text: &Plain| format!("{}{PATH}?link={}", realm.base(), text.expose());
        let mail = LinkMail {
            head: letterhead(realm, user.and_then(|user| user.name.as_deref()), None, self.language(user)),
            kind,
            username: user.map(|user| user.username.clone()),
            link: link.map(|(text, _)| url(text).into()),
            link_valid_seconds: link.and_then(|(_, life)| u64::try_from(life / 1000).ok()).unwrap_or_default(),
        };
        let letter = letter(self.pages, realm, to, &mail);
        letter.queued(self.secrets, id).map_err(|error| Fault::Other(error.to_string()))
    }
}
