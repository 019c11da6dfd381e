//! Statements in PostgreSQL's spelling: for one caller, and for many at once.
//!
//! For many, each parameter is an array with a value of every caller: `unnest` makes a row of each caller's values, and
//! the statement runs over these rows. The database then parses, plans, starts and answers once for all of them, which
//! costs it more than a row found by its key.
//!
//! `OFFSET 0` keeps what is looked up for one caller together: it is planned as if it stood alone, by its key.

use crate::Fault;
use crate::statements::Statement;
use std::fmt::Write;
use std::sync::LazyLock;
use tokio_postgres::types::Type;

/// How PostgreSQL spells the database's own time: the machine's, not the transaction's.
pub(crate) const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// A statement for one caller.
///
/// # Errors
/// There is none; not for one of the registry.
pub(crate) fn spelled(statement: Statement) -> Result<&'static str, Fault> {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        Statement::ALL.iter().map(|statement| statement.sql().replace('?', "$").replace("{NOW}", NOW)).collect()
    });
    ALL.get(statement as usize).map(String::as_str).ok_or_else(|| Fault::other("no such statement"))
}

/// What one caller wants done: one statement, or several that write, of which each must touch a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Steps([Option<Statement>; 4]);

impl Steps {
    /// The first four of some statements; an intention has no more.
    pub(crate) fn of(statements: impl IntoIterator<Item = Statement>) -> Self {
        let mut steps = [None; 4];
        steps.iter_mut().zip(statements).for_each(|(step, statement)| *step = Some(statement));
        Self(steps)
    }

    /// In their order.
    pub(super) fn iter(self) -> impl Iterator<Item = Statement> {
        self.0.into_iter().flatten()
    }

    /// The only statement, if it is alone.
    pub(super) fn alone(self) -> Option<Statement> {
        match self.0 {
            [Some(statement), None, ..] => Some(statement),
            _ => None,
        }
    }

    /// Whether it is a statement that reads.
    pub(super) fn reads(self) -> bool {
        self.iter().all(Statement::reads)
    }

    /// The statement that is sent as it is spelled: a lone one, for one caller.
    pub(super) fn as_spelled(self, callers: Callers) -> Option<Statement> {
        self.alone().filter(|_| callers == Callers::One)
    }

    /// The form for some callers, where it is not sent [as it is spelled](Self::as_spelled).
    ///
    /// One that reads for many answers the rows of all, with the caller's place, from 1, as their last column.
    ///
    /// What writes answers the `id` of each caller whose first step touched its row, which is its first parameter. Each
    /// further step is done only for those; where one then touches no row, everything fails with
    /// [`DIVISION_BY_ZERO`](tokio_postgres::error::SqlState::DIVISION_BY_ZERO), and nothing is written for anybody.
    ///
    /// `types` are those of every step's parameters.
    ///
    /// # Errors
    /// A statement is not of a kind that can be done so.
    pub(crate) fn form(self, callers: Callers, types: &[&[Type]]) -> Result<String, Fault> {
        let all: Vec<&Type> = types.iter().copied().flatten().collect();
        if self.reads() {
            let statement = self.alone().ok_or_else(|| Fault::other("who reads, reads one statement"))?;
            let source = callers.bound(statement, &all, 0)?;
            return Ok(format!("SELECT found.*, v.place FROM {}, LATERAL ({source} OFFSET 0) found", asked(&all)));
        }
        let mut parts = match callers {
            Callers::One => Vec::new(),
            Callers::Many => vec![format!("v AS (SELECT * FROM {})", asked(&all))],
        };
        let mut skipped = 0;
        let mut answer = "SELECT s0.id".to_owned();
        for (number, (statement, types)) in self.iter().zip(types).enumerate() {
            let step = callers.writing(&callers.bound(statement, &all, skipped)?, number > 0)?;
            parts.push(format!("s{number} AS ({step} RETURNING id)"));
            if number > 0 {
                let _ = write!(answer, ", 1 / CASE WHEN {} THEN 1 ELSE 0 END", callers.was_done(number));
            }
            skipped += types.len();
        }
        Ok(format!("WITH {} {answer} FROM s0", parts.join(", ")))
    }
}

/// For how many callers a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    /// Each parameter is a value.
    One,
    /// Each parameter is an array, of which each caller's values are a row of `v`.
    Many,
}

