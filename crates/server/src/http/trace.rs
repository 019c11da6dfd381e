//! What is known of the request that is being answered, so that every line of the log can say it, wherever the line is written.
//!
//! It goes with the task, and costs a few stores for each request: a line is rare, a request is not. Whoever finds out the
//! realm, the endpoint or the client says so here; the log's formatter asks [`current`].

use super::RequestId;
use claviger_core::token::unless_secret;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::IpAddr;

/// The longest name of a client that a line shows, in characters: anybody can send any.
const LONGEST: usize = 100;

tokio::task_local! {
    static REQUEST: Known;
}

/// What has been found out until now.
struct Known {
    id: RequestId,
    address: Cell<IpAddr>,
    realm: RefCell<String>,
    endpoint: Cell<&'static str>,
    client: RefCell<String>,
    /// The contract's errors have no member for the reference.
    left_out: Cell<bool>,
}

/// The same, for a line of the log. What is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The realm's id.
    pub realm: String,
    /// The client's id; one that does not exist as far as it was sent.
    pub client: String,
    /// The endpoint or page.
    pub endpoint: &'static str,
    /// The client's address.
    pub address: IpAddr,
    /// The request's name, as its answer carries it.
    pub reference: RequestId,
}

/// Answers a request; `address`: who is connected.
pub(super) async fn answering<F: Future>(id: RequestId, address: IpAddr, answer: F) -> F::Output {
    let known = Known {
        id,
        address: Cell::new(address),
        realm: RefCell::default(),
        endpoint: Cell::new(""),
        client: RefCell::default(),
        left_out: Cell::new(false),
    };
    REQUEST.scope(known, answer).await
}

/// Does beside the request what belongs to it.
pub(crate) fn beside<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let request = current();
    async move {
        let Some(Request { realm, client, endpoint, address, reference }) = request else { return work.await };
        let known = Known {
            id: reference,
            address: Cell::new(address),
            realm: RefCell::new(realm),
            endpoint: Cell::new(endpoint),
            client: RefCell::new(client),
            left_out: Cell::new(false),
        };
        REQUEST.scope(known, work).await
    }
}

/// The client's address, where a proxy names another one than the peer's.
pub(super) fn address(address: IpAddr) {
    let _ = REQUEST.try_with(|known| known.address.set(address));
}

/// Where it belongs. `left_out`: the errors of this contract have no member for the reference.
pub(crate) fn place(realm: &str, endpoint: &'static str, left_out: bool) {
    let _ = REQUEST.try_with(|known| {
        realm.clone_into(&mut known.realm.borrow_mut());
        known.endpoint.set(endpoint);
        known.left_out.set(left_out);
    });
}

/// Whose it is, or says that it is.
pub(crate) fn client(id: &str) {
    let _ = REQUEST.try_with(|known| {
        let mut client = known.client.borrow_mut();
        client.clear();
        client.extend(unless_secret(id).chars().take(LONGEST));
    });
}

/// The request's name, where its errors carry it.
pub(crate) fn reference() -> Option<RequestId> {
    REQUEST.try_with(|known| (!known.left_out.get()).then_some(known.id)).ok().flatten()
}

/// What is known now; `None` where no request is being answered.
pub fn current() -> Option<Request> {
    let known = REQUEST.try_with(|known| Request {
        realm: known.realm.borrow().clone(),
        client: known.client.borrow().clone(),
        endpoint: known.endpoint.get(),
        address: known.address.get(),
        reference: known.id,
    });
    known.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_found_out_goes_with_the_task_and_what_it_starts() {
        assert_eq!(current(), None);
        let id = RequestId::next();
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let (known, beside) = answering(id, peer, async {
            assert_eq!(reference(), Some(id));
            address("192.0.2.7".parse().unwrap());
            place("orders", "token", true);
            client("cvs_hunter2");
            assert_eq!(current().unwrap().client, "(a secret)", "somebody exchanged id and secret");
            client(&"c".repeat(1000));
            assert_eq!(reference(), None, "this contract leaves it out");
            let started = tokio::spawn(beside(async { current() }));
            (current().unwrap(), started.await.unwrap().unwrap())
        })
        .await;
        assert_eq!((known.realm.as_str(), known.endpoint, known.client.len()), ("orders", "token", LONGEST));
        assert_eq!((known.address.to_string().as_str(), known.reference), ("192.0.2.7", id));
        assert_eq!(beside, known);
        assert_eq!(current(), None);
    }
}
