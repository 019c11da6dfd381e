//! `claviger apply`: realm files into the database.

use super::context::{Context, Data, actor};
use super::output::{self, Format};
use super::trouble::{Exit, Trouble};
use clap::Args;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::text::printable_lines;
use claviger_files::realm::RealmFile;
use claviger_files::{self as files, Variables};
use claviger_server::admin::apply::{ApplyError, Report};
use claviger_server::admin::{Admin, Way};
use claviger_server::clock::Clock;
use claviger_server::hashing::Hasher;
use claviger_server::master_key::MasterKey;
use claviger_server::secrets::Secrets;
use claviger_store::{Options, Store};
use std::path::PathBuf;

/// What is applied.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Realm files, and folders of them
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Puts a value in the place of `${KEY}` in the files; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Applies the files.
pub(crate) async fn run(args: ApplyArgs, context: &Context) -> Result<(), Trouble> {
    let variables: Variables = args.set.into_iter().collect();
    let files = files::realm::read(&args.paths, &context.dialects()?, &variables)?;
    let report = if args.dry_run { rehearse(context, &files).await? } else { apply(context, &files).await? };
    print(context, &report, args.dry_run)
}

async fn apply(context: &Context, files: &[RealmFile]) -> Result<Report, Trouble> {
    let data = context.open(&context.config()?).await?;
    let secrets = data.first_secrets().await?;
    write(&data.store, files, &secrets, data.now()).await
}

async fn write(store: &Store, files: &[RealmFile], secrets: &Secrets, now: i64) -> Result<Report, Trouble> {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let hasher = Hasher::new(workers, 64)
        .map_err(|error| Trouble::new(Exit::Failure, format!("no thread to hash with: {error}")))?;
    let actor = actor(Way::Apply, now);
    let admin = Admin { store, actor: &actor, now };
    claviger_server::admin::apply::apply(&admin, files, &hasher, secrets).await.map_err(|error| match error {
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

fn print(context: &Context, report: &Report, dry_run: bool) -> Result<(), Trouble> {
    // A secret of a rehearsal is nobody's.
    let secrets: &[_] = if dry_run { &[] } else { &report.secrets };
    if context.format == Format::Json {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|made| {
                serde_json::json!({ "realm": made.realm, "client_id": made.client, "secret": made.secret.expose() })
            })
            .collect();
        let item = serde_json::json!({
            "dry_run": dry_run, "created": report.created, "changed": report.changed, "unchanged": report.unchanged,
            "not_in_files": report.not_in_files, "notes": report.notes, "secrets": secrets,
        });
        return context.format.one(&item, &[]);
    }
    let prefix = if dry_run { "dry run, nothing was changed\n" } else { "" };
    output::put(&printable_lines(&format!("{prefix}{report}\n")))?;
    if !secrets.is_empty() {
        eprintln!("\nThese secrets were made. They are not shown again:");
        let listed: Vec<_> = secrets.iter().map(|made| (&made.realm, &made.client, made.secret.expose())).collect();
        context.format.list(["realm", "client", "secret"], &listed, |(realm, client, secret)| {
            [(*realm).clone(), (*client).clone(), (*secret).to_owned()]
        })?;
    }
    Ok(())
}
