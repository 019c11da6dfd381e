//! The page of a device's user (RFC 8628 3.3).

use super::{ConsentScope, Masked, View};
use serde::Serialize;

/// Where the code of a device is typed and confirmed, and how that ended.
#[derive(Debug, Clone, Serialize)]
pub struct Device {
    /// Which of its faces.
    pub state: DeviceState,
    /// Where the forms go.
    pub action: String,
    /// Ties the forms to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed.
    pub pending: Option<String>,
}

/// How far a person has come.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceState {
    /// The code is to be typed.
    Enter {
        /// What stands in the field already; may be empty.
        user_code: String,
        /// Why the last attempt did not work.
        error: Option<DeviceError>,
    },
    /// It is to be compared.
    Confirm {
        /// The app that asks.
        client_name: String,
        /// Who publishes it.
        publisher: Option<String>,
        /// The code, as the device shows it.
        user_code: String,
        /// The address from which the device asked.
        from: Option<String>,
        /// What it asks for.
        scopes: Vec<ConsentScope>,
        /// As on the consent page.
        translate_scopes: bool,
    },
    /// The device may go on.
    Allowed,
    /// It may not.
    Denied,
    /// It was not decided.
    Failed,
}

/// Why a code did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceError {
    /// No device waits with it: mistyped, over, or used.
    Unknown,
    /// The form was not shown in this browser, or its cookies are gone.
    Again,
    /// The brake is on for so many seconds.
    TooMany {
        /// Seconds until the next attempt.
        seconds: u64,
    },
}

impl View for Device {
    const TEMPLATE: &'static str = "device.html";

    fn status(&self) -> u16 {
        if self.retry_after().is_some() { 429 } else { 200 }
    }

    fn retry_after(&self) -> Option<u64> {
        match self.state {
            DeviceState::Enter { error: Some(DeviceError::TooMany { seconds }), .. } => Some(seconds),
            _ => None,
        }
    }
}
