//! Whole numbers on their way from PostgreSQL.

use std::error::Error;
use tokio_postgres::types::{FromSql, Type};

/// A whole number of any width: what a statement works out is narrower than what a column holds.
pub(crate) struct Whole(pub(crate) i64);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(if *ty == Type::INT8 {
            i64::from_sql(ty, raw)?
        } else if *ty == Type::INT4 {
            i64::from(i32::from_sql(ty, raw)?)
        } else {
            i64::from(i16::from_sql(ty, raw)?)
        }))
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::INT2].contains(ty)
    }
}
