//! Polls a connection's task again at once when it has woken itself.
//!
//! A request's handler and the connection that reads its body are two halves of one task. Whoever sends wakes the other half,
//! which is the task that is running; tokio then puts it at the end of its queue and wakes another thread to come and fetch
//! it. With few requests under way that is several system calls and two context switches for each request, and nothing is
//! done sooner for it.

use futures_util::task::AtomicWaker;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// How often a future is polled again before other tasks have their turn. One that its runtime told to yield wakes itself
/// too.
const ROUNDS: usize = 8;

/// The future; where it wakes itself while it is polled, it is polled again before its task yields.
pub(super) async fn repoll<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    poll_fn(move |outer| {
        bell.task.register(outer.waker());
        for _ in 0..ROUNDS {
            bell.begin();
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            if !bell.has_rung() {
                return Poll::Pending;
            }
        }
        outer.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Wakes the task, or tells it that it was woken while it ran.
#[derive(Default)]
struct Bell {
    task: AtomicWaker,
    is_polled: AtomicBool,
    rung: AtomicBool,
}

impl Bell {
    fn begin(&self) {
        self.is_polled.store(true, Ordering::SeqCst);
        // Whoever rang before this wrote before it what is about to be seen.
        self.rung.swap(false, Ordering::SeqCst);
    }

    /// Whether it rang since it began. Who rings from now on wakes the task.
    fn has_rung(&self) -> bool {
        self.is_polled.store(false, Ordering::SeqCst);
        self.rung.swap(false, Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // In this order, and the other way round in `has_rung`: one of the two sees the other.
        self.rung.store(true, Ordering::SeqCst);
        if !self.is_polled.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ROUNDS, repoll};
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Wake, Waker};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it was woken.
    fn counted() -> (Waker, Arc<Count>) {
        let count = Arc::<Count>::default();
        (Waker::from(Arc::clone(&count)), count)
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again_at_once() {
        let mut left = 3;
        let mut future = pin!(repoll(poll_fn(|context| {
            if left == 0 {
                return Poll::Ready("done");
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })));
        let (waker, count) = counted();
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready("done"));
        assert_eq!(count.0.load(Ordering::Relaxed), 0, "its task was not woken");
    }

    #[test]
    fn a_future_that_waits_is_woken_by_others_each_time() {
        let kept = Mutex::new(None::<Waker>);
        let mut future = pin!(repoll(poll_fn(|context| {
            *kept.lock().unwrap() = Some(context.waker().clone());
            Poll::<()>::Pending
        })));
        let (waker, count) = counted();
        for round in 1..=3 {
            assert_eq!(future.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
            kept.lock().unwrap().take().unwrap().wake();
            assert_eq!(count.0.load(Ordering::Relaxed), round);
        }
    }

    #[test]
    fn a_future_that_never_stops_yields_to_other_tasks() {
        let polls = AtomicUsize::new(0);
        let mut future = pin!(repoll(poll_fn(|context| {
            polls.fetch_add(1, Ordering::Relaxed);
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        })));
        let (waker, count) = counted();
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
        assert_eq!((polls.load(Ordering::Relaxed), count.0.load(Ordering::Relaxed)), (ROUNDS, 1));
    }

    /// Wakes of other threads that meet the end of a poll are not lost.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_is_lost() {
        for _ in 0..2_000 {
            let (mut one, mut other) = (tokio::sync::mpsc::channel(1), tokio::sync::mpsc::channel(1));
            let echo = tokio::spawn(repoll(async move {
                while let Some(number) = one.1.recv().await {
                    other.0.send(number).await.unwrap();
                }
            }));
            for number in 0..5 {
                one.0.send(number).await.unwrap();
                assert_eq!(other.1.recv().await, Some(number));
            }
            drop(one.0);
            echo.await.unwrap();
        }
    }
}
