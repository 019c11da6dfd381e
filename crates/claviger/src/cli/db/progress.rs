//! How far a copy came: a bar at a terminal, else a line for each table; on stderr.

use claviger_store::copy::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

const TEMPLATE: &str = "{msg:20} {wide_bar} {human_pos}/{human_len} rows  {per_sec}  {eta}";

/// Shows it.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    table: String,
    rows: u64,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            // The template is right: a test says so.
            bar.set_style(ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, table: String::new(), rows: 0 }
    }

    /// The last table is done.
    pub(super) fn finish(&mut self) {
        self.tell();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn tell(&mut self) {
        if self.bar.is_none() && !self.table.is_empty() {
            eprintln!("{}: {} rows", self.table, self.rows);
        }
        self.table.clear();
        self.rows = 0;
    }
}

impl Watch for Progress {
    fn table(&mut self, name: &str, rows: u64) {
        self.tell();
        name.clone_into(&mut self.table);
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(rows);
            bar.set_message(self.table.clone());
        }
    }

    fn rows(&mut self, rows: u64) -> bool {
        self.rows += rows;
        if let Some(bar) = &self.bar {
            bar.inc(rows);
        }
        true
    }

    fn index(&mut self, name: &str) {
        self.tell();
        match &self.bar {
            Some(bar) => bar.set_message(format!("index {name}")),
            None => eprintln!("index {name}"),
        }
    }

    fn checking(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}, comparing", self.table));
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
