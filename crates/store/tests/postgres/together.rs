//! What many callers write at once is one batch; each still gets its own answer.

use crate::fixtures::{HOUR, NOW, access, at_once, begin, client, code, exchange, grant, id, refresh, set_up};
use claviger_core::client::ClientStatus;
use claviger_store::{Issue, Issued, NewGrant, Options, Precondition, Rotate, Store};
use claviger_testing::postgres::Cluster;

async fn fresh() -> (String, Store) {
    let url = Cluster::shared().unwrap().fresh_database().unwrap();
    let store = Store::connect(&url, &Options::default()).await.unwrap();
    set_up(&store).await;
    (url, store)
}

/// The others get their grants, and the code stays unspent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_client_keeps_nobody_else_from_an_exchange() {
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

/// Every kind of request at once: what was issued is there, with the values of its own caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_caller_gets_its_own_answer() {
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

/// Callers that write the same row do so one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_for_the_same_row_are_all_written() {
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
                precondition: Precondition::default(),
                replay: None,
            };
            store.issue(Issue { now: NOW + 1, rotate: Some(rotate), ..Issue::default() }).await.unwrap()
        }
    })
    .await;
    assert!(answers.iter().all(|answer| *answer == Issued::Done), "{answers:?}");
    assert_eq!(store.grant(&row).await.unwrap().unwrap().grant.generation, 63);
}

/// A request that waits for a row which somebody has locked does not keep the others waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_row_keeps_nobody_else_waiting() {
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

/// A key that is already there is an error, which undoes the batch; then each caller writes by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_fails_is_written_one_by_one() {
    let (_, store) = fresh().await;
    let give = |token| Issue { now: NOW, access: Some(access(token, None)), ..Issue::default() };
    let existing = id();
    store.issue(give(existing)).await.unwrap();
    let tokens: Vec<_> = (0..64).map(|caller| if caller % 8 == 5 { existing } else { id() }).collect();
    let answers = at_once(|caller| {
        let (store, token) = (store.clone(), tokens[usize::from(caller)]);
        async move { store.issue(give(token)).await }
    })
    .await;
    assert!(answers.iter().all(|answer| *answer == Ok(Issued::Done)), "{answers:?}");
    for token in tokens {
        assert_eq!(store.access_token(&token).await.unwrap().unwrap().token.id, token);
    }
}
