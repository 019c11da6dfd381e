//! What a running server holds, once for all requests: its database, its clock, its keys, and what it keeps in memory.
//!
//! Nothing in here knows who asks: not the endpoints, not the pages, not the routing between them. Each part is a type of
//! its own that is made and tested without the others; what needs several of them ([`followed::Follower`]) borrows those.

pub mod brakes;
pub(crate) mod calls;
pub(crate) mod client_keys;
pub(crate) mod clients;
pub mod clock;
pub(crate) mod company_rules;
pub(crate) mod followed;
pub mod hashing;
pub(crate) mod health;
mod kept_secret;
pub mod keys;
pub mod leaked;
pub(crate) mod limits;
pub(crate) mod logos;
pub mod master_key;
pub mod master_keys;
pub(crate) mod meter;
pub(crate) mod passwords;
pub(crate) mod providers;
pub(crate) mod rates;
pub(crate) mod recall;
pub mod requests;
pub(crate) mod revoked;
pub mod secrets;
pub(crate) mod sites;
pub(crate) mod strangers;
pub(crate) mod uses;

use crate::outbound::Outbound;
use crate::pages::Pages;
use arc_swap::ArcSwap;
use brakes::{Brakes, Numbers};
use calls::Calls;
use claviger_core::dpop::Seen;
use claviger_core::token::Id;
use claviger_store::Store;
use client_keys::ClientKeys;
use clients::Clients;
use clock::Clock;
use followed::{Followed, Follower};
use hashing::Hasher;
use health::Health;
use keys::Keys;
use leaked::{Leaked, LeakedError};
use limits::Limits;
use meter::Meter;
use providers::Providers;
use rates::Rates;
use recall::Recall;
use requests::Requests;
use revoked::Revoked;
use secrets::Secrets;
use sites::Sites;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use strangers::Strangers;
use tokio::sync::Notify;
use uses::Uses;

/// All parts of a running server.
pub struct State {
    /// The database.
    pub store: Store,
    /// The same, for what must not wait behind requests: heartbeats, leases, brakes.
    pub(crate) background: Store,
    /// The clock that goes with the database.
    pub clock: Clock,
    /// The server's own keys.
    pub secrets: Secrets,
    pub(crate) keys: Keys,
    /// Where passwords are hashed.
    pub hasher: Hasher,
    pub(crate) brakes: Brakes,
    /// Passwords that became known.
    pub(crate) leaked: Leaked,
    pub(crate) pages: ArcSwap<Pages>,
    pub(crate) sites: Sites,
    pub(crate) strangers: Strangers,
    pub(crate) clients: Clients,
    pub(crate) client_keys: ClientKeys,
    pub(crate) outbound: Outbound,
    pub(crate) providers: Providers,
    pub(crate) rates: Rates,
    /// Calls of the admin API.
    pub(crate) calls: Calls,
    /// How often apps called lately that may not call as often as they like.
    pub(crate) limits: Limits,
    /// The request log.
    pub(crate) requests: Requests,
    /// Something was put into the outbox that should not wait until somebody looks there.
    pub(crate) handed_in: Notify,
    pub(crate) recall: Recall,
    pub(crate) revoked: Revoked,
    pub(crate) meter: Meter,
    /// The proofs of possession that were accepted lately.
    pub(crate) proofs: Seen,
    pub(crate) uses: Uses,
    pub(crate) followed: Followed,
    pub(crate) health: Health,
    /// There was a request since the time was last written down.
    pub(crate) had_requests: AtomicBool,
    /// This server's name among those that share the database.
    pub(crate) node: Id,
}

impl State {
    /// Goes on with other pages and other numbers of the brakes; requests under way end with those that they began with.
    pub fn take_in(&self, pages: Pages, brakes: Numbers) {
        self.sites.speak(pages.languages().clone());
        self.pages.store(Arc::new(pages));
        self.brakes.set(brakes);
    }

    /// From now on calls of apps are written into the request log of the database.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn log_requests(&self, settings: requests::RequestLogSettings) -> Result<(), claviger_store::Fault> {
        // On a network by connections of its own: requests do not wait behind it.
        self.requests.begin(self.background.open_request_log()?, settings);
        Ok(())
    }

    /// The request log, where calls are written into one.
    pub fn request_log(&self) -> Option<claviger_store::RequestLog> {
        self.requests.log()
    }

    /// The numbers of the brakes from now on.
    pub fn brake(&self, numbers: Numbers) {
        self.brakes.set(numbers);
    }

    /// From now on these hosts are called although their addresses are not public: names, addresses, `*.` and a domain.
    pub fn let_in(&self, private_hosts: &[String]) {
        self.outbound.let_in(private_hosts);
    }

    /// From now on no new password is one of this list; see [`leaked`].
    ///
    /// # Errors
    /// The file cannot be read, or is no such list; what there was before stays.
    pub fn refuse_known(&self, list: Option<&Path>) -> Result<(), LeakedError> {
        self.leaked.read_from(list)
    }

    /// Answers everybody who waits for the next revocation: the server stops, nothing will come any more.
    pub fn end_feeds(&self) {
        self.revoked.advance(i64::MAX);
    }

    /// What keeps this server in step with its database.
    pub(crate) const fn follower(&self) -> Follower<'_> {
        Follower {
            followed: &self.followed,
            store: &self.background,
            clock: &self.clock,
            sites: &self.sites,
            clients: &self.clients,
            revoked: &self.revoked,
            secrets: &self.secrets,
            health: &self.health,
        }
    }
}
