//! What an authorization request comes to: a code, an access token, an ID token, or several of them.
//!
//! That the request no longer waits, that consent is remembered and what is given out are one transaction: a request
//! that is approved twice gives one code, and a code that was given out has its consent on record.

use crate::failure::Failure;
use crate::ids;
use crate::issue::delivery::send;
use crate::issue::id_token::{IdTokenOf, id_token};
use crate::issue::ping;
use crate::issue::sealed::Recipients;
use crate::issue::{Access, AccessOf, mint_access};
use crate::people::waiting::{Kept, Waiting};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::answer::{Delivery, Response};
use claviger_core::authorize::{self, AuthorizationRequest};
use claviger_core::claims::id_text;
use claviger_core::client::GrantType;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::dialect::{Endpoint, Legacy};
use claviger_core::grant::{access_plan, access_token_claims, bounded, by_scope, id_token_claims, seats_for};
use claviger_core::granted::{CodeBinding, Granted};
use claviger_core::logout::{browser_state, session_state, sid};
use claviger_core::redirect::origin;
use claviger_core::sign_in::Proof;
use claviger_core::token::{self, Kind, Plain};
use claviger_core::told::Told;
use claviger_core::{Client, Refusal};
use claviger_store::{
    Approval, CodeRow, ConsentGrant, Evidence, Masked, NewCode, SessionPrecondition, SignedIn, SignedInTo, StoredUser,
};
use serde_json::{Map, Value};
use std::borrow::Cow;

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
    /// As it was shown to them.
    pub(crate) evidence: Option<Evidence>,
    /// Where all this was recalled: what must still be so.
    pub(crate) precondition: Option<SessionPrecondition>,
    /// What the vendor's own pages said.
    pub(crate) told: Option<Box<Told>>,
}

/// Makes what the request asks for, and says where it goes; `None` if the request does not wait any more, or what was
/// recalled is no longer so.
pub(crate) async fn approve(state: &State, site: &Site, approved: Approved<'_>) -> Result<Option<Delivery>, Failure> {
    let request = met(site, &approved);
    let approved = Approved { request: &request, ..approved };
    let session = Some(id_text_of_hash(&approved.who.session.hash));
    let auth_time = approved.who.session.auth_time;
    let signed_in_to = signed_in_to(site, &approved, session.as_deref().unwrap_or_default());
    let proof = match &approved.told {
        Some(told) => Some(Box::new(Proof { acr: told.acr.clone(), amr: told.amr.clone() })),
        None => approved.request.proof(&site.realm, approved.who.session.how.as_deref()),
    };
    let mut granted = authorize::granted(approved.request, approved.organisations.clone(), auth_time, session, proof);
    granted.acr = approved.told.as_ref().and_then(|told| told.acr.clone());
    granted.told.clone_from(&approved.told);
    granted.until = match &approved.given {
        Some(given) => given.until,
        None => approved.who.consent.as_ref().and_then(|consent| consent.until),
    };
    let mut approval = Approval {
        now: state.clock.now(),
        consent: approved.given.clone(),
        evidence: approved.evidence.clone(),
        precondition: approved.precondition,
        ping: ping::parcel(&site.realm.id, approved.request, state.clock.now())?,
        signed_in_to,
        ..Approval::default()
    };
    let response = match respond(state, site, &approved, granted, &mut approval).await? {
        Ok(pairs) => Response { destination: &approved.request.destination, realm: &site.realm, pairs },
        Err(refusal) => Response::refusal(&approved.request.destination, &site.realm, &refusal),
    };
    let delivery = send(state, site, approved.client, &response, approval.now).await?;
    if let Some(waiting) = approved.waiting {
        let code = approval.code.as_ref().map(|code| code.id);
        let kept = Kept::new(approved.who.session.hash, approval.now, delivery.clone(), true, code);
        approval.answers = Some(kept.seal(waiting, &state.secrets, &site.realm.id)?);
    }
    let nothing_to_write = approval.answers.is_none()
        && approval.consent.is_none()
        && approval.code.is_none()
        && approval.access.is_none()
        && approval.signed_in_to.is_none();
    let given = approval.code.clone();
    if !nothing_to_write && !state.store.approve(approval).await? {
        return Ok(None);
    }
    if approved.request.backchannel().is_some() {
        state.handed_in.notify_one();
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

/// The request as this user meets it: without claims that were asked for with values which are not theirs.
fn met<'a>(site: &Site, approved: &Approved<'a>) -> Cow<'a, AuthorizationRequest> {
    let (request, client) = (approved.request, approved.client);
    match request.claims.met_by(&site.realm, client, &approved.who.user, &approved.organisations) {
        Cow::Borrowed(_) => Cow::Borrowed(request),
        Cow::Owned(claims) => Cow::Owned(AuthorizationRequest { claims, ..request.clone() }),
    }
}

