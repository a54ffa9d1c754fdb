//! What the owner sees: one file for each part.

mod consent;
mod devices;
mod first;
mod history;
mod home;
mod offline;
mod present;
mod receive;
mod restore;
mod settings;
mod shares;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use super::state::App;

/// Routes whose forms are short.
pub(super) fn routes() -> Router<App> {
    first::routes()
        .merge(restore::routes())
        .merge(home::routes())
        .merge(receive::routes())
        .merge(present::routes())
        .merge(offline::routes())
        .merge(history::routes())
        .merge(settings::routes())
        .merge(devices::routes())
        .merge(shares::routes())
}

/// Routes that take pictures and sealed copies.
pub(super) fn uploads() -> Router<App> {
    let uploads =
        restore::uploads().merge(receive::uploads()).merge(present::uploads()).merge(devices::uploads());
    uploads.layer(DefaultBodyLimit::max(MAX_UPLOAD))
}

/// A photograph of a telephone, or a sealed wallet.
const MAX_UPLOAD: usize = 16 * 1024 * 1024;
