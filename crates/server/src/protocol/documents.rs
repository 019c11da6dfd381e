//! Clients whose id is the address of a document that says what they are (OAuth Client ID Metadata Document): an app that has never
//! been here is known by its own domain, without a registration.
//!
//! 1. A browser comes with such an id, or the app pushes a request with it. [`look_up`] reads the document if the realm wants such
//!    clients and the document is unknown or old, and writes what it says as a client of the realm. From there on the client is one like
//!    all others.
//! 2. A client that the operator has not approved yet is told to whoever sits in front of the browser ([`people::ask_for_app`]).
//!
//! Documents are asked for through [`crate::outbound`], so many in an hour for each host and each address, and kept between five minutes
//! and a day, as their own headers say. At the token endpoint none is read: what a code was given to is known.
//!
//! [`people::ask_for_app`]: crate::people::ask_for_app

use super::registrable;
use crate::failure::Failure;
use crate::outbound::OutboundError;
use crate::state::State;
use crate::state::rates::Counted;
use crate::state::sites::Site;
use claviger_core::client::ClientStatus;
use claviger_core::crypto::sha256;
use claviger_core::document_id::DocumentId;
use claviger_core::realm::{DocumentMode, OfHost};
use claviger_core::registration::{self, Allowance, LARGEST_DOCUMENT, TokenAllows};
use claviger_core::{Client, Refusal};
use claviger_store::{Act, Actor, ClientDocument, Edited, NewDocument, RegisteredBy, Way};
use std::net::IpAddr;

/// What a document may be, by its media type.
const MEDIA: [&str; 1] = ["application/json"];
/// A document is asked for again after so long, at the least and at the most, in milliseconds.
const FRESH: (i64, i64) = (300_000, 86_400_000);
/// One that says nothing of it.
const USUALLY_FRESH: i64 = 3_600_000;
/// While its host does not answer, a document that was read before counts for so long beyond its time.
const GRACE: i64 = 86_400_000;
/// After a host did not answer, it is asked again after so long.
const AGAIN: i64 = 60_000;
/// How many documents are asked for within an hour because of one address.
const HOURLY_PER_ADDRESS: u32 = 120;

/// Makes sure that a client whose id is a document's address is known as the document has it now. Ids of other kinds, and those whose
/// domain the realm does not let in, are left alone: whoever looks for the client then finds none.
///
/// # Errors
/// A refusal where the document cannot be had or describes no client that the realm serves; the store's faults.
pub(crate) async fn look_up(state: &State, site: &Site, id: &str, caller: IpAddr) -> Result<(), Failure> {
    if !site.realm.registration.documents.is_on() {
        return Ok(());
    }
    let Some(id) = DocumentId::parse(id, site.realm.requests.loopback) else { return Ok(()) };
    let policy = site.realm.registration.documents.of_host(id.host());
    if policy.mode == DocumentMode::Off {
        return Ok(());
    }
    Box::pin(Lookup { state, site, id, policy }.run(caller)).await
}

struct Lookup<'a> {
    state: &'a State,
    site: &'a Site,
    id: DocumentId<'a>,
    policy: OfHost<'a>,
}

