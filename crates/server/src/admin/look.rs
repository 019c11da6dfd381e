//! How a realm's mails look.

use crate::pages::Pages;
use claviger_core::Realm;
use claviger_core::brand::Logo;

/// The colour of mails of realms that have none of their own.
const USUAL_ACCENT: &str = "#4a3fc4";

/// The logo, where it is of a kind that mail programs show: an SVG is none.
pub(crate) fn logo(realm: &Realm) -> Option<Logo> {
    realm.brand.logo.clone().filter(|logo| matches!(logo.media_type.as_str(), "image/png" | "image/jpeg"))
}

/// The realm's colour in mails.
pub(crate) fn accent(realm: &Realm) -> String {
    realm.brand.accent.map_or_else(|| USUAL_ACCENT.to_owned(), |accent| accent.to_string())
}

/// The language of mails to those whose own nobody knows.
pub(crate) fn language(pages: &Pages, realm: &Realm) -> String {
    pages.languages().of_realm(&realm.languages).first().map(ToString::to_string).unwrap_or_default()
}
