//! Pictures of strangers, drawn anew: what is served is a small PNG that was made here, whatever was sent.
//!
//! Who wants to show one that is not kept yet hands in a parcel ([`wanted`]); the jobs fetch it beside the requests.

use claviger_core::crypto::sha256;
use claviger_files::picture::{self, NoPicture};
use claviger_store::{Masked, Parcel};

/// The longest side of what is made, in pixels.
const SIDE: u32 = 128;

/// The parcels of pictures that are wanted.
pub(crate) const TOPIC: &str = "logo";

/// Says that a client's picture is wanted; the same parcel for the same picture, however often it is wanted.
pub(crate) fn wanted(realm: &str, client: &str, source: &str, now: i64) -> Parcel {
    let digest = sha256([TOPIC, realm, client, source].join("\0").as_bytes());
    Parcel {
        id: digest.first_chunk().copied().unwrap_or_default(),
        topic: TOPIC.to_owned(),
        realm: realm.to_owned(),
        sealed: Masked(client.as_bytes().to_vec()),
        addressee: String::new(),
        due_at: now,
    }
}

/// A small PNG of a picture.
///
/// # Errors
/// As [`NoPicture`] has them.
pub(crate) fn drawn(bytes: &[u8]) -> Result<Vec<u8>, NoPicture> {
    picture::drawn(bytes, (SIDE, SIDE))
}
