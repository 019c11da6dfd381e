//! `claviger realm branding`: how a realm looks, where its file says nothing.

use crate::cli::context::{Context, Data};
use crate::cli::trouble::{Exit, Trouble};
use clap::Args;
use claviger_core::Realm;
use claviger_core::brand::Part;
use claviger_server::admin::branding::{self, Change, Set};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// What is set, and set back; nothing: it is shown.
#[derive(Debug, Args)]
pub(crate) struct BrandingArgs {
    /// What people read in place of the realm's name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The colour of buttons and links; white text on it needs a contrast of 4.5
    #[arg(long, value_name = "#RRGGBB")]
    accent: Option<String>,
    /// A PNG, JPEG or WebP of 512 KiB at most; it is drawn anew
    #[arg(long, value_name = "FILE")]
    logo: Option<PathBuf>,
    /// The mail address that people can ask
    #[arg(long, value_name = "MAIL")]
    contact: Option<String>,
    /// A page elsewhere: forgotten-password, help, privacy or terms
    #[arg(long, value_name = "KIND=URL", value_parser = link)]
    link: Vec<(Part, String)>,
    /// Set one back to what the file says, or else to the default: name, accent, logo, contact, or the kind of a link
    #[arg(long, value_name = "PART")]
    reset: Vec<Part>,
}

fn link(text: &str) -> Result<(Part, String), String> {
    let (kind, url) = text.split_once('=').ok_or("write KIND=URL, like privacy=https://acme.example/privacy")?;
    let part: Part = kind.parse()?;
    if part.is_link() { Ok((part, url.to_owned())) } else { Err(format!("`{kind}` is no link: --{kind} sets it")) }
}

impl BrandingArgs {
    /// What is set, and set back.
    ///
    /// # Errors
    /// The picture cannot be read.
    pub(crate) fn changes(self) -> Result<Vec<Change>, Trouble> {
        let texts = [(Part::Name, self.name), (Part::Accent, self.accent), (Part::Contact, self.contact)];
        let texts = texts.into_iter().filter_map(|(part, text)| Some((part, text?)));
        let mut changes: Vec<Change> = texts.chain(self.link).map(|(part, text)| (part, Set::Text(text))).collect();
        if let Some(file) = self.logo {
            let bytes = std::fs::read(&file)
                .map_err(|error| Trouble::new(Exit::Usage, format!("{}: cannot be read: {error}", file.display())))?;
            changes.push((Part::Logo, Set::Picture(bytes)));
        }
        changes.extend(self.reset.into_iter().map(|part| (part, Set::Back)));
        Ok(changes)
    }
}

/// Does it.
pub(crate) async fn run(args: BrandingArgs, context: &Context, data: &Data) -> Result<(), Trouble> {
    let changes = args.changes()?;
    let realm = data.realm().await?;
    let after = if changes.is_empty() { realm } else { branding::set(&data.admin(), &realm, &changes).await? };
    show(context, &after)
}

/// Prints how a realm looks.
pub(crate) fn show(context: &Context, realm: &Realm) -> Result<(), Trouble> {
    let one = |part: Part| (part, realm.brand.value(part), realm.brand.origin(part).name());
    let all = Part::ALL.map(one);
    let item: Map<String, Value> = all
        .iter()
        .map(|(part, value, from)| (part.name().to_owned(), json!({ "value": value, "from": from })))
        .collect();
    let pairs: Vec<(&str, String)> = all
        .iter()
        .map(|(part, value, from)| {
            (part.name(), value.as_ref().map_or((*from).to_owned(), |value| format!("{value} ({from})")))
        })
        .collect();
    context.format.one(&item, &pairs)
}
