//! `claviger db copy`.

use super::super::context::{Context, actor};
use super::super::trouble::{Exit, Trouble};
use super::progress::Progress;
use super::{lock, reach, sqlite_file};
use claviger_server::admin::Way;
use claviger_server::admin::db::{self, By};
use claviger_server::clock::Clock;
use claviger_store::copy::inspect;
use claviger_store::{Masked, Options};
use std::path::{Path, PathBuf};

/// From where to where.
#[derive(clap::Args)]
pub(crate) struct CopyArgs {
    /// The database to read; the configured one, unless said otherwise
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The database to fill; it must be empty
    #[arg(long, value_name = "URL")]
    to: String,
    /// The password for --from, in a file, where its URL has none
    #[arg(long, value_name = "FILE", requires = "from")]
    from_password_file: Option<PathBuf>,
    /// The password for --to, in a file, where its URL has none
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
    /// Copy a database that is being served: what is written after the copy began is not in it
    #[arg(long)]
    live: bool,
}

impl std::fmt::Debug for CopyArgs {
    /// There may be passwords in the URLs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyArgs").field("live", &self.live).finish_non_exhaustive()
    }
}

/// Copies all of it.
pub(super) async fn run(args: &CopyArgs, context: &Context) -> Result<(), Trouble> {
    let configured = context.config()?.database;
    let from = args.from.clone().unwrap_or_else(|| configured.url.0.clone());
    for url in [&from, &args.to] {
        if !["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            let trouble = Trouble::new(Exit::Usage, "a database is named by sqlite:// and a path, or by postgres://");
            return Err(trouble.help("like sqlite:///var/lib/claviger/claviger.db"));
        }
    }
    if let Some(file) = sqlite_file(&from).filter(|file| !file.exists()) {
        return Err(Trouble::new(Exit::Configuration, format!("there is no database {}", file.display())));
    }
    let mut source = configured.options.clone();
    if args.from.is_some() {
        source.password = password(args.from_password_file.as_deref())?;
    }
    let target = Options { password: password(args.to_password_file.as_deref())?, ..configured.options };
    reach(&from, &source).await?;
    reach(&args.to, &target).await?;
    let _source = if args.live { None } else { lock_source(&from, &source).await? };
    let same_folder = sqlite_file(&from).map(Path::parent) == sqlite_file(&args.to).map(Path::parent);
    let _target = if same_folder { None } else { lock(&args.to)? };

    let mut progress = Progress::new();
    let now = Clock::default().now();
    let actor = actor(Way::Cli, now);
    let by = By { actor: &actor, now };
    let copied = db::copy(by, (&from, &source), (&args.to, &target), &mut progress).await;
    progress.finish();
    let copied = copied?;
    eprintln!(
        "every table was compared with its source; set database.url, and keep the master key: it is not in there"
    );
    context.format.one(
        &copied,
        &[
            ("from", copied.source.clone()),
            ("to", copied.target.clone()),
            ("tables", copied.tables.len().to_string()),
            ("rows", copied.rows.to_string()),
            ("resumed", if copied.resumed { "yes".into() } else { String::new() }),
        ],
    )
}

/// Makes sure that nobody writes to the source: by its lock on SQLite, by what is known of its servers on PostgreSQL.
async fn lock_source(url: &str, options: &Options) -> Result<Option<claviger_store::ServingLock>, Trouble> {
    let help = "stop it first, so that nothing is written behind the copy; --live copies it nevertheless";
    if sqlite_file(url).is_some() {
        return lock(url).map_err(|trouble| trouble.help(help));
    }
    let found = inspect(url, options).await?;
    if found.leases.iter().any(|lease| lease.held) {
        return Err(Trouble::new(Exit::Conflict, format!("a server is using {}", found.url)).help(help));
    }
    Ok(None)
}

fn password(file: Option<&Path>) -> Result<Option<Masked<String>>, Trouble> {
    let Some(file) = file else { return Ok(None) };
    let read = claviger_files::read_secret(file)
        .map_err(|error| Trouble::new(Exit::Configuration, format!("{}: {error}", file.display())))?;
    Ok(Some(Masked(read.expose().to_owned())))
}
