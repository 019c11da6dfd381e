//! `claviger user import`: users who come along in files, with the hashes of their passwords.

use super::super::context::{Context, Data};
use super::super::trouble::{Exit, Trouble};
use clap::{Args, ValueEnum};
use claviger_core::Realm;
use claviger_core::text::printable;
use claviger_files::people::{Kind, Reader, Record, Settings};
use claviger_hashes::{Firebase, Format, SaltEncoding};
use claviger_server::admin::import::{Import, Line, Options, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Written in one transaction.
const BATCH: usize = 1000;
/// Refused records that are told on stderr where there is no report.
const TOLD: u64 = 20;

const TEMPLATE: &str = "{wide_bar} {bytes}/{total_bytes}  {msg}  {eta}";

/// What is imported, and how it is read.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; `-` is stdin
    file: PathBuf,
    /// How it is written; else by its ending: .csv, .jsonl, .ndjson
    #[arg(long, value_enum)]
    format: Option<FileFormat>,
    /// What its columns or members are called here, as `login=username`; `notes=-` is not read. May be repeated
    #[arg(long, value_name = "THEIRS=OURS", value_parser = pair)]
    column: Vec<(String, String)>,
    /// What the hashes are, where they do not say so themselves; a record's own `password_format` comes before it
    #[arg(long, value_name = "FORMAT", value_parser = clap::builder::PossibleValuesParser::new(Format::ALL.iter().map(|one| one.name())))]
    hash_format: Option<String>,
    /// How salts in columns are spelled, where it is not the format's usual way
    #[arg(long, value_enum)]
    salt_encoding: Option<Salt>,
    /// Rounds of all hashes, for formats that have them beside
    #[arg(long, value_name = "N")]
    iterations: Option<u32>,
    /// The parameters of the Firebase project, as JSON: `base64_signer_key`, `base64_salt_separator`, `rounds`, `mem_cost`
    #[arg(long, value_name = "FILE")]
    firebase: Option<PathBuf>,
    /// Make organisations that are not there, with their ids for names
    #[arg(long)]
    create_organisations: bool,
    /// Only say what would become of each record
    #[arg(long)]
    dry_run: bool,
    /// Write the refused records to this file, as CSV: line, reason
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FileFormat {
    /// Comma-separated values, with the names of the columns first
    Csv,
    /// A JSON object on each line
    Jsonl,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Salt {
    /// The text itself
    Text,
    /// Hexadecimal digits
    Hex,
    /// Base64
    Base64,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (theirs, ours) = text.split_once('=').ok_or("write THEIRS=OURS")?;
    Ok((theirs.to_owned(), ours.to_owned()))
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Summary {
    realm: String,
    dry_run: bool,
    created: u64,
    existing: u64,
    refused: u64,
}

/// Imports.
pub(super) async fn run(args: ImportArgs, context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let (kind, settings) = (args.kind()?, args.settings()?);
    let secrets = data.secrets().await?;
    let options = Options { dry_run: args.dry_run, create_organisations: args.create_organisations };
    let mut import = Import::new(data.admin(), &secrets, realm, options).await?;
    let mut refusals = Refusals::new(args.report.as_deref())?;
    let (input, size) = open(&args.file)?;
    let mut reader = Reader::new(input, kind, settings).map_err(|error| unreadable(&args.file, &error))?;
    let progress = Progress::new(size);
    let mut summary = Summary { realm: realm.id.clone(), dry_run: args.dry_run, ..Summary::default() };
    loop {
        let batch = batch(&mut reader).map_err(|error| unreadable(&args.file, &error))?;
        if batch.is_empty() {
            break;
        }
        for line in import.take(batch).await? {
            summary.add(&line);
            refusals.add(line)?;
        }
        progress.tell(reader.bytes(), &summary);
    }
    progress.finish();
    refusals.finish()?;
    say(context, &summary)?;
    match summary.refused {
        0 => Ok(()),
        count => Err(Trouble::new(Exit::Failure, format!("{count} records were refused"))
            .help("correct them and import the same file again: users who are there already are left as they are")),
    }
}

fn say(context: &Context, summary: &Summary) -> Result<(), Trouble> {
    let created = if summary.dry_run { "would be created" } else { "created" };
    let pairs = [
        ("realm", summary.realm.clone()),
        (created, summary.created.to_string()),
        ("there already", summary.existing.to_string()),
        ("refused", summary.refused.to_string()),
    ];
    context.format.one(summary, &pairs)
}

fn batch<R: BufRead>(reader: &mut Reader<R>) -> io::Result<Vec<Record>> {
    let mut records = Vec::with_capacity(BATCH);
    while records.len() < BATCH {
        match reader.next_record()? {
            Some(record) => records.push(record),
            None => break,
        }
    }
    Ok(records)
}

impl Summary {
    fn add(&mut self, line: &Line) {
        match line.1 {
            Ok(Outcome::Created) => self.created += 1,
            Ok(Outcome::Exists) => self.existing += 1,
            Err(_) => self.refused += 1,
        }
    }
}

impl ImportArgs {
    fn kind(&self) -> Result<Kind, Trouble> {
        let ending = self.file.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        match (self.format, ending.as_deref().and_then(std::ffi::OsStr::to_str)) {
            (Some(FileFormat::Csv), _) | (None, Some("csv")) => Ok(Kind::Csv),
            (Some(FileFormat::Jsonl), _) | (None, Some("jsonl" | "ndjson")) => Ok(Kind::JsonLines),
            (None, _) => Err(Trouble::new(Exit::Usage, format!("{}: is it CSV or JSON lines?", self.file.display()))
                .help("--format says which")),
        }
    }

    fn settings(&self) -> Result<Settings, Trouble> {
        let format = self.hash_format.as_deref().map(str::parse::<Format>).transpose();
        Ok(Settings {
            format: format.map_err(|why| Trouble::new(Exit::Usage, why))?,
            salt_encoding: self.salt_encoding.map(|salt| match salt {
                Salt::Text => SaltEncoding::Text,
                Salt::Hex => SaltEncoding::Hex,
                Salt::Base64 => SaltEncoding::Base64,
            }),
            iterations: self.iterations,
            firebase: self.firebase.as_deref().map(firebase).transpose()?,
            names: self.column.iter().cloned().collect(),
        })
    }
}

fn firebase(file: &Path) -> Result<Firebase, Trouble> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Trouble::new(Exit::Configuration, format!("{}: {error}", file.display())))
}

fn open(file: &Path) -> Result<(Box<dyn BufRead>, Option<u64>), Trouble> {
    if file == Path::new("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    let size = opened.metadata().ok().filter(std::fs::Metadata::is_file).map(|about| about.len());
    Ok((Box::new(BufReader::with_capacity(1 << 20, opened)), size))
}

fn unreadable(file: &Path, error: &io::Error) -> Trouble {
    let exit = if error.kind() == io::ErrorKind::InvalidData { Exit::Configuration } else { Exit::Failure };
    Trouble::new(exit, format!("{}: {error}", file.display()))
}

/// Where refused records are told.
struct Refusals {
    report: Option<(BufWriter<File>, PathBuf)>,
    count: u64,
}

impl Refusals {
    fn new(report: Option<&Path>) -> Result<Self, Trouble> {
        use std::os::unix::fs::OpenOptionsExt;
        let Some(file) = report else { return Ok(Self { report: None, count: 0 }) };
        // Reasons quote names.
        let opened = File::options().write(true).create(true).truncate(true).mode(0o600).open(file);
        let opened = opened.map_err(|error| unreadable(file, &error))?;
        let mut refusals = Self { report: Some((BufWriter::new(opened), file.to_owned())), count: 0 };
        refusals.write("line,reason\r\n")?;
        Ok(refusals)
    }

    fn add(&mut self, (line, outcome): Line) -> Result<(), Trouble> {
        let Err(why) = outcome else { return Ok(()) };
        self.count += 1;
        let why = printable(&why);
        if self.report.is_some() {
            return self.write(&format!("{line},\"{}\"\r\n", why.replace('"', "\"\"")));
        }
        if self.count <= TOLD {
            eprintln!("line {line}: {why}");
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), Trouble> {
        let Some((report, file)) = &mut self.report else { return Ok(()) };
        report.write_all(text.as_bytes()).map_err(|error| unreadable(file, &error))
    }

    fn finish(&mut self) -> Result<(), Trouble> {
        if let Some((report, file)) = &mut self.report {
            return report.flush().map_err(|error| unreadable(file, &error));
        }
        if self.count > TOLD {
            eprintln!("and {} more; --report FILE names all", self.count - TOLD);
        }
        Ok(())
    }
}

/// How far it came: a bar at a terminal, else nothing.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new(size: Option<u64>) -> Self {
        Self(size.filter(|_| io::stderr().is_terminal()).map(|size| {
            let bar = ProgressBar::new(size);
            // The template is right: a test says so.
            bar.set_style(ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        }))
    }

    fn tell(&self, bytes: u64, summary: &Summary) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
            bar.set_message(format!(
                "{} new, {} there, {} refused",
                summary.created, summary.existing, summary.refused
            ));
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_right() {
        assert!(indicatif::ProgressStyle::with_template(super::TEMPLATE).is_ok());
    }
}