impl Callers {
    /// A statement with the parameters of this form; `all` are the types of every step's, of which `skipped` belong to the
    /// steps before it.
    fn bound(self, statement: Statement, all: &[&Type], skipped: usize) -> Result<String, Fault> {
        let mut sql = String::new();
        let mut pieces = spelled(statement)?.split('$');
        sql.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
            let (number, rest) = piece.split_at(end);
            let number = skipped + number.parse::<usize>().map_err(Fault::other)?;
            let ty = all.get(number - 1).ok_or_else(|| Fault::other("a parameter without a type"))?;
            let _ = match self {
                Self::One => write!(sql, "${number}::{}{rest}", ty.name()),
                Self::Many => write!(sql, "v.p{number}{rest}"),
            };
        }
        Ok(sql)
    }

    /// A statement that writes the row of every caller; of those only whose first step touched its row, where it depends.
    fn writing(self, sql: &str, depends: bool) -> Result<String, Fault> {
        let no_such_form = || Fault::other("not a statement that is written with others");
        let rows = match (self, depends) {
            (Self::One, false) => return Ok(sql.to_owned()),
            (Self::One, true) => "s0",
            (Self::Many, false) => "v",
            (Self::Many, true) => "v JOIN s0 ON s0.id = v.p1",
        };
        if sql.starts_with("UPDATE") && !depends {
            let (head, condition) = sql.split_once("WHERE").ok_or_else(no_such_form)?;
            return Ok(format!("{head} FROM {rows} WHERE {condition}"));
        }
        let (head, rest) = sql.split_once(')').filter(|_| sql.starts_with("INSERT")).ok_or_else(no_such_form)?;
        let (source, conflict) = rest.split_once("ON CONFLICT").ok_or_else(no_such_form)?;
        let fence = if source.contains("SELECT") { "OFFSET 0" } else { "" };
        Ok(format!("{head}) SELECT found.* FROM {rows}, LATERAL ({source} {fence}) found ON CONFLICT {conflict}"))
    }

    /// Whether a step touched a row of everybody whose first step did.
    fn was_done(self, number: usize) -> String {
        match self {
            Self::One => format!("EXISTS (SELECT FROM s{number})"),
            Self::Many => format!("(SELECT COUNT(*) FROM s{number}) = (SELECT COUNT(*) FROM s0)"),
        }
    }
}

/// The callers' values, a row each: `p1`, `p2`, .. and the caller's `place`.
fn asked(types: &[&Type]) -> String {
    let (mut arrays, mut names) = (Vec::new(), Vec::new());
    for (index, ty) in types.iter().enumerate() {
        arrays.push(format!("${}::{}[]", index + 1, ty.name()));
        names.push(format!("p{}", index + 1));
    }
    format!("unnest({}) WITH ORDINALITY AS v ({}, place)", arrays.join(", "), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Callers, Steps};
    use crate::postgres::plans::explain::{connect, explained, walks};
    use crate::statements::Statement::{self, *};

    /// All that travels together.
    const TOGETHER: [&[Statement]; 17] = [
        &[SignedIn],
        &[Client],
        &[Grant],
        &[BackedGrant],
        &[User],
        &[UserByUsername],
        &[Code],
        &[AccessToken],
        &[PutCode],
        &[RotateGrant],
        &[AddGrant],
        &[AddAccessToken],
        &[RedeemCode, AddGrant],
        &[RedeemCode, AddGrant, AddAccessToken],
        &[RotateGrant, AddAccessToken],
        &[AddGrant, AddAccessToken],
        &[RedeemCode, AddAccessToken],
    ];

    /// Prepared for one and for many, and each finds its row by an index, in tables that are still empty.
    #[tokio::test]
    async fn what_is_done_together_is_found_by_keys() {
        let client = connect().await;
        for (steps, callers) in TOGETHER.iter().flat_map(|steps| [(steps, Callers::One), (steps, Callers::Many)]) {
            let sql = crate::postgres::link::form(&client, Steps::of(steps.iter().copied()), callers).await.unwrap();
            let plan = explained(&client, &sql).await;
            assert!(!plan.iter().any(walks), "{callers:?} {steps:?}: {plan:#?}");
        }
    }
}
