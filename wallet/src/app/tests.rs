//! The app from outside: requests to its router, as a browser or somebody else would send them.

mod browser;
mod devices;
mod first;
mod history;
mod offline;
mod pairing;
mod presenting;
mod receiving;
mod renewal;
mod shares;
mod words;

use crate::qr::Code;

/// A QR code as a PNG picture with a quiet zone, `scale` pixels a module.
pub(super) fn png(text: &str, scale: usize) -> Vec<u8> {
    Code::new(text).unwrap().png(scale).unwrap()
}
