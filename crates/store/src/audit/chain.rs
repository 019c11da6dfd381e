//! The chain: each line's digest covers the one before, so a line cannot be changed or removed alone.
//!
//! It holds against whoever changes rows; not against whoever can write all of it anew, from the changed line to the end.
//! For that the last digest is kept elsewhere: `claviger audit verify` prints it.

use super::act::Act;
use super::{AuditBreak, AuditVerified};
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::{Row, values};
use crate::{Fault, Hash, Store, changes};
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use serde_json::{Value, json};

/// The sequence of the lines' numbers.
pub(super) const SEQUENCE: &str = "audit";
/// The part of a line that says who acted.
pub(super) const ACTOR: &str = "actor";
/// The part of a line that describes the person it is about.
pub(super) const SUBJECT: &str = "subject";

/// How many lines are read at a time.
const PAGE: i64 = 1000;

/// A line as it is hashed.
pub(super) struct Line {
    pub(super) number: i64,
    pub(super) at: i64,
    pub(super) realm: String,
    pub(super) way: String,
    pub(super) act: String,
    pub(super) subject_kind: String,
    pub(super) subject: String,
    pub(super) reference: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) actor_digest: Option<Hash>,
    pub(super) personal_digest: Option<Hash>,
}

/// The digest of a line behind the one with the digest `previous` (zeros before the first). Each field is preceded by its
/// length, so no two lines read alike.
pub(super) fn digest(previous: &Hash, line: &Line) -> Hash {
    let mut bytes = b"claviger: audit line 1".to_vec();
    let mut put = |field: Option<&[u8]>| match field {
        None => bytes.extend_from_slice(&u64::MAX.to_be_bytes()),
        Some(field) => {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        }
    };
    put(Some(previous));
    put(Some(&line.number.to_be_bytes()));
    put(Some(&line.at.to_be_bytes()));
    for field in [&line.realm, &line.way, &line.act, &line.subject_kind, &line.subject, &line.reference] {
        put(Some(field.as_bytes()));
    }
    for field in [&line.before, &line.after] {
        put(field.as_deref().map(str::as_bytes));
    }
    for field in [&line.actor_digest, &line.personal_digest] {
        put(field.as_ref().map(Hash::as_slice));
    }
    sha256(&bytes)
}

/// What a line holds of a part that can be erased.
pub(super) fn part_digest(salt: &[u8], text: &str) -> Hash {
    let mut bytes = b"claviger: audit part 1".to_vec();
    bytes.extend_from_slice(&(salt.len() as u64).to_be_bytes());
    bytes.extend_from_slice(salt);
    bytes.extend_from_slice(text.as_bytes());
    sha256(&bytes)
}

/// Where the log begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cut {
    /// The last line that has left; zero: none has.
    pub(super) number: i64,
    /// Of that line and all before it.
    pub(super) digest: Hash,
}

impl Cut {
    pub(super) fn shown(&self) -> Value {
        json!({ "through": self.number, "digest": base64url(&self.digest) })
    }

    /// Whether a line is the one that says this.
    fn is_said_by(&self, line: &Line) -> bool {
        line.act == Act::AuditCut.name() && line.after.as_deref() == Some(&*self.shown().to_string())
    }
}

/// Where the log begins.
pub(super) async fn cut(tx: &mut impl Tx) -> Result<Cut, Fault> {
    let found = tx
        .optional(Statement::AuditCut, values![], |row| Ok(Cut { number: row.int(0)?, digest: row.array(1)? }))
        .await?;
    Ok(found.unwrap_or_default())
}

/// A line as it is stored, and its parts.
struct Stored {
    line: Line,
    digest: Hash,
    parts: Vec<Part>,
}

/// A part that is still there: which, its salt, its text.
type Part = (&'static str, Vec<u8>, String);

impl Stored {
    /// Whether the parts that are there are those of the line; how many are erased.
    fn erased(&self) -> Option<i64> {
        let mut erased = 0;
        for (part, digest) in [(ACTOR, &self.line.actor_digest), (SUBJECT, &self.line.personal_digest)] {
            match (self.parts.iter().find(|(name, ..)| *name == part), digest) {
                (Some((_, salt, text)), Some(digest)) if part_digest(salt, text) == *digest => {}
                (Some(_), _) => return None,
                (None, Some(_)) => erased += 1,
                (None, None) => {}
            }
        }
        Some(erased)
    }
}

impl Store {
    /// Walks along the lines from the first and says where the chain breaks, if it does.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn verify_audit(&self) -> Result<AuditVerified, Fault> {
        // Read first: a line that comes later is behind it.
        let given_out = read!(self, |tx| { changes::last(tx, SEQUENCE).await })?;
        let cut = read!(self, |tx| { cut(tx).await })?;
        let mut found =
            AuditVerified { lines: cut.number, cut: cut.number, erased: 0, digest: cut.digest, broken: None };
        let mut is_said = cut.number == 0;
        while found.lines < given_out {
            let after = found.lines;
            let page = read!(self, |tx| { tx.query(Statement::AuditChain, values![after, PAGE], read_stored).await })?;
            if page.is_empty() {
                found.broken = Some(AuditBreak::Missing(found.lines + 1));
                return Ok(found);
            }
            for stored in page {
                let number = stored.line.number;
                if number != found.lines + 1 {
                    found.broken = Some(AuditBreak::Missing(found.lines + 1));
                } else if digest(&found.digest, &stored.line) != stored.digest {
                    found.broken = Some(AuditBreak::Changed(number));
                } else if let Some(erased) = stored.erased() {
                    is_said |= cut.is_said_by(&stored.line);
                    found.lines = number;
                    found.erased += erased;
                    found.digest = stored.digest;
                    continue;
                } else {
                    found.broken = Some(AuditBreak::Personal(number));
                }
                return Ok(found);
            }
        }
        // Lines that were given out meanwhile are no break.
        let (last, beyond) = read!(self, |tx| {
            let beyond = tx.query(Statement::AuditLast, values![], |row| row.int(0)).await?;
            Ok((changes::last(tx, SEQUENCE).await?, beyond.first().copied().unwrap_or(0)))
        })?;
        if !is_said {
            found.broken = Some(AuditBreak::Cut(cut.number));
        }
        if beyond > last {
            found.broken = Some(AuditBreak::Added(beyond));
        }
        Ok(found)
    }
}

fn read_stored(row: &Row<'_>) -> Result<Stored, Fault> {
    let mut parts = Vec::new();
    for (part, salt, text) in [(ACTOR, 13, 14), (SUBJECT, 15, 16)] {
        if let (Some(salt), Some(text)) = (row.bytes_or_null(salt)?, row.string_or_null(text)?) {
            parts.push((part, salt.to_vec(), text));
        }
    }
    let line =
        Line { actor_digest: row.array_or_null(10)?, personal_digest: row.array_or_null(11)?, ..read_line(row)? };
    Ok(Stored { line, digest: row.array(12)?, parts })
}

/// A line's own columns, which come first; without the digests of its parts.
pub(super) fn read_line(row: &Row<'_>) -> Result<Line, Fault> {
    Ok(Line {
        number: row.int(0)?,
        at: row.int(1)?,
        realm: row.string(2)?,
        way: row.string(3)?,
        act: row.string(4)?,
        subject_kind: row.string(5)?,
        subject: row.string(6)?,
        reference: row.string(7)?,
        before: row.string_or_null(8)?,
        after: row.string_or_null(9)?,
        actor_digest: None,
        personal_digest: None,
    })
}
