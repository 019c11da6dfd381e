//! How a realm's mails look.

use crate::mail::Letter;
use crate::pages::Pages;
use crate::pages::mails::{Letterhead, MailView};
use claviger_core::Realm;
use claviger_core::brand::Logo;

/// The colour of mails of realms that have none of their own.
const USUAL_ACCENT: &str = "#4a3fc4";

/// The logo, where it is of a kind that mail programs show: an SVG is none.
fn logo(realm: &Realm) -> Option<Logo> {
    realm.brand.logo.clone().filter(|logo| matches!(logo.media_type.as_str(), "image/png" | "image/jpeg"))
}

/// What a mail in the name of a realm has as every mail: whom it greets, what it is about (none: the realm), in which language.
pub(crate) fn letterhead(realm: &Realm, greets: Option<&str>, about: Option<&str>, lang: String) -> Letterhead {
    Letterhead {
        owner_name: greets.map(str::to_owned),
        realm_name: realm.shown_name().to_owned(),
        app_name: about.unwrap_or(realm.shown_name()).to_owned(),
        contact: realm.brand.contact.clone(),
        accent: accent(realm),
        has_logo: logo(realm).is_some(),
        lang,
    }
}

/// The mail as it is sent to somebody, with the realm's logo.
pub(crate) fn letter<M: MailView>(pages: &Pages, realm: &Realm, to: &str, mail: &M) -> Letter {
    let made = pages.mail(mail);
    Letter { to: to.to_owned(), subject: made.subject, text: made.text, html: made.html, logo: logo(realm) }
}

/// The realm's colour in mails.
fn accent(realm: &Realm) -> String {
    realm.brand.accent.map_or_else(|| USUAL_ACCENT.to_owned(), |accent| accent.to_string())
}

/// The language of mails to those whose own nobody knows.
pub(crate) fn language(pages: &Pages, realm: &Realm) -> String {
    pages.languages().of_realm(&realm.languages).first().map(ToString::to_string).unwrap_or_default()
}
