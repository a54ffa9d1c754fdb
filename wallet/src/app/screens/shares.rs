//! Shares of the person secret: who keeps them, and a new wallet that gets the secret back from them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use circuits::credential::DepartmentId;
use rand::rngs::OsRng;
use service::civil_time::minute;
use service::web::{Preferences, qr_svg, render};

use super::devices::DevicesPage;
use crate::app::background::{catch_up, run_blocking};
use crate::app::error::{FormError, PageError};
use crate::app::page::{Page, again, see};
use crate::app::session::{OpenWallet, lock};
use crate::app::state::{App, Unlocked};
use crate::error::WalletError;
use crate::followed::View;
use crate::renewal::Asking;
use crate::trustees::{DealError, Fault, RecoverError, RecoveryKey, Unhelpful};
use crate::wallet::{PersonFrom, Wallet};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/devices/deal", post(deal))
        .route("/recover", get(recover))
        .route("/recover/begin", post(begin))
        .route("/recover/look", post(look))
}

/// Deals to the trustees that the ledger names now.
async fn deal(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let now = app.now();
    let dealing = Arc::clone(&open);
    let dealt = run_blocking(move || {
        dealing.sync(now)?;
        dealing.deal(now)
    });
    match dealt.await {
        Ok(_) => see("/devices"),
        Err(error) => again(&DevicesPage::new(&app, &open, preferences, Some(error))),
    }
}

async fn recover(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let unhelpful = lock(&open.unhelpful).clone();
    render(&RecoverPage::new(&app, &open, preferences, None, &unhelpful))
}

/// Makes the key, on the disk, before it is shown. One that is there stays.
async fn begin(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let begun = open.change(|contents| contents.wallet.begin_recovery(&mut OsRng));
    let error = match begun {
        Ok(Ok(_)) => return see("/recover"),
        Ok(Err(not_empty)) => PageError::from(not_empty),
        Err(error) => PageError::from(error),
    };
    again(&RecoverPage::new(&app, &open, preferences, Some(error), &[]))
}

/// Looks for the request on the ledger, and asks the trustees if it is there.
async fn look(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let now = app.now();
    let asking = Arc::clone(&open);
    let looked = run_blocking(move || Ok::<_, FormError>(recovered(&asking, now))).await;
    let Failed { error, unhelpful } = match looked {
        Ok(Ok(())) => return see("/recover"),
        Ok(Err(failed)) => failed,
        Err(error) => Failed { error, unhelpful: Vec::new() },
    };
    again(&RecoverPage::new(&app, &open, preferences, Some(error), &unhelpful))
}

/// Why the secret did not come back, and who did not help.
struct Failed {
    error: PageError,
    unhelpful: Vec<Unhelpful>,
}

impl<E: Into<WalletError>> From<E> for Failed {
    fn from(error: E) -> Self {
        let error = error.into();
        let mut unhelpful = Vec::new();
        if let WalletError::Recover(
            RecoverError::NoneAnswered(named) | RecoverError::TooFew { unhelpful: named, .. },
        ) = &error
        {
            unhelpful.clone_from(named);
        }
        Self { error: PageError::new(&error), unhelpful }
    }
}

fn recovered(open: &OpenWallet, now: u64) -> Result<(), Failed> {
    catch_up(open, Asking::Scheduled, now)?;
    let recovery = open.read().wallet.requested_recovery(&open.ledger().view())?;
    let recovered = recovery.ask(open.ledger().reach())?;
    let unhelpful = recovered.unhelpful().to_vec();
    open.change(|contents| contents.wallet.finish_recovery(recovered, now))??;
    *lock(&open.unhelpful) = unhelpful;
    Ok(())
}

/// Who keeps shares, as the page of the devices says it.
pub(super) struct SharesView {
    /// `paired`, `no_identity`, `due` or `done`.
    pub(super) stage: &'static str,
    /// Identifier and title of each.
    pub(super) keepers: Vec<(String, String)>,
    pub(super) needed: usize,
    /// When it was dealt to them.
    pub(super) day: String,
}

impl SharesView {
    /// `None` where nobody keeps shares by this ledger, and nobody did.
    pub(super) fn new(wallet: &Wallet, view: &View, page: &Page) -> Option<Self> {
        let kept = wallet.dealings().newest_done();
        let stage = match wallet.may_deal(view) {
            Ok(()) if wallet.needs_dealing(view).is_none() => "done",
            Err(DealError::Paired) => "paired",
            Err(DealError::NoIdentity(_)) => "no_identity",
            Err(DealError::NoAuthority | DealError::TooFew(_)) if kept.is_none() => return None,
            // Where nobody keeps shares any more, sharing anew says so.
            Ok(())
            | Err(
                DealError::NoAuthority
                | DealError::TooFew(_)
                | DealError::Bundle(_)
                | DealError::NotKept(_)
                | DealError::Notice(_),
            ) => "due",
        };
        let keepers = kept.into_iter().flat_map(|kept| &kept.keepers);
        let keepers =
            keepers.map(|keeper| (keeper.department.to_string(), title(&keeper.department, view, page)));
        Some(Self {
            stage,
            keepers: keepers.collect(),
            needed: kept.map_or(0, |kept| kept.needed),
            day: kept.map_or_else(String::new, |kept| minute(kept.time)),
        })
    }
}

fn title(department: &DepartmentId, view: &View, page: &Page) -> String {
    let known = view.registry().department(department);
    known.map_or_else(|| department.to_string(), |known| page.text(&known.title))
}

#[derive(Template)]
#[template(path = "recover.html")]
struct RecoverPage {
    page: Page,
    error: Option<PageError>,
    /// `begin`, `key`, `done` or `not_empty`.
    step: &'static str,
    key: String,
    /// What both clerks compare.
    digest: String,
    /// The key as a QR code.
    qr: String,
    unhelpful: Vec<UnhelpfulRow>,
}

/// A trustee that did not help.
struct UnhelpfulRow {
    department: String,
    title: String,
    /// `not_listed`, `silent` or `lies`.
    fault: &'static str,
}

impl RecoverPage {
    fn new(
        app: &App,
        open: &OpenWallet,
        preferences: Preferences,
        error: Option<PageError>,
        unhelpful: &[Unhelpful],
    ) -> Self {
        let page = Page::open(app, open, preferences, "home");
        let contents = open.read();
        let wallet = &contents.wallet;
        let public = wallet.recovery_key().map(RecoveryKey::public);
        let key = public.map_or_else(String::new, |key| key.to_string());
        let digest = public.map_or_else(String::new, |key| key.digest().in_groups());
        let step = match (wallet.may_pair(), wallet.recovery_key(), wallet.person_from()) {
            (Ok(()), Some(_), _) => "key",
            (_, None, PersonFrom::Trustees) => "done",
            (Err(_), _, _) => "not_empty",
            (Ok(()), None, PersonFrom::Phrase | PersonFrom::Pairing) => "begin",
        };
        let view = open.ledger().view();
        let rows = unhelpful.iter().map(|one| UnhelpfulRow {
            department: one.department.to_string(),
            title: title(&one.department, &view, &page),
            fault: match one.why {
                Fault::NotListed => "not_listed",
                Fault::Silent(_) => "silent",
                Fault::Lies(_) => "lies",
            },
        });
        let unhelpful = rows.collect();
        let shown = if step == "key" { qr_svg(&key).ok() } else { None };
        Self { page, error, step, qr: shown.unwrap_or_default(), key, digest, unhelpful }
    }
}
