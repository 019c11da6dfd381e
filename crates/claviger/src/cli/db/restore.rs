//! `claviger db restore`.

use super::super::ask;
use super::super::context::{Context, Data, actor};
use super::super::output::{self, Format};
use super::super::trouble::{Exit, Trouble};
use super::progress::Progress;
use super::{lock, sqlite_file};
use crate::config::Config;
use claviger_core::client::ClientStatus;
use claviger_core::text::printable;
use claviger_server::admin::db::{self, By};
use claviger_server::admin::{Way, realms};
use claviger_server::clock::Clock;
use claviger_store::copy::{self, Restored, inspect};
use claviger_store::{Ended, Options, Store};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How many of a realm's clients and users are looked at in one go.
const PAGE: i64 = 500;

/// What comes back, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(required_unless_present = "in_place")]
    file: Option<PathBuf>,
    /// Keep what is in the database under another name, and put the backup in its place (SQLite)
    #[arg(long, conflicts_with = "in_place")]
    replace: bool,
    /// The rows are there already: end what they bring back
    #[arg(long, conflicts_with = "file")]
    in_place: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Restores.
pub(super) async fn run(args: &RestoreArgs, context: &Context) -> Result<(), Trouble> {
    let config = if args.in_place { context.present()? } else { context.named()? };
    let (url, options) = (config.database.url.0.clone(), config.database.options.clone());
    let _lock = lock(&url)?;
    let restored = match &args.file {
        None => {
            refuse_while_served(&url, &options).await?;
            let question = format!("End every grant and token in {}?", shown(&url, &options).await);
            ask::confirm(args.yes, &question)?;
            let now = now(&url, &options).await?;
            let actor = actor(Way::Cli, now);
            db::restore_in_place(By { actor: &actor, now }, (&url, &options)).await?
        }
        Some(file) => from_file(file, args, &url, &options).await?,
    };
    let data = context.open(&config).await?;
    let came_back = look(&data).await?;
    say(context.format, &config, &restored, &came_back)
}

async fn from_file(file: &Path, args: &RestoreArgs, url: &str, options: &Options) -> Result<Restored, Trouble> {
    let there = sqlite_file(url).is_some_and(Path::exists);
    if sqlite_file(url).is_none() {
        if args.replace {
            return Err(Trouble::new(Exit::Usage, "a PostgreSQL database is not replaced")
                .help("make a new database (`createdb claviger_restored`), restore into it, and set database.url"));
        }
        // Makes the schema, where there is none.
        drop(Store::connect(url, &Options { unfinished: true, ..options.clone() }).await?);
        refuse_while_served(url, options).await?;
    }
    let at = Clock::default().now();
    let kept_as = sqlite_file(url).filter(|_| args.replace && there).map(|path| kept_as(path, at));
    let question = match &kept_as {
        Some(other) => format!("Keep what is there as {}, and put {} in its place?", other.display(), file.display()),
        None => format!("Restore {} into {}?", file.display(), shown(url, options).await),
    };
    ask::confirm(args.yes, &question)?;
    // With a replacement it is not the database that is there which says how late it is.
    let now = if kept_as.is_some() || sqlite_file(url).is_some() { at } else { now(url, options).await? };
    let mut progress = Progress::new();
    let actor = actor(Way::Cli, now);
    let by = By { actor: &actor, now };
    let restored = db::restore(by, file, (url, options), kept_as.as_deref(), &mut progress).await;
    progress.finish();
    restored.map_err(|error| match error {
        copy::CopyError::NotEmpty { .. } if sqlite_file(url).is_some() => {
            Trouble::from(error).help("--replace keeps it under another name and puts the backup in its place")
        }
        copy::CopyError::NotEmpty { .. } => {
            Trouble::from(error).help("make a new database (`createdb claviger_restored`), and set database.url")
        }
        other => other.into(),
    })
}

/// The name under which a database is kept that is replaced: its own and the time.
fn kept_as(path: &Path, now: i64) -> PathBuf {
    let time = output::time(now).replace(':', "-");
    PathBuf::from(format!("{}.replaced-{time}", path.display()))
}

/// Where a database is, without a password.
async fn shown(url: &str, options: &Options) -> String {
    match inspect(url, options).await {
        Ok(found) => found.url,
        Err(_) => sqlite_file(url).map_or_else(|| "the database".to_owned(), |path| path.display().to_string()),
    }
}

/// The database's own time, where that is the one that counts; no earlier than any server was told.
async fn now(url: &str, options: &Options) -> Result<i64, Trouble> {
    let store = Store::connect(url, &Options { unfinished: true, ..options.clone() }).await?;
    Ok(Clock::of(&store).await?.now().max(store.latest_time().await?))
}

/// On PostgreSQL a server is known by the jobs it does.
async fn refuse_while_served(url: &str, options: &Options) -> Result<(), Trouble> {
    let found = inspect(url, options).await?;
    match found.leases.iter().find(|lease| lease.held) {
        Some(lease) => {
            let until = output::time(lease.until);
            let message = format!("a server is using {} (it does the job `{}` until {until})", found.url, lease.name);
            Err(Trouble::new(Exit::Conflict, message).help("stop every server first"))
        }
        None => Ok(()),
    }
}

/// What came back as it was, so that somebody can look through it.
#[derive(Debug, Serialize)]
struct RealmBack {
    realm: String,
    clients: Vec<ClientBack>,
    users: u64,
    disabled_users: Vec<String>,
    keys: Vec<KeyBack>,
}

