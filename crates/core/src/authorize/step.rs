//! What the browser sees next, and what an approval grants.

use super::AuthorizationRequest;
use super::second_factor::{Missing, missing};
use crate::client::{Client, GrantType};
use crate::confirmation::Confirmation;
use crate::dialect::{AskForConsent, Legacy, OrganisationChoice};
use crate::granted::Granted;
use crate::realm::Realm;
use crate::refusal::{Further, Refusal};
use crate::scope::ScopeSet;
use crate::sign_in::{How, Proof};
use crate::unique::Members;
use crate::user::User;

/// The session in front of the request, if there is one.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// Who is signed in.
    pub user: &'a User,
    /// When they signed in, in milliseconds.
    pub auth_time: i64,
    /// How; none: with a password.
    pub how: Option<&'a How>,
}

/// The consent that is on record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// Scopes that the user has allowed.
    pub scope: ScopeSet,
    /// Organisations that the user picked.
    pub organisations: Vec<String>,
}

/// What the browser sees now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The accounts of this browser, to choose from.
    SelectAccount,
    /// The sign-in page.
    SignIn,
    /// The page of the second factor.
    SecondFactor(Missing),
    /// That the user has no organisation, and so nothing to grant.
    NoOrganisation,
    /// The consent page.
    Consent {
        /// Scopes that were not allowed before.
        new: ScopeSet,
        /// The organisations to pick from; empty: none to pick.
        organisations: Vec<String>,
    },
    /// Nothing: the answer, for these organisations.
    Approve {
        /// What the token carries.
        organisations: Vec<String>,
    },
    /// The refusal travels back.
    Refuse(Refusal),
}

/// The one place that decides what the browser sees. `consented`: the consent page of this very request was answered
/// with "allow".
pub fn next_step(
    realm: &Realm,
    client: &Client,
    request: &AuthorizationRequest,
    session: Option<Session<'_>>,
    consent: &Consent,
    consented: bool,
    now: i64,
) -> Step {
    if request.prompt.select_account {
        return Step::SelectAccount;
    }
    if session.is_some_and(|session| is_somebody_else(request, &session)) {
        return Step::Refuse(Refusal::LoginRequired);
    }
    let is_right = |session: &Session<'_>| {
        fresh(request, session, now) && is_hinted(request, session.user) && is_subject(request, session.user)
    };
    let Some(session) = session.filter(is_right) else {
        return if request.prompt.none { Step::Refuse(Refusal::LoginRequired) } else { Step::SignIn };
    };
    // What the vendor's own pages ask beside a password is theirs to say.
    let ours = realm.login_app.is_none().then_some(session);
    if let Some(missing) = ours.and_then(|session| missing(realm, client, request, session.user, session.how)) {
        if !request.prompt.none {
            return Step::SecondFactor(missing);
        }
        if !missing.is_voluntary {
            return Step::Refuse(Further::InteractionRequired.into());
        }
    }
    let picked = pick(realm.dialect.organisation, session.user, consent);
    let asked = request.asked_scope();
    let missing = asked.without(&consent.scope);
    // Whoever listens on this device may pretend to be a native client (RFC 8252 8.6).
    let is_remembered =
        (client.in_browser && request.device.is_none()) || uses_remembered_implicit(realm, client, request);
    let must_ask = request.prompt.consent
        || (request.destination.native && !is_remembered)
        || realm.dialect.authorization.consent == AskForConsent::Always;
    // Nobody but the user knows whether they began what is asked for from elsewhere.
    let trusted = client.trusted && client.is_confidential() && request.backchannel().is_none();
    let ask = !trusted
        && (!missing.is_empty() || consent.scope.is_empty() && request.scope.is_empty() || must_ask)
        && !consented;
    match picked {
        Pick::Nothing if request.prompt.none => return Step::Refuse(Refusal::Denied),
        Pick::Nothing => return Step::NoOrganisation,
        Pick::These(organisations) if !ask => return Step::Approve { organisations },
        _ if request.prompt.none => return Step::Refuse(Refusal::ConsentRequired),
        _ => {}
    }
    let organisations = match realm.dialect.organisation {
        OrganisationChoice::None | OrganisationChoice::All => Vec::new(),
        OrganisationChoice::One | OrganisationChoice::Many => session.user.organisations.clone(),
    };
    Step::Consent { new: missing, organisations }
}

/// Whether an answer of this request goes to the person's own device without asking again, because the client was given that.
pub fn uses_remembered_implicit(realm: &Realm, client: &Client, request: &AuthorizationRequest) -> bool {
    let is_implicit = request.response_type.token && !request.response_type.code;
    is_implicit && request.destination.native && realm.allows(client, Legacy::RememberedImplicit)
}

