//! `claviger apply` and `claviger plan` at a server: it gets the texts of the files, and says what they change.

use super::not_here;
use crate::cli::apply::{self, ApplyArgs, ApplyOptions};
use crate::cli::context::Context;
use crate::cli::place::{Server, answered};
use crate::cli::plan;
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::token::Plain;
use claviger_files::dialect::Dialects;
use claviger_server::admin::apply::changes::Change;
use claviger_server::admin::apply::{MadeSecret, Report};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

/// As the admin API tells a report.
#[derive(Deserialize)]
struct Told {
    changes: Vec<Change>,
    unchanged: usize,
    not_in_files: Vec<String>,
    notes: Vec<String>,
    secrets: Vec<Made>,
}

#[derive(Deserialize)]
struct Made {
    realm: String,
    app: String,
    secret: String,
}

impl From<Told> for Report {
    fn from(Told { changes, unchanged, not_in_files, notes, secrets }: Told) -> Self {
        let names = |created| {
            let meant = changes.iter().filter(|change| change.created == created);
            meant.map(ToString::to_string).collect::<Vec<_>>()
        };
        let made = |one: Made| MadeSecret { realm: one.realm, client: one.app, secret: Plain::new(one.secret) };
        let (created, changed) = (names(true), names(false));
        let secrets = secrets.into_iter().map(made).collect();
        Self { created, changed, changes, unchanged, not_in_files, notes, secrets }
    }
}

/// Applies the files, or says what that would do.
pub(crate) async fn apply(options: &ApplyOptions, context: &Context, server: &Server) -> Result<(), Trouble> {
    if options.create {
        return Err(not_here("--create"));
    }
    if options.dry_run {
        return plan::by_another_name(context, &sent(&options.files, server, "plan").await?);
    }
    apply::print(context, &sent(&options.files, server, "apply").await?, options.verbose)
}

/// Says what applying the files would do.
pub(crate) async fn plan(args: &ApplyArgs, context: &Context, server: &Server) -> Result<(), Trouble> {
    plan::told(context, &sent(args, server, "plan").await?)
}

/// What the server says of the files. They are checked here first: a mistake is told with its line, as without a server. The dialects are
/// those that come with the program; so they are for the admin API.
async fn sent(args: &ApplyArgs, server: &Server, act: &str) -> Result<Report, Trouble> {
    args.read(&Dialects::embedded()?)?;
    let mut files = Vec::new();
    for (path, content) in args.contents()? {
        let name = path.display().to_string();
        let no_text = |_| Trouble::new(Exit::Configuration, format!("{name} is no text"));
        let toml = String::from_utf8(content).map_err(no_text)?;
        files.push(json!({ "name": name, "toml": toml }));
    }
    let wanted = json!({ "files": files, "variables": args.variables() });
    let said: Told = answered(server.act(&Method::POST, &["realms", act], &[], Some(&wanted)).await?)?;
    Ok(said.into())
}
