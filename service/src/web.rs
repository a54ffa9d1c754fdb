//! What the pages of all services share: words, frame, style, headers. It knows no service.
//!
//! A service has its own templates (which extend `shell.html`), its own words (one Fluent file per language) and its own
//! script. It puts [`security_headers`] around its routes, so that no page runs a script or shows itself in a frame that the
//! service did not mean.

mod asset;
mod layout;
mod preferences;
mod qr;
mod security_headers;
mod words;

pub use asset::{Asset, assets};
pub use layout::{Layout, render};
pub use preferences::{Language, Preferences};
pub use qr::qr_svg;
pub use security_headers::{own_pages_only, security_headers};
pub use words::{Translator, Words, WordsError};
