//! What an authorization request comes to: the code, or the implicit token.
//!
//! That the request no longer waits, that consent is remembered and what is given out are one transaction: a request
//! that is approved twice gives one code, and a code that was given out has its consent on record.

use crate::failure::Failure;
use crate::ids;
use crate::issue::{self, AccessOf};
use crate::people::waiting::{Kept, Waiting};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::answer::{self, Delivery};
use claviger_core::authorize::{self, AuthorizationRequest};
use claviger_core::claims::id_text;
use claviger_core::dialect::{Legacy, ResponseType};
use claviger_core::grant::{access_plan, seats_for};
use claviger_core::granted::{CodeBinding, Granted};
use claviger_core::token::{self, Kind, Plain};
use claviger_core::{Client, Refusal};
use claviger_store::{Approval, CodeRow, ConsentGrant, Masked, NewCode, SessionPrecondition, SignedIn, StoredUser};

/// An authorization request that nothing stands against any more.
pub(crate) struct Approved<'a> {
    pub(crate) client: &'a Client,
    pub(crate) request: &'a AuthorizationRequest,
    pub(crate) who: &'a SignedIn,
    /// What the token will carry.
    pub(crate) organisations: Vec<String>,
    /// The request that waits, if a page was shown for it.
    pub(crate) waiting: Option<&'a Waiting>,
    /// What the user has just allowed.
    pub(crate) given: Option<ConsentGrant>,
    /// Where all this was recalled: what must still be so.
    pub(crate) precondition: Option<SessionPrecondition>,
}

/// Makes the code or the implicit token, and says where it goes; `None` if the request does not wait any more, or what was
/// recalled is no longer so.
pub(crate) async fn approve(state: &State, site: &Site, approved: Approved<'_>) -> Result<Option<Delivery>, Failure> {
    let session = Some(id_text_of_hash(&approved.who.session.hash));
    let auth_time = approved.who.session.auth_time;
    let granted = authorize::granted(approved.request, approved.organisations.clone(), auth_time, session);
    let mut approval = Approval {
        now: state.clock.now(),
        consent: approved.given.clone(),
        precondition: approved.precondition,
        ..Approval::default()
    };
    let delivery = match approved.request.response_type {
        ResponseType::Code => {
            let (code, row) = make_code(site, approved.request, approved.who, granted, approval.now)?;
            approval.code = Some(row);
            answer::deliver(&approved.request.destination, &site.realm.issuer, &[("code", code.expose())])
        }
        ResponseType::Token => implicit(state, site, &approved, &granted, &mut approval).await?,
    };
    if let Some(waiting) = approved.waiting {
        let code = approval.code.as_ref().map(|code| code.id);
        let kept = Kept::new(approved.who.session.hash, approval.now, delivery.clone(), true, code);
        approval.answers = Some(kept.seal(waiting, &state.secrets, &site.realm.id)?);
    }
    let nothing_to_write = approval.answers.is_none()
        && approval.consent.is_none()
        && approval.code.is_none()
        && approval.access.is_none();
    let given = approval.code.clone();
    if !nothing_to_write && !state.store.approve(approval).await? {
        return Ok(None);
    }
    if let Some(code) = given {
        if approved.request.destination.wildcard {
            state.meter.count(&site.realm.id, &approved.client.id, Legacy::WildcardRedirect);
        }
        // With a consent that has just changed it rests on what nobody has read yet.
        if approved.given.is_none() {
            let user = Some(StoredUser { user: approved.who.user.clone(), password_hash: None });
            let (consent, precondition) = (approved.who.consent.clone(), approved.who.precondition());
            state.recall.keep_code(CodeRow { code, redeemed_at: None, user, consent, precondition });
        }
    }
    Ok(Some(delivery))
}

/// The first half of a session's hash: enough to find a session's grants, too little to be one.
fn id_text_of_hash(hash: &[u8; 32]) -> String {
    hash.first_chunk::<16>().map(id_text).unwrap_or_default()
}

fn make_code(
    site: &Site,
    request: &AuthorizationRequest,
    who: &SignedIn,
    granted: Granted,
    now: i64,
) -> Result<(Plain, NewCode), Failure> {
    let (id, secret) = ids::new_with_secret(now);
    let code = token::mint(Kind::Code, &id, &secret);
    let binding = CodeBinding {
        client: request.client.clone(),
        user: who.user.id.clone(),
        redirect_uri: request.destination.redirect_uri.clone(),
        redirect_uri_sent: request.destination.sent,
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        scope_differs: request.scope_differs,
        granted,
    };
    let row = NewCode {
        id,
        hash: Masked(code.hash()),
        realm: site.realm.id.clone(),
        client: request.client.clone(),
        user: Some(who.user.id.clone()),
        doc: serde_json::to_string(&binding)?,
        expires_at: now + site.realm.tokens.code_ttl.as_millis(),
    };
    Ok((code, row))
}

/// The implicit answer (RFC 6749 4.2.2), its parameters in the order in which integrators know them.
async fn implicit(
    state: &State,
    site: &Site,
    approved: &Approved<'_>,
    granted: &Granted,
    approval: &mut Approval,
) -> Result<Delivery, Failure> {
    let (client, request) = (approved.client, approved.request);
    // A licence is held by a session that can be refreshed or logged off; an implicit token is neither.
    if !seats_for(&site.realm, &granted.scope).is_empty() {
        let refusal = Refusal::BarredForImplicit("a scope that takes a licence".into());
        return Ok(answer::deliver_refusal(&request.destination, &site.realm.issuer, &refusal));
    }
    state.meter.count(&site.realm.id, &client.id, Legacy::Implicit);
    let plan = access_plan(&site.realm, client, &granted.audience);
    let user = Some(approved.who.user.id.as_str());
    let access =
        issue::mint_access(site, &AccessOf { client, user, granted, plan, grant: None, now: approval.now }).await?;
    approval.access = access.row;
    let expires_in = access.expires_in.to_string();
    let scope = granted.scope.to_string();
    let dialect = &site.realm.dialect.token;
    let show_scope = dialect.implicit_scope.shows(request.scope_differs);
    let pairs = [
        Some(("token_type", dialect.implicit_token_type.word())),
        Some(("access_token", access.token.expose())),
        (show_scope && !scope.is_empty()).then_some(("scope", scope.as_str())),
        Some(("expires_in", expires_in.as_str())),
    ];
    let pairs: Vec<_> = pairs.into_iter().flatten().collect();
    Ok(answer::deliver(&request.destination, &site.realm.issuer, &pairs))
}
