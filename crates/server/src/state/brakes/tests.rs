use super::{Brakes, MOST, Subject};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

async fn fail(brakes: &Brakes, subject: &Subject, now: i64) -> Result<(), i64> {
    brakes.start(subject, now).await.map(drop)
}

#[tokio::test]
async fn pauses_grow_after_five_failures_and_end_with_a_success() {
    let brakes = Brakes::default();
    let client = Subject::client("r", "c");
    let mut now = 1_000_000;
    for _ in 0..5 {
        fail(&brakes, &client, now).await.unwrap();
    }
    for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        assert_eq!(fail(&brakes, &client, now).await, Err(pause));
        assert_eq!(fail(&brakes, &client, now + pause * 1000 - 1).await, Err(1));
        now += pause * 1000;
        fail(&brakes, &client, now).await.unwrap();
    }
    now += 60_000;
    brakes.start(&client, now).await.unwrap().succeeded();
    for _ in 0..5 {
        fail(&brakes, &client, now).await.unwrap();
    }
    assert_eq!(fail(&brakes, &client, now).await, Err(1));
}

#[tokio::test]
async fn failures_are_forgotten_after_a_while_whatever_the_clock_does() {
    let brakes = Brakes::default();
    let user = Subject::user("r", "u");
    for _ in 0..5 {
        fail(&brakes, &user, 5_000_000).await.unwrap();
    }
    assert_eq!(fail(&brakes, &user, 5_000_000).await, Err(1));
    // The clock was set back by an hour: the pause is not longer than it was.
    assert_eq!(fail(&brakes, &user, 1_400_000).await, Err(1));
    fail(&brakes, &user, 1_401_000).await.unwrap();
    for _ in 0..5 {
        fail(&brakes, &user, 1_401_000 + 900_001).await.unwrap();
    }
}

#[tokio::test]
async fn subjects_do_not_brake_one_another() {
    let brakes = Brakes::default();
    let stopped = Subject::user("r", "x");
    for _ in 0..5 {
        fail(&brakes, &stopped, 0).await.unwrap();
    }
    assert!(fail(&brakes, &stopped, 0).await.is_err());
    for other in [
        Subject::user("s", "x"),
        Subject::user("r", "y"),
        Subject::client("r", "x"),
        Subject::unknown_user("r", "x"),
        Subject::unknown_client("r", "x"),
    ] {
        fail(&brakes, &other, 0).await.unwrap();
    }
}

#[tokio::test]
async fn a_hundred_guesses_at_once_get_no_further_than_five() {
    let brakes = Arc::new(Brakes::default());
    let looked_at = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (brakes, looked_at) = (Arc::clone(&brakes), Arc::clone(&looked_at));
            tokio::spawn(async move {
                let attempt = brakes.start(&Subject::user("r", "u"), 0).await?;
                looked_at.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                drop(attempt);
                Ok::<_, i64>(())
            })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap(), Ok(()) | Err(1)));
    }
    assert_eq!(looked_at.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn a_hundred_right_ones_at_once_all_pass() {
    let brakes = Arc::new(Brakes::default());
    for _ in 0..4 {
        fail(&brakes, &Subject::user("r", "u"), 0).await.unwrap();
    }
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let brakes = Arc::clone(&brakes);
            tokio::spawn(async move {
                let attempt = brakes.start(&Subject::user("r", "u"), 0).await.unwrap();
                tokio::task::yield_now().await;
                attempt.succeeded();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(brakes.known.lock().unwrap().young.is_empty());
}

#[tokio::test]
async fn an_attempt_without_a_verdict_counts_for_nothing() {
    let brakes = Brakes::default();
    let user = Subject::user("r", "u");
    for _ in 0..20 {
        brakes.start(&user, 0).await.unwrap().undecided();
    }
    for _ in 0..5 {
        fail(&brakes, &user, 0).await.unwrap();
    }
    assert!(fail(&brakes, &user, 0).await.is_err());
}

#[tokio::test]
async fn inventing_names_neither_fills_the_memory_nor_frees_a_real_one() {
    let brakes = Brakes::default();
    let user = Subject::user("r", "u");
    for _ in 0..5 {
        fail(&brakes, &user, 0).await.unwrap();
    }
    for i in 0..2 * MOST {
        fail(&brakes, &Subject::unknown_user("r", &i.to_string()), 0).await.unwrap();
    }
    assert!(fail(&brakes, &user, 0).await.is_err());
    let unknown = brakes.unknown.lock().unwrap();
    assert!(unknown.young.len() + unknown.old.len() <= MOST);
}

#[tokio::test]
async fn an_address_has_a_longer_leash_and_success_does_not_make_up_for_failures() {
    let brakes = Brakes::default();
    let address = Subject::address("192.0.2.1".parse().unwrap()).unwrap();
    for _ in 0..199 {
        fail(&brakes, &address, 0).await.unwrap();
    }
    brakes.start(&address, 0).await.unwrap().succeeded();
    fail(&brakes, &address, 0).await.unwrap();
    assert_eq!(fail(&brakes, &address, 0).await, Err(1));
    assert_eq!(Subject::address("127.0.0.1".parse().unwrap()), None);
    let network = |text: &str| Subject::address(text.parse().unwrap()).unwrap();
    assert_eq!(network("2001:db8::1"), network("2001:db8::ffff"));
    assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    assert_eq!(network("::ffff:192.0.2.1"), address);
}
