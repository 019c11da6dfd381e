use crate::fixtures::{HOUR, MINUTE, NOW, access, at_once, begin, grant, id, refresh, seat, set_up};
use claviger_store::{Id, Issue, Issued, SeatClaim, Store};

fn with_seat(grant: Id, size: u32) -> Issue {
    Issue { seats: vec![seat(grant, size, NOW + HOUR)], ..begin(grant) }
}

pub(crate) async fn the_last_seat_has_one_taker(store: Store) {
    set_up(&store).await;
    for _ in 0..2 {
        assert_eq!(store.issue(with_seat(id(), 3)).await.unwrap(), Issued::Done);
    }
    let at = store.clone();
    let answers = at_once(move |_| {
        let store = at.clone();
        async move { store.issue(with_seat(id(), 3)).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|issued| **issued == Issued::Done).count(), 1);
    let full = Issued::NoSeat { pool: "p".into(), in_use: 3, size: 3 };
    assert_eq!(answers.iter().filter(|issued| **issued == full).count(), 63);
    assert_eq!(store.seats("r", NOW).await.unwrap().len(), 3);
}

pub(crate) async fn a_user_takes_one_seat(store: Store) {
    set_up(&store).await;
    let claim = |grant: Id, holder: &str| SeatClaim { holder: holder.into(), ..seat(grant, 1, NOW + HOUR) };
    let begin_as = |grant_id: Id, holder: &str| Issue { seats: vec![claim(grant_id, holder)], ..begin(grant_id) };
    let (first, second) = (id(), id());
    assert_eq!(store.issue(begin_as(first, "u")).await.unwrap(), Issued::Done);
    assert_eq!(store.issue(begin_as(second, "u")).await.unwrap(), Issued::Done);
    assert!(matches!(store.issue(begin_as(id(), "v")).await.unwrap(), Issued::NoSeat { in_use: 1, .. }));
    // It ends with the last of them.
    store.revoke_grant("r", &first, "logoff", NOW, NOW).await.unwrap();
    assert!(matches!(store.issue(begin_as(id(), "v")).await.unwrap(), Issued::NoSeat { in_use: 1, .. }));
    store.revoke_grant("r", &second, "logoff", NOW, NOW).await.unwrap();
    assert_eq!(store.issue(begin_as(id(), "v")).await.unwrap(), Issued::Done);
}

pub(crate) async fn seats_fall_back(store: Store) {
    set_up(&store).await;
    assert_eq!(store.issue(with_seat(id(), 1)).await.unwrap(), Issued::Done);
    assert!(matches!(store.issue(with_seat(id(), 1)).await.unwrap(), Issued::NoSeat { .. }));
    let later = Issue { now: NOW + HOUR, ..with_seat(id(), 1) };
    assert_eq!(store.issue(later).await.unwrap(), Issued::Done);
}

pub(crate) async fn a_refresh_holds_its_seat(store: Store) {
    set_up(&store).await;
    let grant_id = id();
    assert_eq!(store.issue(with_seat(grant_id, 1)).await.unwrap(), Issued::Done);
    let later = NOW + 50 * MINUTE;
    let issue = Issue { seats: vec![seat(grant_id, 1, later + HOUR)], ..refresh(grant_id, 0, later) };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    let held = store.seats("r", later).await.unwrap();
    assert_eq!((held.len(), held[0].expires_at, held[0].claimed_at), (1, later + HOUR, NOW));
    let other = Issue { now: NOW + HOUR, ..with_seat(id(), 1) };
    assert!(matches!(store.issue(other).await.unwrap(), Issued::NoSeat { .. }));
}

pub(crate) async fn no_seat_no_token(store: Store) {
    set_up(&store).await;
    assert_eq!(store.issue(with_seat(id(), 1)).await.unwrap(), Issued::Done);
    let (grant_id, token) = (id(), id());
    let issue = Issue { access: Some(access(token, Some(grant_id))), ..with_seat(grant_id, 1) };
    assert!(matches!(store.issue(issue).await.unwrap(), Issued::NoSeat { .. }));
    assert!(store.grant(&grant_id).await.unwrap().is_none());
    assert!(store.access_token(&token).await.unwrap().is_none());
}

pub(crate) async fn releasing_ends_the_grant(store: Store) {
    set_up(&store).await;
    let (grant_id, token) = (id(), id());
    let issue = Issue { access: Some(access(token, Some(grant_id))), ..with_seat(grant_id, 1) };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    let held = store.seats("r", NOW).await.unwrap().remove(0);
    assert_eq!(store.release_seat("r", "p", "", &held.holder, NOW, NOW + HOUR).await.unwrap(), 1);
    assert_eq!(store.release_seat("r", "p", "", &held.holder, NOW, NOW + HOUR).await.unwrap(), 0);
    assert!(!store.grant(&grant_id).await.unwrap().unwrap().is_live(NOW));
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    assert_eq!(store.issue(with_seat(id(), 1)).await.unwrap(), Issued::Done);
}

pub(crate) async fn organisations_have_pools_of_their_own(store: Store) {
    set_up(&store).await;
    for organisation in ["x", "y"] {
        let grant_id = id();
        let claim = SeatClaim { organisation: organisation.into(), ..seat(grant_id, 1, NOW + HOUR) };
        let issue = Issue { new_grant: Some(grant(grant_id)), seats: vec![claim], now: NOW, ..Issue::default() };
        assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    }
    assert_eq!(store.seats("r", NOW).await.unwrap().len(), 2);
}
