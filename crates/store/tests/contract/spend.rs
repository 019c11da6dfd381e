use crate::fixtures::{HOUR, MINUTE, NOW, access, at_once, code, exchange, id, set_up};
use claviger_store::{Issue, Issued, Spend, SpendKind, Store};

fn assertion(name: &str) -> Spend {
    Spend::new(SpendKind::ClientAssertion, "r", "c", name, NOW + MINUTE)
}

pub(crate) async fn what_is_good_once_is_used_once(store: Store) {
    let spent = Issued::Spent(SpendKind::ClientAssertion);
    let first = assertion("a");
    assert_eq!(store.spend(vec![first.clone()], NOW).await.unwrap(), Issued::Done);
    assert_eq!(store.spend(vec![assertion("a")], NOW).await.unwrap(), spent);
    // Nobody heard how it ended and asks again; that is no second use.
    assert_eq!(store.spend(vec![first], NOW).await.unwrap(), Issued::Done);
    // Each of the four parts makes another one.
    for other in [
        Spend::new(SpendKind::Proof, "r", "c", "a", NOW + MINUTE),
        Spend::new(SpendKind::ClientAssertion, "s", "c", "a", NOW + MINUTE),
        Spend::new(SpendKind::ClientAssertion, "r", "d", "a", NOW + MINUTE),
        Spend::new(SpendKind::ClientAssertion, "r", "", "ca", NOW + MINUTE),
        assertion("b"),
    ] {
        assert_eq!(store.spend(vec![other.clone()], NOW).await.unwrap(), Issued::Done, "{other:?}");
    }
    // Of several all or none.
    assert_eq!(store.spend(vec![assertion("c"), assertion("b")], NOW).await.unwrap(), spent);
    assert_eq!(store.spend(vec![assertion("c"), assertion("d")], NOW).await.unwrap(), Issued::Done);
}

pub(crate) async fn of_64_uses_one_counts(store: Store) {
    set_up(&store).await;
    for with_token in [false, true] {
        let at = store.clone();
        let answers = at_once(move |_| {
            let (store, token) = (at.clone(), id());
            async move {
                let access = with_token.then(|| access(token, None));
                let name = if with_token { "with" } else { "without" };
                let issue = Issue { now: NOW, spends: vec![assertion(name)], access, ..Issue::default() };
                (store.issue(issue).await.unwrap(), store.access_token(&token).await.unwrap().is_some())
            }
        })
        .await;
        for (issued, has_token) in &answers {
            assert_eq!(*has_token, with_token && *issued == Issued::Done);
        }
        assert_eq!(answers.iter().filter(|(issued, _)| *issued == Issued::Done).count(), 1);
    }
}

pub(crate) async fn a_use_and_what_it_gives_are_one(store: Store) {
    set_up(&store).await;
    let (code_id, token) = (id(), id());
    let with = |spend: Spend| Issue { spends: vec![spend], ..exchange(code_id, token, NOW) };
    // There is no such code: the assertion is as good as before.
    assert_eq!(store.issue(with(assertion("a"))).await.unwrap(), Issued::CodeGone);
    store.put_code(code(code_id)).await.unwrap();
    // It was used before: the code is as good as before.
    assert_eq!(store.spend(vec![assertion("used")], NOW).await.unwrap(), Issued::Done);
    assert_eq!(store.issue(with(assertion("used"))).await.unwrap(), Issued::Spent(SpendKind::ClientAssertion));
    assert!(store.code(&code_id).await.unwrap().unwrap().redeemed_at.is_none());
    assert!(store.access_token(&token).await.unwrap().is_none());
    assert_eq!(store.issue(with(assertion("a"))).await.unwrap(), Issued::Done);
    assert_eq!(store.spend(vec![assertion("a")], NOW).await.unwrap(), Issued::Spent(SpendKind::ClientAssertion));
}

pub(crate) async fn a_use_that_is_over_is_forgotten(store: Store) {
    assert_eq!(store.spend(vec![assertion("a")], NOW).await.unwrap(), Issued::Done);
    assert_eq!(store.purge(NOW + MINUTE, 100).await.unwrap(), 0, "as long as it would be good");
    assert_eq!(store.purge(NOW + HOUR, 100).await.unwrap(), 1);
    assert_eq!(store.spend(vec![assertion("a")], NOW + HOUR).await.unwrap(), Issued::Done);
}
