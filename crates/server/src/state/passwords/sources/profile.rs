//! What somebody else says of a user.

use claviger_core::User;
use claviger_core::user::Organisation;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is known of a user elsewhere. What is absent is not said, and stays as it is here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    /// What they are known by for ever; `sub`.
    #[serde(alias = "sub")]
    pub(crate) id: Option<String>,
    /// The name to sign in with, where it is not what was typed.
    pub(crate) username: Option<String>,
    /// What people call them.
    pub(crate) name: Option<String>,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: Option<bool>,
    pub(crate) locale: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) organisations: Option<Vec<Belongs>>,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) roles: Option<Vec<String>>,
    /// Roles in organisations, by their ids.
    pub(crate) organisation_roles: Option<BTreeMap<String, Vec<String>>>,
}

/// An organisation, by its id or with its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Belongs {
    Id(String),
    Named(Organisation),
}

impl Belongs {
    /// The organisation; one of which nothing but the id is known is called by it.
    pub(crate) fn organisation(&self) -> Organisation {
        match self {
            Self::Id(id) => Organisation { id: id.clone(), name: id.clone(), kind: String::new() },
            Self::Named(organisation) => organisation.clone(),
        }
    }
}

impl Profile {
    /// A user as this says they are; `username` is what was typed.
    pub(crate) fn new_user(self, id: String, username: &str) -> User {
        self.applied_to(User::new(id, username))
    }

    /// A user with what this says of them.
    pub(crate) fn applied_to(self, mut user: User) -> User {
        let set = |place: &mut Option<String>, said: Option<String>| {
            if let Some(text) = said {
                *place = Some(text).filter(|text| !text.is_empty());
            }
        };
        if let Some(username) = self.username {
            user.username = username;
        }
        set(&mut user.name, self.name);
        set(&mut user.given_name, self.given_name);
        set(&mut user.family_name, self.family_name);
        let before = user.email.clone();
        set(&mut user.email, self.email);
        // Another address is not known to be theirs because the one before was.
        let is_same = user.email == before && user.email.is_some();
        user.email_verified = self.email_verified.unwrap_or(user.email_verified && is_same) && user.email.is_some();
        for (name, said) in [("locale", self.locale), ("phone_number", self.phone_number)] {
            match said {
                Some(text) if text.is_empty() => drop(user.details.claims.shift_remove(name)),
                Some(text) => drop(user.details.claims.insert(name.to_owned(), text.into())),
                None => {}
            }
        }
        if let Some(organisations) = self.organisations {
            user.organisations.clear();
            for organisation in organisations.iter().map(Belongs::organisation) {
                if !user.organisations.contains(&organisation.id) {
                    user.organisations.push(organisation.id);
                }
            }
            let kept = &user.organisations;
            user.details.organisation_roles.retain(|id, _| kept.contains(id));
        }
        user.details.groups = self.groups.unwrap_or(user.details.groups);
        user.details.roles = self.roles.unwrap_or(user.details.roles);
        user.details.organisation_roles = self.organisation_roles.unwrap_or(user.details.organisation_roles);
        user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays_and_another_address_is_not_known_to_be_theirs() {
        let first = Profile { email: Some("a@x.example".into()), email_verified: Some(true), ..Profile::default() };
        let user = first.new_user("u1".into(), "ada");
        assert!(user.email_verified && user.username == "ada");
        let organisations = vec![Belongs::Id("acme".into()), Belongs::Id("acme".into())];
        let roles = BTreeMap::from([("acme".to_owned(), vec!["editor".to_owned()])]);
        let second = Profile {
            name: Some("Ada".into()),
            organisations: Some(organisations),
            organisation_roles: Some(roles),
            ..Profile::default()
        };
        let user = second.applied_to(user);
        assert!(user.email_verified && user.email.as_deref() == Some("a@x.example"));
        assert_eq!((user.name.as_deref(), &*user.organisations), (Some("Ada"), &["acme".to_owned()][..]));
        let third = Profile {
            email: Some("b@x.example".into()),
            name: Some(String::new()),
            organisations: Some(vec![]),
            ..Profile::default()
        };
        let user = third.applied_to(user);
        assert!(!user.email_verified && user.name.is_none());
        assert!(user.organisations.is_empty() && user.details.organisation_roles.is_empty());
    }
}
