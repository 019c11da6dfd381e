use super::*;
use crate::http::RequestId;
use crate::http::trace::Noted;
use claviger_store::{Options, RequestFilter};

fn call(client: &str, is_app: bool) -> Call {
    let noted = Noted { is_app, ..Noted::default() };
    let traced = Traced {
        realm: "r".into(),
        client: client.into(),
        endpoint: "token",
        address: "192.0.2.7".parse().unwrap(),
        reference: RequestId::next(),
        noted,
    };
    Call { at: 1_000, status: 200, traced, described: None }
}

fn started() -> (Store, RequestLog, Requests) {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let log = store.open_request_log().unwrap();
    let requests = Requests::default();
    requests.begin(log.clone(), RequestLogSettings::default());
    (store, log, requests)
}

#[tokio::test]
async fn what_finds_no_place_is_counted_and_a_line_says_so() {
    let (store, log, requests) = started();
    for _ in 0..MOST + 7 {
        requests.put(call("app", true));
    }
    assert_eq!(requests.lost(), 7);
    requests.write(&store, 2_000).await.unwrap();
    let lines = log.lines(("r", "app"), &RequestFilter::default(), None, 20_000).await.unwrap();
    assert_eq!(lines.len(), MOST + 1);
    let gap = lines.iter().find(|line| line.kind == GAP).unwrap();
    assert_eq!((gap.status, Said::from_json(&gap.doc).lost), (0, 7));
    assert!(gap.detail.starts_with("7 calls"), "{}", gap.detail);
    assert!(log.errors(("r", "app"), 0, 100).await.unwrap().is_empty(), "a gap is nobody's mistake");
    requests.write(&store, 3_000).await.unwrap();
    assert_eq!(log.lines(("r", "app"), &RequestFilter::default(), None, 20_000).await.unwrap().len(), MOST + 1);
}

#[tokio::test]
async fn the_lines_of_a_batch_keep_their_order_and_who_is_no_app_is_claimed() {
    let (store, log, requests) = started();
    let calls: Vec<_> = (0..300).map(|_| call("app", true)).collect();
    let order: Vec<_> = calls.iter().map(|call| call.traced.reference.to_string()).rev().collect();
    for call in calls {
        requests.put(call);
    }
    requests.put(call("nobody", false));
    requests.write(&store, 2_000).await.unwrap();
    let lines = log.lines(("r", "app"), &RequestFilter::default(), None, 1_000).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.reference.clone()).collect::<Vec<_>>(), order);
    let strangers = log.lines(("r", ""), &RequestFilter::default(), None, 1_000).await.unwrap();
    assert_eq!((strangers.len(), Said::from_json(&strangers[0].doc).claimed.as_str()), (1, "nobody"));
    assert_eq!(Said::from_json(&strangers[0].doc).address, "192.0.2.7");
}

#[test]
fn the_apps_whose_gaps_are_counted_are_bounded() {
    let mut queue = Queue::default();
    for n in 0..MOST_GAPS + 50 {
        queue.gap_of(("r".into(), n.to_string()), 1);
    }
    assert_eq!(queue.gaps.len(), MOST_GAPS + 1);
    assert_eq!(queue.gaps[&(String::new(), String::new())], 50);
}
