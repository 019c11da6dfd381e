//! Who calls: the access token, and for whom it stands.

use super::problem::{self, Problem};
use crate::admin::roles::Administrator;
use crate::http::Incoming;
use crate::protocol::userinfo::{presented, refuse};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::ScopeSet;
use claviger_core::bearer::Reason;
use claviger_core::permission::Permission;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

/// The caller, and whether the token's scope has the permission. The scope is looked at after the caller was counted.
///
/// # Errors
/// There is no good token for this API, or nobody whom it stands for may do anything.
pub(super) async fn of(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    permission: Option<Permission>,
) -> Result<(Administrator, Result<(), Problem>), Problem> {
    let refused = |why: Reason| refusal(state, site, incoming, why, permission);
    let token = presented(state, site, incoming).await?.map_err(refused)?;
    let api = site.realm.admin_api().unwrap_or_default();
    if !token.claims.aud.contains(&api) {
        return Err(refused(Reason::WrongAudience));
    }
    let (store, realm) = (&state.store, &site.realm);
    let found = match &token.user {
        Some(user) => Administrator::of_user(store, realm, user).await?,
        None => Administrator::of_client(store, realm, &token.claims.client_id).await?,
    };
    let caller = found.ok_or_else(|| {
        let whom = if token.user.is_some() { "the user" } else { "the client" };
        let why = format!("{whom} of this token holds no role here; `claviger role give` gives one");
        Problem::new(problem::FORBIDDEN, why)
    })?;
    let scope = ScopeSet::parse(&token.claims.scope).unwrap_or_default();
    let lacks = permission.filter(|permission| !scope.contains(&permission.name()));
    let scope = if lacks.is_some() { Err(refused(Reason::InsufficientScope)) } else { Ok(()) };
    Ok((caller, scope))
}

/// A refusal with its challenge (RFC 6750 3), as a problem.
fn refusal(state: &State, site: &Site, incoming: &Incoming, why: Reason, permission: Option<Permission>) -> Problem {
    let scope = permission.map(Permission::name).filter(|_| why == Reason::InsufficientScope);
    let answer = refuse(state, site, incoming, why, scope.as_deref());
    let kind = match why.status() {
        400 => problem::INVALID,
        403 => problem::INSUFFICIENT_SCOPE,
        503 => problem::UNAVAILABLE,
        _ => problem::UNAUTHENTICATED,
    };
    let detail = match (why, scope) {
        (Reason::InsufficientScope, Some(scope)) => format!("the access token does not have the scope `{scope}`"),
        (Reason::WrongAudience, _) => {
            let api = site.realm.admin_api().unwrap_or_default();
            format!("the access token is for another audience than {api}")
        }
        (why, _) => why.to_string(),
    };
    let mut problem = Problem::new(kind, detail);
    for (name, value) in answer.headers().iter().filter(|(name, _)| ![CONTENT_TYPE, CONTENT_LENGTH].contains(name)) {
        problem = problem.with(name.clone(), value.clone());
    }
    problem
}
