//! The forms of the page of the second factor: a code, an authenticator app that is set up, and going on without.
//!
//! Whoever has given the right password comes with what is sealed of that ([`HalfWay`]); whoever is signed in already, and must prove
//! more, with their session.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::arrive::go_on;
use crate::people::browser::Browser;
use crate::people::factor::made::{Shown, authenticator, recovery_codes};
use crate::people::factor::{Face, First, HalfWay, Onward, Trouble, check, face, has_any, remembered};
use crate::people::flow::{Flow, Found, Front, resume};
use crate::people::password::Verified;
use crate::people::session::{Begun, begin_session_of, signed_in, step_up};
use crate::people::show::{self, see_other, with_browser};
use crate::people::waiting::SignInStep;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::params::form_encode;
use claviger_core::sign_in::{FactorKind, How, Proved};
use claviger_core::user::User;
use claviger_core::{Params, Refusal};
use claviger_store::{ActivityKind, Factor, SignedIn};
use http::Method;
use http::header::SET_COOKIE;

pub(crate) mod passkeys;

/// The longest address that a browser is sent to, in bytes.
const LONGEST_ADDRESS: usize = 4096;

/// Shows the page; takes its forms.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match incoming.head.method {
        _ if !site.realm.sign_in.is_on() => return show::not_found(state, site, incoming),
        Method::GET => open(&flow).await,
        Method::POST => take(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

/// Whether a sign-in is complete.
pub(crate) enum After {
    /// It is, and was like this.
    Complete(How),
    /// The page that asks for more.
    Ask(Answer),
    /// The user was changed meanwhile.
    Changed,
}

/// What follows the right password: nothing more where no second factor is asked for, or not in this browser.
pub(crate) async fn after_password(
    flow: &Flow<'_>,
    front: Option<&Front>,
    onward: Option<Onward>,
    verified: &Verified,
) -> Result<After, Failure> {
    after_first(flow, front, onward, verified, First::default()).await
}

/// The same after something else: a provider's word for a second factor, where it counts, is one.
pub(crate) async fn after_first(
    flow: &Flow<'_>,
    front: Option<&Front>,
    onward: Option<Onward>,
    verified: &Verified,
    first: First,
) -> Result<After, Failure> {
    let (state, site) = (flow.state, flow.site);
    if !site.realm.sign_in.is_on() {
        return Ok(After::Complete(first.how));
    }
    let factors = state.store.factors(&site.realm.id, &verified.user.id).await?;
    let has_any = has_any(&factors);
    let client = front.map(|front| &front.entry.client);
    let demanded = site.realm.demanded(client, &verified.user);
    if !has_any && !demanded.is_required || first.how.meets(&site.realm, &demanded.kinds) {
        return Ok(After::Complete(first.how));
    }
    if has_any && remembered::is_remembered(state, site, flow.incoming, flow.browser, &verified.user).await? {
        return Ok(After::Complete(How { remembered: true, ..first.how }));
    }
    let Some(half) = HalfWay::of(state, site, verified, first).await? else { return Ok(After::Changed) };
    let way = Way { front, half: Some(&half), onward };
    let answer = match way.address(flow, None)? {
        Some(address) => with_browser(see_other(&address), site, flow.browser),
        None => way.face(flow, &verified.user, None).of_half_way().await?,
    };
    Ok(After::Ask(answer))
}

/// What a form or an address carries.
#[derive(Clone, Copy)]
struct Way<'a> {
    front: Option<&'a Front>,
    half: Option<&'a HalfWay>,
    onward: Option<Onward>,
}

impl<'a> Way<'a> {
    fn face<'f>(&self, flow: &'f Flow<'_>, user: &'f User, trouble: Option<Trouble>) -> Face<'f>
    where
        'a: 'f,
    {
        Face {
            state: flow.state,
            site: flow.site,
            browser: flow.browser,
            front: self.front.map(|front| (&front.entry.client, &front.waiting)),
            half: self.half,
            user,
            onward: self.onward,
            may_skip: false,
            trouble,
        }
    }

    /// The page's address; `None` where it would be too long.
    fn address(&self, flow: &Flow<'_>, trouble: Option<Trouble>) -> Result<Option<String>, Failure> {
        let mut address = match self.front {
            Some(front) => match flow.address(Target::SecondFactor, &front.waiting, None)? {
                Some(address) => address,
                None => return Ok(None),
            },
            None => format!("{}?", flow.site.page_path(Target::SecondFactor)),
        };
        if let Some(half) = self.half {
            form_encode(&mut address, "half", &half.seal(flow.state, flow.site, flow.browser)?);
        }
        if let Some(onward) = self.onward {
            form_encode(&mut address, "to", onward.name());
        }
        if let Some(trouble) = trouble {
            trouble.put(&mut address);
        }
        Ok((address.len() <= LONGEST_ADDRESS).then_some(address))
    }
}

