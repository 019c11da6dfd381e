//! Password hashes that other programs made: read, bounded in cost, and compared with what somebody types.
//!
//! One file for each family. What a hash asks for in time and memory is bounded when it is read ([`cost`]), so that no line of an
//! imported file can tie a thread up. Digests are compared in constant time. Nothing here makes a new hash to store: that is
//! Argon2id, and the server's.

#![expect(clippy::doc_markdown, reason = "programs are called as they call themselves")]
#![expect(clippy::struct_field_names, reason = "a hash is its costs, its salt and what came out")]

mod argon;
mod aspnet;
mod bcrypt;
pub mod cost;
mod crypt;
mod digest;
mod encoding;
mod format;
mod given;
mod keycloak;
mod ldap;
mod pbkdf2;
mod phpass;
mod scrypt;
mod spring;

pub use format::Format;
pub use given::{Firebase, Given, SaltEncoding};

use std::fmt;

/// Longest text of a hash.
const LONGEST: usize = 4096;

/// Why a hash is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It does not say what it is.
    #[error("the form of this hash is not known; `--hash-format` says which it is where it does not say so itself")]
    Unknown,
    /// It says what it is, and is not that.
    #[error("this is no {family} hash: {why}")]
    Malformed {
        /// What it says it is.
        family: &'static str,
        /// What it lacks.
        why: &'static str,
    },
    /// It would take too long, or too much memory, to check.
    #[error("checking this {family} hash would cost too much: {what} {given}, and at most {most} is taken")]
    TooCostly {
        /// What it is.
        family: &'static str,
        /// Of what there is too much.
        what: &'static str,
        /// How much.
        given: u64,
        /// The most that is taken.
        most: u64,
    },
    /// It is of a kind that is not checked here.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The format needs something that is not there.
    #[error("the format `{format}` needs {needs}")]
    Needs {
        /// The format.
        format: &'static str,
        /// What it needs.
        needs: &'static str,
    },
}

/// Whether a password is the one that a hash was made of.
trait Check: Send + Sync {
    /// In constant time, as far as the digests are concerned.
    fn is_of(&self, password: &str) -> bool;
}

/// What a family makes of a text: `None` where it is not one of its own.
type Read = Option<Result<Box<dyn Check>, Refused>>;

/// The families whose hashes say what they are.
const FAMILIES: [fn(&str) -> Read; 11] = [
    argon::read,
    bcrypt::read,
    pbkdf2::read,
    scrypt::read,
    phpass::read,
    crypt::read,
    spring::read,
    ldap::read,
    digest::read,
    keycloak::read,
    aspnet::read,
];

/// A hash that was found right in form and bounded in cost.
pub struct Foreign(Box<dyn Check>);

impl Foreign {
    /// Reads a hash.
    ///
    /// # Errors
    /// Its form is not known, it is not what it says it is, or it would cost too much to check.
    pub fn parse(given: &Given) -> Result<Self, Refused> {
        if given.hash.len() > LONGEST {
            return Err(Refused::Malformed { family: "password", why: "it is longer than 4096 bytes" });
        }
        let check = match given.format {
            Some(format) => format.read(given)?,
            None => detect(given.hash.trim())?,
        };
        Ok(Self(check))
    }

    /// Whether it is of this password.
    pub fn is_of(&self, password: &str) -> bool {
        self.0.is_of(password)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign(***)")
    }
}

/// What a text is that says so itself.
fn detect(text: &str) -> Result<Box<dyn Check>, Refused> {
    FAMILIES.iter().find_map(|read| read(text)).unwrap_or(Err(Refused::Unknown))
}

/// A reader's result, where a family has recognised its own.
#[expect(clippy::unnecessary_wraps, reason = "readers answer it")]
fn found<C: Check + 'static>(check: Result<C, Refused>) -> Read {
    Some(check.map(|check| Box::new(check) as Box<dyn Check>))
}
