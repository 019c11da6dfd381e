//! Mails to partners: to an app's owner, to whom a team invites, to who signs up.

use super::AdminError;
use super::look::{self, language, letterhead};
use crate::ids;
use crate::pages::Pages;
use crate::pages::mails::{PortalMail, PortalMailKind};
use crate::secrets::Secrets;
use claviger_core::token::Plain;
use claviger_core::{Client, Realm};
use claviger_store::{Mail, Store};

/// In what, and by what, mails are made.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Seals them.
    pub secrets: &'a Secrets,
    /// Makes them.
    pub pages: &'a Pages,
}

/// What a mail says.
pub(crate) struct Said<'a> {
    pub(crate) kind: PortalMailKind,
    /// The app or the team.
    pub(crate) about: &'a str,
    pub(crate) words: &'a str,
    /// Where they go on, and how many seconds that works.
    pub(crate) link: Option<(Plain, u64)>,
    /// Whom it greets.
    pub(crate) name: Option<&'a str>,
    /// The legacy behaviour that it is about.
    pub(crate) legacy: Option<&'a str>,
}

/// A mail in the name of a realm.
pub(crate) fn letter(desk: Desk<'_>, realm: &Realm, to: &str, said: &Said<'_>, now: i64) -> Result<Mail, AdminError> {
    let mail = PortalMail {
        head: letterhead(realm, said.name, Some(said.about), language(desk.pages, realm)),
        kind: said.kind,
        words: said.words.to_owned(),
        legacy: said.legacy.map(str::to_owned),
        link: said.link.as_ref().map(|(link, _)| link.expose().into()),
        link_valid_seconds: said.link.as_ref().map_or(0, |(_, seconds)| *seconds),
    };
    let letter = look::letter(desk.pages, realm, to, &mail);
    Ok(letter.queued(desk.secrets, ids::new(now))?)
}

/// A mail to each member of the team whose app it is, with the address of its page; none for an app that is no team's.
pub(crate) async fn to_team(
    desk: Desk<'_>,
    store: &Store,
    (realm, client): (&Realm, &Client),
    kind: PortalMailKind,
    now: i64,
) -> Result<Vec<Mail>, AdminError> {
    let Some(app) = store.partner_app_of(&realm.id, &client.id).await? else { return Ok(Vec::new()) };
    let Some(portal) = store.realm(&app.realm).await? else { return Ok(Vec::new()) };
    let url = format!("{}/portal/apps/{}", portal.base(), app.id);
    let mut mails = Vec::new();
    for person in store.team_members(&portal.id, &app.team).await?.into_iter().filter_map(|member| member.person) {
        let Some(to) = person.email.as_deref() else { continue };
        let link = Some((Plain::new(url.clone()), 0));
        let said = Said { kind, about: &client.name, words: "", link, name: person.name.as_deref(), legacy: None };
        mails.push(letter(desk, realm, to, &said, now)?);
    }
    Ok(mails)
}

/// A mail to an app's owner, with the address of its page where it is a team's; none where nobody knows whom to write to.
pub(crate) async fn to_owner(
    desk: Desk<'_>,
    store: &Store,
    (realm, client): (&Realm, &Client),
    (kind, words): (PortalMailKind, &str),
    now: i64,
) -> Result<Option<Mail>, AdminError> {
    let Some((to, link)) = to_owner_of(store, (realm, client)).await? else { return Ok(None) };
    let said = Said { kind, about: &client.name, words, link, name: client.publisher.as_deref(), legacy: None };
    letter(desk, realm, to, &said, now).map(Some)
}

/// Whom to write to about an app, and the address of its page where it is a team's, for as long as that is there.
pub(crate) async fn to_owner_of<'c>(
    store: &Store,
    (realm, client): (&Realm, &'c Client),
) -> Result<Option<(&'c str, Option<(Plain, u64)>)>, AdminError> {
    let Some(to) = client.owner_email.as_deref() else { return Ok(None) };
    let link = match store.partner_app_of(&realm.id, &client.id).await? {
        None => None,
        Some(app) => store.realm(&app.realm).await?.map(|portal| {
            let url = format!("{}/portal/apps/{}", portal.base(), app.id);
            (Plain::new(url), 0)
        }),
    };
    Ok(Some((to, link)))
}
