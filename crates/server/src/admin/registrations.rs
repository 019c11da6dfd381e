//! Tokens that let clients register themselves: made, listed, taken back.

use super::{Act, Admin, AdminError};
use crate::ids;
use claviger_core::Realm;
use claviger_core::claims::id_text;
use claviger_core::registration::TokenAllows;
use claviger_core::span::Span;
use claviger_core::token::{self, Kind, Plain};
use claviger_store::{InitialToken, Masked, Store};

/// A token that was made; the only time that it is seen.
#[derive(Debug)]
pub struct NewToken {
    /// Names it among the realm's tokens.
    pub id: String,
    /// The token.
    pub token: Plain,
    /// When it is over, in milliseconds.
    pub expires_at: i64,
}

/// Makes a token that lets clients register themselves, at most `uses` of them, until `expires` is over.
///
/// # Errors
/// The realm registers nobody, it lacks a scope that the token names, or the store cannot write.
pub async fn create(
    admin: &Admin<'_>,
    realm: &Realm,
    allows: &TokenAllows,
    (uses, expires): (Option<u32>, Span),
) -> Result<NewToken, AdminError> {
    if !realm.registration.is_on() {
        return Err(AdminError::NoRegistration(realm.id.clone()));
    }
    if let Some(name) = allows.scopes.iter().flatten().find(|name| realm.scope(name).is_none()) {
        return Err(AdminError::invalid("scope", &super::Broken::NoSuchScope(name.clone())));
    }
    let (row, random) = ids::new_with_secret(admin.now);
    let text = token::mint(Kind::InitialAccess, &row, &random);
    let id = id_text(&row);
    let expires_at = admin.now + expires.as_millis();
    let token = InitialToken {
        id: id.clone(),
        hash: Masked(text.hash()),
        doc: serde_json::to_string(allows).map_err(claviger_store::Fault::from)?,
        created_at: admin.now,
        expires_at,
        uses_left: uses.map(i64::from),
        revoked_at: None,
    };
    admin.act(Act::InitialTokenCreate).add_initial_token(&realm.id, token, admin.now).await?;
    Ok(NewToken { id, token: text, expires_at })
}

/// The tokens of a realm with what each allows, in order of their ids; those that are over leave a week later.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<(InitialToken, TokenAllows)>, AdminError> {
    const PAGE: i64 = 500;
    let mut all: Vec<(InitialToken, TokenAllows)> = Vec::new();
    loop {
        let after = all.last().map(|(token, _)| token.id.clone()).unwrap_or_default();
        let page = store.list_initial_tokens(&realm.id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|token| {
            let allows = serde_json::from_str(&token.doc).unwrap_or_default();
            (token, allows)
        }));
    }
}

/// Takes a token back: nobody registers with it any more. Clients that did stay.
///
/// # Errors
/// There is no such token that was not taken back before, or the store cannot write.
pub async fn revoke(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let revoked = admin.act(Act::InitialTokenRevoke).revoke_initial_token(&realm.id, id, admin.now).await?;
    if revoked { Ok(()) } else { Err(AdminError::NoSuchInitialToken(id.to_owned())) }
}
