//! The machine room: whether the process lives, whether it can serve, and a few numbers. On an address of its own.

use crate::failure::json;
use crate::http::tls::Tls;
use crate::http::{Answer, Handler, Incoming};
use crate::protocol::login_app;
use crate::state::State;
use crate::state::health::FaultKind;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::{self, Write};
use std::sync::Arc;

/// Answers `/livez`, `/readyz` and `/metrics`, and the apps of vendors' own pages below `/realms/`.
#[derive(Clone)]
pub struct Management {
    /// The server that is looked at.
    pub state: Arc<State>,
    /// The certificates, where TLS is our own.
    pub tls: Option<Arc<Tls>>,
}

impl Handler for Management {
    async fn answer(&self, incoming: Incoming) -> Answer {
        match incoming.path() {
            "/livez" => json(StatusCode::OK, r#"{"status":"alive"}"#),
            "/readyz" => self.ready().await,
            "/metrics" => self.metrics(),
            _ => match Box::pin(login_app::answer(&self.state, &incoming)).await {
                Some(answer) => answer,
                None => json(StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#),
            },
        }
    }
}

impl Management {
    /// 200 where requests can be served in full, else 503 with the reason; within some seconds.
    async fn ready(&self) -> Answer {
        const UNREACHABLE: &str = "the database cannot be reached";
        let trouble = match self.state.follower().current().await {
            Ok(()) => match self.state.background.list_realms("", 1).await {
                Ok(realms) if realms.is_empty() => Some(NO_REALM),
                Ok(_) => self.state.health.trouble(),
                Err(_) => Some(self.state.health.trouble().unwrap_or(UNREACHABLE)),
            },
            Err(_) => Some(UNREACHABLE),
        };
        match trouble {
            None => json(StatusCode::OK, r#"{"status":"ready"}"#),
            Some(why) => json(StatusCode::SERVICE_UNAVAILABLE, format!(r#"{{"status":"{why}"}}"#)),
        }
    }

    /// In the text format of `OpenMetrics` 1.0, which Prometheus reads.
    fn metrics(&self) -> Answer {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Numbers { state: Arc::clone(&self.state), tls: self.tls.clone() }));
        let mut text = String::new();
        // A String takes every write.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        let mut answer = json(StatusCode::OK, text);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
        answer
    }
}

/// Why a server with an empty database is not ready, and what makes it so.
const NO_REALM: &str = "there is no realm: `claviger apply realms/` brings realm files in";

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The numbers as they are when somebody asks.
struct Numbers {
    state: Arc<State>,
    tls: Option<Arc<Tls>>,
}

impl fmt::Debug for Numbers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Numbers")
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let app = &self.state;
        let health = &app.health;
        let flag = |on: bool| i64::from(on);
        gauge(
            &mut encoder,
            "claviger_realms_ready",
            "Realms that were asked for and are kept ready.",
            count(app.sites.ready().len()),
        )?;
        let waiting = count(app.hasher.waiting());
        gauge(&mut encoder, "claviger_passwords_waiting", "Passwords that wait to be hashed.", waiting)?;
        gauge(&mut encoder, "claviger_database_up", "Whether the database answers.", flag(health.is_up()))?;
        gauge(&mut encoder, "claviger_database_writable", "Whether it can be written.", flag(health.is_writable()))?;
        let help = "How often the database was found to be an older one.";
        counter(&mut encoder, "claviger_database_started_over", help, health.times_started_over())?;
        let help = "Whether this server does the jobs of all.";
        gauge(&mut encoder, "claviger_jobs_leader", help, flag(health.is_leader()))?;
        let help = "Calls that are not in the request log, because there were more than could be written.";
        counter(&mut encoder, "claviger_request_log_lost", help, app.requests.lost())?;
        faults(&mut encoder)?;
        if let Some(ends) = self.tls.as_ref().and_then(|tls| tls.certificates().first_to_end().map(|(ends, _)| ends)) {
            let help = "When the first certificate of our own TLS ends, in seconds since 1970.";
            gauge(&mut encoder, "claviger_tls_certificate_ends", help, ends / 1000)?;
        }
        let help = "How long ago this server knew everything that the database knew.";
        seconds(&mut encoder, "claviger_follow_age", help, app.followed.age(app.clock.monotonic()))?;
        let help = "How far the clock is ahead of its source, which was set back.";
        seconds(&mut encoder, "claviger_clock_ahead", help, app.clock.behind())
    }
}

fn faults(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "What the database could not do, for requests and for the server itself.";
    let mut family = encoder.encode_descriptor("claviger_database_faults", help, None, MetricType::Counter)?;
    for kind in FaultKind::ALL {
        ConstCounter::new(kind.counted()).encode(family.encode_family(&FaultLabels { kind })?)?;
    }
    Ok(())
}

/// The labels of one number of faults.
#[derive(EncodeLabelSet)]
struct FaultLabels {
    kind: FaultKind,
}

impl EncodeLabelValue for FaultKind {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.name())
    }
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: i64) -> fmt::Result {
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

/// A gauge in seconds, of milliseconds; `name` gets its unit as a suffix.
fn seconds(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, millis: i64) -> fmt::Result {
    let value = f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1000.0;
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Gauge)?)
}