/// Who stands in front of the page.
enum Who {
    HalfWay(Box<HalfWay>, Box<Verified>),
    SignedIn(Box<SignedIn>),
}

impl Who {
    async fn of(flow: &Flow<'_>, params: &Params<'_>) -> Result<Option<Self>, Failure> {
        let (state, site) = (flow.state, flow.site);
        if let Some(text) = params.get("half") {
            let Some(half) = HalfWay::open(text, state, site, flow.browser) else { return Ok(None) };
            let verified = half.verified(state, site).await?;
            return Ok(verified.map(|verified| Self::HalfWay(Box::new(half), Box::new(verified))));
        }
        Ok(signed_in(state, site, flow.browser, "").await?.map(|who| Self::SignedIn(Box::new(who))))
    }

    fn user(&self) -> &User {
        match self {
            Self::HalfWay(_, verified) => &verified.user,
            Self::SignedIn(who) => &who.user,
        }
    }

    const fn half(&self) -> Option<&HalfWay> {
        match self {
            Self::HalfWay(half, _) => Some(half),
            Self::SignedIn(_) => None,
        }
    }

    /// The session after something was proved.
    async fn begin(&self, flow: &Flow<'_>, proved: Proved) -> Result<Option<Begun>, Failure> {
        let (state, site, now) = (flow.state, flow.site, flow.state.clock.now());
        match self {
            Self::HalfWay(half, verified) => {
                half.first.complete(state, site, &verified.user.id).await?;
                let (how, auth_time) = (half.first.how.clone().with(proved, now), half.first.auth_time);
                begin_session_of(state, site, (flow.incoming, flow.browser), verified, how, auth_time).await
            }
            Self::SignedIn(who) => {
                let how = who.session.how.as_deref().cloned().unwrap_or_default().with(proved, now);
                step_up(state, site, (flow.incoming, flow.browser), who, How { remembered: false, ..how }).await
            }
        }
    }
}

async fn open(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(flow.incoming.query().as_bytes())?;
    let trouble = Trouble::read(params.get("problem"), params.get("seconds"));
    let onward = params.get("to").and_then(Onward::named);
    if params.get("half").is_none() && params.get("request").is_some() {
        return resume(&flow.with_trouble(trouble)).await;
    }
    let front = match params.get("request") {
        None => None,
        Some(sealed) => match flow.find(sealed).await? {
            Found::Here(front) => Some(front),
            Found::Elsewhere(front) => return start_over(flow, Some(flow.in_this_browser(front)), onward).await,
            Found::Ended(answer) => return Ok(answer),
        },
    };
    let Some(who) = Who::of(flow, &params).await? else { return start_over(flow, front, onward).await };
    let way = Way { front: front.as_ref(), half: who.half(), onward };
    let is_set_up = params.get("act") == Some("set-up");
    if is_set_up && params.get("kind") == Some(FactorKind::Passkey.name()) {
        let factors = flow.state.store.factors(&flow.site.realm.id, &who.user().id).await?;
        if may_add(flow, &who, &factors).await? {
            return passkeys::page(flow, &way, &who, trouble).await;
        }
        return Ok(see_other(&sign_in_address(flow, onward)));
    }
    let face = way.face(flow, who.user(), trouble);
    let who = match &who {
        Who::HalfWay(..) => return face.of_half_way().await,
        Who::SignedIn(who) => who,
    };
    let kinds = &flow.site.realm.sign_in.second_factor_kinds;
    // One more beside what they have, or the first.
    let shown = if is_set_up {
        if may_set_up(flow, who).await? { Some(face.set_up().await?) } else { None }
    } else {
        face.of_signed_in(who, kinds).await?
    };
    match shown {
        Some(answer) => Ok(answer),
        None => Ok(see_other(&sign_in_address(flow, onward))),
    }
}

/// Whether somebody may set something up: they signed in just now, and proved what they have.
async fn may_set_up(flow: &Flow<'_>, who: &SignedIn) -> Result<bool, Failure> {
    if !face::is_recent(who, flow.state.clock.now()) {
        return Ok(false);
    }
    let is_proved = who.session.how.as_ref().is_some_and(|how| how.level(&flow.site.realm) > 1);
    Ok(is_proved || !has_any(&flow.state.store.factors(&flow.site.realm.id, &who.user.id).await?))
}

