//! Which tokens a client may exchange, and what the realm needs for its grants.

use super::{Facts, Problem, problems};
use crate::client::{ExchangePolicy, GrantType};

impl<'a> Facts<'a> {
    /// Grants that the realm has to be ready for.
    pub(super) fn realm_grants(self) -> impl Iterator<Item = Problem> + use<'a> {
        let unready = |grant: GrantType, needs: &'static str| {
            let is_barred =
                self.may(grant) && self.realm.dialect.serves_grant(grant) && !self.realm.serves_grant(grant);
            is_barred.then_some(Problem::GrantNeeds { grant, needs })
        };
        problems([
            unready(GrantType::TokenExchange, "token-exchange = true under [tokens]"),
            unready(GrantType::JwtBearer, "an [[assertion-issuer]]"),
        ])
    }

    /// RFC 8693 2.1: only who is told from others may exchange, and only what was named.
    pub(super) fn exchange(self) -> impl Iterator<Item = Problem> + use<'a> {
        let may = self.may(GrantType::TokenExchange);
        let policy = self.asked.token_exchange.as_deref();
        let wrong = |why: String| Problem::Exchange { why };
        let whole = problems([
            (may && self.is_public()).then(|| wrong("a public client exchanges no tokens: anybody could".to_owned())),
            (may && policy.is_none_or(ExchangePolicy::admits_nothing)).then(|| {
                wrong("it may exchange tokens, and nobody's are named (clients, tokens-for, issuers)".to_owned())
            }),
            (!may && policy.is_some()).then(|| wrong("it does not have the grant token_exchange".to_owned())),
        ]);
        whole.chain(policy.into_iter().flat_map(move |policy| self.names_of(policy)))
    }

    /// What a policy names exists.
    fn names_of(self, policy: &'a ExchangePolicy) -> impl Iterator<Item = Problem> + use<'a> {
        let realm = self.realm;
        let apis = policy.tokens_for.iter().chain(&policy.audiences);
        let apis = apis.filter(move |name| realm.api(name).is_none() && **name != realm.issuer);
        let apis = apis.map(|name| format!("there is no API with the audience `{name}`"));
        let issuers = policy.issuers.iter().filter(move |name| realm.assertion_issuer(name).is_none());
        let issuers = issuers.map(|name| format!("there is no [[assertion-issuer]] `{name}`"));
        let scopes = policy.scope.iter().filter(move |name| !self.scope.contains(name));
        let scopes = scopes.map(|name| format!("the scope `{name}` is not among the client's own"));
        apis.chain(issuers).chain(scopes).map(|why| Problem::Exchange { why })
    }
}
