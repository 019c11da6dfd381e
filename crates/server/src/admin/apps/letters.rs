//! What an app's owner is told by mail; nothing where nobody knows whom to write to.

use super::{LINK_SECONDS, address_pairs};
use crate::admin::look::{language, letter, letterhead};
use crate::mail::Letter;
use crate::pages::Pages;
use crate::pages::mails::{ApprovalMail, MailScope, RejectionMail};
use claviger_core::client::GrantType;
use claviger_core::token::Plain;
use claviger_core::{Client, Realm};

/// After an approval: id, addresses, what it may do, and the link to its secret.
pub(super) fn approval(pages: &Pages, realm: &Realm, client: &Client, link: Option<&Plain>) -> Option<Letter> {
    let to = client.owner_email.as_deref()?;
    let scopes = client.scope.iter().map(|name| MailScope {
        name: name.to_owned(),
        sentence: realm.scope(name).map(|scope| scope.sentence.clone()).unwrap_or_default(),
    });
    let mail = ApprovalMail {
        head: letterhead(realm, client.publisher.as_deref(), Some(&client.name), language(pages, realm)),
        client_id: client.id.clone(),
        endpoints: address_pairs(realm, client),
        redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        scopes: scopes.collect(),
        audiences: client.audiences.clone(),
        pkce: client.may(GrantType::AuthorizationCode).then(|| realm.requires_pkce(client)),
        link: link.map(|link| link.expose().into()),
        link_valid_seconds: LINK_SECONDS,
    };
    Some(letter(pages, realm, to, &mail))
}

/// After an app was turned down.
pub(super) fn rejection(pages: &Pages, realm: &Realm, client: &Client, reason: Option<&str>) -> Option<Letter> {
    let to = client.owner_email.as_deref()?;
    let mail = RejectionMail {
        head: letterhead(realm, client.publisher.as_deref(), Some(&client.name), language(pages, realm)),
        client_id: client.id.clone(),
        reason: reason.map(str::to_owned),
    };
    Some(letter(pages, realm, to, &mail))
}
