//! What goes into a statement and what comes out, without copies in between.

use crate::postgres::whole::Whole;
use crate::{Fault, Id};
use std::fmt;
use std::ops::Deref;

/// A SHA-256.
pub type Hash = [u8; 32];

/// Something that does not belong into a log: its `Debug` is `***`. It has no `PartialEq`, so that nobody compares it in
/// other than constant time.
#[derive(Clone)]
pub struct Masked<T>(pub T);

impl<T> fmt::Debug for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> Deref for Masked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// Tells the kind only: hashes and sealed secrets are among them.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Int(_) => "int",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        })
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Blob(value)
    }
}

impl<'a> From<&'a Masked<Vec<u8>>> for Value<'a> {
    fn from(value: &'a Masked<Vec<u8>>) -> Self {
        Self::Blob(value)
    }
}

impl<'a, const N: usize> From<&'a Masked<[u8; N]>> for Value<'a> {
    fn from(value: &'a Masked<[u8; N]>) -> Self {
        Self::Blob(&value.0)
    }
}

impl<'a> From<&'a Masked<String>> for Value<'a> {
    fn from(value: &'a Masked<String>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<&'a Option<Id>> for Value<'a> {
    fn from(value: &'a Option<Id>) -> Self {
        value.as_ref().map_or(Self::Null, |id| Self::Blob(id))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        value.map_or(Self::Null, Self::Blob)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
}

/// Parameters, each turned into a [`Value`]: `values![realm, &id, now]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}
pub(crate) use values;

/// One row of an answer, borrowed from the engine until the next one is fetched.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// A text column.
    pub(crate) fn text(&self, column: usize) -> Result<&str, Fault> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_str().map_err(Fault::other),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A text column that may be null.
    pub(crate) fn text_or_null(&self, column: usize) -> Result<Option<&str>, Fault> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_str_or_null().map_err(Fault::other),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// An owned text column.
    pub(crate) fn string(&self, column: usize) -> Result<String, Fault> {
        self.text(column).map(str::to_owned)
    }

    /// An owned text column that may be null.
    pub(crate) fn string_or_null(&self, column: usize) -> Result<Option<String>, Fault> {
        Ok(self.text_or_null(column)?.map(str::to_owned))
    }

    /// An integer column.
    pub(crate) fn int(&self, column: usize) -> Result<i64, Fault> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_i64().map_err(Fault::other),
            Self::Postgres(row) => Ok(row.try_get::<_, Whole>(column)?.0),
        }
    }

    /// An integer column that may be null.
    pub(crate) fn int_or_null(&self, column: usize) -> Result<Option<i64>, Fault> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_i64_or_null().map_err(Fault::other),
            Self::Postgres(row) => Ok(row.try_get::<_, Option<Whole>>(column)?.map(|whole| whole.0)),
        }
    }

    /// An integer column that holds 0 or 1.
    pub(crate) fn flag(&self, column: usize) -> Result<bool, Fault> {
        self.int(column).map(|value| value != 0)
    }

    /// An integer column that holds what was a `u32`.
    pub(crate) fn small(&self, column: usize) -> Result<u32, Fault> {
        u32::try_from(self.int(column)?).map_err(Fault::other)
    }

    /// A column of bytes.
    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], Fault> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_blob().map_err(Fault::other),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A column of bytes that may be null.
    pub(crate) fn bytes_or_null(&self, column: usize) -> Result<Option<&[u8]>, Fault> {
        match self {
            Self::Sqlite(row) => row.get_ref(column)?.as_blob_or_null().map_err(Fault::other),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A column of exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], Fault> {
        self.bytes(column)?.try_into().map_err(Fault::other)
    }

    /// A column of exactly `N` bytes that may be null.
    pub(crate) fn array_or_null<const N: usize>(&self, column: usize) -> Result<Option<[u8; N]>, Fault> {
        self.bytes_or_null(column)?.map(|bytes| bytes.try_into().map_err(Fault::other)).transpose()
    }
}
