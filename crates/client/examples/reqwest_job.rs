//! A job that nobody watches: calls an API with reqwest and says what to do when that fails.
//!
//! `reqwest_job URL`, with `ISSUER`, `CLIENT_ID`, `CLIENT_SECRET` and `AUDIENCE` in the environment. Ends with 75 when it should be
//! started again later, with 1 when somebody has to look.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use claviger_client::{Grant, Tokens};

/// `EX_TEMPFAIL` of `sysexits.h`.
const TRY_LATER: u8 = 75;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("URL is missing")?;
    let tokens = Tokens::builder()
        .issuer(env::var("ISSUER")?)
        .client(env::var("CLIENT_ID")?, env::var("CLIENT_SECRET")?)
        .grant(Grant::ClientCredentials)
        .audience(env::var("AUDIENCE")?)
        .build()?;
    let http = reqwest::Client::new();
    Ok(match tokens.send(http.get(url)).await {
        Ok(response) if response.status().is_success() => {
            println!("{}", response.text().await?);
            ExitCode::SUCCESS
        }
        Ok(response) => {
            eprintln!("the API answered {}", response.status());
            if response.status().is_server_error() { ExitCode::from(TRY_LATER) } else { ExitCode::FAILURE }
        }
        Err(error) if error.is_temporary() => {
            eprintln!("{error}; trying later may help");
            ExitCode::from(TRY_LATER)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}
