//! A passkey in the place of a code: shown, or set up.

use super::{Way, Who, add, after_set_up, back, may_add, prove_with, start_over};
use crate::failure::Failure;
use crate::http::Answer;
use crate::people::factor::{Onward, Trouble, has_any};
use crate::people::flow::{Flow, Front};
use crate::people::passkey::challenge::Ceremony;
use crate::people::passkey::prove::{Made, Verdict, made, prove};
use crate::people::passkey::{form, kept};
use crate::people::user_agent::browser_of;
use claviger_core::Params;
use claviger_core::sign_in::{FactorKind, PasskeyUse, Proved};

/// How many passkeys somebody may have.
pub(crate) const MOST: usize = 20;
/// How long the name of a passkey may be, in characters.
const LONGEST_NAME: usize = 64;

/// What somebody calls a passkey: what they typed, as far as it fits a line.
pub(crate) fn name_typed(typed: &str) -> String {
    let line: String = typed.chars().filter(|letter| !letter.is_control()).collect();
    line.trim().chars().take(LONGEST_NAME).collect()
}

/// A passkey was shown.
pub(super) async fn show(
    flow: &Flow<'_>,
    front: Option<Front>,
    who: Who,
    onward: Option<Onward>,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let trouble = match prove(flow, params, Ceremony::SecondFactor, Some(who.user())).await? {
        Verdict::Proved(_, proved) => return prove_with(flow, front, who, onward, params, proved).await,
        Verdict::Again => Trouble::Again,
        Verdict::Wrong => Trouble::Passkey,
    };
    back(flow, front.as_ref(), &who, onward, trouble).await
}

/// A passkey is set up.
pub(super) async fn set_up(
    flow: &Flow<'_>,
    front: Option<Front>,
    who: Who,
    onward: Option<Onward>,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let (state, site, now) = (flow.state, flow.site, flow.state.clock.now());
    let (realm, user) = (site.realm.id.as_str(), who.user().id.as_str());
    let factors = state.store.factors(realm, user).await?;
    if !may_add(flow, &who, &factors).await? {
        return back(flow, front.as_ref(), &who, onward, Trouble::Again).await;
    }
    if factors.iter().filter(|factor| factor.kind == FactorKind::Passkey).count() >= MOST {
        return back(flow, front.as_ref(), &who, onward, Trouble::Passkey).await;
    }
    let made = match made(flow, params, who.user()).await? {
        Made::Passkey(made) => made,
        Made::Again => return back(flow, front.as_ref(), &who, onward, Trouble::Again).await,
        Made::Wrong => return back(flow, front.as_ref(), &who, onward, Trouble::Passkey).await,
    };
    let typed = name_typed(params.get("name").unwrap_or_default());
    let label = if typed.is_empty() { browser_of(flow.incoming) } else { typed };
    let factor = kept::factor(&state.secrets, [realm, user], &made, label, now)?;
    let Some(codes) = add(flow, &who, factor, has_any(&factors)).await? else {
        return back(flow, front.as_ref(), &who, onward, Trouble::Passkey).await;
    };
    tracing::info!("a passkey was set up");
    let way = PasskeyUse { verified: made.verified, synced: made.credential.backup_eligible };
    after_set_up(flow, front, who, onward, Proved::Passkey(way), &codes).await
}

/// The page on which one is set up; where the realm has none, the one before.
pub(super) async fn page(
    flow: &Flow<'_>,
    way: &Way<'_>,
    who: &Who,
    trouble: Option<Trouble>,
) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let user = who.user();
    let factors = state.store.factors(&site.realm.id, &user.id).await?;
    let face = way.face(flow, user, trouble);
    match form::set_up(state, site, flow.browser, user, &factors)? {
        Some(form) => face.set_up_passkey(form, browser_of(flow.incoming)).await,
        None => start_over(flow, None, way.onward).await,
    }
}
