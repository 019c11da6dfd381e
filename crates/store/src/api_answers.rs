//! What the admin API answered to requests that may come again under the same key: each is done once.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Hash, Store};

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiAnswer {
    /// Nobody used it: the caller has it now, and does what was asked.
    Claimed,
    /// What was answered, sealed.
    Known(Vec<u8>),
    /// It is being done, or nobody knows what became of it.
    UnderWay,
    /// It was used for something else.
    OtherRequest,
}

impl Store {
    /// Takes a key for a request, or says what became of it. `digest` is of the key and whose it is, `request` of what is asked.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn claim_api_answer(
        &self,
        digest: &Hash,
        request: &Hash,
        now: i64,
        expires_at: i64,
    ) -> Result<ApiAnswer, Fault> {
        let (digest, request) = (*digest, *request);
        let claimed = write!(self, Several, |tx| {
            let claimed = tx.execute(Statement::ClaimApiAnswer, values![&digest, &request, now, expires_at]).await?;
            Ok(Keep(claimed > 0))
        })?;
        if claimed {
            return Ok(ApiAnswer::Claimed);
        }
        let found: Option<(Hash, Option<Vec<u8>>)> = read!(self, |tx| {
            tx.optional(Statement::ApiAnswer, values![&digest], |row| {
                Ok((row.array(0)?, row.bytes_or_null(1)?.map(<[u8]>::to_vec)))
            })
            .await
        })?;
        Ok(match found {
            Some((other, _)) if other != request => ApiAnswer::OtherRequest,
            Some((_, Some(sealed))) => ApiAnswer::Known(sealed),
            // Where it left meanwhile, whoever asks again takes it.
            Some((_, None)) | None => ApiAnswer::UnderWay,
        })
    }

    /// Keeps what was answered.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_api_answer(&self, digest: &Hash, request: &Hash, sealed: Vec<u8>) -> Result<(), Fault> {
        let (digest, request) = (*digest, *request);
        write!(self, Several, |tx| {
            tx.execute(Statement::PutApiAnswer, values![&digest, &request, &sealed]).await?;
            Ok(Keep(()))
        })
    }

    /// Gives a key back: nothing was done.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn release_api_answer(&self, digest: &Hash, request: &Hash) -> Result<(), Fault> {
        let (digest, request) = (*digest, *request);
        write!(self, Several, |tx| {
            tx.execute(Statement::ReleaseApiAnswer, values![&digest, &request]).await?;
            Ok(Keep(()))
        })
    }
}
