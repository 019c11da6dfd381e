//! Claims that a realm makes of what it knows of its users: groups, roles, organisations, attributes.
//!
//! A rule ([`ClaimRule`]) says the claim's name, what it is made of, which scope brings it and in which tokens it is. A client may
//! have rules of its own; one of the same name takes the place of the realm's.

mod value;

use crate::claim_rule::{ClaimRule, Place, is_reserved, path};
use crate::client::Client;
use crate::realm::Realm;
use crate::scope::ScopeSet;
use crate::user::User;
use crate::user::standard::scope_of;
use serde_json::{Map, Value};

/// The rules for a client: the realm's, as far as it has none of the same name, and its own.
pub fn rules<'a>(realm: &'a Realm, client: &'a Client) -> impl Iterator<Item = &'a ClaimRule> {
    let own = &client.identity.claims;
    let of_realm = realm.claims.rules.iter();
    of_realm.filter(move |rule| own.iter().all(|other| other.name != rule.name)).chain(own)
}

/// Whether there is nothing to do for a client.
pub fn is_unused(realm: &Realm, client: &Client) -> bool {
    realm.claims.rules.is_empty() && client.identity.claims.is_empty()
}

/// Which scope brings a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// This one.
    Scope(&'a str),
    /// It needs none.
    Free,
    /// There is no such claim.
    Nobody,
}

impl Owner<'_> {
    /// Whether a client with these scopes may have the claim.
    pub fn allows(self, scope: &ScopeSet) -> bool {
        match self {
            Self::Scope(name) => scope.contains(name),
            Self::Free => true,
            Self::Nobody => false,
        }
    }
}

/// Which scope brings a claim about a user, for a client.
pub fn owner<'a>(realm: &'a Realm, client: &'a Client, claim: &str) -> Owner<'a> {
    let named = |rule: &&ClaimRule| path(&rule.name).next() == Some(claim) || rule.name == claim;
    match rules(realm, client).find(named) {
        Some(ClaimRule { scope: Some(scope), .. }) => Owner::Scope(scope),
        Some(_) => Owner::Free,
        None => scope_of(claim).map_or(Owner::Nobody, Owner::Scope),
    }
}

/// What is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// Where.
    pub place: Place,
    /// Of whom; `None`: of a client that acts for itself.
    pub user: Option<&'a User>,
    /// What was granted.
    pub scope: &'a ScopeSet,
    /// The organisations that it was granted for.
    pub organisations: &'a [String],
    /// The claims that were asked for by name.
    pub names: &'a [String],
}

impl Telling<'_> {
    fn wants(&self, rule: &ClaimRule) -> bool {
        let by_scope = || rule.scope.as_ref().is_none_or(|scope| self.scope.contains(scope));
        let by_name = || self.names.iter().any(|name| path(&rule.name).next() == Some(name) || rule.name == *name);
        (rule.places.contains(&self.place) && by_scope()) || by_name()
    }
}

/// Adds what the rules for a client make of a user.
pub fn tell(realm: &Realm, client: &Client, telling: &Telling<'_>, told: &mut Map<String, Value>) {
    if is_unused(realm, client) {
        return;
    }
    for rule in rules(realm, client).filter(|rule| telling.wants(rule)) {
        if let Some(value) = value::of(rule, telling) {
            put(told, path(&rule.name), value);
        }
    }
}

/// Puts a value where a path leads; what is no table on the way stays as it is.
fn put<'a>(members: &mut Map<String, Value>, mut path: impl Iterator<Item = &'a str>, value: Value) {
    let Some(mut name) = path.next() else { return };
    if is_reserved(name) {
        return;
    }
    let mut members = members;
    for next in path {
        let within = members.entry(name).or_insert_with(|| Map::new().into());
        let Some(within) = within.as_object_mut() else { return };
        (members, name) = (within, next);
    }
    members.insert(name.to_owned(), value);
}

#[cfg(test)]
mod tests;
