//! An answer's body, read with a limit.

use reqwest::{Response, StatusCode};
use zeroize::Zeroizing;

use crate::error::Error;

/// No token answer and no metadata is longer.
const LIMIT: usize = 64 * 1024;

/// Reads the whole body. It may hold tokens and is wiped when dropped.
pub(crate) async fn body(mut response: Response) -> Result<(StatusCode, Zeroizing<Vec<u8>>), Error> {
    let status = response.status();
    let mut body = Zeroizing::new(Vec::with_capacity(4096));
    while let Some(chunk) = response.chunk().await.map_err(Error::unreachable)? {
        if body.len() + chunk.len() > LIMIT {
            return Err(unexpected(status, "longer than 64 KiB"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

pub(crate) fn unexpected(status: StatusCode, what: &str) -> Error {
    Error::Unexpected { status: status.as_u16(), what: what.to_owned() }
}
