//! `claviger audit`: who did what.

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use super::{ask, output};
use clap::{Args, Subcommand};
use claviger_core::span::Span;
use claviger_server::admin::audit::{Shown, hex};
use claviger_server::admin::{self, Act, Subject};
use claviger_store::{AuditBreak, AuditFilter};

/// What is done with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List who did what, the newest last
    #[command(after_help = "\
Examples:
  claviger audit list --realm orders --since 7d
  claviger audit list --subject app/fleet-planner -o json
  claviger audit list --act user.disable --since 2026-11-01 --until 2026-12-01 -o csv > november.csv

Secrets are never in it. Names and addresses of people stand apart and can be erased; who acted stays.")]
    List(List),
    /// Print all of the log, the oldest first: with -o csv a table, else a JSON object a line
    #[command(after_help = "\
Examples:
  claviger audit export > audit.jsonl
  claviger audit export -o csv --since 2026-11-01 --until 2026-12-01 > november.csv

What a server shall pass on as it happens, `[audit] stream` of the configuration says.")]
    Export(Which),
    /// Walk along the whole log and say whether a line was changed, removed or added
    #[command(after_help = "\
Each line carries a digest of itself and of all before it. Keep the last digest elsewhere from time to time: whoever can
write the whole log anew can make it whole again, but not with that digest at that number.")]
    Verify,
    /// Erase the names and addresses of a person from the lines about them; the lines stay
    #[command(after_help = "\
Examples:
  claviger user list                                     names the ids
  claviger audit erase --realm orders --subject user/0199c3e6b1f7d3a9d4e0c5b8a7f2e11a

Backups keep what was in the log when they were taken.")]
    Erase {
        /// Whom the lines are about, as KIND/ID
        #[arg(long)]
        subject: Subject,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Which lines.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(super) which: Which,
    /// The newest so many
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    pub(super) limit: usize,
}

/// Of whom, of what, of when.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only this act, like `app.approve`
    #[arg(long)]
    pub(super) act: Option<Act>,
    /// Only what this person did
    #[arg(long, value_name = "NAME")]
    pub(super) actor: Option<String>,
    /// Only what was done to this, as KIND/ID, like `app/fleet-planner`
    #[arg(long, value_name = "KIND/ID")]
    pub(super) subject: Option<Subject>,
    /// From then on: a day (2026-11-21), a time (2026-11-21T04:16:47Z), or so long ago (7d)
    #[arg(long, value_parser = when, value_name = "TIME")]
    pub(super) since: Option<When>,
    /// Before then, spelled likewise
    #[arg(long, value_parser = when, value_name = "TIME")]
    pub(super) until: Option<When>,
}

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    At(i64),
    Ago(i64),
}

impl When {
    pub(super) const fn millis(self, now: i64) -> i64 {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now.saturating_sub(span),
        }
    }
}

fn when(text: &str) -> Result<When, String> {
    if let Some(at) = output::parse_time(text) {
        return Ok(When::At(at));
    }
    let span = text.parse::<Span>().map_err(|_| "write 2026-11-21, 2026-11-21T04:16:47Z, or 7d for seven days ago")?;
    Ok(When::Ago(span.as_millis()))
}

/// Does it, in the database.
pub(crate) async fn run(command: AuditCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    match command {
        AuditCommand::List(wanted) => list(wanted, context, data).await,
        AuditCommand::Export(which) => export(&which, context, data).await,
        AuditCommand::Verify => verify(context, data).await,
        AuditCommand::Erase { subject, yes } => {
            let realm = data.realm().await?;
            ask::confirm(yes, &format!("Erase what the log says of {subject} of {}?", realm.name))?;
            let lines = admin::audit::erase(&data.admin(), &realm, &subject).await?;
            let item = serde_json::json!({ "realm": realm.id, "subject": subject.to_string(), "lines": lines });
            context.format.one(&item, &[("subject", subject.to_string()), ("lines", lines.to_string())])
        }
    }
}

