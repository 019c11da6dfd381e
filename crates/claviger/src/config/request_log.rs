//! What is kept of apps' calls.

use super::Check;
use claviger_core::span::Span;
use claviger_server::state::requests::RequestLogSettings;

impl Check<'_> {
    /// `None`: nothing is kept.
    pub(super) fn request_log(&mut self) -> Option<RequestLogSettings> {
        let given = &self.given.values.request_log;
        let usual = RequestLogSettings::default();
        let mib = |given: Option<u32>, usual: u64| given.map_or(usual, |size| u64::from(size) * 1024 * 1024);
        let settings = RequestLogSettings {
            keep: given.keep.unwrap_or(usual.keep),
            lines_of_app: given.lines_per_app.unwrap_or(usual.lines_of_app),
            bytes_of_app: mib(given.mib_per_app, usual.bytes_of_app),
            bytes_in_all: mib(given.mib_in_all, usual.bytes_in_all),
        };
        if !(Span::seconds(3600)..=Span::seconds(400 * 86_400)).contains(&settings.keep) {
            self.say("request-log.keep", "it is between an hour and 400 days", None);
        }
        if !(100..=10_000_000).contains(&settings.lines_of_app) {
            self.say("request-log.lines-per-app", "it is between 100 and 10000000", None);
        }
        if settings.bytes_of_app == 0 || settings.bytes_in_all < settings.bytes_of_app {
            let help = "for all apps together there is at least as much room as for one of them".to_owned();
            self.say("request-log.mib-in-all", "this leaves no room", Some(help));
        }
        given.enabled.unwrap_or(true).then_some(settings)
    }
}
