//! Who may be connected: so many at once, a share of them for one peer, and whoever has kept us waiting longest makes room.
//!
//! 1. A connection is accepted and then [admitted](Places::admit). While there is room, that is all.
//! 2. Where every place is taken, the connection that has waited longest for its peer (idle, or in the middle of a request
//!    that does not go on) is ended. One whose request is being answered never is.
//! 3. Where one peer has its share, its own longest waiting connection is ended; if none waits, the new one is turned away.
//!
//! Looking for the longest waiting one takes a look at all; so the look finds the next few as well, and a flood pays for
//! one look in many connections.

use super::Network;
use super::progress::Progress;
use super::proxies::is_trusted;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// After so long without a free place, somebody else may have become idle.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One look finds this part of all connections.
const FOUND_AT_ONCE: usize = 64;

/// The places of all listeners that share them.
pub(super) struct Places {
    most: usize,
    per_peer: usize,
    trusted: Arc<[Network]>,
    held: Mutex<Held>,
    freed: Notify,
}

#[derive(Default)]
struct Held {
    next: u64,
    by_id: HashMap<u64, Holder>,
    by_peer: HashMap<IpAddr, Peer>,
    waiting: Queue,
    /// How many connections were looked at to find one that waits; for tests.
    looked_at: usize,
}

struct Holder {
    /// Whose share it counts for; nobody's once it was told to go.
    peer: Option<IpAddr>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Peer {
    count: usize,
    waiting: Queue,
}

/// The longest waiting connections as of the last look, by number, and since when each waited.
type Queue = VecDeque<(u64, u64)>;

/// A place that is taken; given back when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.lock();
        if let Some(holder) = held.by_id.remove(&self.id) {
            held.leave(holder.peer);
        }
        drop(held);
        self.places.freed.notify_one();
    }
}

/// What came of a try.
enum Outcome {
    Admitted(u64),
    /// There is no room yet.
    Full,
    /// The peer has its share, and none of its connections waits.
    PeerFull,
}

