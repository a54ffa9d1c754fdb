//! The public page: what is on the ledger, in words, for whoever has a browser.
//!
//! Everything that it shows was read from the log again and went through the registry's own checks. It knows what the log
//! knows, which is no attribute of anybody.

mod caching;
mod calculator;
mod chart;
mod counts;
mod document;
mod entries;
mod feed;
mod log_index;
mod page;
mod pages;
mod render;
mod typed;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use service::web::Asset;

use self::page::PublicPages;
use crate::node::Node;

/// The pages with their assets. The ledger's own paths are beside them.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(node: Arc<Node>) -> Router<S> {
    let pages = pages::routes().with_state(Arc::new(PublicPages::new(node)));
    service::web::security_headers(pages.layer(from_fn(caching::cached)).merge(service::web::assets(&ASSETS)))
}

/// Whether a path is one of these, for the node's numbers.
pub(crate) fn is_page(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    path == "/" || path.starts_with("/assets/") || pages::FOLDERS.contains(&first)
}

const ASSETS: [Asset; 3] = [
    Asset::style("/assets/public.css", include_bytes!("../assets/public.css")),
    Asset::script("/assets/check.js", include_bytes!("../assets/check.js")),
    Asset::script("/assets/calculator.js", include_bytes!("../assets/calculator.js")),
];
