//! Codes on paper: the matters', for counters that scan instead of choosing, and the counter's own, for wallets without a network.

use askama::Template;
use axum::response::Response;
use service::web::{Layout, qr_svg, render};

use super::banner::Banner;
use super::failure::{Kind, PageFailure};
use super::matter::Matter;
use super::right::Right;
use super::visit::Visit;
use crate::store::Act;

#[derive(Template)]
#[template(path = "codes.html")]
struct Codes {
    page: Layout,
    banner: Banner,
    printed: Vec<(Matter, String)>,
    /// What a wallet without a network scans, and its text.
    offline: (String, String),
}

/// `GET /codes`.
pub(super) async fn show(visit: Visit) -> Result<Response, PageFailure> {
    visit.allow(Right::Ask)?;
    visit.work(|counter, who| counter.did(who, Act::OpenedCodes)).await?;
    let code = |matter: Matter| qr_svg(&matter.policy).map(|qr| (matter, qr));
    let printed: Result<Vec<_>, _> = Matter::all(&visit).into_iter().map(code).collect();
    let printed = printed.map_err(|_| visit.fails(Kind::Internal))?;
    let own = visit.state().counter().own_id().printed();
    let offline = (qr_svg(&own).map_err(|_| visit.fails(Kind::Internal))?, own);
    let page = visit.frame();
    Ok(render(&Codes { banner: Banner::of(&visit, &page), printed, offline, page }))
}
