//! How a client's users are named to it, and what it is told of them.

use super::{Facts, Problem, problems};
use crate::claim_rule;
use crate::client::{Identity, IdentityProblem, SubjectType, host_of};

impl<'a> Facts<'a> {
    /// A pairwise name is for a sector: one host, or what `sector_identifier_uri` says (OpenID Connect Core 8.1).
    pub(super) fn identity(self) -> impl Iterator<Item = Problem> + use<'a> {
        let Identity { subject_type, sector_identifier_uri, claims } = &self.asked.identity;
        let loopback = self.realm.requests.loopback;
        let bad_uri = sector_identifier_uri
            .as_ref()
            .filter(|uri| !super::requests::is_reachable(uri, loopback) || uri.contains('#'));
        let needs_sector = *subject_type == SubjectType::Pairwise && sector_identifier_uri.is_none();
        let several = needs_sector && sole_host(&self.asked.redirect_uris).is_none();
        let wrong = claim_rule::check(claims, true, |scope| self.realm.scope(scope).is_some());
        let wrong = wrong.into_iter().map(IdentityProblem::Claim).map(Problem::Identity);
        problems([
            bad_uri.map(|uri| Problem::Identity(IdentityProblem::SectorIdentifierUri { uri: uri.clone() })),
            several.then_some(Problem::Identity(IdentityProblem::SeveralSectors)),
        ])
        .chain(wrong)
    }
}

/// The one host of these addresses, as it is compared; `None` where there are several, or none.
fn sole_host(uris: &[String]) -> Option<String> {
    let mut hosts = uris.iter().map(|uri| host_of(uri));
    let first = hosts.next()??;
    hosts.all(|host| host.as_ref() == Some(&first)).then_some(first)
}