/// Nobody is known here any more: the sign-in page, or what else the request leads to.
async fn start_over(flow: &Flow<'_>, front: Option<Front>, onward: Option<Onward>) -> Result<Answer, Failure> {
    match front {
        Some(Front { waiting, entry }) => {
            Box::pin(flow.advance(&entry.client, &waiting.request, Some(&waiting), None)).await
        }
        None => Ok(see_other(&sign_in_address(flow, onward))),
    }
}

/// The sign-in page, also for somebody who is signed in.
pub(crate) fn sign_in_address(flow: &Flow<'_>, onward: Option<Onward>) -> String {
    let path = flow.site.page_path(Target::SignIn);
    onward.map_or(path.clone(), |onward| format!("{path}?to={}", onward.name()))
}

async fn take(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let params = Params::form(&flow.incoming.body)?;
    let onward = params.get("to").and_then(Onward::named);
    let front = match params.get("pending") {
        None => None,
        Some(sealed) => match flow.find(sealed).await? {
            Found::Here(front) => Some(front),
            Found::Elsewhere(front) => return start_over(flow, Some(flow.in_this_browser(front)), onward).await,
            Found::Ended(answer) => return Ok(answer),
        },
    };
    let Some(who) = Who::of(flow, &params).await? else { return start_over(flow, front, onward).await };
    let id = front.as_ref().map(|front| &front.waiting.id);
    let token = params.get("csrf").unwrap_or_default();
    let is_own = flow.browser.is_own_form(site, flow.incoming, &state.secrets.forms, id, token);
    match params.get("act") {
        _ if !is_own => back(flow, front.as_ref(), &who, onward, Trouble::Again).await,
        Some("skip") => skip(flow, front, onward).await,
        Some("go-on") if front.is_none() => Ok(see_other(&Onward::path(onward, site))),
        Some("go-on") => start_over(flow, front, onward).await,
        Some("passkey") => passkeys::show(flow, front, who, onward, &params).await,
        Some("set-up-passkey") => passkeys::set_up(flow, front, who, onward, &params).await,
        Some("set-up") => set_up(flow, front, who, onward, &params).await,
        _ => prove(flow, front, who, onward, &params).await,
    }
}

/// The page once more, which says why.
async fn back(
    flow: &Flow<'_>,
    front: Option<&Front>,
    who: &Who,
    onward: Option<Onward>,
    trouble: Trouble,
) -> Result<Answer, Failure> {
    tracing::info!(?trouble, "second factor refused");
    let way = Way { front, half: who.half(), onward };
    if let Some(address) = way.address(flow, Some(trouble))? {
        return Ok(with_browser(see_other(&address), flow.site, flow.browser));
    }
    let face = way.face(flow, who.user(), Some(trouble));
    match who {
        Who::HalfWay(..) => face.of_half_way().await,
        Who::SignedIn(who) => {
            let shown = face.of_signed_in(who, &flow.site.realm.sign_in.second_factor_kinds).await?;
            Ok(shown.unwrap_or_else(|| see_other(&sign_in_address(flow, onward))))
        }
    }
}

/// Goes on without, where the request lets it.
async fn skip(flow: &Flow<'_>, front: Option<Front>, onward: Option<Onward>) -> Result<Answer, Failure> {
    let Some(mut front) = front else { return Ok(see_other(&Onward::path(onward, flow.site))) };
    if let Some(acr) = front.waiting.request.claims.acr.as_mut().filter(|acr| !acr.essential) {
        acr.values.clear();
    }
    match flow.address(Target::Consent, &front.waiting, None)? {
        Some(address) => Ok(see_other(&address)),
        None => start_over(flow, Some(front), onward).await,
    }
}

/// A code was typed.
async fn prove(
    flow: &Flow<'_>,
    front: Option<Front>,
    who: Who,
    onward: Option<Onward>,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let typed = params.get("code").unwrap_or_default();
    let kinds = &site.realm.sign_in.second_factor_kinds;
    let proved = match check::prove(state, site, who.user(), typed, kinds, flow.incoming.client).await {
        Ok(Some(proved)) => proved,
        Ok(None) => {
            flow.scene().note(&who.user().id, ActivityKind::Refused, "").await;
            return back(flow, front.as_ref(), &who, onward, Trouble::Wrong).await;
        }
        Err(Failure::Refusal(Refusal::Braked { seconds, .. })) => {
            return back(flow, front.as_ref(), &who, onward, Trouble::Locked(seconds)).await;
        }
        Err(failure) => return Err(failure),
    };
    prove_with(flow, front, who, onward, params, proved).await
}