impl Lookup<'_> {
    async fn run(self, caller: IpAddr) -> Result<(), Failure> {
        let Self { state, site, id, .. } = self;
        let (realm, now) = (&site.realm.id, state.clock.now());
        let known = state.store.client_with_secrets(realm, id.as_str()).await?.map(|(client, _)| client);
        let kept = state.store.client_document(realm, id.as_str()).await?;
        let before = match (known, kept) {
            // An operator wrote it: its file, not its document, says what it is.
            (Some(_), None) => return Ok(()),
            (Some(_), Some(kept)) if kept.fresh_until > now => return Ok(()),
            (Some(client), Some(kept)) => Some((client, kept)),
            (None, _) => None,
        };
        self.counted(caller, now)?;
        let answer = state.outbound.get_fresh(id.as_str(), site.realm.requests.loopback, &MEDIA).await;
        match (answer, before) {
            (Ok((document, fresh)), before) => self.take(&document, fresh, before, now).await,
            (Err(why), Some((client, kept))) if why.may_pass() && now < kept.fetched_at.saturating_add(GRACE) => {
                tracing::warn!(client = client.id, %why, "a client's document cannot be read; what it said before counts");
                let document = ClientDocument { fresh_until: now + AGAIN, ..kept };
                self.renew(&client, &client, document, now).await
            }
            (Err(why), _) => Err(self.unreadable(&why)),
        }
    }

    fn counted(&self, caller: IpAddr, now: i64) -> Result<(), Failure> {
        let (realm, policy) = (&self.site.realm.id, &self.site.realm.registration.documents);
        let host = self.id.host();
        let of_host = Counted::of_realm(&format!("document\0{host}"), realm, policy.hourly_per_host);
        let of_domain =
            Counted::of_realm(&format!("documents\0{}", registrable::domain(host)), realm, policy.hourly_per_domain);
        let of_caller = Counted::of_address("document", realm, caller, HOURLY_PER_ADDRESS);
        let each: Vec<Counted> = of_caller.into_iter().chain([of_host, of_domain]).collect();
        let taken = self.state.rates.take(&each, now);
        taken.map_err(|_| refused("too many documents of its host were asked for; try again later"))
    }

    fn unreadable(&self, why: &OutboundError) -> Failure {
        tracing::info!(client = self.id.as_str(), %why, "a client's document cannot be read");
        refused("its document cannot be read: it must be JSON at a public https:// address, without a redirect")
    }

    /// What a document says, if it says something new.
    async fn take(
        &self,
        document: &[u8],
        fresh: Option<i64>,
        before: Option<(Client, ClientDocument)>,
        now: i64,
    ) -> Result<(), Failure> {
        let (shortest, longest) = FRESH;
        let kept = ClientDocument {
            host: self.id.host().to_owned(),
            digest: sha256(document),
            fetched_at: now,
            fresh_until: now + fresh.unwrap_or(USUALLY_FRESH).clamp(shortest, longest),
        };
        match before {
            Some((client, old)) if old.digest == kept.digest => self.renew(&client, &client, kept, now).await,
            Some((client, _)) => {
                let after = self.changed(&client, self.described(document, client.status)?);
                self.renew(&client, &after, kept, now).await
            }
            None => self.add(self.described(document, self.first_status())?, kept, now).await,
        }
    }

    fn first_status(&self) -> ClientStatus {
        if self.policy.mode == DocumentMode::Open { ClientStatus::Active } else { ClientStatus::Pending }
    }

    /// The client that a document describes.
    fn described(&self, document: &[u8], status: ClientStatus) -> Result<Client, Failure> {
        let wrong = |why: &dyn std::fmt::Display| {
            tracing::info!(client = self.id.as_str(), %why, "a client's document is not right");
            refused("its document does not describe a client that may be served here")
        };
        if document.len() > LARGEST_DOCUMENT {
            return Err(wrong(&"it is larger than 5 KiB"));
        }
        let realm = &self.site.realm;
        let scopes = Some(self.policy.scopes.to_vec()).filter(|scopes| !scopes.is_empty());
        let allowance = Allowance::of(realm, Some(&TokenAllows { scopes, ..TokenAllows::default() }));
        let metadata = registration::parse(document).map_err(|why| wrong(&why))?;
        let client = registration::of_document(metadata, self.id, status, realm, &allowance);
        let client = client.map_err(|why| wrong(&why))?;
        super::registration::reachable(self.state, self.site, &client, &allowance).map_err(|why| wrong(&why))?;
        Ok(client)
    }

    /// What an operator gave the client stays; one that was approved and leads somewhere else now is looked at once more.
    fn changed(&self, before: &Client, described: Client) -> Client {
        let leads_elsewhere = described.redirect_uris.iter().any(|uri| !before.redirect_uris.contains(uri));
        let was_approved = before.status == ClientStatus::Active && self.policy.mode == DocumentMode::Approval;
        let status = if leads_elsewhere && was_approved { ClientStatus::Pending } else { before.status };
        if status != before.status {
            tracing::warn!(client = before.id, "an approved client's document has new redirect URIs: it waits again");
        }
        Client {
            status,
            scope: before.scope.clone(),
            trusted: before.trusted,
            agent: before.agent,
            limits: before.limits.clone(),
            ..described
        }
    }

    async fn add(&self, client: Client, document: ClientDocument, now: i64) -> Result<(), Failure> {
        let policy = &self.site.realm.registration;
        let new = NewDocument {
            client,
            document,
            most: i64::from(policy.documents.most_clients),
            most_of_host: i64::from(self.policy.most),
            domain: registrable::domain(self.id.host()).to_owned(),
            most_of_domain: i64::from(self.policy.most_of_domain),
            check_at: now + policy.never_used_ttl.as_millis(),
        };
        let store = self.state.store.audited(&self.actor(now), Act::AppCreate);
        let outcome = store.add_client_document(&self.site.realm.id, new, now).await?;
        self.state.clients.forget(&self.site.realm.id, self.id.as_str());
        match outcome {
            RegisteredBy::Done => {
                tracing::info!(client = self.id.as_str(), "a client came by its document");
                Ok(())
            }
            // Somebody else brought it meanwhile.
            RegisteredBy::IdTaken => Ok(()),
            RegisteredBy::Full | RegisteredBy::TokenSpent => {
                Err(refused("there is no room for another client of its host; ask the operator"))
            }
        }
    }

    async fn renew(&self, before: &Client, after: &Client, document: ClientDocument, now: i64) -> Result<(), Failure> {
        let realm = &self.site.realm;
        let store = self.state.store.audited(&self.actor(now), Act::AppEdit);
        let until = now + realm.longest_token();
        let outcome = store.renew_client_document(&realm.id, (before, after), document, now, until).await?;
        if before != after {
            self.state.clients.forget(&realm.id, &after.id);
        }
        if matches!(outcome, Edited::Changed | Edited::NameTaken) {
            tracing::info!(client = after.id, "a client of a document was changed by somebody else meanwhile");
        }
        Ok(())
    }

    fn actor(&self, now: i64) -> Actor {
        let name = self.id.host().to_owned();
        Actor { name, way: Way::Registration, reference: crate::admin::new_reference(now) }
    }
}

fn refused(why: &'static str) -> Failure {
    Refusal::WrongParameter { name: "client_id", why }.into()
}
