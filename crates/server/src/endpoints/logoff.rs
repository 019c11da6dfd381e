//! Log-off: a client ends the session of the token that it presents; its seat is free at once (J6).

use crate::app::App;
use crate::endpoints::userinfo::{presented, refuse};
use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::sites::Site;
use claviger_core::bearer::Reason;
use claviger_store::RevocationKind;
use http::{Method, StatusCode};

/// Ends the session of the presented bearer token: 204.
pub(crate) async fn answer(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    match respond(app, site, incoming).await {
        Ok(Ok(())) => empty(StatusCode::NO_CONTENT),
        Ok(Err(why)) => refuse(site, why, None),
        Err(failure) => failure.to_json(&site.realm.dialect, false, incoming.id),
    }
}

async fn respond(app: &App, site: &Site, incoming: &Incoming) -> Result<Result<(), Reason>, Failure> {
    let token = match presented(app, site, incoming).await? {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    revoke_token(app, site, &token, true).await?;
    Ok(Ok(()))
}

/// Revokes an access token; with its whole session, if it belongs to one and `session` says so.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn revoke_token(
    app: &App,
    site: &Site,
    token: &crate::endpoints::bearer::Token,
    session: bool,
) -> Result<(), Failure> {
    if let (Some(grant), true) = (&token.grant, session) {
        return app.revoke_grant(site, grant, "logged off").await;
    }
    let now = app.clock.now();
    if let Some(id) = &token.opaque {
        app.store.revoke_access_token(id, now).await?;
    }
    let realm = &site.realm.id;
    let until = token.expires_at + 60_000;
    app.store.revoke(realm, RevocationKind::Jti, &token.claims.jti, until, until, now).await?;
    app.catch_up().await
}
