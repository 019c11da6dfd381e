//! `[tls]`, and what proxies in front do.

use super::{Check, Listener};
use claviger_core::span::Span;
use claviger_server::http::Front;
use claviger_server::http::tls::Files;
use http::HeaderValue;
use std::net::SocketAddr;
use std::path::PathBuf;

/// TLS of our own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Addresses at which every realm is served over TLS.
    pub listen: Vec<SocketAddr>,
    /// Certificates and keys; `None`: TLS is not spoken.
    pub files: Option<Files>,
}

impl Check<'_> {
    /// `listeners`: addresses for single realms, some of which speak TLS.
    pub(super) fn tls(&mut self, listeners: &[Listener], path: &dyn Fn(&str, &str) -> PathBuf) -> Tls {
        let given = &self.given.values.tls;
        let further = given.further.as_deref().unwrap_or_default();
        let one = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut pairs = Vec::new();
        match (one(&given.certificate), one(&given.key)) {
            (Some(certificate), Some(key)) => {
                pairs.push((path("tls.certificate", &certificate), path("tls.key", &key)));
            }
            (None, None) => {}
            (Some(_), None) => {
                self.say("tls.certificate", "a certificate is shown with its key: tls.key is missing", None);
            }
            (None, Some(_)) => self.say("tls.key", "a key is for a certificate: tls.certificate is missing", None),
        }
        pairs.extend(
            further.iter().map(|pair| (path("tls.further", &pair.certificate), path("tls.further", &pair.key))),
        );
        let listen = given.listen.as_deref().unwrap_or_default();
        let listen: Vec<SocketAddr> = listen.iter().filter_map(|text| self.address("tls.listen", text)).collect();
        let wanted = !listen.is_empty() || listeners.iter().any(|listener| listener.tls);
        let names = given.client_certificates.clone().unwrap_or_default();
        if wanted && pairs.is_empty() {
            let key = if listen.is_empty() { "server.listener" } else { "tls.listen" };
            self.say(key, "TLS needs a certificate", Some("add tls.certificate and tls.key".into()));
        }
        if !wanted && !pairs.is_empty() {
            let key = if given.certificate.is_some() { "tls.certificate" } else { "tls.further" };
            let help = "add tls.listen, like [\"0.0.0.0:443\"], or `tls = true` to a [[server.listener]]";
            self.say(key, "there is a certificate, and TLS is spoken nowhere", Some(help.into()));
        }
        for name in &names {
            if name != "*" && (name.contains(['*', ':', '/', ' ']) || name.is_empty()) {
                let help = "like \"mtls.login.example.com\"; \"*\" alone means all".to_owned();
                self.say("tls.client-certificates", format!("`{name}` is not a host name"), Some(help));
            }
        }
        let files = Files { pairs, client_certificates: names };
        Tls { listen, files: (!files.pairs.is_empty()).then_some(files) }
    }

    /// What proxies do.
    pub(super) fn front(&mut self) -> Front {
        let given = &self.given.values.server;
        let proxy_protocol = given.proxy_protocol.unwrap_or_default();
        let no_proxy = given.trusted_proxies.as_deref().unwrap_or_default().is_empty();
        for (key, wants_proxies) in [
            ("server.proxy-protocol", proxy_protocol),
            ("server.client-certificate-header", given.client_certificate_header.is_some()),
        ] {
            if wants_proxies && no_proxy {
                let help = "add the proxies' addresses to server.trusted-proxies";
                self.say(key, "this is believed of trusted proxies alone, and there are none", Some(help.into()));
            }
        }
        Front {
            proxy_protocol,
            http2: given.http2.unwrap_or_default(),
            certificate_header: given.client_certificate_header,
            hsts: given.hsts.filter(|span| *span > Span::seconds(0)).and_then(hsts),
        }
    }
}

fn hsts(span: Span) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("max-age={}", span.as_seconds())).ok()
}
