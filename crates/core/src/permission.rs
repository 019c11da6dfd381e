//! What operators may do: permissions, and the roles that give them.
//!
//! In an admin realm each permission is a scope by its own name (RFC 6749 3.3), so that a client is given some of them. A token
//! says what its client may do; the role of whom it stands for says what they may do; both are asked.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares an enum whose variants have names.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($(#[$of:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $kind { $($(#[$of])* #[serde(rename = $name)] $variant,)* }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is spelled.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl std::str::FromStr for $kind {
            type Err = String;

            /// # Errors
            /// There is none of this name; says which there are.
            fn from_str(name: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.name() == name);
                found.ok_or_else(|| {
                    let all: Vec<_> = Self::ALL.iter().map(|one| one.name()).collect();
                    format!("there is: {}", all.join(", "))
                })
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// What is administered.
    Resource {
        /// Apps.
        Apps = "apps",
        /// Their secrets.
        Secrets = "secrets",
        /// Signing keys of realms.
        Keys = "keys",
        /// The keys that everything else is sealed under or made with, of all realms at once.
        MasterKeys = "master-keys",
        /// Users.
        Users = "users",
        /// Companies or sites, their members, and which apps may act for them.
        Organisations = "organisations",
        /// Which apps may act, for whom.
        Grants = "grants",
        /// What users let apps do.
        Consents = "consents",
        /// The browsers in which somebody is signed in.
        Sessions = "sessions",
        /// Licences.
        Seats = "seats",
        /// Scopes of a realm.
        Scopes = "scopes",
        /// APIs of a realm.
        Apis = "apis",
        /// Realms.
        Realms = "realms",
        /// The log of what operators did.
        Audit = "audit",
        /// Whom the server calls when something happens.
        Webhooks = "webhooks",
        /// The log of requests.
        Log = "log",
        /// Who uses what the standards have left behind.
        Legacy = "legacy",
        /// How the server is.
        Health = "health",
        /// Who may administer.
        Roles = "roles",
    }
}

named! {
    /// What is done with it.
    Verb {
        /// It is looked at.
        Read = "read",
        /// It is made, changed, stopped or removed.
        Write = "write",
        /// It is approved or rejected.
        Approve = "approve",
        /// It is ended.
        Revoke = "revoke",
    }
}

/// One thing that may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// With what.
    pub resource: Resource,
    /// What.
    pub verb: Verb,
}

const fn of(resource: Resource, verb: Verb) -> Permission {
    Permission { resource, verb }
}

impl Permission {
    /// All that there are.
    pub const ALL: &'static [Self] = &[
        of(Resource::Apps, Verb::Read),
        of(Resource::Apps, Verb::Write),
        of(Resource::Apps, Verb::Approve),
        of(Resource::Secrets, Verb::Read),
        of(Resource::Secrets, Verb::Write),
        of(Resource::Keys, Verb::Read),
        of(Resource::Keys, Verb::Write),
        of(Resource::MasterKeys, Verb::Write),
        of(Resource::Users, Verb::Read),
        of(Resource::Users, Verb::Write),
        of(Resource::Organisations, Verb::Read),
        of(Resource::Organisations, Verb::Write),
        of(Resource::Grants, Verb::Read),
        of(Resource::Grants, Verb::Revoke),
        of(Resource::Consents, Verb::Read),
        of(Resource::Consents, Verb::Revoke),
        of(Resource::Sessions, Verb::Read),
        of(Resource::Sessions, Verb::Revoke),
        of(Resource::Seats, Verb::Read),
        of(Resource::Seats, Verb::Revoke),
        of(Resource::Scopes, Verb::Read),
        of(Resource::Apis, Verb::Read),
        of(Resource::Realms, Verb::Read),
        of(Resource::Realms, Verb::Write),
        of(Resource::Audit, Verb::Read),
        of(Resource::Webhooks, Verb::Read),
        of(Resource::Webhooks, Verb::Write),
        of(Resource::Log, Verb::Read),
        of(Resource::Legacy, Verb::Read),
        of(Resource::Health, Verb::Read),
        of(Resource::Roles, Verb::Read),
        of(Resource::Roles, Verb::Write),
    ];

    /// The permission to do this; it is one where [`Permission::ALL`] has it.
    pub const fn new(resource: Resource, verb: Verb) -> Self {
        of(resource, verb)
    }

    /// As a scope spells it: `apps:read`.
    pub fn name(self) -> String {
        format!("{}:{}", self.resource, self.verb)
    }

    /// The permission of this name.
    pub fn named(name: &str) -> Option<Self> {
        let (resource, verb) = name.split_once(':')?;
        Self::ALL.iter().copied().find(|one| one.resource.name() == resource && one.verb.name() == verb)
    }

    /// Whether nothing changes by it.
    pub fn only_reads(self) -> bool {
        self.verb == Verb::Read
    }

    /// What whoever has it may do, for the consent page.
    pub fn sentence(self) -> String {
        let verb = match self.verb {
            Verb::Read => "See",
            Verb::Write => "Change",
            Verb::Approve => "Approve and reject",
            Verb::Revoke => "End",
        };
        let resource = match self.resource {
            Resource::Apps => "apps",
            Resource::Secrets => "the secrets of apps, though not their values",
            Resource::Keys => "signing keys",
            Resource::MasterKeys => "the keys that everything else is sealed under",
            Resource::Users => "users",
            Resource::Organisations => "organisations, their members and the apps that may act for them",
            Resource::Grants => "what apps were given",
            Resource::Consents => "what users let apps do",
            Resource::Sessions => "where users are signed in",
            Resource::Seats => "who holds licences",
            Resource::Scopes => "the scopes of realms",
            Resource::Apis => "the APIs of realms",
            Resource::Realms => "realms",
            Resource::Audit => "who did what",
            Resource::Webhooks => "who is called when something happens",
            Resource::Log => "the log of requests",
            Resource::Legacy => "who uses old behaviours",
            Resource::Health => "how the server is",
            Resource::Roles => "who may administer",
        };
        format!("{verb} {resource}")
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.verb)
    }
}