const COLUMNS: [&str; 12] =
    ["number", "time", "realm", "actor", "way", "act", "subject", "before", "after", "personal", "reference", "digest"];

fn cells(line: &Shown) -> [String; 12] {
    let text = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    [
        line.number.to_string(),
        line.time.clone(),
        line.realm.clone(),
        line.actor.clone().unwrap_or_else(|| "-".to_owned()),
        line.way.clone(),
        line.act.clone(),
        line.subject.clone(),
        text(&line.before),
        text(&line.after),
        text(&line.personal),
        line.reference.clone(),
        line.digest.clone(),
    ]
}

impl Which {
    fn filter(&self, data: &Data) -> AuditFilter {
        let millis = |when: Option<When>| when.map(|when| when.millis(data.now()));
        AuditFilter {
            realm: data.realm_wanted().map(str::to_owned),
            act: self.act,
            actor: self.actor.clone(),
            subject: self.subject.clone(),
            since: millis(self.since),
            until: millis(self.until),
        }
    }
}

async fn list(wanted: List, context: &Context, data: &Data) -> Result<(), Trouble> {
    let lines = admin::audit::list(&data.store, &wanted.which.filter(data), wanted.limit).await?;
    listed(context, &lines.into_iter().map(Into::into).collect::<Vec<_>>())
}

/// Prints lines.
pub(super) fn listed(context: &Context, listed: &[Shown]) -> Result<(), Trouble> {
    if context.format == output::Format::Csv {
        return context.format.list(COLUMNS, listed, cells);
    }
    context.format.list(["number", "time", "realm", "actor", "way", "act", "subject"], listed, |line| {
        let [number, time, realm, actor, way, act, subject, ..] = cells(line);
        [number, time, realm, actor, way, act, subject]
    })
}

/// Prints all lines, a page at a time: as CSV, or as JSON with an object a line.
async fn export(which: &Which, context: &Context, data: &Data) -> Result<(), Trouble> {
    let (filter, mut after) = (which.filter(data), 0);
    let csv = context.format == output::Format::Csv;
    if csv {
        output::put(&output::csv(&COLUMNS))?;
    }
    loop {
        let page = admin::audit::onward(&data.store, &filter, after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        let mut text = String::new();
        for line in page.into_iter().map(Shown::from) {
            if csv {
                text.push_str(&output::csv(&cells(&line).each_ref().map(String::as_str)));
            } else {
                let json =
                    serde_json::to_string(&line).map_err(|error| Trouble::new(Exit::Failure, error.to_string()))?;
                text.extend([output::escaped(&json).as_str(), "\n"]);
            }
        }
        output::put(&text)?;
    }
}

async fn verify(context: &Context, data: &Data) -> Result<(), Trouble> {
    let found = admin::audit::verify(&data.store).await?;
    if let Some(broken) = &found.broken {
        let what = match broken {
            AuditBreak::Missing(number) => format!("line {number} is missing"),
            AuditBreak::Changed(number) => format!("line {number} is not what was written"),
            AuditBreak::Personal(number) => format!("the personal values of line {number} are not what was written"),
            AuditBreak::Added(number) => format!("line {number} was never given out"),
            AuditBreak::Cut(number) => format!("the lines up to {number} left without an act that says so"),
            _ => "the chain is broken".to_owned(),
        };
        return Err(Trouble::new(Exit::Failure, format!("{what}; the {} lines before it are whole", found.lines)));
    }
    let digest = hex(&found.digest);
    let item = serde_json::json!({ "lines": found.lines, "cut": found.cut, "erased": found.erased, "digest": digest });
    let pairs = [
        ("lines", found.lines.to_string()),
        ("left the log", found.cut.to_string()),
        ("erased parts", found.erased.to_string()),
        ("last digest", digest),
    ];
    context.format.one(&item, &pairs)
}
