//! Mails to people about their own account.

use crate::admin::apps::letters::{accent, logo};
use crate::failure::Failure;
use crate::ids;
use crate::mail::Letter;
use crate::pages::choose_language;
use crate::pages::mails::{LinkMail, LinkMailKind};
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::token::{self, Id, Kind, Plain};
use claviger_core::user::User;
use claviger_store::{LinkKind, Mail, Masked, UserLink};

/// How long a link works, in milliseconds.
const fn life_of(kind: LinkKind) -> i64 {
    match kind {
        LinkKind::Reset => 3_600_000,
        LinkKind::Email => 86_400_000,
        LinkKind::FirstLogin => 7 * 86_400_000,
    }
}

/// Sends somebody a link. `email`: the address that is to be shown to be theirs, for a link to an address.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn send_link(
    state: &State,
    site: &Site,
    user: &User,
    kind: LinkKind,
    to: &str,
) -> Result<(), Failure> {
    let now = state.clock.now();
    let (id, secret) = ids::new_with_secret(now);
    let text = token::mint(Kind::Link, &id, &secret);
    let email = if kind == LinkKind::Email { to.to_owned() } else { String::new() };
    let link = UserLink {
        hash: Masked(text.hash()),
        realm: site.realm.id.clone(),
        user: user.id.clone(),
        kind,
        email,
        expires_at: now + life_of(kind),
    };
    let about = match kind {
        LinkKind::Reset => LinkMailKind::Reset,
        LinkKind::FirstLogin => LinkMailKind::FirstLogin,
        LinkKind::Email => LinkMailKind::Email,
    };
    let mail = letter(state, site, Some(user), (about, to), Some((&text, life_of(kind))), id)?;
    Ok(state.store.send_user_link(link, mail, now).await?)
}

/// Tells an address that nobody has that somebody asked: it gets as many mails as one that somebody has.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn tell(
    state: &State,
    site: &Site,
    user: Option<&User>,
    about: LinkMailKind,
    to: &str,
) -> Result<(), Failure> {
    let now = state.clock.now();
    let mail = letter(state, site, user, (about, to), None, ids::new(now))?;
    Ok(state.store.queue_mail(mail, now).await?)
}

fn letter(
    state: &State,
    site: &Site,
    user: Option<&User>,
    (kind, to): (LinkMailKind, &str),
    link: Option<(&Plain, i64)>,
    id: Id,
) -> Result<Mail, Failure> {
    let realm = &site.realm;
    let locale = user.and_then(|user| user.details.claims.get("locale")).and_then(serde_json::Value::as_str);
    let lang = choose_language(&site.languages, locale, None).map(ToString::to_string).unwrap_or_default();
    let path = site.page_path(Target::UserLink);
    let url = |text: &Plain| format!("{}{path}?link={}", realm.origin(), text.expose());
    let mail = state.pages.load().mail(&LinkMail {
        kind,
        owner_name: user.and_then(|user| user.name.clone()),
        realm_name: realm.name.clone(),
        app_name: realm.name.clone(),
        username: user.map(|user| user.username.clone()),
        link: link.map(|(text, _)| url(text).into()),
        link_valid_seconds: link.and_then(|(_, life)| u64::try_from(life / 1000).ok()).unwrap_or_default(),
        contact: realm.brand.contact.clone(),
        accent: accent(realm),
        has_logo: logo(realm).is_some(),
        lang,
    });
    let letter =
        Letter { to: to.to_owned(), subject: mail.subject, text: mail.text, html: mail.html, logo: logo(realm) };
    Ok(letter.queued(&state.secrets, id)?)
}
