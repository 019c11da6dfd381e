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
    /// It will stand in the request log.
    is_logged: Cell<bool>,
    noted: RefCell<Noted>,
    /// What is left of its client's limit.
    left: Cell<Option<Left>>,
}

/// What the request log says of a call, as far as it was found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Noted {
    /// The client is one that there is.
    pub(crate) is_app: bool,
    /// The grant type.
    pub(crate) grant: &'static str,
    /// The kind of the token that the call is about.
    pub(crate) token: &'static str,
    /// The scope that was asked for.
    pub(crate) scope: String,
    /// What proved who calls.
    pub(crate) proof: String,
    /// The protocol's word for what went wrong.
    pub(crate) error: &'static str,
    /// Its kind.
    pub(crate) kind: &'static str,
    /// What the answer says of it.
    pub(crate) detail: String,
}

/// What is left of a client's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// How many calls it may make in a minute.
    pub(crate) limit: u32,
    /// How many of them are left.
    pub(crate) calls: u32,
    /// In how many seconds the next minute begins.
    pub(crate) seconds: i64,
}

/// All that is known of a call when it is answered.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) realm: String,
    pub(crate) client: String,
    pub(crate) endpoint: &'static str,
    pub(crate) address: IpAddr,
    pub(crate) reference: RequestId,
    pub(crate) noted: Noted,
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
        is_logged: Cell::new(false),
        noted: RefCell::default(),
        left: Cell::new(None),
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
            is_logged: Cell::new(false),
            noted: RefCell::default(),
            left: Cell::new(None),
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

/// From now on what is found out of the request is kept for the request log.
pub(crate) fn log() {
    let _ = REQUEST.try_with(|known| known.is_logged.set(true));
}

/// The client is one that there is.
pub(crate) fn app(id: &str) {
    client(id);
    note(|noted| noted.is_app = true);
}

/// Keeps something for the request log; where there is none, nothing is done.
pub(crate) fn note(with: impl FnOnce(&mut Noted)) {
    let _ = REQUEST.try_with(|known| {
        if known.is_logged.get() {
            with(&mut known.noted.borrow_mut());
        }
    });
}

/// Takes all that is known, for the request log.
pub(crate) fn take() -> Option<Traced> {
    let taken = REQUEST.try_with(|known| Traced {
        realm: known.realm.take(),
        client: known.client.take(),
        endpoint: known.endpoint.get(),
        address: known.address.get(),
        reference: known.id,
        noted: known.noted.take(),
    });
    taken.ok()
}

/// Keeps what is left of the client's limit, for the answer.
pub(crate) fn leave(left: Left) {
    let _ = REQUEST.try_with(|known| known.left.set(Some(left)));
}

/// What is left of the client's limit, where it has one.
pub(crate) fn left() -> Option<Left> {
    REQUEST.try_with(|known| known.left.get()).ok().flatten()
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
