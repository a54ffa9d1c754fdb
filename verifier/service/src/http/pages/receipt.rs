//! One receipt: found by the number that a citizen brings, and printed.

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use openid4vc::vp::{ReceiptName, ReceiptNumberError};
use serde::Deserialize;
use service::civil_time;
use service::web::{Layout, render};

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::receipts::{self, Search, Shown};
use super::visit::{Right, Visit, with_status};
use crate::store::{ListedReceipt, ReceiptsOf};

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    page: Layout,
    banner: Banner,
    shown: Shown,
}

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Typed {
    number: String,
}

/// `GET /receipts/find?number=`: leads to the receipt, or back to the list with the fault beside the field.
pub(super) async fn find(
    visit: Visit,
    typed: Result<Query<Typed>, QueryRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::ReadOwn)?;
    let Query(Typed { number }) = typed.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    let name: ReceiptName = match number.parse() {
        Ok(name) => name,
        Err(error) => return refused(&visit, StatusCode::BAD_REQUEST, number, fault(&error)).await,
    };
    let there = format!("/receipts/{}", name.as_str());
    if read(&visit, name).await?.is_some() {
        Ok(Redirect::to(&there).into_response())
    } else {
        let fault = if visit.has(Right::ReadAll) { "receipt-unknown" } else { "receipt-unknown-own" };
        refused(&visit, StatusCode::NOT_FOUND, number, fault).await
    }
}

/// `GET /receipts/<number>`.
pub(super) async fn show(
    visit: Visit,
    number: Result<Path<String>, PathRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::ReadOwn)?;
    let missing = || visit.fails(PageErrorKind::NotFound);
    let Path(number) = number.map_err(|_| missing())?;
    let name = number.parse().map_err(|_| missing())?;
    let receipt = read(&visit, name).await?.ok_or_else(missing)?;
    let page = visit.layout();
    let shown = receipts::shown(receipt, &visit, &page);
    Ok(render(&ReceiptPage { banner: Banner::new(&visit, &page), shown, page }))
}

/// Only what the person finds in a list too: who reads the own receipts of today has no others by their numbers.
async fn read(visit: &Visit, name: ReceiptName) -> Result<Option<ListedReceipt>, PageError> {
    let all = visit.has(Right::ReadAll);
    visit
        .work(move |relying_party, who| {
            if all {
                return relying_party.find_receipt(ReceiptsOf::All, name.as_str(), who);
            }
            let today = civil_time::span(civil_time::date(relying_party.now()).unwrap_or_default());
            let found = relying_party.find_receipt(ReceiptsOf::One(who), name.as_str(), who)?;
            Ok(found.filter(|receipt| today.contains(&receipt.time)))
        })
        .await
}

async fn refused(
    visit: &Visit,
    status: StatusCode,
    typed: String,
    fault: &'static str,
) -> Result<Response, PageError> {
    let search = Search { typed, fault: Some(visit.layout().say(fault)) };
    Ok(with_status(status, receipts::page(visit, None, search).await?))
}

/// The key of what is wrong with a number.
const fn fault(error: &ReceiptNumberError) -> &'static str {
    match error {
        ReceiptNumberError::CheckDigit => "receipt-fault-digit",
        ReceiptNumberError::Length(_) => "receipt-fault-length",
        _ => "receipt-fault-digits",
    }
}
