//! The link in a picture of a QR code.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageError, ImageReader, Limits};
use rqrr::PreparedImage;

/// Why a picture gives no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PictureError {
    /// Neither PNG nor JPEG, or damaged.
    #[error("the file is not a PNG or JPEG picture, or it is damaged")]
    NotAPicture,
    /// More pixels than are decoded.
    #[error("the picture has more pixels than this program decodes")]
    TooManyPixels,
    /// No QR code was found.
    #[error("no QR code was found in the picture")]
    NoCode,
    /// A QR code was found that cannot be read.
    #[error("the QR code in the picture cannot be read")]
    Unreadable,
    /// Which one is meant is not known.
    #[error("there are several QR codes in the picture")]
    Several,
}

impl PictureError {
    /// Its word on the pages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotAPicture => "not_a_picture",
            Self::TooManyPixels => "picture_too_large",
            Self::NoCode => "no_code",
            Self::Unreadable => "code_unreadable",
            Self::Several => "several_codes",
        }
    }
}

/// The text of the one QR code in a PNG or JPEG picture.
///
/// Photographs are looked at smaller first: that is quicker, and noise disappears.
pub(super) fn qr_text(picture: &[u8]) -> Result<String, PictureError> {
    let picture = decode(picture)?;
    let mut found = Err(PictureError::NoCode);
    for edge in EDGES {
        found = read(shrunk(&picture, edge));
        if matches!(found, Ok(_) | Err(PictureError::Several))
            || picture.width().max(picture.height()) <= edge
        {
            break;
        }
    }
    found
}

/// Bounded before anything is allocated for the pixels.
fn decode(picture: &[u8]) -> Result<DynamicImage, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(picture))
        .with_guessed_format()
        .map_err(|_| PictureError::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_EDGE);
    limits.max_image_height = Some(MAX_EDGE);
    limits.max_alloc = Some(MAX_PIXEL_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::NotAPicture,
    })
}

fn shrunk(picture: &DynamicImage, edge: u32) -> GrayImage {
    let smaller = picture.width().max(picture.height()) > edge;
    if smaller { picture.resize(edge, edge, FilterType::Triangle).to_luma8() } else { picture.to_luma8() }
}

fn read(picture: GrayImage) -> Result<String, PictureError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.into_raw();
    let at = |x: usize, y: usize| pixels.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut prepared = PreparedImage::prepare_from_greyscale(width, height, at);
    let grids = prepared.detect_grids();
    let mut texts: Vec<String> = grids.iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect();
    texts.sort_unstable();
    texts.dedup();
    match (texts.len(), grids.len()) {
        (1, _) => texts.pop().ok_or(PictureError::Unreadable),
        (0, 0) => Err(PictureError::NoCode),
        (0, _) => Err(PictureError::Unreadable),
        _ => Err(PictureError::Several),
    }
}

/// The longer edge at each look, pixels.
const EDGES: [u32; 3] = [900, 1800, 3600];
const MAX_EDGE: u32 = 12_000;
/// Enough for the 48 megapixels of a telephone.
const MAX_PIXEL_BYTES: u64 = 192 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder as _, Luma};

    use super::*;
    use crate::app::tests::png;

    #[test]
    fn the_text_of_a_clean_and_of_a_dim_tilted_picture_is_read() {
        let text =
            "openid4vp://?client_id=x509_hash%3Aabc&request_uri=http%3A%2F%2F127.0.0.1%3A7003%2Frequest%2F1";
        assert_eq!(qr_text(&png(text, 4)).unwrap(), text);
        assert_eq!(qr_text(&photograph(text)).unwrap(), text);
    }

    #[test]
    fn what_is_no_picture_or_has_no_code_is_told_apart() {
        assert_eq!(qr_text(b"%PDF-1.7").err(), Some(PictureError::NotAPicture));
        let whole = png("yong", 4);
        assert_eq!(qr_text(&whole[..whole.len() / 2]).err(), Some(PictureError::NotAPicture));
        assert_eq!(qr_text(&blank(200, 200)).err(), Some(PictureError::NoCode));
    }

    #[test]
    fn two_codes_are_not_guessed_between() {
        let one = image::load_from_memory(&png("one", 6)).unwrap().to_luma8();
        let two = image::load_from_memory(&png("two", 6)).unwrap().to_luma8();
        let mut both = GrayImage::from_pixel(one.width() * 2, one.height(), Luma([255]));
        image::imageops::overlay(&mut both, &one, 0, 0);
        image::imageops::overlay(&mut both, &two, i64::from(one.width()), 0);
        assert_eq!(qr_text(&encoded(&both)).err(), Some(PictureError::Several));
    }

    #[test]
    fn a_small_file_with_endless_pixels_is_refused_before_they_are_in_memory() {
        assert_eq!(qr_text(&blank(MAX_EDGE + 1, 1)).err(), Some(PictureError::TooManyPixels));
        let mut header = blank(8, 8);
        // The header of a PNG says 11,000 by 11,000 pixels of sixteen bits in four channels.
        header[16..20].copy_from_slice(&11_000u32.to_be_bytes());
        header[20..24].copy_from_slice(&11_000u32.to_be_bytes());
        header[24..26].copy_from_slice(&[16, 6]);
        let crc = crc(&header[12..29]);
        header[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(qr_text(&header).err(), Some(PictureError::TooManyPixels));
    }

    /// Grey on grey, with an uneven edge, and larger than the first look.
    fn photograph(text: &str) -> Vec<u8> {
        let code = image::load_from_memory(&png(text, 12)).unwrap().to_luma8();
        let mut picture = GrayImage::from_pixel(2_400, 2_000, Luma([150]));
        for (x, y, pixel) in code.enumerate_pixels() {
            let shade = 60 + pixel.0[0] / 3 + ((x * 7 + y * 13) % 9) as u8;
            picture.put_pixel(700 + x + y / 40, 500 + y, Luma([shade]));
        }
        encoded(&picture)
    }

    fn blank(width: u32, height: u32) -> Vec<u8> {
        encoded(&GrayImage::from_pixel(width, height, Luma([255])))
    }

    fn encoded(picture: &GrayImage) -> Vec<u8> {
        let mut png = Vec::new();
        image::codecs::png::PngEncoder::new(&mut png)
            .write_image(picture, picture.width(), picture.height(), ExtendedColorType::L8)
            .unwrap();
        png
    }

    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
    }
}
