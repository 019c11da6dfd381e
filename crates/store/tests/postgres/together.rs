//! What many callers want at once is one statement for all of them; each still gets its own answer.

use crate::fixtures::{HOUR, NOW, access, at_once, begin, client, code, exchange, furnish, grant, id, refresh};
use claviger_core::client::ClientStatus;
use claviger_store::{Backing, Issue, Issued, NewGrant, Options, Rotate, Store};
use claviger_testing::postgres::Cluster;

async fn fresh() -> (String, Store) {
    let url = Cluster::shared().unwrap().fresh_database().unwrap();
    let store = Store::connect(&url, &Options::default()).await.unwrap();
    furnish(&store).await;
    (url, store)
}

/// One whose client was suspended meanwhile takes nobody along, and keeps its code unspent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_barred_is_alone() {
    let (_, store) = fresh().await;
    store.put_client("r", &client("gone"), NOW).await.unwrap();
    store.set_client_status("r", "gone", ClientStatus::Suspended, NOW, NOW + HOUR).await.unwrap();
    let codes: Vec<_> = (0..64).map(|_| id()).collect();
    for each in &codes {
        store.put_code(code(*each)).await.unwrap();
    }
    let answers = at_once(|caller| {
        let (store, code) = (store.clone(), codes[usize::from(caller)]);
        async move {
            let client = if caller % 16 == 3 { "gone" } else { "c" };
            let new_grant = Some(NewGrant { client: client.into(), ..grant(code) });
            (caller, code, store.issue(Issue { new_grant, ..exchange(code, id(), NOW + 1) }).await.unwrap())
        }
    })
    .await;
    for (caller, code, answer) in answers {
        let row = store.code(&code).await.unwrap().unwrap();
        let granted = store.grant(&code).await.unwrap();
        if caller % 16 == 3 {
            assert_eq!((answer, row.redeemed_at), (Issued::Barred, None));
            assert!(granted.is_none());
        } else {
            assert_eq!((answer, row.redeemed_at), (Issued::Done, Some(NOW + 1)));
            assert_eq!(granted.unwrap().grant.client, "c");
        }
    }
}

/// Every kind of thing at once: what was issued is there, with the values of its own caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_gets_their_own() {
    let (_, store) = fresh().await;
    let rows: Vec<_> = (0..64).map(|_| id()).collect();
    for (index, each) in rows.iter().enumerate() {
        match index % 4 {
            0 => store.put_code(code(*each)).await.unwrap(),
            1 | 2 => drop(store.issue(begin(*each)).await.unwrap()),
            _ => {}
        }
    }
    let answers = at_once(|caller| {
        let (store, row) = (store.clone(), rows[usize::from(caller)]);
        async move {
            let at = NOW + i64::from(caller);
            let issue = match caller % 4 {
                0 => exchange(row, id(), at),
                1 => refresh(row, 0, at),
                2 => Issue { access: Some(access(id(), Some(row))), ..refresh(row, u32::from(caller % 8 / 4), at) },
                _ => Issue { now: at, access: Some(access(row, None)), ..Issue::default() },
            };
            (caller, row, store.issue(issue).await.unwrap())
        }
    })
    .await;
    for (caller, row, answer) in answers {
        let at = NOW + i64::from(caller);
        let stale = caller % 8 == 6;
        assert_eq!(answer, if stale { Issued::Stale } else { Issued::Done }, "{caller}");
        match caller % 4 {
            0 => assert_eq!(store.code(&row).await.unwrap().unwrap().redeemed_at, Some(at)),
            3 => assert_eq!(store.access_token(&row).await.unwrap().unwrap().token.id, row),
            _ => {
                let kept = store.grant(&row).await.unwrap().unwrap();
                let expected = if stale { (0, NOW) } else { (1, at) };
                assert_eq!((kept.grant.generation, kept.refreshed_at), expected, "{caller}");
            }
        }
    }
}

/// Callers who may all write the same row do so one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_row_is_written_by_all_who_may() {
    let (_, store) = fresh().await;
    let row = id();
    store.issue(begin(row)).await.unwrap();
    let answers = at_once(|caller| {
        let store = store.clone();
        async move {
            let to = u32::from(caller);
            let rotate = Rotate {
                grant: row,
                from: None,
                to,
                idle_expires_at: NOW + HOUR,
                backing: Backing::default(),
                replay: None,
            };
            store.issue(Issue { now: NOW + 1, rotate: Some(rotate), ..Issue::default() }).await.unwrap()
        }
    })
    .await;
    assert!(answers.iter().all(|answer| *answer == Issued::Done), "{answers:?}");
    assert_eq!(store.grant(&row).await.unwrap().unwrap().grant.generation, 63);
}

/// Whoever waits for a row that somebody holds does not keep the others waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_row_holds_up_nobody_else() {
    let (url, store) = fresh().await;
    let (held, free) = (id(), id());
    for row in [held, free] {
        store.issue(begin(row)).await.unwrap();
    }
    let (mut holder, wire) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(wire);
    let lock = holder.transaction().await.unwrap();
    lock.execute("SELECT 1 FROM grants WHERE id = $1 FOR UPDATE", &[&held.as_slice()]).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.issue(refresh(held, 0, NOW + 1)).await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while lock.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(!waiting.is_finished(), "it waits for the row: {:?}", waiting.await);
    }
    for from in 0..50 {
        assert_eq!(store.issue(refresh(free, from, NOW + 1)).await, Ok(Issued::Done));
        assert_eq!(store.grant(&free).await.unwrap().unwrap().grant.generation, from + 1);
    }
    assert!(!waiting.is_finished(), "the row is held all the while");
    lock.rollback().await.unwrap();
    assert_eq!(waiting.await.unwrap(), Ok(Issued::Done));
}
