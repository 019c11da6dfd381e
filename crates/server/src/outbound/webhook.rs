//! What webhooks are told: a POST whose answer counts by its status alone.

use super::{Outbound, OutboundError, failed, is_on_this_machine};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::timeout;

/// A receiver may take so much longer than whoever is asked while somebody waits.
const SLOWER: u32 = 4;

impl Outbound {
    /// Posts JSON with these headers to an address that somebody named, and answers the status. No redirect is followed, and what else is
    /// answered is not read.
    ///
    /// # Errors
    /// As [`OutboundError`] has them.
    pub(crate) async fn tell(
        &self,
        address: &str,
        loopback: bool,
        mut headers: HeaderMap,
        body: String,
    ) -> Result<StatusCode, OutboundError> {
        let url = self.checked(address, loopback)?;
        let _permit = self.shared.deliveries.try_acquire().map_err(|_| OutboundError::Busy)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let call = async {
            let client = self.client(loopback && is_on_this_machine(&url))?;
            let request = client.post(url).headers(headers).body(body);
            request.send().await.map(|response| response.status()).map_err(|error| failed(&error))
        };
        timeout(self.shared.patience * SLOWER, call).await.map_err(|_| OutboundError::TooLate)?
    }
}
