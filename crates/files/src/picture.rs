//! Pictures that somebody hands in, drawn anew: what is kept is a PNG that was made here, whatever was sent.

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The longest side of what is read, in pixels.
const LONGEST_SIDE: u32 = 2048;
/// How much memory reading may take, in bytes.
const MEMORY: u64 = 32 * 1024 * 1024;
/// The largest logo of a realm that is kept, in bytes: it is read with each page that is not in somebody's cache.
pub const LARGEST_LOGO: usize = 64 * 1024;
/// The most of a realm's logo that is shown, in pixels: twice as wide and high as the pages have it, for fine screens.
const LOGO: (u32, u32) = (512, 192);

/// Why a picture is not drawn.
#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    /// Neither PNG nor JPEG nor WebP, whatever it is called.
    #[error("it is neither PNG nor JPEG nor WebP")]
    Format,
    /// It cannot be read, or is larger than anybody needs.
    #[error("it cannot be read: {0}")]
    Unreadable(ImageError),
}

/// A PNG of a picture that is at most so wide and high, and one of these as a rule: small ones are drawn larger.
///
/// # Errors
/// As [`NoPicture`] has them.
pub fn drawn(bytes: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, NoPicture> {
    png(&read(bytes)?.thumbnail(width, height))
}

/// A PNG of a realm's logo, no larger than it was; drawn again, it is the same.
///
/// # Errors
/// As [`NoPicture`] has them.
pub fn logo(bytes: &[u8]) -> Result<Vec<u8>, NoPicture> {
    let picture = read(bytes)?;
    let (mut width, mut height) = LOGO;
    loop {
        let fits = picture.width() <= width && picture.height() <= height;
        let made = if fits { png(&picture)? } else { png(&picture.thumbnail(width, height))? };
        if made.len() <= LARGEST_LOGO || width.min(height) < 16 {
            return Ok(made);
        }
        (width, height) = (width / 2, height / 2);
    }
}

fn read(bytes: &[u8]) -> Result<DynamicImage, NoPicture> {
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
    reader.decode().map_err(NoPicture::Unreadable)
}

fn png(picture: &DynamicImage) -> Result<Vec<u8>, NoPicture> {
    let mut png = Cursor::new(Vec::new());
    picture.to_rgba8().write_to(&mut png, ImageFormat::Png).map_err(NoPicture::Unreadable)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::{LARGEST_LOGO, drawn, logo};
    use image::{ImageFormat, Rgba, RgbaImage};
    use std::io::Cursor;

    const SMALL: (u32, u32) = (128, 128);

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        of(&RgbaImage::from_pixel(width, height, Rgba([200, 20, 20, 255])), format)
    }

    fn of(image: &RgbaImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        match format {
            ImageFormat::Jpeg => {
                image::DynamicImage::from(image.clone()).to_rgb8().write_to(&mut bytes, format).unwrap();
            }
            _ => image.write_to(&mut bytes, format).unwrap(),
        }
        bytes.into_inner()
    }

    #[test]
    fn pictures_become_small_pngs() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let png = drawn(&picture(600, 300, format), SMALL).unwrap();
            assert_eq!(image::guess_format(&png).unwrap(), ImageFormat::Png);
            let read = image::load_from_memory(&png).unwrap();
            assert_eq!((read.width(), read.height()), (128, 64), "{format:?}");
        }
    }

    #[test]
    fn a_logo_is_made_no_larger_and_is_the_same_when_it_is_drawn_again() {
        for (width, height, expected) in [(40, 20, (40, 20)), (1024, 512, (384, 192)), (2048, 16, (512, 4))] {
            let png = logo(&picture(width, height, ImageFormat::Jpeg)).unwrap();
            let read = image::load_from_memory(&png).unwrap();
            assert_eq!((read.width(), read.height()), expected);
            assert_eq!(logo(&png).unwrap(), png);
        }
    }

    #[test]
    fn a_logo_that_is_nothing_but_noise_is_drawn_smaller() {
        let mut state = 1_u32;
        let noise = RgbaImage::from_fn(600, 600, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, red, green, blue] = state.to_be_bytes();
            Rgba([red, green, blue, 255])
        });
        let png = logo(&of(&noise, ImageFormat::Png)).unwrap();
        assert!(png.len() <= LARGEST_LOGO, "{}", png.len());
    }

    #[test]
    fn what_follows_a_picture_does_not_come_along() {
        let mut polyglot = picture(16, 16, ImageFormat::Png);
        polyglot.extend_from_slice(b"<script>alert(1)</script>");
        for png in [drawn(&polyglot, SMALL).unwrap(), logo(&polyglot).unwrap()] {
            assert!(!png.windows(8).any(|some| some == b"<script>"));
        }
    }

    #[test]
    fn whatever_else_is_refused() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        let cut = &picture(600, 300, ImageFormat::Png)[..60];
        let mut huge = picture(1, 1, ImageFormat::Png);
        // The header's width: 65,536 pixels.
        huge[16..20].copy_from_slice(&65_536u32.to_be_bytes());
        for wrong in [&b""[..], b"GIF89a\x01\x00\x01\x00", svg, b"<html>", cut, &huge] {
            assert!(drawn(wrong, SMALL).is_err() && logo(wrong).is_err(), "{wrong:?}");
        }
        assert!(drawn(&picture(2049, 1, ImageFormat::Png), SMALL).is_err());
    }
}
