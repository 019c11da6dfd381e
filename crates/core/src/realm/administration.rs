//! A realm whose users and clients administer realms.

use super::{AccessTokenTyp, Api, Realm, Scope};
use crate::permission::Permission;
use serde::{Deserialize, Serialize};

/// What the users and clients of a realm administer, and where they do so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Administration {
    /// The ids of the realms that are administered; `*`: all.
    pub realms: Vec<String>,
    /// The path of the API below the issuer's own.
    pub api_path: String,
    /// The path of the console below the issuer's own.
    pub console_path: String,
}

/// What stands for every realm.
pub const EVERY_REALM: &str = "*";

impl Default for Administration {
    fn default() -> Self {
        Self { realms: Vec::new(), api_path: "/admin/v1".to_owned(), console_path: "/console".to_owned() }
    }
}

impl Administration {
    /// Whether the realm of this id is administered.
    pub fn covers(&self, realm: &str) -> bool {
        self.realms.iter().any(|one| one == EVERY_REALM || one == realm)
    }

    /// Whether every realm is, and with them what is none's in particular.
    pub fn covers_all(&self) -> bool {
        self.realms.iter().any(|one| one == EVERY_REALM)
    }
}

impl Realm {
    /// Whether its users and clients administer realms.
    pub const fn is_admin(&self) -> bool {
        self.administration.is_some()
    }

    /// The address of its admin API, which is the audience of tokens for it.
    pub fn admin_api(&self) -> Option<String> {
        Some(format!("{}{}", self.base(), self.administration.as_ref()?.api_path))
    }

    /// The address of its console.
    pub fn console(&self) -> Option<String> {
        Some(format!("{}{}", self.base(), self.administration.as_ref()?.console_path))
    }
}

/// Gives an admin realm what its tokens are made of, where it does not say so itself: the API (RFC 8707 2) and a scope for each
/// permission. `audience`: [`Realm::admin_api`].
pub fn complete(audience: &str, apis: &mut Vec<Api>, scopes: &mut Vec<Scope>) {
    if !apis.iter().any(|api| api.audience == audience) {
        apis.push(Api {
            audience: audience.to_owned(),
            name: "Administration".to_owned(),
            access_token: None,
            signing: None,
            access_token_ttl: None,
            implicit: false,
            typ: AccessTokenTyp::AtJwt,
        });
    }
    for permission in Permission::ALL {
        let name = permission.name();
        if !scopes.iter().any(|scope| scope.name == name) {
            scopes.push(Scope {
                name,
                sentence: permission.sentence(),
                sensitive: !permission.only_reads(),
                api: Some(audience.to_owned()),
                implicit: false,
                seat: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_realm_covers_what_it_names() {
        let some = Administration { realms: vec!["a".into()], ..Administration::default() };
        assert!(some.covers("a") && !some.covers("b") && !some.covers_all());
        let all = Administration { realms: vec!["*".into()], ..Administration::default() };
        assert!(all.covers("b") && all.covers_all());
        assert!(!Administration::default().covers("a"));
    }

    #[test]
    fn what_a_file_declares_itself_stays() {
        let own = Scope {
            name: "apps:read".into(),
            sentence: "See the apps".into(),
            sensitive: true,
            api: None,
            implicit: true,
            seat: None,
        };
        let (mut apis, mut scopes) = (vec![], vec![own.clone()]);
        complete("https://admin.example.com/admin/v1", &mut apis, &mut scopes);
        assert_eq!(apis.len(), 1);
        assert_eq!((scopes.len(), &scopes[0]), (Permission::ALL.len(), &own));
        let before = (apis.clone(), scopes.clone());
        complete("https://admin.example.com/admin/v1", &mut apis, &mut scopes);
        assert_eq!((apis, scopes), before, "twice is as once");
    }
}
