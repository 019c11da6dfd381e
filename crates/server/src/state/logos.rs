//! Pictures of strangers, drawn anew: what is served is a small PNG that was made here, whatever was sent.
//!
//! Who wants to show one that is not kept yet hands in a parcel ([`wanted`]); the jobs fetch it beside the requests.

use claviger_core::crypto::sha256;
use claviger_store::{Masked, Parcel};
use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The longest side of what is made, in pixels.
const SIDE: u32 = 128;
/// The longest side of what is read.
const LONGEST_SIDE: u32 = 2048;
/// How much memory reading may take, in bytes.
const MEMORY: u64 = 32 * 1024 * 1024;

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

/// Why a picture is not drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPicture {
    /// Neither PNG nor JPEG nor WebP, whatever it is called.
    #[error("it is neither PNG nor JPEG nor WebP")]
    Format,
    /// It cannot be read, or is larger than anybody needs.
    #[error("it cannot be read: {0}")]
    Unreadable(image::ImageError),
}

/// A small PNG of a picture.
///
/// # Errors
/// As [`NoPicture`] has them.
pub(crate) fn drawn(bytes: &[u8]) -> Result<Vec<u8>, NoPicture> {
    let format = image::guess_format(bytes).map_err(|_| NoPicture::Format)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(NoPicture::Format);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let picture = reader.decode().map_err(NoPicture::Unreadable)?;
    let mut png = Cursor::new(Vec::new());
    picture.thumbnail(SIDE, SIDE).to_rgba8().write_to(&mut png, ImageFormat::Png).map_err(NoPicture::Unreadable)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::drawn;
    use image::{ImageFormat, Rgba, RgbaImage};
    use std::io::Cursor;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = RgbaImage::from_pixel(width, height, Rgba([200, 20, 20, 255]));
        match format {
            ImageFormat::Jpeg => image::DynamicImage::from(image).to_rgb8().write_to(&mut bytes, format).unwrap(),
            _ => image.write_to(&mut bytes, format).unwrap(),
        }
        bytes.into_inner()
    }

    #[test]
    fn pictures_become_small_pngs() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let png = drawn(&picture(600, 300, format)).unwrap();
            assert_eq!(image::guess_format(&png).unwrap(), ImageFormat::Png);
            let read = image::load_from_memory(&png).unwrap();
            assert_eq!((read.width(), read.height()), (128, 64), "{format:?}");
        }
    }

    #[test]
    fn what_follows_a_picture_does_not_come_along() {
        let mut polyglot = picture(16, 16, ImageFormat::Png);
        polyglot.extend_from_slice(b"<script>alert(1)</script>");
        let png = drawn(&polyglot).unwrap();
        assert!(!png.windows(8).any(|some| some == b"<script>"));
    }

    #[test]
    fn whatever_else_is_refused() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        let cut = &picture(600, 300, ImageFormat::Png)[..60];
        let mut huge = picture(1, 1, ImageFormat::Png);
        // The header's width: 65,536 pixels.
        huge[16..20].copy_from_slice(&65_536u32.to_be_bytes());
        for wrong in [&b""[..], b"GIF89a\x01\x00\x01\x00", svg, b"<html>", cut, &huge] {
            assert!(drawn(wrong).is_err(), "{wrong:?}");
        }
        assert!(drawn(&picture(2049, 1, ImageFormat::Png)).is_err());
    }
}
