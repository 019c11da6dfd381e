//! Second factors: what is kept of them, how they are checked, and the page in front of them.
//!
//! Nobody is signed in between the password and the second factor: the browser keeps a [`HalfWay`], sealed, which is good for
//! nothing but to go on. What is proved is used up in the database first, and a session begins after it.

pub(crate) mod check;
pub(crate) mod face;
pub(crate) mod half_way;
pub(crate) mod made;
pub(crate) mod remembered;

pub(crate) use face::{Face, Onward, Trouble};
pub(crate) use half_way::{First, HalfWay};

use claviger_core::sign_in::FactorKind;
use claviger_store::Factor;

/// What can be proved now: of these kinds, and not used up. Recovery codes go with whatever else is there.
pub(crate) fn usable<'f>(factors: &'f [Factor], kinds: &[FactorKind]) -> Vec<&'f Factor> {
    let is_there = |factor: &&Factor| kinds.contains(&factor.kind);
    let is_spent = |factor: &Factor| factor.kind == FactorKind::RecoveryCode && factor.used_at.is_some();
    factors.iter().filter(is_there).filter(|factor| !is_spent(factor)).collect()
}

/// Whether there is one that is no recovery code: those alone are no second factor.
pub(crate) fn has_any(factors: &[Factor]) -> bool {
    factors.iter().any(|factor| factor.kind != FactorKind::RecoveryCode)
}
