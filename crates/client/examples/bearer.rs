//! Prints a live access token, shared with every other process that names the same file.
//!
//! `bearer TOKEN_ENDPOINT CLIENT_ID FILE [REFRESH_TOKEN]`, with the client's secret in `CLIENT_SECRET`. Without a
//! refresh token it asks with client credentials.

use std::error::Error;

use claviger_client::{FileStorage, Grant, Tokens};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |name: &'static str| arguments.next().ok_or(name);
    let (endpoint, id, file) =
        (next("TOKEN_ENDPOINT is missing")?, next("CLIENT_ID is missing")?, next("FILE is missing")?);
    let grant = arguments.next().map_or(Grant::ClientCredentials, |token| Grant::RefreshToken(token.into()));
    let tokens = Tokens::builder()
        .token_endpoint(endpoint)
        .client(id, std::env::var("CLIENT_SECRET")?)
        .grant(grant)
        .storage(FileStorage::new(file))
        .build()?;
    println!("{}", tokens.bearer().await?.expose());
    Ok(())
}