/// That the client is to hear when this session ends, where it wants to.
fn signed_in_to(site: &Site, approved: &Approved<'_>, session: &str) -> Option<SignedInTo> {
    let (client, who) = (approved.client, &approved.who.session);
    let is_openid = approved.request.scope.contains("openid");
    (is_openid && client.logout.is_told()).then(|| SignedInTo {
        session: who.hash,
        sid: sid(session, &client.id),
        realm: site.realm.id.clone(),
        client: client.id.clone(),
        user: who.user.clone(),
        back_channel: client.logout.backchannel_logout_uri.is_some(),
        expires_at: who.created_at + site.realm.sessions.absolute.as_millis(),
    })
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
    // A device has had its code from the beginning.
    let device = request.device.as_ref();
    let (id, hash) = device.map_or((id, code.hash()), |device| (device.id, device.hash));
    let binding = CodeBinding {
        client: request.client.clone(),
        user: who.user.id.clone(),
        redirect_uri: request.destination.redirect_uri.clone(),
        redirect_uri_sent: request.destination.sent,
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        id_token_claims: request.claims.id_token.clone(),
        scope_differs: request.scope_differs,
        granted,
    };
    let row = NewCode {
        id,
        hash: Masked(hash),
        realm: site.realm.id.clone(),
        client: request.client.clone(),
        user: Some(who.user.id.clone()),
        doc: serde_json::to_string(&binding)?,
        expires_at: device.map_or(now + site.realm.code_ttl().as_millis(), |device| device.expires_at),
    };
    Ok((code, row))
}

/// The answer's parameters, those of an access token in the order in which integrators know them (RFC 6749 4.2.2); what is to
/// be stored goes into `approval`.
async fn respond(
    state: &State,
    site: &Site,
    approved: &Approved<'_>,
    granted: Granted,
    approval: &mut Approval,
) -> Result<Result<Vec<(&'static str, Cow<'static, str>)>, Refusal>, Failure> {
    let (request, parts) = (approved.request, approved.request.response_type);
    let mut pairs = Vec::new();
    // A licence is held by a session that can be refreshed or logged off; a token from here is neither.
    if parts.token && !seats_for(&site.realm, &granted.scope).is_empty() {
        return Ok(Err(Refusal::BarredForImplicit("a scope that takes a licence".into())));
    }
    let recipients = Recipients::of(state, site);
    // Before anything is made: it could not be answered.
    if let Some((alg, _)) = approved.client.protection.id_token().filter(|_| parts.id_token)
        && let Err(refusal) = recipients.keys_for(approved.client, alg).await
    {
        return Ok(Err(refusal));
    }
    if parts.has_token() {
        state.meter.count(&site.realm.id, &approved.client.id, Legacy::Implicit);
        if authorize::uses_remembered_implicit(&site.realm, approved.client, request) {
            state.meter.count(&site.realm.id, &approved.client.id, Legacy::RememberedImplicit);
        }
    }
    let access = if parts.token { Some(front_token(state, site, approved, &granted, approval).await?) } else { None };
    if let Some(access) = &access {
        pairs.extend(token_pairs(site, approved, access));
    }
    let proof = granted.proof.clone();
    let told = if parts.id_token { front_claims(site, approved, &granted) } else { Map::new() };
    let mut code = None;
    if parts.code {
        let (made, row) = make_code(site, request, approved.who, granted, approval.now)?;
        approval.code = Some(row);
        if request.device.is_some() {
            pairs.push(("done", Cow::Borrowed("allowed")));
        } else {
            pairs.push(("code", Cow::Owned(made.expose().to_owned())));
            code = Some(made);
        }
    }
    if parts.id_token {
        let name = state.secrets.subjects.name(&site.realm.id, approved.client, &approved.who.user.id)?;
        let of = IdTokenOf {
            client: approved.client,
            subject: approved.told.as_ref().and_then(|told| told.subject.as_deref()).unwrap_or(&name),
            auth_time: Some(approved.who.session.auth_time),
            nonce: request.nonce.as_deref(),
            proof: proof.as_deref(),
            claims: &told,
            session: Some(&id_text_of_hash(&approved.who.session.hash)),
            access: access.as_ref().map(|access| &access.token),
            code: code.as_ref(),
            now: approval.now,
        };
        pairs.push(("id_token", Cow::Owned(id_token(site, recipients, of).await?)));
    }
    pairs.extend(state_of_session(site, approved).map(|state| ("session_state", Cow::Owned(state))));
    Ok(Ok(pairs))
}