#[derive(Debug, Serialize)]
struct ClientBack {
    client_id: String,
    status: &'static str,
    live_secrets: usize,
}

#[derive(Debug, Serialize)]
struct KeyBack {
    kid: String,
    state: &'static str,
}

async fn look(data: &Data) -> Result<Vec<RealmBack>, Trouble> {
    let now = data.now();
    let mut realms = Vec::new();
    for realm in realms::ids(&data.store).await? {
        let (mut clients, mut after) = (Vec::new(), String::new());
        loop {
            let page = data.store.list_clients(&realm, None, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for client in page {
                let found = data.store.client_with_secrets(&realm, &client.id).await?;
                let live_secrets =
                    found.map_or(0, |(_, secrets)| secrets.iter().filter(|secret| secret.is_live(now)).count());
                clients.push(ClientBack { client_id: client.id, status: client.status.name(), live_secrets });
            }
        }
        let (mut users, mut disabled_users, mut after) = (0, Vec::new(), String::new());
        loop {
            let page = data.store.list_users(&realm, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            users += page.len() as u64;
            disabled_users.extend(page.into_iter().filter(|user| user.disabled).map(|user| user.id));
        }
        let keys = data.store.keys(&realm).await?.keys;
        let keys = keys.into_iter().map(|key| KeyBack { state: key.state.name(), kid: key.kid }).collect();
        realms.push(RealmBack { realm, clients, users, disabled_users, keys });
    }
    Ok(realms)
}

fn say(format: Format, config: &Config, restored: &Restored, realms: &[RealmBack]) -> Result<(), Trouble> {
    let ended = &restored.ended;
    let item = serde_json::json!({
        "source": restored.source,
        "database": restored.target,
        "taken_at": restored.taken_at.map(output::time),
        "resumed": restored.resumed,
        "rows": restored.rows,
        "kept_aside": restored.kept_aside,
        "tokens_refused_until": output::time(ended.at),
        "ended": ended,
        "came_back": realms,
    });
    let clients = || realms.iter().flat_map(|realm| &realm.clients);
    let stopped = clients().filter(|client| client.status != ClientStatus::Active.name()).count();
    let users: u64 = realms.iter().map(|realm| realm.users).sum();
    let disabled: usize = realms.iter().map(|realm| realm.disabled_users.len()).sum();
    let kept = restored.kept_aside.as_ref().map(|path| path.display().to_string());
    format.one(
        &item,
        &[
            ("database", restored.target.clone()),
            ("from", restored.source.clone()),
            ("taken at", restored.taken_at.map(output::time).unwrap_or_default()),
            ("kept aside", kept.unwrap_or_default()),
            ("epoch", ended.epoch.to_string()),
            ("ended", spell(ended)),
            ("realms", realms.len().to_string()),
            ("apps", format!("{}, {stopped} of them not active", clients().count())),
            ("secrets", clients().map(|client| client.live_secrets).sum::<usize>().to_string()),
            ("users", format!("{users}, {disabled} of them disabled")),
            ("keys", realms.iter().map(|realm| realm.keys.len()).sum::<usize>().to_string()),
        ],
    )?;
    warn(config, restored);
    Ok(())
}

fn spell(ended: &Ended) -> String {
    let lines = [
        (ended.grants, format!("grants ({} of them live)", ended.grants_live)),
        (ended.access_tokens, "opaque access tokens".to_owned()),
        (ended.clients, format!("apps' signed tokens, if issued before {}", output::time(ended.at))),
        (ended.codes, "codes".to_owned()),
        (ended.requests, "requests that waited for a person".to_owned()),
        (ended.sessions, "sessions".to_owned()),
        (ended.seats, "seats".to_owned()),
        (ended.links, "one-time links".to_owned()),
        (ended.mails, "mails that were not sent".to_owned()),
    ];
    let width = lines.iter().map(|(count, _)| count.to_string().len()).max().unwrap_or_default();
    lines.iter().map(|(count, what)| format!("{count:>width$} {what}")).collect::<Vec<_>>().join("\n")
}

/// What a restore cannot know.
fn warn(config: &Config, restored: &Restored) {
    let ended = &restored.ended;
    if ended.mails > 0 {
        eprintln!("\nThese mails were not sent when the backup was taken and are dropped, since their links are dead:");
        for recipient in &ended.recipients {
            eprintln!("  {}", printable(recipient));
        }
        eprintln!("Who waits for a secret gets one with `claviger secret add`.");
    }
    let since = match restored.taken_at {
        Some(at) => format!("after the backup ({})", output::time(at)),
        None => "after the moment that came back".to_owned(),
    };
    eprintln!(
        "\nWhat happened {since} is not known here. Before the servers start, look for:
  apps that were suspended or deleted     claviger app list       claviger app suspend
  secrets that were retired               claviger secret list    claviger secret retire
  users that were disabled, and passwords that were changed
                                          claviger user list      claviger user disable
  signing keys that were removed          claviger key list       claviger key rotate
  consent that was withdrawn: the user is not asked again"
    );
    if restored.kept_aside.is_none() {
        eprintln!(
            "Signed tokens of apps that were registered {since} are good until they expire, where an API checks them \
             by their signature alone."
        );
    }
    if config.database.file().is_none() {
        eprintln!("Every server needs the master key that was in use when the backup was taken.");
    } else {
        eprintln!("The master key must be the one that was in use when the backup was taken.");
    }
}
