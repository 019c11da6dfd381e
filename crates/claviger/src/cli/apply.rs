//! `claviger apply`: realm files into the database.

use super::context::{Context, Data, actor};
use super::output;
use super::trouble::{Exit, Trouble};
use clap::Args;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::text::printable_lines;
use claviger_files::dialect::Dialects;
use claviger_files::realm::RealmFile;
use claviger_files::{self as files, Variables};
use claviger_server::admin::apply::{ApplyError, Report, Step, Told, apply_watched};
use claviger_server::admin::{Admin, Way};
use claviger_server::clock::Clock;
use claviger_server::hashing::Hasher;
use claviger_server::master_key::MasterKey;
use claviger_server::secrets::Secrets;
use claviger_store::{Options, Store};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

/// What is applied.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Realm files, and folders of them
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Puts a value in the place of `${KEY}` in the files; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

/// How it is applied.
#[derive(Debug, Args)]
pub(crate) struct ApplyOptions {
    #[command(flatten)]
    pub(super) files: ApplyArgs,
    /// Another name of `claviger plan`, which says what would change and ends with 10 where something would; this ends with 0
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Make the database, and its master key, where they are not there yet
    #[arg(long)]
    pub(super) create: bool,
    /// A line for each object that is new or different, and not only their numbers
    #[arg(long, short)]
    pub(super) verbose: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Applies the files, with the configuration beside them.
pub(crate) async fn run(options: ApplyOptions, context: &Context) -> Result<(), Trouble> {
    let files = options.files.read(&context.dialects()?)?;
    print(context, &apply(context, &files, options.create).await?, options.verbose)
}

/// What applying the files would do.
pub(super) async fn rehearsed(args: &ApplyArgs, context: &Context) -> Result<Report, Trouble> {
    rehearse(context, &args.read(&context.dialects()?)?).await
}

impl ApplyArgs {
    /// The configuration that lies beside the files, where none is named.
    pub(super) fn beside(&self, context: &Context) -> Result<Context, Trouble> {
        let found = context.beside(&self.paths)?;
        if let (None, Some(file)) = (context.file(), found.file()) {
            // Which database it is must not be a surprise.
            eprintln!("configuration: {}", file.display());
        }
        Ok(found)
    }

    /// What `--set` says.
    pub(super) fn variables(&self) -> Variables {
        self.set.iter().cloned().collect()
    }

    /// The files, checked against these dialects.
    pub(super) fn read(&self, dialects: &Dialects) -> Result<Vec<RealmFile>, Trouble> {
        Ok(files::realm::read(&self.paths, dialects, &self.variables())?)
    }

    /// The names and the texts of the files.
    pub(super) fn contents(&self) -> Result<Vec<(PathBuf, Vec<u8>)>, Trouble> {
        Ok(files::realm::contents(&self.paths)?)
    }
}

async fn apply(context: &Context, files: &[RealmFile], create: bool) -> Result<Report, Trouble> {
    let config = if create { context.named()? } else { context.present()? };
    let data = context.open(&config).await?;
    let secrets = data.first_secrets(create).await?;
    write(&data.store, files, &secrets, data.now()).await
}

async fn write(store: &Store, files: &[RealmFile], secrets: &Secrets, now: i64) -> Result<Report, Trouble> {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let hasher = Hasher::new(workers, 64)
        .map_err(|error| Trouble::new(Exit::Failure, format!("no thread to hash with: {error}")))?;
    let actor = actor(Way::Apply, now);
    let admin = Admin { store, actor: &actor, now };
    let progress = Progress::new();
    let applied = apply_watched(&admin, files, &hasher, secrets, &progress.told()).await;
    progress.finish();
    applied.map_err(|error| match error {
        ApplyError::Store(fault) => fault.into(),
        ApplyError::Conflict { .. } => Trouble::new(Exit::Conflict, error.to_string()),
        ApplyError::Busy(busy) => Trouble::new(Exit::Failure, busy.to_string()),
    })
}

/// Applies to a copy that is thrown away: what it says is what would happen.
async fn rehearse(context: &Context, files: &[RealmFile]) -> Result<Report, Trouble> {
    let config = context.config()?;
    let now = Clock::default().now();
    if config.database.file().is_some_and(|file| !file.exists()) {
        let store = Store::open("sqlite::memory:", &Options::default())?;
        let secrets = Secrets::load(&store, &MasterKey::generate()).await?;
        return write(&store, files, &secrets, now).await;
    }
    let data: Data = context.open(&config).await?;
    let secrets = data.secrets().await?;
    let copy = Copy::new()?;
    let database = copy.0.join("copy.db");
    claviger_store::copy::rehearsal(&config.database.url, &config.database.options, &database).await?;
    let store = Store::open(&format!("sqlite://{}", database.display()), &Options::default())?;
    write(&store, files, &secrets, now).await
}

/// A folder for the copy of a database; it goes away, and only its owner can read it meanwhile.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Result<Self, Trouble> {
        use std::os::unix::fs::DirBuilderExt;
        let folder = std::env::temp_dir().join(format!("claviger-apply-{:016x}", u64::from_le_bytes(random_bytes())));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|error| Trouble::new(Exit::Failure, format!("{}: {error}", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const TEMPLATE: &str = "{msg:10} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}";

/// A bar at a terminal, on stderr; elsewhere nothing.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new() -> Self {
        Self(std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            // The template is right: a test says so.
            bar.set_style(ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        }))
    }

    fn told(&self) -> Told {
        let Some(bar) = self.0.clone() else { return Arc::new(|_| {}) };
        Arc::new(move |step: Step| {
            let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
            if step.done == 1 {
                bar.reset();
                bar.set_message(step.doing);
            }
            bar.set_length(number(step.all));
            bar.set_position(number(step.done));
        })
    }

    fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Says what was applied.
pub(super) fn print(context: &Context, report: &Report, verbose: bool) -> Result<(), Trouble> {
    let secrets = &report.secrets;
    if context.format.is_structured() {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|made| {
                serde_json::json!({ "realm": made.realm, "client_id": made.client, "secret": made.secret.expose() })
            })
            .collect();
        let item = serde_json::json!({
            "dry_run": false, "changes": report.changes, "created": report.created, "changed": report.changed, "unchanged": report.unchanged,
            "not_in_files": report.not_in_files, "notes": report.notes, "secrets": secrets,
        });
        return context.format.one(&item, &[]);
    }
    let said = if verbose { format!("{report:#}\n") } else { format!("{report}\n") };
    output::put(&printable_lines(&said))?;
    if !secrets.is_empty() {
        eprintln!("\nThese secrets were made. They are not shown again:");
        let listed: Vec<_> = secrets.iter().map(|made| (&made.realm, &made.client, made.secret.expose())).collect();
        context.format.list(["realm", "client", "secret"], &listed, |(realm, client, secret)| {
            [(*realm).clone(), (*client).clone(), (*secret).to_owned()]
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_right() {
        assert!(indicatif::ProgressStyle::with_template(super::TEMPLATE).is_ok());
    }
}
