//! The machine room: whether the process lives, whether it can serve, and a few numbers. On an address of its own.

use crate::app::App;
use crate::failure::json;
use crate::http::{Answer, Handler, Incoming};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use std::fmt::Write;
use std::sync::Arc;

/// Answers `/livez`, `/readyz` and `/metrics`.
#[derive(Clone)]
pub struct Management {
    /// The server that is looked at.
    pub app: Arc<App>,
}

impl Handler for Management {
    async fn answer(&self, incoming: Incoming) -> Answer {
        match incoming.path() {
            "/livez" => json(StatusCode::OK, r#"{"status":"alive"}"#),
            "/readyz" => match self.app.store.last_change().await {
                Ok(_) => json(StatusCode::OK, r#"{"status":"ready"}"#),
                Err(fault) => {
                    tracing::warn!(%fault, "not ready");
                    json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"the database cannot be read"}"#)
                }
            },
            "/metrics" => self.metrics(),
            _ => json(StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#),
        }
    }
}

impl Management {
    /// In the text format of Prometheus.
    fn metrics(&self) -> Answer {
        let mut text = String::new();
        let mut gauge = |name: &str, help: &str, value: usize| {
            // A String takes every write.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        };
        gauge("claviger_realms_ready", "Realms that were asked for and are kept ready.", self.app.sites.ready().len());
        gauge("claviger_passwords_waiting", "Passwords that wait to be hashed.", self.app.hasher.waiting());
        let mut answer = json(StatusCode::OK, text);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
        answer
    }
}