impl Places {
    /// `most` places, `per_peer` of them for one address (of IPv6: one /64), but for the `trusted`.
    pub(super) fn new(most: u32, per_peer: u32, trusted: Arc<[Network]>) -> Arc<Self> {
        let number = |number: u32| usize::try_from(number.max(1)).unwrap_or(usize::MAX);
        Arc::new(Self {
            most: number(most),
            per_peer: number(per_peer),
            trusted,
            held: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// A place for a connection of `peer`, as soon as there is one; `None` if the peer has its share.
    pub(super) async fn admit(self: &Arc<Self>, peer: IpAddr, progress: &Arc<Progress>) -> Option<Place> {
        let peer = self.counted(peer);
        loop {
            match self.lock().admit(self.most, self.per_peer, peer, progress) {
                Outcome::Admitted(id) => return Some(Place { places: Arc::clone(self), id }),
                Outcome::PeerFull => return None,
                Outcome::Full => {}
            }
            // Either there is room now, or it is time to look for another that waits.
            let _ = timeout(LOOK_AGAIN, self.freed.notified()).await;
        }
    }

    /// Ends the connection that has waited longest, if any does.
    pub(super) fn make_room(&self) {
        self.lock().end_one(None);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose share a connection counts for: a trusted proxy brings everybody.
    fn counted(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if is_trusted(peer, &self.trusted) {
            return None;
        }
        Some(match peer {
            IpAddr::V4(_) => peer,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        })
    }
}

impl Held {
    fn admit(&mut self, most: usize, per_peer: usize, peer: Option<IpAddr>, progress: &Arc<Progress>) -> Outcome {
        if let Some(peer) = peer
            && self.by_peer.get(&peer).is_some_and(|known| known.count >= per_peer)
            && !self.end_one(Some(peer))
        {
            return Outcome::PeerFull;
        }
        if self.by_id.len() >= most {
            self.end_one(None);
            return Outcome::Full;
        }
        if let Some(peer) = peer {
            self.by_peer.entry(peer).or_default().count += 1;
        }
        let id = self.next;
        self.next += 1;
        self.by_id.insert(id, Holder { peer, progress: Arc::clone(progress) });
        Outcome::Admitted(id)
    }

    fn leave(&mut self, peer: Option<IpAddr>) {
        let Some(peer) = peer else { return };
        if let Some(known) = self.by_peer.get_mut(&peer) {
            known.count -= 1;
            if known.count == 0 {
                self.by_peer.remove(&peer);
            }
        }
    }

    /// Tells the connection that has waited longest to go, of all or of one peer; whether there was one.
    fn end_one(&mut self, of: Option<IpAddr>) -> bool {
        let mut queue = self.take_queue(of);
        let mut found = self.next_waiting(&mut queue);
        if found.is_none() {
            queue = self.look(of);
            found = self.next_waiting(&mut queue);
        }
        self.put_queue(of, queue);
        let Some(id) = found else { return false };
        let Some(holder) = self.by_id.get_mut(&id) else { return false };
        holder.progress.tell_to_go();
        let peer = holder.peer.take();
        self.leave(peer);
        true
    }

    fn take_queue(&mut self, of: Option<IpAddr>) -> Queue {
        match of {
            None => std::mem::take(&mut self.waiting),
            Some(peer) => {
                self.by_peer.get_mut(&peer).map(|known| std::mem::take(&mut known.waiting)).unwrap_or_default()
            }
        }
    }

    fn put_queue(&mut self, of: Option<IpAddr>, queue: Queue) {
        match of {
            None => self.waiting = queue,
            Some(peer) => {
                if let Some(known) = self.by_peer.get_mut(&peer) {
                    known.waiting = queue;
                }
            }
        }
    }

    /// The first of the queue that still waits as it did: whoever began to wait later is behind it.
    fn next_waiting(&mut self, queue: &mut Queue) -> Option<u64> {
        while let Some((id, since)) = queue.pop_front() {
            let waits = self.by_id.get(&id).and_then(|holder| holder.progress.waiting_since());
            if waits == Some(since) {
                return Some(id);
            }
        }
        None
    }

    /// Looks at all, and returns those that have waited longest, in order.
    fn look(&mut self, of: Option<IpAddr>) -> Queue {
        self.looked_at += self.by_id.len();
        let mine = self.by_id.iter().filter(|(_, holder)| of.is_none() || holder.peer == of);
        let mut waiting: Vec<(u64, u64)> =
            mine.filter_map(|(id, holder)| Some((holder.progress.waiting_since()?, *id))).collect();
        let kept = waiting.len() / FOUND_AT_ONCE + 1;
        if kept < waiting.len() {
            waiting.select_nth_unstable(kept);
            waiting.truncate(kept);
        }
        waiting.sort_unstable();
        waiting.into_iter().map(|(since, id)| (id, since)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// A connection that has been idle since the given moment.
    fn idle_since(moment: u64) -> Arc<Progress> {
        let progress = Arc::new(Progress::default());
        progress.pretend_idle_since(moment);
        progress
    }

    fn busy() -> Arc<Progress> {
        let progress = Arc::new(Progress::default());
        progress.pretend_busy();
        progress
    }

    async fn take(places: &Arc<Places>, peer: &str, progress: &Arc<Progress>) -> Place {
        places.admit(address(peer), progress).await.unwrap()
    }

    fn try_take(places: &Arc<Places>, peer: &str, progress: &Arc<Progress>) -> Outcome {
        places.lock().admit(places.most, places.per_peer, places.counted(address(peer)), progress)
    }

    #[tokio::test]
    async fn the_longest_idle_one_goes_and_a_busy_one_stays() {
        let places = Places::new(3, 3, Arc::new([]));
        let (first, second, third) = (busy(), idle_since(20), idle_since(10));
        let _first = take(&places, "10.0.0.1", &first).await;
        let _second = take(&places, "10.0.0.2", &second).await;
        let held = take(&places, "10.0.0.3", &third).await;
        let fourth = busy();
        assert!(matches!(try_take(&places, "10.0.0.4", &fourth), Outcome::Full));
        assert_eq!([&first, &second, &third].map(|one| one.must_go()), [false, false, true]);
        // It has gone: there is room.
        drop(held);
        let _fourth = take(&places, "10.0.0.4", &fourth).await;
        assert!(matches!(try_take(&places, "10.0.0.5", &busy()), Outcome::Full));
        assert!(second.must_go() && !first.must_go());
    }

    #[tokio::test]
    async fn who_began_a_request_meanwhile_is_not_ended() {
        let places = Places::new(130, 130, Arc::new([]));
        let all: Vec<_> = (0..130).map(|moment| idle_since(1000 + moment)).collect();
        let mut held = Vec::new();
        for progress in &all {
            held.push(take(&places, "10.0.0.1", progress).await);
        }
        // The look finds the three that have waited longest; the second of them goes on.
        places.make_room();
        all[1].pretend_busy();
        places.make_room();
        assert_eq!([0, 1, 2, 3].map(|n: usize| all[n].must_go()), [true, false, true, false]);
    }

    #[tokio::test]
    async fn one_peer_has_a_share_and_a_trusted_proxy_none() {
        let places = Places::new(100, 2, Arc::new(["10.0.0.9".parse().unwrap()]));
        let mut held = Vec::new();
        for peer in ["10.0.0.1", "10.0.0.1", "10.0.0.9", "10.0.0.9", "10.0.0.9", "2001:db8::1", "2001:db8::2"] {
            held.push(take(&places, peer, &busy()).await);
        }
        assert!(matches!(try_take(&places, "10.0.0.1", &busy()), Outcome::PeerFull));
        assert!(matches!(try_take(&places, "2001:db8::3", &busy()), Outcome::PeerFull), "a /64 is one peer");
        held.push(take(&places, "2001:db8:0:1::3", &busy()).await);
        held.push(take(&places, "10.0.0.2", &busy()).await);
        // One that is idle makes room for another of the same peer, and of nobody else.
        let idle = idle_since(5);
        held.push(take(&places, "10.0.0.2", &idle).await);
        held.push(take(&places, "10.0.0.2", &busy()).await);
        assert!(idle.must_go());
        assert!(matches!(try_take(&places, "10.0.0.2", &busy()), Outcome::PeerFull));
        // What is given back may be taken again.
        drop(held);
        assert!(matches!(try_take(&places, "10.0.0.1", &busy()), Outcome::Admitted(_)));
        assert_eq!(places.lock().by_peer.len(), 1);
    }

    /// How many connections are looked at while `most` idle ones are replaced one by one.
    async fn looked_at(most: u32) -> usize {
        let places = Places::new(most, most, Arc::new([]));
        let mut held = VecDeque::new();
        for moment in 0..most {
            held.push_back(take(&places, "10.0.0.1", &idle_since(u64::from(moment))).await);
        }
        for moment in 0..most {
            let new = idle_since(u64::from(most + moment));
            assert!(matches!(try_take(&places, "10.0.0.1", &new), Outcome::Full));
            held.pop_front();
            held.push_back(take(&places, "10.0.0.1", &new).await);
        }
        places.lock().looked_at
    }

    #[tokio::test]
    async fn a_flood_costs_a_bounded_number_of_looks_for_each_connection() {
        for most in [512, 4096] {
            let each = looked_at(most).await / usize::try_from(most).unwrap();
            assert!(each <= 2 * FOUND_AT_ONCE, "{most}: {each}");
        }
    }
}
