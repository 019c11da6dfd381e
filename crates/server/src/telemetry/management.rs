//! The machine room: whether the process lives, whether it can serve, and a few numbers. On an address of its own.

use crate::failure::json;
use crate::http::{Answer, Handler, Incoming};
use crate::state::State;
use crate::state::health::faults;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use std::fmt::Write;
use std::sync::Arc;

/// Answers `/livez`, `/readyz` and `/metrics`.
#[derive(Clone)]
pub struct Management {
    /// The server that is looked at.
    pub state: Arc<State>,
}

impl Handler for Management {
    async fn answer(&self, incoming: Incoming) -> Answer {
        match incoming.path() {
            "/livez" => json(StatusCode::OK, r#"{"status":"alive"}"#),
            "/readyz" => self.ready().await,
            "/metrics" => self.metrics(),
            _ => json(StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#),
        }
    }
}

impl Management {
    /// 200 where requests can be served in full, else 503 with the reason; within some seconds.
    async fn ready(&self) -> Answer {
        let trouble = match self.state.follower().current().await {
            Ok(()) => self.state.health.trouble(),
            Err(_) => Some("the database cannot be reached"),
        };
        match trouble {
            None => json(StatusCode::OK, r#"{"status":"ready"}"#),
            Some(why) => json(StatusCode::SERVICE_UNAVAILABLE, format!(r#"{{"status":"{why}"}}"#)),
        }
    }

    /// In the text format of Prometheus.
    fn metrics(&self) -> Answer {
        let mut text = String::new();
        let mut tell = |name: &str, kind: &str, help: &str, values: &[(&str, f64)]| {
            // A String takes every write.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (label, value) in values {
                let _ = writeln!(text, "{name}{label} {value}");
            }
        };
        let state = &self.state;
        tell(
            "claviger_realms_ready",
            "gauge",
            "Realms that were asked for and are kept ready.",
            &[("", number(state.sites.ready().len()))],
        );
        let waiting = number(state.hasher.waiting());
        tell("claviger_passwords_waiting", "gauge", "Passwords that wait to be hashed.", &[("", waiting)]);
        for (name, kind, help, value) in state.health.numbers() {
            tell(name, kind, help, &[("", number(value))]);
        }
        let kinds = faults().map(|(kind, count)| (format!("{{kind=\"{kind}\"}}"), number(count)));
        let kinds: Vec<_> = kinds.collect();
        let kinds: Vec<_> = kinds.iter().map(|(label, count)| (label.as_str(), *count)).collect();
        let help = "What the database could not do, for requests and for the server itself.";
        tell("claviger_database_faults_total", "counter", help, &kinds);
        let seconds = |millis: i64| f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1000.0;
        let age = seconds(state.followed.age(state.clock.monotonic()));
        let help = "How long ago this server knew everything that the database knew.";
        tell("claviger_follow_age_seconds", "gauge", help, &[("", age)]);
        let help = "How far the clock is ahead of its source, which was set back.";
        tell("claviger_clock_ahead_seconds", "gauge", help, &[("", seconds(state.clock.behind()))]);
        let mut answer = json(StatusCode::OK, text);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
        answer
    }
}

fn number(value: impl TryInto<u32>) -> f64 {
    value.try_into().map_or(f64::from(u32::MAX), f64::from)
}
