//! What is asked of a provider while somebody signs in there: the token endpoint and userinfo. Their addresses are what the provider
//! said, so that the same is checked as of any address that others name.

use super::{FORM, Outbound, OutboundError, failed, is_on_this_machine, read, read_body};
use bytes::Bytes;
use claviger_core::text::shortened;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// What an answer is.
const JSON: &str = "application/json";
/// How much of a refusal the log shows, in characters.
const LONGEST_LOGGED: usize = 200;

/// Why a token endpoint refused (RFC 6749 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Outbound {
    /// Posts a form and reads the JSON that is answered. `authorization`: the header of that name.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn exchange(
        &self,
        address: &str,
        loopback: bool,
        form: Zeroizing<String>,
        authorization: Option<Zeroizing<String>>,
    ) -> Result<Bytes, OutboundError> {
        let call = async |client: &reqwest::Client, url| {
            let request = client.post(url).header(CONTENT_TYPE, FORM).header(ACCEPT, JSON).body(form.to_string());
            let response = send(request, authorization.as_ref()).await?;
            match response.status() {
                StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Err(refused(response).await),
                _ => read(response, &[JSON]).await,
            }
        };
        self.of_sign_in(address, loopback, call).await
    }

    /// The JSON that is answered to whoever has the token in `authorization`.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn told(
        &self,
        address: &str,
        loopback: bool,
        authorization: Zeroizing<String>,
    ) -> Result<Bytes, OutboundError> {
        let call = async |client: &reqwest::Client, url| {
            read(send(client.get(url).header(ACCEPT, JSON), Some(&authorization)).await?, &[JSON]).await
        };
        self.of_sign_in(address, loopback, call).await
    }

    async fn of_sign_in(
        &self,
        address: &str,
        loopback: bool,
        call: impl AsyncFnOnce(&reqwest::Client, reqwest::Url) -> Result<Bytes, OutboundError>,
    ) -> Result<Bytes, OutboundError> {
        let url = self.checked(address, loopback)?;
        let _permit = self.shared.sign_ins.try_acquire().map_err(|_| OutboundError::Busy)?;
        let client = self.client(loopback && is_on_this_machine(&url))?;
        timeout(self.shared.patience, call(client, url)).await.map_err(|_| OutboundError::TooLate)?
    }
}

async fn send(request: RequestBuilder, authorization: Option<&Zeroizing<String>>) -> Result<Response, OutboundError> {
    let request = match authorization {
        None => request,
        Some(text) => {
            let mut value = HeaderValue::from_str(text)
                .map_err(|_| OutboundError::Failed("the credentials are no header".to_owned()))?;
            value.set_sensitive(true);
            request.header(AUTHORIZATION, value)
        }
    };
    request.send().await.map_err(|error| failed(&error))
}

/// The reason that a refusal names, for the log.
async fn refused(response: Response) -> OutboundError {
    let status = response.status();
    let said = read_body(response, &[JSON]).await.ok().and_then(|body| serde_json::from_slice::<Refusal>(&body).ok());
    match said {
        None => OutboundError::Status(status),
        Some(Refusal { error, error_description }) => {
            let text = format!("{error}: {error_description}");
            OutboundError::Refused(format!("{status}, {:?}", shortened(&text, LONGEST_LOGGED)))
        }
    }
}
