//! What applying did, or would do.

use super::changes::Change;
use claviger_core::token::Plain;
use std::fmt;

/// What applying did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What is new, as `realm x`, `client x/y`.
    pub created: Vec<String>,
    /// What was there and is different now.
    pub changed: Vec<String>,
    /// The same, field by field.
    pub changes: Vec<Change>,
    /// How many were as the files say.
    pub unchanged: usize,
    /// What is stored in the files' realms and in no file. It stays.
    pub not_in_files: Vec<String>,
    /// What a file says and what stays different all the same.
    pub notes: Vec<String>,
    /// Secrets that were made, shown this once.
    pub secrets: Vec<MadeSecret>,
}

/// A secret that was made for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeSecret {
    /// The realm's id.
    pub realm: String,
    /// The client's id.
    pub client: String,
    /// The secret.
    pub secret: Plain,
}

impl fmt::Display for Report {
    /// How many; as `{:#}` a line for each as well. Without the secrets: showing them is a decision of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            for (word, names) in
                [("created", &self.created), ("changed", &self.changed), ("not in files (kept)", &self.not_in_files)]
            {
                for name in names {
                    writeln!(f, "{word}: {name}")?;
                }
            }
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        write!(f, "{} created, {} changed, {} unchanged", self.created.len(), self.changed.len(), self.unchanged)?;
        if !f.alternate() && !self.not_in_files.is_empty() {
            write!(f, ", {} not in files (kept)", self.not_in_files.len())?;
        }
        Ok(())
    }
}
