//! The staff interface.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use circuits::schema::SchemaId;
use openid4vc::vci::ErrorCode;

use super::body::Json;
use super::problem::Problem;
use super::{Service, blocking};
use crate::admin::{
    Change, CorrectionRequest, Done, List, MAX_ROWS, OfferRequest, Offered, Row, RowOutcome, Rows,
    StatusRequest,
};
use crate::issuer::{ActError, Changed, Issuer};
use crate::person::PersonId;
use crate::store::audit::Deed;

type Shared = State<Arc<Service>>;

/// `POST /admin/offers`
pub(super) async fn offer(
    State(service): Shared,
    Json(request): Json<OfferRequest>,
) -> Result<Answer<Offered>, Problem> {
    blocking(&service, move |s| {
        let deed = deed("offer", &request.schema, &request.person);
        let offered = s.office.recorded(&deed, || s.office.offer(&request.schema, &request.person))?;
        s.tally.offers.add(1);
        Ok(Answer(offered))
    })
    .await
}

/// `POST /admin/issue`
pub(super) async fn issue(State(service): Shared, Json(list): Json<List>) -> Result<Answer<Rows>, Problem> {
    run_list(service, list, "issue", Issuer::grant_list).await
}

/// `POST /admin/records`
pub(super) async fn records(State(service): Shared, Json(list): Json<List>) -> Result<Answer<Rows>, Problem> {
    run_list(service, list, "records", Issuer::import_records).await
}

/// `POST /admin/enrolments`
pub(super) async fn enrolments(
    State(service): Shared,
    Json(list): Json<List>,
) -> Result<Answer<Rows>, Problem> {
    run_list(service, list, "enrolments", Issuer::import_enrolments).await
}

/// `POST /admin/status`
pub(super) async fn status(
    State(service): Shared,
    Json(request): Json<StatusRequest>,
) -> Result<Answer<Done>, Problem> {
    let deed = deed(request.act.word(), &request.schema, &request.person).detail(&request.reason);
    act(service, deed, move |office| {
        office.change_status(&request.schema, &request.person, request.act, &request.reason)
    })
    .await
}

/// `POST /admin/corrections`
pub(super) async fn correct(
    State(service): Shared,
    Json(request): Json<CorrectionRequest>,
) -> Result<Answer<Done>, Problem> {
    let deed = deed("correct", &request.schema, &request.person).detail(&request.reason);
    act(service, deed, move |office| {
        office.correct(&request.schema, &request.person, &request.set, &request.reason)
    })
    .await
}

type ListWork = fn(&Issuer, &SchemaId, &[Row]) -> Result<Vec<RowOutcome>, ActError>;

/// What programs at this interface do is written down as done by `api`.
fn deed(act: &'static str, schema: &SchemaId, person: &PersonId) -> Deed {
    Deed::new(API, act).schema(schema).person(person)
}

async fn run_list(
    service: Arc<Service>,
    list: List,
    act: &'static str,
    work: ListWork,
) -> Result<Answer<Rows>, Problem> {
    if list.rows.len() > MAX_ROWS {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge);
        return Err(problem.with(format!("a list has at most {MAX_ROWS} lines")));
    }
    blocking(&service, move |s| {
        let schema = schema_of(&s.office, list.schema)?;
        let deed = Deed::new(API, act).schema(&schema).detail(list.rows.len().to_string());
        let rows = s.office.recorded(&deed, || work(&s.office, &schema, &list.rows))?;
        count(s, &rows);
        Ok(Answer(Rows { rows }))
    })
    .await
}

fn schema_of(office: &Issuer, given: Option<SchemaId>) -> Result<SchemaId, Problem> {
    match (given, office.config().schemas.as_slice()) {
        (Some(schema), _) => Ok(schema),
        (None, [only]) => Ok(only.schema.clone()),
        (None, _) => {
            Err(Problem::bad_request(ErrorCode::InvalidRequest, "this desk grants several schemas: name one"))
        }
    }
}

fn count(service: &Service, rows: &[RowOutcome]) {
    for row in rows {
        match row {
            RowOutcome::Issued | RowOutcome::Written => &service.tally.rows_issued,
            RowOutcome::Unchanged => &service.tally.rows_unchanged,
            RowOutcome::Refused(_) => &service.tally.rows_refused,
        }
        .add(1);
    }
}

async fn act(
    service: Arc<Service>,
    deed: Deed,
    work: impl FnOnce(&Issuer) -> Result<Changed, ActError> + Send + 'static,
) -> Result<Answer<Done>, Problem> {
    blocking(&service, move |s| {
        let changed = s.office.recorded(&deed, || work(&s.office))?;
        let outcome = if changed.done { Change::Changed } else { Change::Unchanged };
        s.tally.status_changes.add(u64::from(changed.done));
        Ok(Answer(Done { outcome, position: changed.position.get() }))
    })
    .await
}

/// Who acts here, in the audit list.
const API: &str = "api";
