//! `wallet app`: the wallet as a page on its owner's own machine.
//!
//! | route | what |
//! |---|---|
//! | `GET /enter?token=…` | the printed address: works once, gives the browser its cookie |
//! | `GET /` | first start, or unlocking, or the credentials |
//! | `GET,POST /make`, `GET /make/phrase`, `GET,POST /make/check` | a new wallet: passphrase, recovery phrase, was it written down |
//! | `GET /restore`, `POST /restore/phrase`, `POST /restore/file` | a wallet brought back |
//! | `POST /unlock`, `POST /lock` | the passphrase opens; the button, idle time and the end of the program close |
//! | `GET /cards/{position}` | one credential with its values |
//! | `GET,POST /receive`, `GET /receive/offer`, `POST /receive/accept`, `POST /receive/dismiss`, `GET /receive/outcome` | from a desk's link or QR picture to the credential |
//! | `GET,POST /present`, `GET /present/link`, `POST /present/follow`, `POST /present/leave` | a counter's link or QR picture, and the server it leads to: nothing is sent before the owner follows it |
//! | `GET /present/consent`, `POST /present/agree`, `POST /present/refuse`, `GET /present/outcome` | from the counter's request to its answer |
//! | `GET /receive/state`, `GET /present/state` | how far it is, as JSON for the page's script |
//! | `GET /history`, `GET /history/export?format=json\|csv`, `POST /history/delete` | who asked what, and how it ended |
//! | `GET /devices`, `POST /devices/offer`, `POST /devices/message`, `POST /devices/number`, `POST /devices/stop` | pairing with another device: codes that the two show each other, and the number on both screens |
//! | `POST /devices/deal` | shares of the person secret to the departments that keep them |
//! | `GET /recover`, `POST /recover/begin`, `POST /recover/look` | the key of a new wallet, and what the trustees give back to it |
//! | `GET /settings`, `POST /settings/phrase`, `GET /settings/backup`, `POST /sync` | recovery phrase again, sealed copy, catching up |
//!
//! Every form carries the identity of what it was made from; one that was made from something else than what waits by now
//! changes nothing, and its page says so.
//!
//! Who may come in, and how, is at [`pairing`]; what is in memory while the wallet is open, at [`session`].

mod background;
mod error;
mod form;
mod handoff;
mod page;
mod pairing;
mod progress;
mod screens;
mod serve;
mod session;
mod state;

use std::sync::LazyLock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use service::web::{Asset, Words, assets, security_headers};

pub(crate) use serve::{Browser, serve};
use state::App;
pub(crate) use state::AppConfig;

/// The whole service.
fn router(app: App) -> Router {
    let routes = screens::routes().layer(DefaultBodyLimit::max(MAX_FORM)).merge(screens::uploads());
    let guarded = routes
        .fallback(page::not_found)
        .layer(from_fn_with_state(app.clone(), pairing::only_the_owners_browser))
        .merge(pairing::entrance())
        .merge(assets(&[SCRIPT, STYLE]))
        .layer(from_fn_with_state(app.clone(), pairing::only_our_name));
    security_headers(guarded).with_state(app)
}

/// Chinese and English complete, Zhuang as far as it is. A test reads the files, so they can be read.
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(CHINESE, ENGLISH, ZHUANG).expect("a test reads the files, which are compiled in")
});

const CHINESE: &str = include_str!("../words/zh-CN.ftl");
const ENGLISH: &str = include_str!("../words/en.ftl");
const ZHUANG: &str = include_str!("../words/za.ftl");
const SCRIPT: Asset = Asset::script("/assets/wallet.js", include_bytes!("../assets/wallet.js"));
const STYLE: Asset = Asset::style("/assets/wallet.css", include_bytes!("../assets/wallet.css"));
/// A form without a file.
const MAX_FORM: usize = 64 * 1024;

#[cfg(test)]
mod tests;