/// Goes on as somebody who has proved what was asked for.
async fn prove_with(
    flow: &Flow<'_>,
    front: Option<Front>,
    who: Who,
    onward: Option<Onward>,
    params: &Params<'_>,
    proved: Proved,
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let Some(mut begun) = who.begin(flow, proved).await? else {
        return start_over(flow, front, onward).await;
    };
    if params.get("remember").is_some() && who.half().is_some() {
        begun.1.extend(remembered::remember(state, site, flow.incoming, flow.browser, who.user()).await?);
    }
    go_on(flow, front, onward, SignInStep::SecondFactor, begun).await
}

/// The first code of an authenticator app that is being set up.
async fn set_up(
    flow: &Flow<'_>,
    front: Option<Front>,
    who: Who,
    onward: Option<Onward>,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let (state, site, now) = (flow.state, flow.site, flow.state.clock.now());
    let (realm, user) = (site.realm.id.as_str(), who.user().id.as_str());
    let factors = state.store.factors(realm, user).await?;
    let may = may_add(flow, &who, &factors).await?;
    let shown = params.get("secret").and_then(|text| Shown::open(text, state, site, flow.browser, user));
    let (true, Some(shown)) = (may, shown) else {
        return back(flow, front.as_ref(), &who, onward, Trouble::Again).await;
    };
    let secret = shown.secret();
    let typed: String = params.get("code").unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let way = Way { front: front.as_ref(), half: who.half(), onward };
    let Some(step) = secret.step_of(&typed, now, 0) else {
        // The same secret once more: the app has it already.
        return way.face(flow, who.user(), Some(Trouble::Wrong)).set_up_of(&shown).await;
    };
    let app = authenticator(&state.secrets, (realm, user), &secret, step, now)?;
    let Some(codes) = add(flow, &who, app, has_any(&factors)).await? else {
        return back(flow, front.as_ref(), &who, onward, Trouble::Again).await;
    };
    tracing::info!("an authenticator app was set up");
    after_set_up(flow, front, who, onward, Proved::Totp, &codes).await
}

/// Whether somebody may add something: what they have is proved first.
async fn may_add(flow: &Flow<'_>, who: &Who, factors: &[Factor]) -> Result<bool, Failure> {
    match who {
        Who::HalfWay(..) => Ok(!has_any(factors)),
        Who::SignedIn(signed_in) => may_set_up(flow, signed_in).await,
    }
}

/// Goes on as somebody who has proved what they set up; shows the recovery codes that came with it.
async fn after_set_up(
    flow: &Flow<'_>,
    front: Option<Front>,
    who: Who,
    onward: Option<Onward>,
    proved: Proved,
    codes: &[zeroize::Zeroizing<String>],
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    flow.scene().note(&who.user().id, ActivityKind::FactorAdded, "").await;
    // They are another one since: what was known of them before is.
    let who = match who {
        Who::HalfWay(half, _) => {
            let verified = half.verified(state, site).await?;
            verified.map(|verified| Who::HalfWay(half, Box::new(verified)))
        }
        Who::SignedIn(_) => signed_in(state, site, flow.browser, "").await?.map(|who| Who::SignedIn(Box::new(who))),
    };
    let Some(who) = who else { return start_over(flow, front, onward).await };
    let Some((session, cookies)) = who.begin(flow, proved).await? else {
        return start_over(flow, front, onward).await;
    };
    if codes.is_empty() {
        return go_on(flow, front, onward, SignInStep::SecondFactor, (session, cookies)).await;
    }
    // The page that comes next belongs to the new session, and shows the codes this once.
    let browser = &flow.browser.with_session(session);
    let flow = Flow::new(state, site, flow.incoming, browser);
    let way = Way { front: front.as_ref(), half: None, onward };
    let mut answer = way.face(&flow, who.user(), None).codes(codes)?;
    answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

/// Stores a factor, with recovery codes where it is the first; `None` where it is there already, or its user is gone.
async fn add(
    flow: &Flow<'_>,
    who: &Who,
    factor: Factor,
    has_others: bool,
) -> Result<Option<Vec<zeroize::Zeroizing<String>>>, Failure> {
    let (state, realm, now) = (flow.state, &flow.site.realm, flow.state.clock.now());
    let owner = (realm.id.as_str(), who.user().id.as_str());
    let mut new = vec![factor];
    let mut codes = Vec::new();
    if !has_others && realm.sign_in.second_factor_kinds.contains(&FactorKind::RecoveryCode) {
        for (code, factor) in recovery_codes(&state.secrets, owner, now) {
            codes.push(code);
            new.push(factor);
        }
    }
    let added = state.store.add_factors(owner.0, owner.1, new, now, now + realm.longest_token()).await?;
    Ok(added.then_some(codes))
}