/// Whether the user is the one whom `id_token_hint` names, where nobody can be asked (OpenID Connect Core 3.1.2.1); whoever
/// can be asked decides themselves as whom they go on.
fn is_hinted(request: &AuthorizationRequest, user: &User) -> bool {
    !request.prompt.none || request.hinted_user.as_ref().is_none_or(|hinted| *hinted == user.id)
}

/// Whether the user is the only one whom an answer may be about, where the request says so (OpenID Connect Core 5.5.1).
fn is_subject(request: &AuthorizationRequest, user: &User) -> bool {
    request.only_user.as_ref().or(request.claims.subject.as_ref()).is_none_or(|subject| *subject == user.id)
}

/// Whether another user than the one whom an answer may be about signed in for this very request: to ask again would not end.
fn is_somebody_else(request: &AuthorizationRequest, session: &Session<'_>) -> bool {
    !is_subject(request, session.user) && session.auth_time > request.arrived_at
}

/// Whether the user signed in recently enough for this request.
fn fresh(request: &AuthorizationRequest, session: &Session<'_>, now: i64) -> bool {
    let after_prompt = !request.prompt.login || session.auth_time >= request.arrived_at;
    let young = request.max_age.is_none_or(|age| {
        session.auth_time >= request.arrived_at
            || age > 0 && session.auth_time.saturating_add(age.saturating_mul(1000)) >= now
    });
    after_prompt && young
}

enum Pick {
    /// The user has nothing to grant.
    Nothing,
    /// The page must ask.
    Ask,
    /// Decided, by an earlier consent or because there is no choice.
    These(Vec<String>),
}

fn pick(choice: OrganisationChoice, user: &User, consent: &Consent) -> Pick {
    let own = Members::of(&user.organisations);
    let still: Vec<String> = consent.organisations.iter().filter(|id| own.contain(id)).cloned().collect();
    match (choice, user.organisations.as_slice(), still.as_slice()) {
        (OrganisationChoice::None, _, _) => Pick::These(Vec::new()),
        (_, [], _) => Pick::Nothing,
        (OrganisationChoice::All, all, _) => Pick::These(all.to_vec()),
        (OrganisationChoice::One, [only], _) => Pick::These(vec![only.clone()]),
        (OrganisationChoice::One, _, [_]) | (OrganisationChoice::Many, _, [_, ..]) => Pick::These(still),
        _ => Pick::Ask,
    }
}

/// The organisations that a consent form may name: the user's own, as many as the dialect lets them pick.
///
/// # Errors
/// None picked where one must be, more than one where one may be, or one that is not the user's.
pub fn picked<'a>(
    choice: OrganisationChoice,
    user: &User,
    named: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, Refusal> {
    const WRONG: Refusal = Refusal::WrongParameter { name: "organisation", why: "choose from the list" };
    let mut chosen: Vec<String> = named.map(str::to_owned).collect();
    chosen.dedup();
    let own = Members::of(&user.organisations);
    let mine = chosen.iter().all(|id| own.contain(id));
    match (choice, chosen.len()) {
        (OrganisationChoice::None, _) => Ok(Vec::new()),
        (OrganisationChoice::All, _) => Ok(user.organisations.clone()),
        (OrganisationChoice::One, 1) | (OrganisationChoice::Many, 1..) if mine => Ok(chosen),
        (OrganisationChoice::One, 0) if user.organisations.len() == 1 => Ok(user.organisations.clone()),
        _ => Err(WRONG),
    }
}

/// What the approval of `request` grants.
pub fn granted(
    request: &AuthorizationRequest,
    organisations: Vec<String>,
    auth_time: i64,
    session: Option<String>,
    proof: Option<Box<Proof>>,
) -> Granted {
    Granted {
        flow: match &request.device {
            Some(device) if device.backchannel.is_some() => GrantType::Ciba,
            Some(_) => GrantType::DeviceCode,
            None => GrantType::AuthorizationCode,
        },
        scope: request.scope.clone(),
        audience: request.audience.clone(),
        organisations,
        auth_time: Some(auth_time),
        acr: None,
        session,
        userinfo_claims: request.claims.userinfo.clone(),
        confirmation: request.dpop_jkt.map(Confirmation::Key),
        claims_locales: request.claims.locales.clone(),
        proof,
        subject: None,
        claims: serde_json::Map::new(),
        act: None,
        told: None,
        until: None,
        agent: false,
    }
}