/// `session_state` (OpenID Connect Session Management 3), for a client that a browser's frame can be asked by.
fn state_of_session(site: &Site, approved: &Approved<'_>) -> Option<String> {
    let request = approved.request;
    if !request.scope.contains("openid") || !site.realm.dialect.serves(Endpoint::CheckSession) {
        return None;
    }
    let origin = origin(&request.destination.redirect_uri)?;
    let state = browser_state(&approved.who.session.hash);
    Some(session_state(&approved.client.id, &origin, &state, &random_bytes()))
}

/// The claims of the user in an ID token from here: those that were asked for by name, and where no access token comes at all those of
/// the scope (OpenID Connect Core 5.4).
fn front_claims(site: &Site, approved: &Approved<'_>, granted: &Granted) -> Map<String, Value> {
    let (request, client) = (approved.request, approved.client);
    let alone = !request.response_type.code && !request.response_type.token;
    let scope = if alone { Some(&request.scope) } else { by_scope(client, &request.scope) };
    id_token_claims(&site.realm, client, &approved.who.user, granted, scope, &request.claims.id_token)
}

/// The access token that goes through the browser; it says so, because an API may not want such a one.
async fn front_token(
    state: &State,
    site: &Site,
    approved: &Approved<'_>,
    granted: &Granted,
    approval: &mut Approval,
) -> Result<Access, Failure> {
    let granted = &Granted { flow: GrantType::Implicit, ..granted.clone() };
    let plan = access_plan(&site.realm, approved.client, &granted.audience);
    let plan = bounded(plan, granted.until, approval.now)?;
    let (client, user) = (approved.client, Some(approved.who.user.id.as_str()));
    let claims = &access_token_claims(&site.realm, client, Some(&approved.who.user), granted);
    let now = approval.now;
    let subject = state.secrets.subjects.name(&site.realm.id, client, &approved.who.user.id)?;
    let subject = Some(&*subject);
    let of =
        AccessOf { client, user, subject, granted, narrowed: None, plan, confirmation: None, claims, grant: None, now };
    let mut access = mint_access(site, &of).await?;
    approval.access = access.row.take();
    Ok(access)
}

fn token_pairs(
    site: &Site,
    approved: &Approved<'_>,
    access: &Access,
) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> + use<> {
    let (request, dialect) = (approved.request, &site.realm.dialect.token);
    let scope = request.scope.to_string();
    let show_scope = dialect.implicit_scope.shows(request.scope_differs);
    let pairs = [
        Some(("token_type", Cow::Borrowed(dialect.implicit_token_type.word()))),
        Some(("access_token", Cow::Owned(access.token.expose().to_owned()))),
        (show_scope && !scope.is_empty()).then_some(("scope", Cow::Owned(scope))),
        Some(("expires_in", Cow::Owned(access.expires_in.to_string()))),
    ];
    pairs.into_iter().flatten()
}
