//! What a user may be: the one place that decides it, for realm files and for operators.

use super::details::{self, Wrong};
use super::{User, is_mail_address};
use crate::dialect::OrganisationChoice;
use crate::realm::Realm;
use crate::text::{NOT_A_NAME, is_name, shortened};
use std::fmt;

/// Something that is wrong with a user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There is no name to sign in with.
    NoUsername,
    /// The name to sign in with holds what no name holds.
    Username,
    /// So does what people call them.
    Name,
    /// The address is none.
    Email,
    /// An address that is not there cannot be known to be theirs.
    NoEmail,
    /// They belong to an organisation that does not exist.
    UnknownOrganisation {
        /// Its place in the list.
        index: usize,
        /// Its id.
        id: String,
    },
    /// A service user belongs to one organisation.
    ServiceOrganisations,
    /// A service user administers nothing.
    ServiceAdministrator,
    /// A claim, a group, a role or an attribute is not what it must be.
    Detail(Wrong),
}

impl Problem {
    /// The key of a realm file that it is about.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoUsername | Self::Username => "username",
            Self::Name => "name",
            Self::Email => "email",
            Self::NoEmail => "email-verified",
            Self::UnknownOrganisation { .. } | Self::ServiceOrganisations => "organisations",
            Self::ServiceAdministrator => "administrator",
            Self::Detail(wrong) => wrong.field,
        }
    }

    /// What to do about it.
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Username | Self::Name => Some("leave out controls and bidirectional controls"),
            Self::ServiceOrganisations => Some("its tokens say which one; make a service user for each"),
            Self::ServiceAdministrator => Some("its password lies in somebody's program"),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUsername => "it is empty",
            Self::Username | Self::Name => NOT_A_NAME,
            Self::Email => "this is not a mail address",
            Self::NoEmail => "there is no address that could be known to be theirs",
            Self::UnknownOrganisation { id, .. } => return write!(f, "there is no organisation `{id}`"),
            Self::ServiceOrganisations => "a service user belongs to exactly one organisation here",
            Self::ServiceAdministrator => "a service user cannot be an administrator",
            Self::Detail(Wrong { name, why, .. }) if name.is_empty() => why,
            Self::Detail(Wrong { name, why, .. }) => return write!(f, "`{}`: {why}", shortened(name, 60)),
        })
    }
}

/// Everything that is wrong with a user of this realm; `knows` says whether there is an organisation of an id.
pub fn check(user: &User, realm: &Realm, knows: impl Fn(&str) -> bool) -> Vec<Problem> {
    let tied = realm.dialect.organisation != OrganisationChoice::None;
    let unknown = user.organisations.iter().enumerate().filter(|(_, id)| !knows(id));
    let unknown = unknown.map(|(index, id)| Problem::UnknownOrganisation { index, id: id.clone() });
    let others = [
        user.username.trim().is_empty().then_some(Problem::NoUsername),
        (!is_name(&user.username)).then_some(Problem::Username),
        user.name.as_deref().is_some_and(|name| !is_name(name)).then_some(Problem::Name),
        user.email.as_deref().is_some_and(|email| !is_mail_address(email)).then_some(Problem::Email),
        (user.email_verified && user.email.is_none()).then_some(Problem::NoEmail),
        (user.service && tied && user.organisations.len() != 1).then_some(Problem::ServiceOrganisations),
        (user.service && user.administrator).then_some(Problem::ServiceAdministrator),
    ];
    let details = details::check(user, &realm.claims.locales).into_iter().map(Problem::Detail);
    unknown.chain(others.into_iter().flatten()).chain(details).collect()
}

crate::rules! { Problem:
    Self::NoUsername => "user-no-username";
    Self::Username => "user-username";
    Self::Name => "user-name";
    Self::Email => "user-email";
    Self::NoEmail => "user-no-email";
    Self::UnknownOrganisation { id, .. } => "user-unknown-organisation", id = id;
    Self::ServiceOrganisations => "user-service-organisations";
    Self::ServiceAdministrator => "user-service-administrator";
    Self::Detail(Wrong { name, why, .. }) => "user-detail", name = shortened(name, 60), why = why;
}
