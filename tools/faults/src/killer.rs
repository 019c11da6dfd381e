//! SIGKILL in the middle of a command, at its n-th write on SQLite, at its n-th message to PostgreSQL.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use super::Kind;
use super::deployment::Deployment;
use super::proxy::{Effect, Proxy};
use super::strace::{DISK, Injury, around};
use super::trial::Trial;

/// Kills commands of one deployment.
pub(crate) struct Killer {
    proxy: Option<Proxy>,
}

impl Killer {
    /// One for the trial's store.
    ///
    /// # Errors
    /// PostgreSQL or the proxy before it does not start.
    pub(crate) fn new(trial: &Trial<'_>) -> Result<Self> {
        let proxy = match trial.kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Proxy::start(trial.lab.cluster()?.port().context("PostgreSQL without a port")?)?),
        };
        Ok(Self { proxy })
    }

    /// Runs a command unharmed; how far apart the points are where the next ones are killed.
    ///
    /// # Errors
    /// The command fails.
    pub(crate) fn rehearse(&self, trial: &Trial<'_>, deployment: &Deployment, arguments: &[&str]) -> Result<u32> {
        let Some(proxy) = &self.proxy else {
            deployment.run(arguments)?;
            return Ok(if trial.lab.short { 6 } else { 1 });
        };
        // Most of a command's messages prepare statements: they are many and alike, so not each of them is a point.
        let before = proxy.messages();
        let database = proxy.url(&deployment.url)?;
        deployment.run(&[arguments, &["--database", &database]].concat())?;
        let all = u32::try_from(proxy.messages() - before)?;
        Ok((all / if trial.lab.short { 8 } else { 60 }).max(1))
    }

    /// Runs a command that is killed at its n-th write or message; whether it came through.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn strike(
        &self,
        trial: &Trial<'_>,
        deployment: &Deployment,
        arguments: &[&str],
        nth: u32,
    ) -> Result<bool> {
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        };
        let Some(proxy) = &self.proxy else {
            let mut traced = around(&deployment.command(arguments), DISK, Injury::Kill(nth));
            quiet(&mut traced);
            return Ok(traced.status().context("cannot start strace")?.success());
        };
        let victim = Arc::new(AtomicU32::new(0));
        let after = trial.lab.seed.wrapping_add(u64::from(nth)).is_multiple_of(2);
        proxy.arm(nth.into(), after, Effect::Kill(Arc::clone(&victim)));
        let mut command = deployment.command(arguments);
        quiet(command.env("CLAVIGER_DATABASE__URL", proxy.url(&deployment.url)?));
        let mut child = command.spawn().context("cannot start claviger")?;
        victim.store(child.id(), Ordering::SeqCst);
        let status = child.wait()?;
        proxy.disarm();
        Ok(status.success())
    }
}