/// A counter; `name` gets `_total` as a suffix.
fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    ConstCounter::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Pages;
    use crate::state::clock::Clock;
    use crate::state::master_key::MasterKey;
    use claviger_store::{Fault, Options, Store};
    use http_body_util::BodyExt;
    use std::collections::BTreeMap;

    /// A family of numbers: its kind, and each sample's suffix and labels with its value.
    type Families = BTreeMap<String, (String, BTreeMap<String, f64>)>;

    /// Reads the text format of `OpenMetrics` 1.0, strictly.
    fn parse(text: &str) -> Families {
        let lines = text.strip_suffix("# EOF\n").expect("ends with EOF");
        let mut families = Families::new();
        let mut current = String::new();
        for line in lines.lines() {
            if let Some(rest) = line.strip_prefix("# ") {
                let [keyword, name, said] = rest.splitn(3, ' ').collect::<Vec<_>>().try_into().expect(line);
                match keyword {
                    "HELP" => assert!(said.ends_with('.'), "{line}"),
                    "UNIT" => assert!(name.ends_with(&format!("_{said}")), "{line}"),
                    "TYPE" => assert!(families.insert(name.into(), (said.into(), BTreeMap::new())).is_none(), "{line}"),
                    _ => panic!("{line}"),
                }
                current = name.to_owned();
            } else {
                let (sample, value) = line.rsplit_once(' ').expect(line);
                let suffix = sample.strip_prefix(&current).unwrap_or_else(|| panic!("{line} is not of {current}"));
                let (kind, samples) = families.get_mut(&current).expect("a type before its samples");
                assert_eq!(suffix.starts_with("_total"), kind == "counter", "{line}");
                assert!(samples.insert(suffix.to_owned(), value.parse().expect(line)).is_none(), "{line} twice");
            }
        }
        families
    }

    async fn metrics() -> (String, Families) {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let (clock, _) = Clock::set_to(1_000_000);
        let pages = Pages::new(None).unwrap();
        let app = Box::pin(crate::server::open(store, &MasterKey::generate(), clock, pages)).await.unwrap();
        let answer = Management { state: app, tls: None }.metrics();
        let media_type = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (media_type, parse(std::str::from_utf8(&body).unwrap()))
    }

    #[tokio::test]
    async fn a_server_without_a_realm_is_not_ready_and_says_what_to_do() {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let pages = Pages::new(None).unwrap();
        let state =
            Box::pin(crate::server::open(store, &MasterKey::generate(), Clock::default(), pages)).await.unwrap();
        let management = Management { state, tls: None };
        let answer = management.ready().await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, format!(r#"{{"status":"{NO_REALM}"}}"#));
    }

    #[tokio::test]
    async fn every_number_is_there_with_its_kind() {
        let (media_type, found) = metrics().await;
        assert_eq!(media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        let kinds: Vec<_> = found.iter().map(|(name, (kind, _))| (name.as_str(), kind.as_str())).collect();
        let expected = [
            ("claviger_clock_ahead_seconds", "gauge"),
            ("claviger_database_faults", "counter"),
            ("claviger_database_started_over", "counter"),
            ("claviger_database_up", "gauge"),
            ("claviger_database_writable", "gauge"),
            ("claviger_follow_age_seconds", "gauge"),
            ("claviger_jobs_leader", "gauge"),
            ("claviger_passwords_waiting", "gauge"),
            ("claviger_realms_ready", "gauge"),
            ("claviger_request_log_lost", "counter"),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(found["claviger_database_up"].1[""].to_bits(), 1_f64.to_bits());
    }

    #[tokio::test]
    async fn faults_are_counted_by_kind() {
        let full = |found: &Families| found["claviger_database_faults"].1["_total{kind=\"full\"}"];
        let (_, before) = metrics().await;
        crate::state::health::count(&Fault::Full);
        let (_, after) = metrics().await;
        assert!(full(&after) > full(&before), "other tests count as well");
        let kinds: Vec<_> = after["claviger_database_faults"].1.keys().map(String::as_str).collect();
        let expected = ["busy", "full", "other", "unavailable"].map(|kind| format!("_total{{kind=\"{kind}\"}}"));
        assert_eq!(kinds, expected);
    }
}
