use crate::fixtures::{HOUR, NOW, access, begin, code, exchange, id, realm, refresh, seat, set_up};
use crate::proxy::Proxy;
use claviger_store::{Answered, Approval, Fault, Issue, Issued, MAIL_TOPIC, Masked, Options, Replay, Store};
use claviger_testing::postgres::Cluster;
use std::time::{Duration, Instant};

fn impatient() -> Options {
    // One connection of each kind, so that the one whose answer is swallowed is the one that is used.
    Options { connections: 1, patience: Duration::from_secs(3), ..Options::default() }
}

async fn behind_a_proxy() -> (Proxy, Store) {
    let url = Cluster::shared().unwrap().fresh_database().unwrap();
    let (proxy, url) = Proxy::before(&url).await;
    let store = Store::connect(&url, &impatient()).await.unwrap();
    set_up(&store).await;
    (proxy, store)
}

/// A refresh as the server makes it: with an answer that is nobody else's.
fn turn(grant: [u8; 16], from: u32, now: i64) -> Issue {
    let mut issue = refresh(grant, from, now);
    let sealed = Masked(id().to_vec());
    issue.rotate.as_mut().unwrap().replay = Some(Replay { sealed, until: now + HOUR, generation: from });
    issue
}

/// The answer to the commit never arrives. It is asked for again on another connection, found to be done, and counts once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_whose_commit_is_in_doubt_counts_once() {
    let (proxy, store) = behind_a_proxy().await;
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    store.issue(turn(grant, 0, NOW + 1)).await.unwrap();
    for from in 1..20 {
        proxy.swallow(1 + from % 2);
        let issue = turn(grant, from, NOW + i64::from(from));
        assert_eq!(store.issue(issue.clone()).await, Ok(Issued::Done));
        assert_eq!(proxy.left_to_swallow(), 0, "something was cut off");
        let row = store.grant(&grant).await.unwrap().unwrap();
        assert_eq!(row.grant.generation, from + 1);
        assert_eq!(*row.replay.unwrap().sealed, *issue.rotate.unwrap().replay.unwrap().sealed);
        assert_eq!(store.issue(turn(grant, from, NOW + 50)).await, Ok(Issued::Stale));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_whose_commit_is_in_doubt_counts_once() {
    let (proxy, store) = behind_a_proxy().await;
    for round in 0..20 {
        let (code_id, token) = (id(), id());
        store.put_code(code(code_id)).await.unwrap();
        let with_seat = Issue { seats: vec![seat(code_id, 100, NOW + HOUR)], ..exchange(code_id, token, NOW + 1) };
        let issue = if round % 2 == 0 { with_seat } else { exchange(code_id, token, NOW + 1) };
        // Every statement is prepared by now, so what is swallowed is the answer to the exchange itself.
        proxy.swallow(u32::from(round > 3));
        assert_eq!(store.issue(issue).await, Ok(Issued::Done));
        assert_eq!(proxy.left_to_swallow(), 0);
        assert!(store.access_token(&token).await.unwrap().is_some());
        let other = exchange(code_id, id(), NOW + 2);
        assert_eq!(store.issue(other).await, Ok(Issued::CodeSpent { first_redeemed_at: NOW + 1 }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_whose_commit_is_in_doubt_counts_once() {
    let (proxy, store) = behind_a_proxy().await;
    for round in 0..10 {
        let (pending, code_id) = (id(), id());
        let answered = Answered { id: pending, realm: "r".into(), sealed: vec![1], expires_at: NOW + HOUR };
        let approval = |code_id| {
            let (answers, code) = (Some(answered.clone()), Some(code(code_id)));
            Approval { now: NOW, answers, code, ..Approval::default() }
        };
        proxy.swallow(u32::from(round > 2));
        assert_eq!(store.approve(approval(code_id)).await, Ok(true));
        assert_eq!(proxy.left_to_swallow(), 0);
        assert!(store.code(&code_id).await.unwrap().is_some());
        assert_eq!(store.approve(approval(id())).await, Ok(false));
    }
}

/// What cannot be recognised again is not repeated: the caller hears that nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_cannot_be_recognised_is_not_repeated() {
    let (proxy, store) = behind_a_proxy().await;
    let touch =
        |n: i64| store.queue_mail(claviger_store::Mail { id: id(), recipient: "a@b".into(), doc: n.to_string() }, NOW);
    touch(0).await.unwrap();
    proxy.swallow(1);
    let fault = touch(1).await.unwrap_err();
    assert!(fault == Fault::InDoubt && fault.is_transient());
    touch(2).await.unwrap();
    let kept = store.due_parcels(MAIL_TOPIC, NOW, 10).await.unwrap().len();
    assert!((2..=3).contains(&kept), "{kept}");
}

/// A database that says nothing at all is waited for no longer than was promised, and believed again as soon as it speaks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_not_waited_for() {
    let (proxy, store) = behind_a_proxy().await;
    proxy.silence(true);
    let begun = Instant::now();
    let fault = store.realm("r").await.unwrap_err();
    assert!(fault.is_transient(), "{fault}");
    assert!(store.issue(Issue { access: Some(access(id(), None)), now: NOW, ..Issue::default() }).await.is_err());
    assert!(begun.elapsed() < 4 * impatient().patience, "{:?}", begun.elapsed());
    proxy.silence(false);
    assert_eq!(store.realm("r").await.unwrap().unwrap(), realm("r", &["r.example"]));
}

#[tokio::test]
async fn nobody_there_is_told_without_the_password() {
    let (proxy, _) = Proxy::before("postgres://u@127.0.0.1:1/x").await;
    let url = format!("postgres://u:s3cret@127.0.0.1:{}/x?sslmode=disable", proxy.port());
    let fault = Store::connect(&url, &impatient()).await.unwrap_err();
    assert!(matches!(fault, Fault::Unavailable(_)) && !fault.to_string().contains("s3cret"), "{fault}");
}

/// The database ends one of two transactions that wait for one another; it is run again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_deadlock_both_get_through() {
    let url = Cluster::shared().unwrap().fresh_database().unwrap();
    let store = Store::connect(&url, &Options::default()).await.unwrap();
    set_up(&store).await;
    for round in 0..3 {
        // Two holders with two grants each, whose seats are released in opposite orders.
        let grants: Vec<_> = (0..8).map(|_| id()).collect();
        for grant in &grants {
            let claim = claviger_store::SeatClaim { holder: format!("h{round}"), ..seat(*grant, 100, NOW + HOUR) };
            store.issue(Issue { seats: vec![claim], ..begin(*grant) }).await.unwrap();
        }
        let releases = (0..8).map(|n| {
            let (store, grants) = (store.clone(), grants.clone());
            tokio::spawn(async move {
                if n % 2 == 0 {
                    store.release_seat("r", "p", "", &format!("h{round}"), NOW, NOW + HOUR).await.map(|_| ())
                } else {
                    for grant in grants.iter().rev() {
                        store.revoke_grant("r", grant, "test", NOW, NOW + HOUR).await?;
                    }
                    Ok(())
                }
            })
        });
        for release in releases.collect::<Vec<_>>() {
            release.await.unwrap().unwrap();
        }
        for grant in &grants {
            assert!(store.grant(grant).await.unwrap().unwrap().revoked.is_some());
        }
    }
    assert!(store.seats("r", NOW).await.unwrap().is_empty());
}
