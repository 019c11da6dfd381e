//! What the request log keeps: bounded for each app and in all, found by app, reference and kind.

use claviger_store::{GAP, RequestBounds, RequestDay, RequestFilter, RequestLine, Store};

const BOUNDS: RequestBounds = RequestBounds { lines_of_app: 100, bytes_of_app: 1 << 30, bytes_in_all: 1 << 40 };

/// A call of the minute `n`.
fn line(client: &str, n: u32, kind: &str) -> RequestLine {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&(u64::from(n) * 60_000).to_be_bytes()[2..]);
    id[12..].copy_from_slice(&n.to_be_bytes());
    let refused = !kind.is_empty();
    RequestLine {
        id,
        realm: "r".into(),
        client: client.into(),
        at: i64::from(n) * 60_000,
        reference: format!("{client}{n}"),
        endpoint: "token".into(),
        grant_type: "client_credentials".into(),
        status: if refused { 400 } else { 200 },
        error: if refused { "invalid_grant".into() } else { String::new() },
        kind: kind.into(),
        detail: format!("detail {n}"),
        doc: "{}".into(),
    }
}

pub(crate) async fn what_goes_well_never_pushes_out_what_was_refused(store: Store) {
    let log = store.open_request_log().unwrap();
    log.append(vec![line("app", 1, "code_expired"), line("other", 2, "")], BOUNDS).await.unwrap();
    for batch in 0..10 {
        let lines = (0..50).map(|n| line("app", 10 + batch * 50 + n, "")).collect();
        log.append(lines, BOUNDS).await.unwrap();
        let (lines, _) = log.size_of(("r", "app")).await.unwrap();
        assert!(lines <= 1 + 112, "{lines}: an eighth beyond its bound at most");
    }
    let all = log.lines(("r", "app"), &RequestFilter::default(), None, 1_000).await.unwrap();
    assert_eq!(i64::try_from(all.len()).unwrap(), log.size_of(("r", "app")).await.unwrap().0);
    assert_eq!((all[0].reference.as_str(), all.last().unwrap().kind.as_str()), ("app509", "code_expired"));
    let few = RequestBounds { bytes_of_app: 2_000, ..BOUNDS };
    log.append(vec![line("app", 600, "")], few).await.unwrap();
    let (_, bytes) = log.size_of(("r", "app")).await.unwrap();
    assert!(bytes < 3_000, "{bytes}");
    let all = RequestBounds { bytes_in_all: 1, ..BOUNDS };
    log.append(vec![line("third", 700, "")], all).await.unwrap();
    assert_eq!(
        (log.size_of(("r", "app")).await.unwrap(), log.size_of(("r", "third")).await.unwrap()),
        ((0, 0), (0, 0))
    );
}

pub(crate) async fn calls_are_found_by_app_reference_and_kind(store: Store) {
    let log = store.open_request_log().unwrap();
    let kinds = ["", "code_expired", "", "code_replayed", "code_expired", GAP];
    let lines = (1..).zip(kinds).map(|(n, kind)| line("app", n, kind)).collect();
    log.append(lines, BOUNDS).await.unwrap();
    let references = |lines: Vec<RequestLine>| lines.into_iter().map(|line| line.reference).collect::<Vec<_>>();
    let app = ("r", "app");
    let page = log.lines(app, &RequestFilter::default(), None, 2).await.unwrap();
    let next = log.lines(app, &RequestFilter::default(), Some(page[1].id), 2).await.unwrap();
    assert_eq!(
        (references(page.clone()), references(next)),
        (vec!["app6".into(), "app5".into()], vec!["app4".into(), "app3".into()])
    );
    let refused =
        RequestFilter { refused: true, since: Some(3 * 60_000), until: Some(5 * 60_000), ..RequestFilter::default() };
    assert_eq!(references(log.lines(app, &refused, None, 9).await.unwrap()), ["app4"]);
    let served = RequestFilter { status_class: Some(2), endpoint: Some("token".into()), ..RequestFilter::default() };
    assert_eq!(references(log.lines(app, &served, None, 9).await.unwrap()), ["app3", "app1"]);
    assert_eq!(references(log.after(app, page[1].id, 9).await.unwrap()), ["app6"]);
    assert_eq!(log.find("app4", None, 0).await.unwrap().unwrap().kind, "code_replayed");
    assert_eq!(log.find("app3", Some(app), i64::MAX).await.unwrap().unwrap().status, 200);
    assert_eq!(log.find("app3", None, 3 * 60_000).await.unwrap().unwrap().status, 200);
    assert!(log.find("app7", Some(app), 0).await.unwrap().is_none());
    let errors = log.errors(app, 0, 100).await.unwrap();
    let told: Vec<_> = errors.iter().map(|one| (one.kind.as_str(), one.count, one.first_at, one.last_at)).collect();
    assert_eq!(told, [("code_expired", 2, 2 * 60_000, 5 * 60_000), ("code_replayed", 1, 4 * 60_000, 4 * 60_000)]);
    assert_eq!((errors[0].reference.as_str(), errors[0].detail.as_str()), ("app5", "detail 5"));
}

pub(crate) async fn calls_are_counted_by_day(store: Store) {
    const DAY: u32 = 24 * 60;
    let log = store.open_request_log().unwrap();
    let lines = [(1, ""), (2, ""), (3, "code_expired"), (DAY, "code_expired"), (3 * DAY, ""), (3 * DAY + 1, GAP)];
    let mut all: Vec<_> = lines.into_iter().map(|(n, kind)| line("app", n, kind)).collect();
    // A line that says how many calls are missing is none itself.
    all.iter_mut().filter(|line| line.kind == GAP).for_each(|line| line.status = 0);
    all.push(line("other", 4, ""));
    log.append(all, BOUNDS).await.unwrap();
    let day = |day, served, refused| RequestDay { day, served, refused };
    assert_eq!(log.days(("r", "app"), 0).await.unwrap(), [day(0, 2, 1), day(1, 0, 1), day(3, 1, 0)]);
    assert_eq!(log.days(("r", "app"), 86_400_000).await.unwrap(), [day(1, 0, 1), day(3, 1, 0)]);
    assert_eq!(log.days(("r", "other"), 0).await.unwrap(), [day(0, 1, 0)]);
    assert_eq!(log.days(("q", "app"), 0).await.unwrap(), []);
}

pub(crate) async fn what_is_old_leaves(store: Store) {
    let log = store.open_request_log().unwrap();
    log.append((1..=6).map(|n| line("app", n, "")).collect(), BOUNDS).await.unwrap();
    assert_eq!(log.purge(4 * 60_000, 2).await.unwrap(), 2);
    assert_eq!(log.purge(4 * 60_000, 2).await.unwrap(), 1);
    assert_eq!(log.size_of(("r", "app")).await.unwrap().0, 3);
    assert_eq!(log.purge(i64::MAX / 2, 100).await.unwrap(), 3);
    assert_eq!(log.size_of(("r", "app")).await.unwrap(), (0, 0));
    assert!(store.find_request_log().unwrap().is_some());
}
