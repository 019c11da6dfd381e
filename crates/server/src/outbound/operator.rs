//! A question to an address that the operator wrote into a realm file: it may lead into the own network, and is asked nothing twice.

use super::{Outbound, OutboundError, failed, is_on_this_machine, read};
use bytes::Bytes;
use claviger_core::token::Plain;
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::time::timeout;

/// What a question is, and what its answer must be.
const JSON: &str = "application/json";

impl Outbound {
    /// Posts JSON, with the secret that both know, and answers status and body; the body of 200 alone is read. No redirect is followed,
    /// no proxy asked, nothing tried again.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn ask(
        &self,
        address: &str,
        secret: &Plain,
        body: &[u8],
    ) -> Result<(StatusCode, Bytes), OutboundError> {
        let url: Url = address.parse().map_err(|_| OutboundError::Address)?;
        let here = is_on_this_machine(&url);
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(OutboundError::Address);
        }
        let _permit = self.shared.questions.try_acquire().map_err(|_| OutboundError::Busy)?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", secret.expose())).map_err(|_| OutboundError::Address)?;
        authorization.set_sensitive(true);
        let call = async {
            let request = self.asking()?.post(url).header(AUTHORIZATION, authorization).header(CONTENT_TYPE, JSON);
            let response = request.body(body.to_vec()).send().await.map_err(|error| failed(&error))?;
            match response.status() {
                StatusCode::OK => Ok((StatusCode::OK, read(response, &[JSON]).await?)),
                other => Ok((other, Bytes::new())),
            }
        };
        timeout(self.shared.patience, call).await.map_err(|_| OutboundError::TooLate)?
    }

    fn asking(&self) -> Result<&Client, OutboundError> {
        if let Some(client) = self.shared.of_operators.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| failed(&error))?;
        Ok(self.shared.of_operators.get_or_init(|| client))
    }
}
