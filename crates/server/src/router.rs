//! The server's parts in one place, and the way of a request through them.

use crate::failure::{self, Failure};
use crate::http::{Answer, Handler, Incoming};
use crate::pages::Pages;
use crate::people::{self, show};
use crate::protocol;
use crate::state::brakes::Brakes;
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::followed::Followed;
use crate::state::hashing::Hasher;
use crate::state::health::Health;
use crate::state::keys::Keys;
use crate::state::meter::Meter;
use crate::state::recall::Recall;
use crate::state::revoked::Revoked;
use crate::state::secrets::Secrets;
use crate::state::sites::{Found, Site, Sites, Target};
use claviger_core::Dialect;
use claviger_core::dialect::Endpoint;
use claviger_core::token::Id;
use claviger_store::{Fault, Store};
use http::{Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Everything that answering a request needs.
pub struct App {
    /// The database.
    pub store: Store,
    /// The same, for what must not wait behind requests: the pulse, leases, brakes.
    pub(crate) aside: Store,
    /// The clock that goes with the database.
    pub clock: Clock,
    /// The server's own keys.
    pub secrets: Secrets,
    pub(crate) keys: Keys,
    /// Where passwords are hashed.
    pub hasher: Hasher,
    pub(crate) brakes: Brakes,
    pub(crate) pages: Pages,
    pub(crate) sites: Sites,
    pub(crate) clients: Clients,
    pub(crate) recall: Recall,
    pub(crate) revoked: Revoked,
    pub(crate) meter: Meter,
    pub(crate) followed: Followed,
    pub(crate) health: Health,
    /// There was a request since the time was last written down.
    pub(crate) was_asked: AtomicBool,
    /// This server's name among those that share the database.
    pub(crate) node: Id,
}

impl App {
    /// Answers everybody who waits for the next revocation: the server stops, nothing will come any more.
    pub fn end_feeds(&self) {
        self.revoked.advance(i64::MAX);
    }

    /// Ends a grant with all that came of it, here at once and elsewhere within a second.
    ///
    /// # Errors
    /// The store cannot write.
    pub(crate) async fn revoke_grant(&self, site: &Site, grant: &Id, why: &'static str) -> Result<(), Failure> {
        let now = self.clock.now();
        let until = now + site.realm.longest_token();
        self.store.revoke_grant(&site.realm.id, grant, why, now, until).await?;
        self.catch_up().await?;
        Ok(())
    }

    /// The answer to a request that a realm knows; `None` for one that none does.
    async fn respond(&self, incoming: &Incoming) -> Option<Answer> {
        if !self.was_asked.load(Ordering::Relaxed) {
            self.was_asked.store(true, Ordering::Relaxed);
        }
        let authority = incoming.authority();
        match self.sites.find(&self.store, &self.keys, &authority, incoming.path()).await {
            Ok(Some((site, target))) if target.is_from_memory() || self.is_current() => {
                Some(self.dispatch(&site, target, incoming).await)
            }
            found => Box::pin(self.respond_late(incoming, found)).await,
        }
    }

    /// The same where the site or this server is not up to date, or nobody knows the address: what is in memory is answered
    /// from there, and everything else when this server has caught up.
    async fn respond_late(&self, incoming: &Incoming, found: Result<Option<Found>, Fault>) -> Option<Answer> {
        let authority = incoming.authority();
        let (found, failure) = match self.current().await {
            Ok(()) => match self.sites.find(&self.store, &self.keys, &authority, incoming.path()).await {
                Ok(found) => {
                    let (site, target) = found?;
                    return Some(self.dispatch(&site, target, incoming).await);
                }
                Err(fault) => (None, Failure::from(fault)),
            },
            Err(failure) => (found.ok().flatten(), failure),
        };
        Some(match found.or_else(|| self.sites.find_old(&authority, incoming.path())) {
            Some((site, target)) => self.not_current(&site, target, incoming, &failure).await,
            // Whether there is anything at this address, nobody knows now.
            None => failure.to_json(&Dialect::default(), false, incoming.id),
        })
    }

    /// The answer of a server that does not know what the others know.
    async fn not_current(&self, site: &Site, target: Target, incoming: &Incoming, failure: &Failure) -> Answer {
        match target {
            _ if target.is_from_memory() || incoming.head.method == Method::OPTIONS => {
                self.dispatch(site, target, incoming).await
            }
            Target::Endpoint(Endpoint::Authorization) => {
                protocol::authorization::turn_away(self, site, incoming, failure)
            }
            Target::Endpoint(Endpoint::EndSession)
            | Target::SignIn
            | Target::Consent
            | Target::SwitchAccount
            | Target::Secret => show::failure(self, site, incoming, failure),
            Target::Endpoint(_) | Target::Discovery | Target::Stylesheet => {
                let mut answer = failure.to_json(&site.realm.dialect, false, incoming.id);
                protocol::token::allow_any_origin(&mut answer);
                answer
            }
        }
    }

    /// A future is as large as its largest branch and is moved with each request, so only the busiest are in place.
    async fn dispatch(&self, site: &Site, target: Target, incoming: &Incoming) -> Answer {
        match target {
            Target::Endpoint(Endpoint::Token) => protocol::token::answer(self, site, incoming).await,
            Target::Endpoint(Endpoint::Introspection) => protocol::introspection::answer(self, site, incoming).await,
            Target::Endpoint(Endpoint::Userinfo) => protocol::userinfo::answer(self, site, incoming).await,
            Target::Endpoint(Endpoint::Authorization) => {
                Box::pin(protocol::authorization::answer(self, site, incoming)).await
            }
            Target::Endpoint(Endpoint::Jwks) => protocol::metadata::jwks(site, incoming),
            Target::Endpoint(Endpoint::Revocation) => {
                Box::pin(protocol::revocation::answer(self, site, incoming)).await
            }
            Target::Endpoint(Endpoint::Revocations) => {
                Box::pin(protocol::revocations::answer(self, site, incoming)).await
            }
            Target::Endpoint(Endpoint::Logoff) => Box::pin(protocol::logoff::answer(self, site, incoming)).await,
            Target::Endpoint(Endpoint::EndSession) => Box::pin(people::end_session::answer(self, site, incoming)).await,
            Target::Discovery => protocol::metadata::discovery(site, incoming),
            Target::SignIn => Box::pin(people::sign_in::answer(self, site, incoming)).await,
            Target::Consent => Box::pin(people::consent::answer(self, site, incoming)).await,
            Target::SwitchAccount => Box::pin(people::sign_in::switch_account(self, site, incoming)).await,
            Target::Secret => Box::pin(people::secret::answer(self, site, incoming)).await,
            Target::Stylesheet => show::stylesheet(self),
        }
    }
}

/// Serves an [`App`], and hands what no realm knows to a fallback.
#[derive(Clone)]
pub struct Service {
    /// The parts.
    pub app: Arc<App>,
    /// Who answers what no realm knows; for the demo's sample APIs.
    pub fallback: Option<axum::Router>,
}

impl Handler for Service {
    async fn answer(&self, incoming: Incoming) -> Answer {
        if let Some(answer) = self.app.respond(&incoming).await {
            return answer;
        }
        match &self.fallback {
            Some(router) => crate::http::fall_back(router, incoming).await,
            None => failure::json(
                StatusCode::NOT_FOUND,
                r#"{"error":"not_found","error_description":"there is nothing at this address"}"#,
            ),
        }
    }
}