named! {
    /// What somebody who administers is.
    Role {
        /// May do everything, and says who else may.
        Owner = "owner",
        /// May do everything but that, and leaves the keys that all else rests on alone.
        Operator = "operator",
        /// Looks at apps, and approves or rejects them.
        Reviewer = "reviewer",
        /// Looks at everything, and changes nothing.
        Auditor = "auditor",
    }
}

impl Role {
    /// Whether the role gives a permission.
    pub fn may(self, permission: Permission) -> bool {
        match self {
            Self::Owner => true,
            Self::Operator => {
                permission != of(Resource::Roles, Verb::Write) && permission.resource != Resource::MasterKeys
            }
            Self::Reviewer => permission == of(Resource::Apps, Verb::Approve) || Self::reviewer_sees(permission),
            Self::Auditor => permission.only_reads(),
        }
    }

    fn reviewer_sees(permission: Permission) -> bool {
        permission.only_reads()
            && matches!(
                permission.resource,
                Resource::Apps
                    | Resource::Users
                    | Resource::Organisations
                    | Resource::Grants
                    | Resource::Scopes
                    | Resource::Apis
                    | Resource::Realms
                    | Resource::Log
                    | Resource::Legacy
                    | Resource::Health
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(role: Role, name: &str) -> bool {
        role.may(Permission::named(name).unwrap())
    }

    #[test]
    fn roles_give_what_they_say() {
        assert!(Permission::ALL.iter().all(|one| Role::Owner.may(*one)));
        let not_operators: Vec<_> =
            Permission::ALL.iter().filter(|one| !Role::Operator.may(**one)).map(|one| one.name()).collect();
        assert_eq!(not_operators, ["master-keys:write", "roles:write"]);
        assert!(may(Role::Reviewer, "apps:approve") && may(Role::Reviewer, "apps:read"));
        assert!(!may(Role::Reviewer, "apps:write") && !may(Role::Reviewer, "audit:read"));
        assert!(!may(Role::Reviewer, "secrets:read"));
        assert!(Permission::ALL.iter().all(|one| Role::Auditor.may(*one) == one.only_reads()));
    }

    #[test]
    fn names_lead_back() {
        for one in Permission::ALL {
            assert_eq!(Permission::named(&one.name()), Some(*one));
        }
        assert_eq!(Permission::named("health:write"), None);
        assert_eq!("owner".parse::<Role>(), Ok(Role::Owner));
        assert!("root".parse::<Role>().unwrap_err().contains("owner, operator"));
    }
}
