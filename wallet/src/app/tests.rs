//! The app from outside: requests to its router, as a browser or somebody else would send them.

mod browser;
mod door;
mod first;
mod offline;
mod past;
mod presenting;
mod receiving;

use image::{ExtendedColorType, GrayImage, ImageEncoder as _, Luma};
use qrcode::{Color, QrCode};

/// A QR code as a PNG picture with a quiet zone, `scale` pixels a module.
pub(super) fn png(text: &str, scale: u32) -> Vec<u8> {
    let code = QrCode::new(text).unwrap();
    let (width, colors) = (code.width(), code.to_colors());
    let edge = (width as u32 + 8) * scale;
    let dark = |x: u32, y: u32| {
        let (x, y) = ((x / scale).checked_sub(4)? as usize, (y / scale).checked_sub(4)? as usize);
        (x < width && y < width).then(|| colors[y * width + x] == Color::Dark)
    };
    let shade = |x, y| Luma([if dark(x, y) == Some(true) { 0 } else { 255 }]);
    let picture = GrayImage::from_fn(edge, edge, shade);
    let mut png = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    encoder.write_image(&picture, edge, edge, ExtendedColorType::L8).unwrap();
    png
}
