//! SIGHUP: the configuration is read again. All of it is read and checked first; only then does anything change, so that a
//! mistake leaves everything as it was.

use super::super::context::{Context, actor};
use super::super::log::Log;
use super::super::trouble::Trouble;
use super::{notify, tls};
use crate::config::{Config, Explained};
use claviger_files::dialect::Dialects;
use claviger_server::State;
use claviger_server::admin::{self, Admin, Way};
use claviger_server::http::tls::{Certificates, Tls};
use claviger_server::pages::Pages;
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;

/// A running server and what it was started with.
pub(super) struct Reload<'a> {
    pub(super) context: &'a Context,
    pub(super) state: &'a State,
    pub(super) log: &'a Log,
    /// The certificates in effect, where TLS is spoken.
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) config: Config,
}

/// Everything that can change while a server runs, read and found right.
struct New {
    explained: Explained,
    pages: Pages,
    dialects: Option<Dialects>,
    certificates: Option<Certificates>,
}

impl Reload<'_> {
    /// Reads the configuration again and goes on with it, or with the old one.
    pub(super) async fn run(&mut self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        notify(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
        match self.take_in().await {
            Ok(changed) => tracing::info!(changed, "the configuration was read again"),
            Err(trouble) => {
                tracing::error!(error = %trouble, help = trouble.advice(), "the configuration was not taken in, and the old one stays in effect");
            }
        }
        notify("READY=1");
    }

    async fn take_in(&mut self) -> Result<String, Trouble> {
        let new = self.read()?;
        let config = &new.explained.config;
        let realms = match &new.dialects {
            Some(dialects) => self.take_dialects(dialects).await?,
            None => Vec::new(),
        };
        self.log.set_level(&config.log.level)?;
        self.state.take_in(new.pages, config.brakes);
        self.state.refuse_known(config.known_passwords.as_deref())?;
        self.state.let_in(&config.private_hosts);
        tls::warn_of_open_keys(config);
        let mut changed: Vec<String> = realms.iter().map(|realm| format!("the dialect of realm {realm}")).collect();
        if config.log.level != self.config.log.level {
            changed.push("log.level".to_owned());
        }
        if config.brakes != self.config.brakes {
            changed.push("brakes".to_owned());
        }
        if config.private_hosts != self.config.private_hosts {
            changed.push("outbound".to_owned());
        }
        if let (Some(tls), Some(certificates)) = (&self.tls, new.certificates) {
            tls::warn_of_ends(&certificates, self.state.clock.now());
            tls.replace(certificates);
            changed.push("certificates".to_owned());
        }
        changed.push("pages".to_owned());
        self.tell_what_needs_a_restart(config);
        self.config = new.explained.config;
        Ok(changed.join(", "))
    }

    fn read(&self) -> Result<New, Trouble> {
        let explained = self.context.explained()?;
        let dialects = match &explained.config.dialects_folder {
            Some(folder) => Some(Dialects::of_folder(folder)?),
            None => None,
        };
        let certificates = tls::read(&explained.config)?;
        if let Some(certificates) = &certificates {
            tls::ended(certificates, self.state.clock.now())?;
        }
        Ok(New { pages: self.context.pages()?, explained, dialects, certificates })
    }

    async fn take_dialects(&self, dialects: &Dialects) -> Result<Vec<String>, Trouble> {
        let now = self.state.clock.now();
        let admin = Admin { store: &self.state.store, actor: &actor(Way::Apply, now), now };
        Ok(admin::realms::take_dialects(&admin, dialects).await?)
    }

    /// What is read at the start only, and is not the same any more.
    fn tell_what_needs_a_restart(&self, new: &Config) {
        let old = &self.config;
        let differs =
            |one: &dyn std::fmt::Debug, other: &dyn std::fmt::Debug| format!("{one:?}") != format!("{other:?}");
        let parts = [
            ("[server]", differs(&old.server, &new.server)),
            ("tls.listen", old.tls.listen != new.tls.listen || old.tls.files.is_some() != new.tls.files.is_some()),
            (
                "[database]",
                old.database.url.0 != new.database.url.0 || differs(&old.database.options, &new.database.options),
            ),
            ("[master-key]", old.master_key_file != new.master_key_file),
            ("[mail] and [smtp]", differs(&old.mail, &new.mail)),
            ("[audit]", old.audit != new.audit),
            ("log.format", old.log.format != new.log.format),
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect();
        if !parts.is_empty() {
            tracing::warn!(
                parts = parts.join(", "),
                "changed in the configuration, and in effect after a restart only"
            );
        }
    }
}
