//! Whom somebody else found right is a user of the realm: made, or changed to what is said of them now.

use super::{Adopted, Profile, Unsaid, is_kept};
use crate::ids;
use crate::state::hashing::normal_form;
use crate::state::passwords::{Passwords, Unchecked};
use claviger_core::User;
use claviger_core::token::Plain;
use claviger_core::user::rules;
use claviger_store::{Masked, StoredUser, id_text};
use std::collections::HashSet;

impl Passwords<'_> {
    /// The user, as they are stored from now on; `found` is who was found by what was typed. `None`: they are disabled.
    ///
    /// # Errors
    /// What is said contradicts what is known here; nothing can be hashed now, or the store cannot write.
    pub(crate) async fn adopt(
        &self,
        typed: &str,
        found: Option<&StoredUser>,
        profile: Profile,
        password: &Plain,
    ) -> Result<Option<Adopted>, Unchecked> {
        let (typed, now) = (typed.trim(), self.clock.now());
        let known = self.known(typed, found, &profile).await?;
        if known.as_ref().is_some_and(|known| known.disabled) {
            return Ok(None);
        }
        let said: Vec<_> = profile.organisations.iter().flatten().map(super::profile::Belongs::organisation).collect();
        let id = profile.id.clone();
        let mut user = match known.clone() {
            Some(known) => profile.applied_to(known),
            None => profile.new_user(id.unwrap_or_else(|| id_text(&ids::new(now))), typed),
        };
        let is_changed = known.as_ref() != Some(&user);
        if is_changed {
            user.details.updated_at = Some(now / 1000);
        }
        let there = self.store.organisations(&self.realm.id, &user.organisations).await?;
        let there: HashSet<&str> = there.iter().map(|organisation| organisation.id.as_str()).collect();
        let is_there = |id: &str| there.contains(id) || said.iter().any(|organisation| organisation.id == id);
        if let Some(problem) = rules::check(&user, self.realm, is_there).first() {
            return Err(Unsaid(format!("what is said of a user cannot be: {}: {problem}", problem.field())).into());
        }
        for organisation in said.iter().filter(|organisation| !there.contains(organisation.id.as_str())) {
            self.store.put_organisation(&self.realm.id, organisation, now).await?;
        }
        let hash =
            if is_kept(self.realm) { Some(Masked(self.hasher.hash(normal_form(password)).await?)) } else { None };
        if is_changed || hash.is_some() {
            self.store.put_user(&self.realm.id, &user, hash.clone(), now).await?;
        }
        let stored = self.store.user_to_verify(&self.realm.id, &user.id).await?;
        Ok(stored.map(|(stored, precondition)| Adopted { user: stored.user, hash: stored.password_hash, precondition }))
    }

    /// Whom a profile is of. An account with a password of its own, or with more rights than others, is nobody else's to give.
    async fn known(
        &self,
        typed: &str,
        found: Option<&StoredUser>,
        profile: &Profile,
    ) -> Result<Option<User>, Unchecked> {
        let contradicts =
            |why: &str| Err(Unsaid(format!("what is said of a user contradicts what is known: {why}")).into());
        let realm = &self.realm.id;
        if profile.id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 256 || id.chars().any(char::is_control)) {
            return contradicts("the id is none");
        }
        let name = profile.username.as_deref().unwrap_or(typed);
        let named = self.store.user_by_username(realm, name).await?;
        let of_id = match &profile.id {
            Some(id) => self.store.user(realm, id).await?,
            None => None,
        };
        let known = match (of_id, named.or_else(|| found.cloned())) {
            (Some(of_id), Some(named)) if of_id.user.id != named.user.id => {
                return contradicts("the name is another user's");
            }
            (None, Some(_)) if profile.id.is_some() => {
                return contradicts("the name belongs to a user with another id");
            }
            (Some(known), _) | (None, Some(known)) => known,
            (None, None) => return Ok(None),
        };
        if known.password_hash.is_some() {
            return contradicts("the user has a password here");
        }
        if known.user.administrator {
            return contradicts("the user administers the realm");
        }
        Ok(Some(known.user))
    }
}
