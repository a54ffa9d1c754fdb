//! What the pages of all services share: words, frame, style, headers. It knows no service.
//!
//! A service has its own templates (which extend `shell.html`), its own words (one Fluent file per language) and its own
//! script. It puts [`manners`] around its routes, so that no page runs a script or shows itself in a frame that the
//! service did not mean.

mod asset;
mod frame;
mod look;
mod manners;
mod qr;
mod words;

pub use asset::{Asset, assets};
pub use frame::{Frame, show};
pub use look::{Language, Look};
pub use manners::{manners, same_origin};
pub use qr::qr_svg;
pub use words::{Spoken, Words, WordsError};
